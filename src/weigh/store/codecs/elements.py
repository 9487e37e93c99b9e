"""Elements of a chunk seen as integers: differences in their order, and bytes of one significance together.

The integers of two floating-point values that lie side by side differ by one once the sign is folded in,
so a value that training moved a little becomes a small number, across powers of two and across zero.
Lossless: integers wrap, nothing is rounded. An exclusive or, which others use, loses the carry: a value that
crosses a power of two then differs in nearly every bit.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 32 * 1024
"""Elements that are worked on at a time, so that the intermediate values stay in the processor's cache."""

WIDTHS: dict[int, Any] = {1: np.int8, 2: np.int16, 4: np.int32, 8: np.int64}
FLOATS = frozenset(
    ("F16", "BF16", "F32", "F64", "C64", "C128", "F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ")
)
"""Types whose integers are sign and magnitude; the others are two's complement or have no sign."""


def subtract(data: memoryview, base: memoryview, width: int, *, signed_magnitude: bool) -> "NDArray[Any]":
    """The differences `data - base` of elements of `width` bytes, small in either direction near 0.

    Args:
        data: whole elements, little-endian.
        base: as many bytes.
        width: bytes an element takes: 1, 2, 4 or 8.
        signed_magnitude: the elements are floating-point numbers.
    """
    kind = WIDTHS[width]
    left, right = np.frombuffer(data, kind), np.frombuffer(base, kind)
    out = np.empty(len(left), kind)
    size = min(BLOCK, len(left))
    one, two = np.empty(size, kind), np.empty(size, kind)
    shift, low = _bits(kind)
    for begin in range(0, len(left), BLOCK):
        part = slice(begin, begin + BLOCK)
        a, b, made = left[part], right[part], out[part]
        x, y = one[: len(a)], two[: len(a)]
        if signed_magnitude:
            _ordered(a, x, shift, low)
            _ordered(b, y, shift, low)
            np.subtract(x, y, out=x)
        else:
            np.subtract(a, b, out=x)
        np.right_shift(x, shift, out=y)
        np.left_shift(x, kind(1), out=x)
        np.bitwise_xor(x, y, out=made)
    return out


def add(
    differences: "NDArray[Any]", base: memoryview, width: int, *, signed_magnitude: bool
) -> "NDArray[Any]":
    """The inverse of `subtract`: the elements that differ from `base` so."""
    kind = WIDTHS[width]
    unsigned = np.dtype(kind).str.replace("i", "u")
    given, right = differences.view(kind), np.frombuffer(base, kind)
    out = np.empty(len(given), kind)
    size = min(BLOCK, len(given))
    one, two = np.empty(size, kind), np.empty(size, kind)
    shift, low = _bits(kind)
    for begin in range(0, len(given), BLOCK):
        part = slice(begin, begin + BLOCK)
        d, b, made = given[part], right[part], out[part]
        x, y = one[: len(d)], two[: len(d)]
        np.bitwise_and(d, kind(1), out=y)
        np.negative(y, out=y)
        np.right_shift(d.view(unsigned), 1, out=x.view(unsigned))
        np.bitwise_xor(x, y, out=x)
        if signed_magnitude:
            _ordered(b, y, shift, low)
            np.add(x, y, out=x)
            _ordered(x, made, shift, low)
        else:
            np.add(x, b, out=made)
    return out


def _bits(kind: Any) -> tuple[Any, Any]:
    bits = np.dtype(kind).itemsize * 8
    return kind(bits - 1), kind((1 << (bits - 1)) - 1)


def _ordered(values: "NDArray[Any]", out: "NDArray[Any]", shift: Any, low: Any) -> None:
    """Sign and magnitude as an integer in the order of the values; doing it twice undoes it."""
    sign = np.right_shift(values, shift)
    np.bitwise_and(sign, low, out=sign)
    np.bitwise_xor(values, sign, out=out)


def planes(data: memoryview, width: int) -> "NDArray[np.uint8]":
    """The bytes of each significance together: an array of shape (width, elements), lowest first."""
    return np.ascontiguousarray(np.frombuffer(data, np.uint8).reshape(-1, width).T)


def interleaved(parts: "list[NDArray[np.uint8]]") -> "NDArray[np.uint8]":
    """The inverse of `planes`, as one row of bytes."""
    out = np.empty((len(parts[0]), len(parts)), np.uint8)
    for place, part in enumerate(parts):
        out[:, place] = part
    return out.reshape(-1)
