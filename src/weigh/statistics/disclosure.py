"""Disclosure control: what may be named of a column whose values can point at persons.

Statistical offices hold back a cell that few persons are in (the minimum frequency, or threshold, rule); in
k-anonymity nobody stands in a crowd of fewer than k (L. Sweeney, Int. J. of Uncertainty, Fuzziness and
Knowledge-Based Systems 10, 2002).
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# A value that fewer rows have than this is counted and never named: a value that few rows have points at
# persons, and tells nothing of a group.
FEWEST_NAMED = 5
# With fewer rows than this any column looks as if it named rows.
FEWEST_TOLD_APART = 20
# A column with more values than this, none of them in so many rows, is a key (a name, an address, a number).
MOST_VALUES = 1_000
LARGE_VALUE = 30
# A boundary that few rows have is rounded to a power of ten below this share of the middle half's width.
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


def quartile_cuts(numbers: FloatArray) -> FloatArray:
    """Return the different quartiles, ascending, none of them the exact value of fewer than five rows.

    A quartile that five rows have stays as it is. Another one, which would tell somebody's income to the
    cent, is rounded.

    Args:
        numbers: [n] finite values, n >= 1.
    """
    exact = np.quantile(numbers, [0.25, 0.5, 0.75], method="lower")
    width = float(exact[2] - exact[0])
    # Of numbers that are far apart the width overflows; of equal ones there is nothing to round by.
    if not 0 < width < math.inf:
        return np.unique(exact)
    step = 10.0 ** math.floor(math.log10(width * ROUNDING))
    shared = np.array([np.count_nonzero(numbers == cut) >= FEWEST_NAMED for cut in exact])
    return np.unique(np.where(shared, exact, _rounded(exact, step)))


def _rounded(values: FloatArray, step: float) -> FloatArray:
    if step == 0:
        return values
    # Whole powers of ten divide without the error that their inverses have: 37 * 0.1 is 3.7000000000000002.
    if step < 1:
        inverse = round(1 / step)
        return np.asarray(np.round(values * inverse) / inverse)
    return np.asarray(np.round(values / step) * step)
