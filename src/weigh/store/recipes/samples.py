"""Samples: the same few values of a new tensor and of its possible sources, before all of them are read.

The values come from one stretch of at most `REGION` values, so that one chunk of a source has to be decoded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from weigh.store.codecs.ladder import encode, encode_delta
from weigh.store.packs.objects import Objects
from weigh.store.recipes.cast import FLOAT_BYTES, cast

if TYPE_CHECKING:
    from weigh.store.recipes.table import Rule

REGION = 1 << 20
BLOCKS = 32
VALUES = 64
"""Values in each of the blocks of a sample."""

Read = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class Places:
    """Which values are in a sample: `BLOCKS` blocks of `VALUES`, or all of a small tensor.

    Attributes:
        begin: first value of the stretch.
        end: the value behind its last.
        starts: first value of each block.
        length: values in each block.
    """

    begin: int
    end: int
    starts: tuple[int, ...]
    length: int


def places_of(count: int, *, denser: int = 1) -> Places:
    """Where to take samples of a tensor of `count` values; `denser` takes so many times more."""
    blocks = BLOCKS * denser
    if count <= blocks * VALUES:
        return Places(0, count, (0,), count)
    begin = (count // REGION // 2) * REGION
    end = min(count, begin + REGION)
    if end - begin < blocks * VALUES:
        begin = max(0, begin - REGION)
    # Golden-ratio steps: spread evenly without falling into step with the rows of the matrix.
    room = end - begin - VALUES
    starts = sorted({begin + int(i * 0.6180339887498949 % 1.0 * room) for i in range(blocks)})
    return Places(begin, end, tuple(starts), VALUES)


def taken(places: Places, read: Read, width: int) -> memoryview:
    """The sample of a tensor that `read` reads, of `width` bytes a value."""
    if len(places.starts) == 1:
        start = places.starts[0]
        return memoryview(read(start * width, (start + places.length) * width))
    return memoryview(b"".join(read(s * width, (s + places.length) * width) for s in places.starts))


def taken_stored(places: Places, objects: Objects, payload: bytes, width: int) -> memoryview:
    """The sample of a payload in the store."""
    region = objects.range(payload, places.begin * width, places.end * width)
    low = places.begin
    return memoryview(
        b"".join(region[(s - low) * width : (s - low + places.length) * width] for s in places.starts)
    )


class SampleSources:
    """Samples in the place of whole sources, for operations that work value by value."""

    def __init__(self, samples: list[memoryview]) -> None:
        self._samples = samples

    def __len__(self) -> int:
        """How many there are."""
        return len(self._samples)

    def size(self, place: int) -> int:
        """Bytes of one of them."""
        return len(self._samples[place])

    def read(self, place: int, begin: int, end: int) -> memoryview:
        """Bytes of one of them."""
        return self._samples[place][begin:end]


def predicted(rule: "Rule", samples: list[memoryview], size: int) -> memoryview:
    """What a rule that works value by value makes of samples."""
    return rule.range(SampleSources(samples), 0, size)


def cost(data: memoryview, guess: memoryview, dtype: str) -> float:
    """Bytes a byte that the differences from a guess take, 0 when there are none."""
    if data == guess:
        return 0.0
    return len(encode_delta(data, guess, dtype).body) / len(data)


def cost_alone(data: memoryview, dtype: str) -> float:
    """Bytes a byte that a sample takes by itself."""
    return len(encode(data, dtype).body) / len(data)


def mismatches(data: memoryview, guess: memoryview, width: int) -> float:
    """Share of the values that a guess does not hit."""
    kind = f"u{width}"
    return float((np.frombuffer(data, kind) != np.frombuffer(guess, kind)).mean())


def as_type(sample: memoryview, source: str, target: str) -> memoryview | None:
    """A sample of one type as one of another; None when it is no cast that a recipe knows."""
    if source == target:
        return sample
    if source in FLOAT_BYTES and target in FLOAT_BYTES:
        return cast(sample, source, target)
    return None
