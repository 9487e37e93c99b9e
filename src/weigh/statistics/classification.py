"""Scores of predicted classes and probabilities; names and conventions are scikit-learn's.

Classes are integer codes 0 .. k-1. Scores of predicted classes are functions of the confusion matrix, and
the `..._from` forms take whole stacks of them, [..., k, k] with true classes in rows: with
`bootstrap.counts_bootstrap` their intervals cost next to nothing. A score that is undefined on the rows it is
given (one class only, no rows of any class) is NaN, which the bootstrap counts as undefined.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.statistics.arguments import FloatArray, IntArray, require_codes

# A k by k matrix is allocated from the labels; no user task has more classes than this.
MOST_CLASSES = 4096


def confusion(truth: ArrayLike, predicted: ArrayLike, *, classes: int | None = None) -> IntArray:
    """Return the confusion matrix [classes, classes]; rows are true classes, columns predicted ones.

    Args:
        truth: [n] integer codes.
        predicted: [n] integer codes.
        classes: number of classes; one more than the largest code when not given.

    Raises:
        UsageError: when codes are not integers in 0 .. classes-1 or the lengths differ.
        UnknownAnswerError: when there are no rows.
    """
    length = np.asarray(truth).size
    actual = require_codes(truth, name="true classes", length=length)
    answered = require_codes(predicted, name="predicted classes", length=length)
    if length == 0:
        raise UnknownAnswerError("no rows to score", why="truth is empty", hint="give at least one row")
    largest = int(max(actual.max(), answered.max()))
    count = largest + 1 if classes is None else classes
    if min(int(actual.min()), int(answered.min())) < 0 or largest >= count or count > MOST_CLASSES:
        raise UsageError(
            "class codes must lie in 0 .. classes-1",
            why=f"largest code {largest}, {count} classes, at most {MOST_CLASSES}",
        )
    cells = np.bincount(actual * count + answered, minlength=count * count)
    return cells.reshape(count, count).astype(np.int64)


def accuracy(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the share of rows whose class is predicted."""
    return float(accuracy_from(confusion(truth, predicted)))


