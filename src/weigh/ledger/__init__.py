"""Requests and evidence, append-only and re-hashed on read."""
