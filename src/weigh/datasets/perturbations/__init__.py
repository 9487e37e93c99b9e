"""Rows as they come in practice: misspelt, shouted, cut off, half empty. One file a kind."""
