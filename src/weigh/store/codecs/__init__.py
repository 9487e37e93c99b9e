"""Codecs: the bytes of one chunk of a tensor, smaller. One file a way, `ladder.py` chooses among them."""
