"""Scores with intervals: every metric as a mean over rows, so that one kind of interval serves all.

A metric's *pseudo-values* are the metric plus n times each row's infinitesimal jackknife influence
(L. Jaeckel, Bell Laboratories memorandum MM 72-1215-11, 1972; B. Efron, JASA 76, 1981). For accuracy and
log loss they are the rows' own hits and losses. Their mean is the metric exactly and their spread its
sampling variance to first order.
"""

from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import UsageError
from weigh.core.measure import Direction, Measure, labelled
from weigh.statistics.bootstrap import PairedResult, mean_bootstrap, paired_bootstrap
from weigh.statistics.classification import log_loss_each
from weigh.statistics.interval import Interval
from weigh.statistics.resampling import dependent as dependent  # noqa: PLC0414 - weigh.decide takes it here

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]

# The largest log loss of one row: -log of float64's epsilon, at which probabilities are clipped.
LARGEST_LOSS = -float(np.log(np.finfo(np.float64).eps))


class Metric(StrEnum):
    """What answers are scored by."""

    ACCURACY = "accuracy"
    BALANCED_ACCURACY = "balanced_accuracy"
    MACRO_F1 = "macro_f1"
    LOG_LOSS = "log_loss"

    @property
    def direction(self) -> Direction:
        """Which way is better."""
        return Direction.LOWER if self is Metric.LOG_LOSS else Direction.HIGHER

    @property
    def sign(self) -> int:
        """1 when more is better, -1 when less is."""
        return -1 if self is Metric.LOG_LOSS else 1

    @property
    def unit(self) -> str:
        """Unit of the metric."""
        return "nats" if self is Metric.LOG_LOSS else "fraction"

    @property
    def largest(self) -> float:
        """The largest value the metric can have; the smallest is 0."""
        return LARGEST_LOSS if self is Metric.LOG_LOSS else 1.0


def metric_named(name: str) -> Metric:
    """Return the metric of that name.

    Raises:
        UsageError: when there is none.
    """
    try:
        return Metric(name)
    except ValueError as error:
        known = ", ".join(Metric)
        raise UsageError(
            f'unknown metric "{name}"', why=f"known are: {known}", hint="--metric accuracy"
        ) from error


def pseudo_values(metric: Metric, labels: IntArray, proba: FloatArray) -> FloatArray:
    """Return the pseudo-values of a metric, [n]; their mean is the metric.

    Args:
        metric: the metric.
        labels: [n] class codes.
        proba: [n, k] probabilities; the answer is the first largest.
    """
    if metric is Metric.LOG_LOSS:
        return log_loss_each(labels, proba)
    predicted = proba.argmax(axis=1)
    hit = np.asarray(predicted == labels, dtype=np.float64)
    if metric is Metric.ACCURACY:
        return hit
    if metric is Metric.BALANCED_ACCURACY:
        return _balanced_accuracy(labels, hit, proba.shape[1])
    return _macro_f1(labels, predicted, hit, proba.shape[1])


def mean_interval(
    metric: Metric, values: FloatArray, groups: IntArray | None, *, seed: int, level: float = 0.95
) -> Interval:
    """Return the mean of pseudo-values with its interval, cut to the metric's range.

    Fewer than two independent units have no measurable uncertainty: the interval is then the whole range
    and its method `degenerate`.

    Args:
        metric: gives the range.
        values: [n] pseudo-values, n >= 1.
        groups: [n] codes of rows that are not independent; None when each row stands alone.
        seed: of the bootstrap.
        level: confidence level.
    """
    mean = float(values.mean())
    if units(groups, values.size) < 2:
        return Interval(mean, min(0.0, mean), max(metric.largest, mean), level, values.size, "degenerate")
    found = mean_bootstrap(values, seed=seed, level=level, groups=dependent(groups))
    low, high = max(found.low, min(0.0, mean)), min(found.high, max(metric.largest, mean))
    return Interval(found.value, low, high, found.level, found.n, found.method)


def paired_difference(
    metric: Metric, first: FloatArray, second: FloatArray, groups: IntArray | None, *, seed: int
) -> PairedResult:
    """Return the mean of first - second on the same rows, its interval and two-sided p-value.

    Fewer than two independent units show nothing: the p-value is then 1 and the interval the whole range.

    Args:
        metric: gives the range.
        first: [n] pseudo-values, n >= 1.
        second: [n] pseudo-values of the same rows.
        groups: [n] codes of rows that are not independent; None when each row stands alone.
        seed: of the bootstrap; equal seeds resample equal rows.
    """
    if units(groups, first.size) < 2:
        mean = float((first - second).mean())
        most = max(metric.largest, abs(mean))
        return PairedResult(Interval(mean, -most, most, 0.95, first.size, "degenerate"), 1.0, first.size)
    return paired_bootstrap(first, second, seed=seed, groups=dependent(groups))


def units(groups: IntArray | None, rows: int) -> int:
    """Number of independent units: groups, or rows where each stands alone."""
    return rows if groups is None else int(np.unique(groups).size)


def as_measure(found: Interval, metric: Metric, **labels: str) -> Measure:
    """Return an interval of a metric as a measure."""
    return Measure(
        name=metric.value,
        value=found.value,
        unit=metric.unit,
        n=found.n,
        low=found.low,
        high=found.high,
        level=found.level,
        method=found.method,
        direction=metric.direction,
        labels=labelled(**labels),
    )


def _balanced_accuracy(labels: IntArray, hit: FloatArray, classes: int) -> FloatArray:
    support = np.bincount(labels, minlength=classes)
    present = np.count_nonzero(support)
    recall = np.bincount(labels, weights=hit, minlength=classes) / np.maximum(support, 1)
    # A row of class c moves that class's recall by (hit - recall_c) / n_c.
    influence = (hit - recall[labels]) * labels.size / (support[labels] * present)
    result: FloatArray = recall[support > 0].mean() + influence
    return result


def _macro_f1(labels: IntArray, predicted: IntArray, hit: FloatArray, classes: int) -> FloatArray:
    actual, answered = np.bincount(labels, minlength=classes), np.bincount(predicted, minlength=classes)
    involved = actual + answered
    true = np.bincount(labels, weights=hit, minlength=classes)
    count = np.count_nonzero(involved)
    f1 = 2.0 * true / np.maximum(involved, 1)
    # F1_c = 2 tp_c / (actual_c + answered_c): a row adds 2 to the numerator of its class when it is a hit,
    # and 1 to the denominator of its true and of its predicted class.
    share = labels.size / (count * np.maximum(involved, 1).astype(np.float64))
    influence = 2.0 * hit * share[labels] - f1[labels] * share[labels] - f1[predicted] * share[predicted]
    result: FloatArray = f1.sum() / count + influence
    return result
