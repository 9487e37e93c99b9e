"""Columns of numbers as counts between cuts: built on the reference, then filled with new rows."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from weigh.core.profile import FEWEST_ROWS, Bins

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FULLEST = 0.004
"""Share of the rows a bin may hold unless one value alone has more: the error of the largest gap."""

MOST_CUTS = 512


def summarise(name: str, values: FloatArray, *, fullest: float = FULLEST) -> Bins:
    """Cut a column into bins.

    A bin holds at most the share `fullest` of the rows, or five rows where that is fewer; a value that more
    rows share gets a bin of its own. No gap of cumulative shares is then missed by more than the larger of
    the two, whatever new values look like.

    Args:
        name: of the column.
        values: [n]; NaN and infinities count as missing.
        fullest: share of the rows.
    """
    present = values[np.isfinite(values)]
    distinct, counts = np.unique(present, return_counts=True)
    limit = max(math.ceil(fullest * present.size), FEWEST_ROWS)
    cuts, atoms = _cut(distinct, counts, limit)
    edges = _edges(cuts, atoms)
    return Bins(
        name=name,
        rows=int(values.size),
        missing=int(values.size - present.size),
        cuts=tuple(cuts),
        atoms=tuple(atoms),
        counts=tuple(_filled(present, edges).tolist()),
    )


def fill(bins: Bins, values: FloatArray) -> IntArray:
    """Rows of new values in each bin of the reference; missing ones are in none. int64 [bins]."""
    return _filled(values[np.isfinite(values)], _edges(bins.cuts, bins.atoms))


def _filled(present: FloatArray, edges: FloatArray) -> IntArray:
    # Sorting and looking the few edges up is many times quicker than looking every value up.
    below = np.searchsorted(np.sort(present), edges, side="right")
    counts: IntArray = np.diff(below, prepend=0, append=present.size).astype(np.int64)
    return counts


def _edges(cuts: tuple[float, ...] | list[float], atoms: tuple[int, ...] | list[int]) -> FloatArray:
    """The closed upper ends of all bins but the last, with one just below each atom."""
    closed = np.array(cuts, dtype=np.float64)
    below = np.nextafter(closed[np.array(atoms, dtype=np.int64)], -np.inf)
    return np.sort(np.concatenate([closed, below]))


def _cut(distinct: FloatArray, counts: IntArray, limit: int) -> tuple[list[float], list[int]]:
    """Walk over the values and end a bin before it is too full.

    Two neighbouring bins together hold more than `limit`, an atom alone does, so there are at most
    2 n / limit + 2 of them: 502.
    """
    cuts: list[float] = []
    atoms: list[int] = []
    for last in _lasts(counts, limit):
        if counts[last] > limit:
            atoms.append(len(cuts))
            cuts.append(float(distinct[last]))
        # The end of the last bin would be the largest value itself; an atom after a bin ends it, too.
        elif last + 1 < distinct.size and counts[last + 1] <= limit:
            cuts.append(_short(float(distinct[last]), float(distinct[last + 1])))
    return cuts, atoms


def _lasts(counts: IntArray, limit: int) -> Iterator[int]:
    """Position of the last distinct value of each bin; one that exceeds the limit is alone in its bin."""
    ends = np.cumsum(counts)
    first = 0
    while first < counts.size:
        before = int(ends[first - 1]) if first else 0
        last = max(first, int(np.searchsorted(ends, before + limit, side="right")) - 1)
        yield last
        first = last + 1


def _short(low: float, high: float) -> float:
    """The number of fewest digits in [low, high): it cuts the same rows, and is no row's value if it can."""
    for digits in range(1, 17):
        candidate = float(f"{low:.{digits}g}")
        step = 10.0 ** (math.floor(math.log10(abs(low))) - digits + 1) if low else 0.0
        for tried in (candidate, candidate + step):
            rounded = float(f"{tried:.{digits}g}")
            if low <= rounded < high:
                return rounded
    return low
