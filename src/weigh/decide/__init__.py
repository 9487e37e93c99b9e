"""Trials, learning curves and the recommendation."""
