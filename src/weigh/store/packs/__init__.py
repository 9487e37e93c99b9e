"""Packs: the cold side of the store, where history lies compressed. Immutable files, an index beside them."""
