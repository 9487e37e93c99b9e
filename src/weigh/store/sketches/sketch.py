"""A sketch: 256 values of a tensor at fixed places, each with its sign, exponent and 7 bits of its mantissa.

The upper half of a single-precision number says that much whatever type the tensor is kept in, so a cast is
as near to its source as a small change is. 256 values tell relatives from strangers (the cosine of strangers
scatters by 1/16) and take 512 bytes, little beside the tensors of 16 KiB and more that are sketched.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weigh.core.tensor import DTYPE_BITS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCKS = 16
VALUES = 16
LEAST_BYTES = 16 * 1024
"""Bytes of a tensor below which no sketch is kept: it would be no small share of it."""

Read = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is kept of one tensor.

    Attributes:
        count: values of the tensor.
        dtype: of the tensor.
        first: bytes of its first value; the same when its dimensions are exchanged.
        last: bytes of its last value.
        bits: the sampled values, 2 bytes each.
    """

    count: int
    dtype: str
    first: bytes
    last: bytes
    bits: bytes


def sketch_of(read: Read, count: int, dtype: str) -> Sketch | None:
    """The sketch of a tensor, None when its type or its size has none.

    Args:
        read: reads its bytes, from and to positions.
        count: its values.
        dtype: a key of DTYPE_BITS.
    """
    width = DTYPE_BITS.get(dtype, 0) // 8
    if width == 0 or dtype not in _READ or count * width < LEAST_BYTES:
        return None
    room = count - VALUES
    starts = sorted(int(i * 0.6180339887498949 % 1.0 * room) for i in range(BLOCKS))
    data = b"".join(read(s * width, (s + VALUES) * width) for s in starts)
    first, last = read(0, width), read((count - 1) * width, count * width)
    return Sketch(count, dtype, first, last, upper_halves(data, dtype))


_READ = frozenset(("F64", "F32", "F16", "BF16", "I8", "U8"))


def upper_halves(data: bytes, dtype: str) -> bytes:
    """Of each value the upper 16 bits of its single-precision form."""
    import numpy as np

    if dtype == "BF16":
        return data
    kinds: dict[str, Any] = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "I8": np.int8}
    values: NDArray[Any] = np.frombuffer(data, kinds.get(dtype, np.uint8))
    if dtype == "U8":
        # Unsigned bytes are quantised around a zero point, usually the middle.
        values = values.astype(np.int16) - np.int16(128)
    with np.errstate(all="ignore"):
        return (values.astype(np.float32).view(np.uint32) >> np.uint32(16)).astype(np.uint16).tobytes()


def as_values(bits: bytes) -> "NDArray[np.float32]":
    """The sampled values again, as near as a sketch has them; what is not finite is 0."""
    import numpy as np

    made = (np.frombuffer(bits, np.uint16).astype(np.uint32) << np.uint32(16)).view(np.float32)
    return np.where(np.abs(made) < np.float32(1e30), made, np.float32(0))
