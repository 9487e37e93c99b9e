"""The user's data: reading, roles, splits, digests."""
