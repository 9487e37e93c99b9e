"""How far apart are two samples, when one of them is known only by counts in bins?

Numbers are compared by the largest gap between their cumulative shares (Kolmogorov-Smirnov), categories
by the share of rows that would have to change (total variation); both lie in 0..1 and mean the same
thing: some statement about a row is that much more often true in one sample than in the other.
"""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.statistics.arguments import FloatArray, require_level
from weigh.statistics.interval import Interval
from weigh.statistics.resampling import generator

FEWEST_EXPECTED = 5.0
"""Expected rows of a cell below which the chi-square law fails (W. G. Cochran, Biometrics 10, 1954)."""

REPLICATES = 500
"""Resamples behind an interval; its ends then rest on a dozen of them, enough for two digits."""


def ks_statistic(reference: ArrayLike, current: ArrayLike) -> float:
    """Return the largest gap between the cumulative shares at the ends of the bins.

    The gap of the raw values is never smaller, and larger by at most the share that the fullest bin holds
    in either sample. A bin of a single value adds nothing.

    Args:
        reference: [bins] counts, in the order of the values.
        current: [bins] counts of the other sample in the same bins.

    Raises:
        UsageError: when the counts do not fit together.
        UnknownAnswerError: when a sample is empty.
    """
    first, second = _shares(reference, current)
    return float(np.abs(np.cumsum(first - second)).max())


def ks_p_value(statistic: float, n: int, m: int) -> float:
    """Return the chance of such a gap, or a larger one, between two samples of one distribution.

    Kolmogorov's limit law at sqrt(n m / (n + m)) times the gap; conservative for small samples, for values
    that repeat and for values in bins. Source: N. Smirnov, Annals of Mathematical Statistics 19 (1948).
    """
    return float(special.kolmogorov(math.sqrt(_effective(n, m)) * statistic))


def ks_interval(statistic: float, n: int, m: int, *, level: float = 0.95) -> Interval:
    """Return the interval of the gap between the two distributions themselves.

    Each sample's cumulative share is off by at most sqrt(ln(4 / (1 - level)) / (2 n)) at once everywhere
    (Dvoretzky, Kiefer and Wolfowitz; constant: P. Massart, Annals of Probability 18, 1990), half of the
    error for each. Never too short; rather wide.
    """
    tail = math.log(4.0 / (1.0 - require_level(level)))
    slack = math.sqrt(tail / (2 * n)) + math.sqrt(tail / (2 * m))
    low, high = max(0.0, statistic - slack), min(1.0, statistic + slack)
    return Interval(statistic, low, high, level, m, "dkw")


def detectable_ks(n: int, m: int, *, alpha: float, power: float = 0.8) -> float:
    """Return the smallest gap that is found with this power, whatever the distributions; may exceed 1.

    At the point of the largest gap the difference of two shares has a standard deviation of at most
    sqrt((n + m) / (4 n m)); it must lie above the critical gap.
    """
    critical = float(special.kolmogi(alpha))
    return (critical + 0.5 * float(special.ndtri(power))) / math.sqrt(_effective(n, m))


def rows_for_ks(detectable: float, n: int, *, alpha: float, power: float = 0.8) -> int | None:
    """Return how many rows of a second sample show a gap of `detectable`; None when the first has too few."""
    needed = ((float(special.kolmogi(alpha)) + 0.5 * float(special.ndtri(power))) / detectable) ** 2
    return math.ceil(needed * n / (n - needed)) if n > needed else None


def total_variation(reference: ArrayLike, current: ArrayLike) -> float:
    """Return half the sum of the absolute differences of the shares: rows that would have to change.

    Raises:
        UsageError: when the counts do not fit together.
        UnknownAnswerError: when a sample is empty.
    """
    first, second = _shares(reference, current)
    return float(np.abs(first - second).sum() / 2)


def total_variation_interval(
    reference: ArrayLike, current: ArrayLike, *, seed: int, level: float = 0.95
) -> Interval:
    """Return a bootstrap interval of the total variation of the two distributions.

    Both samples are drawn again from their own shares. The value lies too high, and the resamples lie above
    it by about as much again: the low end takes the resamples' errors off the value (basic bootstrap), the
    high end is their own quantile (percentile bootstrap). Both ends err outwards. Source of the two: A. C.
    Davison and D. V. Hinkley, Bootstrap Methods and their Application (1997), 5.2 and 5.3.
    """
    value = total_variation(reference, current)
    replicates = np.abs(np.subtract(*_again(reference, current, seed=seed))).sum(axis=1) / 2
    return _outer(value, replicates, n=int(np.sum(current)), level=level, most=1.0)


def population_stability_index(reference: ArrayLike, current: ArrayLike) -> float:
    """Return sum (q - p) ln(q / p) over the bins, half a row added to each so that none is empty.

    Source of the index: D. Wu and D. L. Olson, Journal of the Operational Research Society 61 (2010).
    """
    p, q = (_smoothed(counts) for counts in (reference, current))
    return float(((q - p) * np.log(q / p)).sum())


