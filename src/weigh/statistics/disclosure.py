"""Disclosure control: what may be named of a column whose values can point at persons.

Statistical offices hold back a cell that few persons are in (the minimum frequency, or threshold, rule); in
k-anonymity nobody stands in a crowd of fewer than k (L. Sweeney, Int. J. of Uncertainty, Fuzziness and
Knowledge-Based Systems 10, 2002).
"""

import math
import sys

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# A value that fewer rows have than this is counted and never named: a value that few rows have points at
# persons, and tells nothing of a group. Rows that depend on each other (of one person) count as one.
FEWEST_NAMED = 5
# With fewer rows than this any column looks as if it named rows.
FEWEST_TOLD_APART = 20
# A column with more values than this, none of them in so many rows, is a key (a name, an address, a number).
MOST_VALUES = 1_000
LARGE_VALUE = 30
# Of the distance between the outer quartiles: boundaries are rounded to the power of ten below it.
ROUNDING = 1 / 20


def names_rows(sizes: ArrayLike) -> bool:
    """Return whether the values of a column tell rows apart instead of putting them into groups.

    They do where there are more of them than half the rows, or more than 1,000 of which none has 30 rows.

    Args:
        sizes: rows of each different value; zeros do not count.
    """
    counts = np.asarray(sizes, dtype=np.int64)
    counts = counts[counts > 0]
    rows = int(counts.sum())
    if rows < FEWEST_TOLD_APART:
        return False
    return 2 * counts.size > rows or (counts.size > MOST_VALUES and int(counts.max()) < LARGE_VALUE)


def independent_rows(codes: IntArray, clusters: IntArray | None, parts_n: int) -> IntArray:
    """Return the rows of each part, where rows that depend on each other count as one, [parts_n].

    Args:
        codes: [n] part of each row; rows with a negative one are in none.
        clusters: [n] code of each row's cluster, e.g. its person; None when each row stands alone.
        parts_n: number of parts.
    """
    known = codes >= 0
    own = codes[known]
    if clusters is not None:
        own = np.unique(np.stack([own, clusters[known]]), axis=1)[0]
    return np.bincount(own, minlength=parts_n).astype(np.int64)


def quartile_cuts(numbers: FloatArray, clusters: IntArray | None = None) -> FloatArray:
    """Return the different quartiles, ascending: boundaries that give away nobody's number.

    A quartile that five rows have stays as it is. Another one, which would tell somebody's income to the
    cent, is rounded to the power of ten just below a twentieth of the distance between the outer quartiles.

    Args:
        numbers: [n] finite values, n >= 10.
        clusters: [n] code of each row's cluster; five rows of one cluster are one. None: rows stand alone.
    """
    exact = [float(cut) for cut in np.quantile(numbers, [0.25, 0.5, 0.75], method="lower")]
    step = exact[2] * ROUNDING - exact[0] * ROUNDING
    if step <= 0:  # half the rows have one value
        return np.unique(exact)
    digits = -math.floor(math.log10(step))
    cuts = []
    for cut in exact:
        having = independent_rows(np.where(numbers == cut, 0, -1), clusters, 1)[0]
        cuts.append(cut if having >= FEWEST_NAMED else _rounded(cut, digits))
    return np.unique(cuts)


def _rounded(value: float, digits: int) -> float:
    try:
        return round(value, digits) + 0.0  # no -0
    except OverflowError:
        return math.copysign(sys.float_info.max, value)
