"""Planes: the bytes of one significance of many elements, compressed each in the way that suits it.

```
for each plane, lowest first: u8 way, u32 bytes (little-endian); then the bytes of every plane in turn
```

Exponents of trained weights take few values and compress well, the low bytes of a mantissa are noise and
are kept as they are. Looking for repetitions costs time and bytes where there are none: a matcher that all
but never finds one leaves the exponents to the entropy coder, three times faster and 8 % smaller than
zstd's level 1, which in turn beats level 3 (docs/explanation/how-weights-are-stored.md). Both ways give
plain zstd frames (RFC 8878); a sample decides, because sparse differences do repeat.
"""

import struct
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from weigh.core.errors import MalformedError
from weigh.store.codecs.zstd_frames import compressor, decompressed, entropy_coder

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HEAD = struct.Struct("<BI")
_SAMPLE = 16 * 1024
_TRIAL = 32 * 1024
_NOISE = 7.92
"""Bits a byte from which a sample of a plane is taken for noise: nothing would be gained."""
_WORTH = 0.97
"""A compressed plane is kept when it is smaller than this share of it."""


class Way(IntEnum):
    """How a plane is kept."""

    RAW = 0
    CONSTANT = 1
    ZSTD = 2


def encode_planes(parts: "NDArray[np.uint8]") -> bytes:
    """The planes of one chunk, each in the smallest of the ways there are.

    Args:
        parts: of shape (planes, elements).
    """
    heads, bodies = [], []
    for plane in parts:
        way, body = _encode(plane)
        heads.append(_HEAD.pack(way, len(body)))
        bodies.append(body)
    return b"".join((*heads, *bodies))


def _encode(plane: "NDArray[np.uint8]") -> tuple[Way, Any]:
    first = plane[0]
    if not (plane[:4096] != first).any() and not (plane != first).any():
        return Way.CONSTANT, plane[:1]
    if _bits_a_byte(plane) > _NOISE:
        return Way.RAW, plane
    body = _better_coder(plane).compress(plane)
    return (Way.ZSTD, body) if len(body) < _WORTH * len(plane) else (Way.RAW, plane)


def _better_coder(plane: "NDArray[np.uint8]") -> Any:
    """The compressor that makes less of a piece from the middle of the plane."""
    coder = entropy_coder()
    if len(plane) <= _TRIAL:
        return coder
    begin = (len(plane) - _TRIAL) // 2
    piece = plane[begin : begin + _TRIAL]
    return coder if len(coder.compress(piece)) <= len(compressor().compress(piece)) else compressor()


def _bits_a_byte(plane: "NDArray[np.uint8]") -> float:
    """Entropy of a sample taken from all over the plane."""
    if len(plane) <= _SAMPLE:
        return 0.0
    pieces = plane[: len(plane) // 16 * 16].reshape(16, -1)[:, : _SAMPLE // 16]
    counts = np.bincount(pieces.reshape(-1), minlength=256)
    shares = counts[counts > 0] / pieces.size
    # A finite sample of noise shows less entropy than noise has (Miller 1955).
    return float(-(shares * np.log2(shares)).sum() + (len(shares) - 1) / (2 * pieces.size * np.log(2)))


def decode_planes(data: memoryview, count: int, width: int) -> "list[NDArray[np.uint8]]":
    """The planes again, lowest first, each of `count` bytes.

    Raises:
        MalformedError: the planes are damaged.
    """
    at = _HEAD.size * width
    if len(data) < at:
        raise MalformedError("a stored chunk is damaged", why="its planes are cut off")
    parts: list[NDArray[np.uint8]] = []
    for place in range(width):
        way, size = _HEAD.unpack_from(data, place * _HEAD.size)
        body = data[at : at + size]
        at += size
        parts.append(_decode(way, body, count, size))
    if at != len(data):
        raise MalformedError("a stored chunk is damaged", why="its planes and their sizes differ")
    return parts


def _decode(way: int, body: memoryview, count: int, size: int) -> "NDArray[np.uint8]":
    if way == Way.CONSTANT and size == 1 == len(body):
        return np.broadcast_to(np.frombuffer(body, np.uint8), (count,))
    if way == Way.RAW and size == count == len(body):
        return np.frombuffer(body, np.uint8)
    if way == Way.ZSTD and len(body) == size:
        return np.frombuffer(decompressed(body, count), np.uint8)
    raise MalformedError("a stored chunk is damaged", why=f"a plane of {size} bytes is kept in way {way}")
