"""Columns cut into parts: the values of a category, or quarters of a number's range."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weigh.checks.slices.rates import IntArray
from weigh.statistics.quarters import Quarters, quarters

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


def partition(
    column: str, values: NDArray[np.str_], learn: IntArray, clusters: IntArray | None = None
) -> Partition:
    """Cut a column into parts.

    Args:
        column: name.
        values: [n] strings; the empty string is a value of its own, called `(empty)`.
        learn: row numbers that quartiles and part sizes are taken from; the other rows must stay unseen
            where parts are chosen by looking at errors.
        clusters: int64 [n] codes of dependent rows; None when each row stands alone.
    """
    cut = quarters(values, learn=learn, clusters=clusters)
    if cut is not None:
        return _ranges(column, cut)
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


def _ranges(column: str, cut: Quarters) -> Partition:
    names = [_range(column, low, high) for low, high in cut.ends]
    if cut.empty:
        names.append(f"{column}=(empty)")
    return Partition(column, cut.codes, tuple(names), ranges=True)


def _range(column: str, low: float | None, high: float | None) -> str:
    if low is None:
        return f"{column} <= {high:g}"
    return f"{column} > {low:g}" if high is None else f"{column} in ({low:g}, {high:g}]"