def balanced_accuracy(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the mean over the classes present in `truth` of the share of each that is predicted."""
    return float(balanced_accuracy_from(confusion(truth, predicted)))


def macro_f1(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the mean over the classes present in `truth` or `predicted` of 2 tp / (2 tp + fp + fn)."""
    return float(macro_f1_from(confusion(truth, predicted)))


def matthews(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the Matthews correlation of true and predicted classes, -1 .. 1; 0 when either is constant.

    The many-class form R_K (J. Gorodkin, Computational Biology and Chemistry 28, 2004).
    """
    return float(matthews_from(confusion(truth, predicted)))


def accuracy_from(matrices: ArrayLike) -> FloatArray:
    """Return the accuracy of each confusion matrix, [...]."""
    counts = _matrices(matrices)
    return _ratio(np.trace(counts, axis1=-2, axis2=-1), counts.sum(axis=(-2, -1)))


def balanced_accuracy_from(matrices: ArrayLike) -> FloatArray:
    """Return the balanced accuracy of each confusion matrix, [...]."""
    counts = _matrices(matrices)
    support = counts.sum(axis=-1)
    recall = np.where(support > 0, _ratio(_diagonal(counts), support), 0.0)
    return _ratio(recall.sum(axis=-1), np.count_nonzero(support, axis=-1))


def macro_f1_from(matrices: ArrayLike) -> FloatArray:
    """Return the macro F1 of each confusion matrix, [...]."""
    counts = _matrices(matrices)
    # 2 tp + fp + fn of a class is its row sum plus its column sum.
    involved = counts.sum(axis=-1) + counts.sum(axis=-2)
    f1 = np.where(involved > 0, _ratio(2 * _diagonal(counts), involved), 0.0)
    return _ratio(f1.sum(axis=-1), np.count_nonzero(involved, axis=-1))


def matthews_from(matrices: ArrayLike) -> FloatArray:
    """Return the Matthews correlation of each confusion matrix, [...]."""
    counts = _matrices(matrices)
    total = counts.sum(axis=(-2, -1))
    actual, answered = counts.sum(axis=-1), counts.sum(axis=-2)
    covariance = np.trace(counts, axis1=-2, axis2=-1) * total - (actual * answered).sum(axis=-1)
    # Two roots, not the root of the product: the product overflows whole numbers' exactness first.
    spread = np.sqrt(np.maximum(total**2 - (answered**2).sum(axis=-1), 0.0))
    spread = spread * np.sqrt(np.maximum(total**2 - (actual**2).sum(axis=-1), 0.0))
    correlation = np.where(spread > 0, _ratio(covariance, spread), 0.0)
    found: FloatArray = np.where(total > 0, np.clip(correlation, -1.0, 1.0), np.nan)
    return found


def zero_one_each(truth: ArrayLike, predicted: ArrayLike) -> FloatArray:
    """Return the loss of each row, [n]: 1 where the predicted class is wrong, else 0."""
    length = np.asarray(truth).size
    actual = require_codes(truth, name="true classes", length=length)
    answered = require_codes(predicted, name="predicted classes", length=length)
    wrong: FloatArray = np.not_equal(actual, answered).astype(np.float64)
    return wrong


def log_loss(truth: ArrayLike, proba: ArrayLike) -> float:
    """Return the mean negative log of the probability given to the true class, in nats."""
    return float(log_loss_each(truth, proba).mean())


def log_loss_each(truth: ArrayLike, proba: ArrayLike) -> FloatArray:
    """Return the negative log of the probability given to the true class of each row, [n], in nats.

    Probabilities are clipped at the machine epsilon of float64, as scikit-learn does, so the loss is
    finite (at most 36.04).

    Args:
        truth: [n] integer codes in 0 .. k-1.
        proba: [n, k] probabilities; each row sums to 1.

    Raises:
        UsageError: when the shapes do not fit or `proba` does not hold probabilities.
        UnknownAnswerError: when there are no rows.
    """
    codes, chances = _probabilities(truth, proba)
    epsilon = float(np.finfo(np.float64).eps)
    given = np.clip(chances[np.arange(codes.size), codes], epsilon, 1.0 - epsilon)
    return np.negative(np.log(given))


def brier(truth: ArrayLike, proba: ArrayLike) -> float:
    """Return the Brier score: the mean of `brier_each`."""
    return float(brier_each(truth, proba).mean())


def brier_each(truth: ArrayLike, proba: ArrayLike) -> FloatArray:
    """Return the squared error of each row's probabilities, [n].

    The sum over classes of (p - [class is true])^2, in 0 .. 2 (G. W. Brier, Monthly Weather Review 78,
    1950); for two classes half of it, in 0 .. 1, the usual form for them and scikit-learn's.

    Args:
        truth: [n] integer codes in 0 .. k-1.
        proba: [n, k] probabilities; each row sums to 1.

    Raises:
        UsageError: when the shapes do not fit or `proba` does not hold probabilities.
        UnknownAnswerError: when there are no rows.
    """
    codes, chances = _probabilities(truth, proba)
    errors = chances.copy()
    errors[np.arange(codes.size), codes] -= 1.0
    square: FloatArray = np.einsum("ij,ij->i", errors, errors)
    return square / 2 if chances.shape[1] == 2 else square


def auroc(truth: ArrayLike, scores: ArrayLike) -> float:
    """Return the area under the ROC curve, from ranks; ties count half.

    The chance that a row of the class scores above a row without it (Mann and Whitney's U over the
    product of the counts).

    Args:
        truth: [n] integer codes; 0 or 1 when `scores` has one dimension.
        scores: [n] scores of class 1, or [n, k] scores: column 1 when k is 2, else the mean over the classes
            of each against the rest.

    Returns:
        A value in 0 .. 1; NaN where a class, or its opposite, has no row.

    Raises:
        UsageError: when the shapes do not fit or a score is NaN.
    """
    array = np.asarray(scores, dtype=np.float64)
    codes = require_codes(truth, name="true classes", length=len(array) if array.ndim else -1)
    columns = 2 if array.ndim == 1 else array.shape[-1]
    if array.ndim > 2 or columns < 2 or np.isnan(array).any():
        raise UsageError(
            "scores must be [n] or [n, classes] without NaN", why=f"their shape is {array.shape}"
        )
    if codes.size and (codes.min() < 0 or codes.max() >= columns):
        raise UsageError("a true class has no score", why=f"code {codes.max()}, {columns} classes")
    if columns == 2:
        return _binary_auroc(codes == 1, array if array.ndim == 1 else array[:, 1])
    return float(np.mean([_binary_auroc(codes == one, array[:, one]) for one in range(columns)]))


def _binary_auroc(positive: np.ndarray[Any, np.dtype[np.bool_]], scores: FloatArray) -> float:
    ones, zeros = scores[positive], np.sort(scores[~positive])
    if not ones.size or not zeros.size:
        return float("nan")
    # Twice the wins: the zeros strictly below count in both terms, ties in one.
    below, upto = np.searchsorted(zeros, ones, side="left"), np.searchsorted(zeros, ones, side="right")
    return float((below.sum() + upto.sum()) / (2.0 * ones.size * zeros.size))


def _matrices(matrices: ArrayLike) -> FloatArray:
    counts = np.asarray(matrices, dtype=np.float64)
    if counts.ndim < 2 or counts.shape[-1] != counts.shape[-2]:
        raise UsageError("a confusion matrix must be square", why=f"its shape is {counts.shape}")
    return counts


def _diagonal(counts: FloatArray) -> FloatArray:
    found: FloatArray = np.diagonal(counts, axis1=-2, axis2=-1)
    return found


def _ratio(numerator: Any, denominator: Any) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.true_divide(numerator, denominator), dtype=np.float64)


def _probabilities(truth: ArrayLike, proba: ArrayLike) -> tuple[IntArray, FloatArray]:
    chances = np.asarray(proba, dtype=np.float64)
    if chances.ndim != 2 or chances.shape[1] < 2:
        raise UsageError("probabilities must be [n, classes]", why=f"their shape is {chances.shape}")
    if not chances.size:
        raise UnknownAnswerError("no rows to score", why="proba is empty", hint="give at least one row")
    # Single-precision softmax over many classes sums to 1 within 1e-3 at worst; NaN fails the comparison.
    if not ((chances >= 0) & (chances <= 1 + 1e-3)).all() or (np.abs(chances.sum(axis=1) - 1) > 1e-3).any():
        raise UsageError("probabilities must lie in 0 .. 1 and add up to 1 in each row")
    codes = require_codes(truth, name="true classes", length=chances.shape[0])
    if codes.min() < 0 or codes.max() >= chances.shape[1]:
        raise UsageError("a true class has no probability", why=f"{chances.shape[1]} classes")
    return codes, chances
