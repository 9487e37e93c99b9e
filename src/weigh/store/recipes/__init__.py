"""Recipes: how one tensor follows from others, bit for bit. `table.py` follows them."""
