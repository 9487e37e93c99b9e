"""What every statistic demands of its arguments, checked once and said plainly."""

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import UnknownAnswerError, UsageError

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]

# Arrays of resamples are replicates long in several columns; a million replicates is a mistake, not a wish.
MOST_REPLICATES = 1_000_000


def require_level(level: float) -> float:
    """Return a confidence level after checking that it lies in (0, 1)."""
    if not 0.0 < level < 1.0:
        raise UsageError("a confidence level lies between 0 and 1", why=f"got {level}", hint="use 0.95")
    return float(level)


def require_replicates(replicates: int, level: float) -> int:
    """Return the number of resamples after checking that both tails of `level` hold at least one."""
    least = int(np.ceil(2.0 / (1.0 - require_level(level)) - 1.0 - 1e-9))
    if not least <= replicates <= MOST_REPLICATES:
        raise UsageError(
            f"a level of {level} needs between {least} and {MOST_REPLICATES} bootstrap replicates",
            why=f"got {replicates}",
            hint="use 2000",
        )
    return int(replicates)


def require_values(values: ArrayLike, *, name: str) -> FloatArray:
    """Return `values` as a finite one-dimensional float array.

    Raises:
        UsageError: when it has another shape or holds NaN or infinity.
        UnknownAnswerError: when it is empty.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise UsageError(f"{name} must be one-dimensional", why=f"its shape is {array.shape}")
    if array.size == 0:
        raise UnknownAnswerError(f"{name} is empty", why="nothing was observed", hint="give at least one row")
    bad = ~np.isfinite(array)
    if bad.any():
        raise UsageError(
            f"{name} must be finite", why=f"element {int(np.argmax(bad))} is {array[np.argmax(bad)]}"
        )
    return array


def require_codes(codes: ArrayLike, *, name: str, length: int) -> IntArray:
    """Return group, stratum or class codes as a one-dimensional integer array of `length`."""
    array = np.asarray(codes)
    if array.shape != (length,):
        raise UsageError(f"{name} must have one entry a row", why=f"shape {array.shape}, {length} rows")
    if array.dtype.kind not in "iub":
        raise UsageError(f"{name} must be integers", why=f"their type is {array.dtype}")
    return array.astype(np.int64)
