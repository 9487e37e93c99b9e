"""Numbers for merging that every program makes alike: small fractions of powers of two, no generator."""

import numpy as np

SHAPE = (6, 8)
MANY = 200_000
DENSITY = 0.3


def values(count, seed):
    """`count` numbers from -1 to 1, exact in single precision."""
    at = np.arange(count, dtype=np.int64)
    mixed = (at * 7919 + seed * 104_729 + (at * at) % 6007 * 31) % 2039
    return ((mixed - 1019) / 1024).astype(np.float32)


def models(count=SHAPE[0] * SHAPE[1]):
    """(base, ours, theirs): changes of about a sixteenth, hardly two of which are equally large."""
    base = values(count, 1)
    place = np.arange(count, dtype=np.float64) / 2**22
    moves = [(values(count, seed) / 16 + place * (seed % 2 + 1)).astype(np.float32) for seed in (2, 3)]
    return base, *((base + move).astype(np.float32) for move in moves)


CASES = {
    "average": ("average", {"weight": 0.3}),
    "slerp": ("slerp", {"weight": 0.3}),
    "task-arithmetic": ("task-arithmetic", {"weight": 0.7}),
    "ties": ("ties", {"weight": 0.7, "density": 0.4}),
    "ties, not normalised": ("ties", {"weight": 0.7, "density": 0.4, "normalise": False}),
    "ties, everything kept": ("ties", {"weight": 1.0, "density": 1.0}),
    "task-arithmetic, normalised": ("task-arithmetic", {"weight": 0.7, "normalise": True}),
}
"""By name: the strategy and the settings of weigh."""
