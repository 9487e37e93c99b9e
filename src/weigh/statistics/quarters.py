"""Columns of numbers as quarters of their range, for questions about groups of rows."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from weigh.statistics.disclosure import quartile_cuts

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# A column of numbers (an age) with more different values than this is cut at its quartiles.
MOST_NUMBERS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Quarters:
    """A column of numbers, cut.

    Attributes:
        codes: int64 [n] range of each row, in rising order; rows without a number are in the last one.
        ends: (low, high] of each range; None where it is open.
        empty: whether there are rows without a number.
    """

    codes: IntArray
    ends: tuple[tuple[float | None, float | None], ...]
    empty: bool


def quarters(
    values: NDArray[np.str_], *, learn: IntArray | None = None, clusters: IntArray | None = None
) -> Quarters | None:
    """Return a column cut at its quartiles; None where it is no column of more than ten different numbers.

    The cuts look at no label and no answer. A row without a value is in a part of its own, and makes no
    categories of the numbers of all others.

    Args:
        values: [n] strings; the empty one is no value.
        learn: row numbers that the cuts are taken from; None for all.
        clusters: int64 [n] codes of dependent rows; None when each row stands alone.
    """
    text = np.asarray(values, dtype=np.str_)
    given = text != ""
    try:
        numbers = text[given].astype(np.float64)
    except ValueError:
        return None
    if not numbers.size or not np.isfinite(numbers).all():
        return None
    rows = np.flatnonzero(given)
    known = np.ones(rows.size, dtype=np.bool_) if learn is None else np.isin(rows, learn)
    if np.unique(numbers[known]).size <= MOST_NUMBERS:
        return None
    cuts = quartile_cuts(numbers[known], None if clusters is None else clusters[rows[known]])
    edges = [None, *cuts.tolist(), None]
    codes = np.full(text.size, cuts.size + 1, dtype=np.int64)
    codes[given] = np.searchsorted(cuts, numbers, side="left")
    return Quarters(codes, tuple(pairwise(edges)), bool(not given.all()))
