"""Recipes: how one tensor follows from others, bit for bit. One file an operation, `table.py` follows them."""
