"""Sketches: a few values of each tensor, by which its near relatives are found again."""
