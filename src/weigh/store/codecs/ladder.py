"""Which codec keeps a chunk, and back. Whoever writes decodes it again before anybody relies on it."""

import numpy as np

from weigh.core.errors import MalformedError
from weigh.core.tensor import DTYPE_BITS
from weigh.store.codecs.codec import Codec, Encoded
from weigh.store.codecs.elements import (
    FLOATS,
    WIDTHS,
    add,
    add_planes,
    difference_planes,
    grouped as in_groups,
    interleaved,
    planes,
    rotated_back,
    rotated_planes,
    subtract,
    ungrouped,
)
from weigh.store.codecs.plane_codec import decode_planes, encode_planes
from weigh.store.codecs.zstd_frames import compressor, decompressed

_ROTATED = frozenset(("BF16", "F32", "F64", "C64", "C128"))
"""Types whose exponent and sign share a byte, and whose exponent has eight bits or more."""


def element_width(dtype: str) -> int:
    """Bytes an element of this type takes for the codecs; 1 where it is not known or not whole."""
    if dtype in {"C64", "C128"}:
        return DTYPE_BITS[dtype] // 16
    width = DTYPE_BITS.get(dtype, 8) // 8
    return width if width in WIDTHS else 1


def encode(data: memoryview, dtype: str = "U8") -> Encoded:
    """A chunk by itself, in the smallest way that is quick.

    Args:
        data: 1 to CHUNK bytes.
        dtype: of the elements, a key of DTYPE_BITS.
    """
    width = element_width(dtype)
    if len(data) % width:
        width = 1
    pattern = data[:width]
    if _is_repeated(data, width):
        return Encoded(Codec.CONSTANT, width, False, bytes(pattern))
    if width == 1:
        body = compressor().compress(data)
        kept = Encoded(Codec.ZSTD, 1, False, body)
    else:
        rotated = dtype in _ROTATED
        parts = rotated_planes(data, width) if rotated else planes(data, width)
        kept = Encoded(Codec.PLANES, width, rotated, encode_planes(parts))
    return kept if len(kept.body) < len(data) else Encoded(Codec.RAW, 1, False, bytes(data))


def _is_repeated(data: memoryview, width: int) -> bool:
    values = np.frombuffer(data, f"u{width}")
    return not (values[:64] != values[0]).any() and not (values != values[0]).any()


_GROUPED_BY = {"F32": 22, "BF16": 7, "F16": 8}
"""Bits below the eight that elements are grouped by: the exponent, or what of it fits with a bit more."""
_LEAST_GROUPED = 256 * 1024
_TRIAL = 128 * 1024


def encode_delta(data: memoryview, base: memoryview, dtype: str, *, grouped: bool = False) -> Encoded:
    """A chunk as its differences from another one of the same size and type.

    Args:
        data: 1 to CHUNK bytes.
        base: as many bytes.
        dtype: of the elements, a key of DTYPE_BITS.
        grouped: may be GROUPED, which is smaller and slower, instead of DELTA.
    """
    shift = _GROUPED_BY.get(dtype, 0) if grouped and len(data) >= _LEAST_GROUPED else 0
    if shift and len(data) % element_width(dtype) == 0:
        begin = (len(data) - _TRIAL) // 2 // 8 * 8
        part, other = data[begin : begin + _TRIAL], base[begin : begin + _TRIAL]
        plain = _encode_delta(part, other, dtype)
        # Even a small gain of the sample is a larger one of the chunk, whose groups are longer.
        if plain.body and len(_encode_grouped(part, other, dtype, shift).body) < len(plain.body):
            return _encode_grouped(data, base, dtype, shift)
    return _encode_delta(data, base, dtype)


def _encode_grouped(data: memoryview, base: memoryview, dtype: str, shift: int) -> Encoded:
    width = element_width(dtype)
    ordered = in_groups(subtract(data, base, width, signed_magnitude=True), base, shift)
    body = encode_planes(planes(ordered.data.cast("B"), width))
    return Encoded(Codec.GROUPED, width, True, bytes([shift]) + body)


def _encode_delta(data: memoryview, base: memoryview, dtype: str) -> Encoded:
    width = element_width(dtype)
    signed = dtype in FLOATS
    if len(data) % width:
        width, signed = 1, False
    parts = difference_planes(data, base, width, signed_magnitude=signed)
    body = encode_planes(parts) if parts.any() else b""
    return Encoded(Codec.DELTA, width, signed, body)


def decode(kept: Encoded, size: int, base: memoryview | None = None) -> "bytes | memoryview":
    """The chunk again; whoever asked compares its hash.

    Args:
        kept: as `encode` or `encode_delta` gave it.
        size: bytes of the chunk.
        base: what the differences of a DELTA are from.

    Raises:
        MalformedError: it is damaged.
    """
    body = memoryview(kept.body)
    if kept.width not in WIDTHS or size % kept.width:
        raise MalformedError("a stored chunk is damaged", why=f"{size} bytes are no elements of {kept.width}")
    match kept.codec:
        case Codec.RAW if len(body) == size:
            return body
        case Codec.CONSTANT if len(body) == kept.width:
            return bytes(body) * (size // kept.width)
        case Codec.ZSTD:
            return decompressed(body, size)
        case Codec.PLANES:
            parts = decode_planes(body, size // kept.width, kept.width)
            return (rotated_back(parts) if kept.signed_magnitude else interleaved(parts)).data
        case Codec.DELTA if base is not None and len(base) == size:
            return _decode_delta(kept, size, base)
        case Codec.GROUPED if base is not None and len(base) == size and kept.width in {2, 4}:
            return _decode_grouped(body, kept, base)
    raise MalformedError("a stored chunk is damaged", why=f"codec {kept.codec} with {len(body)} bytes")


def _decode_delta(kept: Encoded, size: int, base: memoryview) -> memoryview:
    if not kept.body:
        return base
    parts = decode_planes(memoryview(kept.body), size // kept.width, kept.width)
    return add_planes(parts, base, signed_magnitude=kept.signed_magnitude).data.cast("B")


def _decode_grouped(body: memoryview, kept: Encoded, base: memoryview) -> memoryview:
    width = kept.width
    if not body or body[0] >= 8 * width:
        raise MalformedError("a stored chunk is damaged", why="its elements are in no known order")
    parts = decode_planes(body[1:], len(base) // width, width)
    given = ungrouped(interleaved(parts).view(f"<u{width}"), base, body[0])
    return add(given, base, width, signed_magnitude=kept.signed_magnitude).data.cast("B")
