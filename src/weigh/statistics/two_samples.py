"""Two independent samples held against each other: differences, ranks, and the top of a joint order."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit, ndtri

from weigh.core.errors import UsageError
from weigh.statistics.arguments import FloatArray, require_level, require_values
from weigh.statistics.interval import Interval
from weigh.statistics.proportions import beta_ends


def difference(first: Interval, second: Interval) -> Interval:
    """Return first - second of two independent estimates, from the interval of each.

    The ends lie the root of the summed squared distances to the estimates' own ends away (R. G. Newcombe,
    Statistics in Medicine 17, 1998, method 10, for shares; G. Y. Zou and A. Donner, Statistics in Medicine
    27, 2008, for any estimates). `n` is that of the smaller sample.

    Raises:
        UsageError: when the two have different levels.
    """
    if first.level != second.level:
        raise UsageError("both intervals must have one level", why=f"{first.level} and {second.level}")
    value = first.value - second.value
    low = value - math.hypot(first.value - first.low, second.high - second.value)
    high = value + math.hypot(first.high - first.value, second.value - second.low)
    return Interval(value, low, high, first.level, min(first.n, second.n), "newcombe")


def auroc_interval(positive: ArrayLike, negative: ArrayLike, *, level: float = 0.95) -> Interval:
    """Return the chance that a positive scores above a negative, ties counting half, with its interval.

    The variance is that of the two samples' placements (E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson,
    Biometrics 44, 1988), the ends are found on the scale of the logarithm of the odds. Where placements do
    not vary, as with complete separation, the ends are the exact ones of a share of the smaller sample.

    Args:
        positive: [n] scores.
        negative: [m] scores.
        level: confidence level.

    Raises:
        UsageError: when a score is not finite.
        UnknownAnswerError: when a sample is empty.
    """
    ones = require_values(positive, name="scores of positives")
    zeros = require_values(negative, name="scores of negatives")
    above, below = _placements(ones, zeros), 1.0 - _placements(zeros, ones)
    value, fewer = float(above.mean()), min(ones.size, zeros.size)
    n = ones.size + zeros.size
    spread = _variance_of_mean(above) + _variance_of_mean(below)
    if not 0.0 < value < 1.0 or spread <= 0.0:
        low, high = beta_ends(value * fewer, float(fewer), level=level)
        return Interval(value, min(low, value), max(high, value), level, n, "clopper-pearson")
    half = float(ndtri(0.5 + require_level(level) / 2)) * math.sqrt(spread) / (value * (1.0 - value))
    centre = float(logit(value))
    low, high = float(expit(centre - half)), float(expit(centre + half))
    return Interval(value, min(low, value), max(high, value), level, n, "delong")


def rank_sum_tail(positive: ArrayLike, negative: ArrayLike) -> float:
    """Return the one-sided p-value that positives score this high by chance (Mann and Whitney's U)."""
    ones = require_values(positive, name="scores of positives")
    zeros = require_values(negative, name="scores of negatives")
    if np.ptp(np.concatenate([ones, zeros])) == 0:
        return 1.0
    # Imported here: distributions are dear to load, and a report that asks nothing needs none.
    from scipy.stats import mannwhitneyu

    return float(mannwhitneyu(ones, zeros, alternative="greater").pvalue)


def top_tail(positives_above: int, negatives_above: int, *, positives: int, negatives: int) -> float:
    """Return the exact p-value that so many positives stand before the next negative in a joint order.

    Going down the scores until negative number `negatives_above` + 1, a number of positives has passed. If
    the order says nothing about who is positive, that number is negative hypergeometric: at least m have
    passed exactly when the first m + k places hold at most k negatives.

    Args:
        positives_above: m, positives above the threshold.
        negatives_above: k, negatives allowed above it; the threshold is the score of the next.
        positives: all positives.
        negatives: all negatives, more than `negatives_above`.

    Raises:
        UsageError: when the counts cannot belong together.
    """
    if not (0 <= positives_above <= positives and 0 <= negatives_above < negatives):
        raise UsageError(
            "these counts cannot belong together",
            why=f"{positives_above} of {positives} positives, {negatives_above} of {negatives} negatives",
        )
    if positives_above == 0:
        return 1.0
    from scipy.stats import hypergeom

    drawn = positives_above + negatives_above
    return float(hypergeom.cdf(negatives_above, positives + negatives, negatives, drawn))


def _placements(scores: FloatArray, others: FloatArray) -> FloatArray:
    """Return for each score the share of the others below it, ties counting half."""
    ordered = np.sort(others)
    below, upto = np.searchsorted(ordered, scores, "left"), np.searchsorted(ordered, scores, "right")
    found: FloatArray = (below + upto) / (2.0 * others.size)
    return found


def _variance_of_mean(values: FloatArray) -> float:
    return float(values.var(ddof=1) / values.size) if values.size > 1 else 0.0
