"""Intervals, tests, multiplicity, power, learning curves and scores: pure functions of arrays."""
