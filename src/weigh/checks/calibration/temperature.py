"""Temperature scaling: one number that makes all probabilities more or less cautious.

The class probabilities p become p^(1/T), scaled to add up to 1: above 1 they move towards each other, below
1 apart. The answer, the most probable class, never changes (C. Guo et al., "On calibration of modern neural
networks", ICML 2017).
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import UnknownAnswerError
from weigh.statistics.bootstrap import mean_bootstrap
from weigh.statistics.interval import Interval

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]

# Temperatures looked at, as inverses; beyond them all classes are alike, or one is certain.
SMALLEST, LARGEST = 0.02, 50.0
# Halvings of that range: more than float64 can tell apart.
HALVINGS = 60
EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class Temperature:
    """A fitted temperature.

    Attributes:
        value: T > 0; above 1 the probabilities were over-confident.
        interval: of T; None where fewer than two independent rows, or an end of the range, leave none.
    """

    value: float
    interval: Interval | None


def fit_temperature(
    labels: IntArray, proba: FloatArray, groups: IntArray | None = None, *, seed: int = 0
) -> Temperature:
    """Return the temperature with the lowest log loss on these rows.

    The log loss is convex in 1/T, so its derivative is halved towards 0. The interval is that of the mean of
    the rows' pseudo-values 1/T - score / curvature, a sandwich estimate, over groups where given.

    Args:
        labels: int64 [n] class codes, n >= 1.
        proba: float64 [n, k] probabilities.
        groups: int64 [n] codes of rows that are not independent; None when each row stands alone.
        seed: of the interval's bootstrap.
    """
    logits = np.log(np.maximum(proba, EPSILON))
    low, high = SMALLEST, LARGEST
    for _ in range(HALVINGS):
        middle = (low * high) ** 0.5
        if float(_scores(labels, logits, middle)[0].mean()) > 0:
            high = middle
        else:
            low = middle
    inverse = (low * high) ** 0.5
    return Temperature(1.0 / inverse, _interval(labels, logits, inverse, groups, seed=seed))


def tempered(proba: FloatArray, temperature: float) -> FloatArray:
    """Return the probabilities at this temperature, [n, k]."""
    return _softmax(np.log(np.maximum(proba, EPSILON)) / temperature)


def _scores(labels: IntArray, logits: FloatArray, inverse: float) -> tuple[FloatArray, FloatArray]:
    """Return derivative and curvature of each row's log loss in 1/T, each [n]."""
    proba = _softmax(logits * inverse)
    mean = (proba * logits).sum(axis=1)
    score = mean - logits[np.arange(labels.size), labels]
    curvature = (proba * (logits - mean[:, None]) ** 2).sum(axis=1)
    return score, curvature


def _interval(
    labels: IntArray, logits: FloatArray, inverse: float, groups: IntArray | None, *, seed: int
) -> Interval | None:
    score, curvature = _scores(labels, logits, inverse)
    steep = float(curvature.mean())
    if steep <= 0 or not SMALLEST * 1.01 < inverse < LARGEST / 1.01:
        return None
    # On the scale of the logarithm, so that neither end leaves the positive numbers.
    try:
        found = mean_bootstrap(-score / (steep * inverse), seed=seed, groups=groups)
    except UnknownAnswerError:
        return None
    value = 1.0 / inverse
    low, high = value * float(np.exp(-found.high)), value * float(np.exp(-found.low))
    return Interval(value, min(low, value), max(high, value), found.level, found.n, found.method)


def _softmax(logits: FloatArray) -> FloatArray:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: FloatArray = raised / raised.sum(axis=1, keepdims=True)
    return found
