"""Whether a tensor holds the values of others in another order: turned over, put together, or cut out."""

import math
from collections.abc import Iterator, Sequence
from itertools import permutations

from weigh.core.errors import MalformedError
from weigh.core.tensor import DTYPE_BITS
from weigh.store.packs.objects import Objects
from weigh.store.packs.spans import Span
from weigh.store.recipes.known import Known
from weigh.store.recipes.layout import Gather, Part, Permute
from weigh.store.recipes.samples import Read
from weigh.store.recipes.sources import MOST_WHOLE, size_of
from weigh.store.recipes.table import Recipe, Rule, recipe
from weigh.store.sketches.sketch import LEAST_BYTES, Sketch
from weigh.store.sketches.sketch_index import Sketches

_PIECE = 4096
_MOST_PARTS = 64
_MOST_TRIED = 12


def found(
    objects: Objects, known: Known, sketches: Sketches | None, span: Span, read: Read, sketch: Sketch | None
) -> Recipe | None:
    """A recipe that moves values and nothing else; None when no known tensor holds them."""
    width = DTYPE_BITS.get(span.dtype, 0) // 8
    size = span.end - span.begin
    if not width or size < LEAST_BYTES or math.prod(span.shape) * width != size:
        return None
    tried = (
        *_turned(known, sketches, span, width, sketch),
        *_cut_out(known, span, width),
        *_together(objects, sketches, span, read, width),
    )
    return next((m for rule, refs in tried if (m := holding(objects, rule, refs, read, size))), None)


def holding(objects: Objects, rule: Rule, refs: Sequence[bytes], read: Read, size: int) -> Recipe | None:
    """The recipe if it gives the right bytes at the beginning, in the middle and at the end."""
    try:
        made = recipe(objects, rule, refs, size)
    except MalformedError:
        return None
    for begin in sorted({0, max(0, size // 2 - _PIECE) // 8 * 8, max(0, size - _PIECE)}):
        end = min(size, begin + _PIECE)
        if made.range(begin, end) != read(begin, end):
            return None
    return made


def _turned(
    known: Known, sketches: Sketches | None, span: Span, width: int, sketch: Sketch | None
) -> Iterator[tuple[Rule, tuple[bytes, ...]]]:
    """Exchanged dimensions: the first and the last value stay where they are."""
    shape = span.shape
    size = span.end - span.begin
    if not 2 <= len(shape) <= 4 or size > MOST_WHOLE:
        return
    payloads = [
        (t.payload, t.shape) for t in known.named(span.name) if t.size == size and t.dtype == span.dtype
    ]
    if sketches is not None and sketch is not None:
        payloads += [(r.payload, ()) for r in sketches.turned(sketch)]
    orders = [p for p in permutations(range(len(shape))) if p != tuple(range(len(shape)))]
    for payload, known_shape in payloads[:_MOST_TRIED]:
        for axes in orders:
            # Dimension i of the result is dimension axes[i] of the source.
            source = tuple(shape[axes.index(i)] for i in range(len(shape)))
            if not known_shape or known_shape == source:
                yield Permute(source, axes, width), (payload,)


def _cut_out(known: Known, span: Span, width: int) -> Iterator[tuple[Rule, tuple[bytes, ...]]]:
    """A part of a larger tensor of the same layer, along the first or the second dimension."""
    size = span.end - span.begin
    digits = _digits(span.name)
    larger = (t for t in known.all() if t.dtype == span.dtype and size < t.size and not t.encoding)
    fitting = [t for t in larger if _digits(t.name) == digits and len(t.shape) == len(span.shape)]
    for tensor in fitting[:_MOST_TRIED]:
        if tensor.shape[1:] == span.shape[1:]:
            for begin in range(0, tensor.size - size + 1, size):
                yield Gather(1, (Part(0, begin, 0, size),)), (tensor.payload,)
        elif len(span.shape) == 2 and tensor.shape[0] == span.shape[0]:
            row, whole = span.shape[1] * width, tensor.shape[1] * width
            for begin in range(0, whole - row + 1, row):
                yield Gather(span.shape[0], (Part(0, begin, whole, row),)), (tensor.payload,)


def _digits(name: str) -> tuple[str, ...]:
    return tuple(part for part in name.split(".") if part.isdecimal())


def _together(
    objects: Objects, sketches: Sketches | None, span: Span, read: Read, width: int
) -> Iterator[tuple[Rule, tuple[bytes, ...]]]:
    """Whole tensors one after the other, or side by side in every row."""
    if sketches is None or not span.shape:
        return
    for rows in {1, span.shape[0] if len(span.shape) == 2 else 1}:
        row = (span.end - span.begin) // rows
        parts: list[Part] = []
        refs: list[bytes] = []
        at = 0
        while at < row and len(parts) < _MOST_PARTS:
            taken = _next(objects, sketches, span, read, width, rows, row, at)
            if taken is None:
                break
            name, length = taken
            if name not in refs:
                refs.append(name)
            parts.append(Part(refs.index(name), 0, length if rows > 1 else 0, length))
            at += length
        if at == row and len(parts) > 1:
            yield Gather(rows, tuple(parts)), tuple(refs)


def _next(
    objects: Objects, sketches: Sketches, span: Span, read: Read, width: int, rows: int, row: int, at: int
) -> tuple[bytes, int] | None:
    """The tensor that continues a row at byte `at`: its id and its bytes a row."""
    first = read(at, at + width)
    most = (row - at) * rows // width
    for name, count in sketches.beginning(first, span.dtype, LEAST_BYTES // width, most):
        length = count * width // rows
        piece = min(length, 256)
        if count * width % rows or size_of(objects, name) != count * width:
            continue
        if objects.range(name, 0, piece) == read(at, at + piece):
            return name, length
    return None
