"""Showing it to someone else."""
