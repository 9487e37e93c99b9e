"""The ways a chunk can be kept, and their names in packs. Needs nothing that computes."""

from dataclasses import dataclass
from enum import IntEnum

CHUNK = 4 * 1024 * 1024
"""Bytes of a chunk at most; a multiple of every element's width."""


class Codec(IntEnum):
    """How a chunk is kept. The numbers stand in packs and never change their meaning."""

    RAW = 0
    CONSTANT = 1
    ZSTD = 2
    PLANES = 3
    DELTA = 5
    GROUPED = 6
    RECIPE = 7


@dataclass(frozen=True, slots=True)
class Encoded:
    """A chunk as it is kept.

    Attributes:
        codec: how.
        width: bytes of an element, for PLANES and DELTA; of the pattern, for CONSTANT.
        signed_magnitude: DELTA: the elements are floating-point numbers. PLANES: their sign stands lowest.
        body: the bytes kept.
    """

    codec: Codec
    width: int
    signed_magnitude: bool
    body: "bytes | memoryview"


DELTAS = frozenset((Codec.DELTA, Codec.GROUPED))
"""Ways that keep differences from another chunk, which is the record's only reference."""
