"""Locked models in the places where unmodified programs look for them: one file a cache family."""
