"""Arm `probe`: a logistic regression on the frozen features of the model."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from weigh.adapt.arm import EMBEDDINGS, Fitted, FloatArray, IntArray, Rows, Settings, require_labels
from weigh.adapt.logistic import Weights, choose_c, fit_weights, fit_work, tried
from weigh.core.errors import UsageError
from weigh.core.recommendation import ArmKind

# On standardised columns; strong penalties matter when there are more columns than rows.
GRID = (0.001, 0.01, 0.1, 1.0)


@dataclass(frozen=True, slots=True)
class Probe:
    """The model's weights stay as they are; only one linear layer is fitted on what it makes of the rows."""

    id: str = "probe"
    title: str = "the model's frozen features with one linear layer on top"
    kind: ArmKind = ArmKind.MODEL
    needs: frozenset[str] = frozenset({EMBEDDINGS})
    risk: int = 3
    module: str = __name__

    def hyper(self) -> dict[str, Any]:
        """The grid of C."""
        return {"C": list(GRID), "standardise": True}

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
        """Standardise the features, choose C inside the training rows, fit.

        Raises:
            UsageError: when the rows have no embeddings or one is not finite.
        """
        codes = require_labels(labels, classes, rows=rows.n)
        raw = rows.require_embeddings().astype(np.float64)
        mean, scale = raw.mean(axis=0), raw.std(axis=0)
        # A column that hardly moves carries no information; dividing by its rounding noise would invent some.
        scale[scale <= 1e-7 * np.maximum(np.abs(mean), 1.0)] = np.inf
        matrix = (raw - mean) / scale
        c = choose_c(
            matrix, codes, classes, grid=tried(GRID, chosen), groups=groups, seed=seed, weights=weights
        )
        found = fit_weights(matrix, codes, classes, c=c, weights=weights)
        # Kept on the raw scale: one product answers, and nothing infinite is stored.
        coef = found.coef / scale
        fitted = Fitted()
        Weights(coef, found.intercept - coef @ mean, found.present, classes).into(fitted, c=c)
        return fitted

    def predict(self, fitted: Fitted, rows: Rows) -> FloatArray:
        """Probabilities of each class.

        Raises:
            UsageError: when the rows have no embeddings, or of another width.
        """
        weights = Weights.of(fitted)
        embeddings = rows.require_embeddings()
        if embeddings.shape[1] != weights.coef.shape[1]:
            raise UsageError(
                "the embeddings have another width than those the probe was fitted on",
                why=f"{embeddings.shape[1]} columns, not {weights.coef.shape[1]}",
                hint="use the model version the probe belongs to",
            )
        return weights.proba(embeddings.astype(np.float64) @ weights.coef.T)

    def work(self, fitted: Fitted, n_fit: int, n_predict: int) -> int:
        """Of the linear layer alone; the base model's own work is added by the trial."""
        outputs, width = fitted.arrays["coef"].shape
        return fit_work(n_fit * width, outputs, grid=len(GRID)) + int(n_predict * width * outputs)


PROBE = Probe()
