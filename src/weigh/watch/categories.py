"""Columns of categories as counts of hashed values: built on the reference, then filled with new rows."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from weigh.core.profile import FEWEST_ROWS, Categories

IntArray = NDArray[np.int64]

MOST_VALUES = 100


def hashed(salt: str, value: str) -> str:
    """16 hex digits of SHA-256 over salt and value.

    This keeps values out of sight, not secret: who has the profile can try a guess.
    """
    return hashlib.sha256(f"{salt}:{value}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def summarise(
    name: str, codes: IntArray, names: Sequence[str], *, salt: str, most: int = MOST_VALUES
) -> Categories:
    """Count the commonest values; those of fewer than five rows are only counted together.

    Args:
        name: of the column.
        codes: [n] places in `names`, -1 where missing.
        names: of the values.
        salt: of the profile.
        most: values told apart.
    """
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    order = sorted(range(len(names)), key=lambda code: (-int(counts[code]), names[code]))
    kept = [code for code in order[:most] if counts[code] >= FEWEST_ROWS]
    values = tuple((hashed(salt, names[code]), int(counts[code])) for code in kept)
    present = int(counts.sum())
    return Categories(
        name=name,
        rows=int(codes.size),
        missing=int(codes.size) - present,
        values=values,
        rest=present - sum(count for _, count in values),
    )


def fill(categories: Categories, codes: IntArray, names: Sequence[str], *, salt: str) -> IntArray:
    """Rows of each value of the reference, in its order, then of all others; int64 [values + 1]."""
    places = {value: place for place, (value, _) in enumerate(categories.values)}
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    result = np.zeros(len(places) + 1, dtype=np.int64)
    for code in np.flatnonzero(counts).tolist():
        result[places.get(hashed(salt, names[code]), len(places))] += counts[code]
    return result


def counts_of(categories: Categories) -> IntArray:
    """Rows of each value of the reference, then of all others; int64 [values + 1]."""
    return np.array([*(rows for _, rows in categories.values), categories.rest], dtype=np.int64)
