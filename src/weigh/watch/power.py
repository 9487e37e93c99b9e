"""Which difference would a comparison have found? Asked of each part with the rows it really rests on.

A column that is mostly empty, or a score of few held-out rows, sees less than the batch is large. Quiet is
an answer only where a large difference would not have been.
"""

import math
from dataclasses import replace
from functools import lru_cache

from scipy import optimize, special, stats

from weigh.statistics import drift
from weigh.statistics.mmd import PERMUTATIONS
from weigh.watch.alarm import Part

POWER = 0.8
"""Chance with which a difference counts as one that would have been found."""

MOST_TIMES = 2**20
"""Times as many rows as there are beyond which more rows are not what is lacking."""


def detectable(part: Part, *, alpha: float) -> float:
    """The smallest difference that this comparison finds in four of five batches, in the part's own unit.

    Whatever the two distributions are: gaps of cumulative shares as in `weigh.statistics.drift`; shares of
    k categories by the noncentral chi-square law, whose noncentrality is at least 4 d^2 n m / (n + m) when
    shares that sum to d have moved (Cauchy and Schwarz); a single share as two categories, with the
    correction for continuity that stands for Fisher's test; a cloud by the two moments of its gap.

    Args:
        part: the comparison.
        alpha: level of this one test, after every adjustment.

    Returns:
        A number above 0; infinity when no difference could have been an alarm.
    """
    n, m = part.rows
    if min(n, m) < 1 or (part.block and _least_p(n // part.block, m // part.block) > alpha):
        return math.inf
    if part.statistic == "ks":
        return drift.detectable_ks(n, m, alpha=alpha, power=POWER)
    effective = n * m / (n + m)
    if part.statistic == "mmd":
        return _cloud(part.directions, effective, alpha)
    found = math.sqrt(_noncentrality(max(1, part.cells - 1), alpha) / (4 * effective))
    return found + (0.5 / n + 0.5 / m if part.cells == 2 else 0.0)


def rows_needed(part: Part, *, rows: int, largest: float, alpha: float) -> int | None:
    """How many new rows would show a difference of `largest`; None when the reference has too few.

    Args:
        part: the comparison.
        rows: of the batch; the part's share of them is taken to stay as it is.
        largest: in the part's own unit.
        alpha: as for `detectable`.
    """

    def sees(times: float) -> bool:
        more = (part.rows[0], round(part.rows[1] * times))
        return detectable(replace(part, rows=more), alpha=alpha) <= largest

    if not part.rows[1] or not sees(MOST_TIMES):
        return None
    low, high = 1.0, float(MOST_TIMES)
    while high - low > 0.001 * low:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if sees(middle) else (middle, high)
    return math.ceil(rows * high)


def _least_p(first: int, second: int) -> float:
    """The smallest p-value that permuting so many blocks can have.

    The division that happened is one of all; two are as far apart where both sides have equally many.
    """
    fewer = min(first, second)
    if fewer > 60 or math.comb(first + second, fewer) > PERMUTATIONS:
        return 1.0 / (PERMUTATIONS + 1)
    return (2 if first == second else 1) / math.comb(first + second, fewer)


@lru_cache(maxsize=1024)
def _noncentrality(freedom: int, alpha: float) -> float:
    """Noncentrality at which a chi-square test of this level has the power."""
    critical = float(special.chdtri(freedom, alpha))
    top = 4.0 * (critical + 10.0)
    return float(optimize.brentq(lambda x: stats.ncx2.sf(critical, freedom, x) - POWER, 1e-6, top))


def _cloud(directions: tuple[float, ...], effective: float, alpha: float) -> float:
    """Shift of the mean, in standard deviations of one row, that the gap of two means shows.

    The squared gap of two means of equal clouds is a sum of chi-squares weighted by `directions`, the shares
    of the variance; its quantile is that of the scaled chi-square with the same mean and variance (F. E.
    Satterthwaite, Biometrics Bulletin 2, 1946). A shift adds its square, and its product with the error
    along the widest direction.
    """
    total = sum(directions)
    if total <= 0:
        return 0.0
    squares = sum(share**2 for share in directions)
    freedom = total**2 / squares
    critical = float(special.chdtri(freedom, alpha)) / freedom / effective
    error = float(special.ndtri(POWER)) * math.sqrt(max(directions) / total / effective)
    # shift^2 - 2 error shift + mean = critical
    return error + math.sqrt(max(0.0, error**2 + critical - 1.0 / effective))
