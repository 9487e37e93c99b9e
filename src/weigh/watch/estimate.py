"""How often is it right on rows without labels? Two estimates from what held-out rows taught.

Both assume that rows of the same confidence are still right as often as they were. When what counts as
the right answer changes, neither can see it; and for rows of another kind nothing says that it is so. Their
intervals cover which rows were drawn, not whether the assumption holds.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from weigh.core.profile import Scores
from weigh.statistics.interval import Interval
from weigh.statistics.resampling import generator

FloatArray = NDArray[np.float64]

DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Estimates:
    """Estimated accuracy on new rows.

    Attributes:
        calibrated: mean calibrated confidence (CBPE).
        thresholded: share of rows above the reference's threshold (ATC).
    """

    calibrated: Interval
    thresholded: Interval


def estimate(scores: Scores, confidence: FloatArray, *, seed: int, level: float = 0.95) -> Estimates:
    """Estimate the accuracy on new rows.

    Args:
        scores: of the profile.
        confidence: [n] probability of the answer on each new row.
        seed: of the draws.
        level: confidence level of both intervals.
    """
    rng = generator(seed)
    return Estimates(
        _calibrated(scores, confidence, rng, level), _thresholded(scores, confidence, rng, level)
    )


def _calibrated(scores: Scores, confidence: FloatArray, rng: np.random.Generator, level: float) -> Interval:
    """Confidence-based performance estimation over bins made monotone.

    The interval draws the accuracy of each bin from its Jeffreys posterior and the new rows again.
    Source of the idea: J. Bialek and others, "Estimating Model Performance Under Covariate Shift Without
    Labels", arXiv 2401.08348, which calls it CBPE.
    """
    rows, right = np.array(scores.calibration, dtype=np.float64).T
    where = np.searchsorted(np.array(scores.calibration_cuts), confidence, side="left")
    shares = np.bincount(where, minlength=rows.size) / confidence.size
    value = float(shares @ monotone(right / np.maximum(rows, 1), rows))
    accuracies = rng.beta(right + 0.5, rows - right + 0.5, size=(DRAWS, rows.size))
    again = rng.multinomial(confidence.size, shares, size=DRAWS) / confidence.size
    draws = np.array([w @ monotone(a, rows) for w, a in zip(again, accuracies, strict=True)])
    return _interval(value, draws, confidence.size, level, "cbpe")


def _thresholded(scores: Scores, confidence: FloatArray, rng: np.random.Generator, level: float) -> Interval:
    """Average thresholded confidence: the threshold is where the reference has its accuracy above it.

    The interval draws the reference's accuracy and, with it, the threshold's place, and the new rows again.
    Source: S. Garg and others, ICLR 2022, arXiv 2201.04234.
    """
    bins = scores.columns[0]
    ends = np.array(bins.cuts)
    # Atoms have a bin of their own just below; both end at the same cut.
    repeats = np.ones(ends.size, dtype=np.int64)
    repeats[list(bins.atoms)] = 2
    cumulative = np.cumsum(bins.counts[:-1]) / scores.rows
    ends = np.repeat(ends, repeats)
    ordered = np.sort(confidence)

    def above(share: FloatArray) -> FloatArray:
        threshold = np.interp(share, cumulative, ends) if ends.size else np.zeros_like(share)
        return 1.0 - np.searchsorted(ordered, threshold, side="left") / ordered.size

    wrong = 1.0 - scores.correct / scores.rows
    value = float(above(np.array([wrong]))[0])
    missed = rng.beta(scores.rows - scores.correct + 0.5, scores.correct + 0.5, size=DRAWS)
    # The place of a quantile among the reference rows is uncertain by its binomial error.
    placed = missed + rng.normal(0.0, np.sqrt(missed * (1 - missed) / scores.rows))
    draws = rng.binomial(ordered.size, above(np.clip(placed, 0, 1))) / ordered.size
    return _interval(value, draws, confidence.size, level, "atc")


def monotone(shares: FloatArray, weights: FloatArray) -> FloatArray:
    """The ascending steps nearest to `shares` in weighted least squares (pool adjacent violators).

    Source: R. E. Barlow and others, Statistical Inference under Order Restrictions (1972).
    """
    steps: FloatArray = isotonic_regression(shares, weights=np.maximum(weights, 1e-9)).x
    return steps


def _interval(value: float, draws: FloatArray, n: int, level: float, method: str) -> Interval:
    tail = (1.0 - level) / 2
    low, high = (float(np.quantile(draws, q)) for q in (tail, 1 - tail))
    return Interval(value, max(0.0, min(low, value)), min(1.0, max(high, value)), level, n, method)
