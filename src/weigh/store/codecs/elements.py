"""Elements of a chunk seen as integers: differences in their order, and bytes of one significance together.

The integers of two floating-point values that lie side by side differ by one once the sign is folded in,
so a value that training moved a little becomes a small number, across powers of two and across zero.
Lossless: integers wrap, nothing is rounded. An exclusive or, which others use, loses the carry: a value that
crosses a power of two then differs in nearly every bit.

Everything is done a block at a time, so that what lies between the steps never leaves the processor's cache.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

BLOCK = 32 * 1024
"""Elements that are worked on at a time, so that the intermediate values stay in the processor's cache."""

GROUPED = 1024 * 1024
"""Elements that are put in order at a time; part of the codec, as is the order of equal ones."""

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
    out = np.empty(len(data) // width, WIDTHS[width])
    for part, made in _differences(data, base, width, signed_magnitude=signed_magnitude):
        out[part] = made
    return out


def difference_planes(
    data: memoryview, base: memoryview, width: int, *, signed_magnitude: bool
) -> "NDArray[np.uint8]":
    """The `planes` of what `subtract` gives."""
    out = np.empty((width, len(data) // width), np.uint8)
    for part, made in _differences(data, base, width, signed_magnitude=signed_magnitude):
        _spread(made, out, part)
    return out


def _differences(
    data: memoryview, base: memoryview, width: int, *, signed_magnitude: bool
) -> "Iterator[tuple[slice, NDArray[Any]]]":
    kind = WIDTHS[width]
    left, right = np.frombuffer(data, kind), np.frombuffer(base, kind)
    size = min(BLOCK, len(left))
    one, two = np.empty(size, kind), np.empty(size, kind)
    shift, low = _bits(kind)
    for begin in range(0, len(left), BLOCK):
        part = slice(begin, begin + BLOCK)
        a, b = left[part], right[part]
        x, y = one[: len(a)], two[: len(a)]
        if signed_magnitude:
            _ordered(a, x, shift, low)
            _ordered(b, y, shift, low)
            np.subtract(x, y, out=x)
        else:
            np.subtract(a, b, out=x)
        np.right_shift(x, shift, out=y)
        np.left_shift(x, kind(1), out=x)
        np.bitwise_xor(x, y, out=x)
        yield part, x


def add(
    differences: "NDArray[Any]", base: memoryview, width: int, *, signed_magnitude: bool
) -> "NDArray[Any]":
    """The inverse of `subtract`: the elements that differ from `base` so."""
    kind = WIDTHS[width]
    given = differences.view(kind)
    return _added(lambda part: given[part], base, kind, signed_magnitude=signed_magnitude)


def add_planes(
    parts: "Sequence[NDArray[np.uint8]]", base: memoryview, *, signed_magnitude: bool
) -> "NDArray[Any]":
    """The inverse of `difference_planes`."""
    kind = WIDTHS[len(parts)]
    rows = np.empty((min(BLOCK, len(parts[0])), len(parts)), np.uint8)

    def block(part: slice) -> "NDArray[Any]":
        made: NDArray[Any] = _gathered(parts, part, rows).view(kind)
        return made.reshape(-1)

    return _added(block, base, kind, signed_magnitude=signed_magnitude)


def _added(block: Any, base: memoryview, kind: Any, *, signed_magnitude: bool) -> "NDArray[Any]":
    unsigned = np.dtype(kind).str.replace("i", "u")
    right = np.frombuffer(base, kind)
    out = np.empty(len(right), kind)
    size = min(BLOCK, len(right))
    one, two = np.empty(size, kind), np.empty(size, kind)
    shift, low = _bits(kind)
    for begin in range(0, len(right), BLOCK):
        part = slice(begin, begin + BLOCK)
        b, made = right[part], out[part]
        d, x, y = block(part), one[: len(b)], two[: len(b)]
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
    np.right_shift(values, shift, out=out)
    np.bitwise_and(out, low, out=out)
    np.bitwise_xor(values, out, out=out)


def grouping(base: memoryview, width: int, shift: int) -> "Iterator[tuple[slice, NDArray[Any]]]":
    """An order of elements in which those lie together whose base is about as large, a part at a time.

    A step of training moves all weights about as far, so how many representable numbers lie between depends
    on the exponent. Whoever knows the base knows the order.

    Args:
        base: whole elements, little-endian.
        width: bytes of an element: 2 or 4.
        shift: bits of it that are passed over; the 8 above them are what is sorted by.
    """
    values = np.frombuffer(base, f"<u{width}")
    for begin in range(0, len(values), GROUPED):
        part = slice(begin, begin + GROUPED)
        # Numbers of one byte are sorted by counting them.
        yield part, np.argsort((values[part] >> shift).astype(np.uint8), kind="stable")


def grouped(differences: "NDArray[Any]", base: memoryview, shift: int) -> "NDArray[Any]":
    """Differences in the order of `grouping`."""
    out = np.empty_like(differences)
    for part, order in grouping(base, differences.itemsize, shift):
        np.take(differences[part], order, out=out[part], mode="wrap")
    return out


def ungrouped(given: "NDArray[Any]", base: memoryview, shift: int) -> "NDArray[Any]":
    """The inverse of `grouped`."""
    out = np.empty_like(given)
    for part, order in grouping(base, given.itemsize, shift):
        out[part][order] = given[part]
    return out


def planes(data: memoryview, width: int) -> "NDArray[np.uint8]":
    """The bytes of each significance together: an array of shape (width, elements), lowest first."""
    return np.ascontiguousarray(np.frombuffer(data, np.uint8).reshape(-1, width).T)


def interleaved(parts: "Sequence[NDArray[np.uint8]]") -> "NDArray[np.uint8]":
    """The inverse of `planes`, as one row of bytes."""
    out = np.empty((len(parts[0]), len(parts)), np.uint8)
    for begin in range(0, len(out), BLOCK):
        part = slice(begin, begin + BLOCK)
        _gathered(parts, part, out[part])
    return out.reshape(-1)


def rotated_planes(data: memoryview, width: int) -> "NDArray[np.uint8]":
    """As `planes`, with the sign moved to the lowest bit: the highest plane then holds exponents only."""
    values = np.frombuffer(data, f"<u{width}")
    out = np.empty((width, len(values)), np.uint8)
    size = min(BLOCK, len(values))
    one, two = np.empty(size, values.dtype), np.empty(size, values.dtype)
    for begin in range(0, len(values), BLOCK):
        part = slice(begin, begin + BLOCK)
        block = values[part]
        x, y = one[: len(block)], two[: len(block)]
        np.left_shift(block, 1, out=x)
        np.right_shift(block, width * 8 - 1, out=y)
        np.bitwise_or(x, y, out=x)
        _spread(x, out, part)
    return out


def rotated_back(parts: "Sequence[NDArray[np.uint8]]") -> "NDArray[np.uint8]":
    """The inverse of `rotated_planes`, as one row of bytes."""
    count, width = len(parts[0]), len(parts)
    out = np.empty(count, f"<u{width}")
    size = min(BLOCK, count)
    rows, other = np.empty((size, width), np.uint8), np.empty(size, out.dtype)
    for begin in range(0, count, BLOCK):
        part = slice(begin, begin + BLOCK)
        x = _gathered(parts, part, rows).view(out.dtype).reshape(-1)
        y = other[: len(x)]
        np.left_shift(x, width * 8 - 1, out=y)
        np.right_shift(x, 1, out=x)
        np.bitwise_or(x, y, out=out[part])
    return out.view(np.uint8)


def _spread(values: "NDArray[Any]", out: "NDArray[np.uint8]", part: slice) -> None:
    """The bytes of some elements, each to its plane."""
    out[:, part] = values.view(np.uint8).reshape(len(values), -1).T


def _gathered(
    parts: "Sequence[NDArray[np.uint8]]", part: slice, rows: "NDArray[np.uint8]"
) -> "NDArray[np.uint8]":
    """The inverse of `_spread`: the rows that could be filled."""
    for place, plane in enumerate(parts):
        piece = plane[part]
        rows[: len(piece), place] = piece
    return rows[: len(parts[0][part])]
