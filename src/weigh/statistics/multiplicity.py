"""Adjusted p-values for many questions asked at once."""

import numpy as np
from numpy.typing import ArrayLike

from weigh.core.errors import UsageError
from weigh.statistics.arguments import FloatArray


def holm(p: ArrayLike) -> FloatArray:
    """Return Holm's step-down adjusted p-values, in the order given.

    Rejecting where the adjusted value is <= alpha keeps the chance of *any* false rejection at alpha,
    under any dependence. Source: S. Holm, Scandinavian Journal of Statistics 6 (1979).

    Args:
        p: [m] p-values in [0, 1]; may be empty.

    Raises:
        UsageError: when a value is not a p-value.
    """
    raw = _require_p(p)
    order = np.argsort(raw, kind="stable")
    steps = raw[order] * np.arange(raw.size, 0, -1)
    return _restore(np.maximum.accumulate(steps), order)


def benjamini_hochberg(p: ArrayLike) -> FloatArray:
    """Return Benjamini and Hochberg's step-up adjusted p-values, in the order given.

    Rejecting where the adjusted value is <= q keeps the expected *share* of false rejections at q, for
    independent or positively dependent tests. Source: Y. Benjamini and Y. Hochberg, JRSS B 57 (1995).

    Args:
        p: [m] p-values in [0, 1]; may be empty.

    Raises:
        UsageError: when a value is not a p-value.
    """
    raw = _require_p(p)
    order = np.argsort(raw, kind="stable")
    steps = raw[order] * (raw.size / np.arange(1, raw.size + 1))
    return _restore(np.minimum.accumulate(steps[::-1])[::-1], order)


def _restore(adjusted: FloatArray, order: np.ndarray[tuple[int], np.dtype[np.intp]]) -> FloatArray:
    result = np.empty(adjusted.size)
    result[order] = np.minimum(adjusted, 1.0)
    return result


def _require_p(p: ArrayLike) -> FloatArray:
    array = np.asarray(p, dtype=np.float64)
    if array.ndim != 1:
        raise UsageError("p-values must be one-dimensional", why=f"their shape is {array.shape}")
    # Written so that NaN fails: every comparison with it is false.
    if not ((array >= 0) & (array <= 1)).all():
        raise UsageError("a p-value lies between 0 and 1", why=f"got {array.tolist()[:10]}")
    return array