def stability_interval(
    reference: ArrayLike, current: ArrayLike, *, seed: int, level: float = 0.95
) -> Interval:
    """Return a bootstrap interval of the population stability index; see `total_variation_interval`."""
    value = population_stability_index(reference, current)
    n, m = int(np.sum(reference)), int(np.sum(current))
    p, q = _again(reference, current, seed=seed)
    p, q = (p * n + 0.5) / (n + 0.5 * p.shape[1]), (q * m + 0.5) / (m + 0.5 * q.shape[1])
    replicates = ((q - p) * np.log(q / p)).sum(axis=1)
    return _outer(value, replicates, n=m, level=level, most=math.inf)


def jensen_shannon(reference: ArrayLike, current: ArrayLike) -> float:
    """Return the Jensen-Shannon distance, base 2: 0 for equal shares, 1 for samples without a common bin.

    Source: D. M. Endres and J. E. Schindelin, IEEE Transactions on Information Theory 49 (2003).
    """
    p, q = _shares(reference, current)
    middle = (p + q) / 2
    divergence = special.rel_entr(p, middle).sum() + special.rel_entr(q, middle).sum()
    return math.sqrt(max(0.0, float(divergence) / (2 * math.log(2))))


def homogeneity(reference: ArrayLike, current: ArrayLike) -> float:
    """Return Pearson's chi-square p-value that both samples have the same shares.

    Cells with fewer than five expected rows in either sample are put together first; two cells are tested
    by Fisher's exact test, one cell has nothing to tell and gives 1.

    Raises:
        UsageError: when the counts do not fit together.
        UnknownAnswerError: when a sample is empty.
    """
    _shares(reference, current)
    table = _pooled(np.array([reference, current], dtype=np.int64))
    if table.shape[1] < 2:
        return 1.0
    if table.shape[1] == 2 and table.sum() < 100_000:
        return min(1.0, float(stats.fisher_exact(table).pvalue))
    return float(stats.chi2_contingency(table, correction=False).pvalue)


def _again(reference: ArrayLike, current: ArrayLike, *, seed: int) -> tuple[FloatArray, FloatArray]:
    """Shares of both samples drawn again from their own shares, float64 [replicates, bins] each."""
    rng = generator(seed)
    n, m = int(np.sum(reference)), int(np.sum(current))
    first, second = _shares(reference, current)
    return rng.multinomial(n, first, REPLICATES) / n, rng.multinomial(m, second, REPLICATES) / m


def _outer(value: float, replicates: FloatArray, *, n: int, level: float, most: float) -> Interval:
    tail = (1.0 - require_level(level)) / 2
    upper = float(np.quantile(replicates, 1 - tail))
    low, high = max(0.0, 2 * value - upper), min(most, max(value, upper))
    return Interval(value, min(low, value), high, level, n, "outer-bootstrap")


def _pooled(
    table: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Cells of few expected rows put together, with the next smallest if they are still too few."""
    used = table[:, table.sum(axis=0) > 0]
    smaller = table.sum(axis=1).min() / table.sum()
    order = np.argsort(used.sum(axis=0), kind="stable")
    expected = np.cumsum(used.sum(axis=0)[order]) * smaller
    few = int((used.sum(axis=0) * smaller < FEWEST_EXPECTED).sum())
    if few == 0:
        return used
    reached = int(np.searchsorted(expected, FEWEST_EXPECTED, side="left")) + 1
    joined = min(max(few, reached), order.size)
    rest = used[:, order[:joined]].sum(axis=1, keepdims=True)
    return np.concatenate([rest, used[:, order[joined:]]], axis=1)


def _shares(reference: ArrayLike, current: ArrayLike) -> tuple[FloatArray, FloatArray]:
    first, second = (np.asarray(counts, dtype=np.float64) for counts in (reference, current))
    if first.ndim != 1 or first.shape != second.shape:
        raise UsageError("two samples need the same bins", why=f"{first.shape} and {second.shape}")
    if not (first >= 0).all() or not (second >= 0).all():
        raise UsageError("a count cannot be negative")
    if first.sum() == 0 or second.sum() == 0:
        raise UnknownAnswerError("a sample without rows cannot be compared", hint="give more rows")
    return first / first.sum(), second / second.sum()


def _smoothed(counts: ArrayLike) -> FloatArray:
    raised: FloatArray = np.asarray(counts, dtype=np.float64) + 0.5
    shares: FloatArray = raised / raised.sum()
    return shares


def _effective(n: int, m: int) -> float:
    if n < 1 or m < 1:
        raise UnknownAnswerError("a sample without rows cannot be compared", hint="give more rows")
    return n * m / (n + m)
