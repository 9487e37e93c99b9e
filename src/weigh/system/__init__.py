"""This machine, knowing nothing of models."""
