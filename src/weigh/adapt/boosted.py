"""Arm `boosted`: histogram gradient boosting on feature columns, trained from scratch."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from weigh.adapt.arm import FEATURES, Fitted, FloatArray, IntArray, Rows, Settings, require_labels
from weigh.adapt.columns import Layout
from weigh.adapt.folds import FOLDS, fold_of, foldable
from weigh.adapt.logistic import log_losses, part, softmax, total, two_class
from weigh.adapt.threads import single_threaded
from weigh.adapt.trees import Trees, take_out
from weigh.core.errors import UnknownAnswerError
from weigh.core.recommendation import ArmKind
from weigh.datasets.table import FeatureColumns

# Iterations tried; scikit-learn's default is 100. One fit to the largest number shows them all.
GRID = (10, 25, 50, 100, 200)
LEARNING_RATE = 0.1
MOST_LEAVES = 31
# scikit-learn's 20 leaves a tree no split below 40 rows; fewer rows get a twentieth of themselves.
LEAF_ROWS = 20
FEWEST_LEAF_ROWS = 4
# Agreement asked of our answers with scikit-learn's, on probabilities.
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Boosted:
    """What the labels alone can teach about tabular data."""

    id: str = "boosted"
    title: str = "gradient-boosted trees on the columns, trained from scratch"
    kind: ArmKind = ArmKind.SCRATCH
    needs: frozenset[str] = frozenset({FEATURES})
    risk: int = 1
    module: str = __name__

    def hyper(self) -> dict[str, Any]:
        """The grid of iterations and the fixed settings."""
        return {"iterations": list(GRID), "learning_rate": LEARNING_RATE, "leaves": MOST_LEAVES}

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
        """Choose the number of iterations inside the training rows, fit, take the trees out.

        Raises:
            UsageError: when the rows have no feature columns.
            UnknownAnswerError: when this scikit-learn keeps its trees in a way we do not read.
        """
        codes = require_labels(labels, classes, rows=rows.n)
        features = rows.require_features()
        layout = Layout.learn(features)
        matrix = _matrix(layout, features)
        present = np.unique(codes)
        fitted = Fitted({"present": present}, {"classes": classes, "iterations": 0})
        layout.into(fitted)
        if present.size == 1:
            return fitted
        dense = np.searchsorted(present, codes)
        iterations = int(chosen["iterations"]) if chosen else 0
        # A fit to rows of one class has chosen nothing.
        iterations = iterations or _choose_iterations(
            layout, matrix, dense, groups=groups, seed=seed, weights=weights
        )
        model = _fit_model(layout, matrix, dense, iterations=iterations, seed=seed, weights=weights)
        trees = take_out(model)
        _confirm(trees, model, matrix)
        fitted.settings["iterations"] = iterations
        trees.into(fitted)
        return fitted

    def predict(self, fitted: Fitted, rows: Rows) -> FloatArray:
        """Probabilities of each class.

        Raises:
            UsageError: when the rows lack a column, or it has another type.
            MalformedError: when the stored trees are broken.
        """
        present = np.asarray(fitted.arrays["present"], dtype=np.int64)
        result = np.zeros((rows.n, int(fitted.settings["classes"])))
        if present.size == 1:
            result[:, present[0]] = 1.0
            return result
        matrix = _matrix(Layout.of(fitted), rows.require_features())
        trees = Trees.of(fitted, columns=matrix.shape[1])
        result[:, present] = _proba(trees.decision(matrix))
        return result

    def work(self, fitted: Fitted, n_fit: int, n_predict: int) -> int:
        """Histograms touch every column of every row once a level; answers walk one path a tree."""
        columns = len(fitted.arrays["numeric_names_offsets"]) + len(fitted.arrays["category_counts"]) - 1
        outputs = max(1, int(fitted.arrays["present"].size) - 1)
        levels = MOST_LEAVES.bit_length()
        fits = GRID[-1] * (FOLDS - 1) + int(fitted.settings["iterations"])
        per_row = fits * outputs * levels * columns
        return n_fit * per_row + n_predict * int(fitted.settings["iterations"]) * outputs * levels


def _matrix(layout: Layout, features: FeatureColumns) -> FloatArray:
    """Categorical columns first, as scikit-learn will keep them; unknown and missing are NaN."""
    codes = layout.codes(features).astype(np.float64)
    codes[codes < 0] = np.nan
    numbers = layout.numbers(features)
    return np.concatenate([codes, np.where(np.isfinite(numbers), numbers, np.nan)], axis=1)


def _fit_model(
    layout: Layout,
    matrix: FloatArray,
    labels: IntArray,
    *,
    iterations: int,
    seed: int,
    weights: FloatArray | None = None,
) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    categorical = np.arange(matrix.shape[1]) < len(layout.categorical)
    smallest = min(LEAF_ROWS, max(FEWEST_LEAF_ROWS, labels.size // 20))
    with single_threaded():
        model = HistGradientBoostingClassifier(
            max_iter=iterations,
            learning_rate=LEARNING_RATE,
            max_leaf_nodes=MOST_LEAVES,
            min_samples_leaf=smallest,
            categorical_features=categorical,
            early_stopping=False,
            random_state=seed % 2**32,
        )
        return model.fit(matrix, labels, sample_weight=weights)


def _choose_iterations(
    layout: Layout,
    matrix: FloatArray,
    labels: IntArray,
    *,
    groups: IntArray | None,
    seed: int,
    weights: FloatArray | None,
) -> int:
    fold = fold_of(labels, groups=groups, seed=seed)
    if not foldable(labels, fold):
        return GRID[len(GRID) // 2]
    losses = np.zeros(len(GRID))
    for one in range(FOLDS):
        held, kept = np.flatnonzero(fold == one), np.flatnonzero(fold != one)
        present = np.unique(labels[kept])
        dense = np.searchsorted(present, labels[kept])
        own = part(weights, kept)
        model = _fit_model(layout, matrix[kept], dense, iterations=GRID[-1], seed=seed, weights=own)
        for step, proba in enumerate(model.staged_predict_proba(matrix[held]), start=1):
            if step in GRID:
                whole = np.zeros((held.size, int(labels.max()) + 1))
                whole[:, present] = proba
                losses[GRID.index(step)] += total(log_losses(whole, labels[held]), part(weights, held))
    return GRID[int(np.argmin(losses))]


def _proba(decision: FloatArray) -> FloatArray:
    return two_class(decision[:, 0]) if decision.shape[1] == 1 else softmax(decision)


def _confirm(trees: Trees, model: Any, matrix: FloatArray) -> None:
    """Hold our answers against scikit-learn's on the training rows: its tree arrays are not a public form."""
    gap = float(np.abs(_proba(trees.decision(matrix)) - model.predict_proba(matrix)).max())
    if not gap <= TOLERANCE:
        raise UnknownAnswerError(
            "the boosted trees could not be taken out of scikit-learn",
            why=f"answers differ by up to {gap:.3g}; this version keeps its trees in another way",
            hint="install a scikit-learn this version of weigh was tested with",
        )


BOOSTED = Boosted()
