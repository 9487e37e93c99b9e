"""Rewriting the project's own source: revisions at call sites, and nothing else."""
