"""Arm `majority`: always the commonest class, with the class frequencies as its probabilities."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from weigh.adapt.arm import Fitted, FloatArray, IntArray, Rows, Settings, require_labels
from weigh.core.recommendation import ArmKind


@dataclass(frozen=True, slots=True)
class Majority:
    """The answer that looks at nothing. Every other arm has to beat it."""

    id: str = "majority"
    title: str = "always the commonest class"
    kind: ArmKind = ArmKind.CONSTANT
    needs: frozenset[str] = frozenset()
    risk: int = 0
    module: str = __name__

    def hyper(self) -> dict[str, Any]:
        """Nothing can be chosen."""
        return {}

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
        """Count the classes."""
        del groups, seed, chosen
        codes = require_labels(labels, classes, rows=rows.n)
        counts = np.bincount(codes, weights=weights, minlength=classes)
        return Fitted({"frequency": counts / counts.sum()})

    def predict(self, fitted: Fitted, rows: Rows) -> FloatArray:
        """The frequencies, for every row; of equally common classes the first is the answer."""
        frequency = np.asarray(fitted.arrays["frequency"], dtype=np.float64)
        return np.tile(frequency, (rows.n, 1))

    def work(self, fitted: Fitted, n_fit: int, n_predict: int) -> int:
        """One addition a row."""
        del fitted
        return n_fit + n_predict


MAJORITY = Majority()
