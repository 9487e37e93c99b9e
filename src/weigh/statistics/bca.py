"""Interval ends from bootstrap replicates: bias-corrected and accelerated, or plain percentiles."""

import math

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from weigh.statistics.arguments import FloatArray


def acceleration(influence: FloatArray, *, weights: FloatArray | None = None) -> float:
    """Return BCa's acceleration from the influence of each unit, on any scale.

    a = sum(u^3) / (6 sum(u^2)^{3/2}), u the centred influence (B. Efron, JASA 82, 1987, section 4).
    It is 0 where an influence is undefined, which leaves the bias-corrected interval.

    Args:
        influence: [k] change of the metric when a unit is left out.
        weights: [k] how many units have this influence; 1 when not given.
    """
    many = np.ones(influence.size) if weights is None else weights
    if influence.size == 0 or not np.isfinite(influence).all():
        return 0.0
    centred = influence - np.average(influence, weights=many)
    scale = float(np.abs(centred).max())
    if scale <= 0.0:
        return 0.0
    # Scaling first keeps tiny influences from underflowing when cubed.
    scaled = centred / scale
    return float(np.dot(many, scaled**3) / (6.0 * np.dot(many, scaled**2) ** 1.5))


def bias(replicates: FloatArray, value: float) -> float:
    """Return BCa's bias correction: the normal quantile of the share of replicates below `value`.

    Ties count half, which discrete metrics need. Finite also when every replicate lies on one side.
    """
    below = float(np.count_nonzero(replicates < value)) + 0.5 * float(np.count_nonzero(replicates == value))
    count = replicates.size
    return float(ndtri(min(max(below, 0.5), count - 0.5) / count))


def ends(
    replicates: FloatArray, *, level: float, units_n: float, correction: tuple[float, float] = (0.0, 0.0)
) -> tuple[float, float]:
    """Return the low and high end of the interval.

    The normal quantile is widened to sqrt(n/(n-1)) t_{n-1}, because a resample's spread is that of a
    sample with divisor n (T. Hesterberg, The American Statistician 69, 2015, section 5.1, "expanded
    percentile interval").

    Args:
        replicates: [r] the metric in each resample, finite.
        level: confidence level.
        units_n: number of independent units, the effective number where they differ in size, > 1.
        correction: (bias, acceleration); (0, 0) gives the percentile interval.
    """
    shift, skew = correction
    z = math.sqrt(units_n / (units_n - 1)) * float(stdtrit(units_n - 1, 0.5 + level / 2))
    shares = [float(ndtr(_adjusted(shift, skew, side))) for side in (-z, z)]
    low, high = np.quantile(replicates, shares)
    return float(low), float(high)


def _adjusted(shift: float, skew: float, side: float) -> float:
    moved = shift + side
    denominator = 1.0 - skew * moved
    # Past its pole the transformation turns round; the outermost replicate is then the honest end.
    if denominator <= 0.0:
        return math.copysign(math.inf, side)
    return shift + moved / denominator
