"""Versions of models: commits, branches, lineage."""
