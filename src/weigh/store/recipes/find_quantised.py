"""Whether whole bytes are a floating-point tensor that was quantised, and with which scale."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from weigh.store.packs.objects import Objects
from weigh.store.packs.spans import Span
from weigh.store.recipes.cast import FLOAT_BYTES, singles
from weigh.store.recipes.known import count_of
from weigh.store.recipes.quantise import Q8_BYTES, Q8_VALUES, Blocks8, Bytes8
from weigh.store.recipes.samples import Read, mismatches
from weigh.store.recipes.sources import MOST_WHOLE, size_of
from weigh.store.recipes.table import Recipe, recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PIECE = 8192
MOST_MISSED = 0.1
"""Share of a sample's bytes that may be off, by tools that round in another precision."""
_NEAR = 0.03
"""How far a scale may be from the one that a sample shows."""
Q8_ENCODING = "q8_0: 32 values in 34 bytes"


@dataclass(frozen=True, slots=True)
class Source:
    """A floating-point tensor that may have been quantised."""

    payload: bytes
    dtype: str


def values_of(data: bytes) -> "NDArray[np.float32]":
    """What Q8_0 blocks stand for, for sketches."""
    blocks = np.frombuffer(data, np.uint8)[: len(data) // Q8_BYTES * Q8_BYTES].reshape(-1, Q8_BYTES)
    scales = np.ascontiguousarray(blocks[:, :2]).view(np.float16).astype(np.float32)
    made: NDArray[np.float32] = (np.ascontiguousarray(blocks[:, 2:]).view(np.int8) * scales).reshape(-1)
    return made


def found(objects: Objects, span: Span, read: Read, sources: Iterable[Source]) -> Recipe | None:
    """How the span was quantised from one of the sources; None when it was not, or otherwise."""
    for source in sources:
        if source.dtype not in FLOAT_BYTES:
            continue
        rules = _blocks(span, source) if span.encoding else _bytes(objects, span, read, source)
        best = _best(objects, span, read, source, rules)
        if best is not None:
            return best
    return None


def _best(
    objects: Objects, span: Span, read: Read, source: Source, rules: Iterable[Blocks8 | Bytes8]
) -> Recipe | None:
    size = span.end - span.begin
    begin = size // 2 // Q8_BYTES * Q8_BYTES if span.encoding else size // 2
    end = min(size, begin + _PIECE)
    data = memoryview(read(begin, end))
    chosen: tuple[float, Recipe] | None = None
    for rule in rules:
        made = recipe(objects, rule, (source.payload,), size)
        missed = mismatches(data, made.range(begin, end), 1)
        if missed <= MOST_MISSED and (chosen is None or missed < chosen[0]):
            chosen = missed, made
        if missed == 0.0:
            break
    return chosen[1] if chosen is not None else None


def _blocks(span: Span, source: Source) -> Iterator[Blocks8]:
    size = span.end - span.begin
    if span.encoding == Q8_ENCODING and size // Q8_BYTES * Q8_VALUES == count_of(span):
        yield Blocks8(source.dtype)


def _bytes(objects: Objects, span: Span, read: Read, source: Source) -> Iterator[Bytes8]:
    """The rules whose scale fits what a sample shows."""
    size, wide = span.end - span.begin, FLOAT_BYTES[source.dtype]
    if size * wide != size_of(objects, source.payload) or size * wide > MOST_WHOLE:
        return
    values = singles(objects.range(source.payload, 0, size * wide), source.dtype)
    signed = span.dtype == "I8"
    given = np.frombuffer(read(0, min(size, _PIECE)), np.int8 if signed else np.uint8).astype(np.float64)
    part = values[: len(given)].astype(np.float64)
    if not np.isfinite(values).all() or not part.any() or part.std() == 0:
        return
    slope, zero = np.polyfit(part, given, 1)
    fits = float(np.corrcoef(part, given)[0, 1]) if given.std() else 0.0
    if not slope > 0 or fits < 0.9:
        return
    low, high = (-128, 127) if signed else (0, 255)
    row = span.shape[-1] if len(span.shape) > 1 else 0
    if row and row <= 1 << 22 and signed:
        for divisor in (127.0, 127.5, 128.0):
            for inverse in (False, True):
                yield Bytes8(source.dtype, row, divisor, 0, low, high, inverse)
    for scale, middle in _scales(values, signed=signed):
        if scale > 0 and abs(scale * slope - 1) < _NEAR and abs(middle - zero) < 1.5:
            for inverse in (False, True):
                yield Bytes8(source.dtype, 0, float(scale), middle, low, high, inverse)


def _scales(values: "NDArray[np.float32]", *, signed: bool) -> "Iterator[tuple[Any, int]]":
    """Scales and zero points as ONNX Runtime and torchao compute them from the extremes."""
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    most = max(-low, high)
    middle = 0 if signed else 128
    for steps in (127.0, 127.5, 128.0):
        yield np.float32(most / steps), middle
        yield np.float32(np.float32(most) / np.float32(steps)), middle
    for scale in (np.float32((high - low) / 255.0), np.float32(np.float32(high - low) / np.float32(255))):
        if scale > 0:
            yield scale, round((-128 if signed else 0) - low / float(scale))
