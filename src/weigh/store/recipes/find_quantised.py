"""Whether whole bytes are a floating-point tensor that was quantised, and with which scale."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from weigh.store.packs.objects import Objects
from weigh.store.packs.spans import Span
from weigh.store.recipes.cast import FLOAT_BYTES, singles
from weigh.store.recipes.composed import Then
from weigh.store.recipes.known import Known, count_of
from weigh.store.recipes.layout import Permute
from weigh.store.recipes.quantise import Q8_BYTES, Q8_VALUES, Blocks8, Bytes8
from weigh.store.recipes.samples import Read, SampleSources, mismatches
from weigh.store.recipes.sources import MOST_WHOLE, size_of
from weigh.store.recipes.table import Recipe, recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PIECE = 8192
MOST_MISSED = 0.1
"""Share of a sample's bytes that may be off, by tools that round in another precision."""
_BEGINNING = 64
_ALIKE = 0.95
"""Correlation of 64 values with their quantised ones; that of strangers reaches 0.5 once in 30,000."""
_LEAST_ALIKE = 0.8
"""Correlation of a sample whose columns have scales of their own."""
_NEAR_ZERO = 1.5
_NEAR = 0.03
"""How far a scale may be from the one that a sample shows."""
Q8_ENCODING = "q8_0: 32 values in 34 bytes"


@dataclass(frozen=True, slots=True)
class Source:
    """A floating-point tensor that may have been quantised.

    Attributes:
        payload: its id.
        dtype: of its values.
        turned: how its dimensions are exchanged before, None when they are not.
    """

    payload: bytes
    dtype: str
    turned: Permute | None = None


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
    objects: Objects, span: Span, read: Read, source: Source, rules: Iterable[Blocks8 | Bytes8 | Then]
) -> Recipe | None:
    size = span.end - span.begin
    begin = size // 2 // Q8_BYTES * Q8_BYTES if span.encoding else size // 2
    end = min(size, begin + _PIECE)
    data = memoryview(read(begin, end))
    chosen: tuple[float, Recipe] | None = None
    for rule in rules:
        whole: Blocks8 | Bytes8 | Then = rule
        if source.turned is not None and not isinstance(rule, Then):
            whole = Then(source.turned, rule)
        made = recipe(objects, whole, (source.payload,), size)
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


def _bytes(objects: Objects, span: Span, read: Read, source: Source) -> Iterator[Bytes8 | Then]:
    """The rules whose scale fits what a sample shows."""
    size, wide = span.end - span.begin, FLOAT_BYTES[source.dtype]
    if size * wide != size_of(objects, source.payload) or size * wide > MOST_WHOLE:
        return
    data = objects.range(source.payload, 0, size * wide)
    if source.turned is not None:
        if not _begins_alike(span, read, singles(data, source.dtype)):
            return
        data = source.turned.range(SampleSources([data]), 0, size * wide)
    values = singles(data, source.dtype)
    given = np.frombuffer(read(0, min(size, _PIECE)), _kind(span)).astype(np.float64)
    part = values[: len(given)].astype(np.float64)
    if not np.isfinite(values).all() or part.std() == 0 or given.std() == 0:
        return
    if float(np.corrcoef(part, given)[0, 1]) < _LEAST_ALIKE:
        return
    if span.dtype == "I8" and len(span.shape) > 1:
        yield from _by_rows(span, source)
    yield from _by_tensor(span, source, values, np.polyfit(part, given, 1))


def _kind(span: Span) -> type:
    return np.int8 if span.dtype == "I8" else np.uint8


def _by_rows(span: Span, source: Source) -> Iterator[Bytes8 | Then]:
    """One scale a row of the result, or a row of a source that is turned over afterwards."""
    for divisor in (127.0, 127.5, 128.0):
        for inverse in (False, True):
            yield Bytes8(source.dtype, span.shape[-1], divisor, 0, -128, 127, inverse)
            if source.turned is not None:
                rule = Bytes8(source.dtype, span.shape[0], divisor, 0, -128, 127, inverse)
                yield Then(rule, Permute(source.turned.shape, source.turned.axes, 1))


def _by_tensor(
    span: Span, source: Source, values: "NDArray[np.float32]", line: "NDArray[np.float64]"
) -> Iterator[Bytes8]:
    """One scale of all values, near the one that the sample shows."""
    low, high = (-128, 127) if span.dtype == "I8" else (0, 255)
    for scale, middle in _scales(values, signed=span.dtype == "I8"):
        if scale > 0 and abs(scale * line[0] - 1) < _NEAR and abs(middle - line[1]) < _NEAR_ZERO:
            for inverse in (False, True):
                yield Bytes8(source.dtype, 0, float(scale), middle, low, high, inverse)


def _begins_alike(span: Span, read: Read, values: "NDArray[np.float32]") -> bool:
    """Whether the first column of the span goes with the first row of a matrix of the reversed shape.

    Where each column has a scale of its own, a column still goes with one.
    """
    rows, columns = span.shape
    row = values[: min(rows, _BEGINNING)].astype(np.float64)
    data = b"".join(read(i * columns, i * columns + 1) for i in range(len(row)))
    column = np.frombuffer(data, _kind(span)).astype(np.float64)
    if not np.isfinite(row).all() or column.std() == 0 or row.std() == 0:
        return False
    return float(np.corrcoef(column, row)[0, 1]) > _ALIKE


def turned_over(span: Span, known: Known) -> Iterator[Source]:
    """Matrices of the reversed shape that a matrix of bytes may be made of."""
    if len(span.shape) != 2 or span.encoding:
        return
    for tensor in known.all():
        if tensor.shape == span.shape[::-1] and tensor.dtype in FLOAT_BYTES and not tensor.encoding:
            order = Permute(tensor.shape, (1, 0), FLOAT_BYTES[tensor.dtype])
            yield Source(tensor.payload, tensor.dtype, order)


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
