"""Versions: commits, branches, differences, merges, lineage and exchange of models. Nothing is executed."""
