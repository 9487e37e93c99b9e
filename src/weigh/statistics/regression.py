"""Scores of predicted numbers, and the losses of single rows for paired comparisons."""

import math

import numpy as np
from numpy.typing import ArrayLike

from weigh.core.errors import UsageError
from weigh.statistics.arguments import FloatArray, require_values


def mae(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the mean absolute error, in the unit of the target.

    Raises:
        UsageError: when the arrays are not [n] and finite.
        UnknownAnswerError: when there are no rows.
    """
    return float(absolute_error_each(truth, predicted).mean())


def rmse(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the root of the mean squared error, in the unit of the target.

    Raises:
        UsageError: when the arrays are not [n] and finite.
        UnknownAnswerError: when there are no rows.
    """
    return math.sqrt(float(squared_error_each(truth, predicted).mean()))


def r2(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the share of the target's variance that is explained: 1 - SS_residual / SS_total.

    NaN where the target does not vary, since there is nothing to explain.

    Raises:
        UsageError: when the arrays are not [n] and finite.
        UnknownAnswerError: when there are no rows.
    """
    left = float(squared_error_each(truth, predicted).sum())
    actual = np.asarray(truth, dtype=np.float64)
    total = float(np.square(actual - actual.mean()).sum())
    return 1.0 - left / total if total > 0 else float("nan")


def absolute_error_each(truth: ArrayLike, predicted: ArrayLike) -> FloatArray:
    """Return |truth - predicted| of each row, [n]."""
    return np.abs(_residuals(truth, predicted))


def squared_error_each(truth: ArrayLike, predicted: ArrayLike) -> FloatArray:
    """Return (truth - predicted)^2 of each row, [n]."""
    return np.square(_residuals(truth, predicted))


def _residuals(truth: ArrayLike, predicted: ArrayLike) -> FloatArray:
    actual, answered = require_values(truth, name="truth"), require_values(predicted, name="predicted")
    if actual.shape != answered.shape:
        raise UsageError("one prediction a row is needed", why=f"{actual.size} rows, {answered.size} answers")
    return actual - answered
