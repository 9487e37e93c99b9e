"""The user's repository: manifest, lock, resolve."""
