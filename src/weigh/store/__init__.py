"""Verified files, derived values and views on models."""
