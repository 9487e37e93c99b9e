"""The seeded order of rows from which every sample, split and subset is cut.

Rows are ordered by what they say (their digests) and a seed, never by where they stand in a file. Groups
are spread so that every prefix holds each stratum in about its share: a group gets the place, between 0
and 1, that its middle row has within its stratum, and groups are sorted by that place.
"""

import hashlib
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from weigh.datasets.table import IntArray, Table

FloatArray: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Rows in seeded order.

    Attributes:
        rows: int64 [n] row numbers of the table, in order.
        places: float64 [n] place of each of these rows' group within its stratum, between 0 and 1.
    """

    rows: IntArray
    places: FloatArray


def spread(table: Table, rows: IntArray, strata: IntArray, *, seed: int, purpose: str) -> Spread:
    """Order rows so that every prefix is stratified and keeps groups together.

    Args:
        table: the table.
        rows: row numbers to order, without repetition.
        strata: int64 [len(table)] stratum of every row of the table; a group counts for its commonest.
        seed: another seed gives another order.
        purpose: another purpose gives an independent order.
    """
    if not rows.size:
        return Spread(rows, np.empty(0, dtype=np.float64))
    _, group, sizes = np.unique(table.groups[rows], return_inverse=True, return_counts=True)
    first = np.zeros(sizes.size, dtype=np.int64)
    first[group[::-1]] = np.arange(rows.size)[::-1]
    draw = _draws(table.group_digests[rows[first]].tolist(), seed=seed, purpose=purpose)
    place = _places(_commonest(group, strata[rows]), sizes, draw)
    # np.str_ and bytes sort alike on every machine; the row's own number only tells apart rows that say
    # the same.
    order = np.lexsort((rows, table.row_digests[rows], draw[group], place[group]))
    return Spread(rows[order], place[group][order])


def _draws(digests: list[bytes], *, seed: int, purpose: str) -> NDArray[np.uint64]:
    """One 64-bit number a group: the start of sha256(purpose, seed, group)."""
    salt = f"{purpose}:{seed}:".encode()
    numbers = [int.from_bytes(hashlib.sha256(salt + d.ljust(32, b"\0")).digest()[:8], "big") for d in digests]
    return np.array(numbers, dtype=np.uint64)


def _commonest(group: IntArray, strata: IntArray) -> IntArray:
    """The commonest stratum of each group, the smallest of equally common ones."""
    pairs, counts = np.unique(np.stack([group, strata]), axis=1, return_counts=True)
    order = np.lexsort((pairs[1], -counts, pairs[0]))
    ordered = pairs[:, order]
    starts = np.concatenate([[True], ordered[0, 1:] != ordered[0, :-1]])
    commonest: IntArray = ordered[1, starts].astype(np.int64)
    return commonest


def _places(strata: IntArray, sizes: IntArray, draw: NDArray[np.uint64]) -> FloatArray:
    """For each group the share of its stratum's rows that come before its middle row."""
    order = np.lexsort((draw, strata))
    ends = np.cumsum(sizes[order]).astype(np.float64)
    middles = ends - sizes[order] / 2
    starts = np.concatenate([[True], strata[order][1:] != strata[order][:-1]])
    which = np.cumsum(starts) - 1
    before = (ends - sizes[order])[starts][which]
    totals = np.bincount(which, weights=sizes[order])[which]
    place = np.empty(strata.size, dtype=np.float64)
    place[order] = (middles - before) / totals
    return place
