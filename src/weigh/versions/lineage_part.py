"""Values that two tensors have in common, place by place, beyond what chance gives.

A fine-tune leaves rows of an embedding as they were when their words never came up, and single values when
their steps were smaller than half the distance to the next number. Two trainings hardly ever hit the same
single-precision value at the same place; so a few hundred of them prove a common origin as a whole tensor
does. How often the values of these two tensors meet when they are not at the same place is counted as well:
rounded or pruned weights meet often, and then prove nothing.
"""

from typing import TYPE_CHECKING, Any

from weigh.store.compare.side import Side

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from weigh.core.tensor import TensorInfo
    from weigh.store.compare.pairing import Pair

LEAST = 512
"""Equal places below which nothing is said: LEAST_INFORMATION at two bytes a value."""
BEYOND = 100
"""How many times more often than elsewhere values must be equal at the same place."""
MOST_BYTES = 256 * 1024 * 1024
"""Bytes of a tensor that are looked at, from its beginning; what lies behind is not counted."""
_STEP = 4 * 1024 * 1024
_SHIFTS = (1, 13, 257)
_WORDS = {"F32": "<u4", "F64": "<u8"}


def equal_places(child: Side, parent: Side, pair: "Pair") -> int:
    """How many values of the child's tensor are the parent's at the same place; 0 where that proves nothing.

    Args:
        child: what is asked about.
        parent: what it may come from.
        pair: of the same type and width of rows; one may have more rows. `old` is the parent's.

    Raises:
        StorageError: a file cannot be read.
    """
    import numpy as np

    old, new = pair.old, pair.new
    word = _WORDS.get(new.dtype)
    if word is None or not _fit(old, new):
        return 0
    size = min(old.nbytes, new.nbytes, MOST_BYTES)
    equal = 0
    elsewhere = [0] * len(_SHIFTS)
    distinct: set[int] = set()
    with parent.reading(old.file) as left, child.reading(new.file) as right:
        for at in range(0, size, _STEP):
            length = min(_STEP, size - at)
            parts = left.read(old.offset + at, length), right.read(new.offset + at, length)
            if any(len(part) != length for part in parts) or length % np.dtype(word).itemsize:
                # A file that ends before its tensor does.
                return 0
            a, b = (np.frombuffer(part, word) for part in parts)
            said = _says_something(a)
            same = (a == b) & said
            equal += int(same.sum())
            if len(distinct) < LEAST:
                distinct.update(np.unique(a[same])[: 4 * LEAST].tolist())
            for place, shift in enumerate(_SHIFTS):
                elsewhere[place] += int(((a[shift:] == b[:-shift]) & said[shift:]).sum())
    proves = len(distinct) >= LEAST and equal >= BEYOND * (1 + max(elsewhere))
    return equal if proves else 0


def _fit(old: "TensorInfo", new: "TensorInfo") -> bool:
    plain = not (old.encoding or new.encoding or old.strides or new.strides)
    placed = min(old.offset, new.offset) >= 0 and min(old.nbytes, new.nbytes) > 0
    return plain and placed and old.dtype == new.dtype and old.shape[1:] == new.shape[1:] and bool(old.shape)


def _says_something(words: "NDArray[Any]") -> "NDArray[Any]":
    """Not zero, of either sign: pruned weights are zero in many models."""
    said: NDArray[Any] = words << 1 != 0
    return said
