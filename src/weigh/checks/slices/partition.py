"""Columns cut into parts: the values of a category, or quarters of a number's range."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from weigh.checks.slices.rates import FloatArray, IntArray
from weigh.statistics.disclosure import quartile_cuts

# A column of numbers with more distinct values than this is cut at its quartiles.
MOST_NUMBERS = 10
# Parts of one column that are looked at, the largest first.
MOST_PARTS = 20


@dataclass(frozen=True, slots=True)
class Partition:
    """One column as parts that do not overlap.

    Attributes:
        column: name.
        codes: [n] part of each row; -1 for rows in none that is looked at.
        names: what each part is called, e.g. `country=IN`, `age in (37, 48]`.
        ranges: whether the parts are ranges of a number.
    """

    column: str
    codes: IntArray
    names: tuple[str, ...]
    ranges: bool = False


def partition(column: str, values: NDArray[np.str_], learn: IntArray) -> Partition:
    """Cut a column into parts.

    Args:
        column: name.
        values: [n] strings; the empty string is a value of its own, called `(empty)`.
        learn: row numbers that quartiles and part sizes are taken from; the other rows must stay unseen
            where parts are chosen by looking at errors.
    """
    numbers = _numbers(values)
    if numbers is not None and np.unique(numbers[learn]).size > MOST_NUMBERS:
        return _quartiles(column, numbers, learn)
    return by_value(column, values, learn)


def by_value(column: str, values: NDArray[np.str_], learn: IntArray, *, most: int = MOST_PARTS) -> Partition:
    """One part a value, commonest first, ties in text order; at most `most` parts."""
    distinct, codes = np.unique(values, return_inverse=True)
    counts = np.bincount(codes[learn], minlength=distinct.size)
    order = np.argsort(-counts, kind="stable")[:most]
    order = order[counts[order] > 0]
    place = np.full(distinct.size, -1, dtype=np.int64)
    place[order] = np.arange(order.size)
    names = tuple(f"{column}={distinct[one] or '(empty)'}" for one in order.tolist())
    return Partition(column, place[codes.ravel()], names)


def _numbers(values: NDArray[np.str_]) -> FloatArray | None:
    """The values as finite numbers, or None when one is not."""
    try:
        numbers = np.asarray(values, dtype=np.str_).astype(np.float64)
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None


def _quartiles(column: str, numbers: FloatArray, learn: IntArray) -> Partition:
    cuts = quartile_cuts(numbers[learn])
    codes = np.searchsorted(cuts, numbers, side="left")
    names = [f"{column} <= {cuts[0]:g}"]
    names += [f"{column} in ({low:g}, {high:g}]" for low, high in pairwise(cuts.tolist())]
    names.append(f"{column} > {cuts[-1]:g}")
    return Partition(column, codes.astype(np.int64), tuple(names), ranges=True)
