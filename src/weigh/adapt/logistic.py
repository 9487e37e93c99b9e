"""Logistic regression: fitted by scikit-learn, kept as arrays, answered without it."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from weigh.adapt.arm import Fitted, FloatArray, IntArray, Settings
from weigh.adapt.folds import FOLDS, fold_of, foldable
from weigh.adapt.threads import single_threaded

Matrix: TypeAlias = Any
"""A dense float64 array or a scipy CSR matrix, [n, p]."""

MOST_ITERATIONS = 1000
# The work of a fit is stated for this many passes over the data: the true number differs between machines.
NOMINAL_ITERATIONS = 100
EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class Weights:
    """A fitted logistic regression over all classes of the task.

    Attributes:
        coef: [present classes, p], or [1, p] for two.
        intercept: [present classes], or [1].
        present: [present classes] codes of the classes seen in training, ascending.
        classes: number of classes of the task.
    """

    coef: FloatArray
    intercept: FloatArray
    present: IntArray
    classes: int

    def proba(self, decision: FloatArray) -> FloatArray:
        """Probabilities [n, classes] of decision values [n, rows of coef], without the intercept."""
        values = decision + self.intercept
        result = np.zeros((values.shape[0], self.classes))
        if self.present.size == 1:
            result[:, self.present[0]] = 1.0
        elif self.present.size == 2:
            result[:, self.present] = two_class(values[:, 0])
        else:
            result[:, self.present] = softmax(values)
        return result

    def into(self, fitted: Fitted, *, c: float) -> None:
        """Add these weights to what is kept of a fit."""
        fitted.arrays.update(coef=self.coef, intercept=self.intercept, present=self.present)
        fitted.settings.update(classes=self.classes, C=c)

    @staticmethod
    def of(fitted: Fitted) -> "Weights":
        """The weights kept in a fit."""
        arrays = fitted.arrays
        return Weights(
            coef=np.asarray(arrays["coef"], dtype=np.float64),
            intercept=np.asarray(arrays["intercept"], dtype=np.float64),
            present=np.asarray(arrays["present"], dtype=np.int64),
            classes=int(fitted.settings["classes"]),
        )


def two_class(decision: FloatArray) -> FloatArray:
    """Probabilities [n, 2] of the logistic of a decision value, stable at both ends."""
    small = np.exp(-np.abs(decision))
    positive = np.where(decision >= 0, 1.0, small) / (1.0 + small)
    negative = np.where(decision >= 0, small, 1.0) / (1.0 + small)
    return np.stack([negative, positive], axis=1)


def softmax(values: FloatArray) -> FloatArray:
    """Softmax over the last axis."""
    shifted = np.exp(values - values.max(axis=1, keepdims=True))
    result: FloatArray = shifted / shifted.sum(axis=1, keepdims=True)
    return result


def log_losses(proba: FloatArray, labels: IntArray) -> FloatArray:
    """Negative log of the probability of each row's class, [n], in nats, clipped at float64's epsilon."""
    losses: FloatArray = -np.log(np.maximum(proba[np.arange(labels.size), labels], EPSILON))
    return losses


def fit_weights(
    matrix: Matrix, labels: IntArray, classes: int, *, c: float, weights: FloatArray | None = None
) -> Weights:
    """Fit by L-BFGS to convergence; classes without a row get probability 0.

    Args:
        matrix: [n, p], dense or CSR.
        labels: [n] class codes.
        classes: number of classes of the task.
        c: inverse strength of the L2 penalty, scikit-learn's C.
        weights: [n] how much each row counts; None for equally.
    """
    present = np.unique(labels)
    if present.size == 1:
        return Weights(np.zeros((1, matrix.shape[1])), np.zeros(1), present, classes)
    from sklearn.linear_model import LogisticRegression

    with single_threaded():
        # warm_start stays off: a fit must not depend on the fits before it.
        model = LogisticRegression(C=c, solver="lbfgs", max_iter=MOST_ITERATIONS, tol=1e-4)
        _fit_quietly(model, matrix, labels, weights)
    return Weights(
        np.asarray(model.coef_, dtype=np.float64),
        np.asarray(model.intercept_, dtype=np.float64),
        present.astype(np.int64),
        classes,
    )


def choose_c(
    matrix: Matrix,
    labels: IntArray,
    classes: int,
    *,
    grid: tuple[float, ...],
    groups: IntArray | None,
    seed: int,
    weights: FloatArray | None = None,
) -> float:
    """Return the C with the lowest log loss in grouped, stratified cross-validation on the training rows.

    Log loss and not accuracy, because it tells neighbouring values apart on few rows. Where the rows cannot
    be folded the middle of the grid is taken; ties go to the smaller C.
    """
    middle = grid[len(grid) // 2]
    fold = fold_of(labels, groups=groups, seed=seed)
    if len(grid) == 1 or not foldable(labels, fold):
        return middle
    losses = np.zeros(len(grid))
    for one in range(FOLDS):
        held = np.flatnonzero(fold == one)
        kept = np.flatnonzero(fold != one)
        for place, c in enumerate(grid):
            found = fit_weights(matrix[kept], labels[kept], classes, c=c, weights=part(weights, kept))
            decision = np.asarray(matrix[held] @ found.coef.T)
            losses[place] += total(log_losses(found.proba(decision), labels[held]), part(weights, held))
    return grid[int(np.argmin(losses))]


def part(weights: FloatArray | None, rows: IntArray) -> FloatArray | None:
    """The weights of some rows."""
    return None if weights is None else weights[rows]


def total(losses: FloatArray, weights: FloatArray | None) -> float:
    """The sum of losses, each as often as its row counts."""
    return float(losses.sum() if weights is None else losses @ weights)


def tried(grid: tuple[float, ...], chosen: Settings | None) -> tuple[float, ...]:
    """The values of C to choose from: those of the grid, or the one that was chosen before."""
    return grid if chosen is None else (float(chosen["C"]),)


def fit_work(entries: int, outputs: int, *, grid: int) -> int:
    """Multiply-adds to choose C and fit: forward and gradient pass over the entries of the matrix.

    Args:
        entries: stored entries of the training matrix.
        outputs: rows of the coefficients.
        grid: values of C tried, each in every fold.
    """
    passes = NOMINAL_ITERATIONS * 2
    tried = grid * (FOLDS - 1) if grid > 1 else 0
    return entries * outputs * passes * (tried + 1)


def _fit_quietly(model: Any, matrix: Matrix, labels: IntArray, weights: FloatArray | None) -> None:
    """Fit, letting an unconverged fit stand: it is a worse arm, not an error, and is measured as such."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(matrix, labels, sample_weight=weights)
