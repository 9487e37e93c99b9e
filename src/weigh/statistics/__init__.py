"""Intervals, tests, multiplicity, power and learning curves."""
