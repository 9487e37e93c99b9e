"""Untrusted bytes to facts, never executed."""
