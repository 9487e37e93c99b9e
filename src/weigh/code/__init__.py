"""Source code read statically."""
