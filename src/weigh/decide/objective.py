"""The objective: one metric on one test set, or its unweighted mean over all of them.

Metrics are means of pseudo-values over rows (`weigh.checks.accuracy.scores`); the objective over several test
sets is again such a mean, so the same intervals and paired tests serve it, with all arms on the same rows.
"""

import numpy as np

from weigh.checks.accuracy.scores import FloatArray, IntArray, Metric, mean_interval, pseudo_values
from weigh.decide.trials import TestSet, joint_groups
from weigh.statistics.interval import Interval

OBJECTIVE = "objective"


def scaled(tests: tuple[TestSet, ...], values: list[FloatArray]) -> FloatArray:
    """Return one value a row of all tests whose mean is the unweighted mean of the tests' means, [rows].

    A row of test t weighs rows / (tests * n_t). Differences between tests are left in the spread, which
    makes intervals of paired differences wider by a negligible amount and never narrower.
    """
    rows = sum(test.labels.size for test in tests)
    weights = [rows / (len(tests) * test.labels.size) for test in tests]
    return np.concatenate([weight * value for weight, value in zip(weights, values, strict=True)])


def stratified(tests: tuple[TestSet, ...], values: list[FloatArray]) -> FloatArray:
    """As `scaled`, with the spread between tests taken out: the test sets are fixed, their rows are drawn."""
    if len(tests) == 1:
        return values[0]
    means = [float(value.mean()) for value in values]
    centred = [value - mean for value, mean in zip(values, means, strict=True)]
    return float(np.mean(means)) + scaled(tests, centred)


def groups_of(tests: tuple[TestSet, ...]) -> IntArray | None:
    """Group codes for resampling all rows of the tests, None when every row stands alone."""
    codes = joint_groups(tests)
    return None if np.unique(codes).size == codes.size else codes


def score(
    metric: Metric, tests: tuple[TestSet, ...], answers: list[FloatArray], *, seed: int, level: float = 0.95
) -> Interval:
    """Return the metric with its interval: over one test set, or the mean over several.

    Args:
        metric: the metric.
        tests: one or more test sets.
        answers: for each its probabilities, [n, k].
        seed: of the bootstrap.
        level: confidence level.
    """
    values = [pseudo_values(metric, test.labels, proba) for test, proba in zip(tests, answers, strict=True)]
    return mean_interval(metric, stratified(tests, values), groups_of(tests), seed=seed, level=level)
