"""Intervals for a share: k successes in n independent trials."""

import math

from scipy.special import betaincinv, ndtri, stdtrit

from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.statistics.arguments import require_level
from weigh.statistics.interval import Interval

# Exact binomial coverage over p in [0.0005, 0.5]: with these two limits the worst coverage of a nominal 95 %
# interval is 93.5 % at n = 100 and 93.4 to 93.8 % at n = 60 to 1000; Wilson alone falls to 84 % where
# about one success is expected (tests/statistics/test_proportions.py recomputes it).
FEW_TRIALS = 40
FEW_SUCCESSES = 15


def wilson(successes: int, n: int, *, level: float = 0.95) -> Interval:
    """Return Wilson's score interval for a share.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    JASA 22 (1927). Approximate; see `proportion` for when to trust it.

    Raises:
        UsageError: unless 0 <= successes <= n.
        UnknownAnswerError: when n is 0.
    """
    share = _share(successes, n)
    z = float(ndtri(0.5 + require_level(level) / 2))
    shrink = 1.0 + z * z / n
    centre = (share + z * z / (2 * n)) / shrink
    half = z / shrink * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # The ends at 0 and n successes are exactly 0 and 1; rounding must not move them inward.
    low = 0.0 if successes == 0 else max(0.0, min(share, centre - half))
    high = 1.0 if successes == n else min(1.0, max(share, centre + half))
    return Interval(share, low, high, level, n, "wilson")


def clopper_pearson(successes: int, n: int, *, level: float = 0.95) -> Interval:
    """Return the exact binomial interval for a share: its coverage is never below `level`.

    Source: C. J. Clopper and E. S. Pearson, Biometrika 26 (1934), as quantiles of the beta distribution.

    Raises:
        UsageError: unless 0 <= successes <= n.
        UnknownAnswerError: when n is 0.
    """
    share = _share(successes, n)
    low, high = beta_ends(float(successes), float(n), level=level)
    return Interval(share, min(low, share), max(high, share), level, n, "clopper-pearson")


def proportion(successes: int, n: int, *, level: float = 0.95) -> Interval:
    """Return the interval to report for a share: Wilson's, or the exact one where Wilson's is not honest.

    Exact (Clopper-Pearson) when n < 40 or when fewer than 15 successes or failures were seen, Wilson
    otherwise. The coverage at level 0.95 is then at least 93 % for every share, and at least 95 % where
    the exact interval is used alone.

    Raises:
        UsageError: unless 0 <= successes <= n.
        UnknownAnswerError: when n is 0.
    """
    if n < FEW_TRIALS or min(successes, n - successes) < FEW_SUCCESSES:
        return clopper_pearson(successes, n, level=level)
    return wilson(successes, n, level=level)


def korn_graubard(
    successes: int, n: int, *, standard_error: float, groups_n: int, level: float = 0.95
) -> Interval:
    """Return the exact-style interval for a share whose rows come in groups.

    Clopper-Pearson at the effective sample size p (1 - p) / se^2, times (t_{n-1} / t_{groups-1})^2 for the
    few groups, never above n. When nothing varies (0 or n successes) the number of groups is the effective
    size: the rows of a group may all be one observation.
    Source: E. L. Korn and B. I. Graubard, Survey Methodology 24 (1998).

    Args:
        successes: rows that are a success.
        n: all rows.
        standard_error: of the share, with the grouping taken into account.
        groups_n: number of groups, >= 2.
        level: confidence level.

    Raises:
        UsageError: unless 0 <= successes <= n and groups_n >= 2.
        UnknownAnswerError: when n is 0.
    """
    share = _share(successes, n)
    if groups_n < 2:
        raise UsageError("grouped rows need at least two groups", why=f"got {groups_n}")
    quantile = 0.5 + require_level(level) / 2
    effective = float(groups_n)
    if standard_error > 0:
        few = float(stdtrit(n - 1, quantile)) / float(stdtrit(groups_n - 1, quantile))
        spread, variance = share * (1 - share) * few**2, standard_error**2
        effective = float(n) if variance * n <= spread else spread / variance
    low, high = beta_ends(share * effective, effective, level=level)
    return Interval(share, min(low, share), max(high, share), level, n, "korn-graubard")


def beta_ends(successes: float, n: float, *, level: float) -> tuple[float, float]:
    """Return the Clopper-Pearson ends; `successes` and `n` may be fractional (effective sample sizes)."""
    tail = (1.0 - require_level(level)) / 2
    low = 0.0 if successes <= 0 else float(betaincinv(successes, n - successes + 1, tail))
    high = 1.0 if successes >= n else float(betaincinv(successes + 1, n - successes, 1 - tail))
    return low, high


def _share(successes: int, n: int) -> float:
    if n == 0:
        raise UnknownAnswerError("a share of nothing is unknown", why="n is 0", hint="give at least one row")
    if not 0 <= successes <= n:
        raise UsageError("successes must lie between 0 and n", why=f"{successes} of {n}")
    return successes / n
