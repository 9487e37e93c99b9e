"""Arm `linear`: a logistic regression on feature columns, trained from scratch."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from weigh.adapt.arm import FEATURES, Fitted, FloatArray, IntArray, Rows, Settings, require_labels
from weigh.adapt.columns import Layout
from weigh.adapt.logistic import Weights, choose_c, fit_weights, fit_work, tried
from weigh.core.recommendation import ArmKind
from weigh.datasets.table import FeatureColumns

GRID = (0.01, 0.1, 1.0, 10.0)
# Beyond this many standard deviations of the training rows a number says "far out", not how far.
FARTHEST = 10.0
# Squares of larger numbers would overflow; a column of such numbers is broken or means something else.
LARGEST = 1e100


@dataclass(frozen=True, slots=True)
class Linear:
    """Numbers standardised, categories one-hot, a flag for each missing number."""

    id: str = "linear"
    title: str = "a linear classifier on the columns, trained from scratch"
    kind: ArmKind = ArmKind.SCRATCH
    needs: frozenset[str] = frozenset({FEATURES})
    risk: int = 1
    module: str = __name__

    def hyper(self) -> dict[str, Any]:
        """The grid of C and the clipping."""
        return {"C": list(GRID), "clip": FARTHEST}

    def fit(
        self,
        rows: Rows,
        labels: IntArray,
        classes: int,
        *,
        groups: IntArray | None,
        seed: int,
        weights: FloatArray | None = None,
        chosen: Settings | None = None,
    ) -> Fitted:
        """Learn means, scales and categories, choose C inside the training rows, fit.

        Raises:
            UsageError: when the rows have no feature columns.
        """
        codes = require_labels(labels, classes, rows=rows.n)
        features = rows.require_features()
        layout = Layout.learn(features)
        mean, scale = _moments(_numbers(layout, features))
        fitted = Fitted({"mean": mean, "scale": scale})
        layout.into(fitted)
        matrix = _design(layout, features, mean=mean, scale=scale)
        c = choose_c(
            matrix, codes, classes, grid=tried(GRID, chosen), groups=groups, seed=seed, weights=weights
        )
        fit_weights(matrix, codes, classes, c=c, weights=weights).into(fitted, c=c)
        return fitted

    def predict(self, fitted: Fitted, rows: Rows) -> FloatArray:
        """Probabilities of each class.

        Raises:
            UsageError: when the rows lack a column, or it has another type.
        """
        layout = Layout.of(fitted)
        matrix = _design(
            layout, rows.require_features(), mean=fitted.arrays["mean"], scale=fitted.arrays["scale"]
        )
        weights = Weights.of(fitted)
        return weights.proba(matrix @ weights.coef.T)

    def work(self, fitted: Fitted, n_fit: int, n_predict: int) -> int:
        """Dense columns times passes."""
        outputs, width = fitted.arrays["coef"].shape
        return fit_work(n_fit * width, outputs, grid=len(GRID)) + int(n_predict * width * outputs)


def _numbers(layout: Layout, features: FeatureColumns) -> FloatArray:
    numbers: FloatArray = np.clip(layout.numbers(features), -LARGEST, LARGEST)
    return numbers


def _moments(numbers: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of each column over its non-missing numbers; (0, 1) where there is none."""
    there = np.isfinite(numbers)
    count = np.maximum(there.sum(axis=0), 1)
    mean = np.where(there, numbers, 0.0).sum(axis=0) / count
    deviation = np.where(there, numbers - mean, 0.0)
    scale = np.sqrt(np.square(deviation).sum(axis=0) / count)
    scale[~(scale > 1e-12 * np.maximum(np.abs(mean), 1e-300))] = 1.0
    return mean, scale


def _design(layout: Layout, features: FeatureColumns, *, mean: FloatArray, scale: FloatArray) -> FloatArray:
    numbers = _numbers(layout, features)
    missing = ~np.isfinite(numbers)
    standard = np.clip(np.where(missing, 0.0, (numbers - mean) / scale), -FARTHEST, FARTHEST)
    parts = [standard, missing.astype(np.float64)]
    codes = layout.codes(features)
    for column, names in enumerate(layout.categories):
        parts.append((codes[:, column, None] == np.arange(len(names))).astype(np.float64))
    return np.concatenate(parts, axis=1)


LINEAR = Linear()
