"""How a new tensor follows from those that are in the store: the cheapest explanation of a few of its values.

Declared relatives come first, then tensors of the same name, then those whose sketch is near. Samples decide
which whole tensors are read at all, and a way that failed for several tensors of a file is left for its rest,
so that an unrelated model costs little. Whatever is advised is only advice: `packs.adding` holds every byte
against it and keeps what differs.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress

from weigh.core.errors import NotFoundError, UntrustedError
from weigh.core.ports import RangeReader
from weigh.core.tensor import DTYPE_BITS, TensorInfo
from weigh.store.packs.adding import Advice
from weigh.store.packs.objects import MOST_DEPTH, Objects
from weigh.store.packs.restoring import manifest_of
from weigh.store.packs.spans import Span, spans_of
from weigh.store.packs.writer import Writer
from weigh.store.recipes import find_quantised
from weigh.store.recipes.cast import FLOAT_BYTES
from weigh.store.recipes.find_lora import Adapter
from weigh.store.recipes.float_search import FloatSearch
from weigh.store.recipes.known import Known, count_of
from weigh.store.recipes.memory import Hints, Idea, Memory, Merge
from weigh.store.recipes.quantise import Q8_BYTES, Q8_VALUES
from weigh.store.recipes.samples import Read
from weigh.store.sketches.sketch import Sketch, sketch_of
from weigh.store.sketches.sketch_index import Sketches

__all__ = ["Adapter", "Adviser", "Hints", "Merge"]

_SCOUTED = 3
"""Tensors of a file that are looked at before."""
_SCOUTED_BYTES = 64 * 1024
_LEAST_BYTES = 64
"""Bytes below which no quantised tensor is looked at."""


class Adviser:
    """Gives `packs.adding.add_file` advice on every tensor.

    Args:
        objects: the store.
        hints: what is declared.
        writer: keeps factors that are found; without one, no low-rank structure is looked for.
        sketches: of the tensors of the store; without them, only names are compared.
    """

    def __init__(
        self,
        objects: Objects,
        *,
        hints: Hints | None = None,
        writer: Writer | None = None,
        sketches: Sketches | None = None,
    ) -> None:
        self._memory = Memory(objects, hints or Hints(), writer, sketches, Known(objects))
        self.given: Counter[str] = Counter()

    def scout(self, reader: RangeReader, path: str, tensors: Iterable[TensorInfo]) -> None:
        """Look at a few large tensors of a file before it is added; what explains them is then tried first.

        Args:
            reader: the file.
            path: as `tensors` call it.
            tensors: where they lie.
        """
        memory = self._memory
        relatives = [
            span
            for span in spans_of(path, reader.size, tensors)
            if span.dtype in FLOAT_BYTES and not span.encoding and len(span.shape) > 1
            if count_of(span) * FLOAT_BYTES[span.dtype] == span.end - span.begin >= _SCOUTED_BYTES
            if sum(1 for _ in memory.known.named(span.name)) > 1
        ]
        # From the middle of the model: embeddings hardly move, and the last layers may be new.
        step = max(1, len(relatives) // (_SCOUTED + 1))
        for span in relatives[step::step][:_SCOUTED]:
            with suppress(UntrustedError, NotFoundError):
                FloatSearch(memory, span, _reading(reader, span)).scout()
            if memory.sums:
                return

    def learn(self, file: bytes, *, first: bool = False) -> None:
        """Take in a file that was just added, so that the next ones may follow from it.

        Args:
            file: its id.
            first: it is the most probable relative of the next.

        Raises:
            NotFoundError: it is not in the store.
        """
        memory = self._memory
        memory.known.add(file, first=first)
        if memory.sketches is not None and memory.fresh:
            found = (
                (piece.id, memory.fresh[key])
                for piece in manifest_of(memory.objects, file).pieces
                if (key := (piece.span.begin, piece.span.name)) in memory.fresh
            )
            memory.sketches.add(found)
        memory.begin()

    def __call__(self, span: Span, read: Read) -> Advice:
        """Advice on one tensor, from a few of its values."""
        try:
            idea = self._explained(span, read)
        except (UntrustedError, NotFoundError):
            # A relative that is damaged or gone is no relative; fsck names it.
            idea = None
        if idea is None:
            self.given["none"] += 1
            return Advice()
        self.given[idea.kind] += 1
        return Advice(idea.base, idea.recipe)

    def _explained(self, span: Span, read: Read) -> Idea | None:
        count = count_of(span)
        width = DTYPE_BITS.get(span.dtype, 0) // 8
        if span.encoding or span.dtype in {"I8", "U8"}:
            return self._quantised(span, read) or self._same(span)
        if span.dtype not in FLOAT_BYTES or count * width != span.end - span.begin:
            return self._same(span)
        return FloatSearch(self._memory, span, read).best()

    def _same(self, span: Span) -> Idea | None:
        """A tensor of the same name, type and size, for types that nothing is computed with."""
        size = span.end - span.begin
        for tensor in self._memory.known.named(span.name):
            if (tensor.dtype, tensor.size, tensor.encoding) == (span.dtype, size, span.encoding):
                return Idea(1.0, "delta", base=tensor.payload)
        return None

    def _quantised(self, span: Span, read: Read) -> Idea | None:
        if self._memory.is_left("quantised") or span.end - span.begin < _LEAST_BYTES:
            return None
        made = find_quantised.found(self._memory.objects, span, read, self._floats(span, read))
        self._memory.note("quantised", success=made is not None)
        if made is None or made.depth >= MOST_DEPTH:
            return None
        base = self._same(span)
        return Idea(0.0, "quantised", base.base if base else None, made)

    def _floats(self, span: Span, read: Read) -> Iterator[find_quantised.Source]:
        """Floating-point tensors that the bytes may be made of: by name, then by what a sketch shows."""
        count = count_of(span)
        seen: set[bytes] = set()
        for name in (span.name, span.name.removesuffix("_quantized")):
            for tensor in self._memory.known.named(name):
                if tensor.dtype in FLOAT_BYTES and tensor.count == count and tensor.payload not in seen:
                    seen.add(tensor.payload)
                    yield find_quantised.Source(tensor.payload, tensor.dtype)
        sketch = self._dequantised(span, read, count)
        if self._memory.sketches is not None and sketch is not None:
            for near in self._memory.sketches.nearest(sketch):
                if near.payload not in seen:
                    yield find_quantised.Source(near.payload, near.dtype)
        yield from find_quantised.turned_over(span, self._memory.known)

    def _dequantised(self, span: Span, read: Read, count: int) -> Sketch | None:
        """The sketch of what the bytes stand for, up to a factor."""
        if not span.encoding:
            return sketch_of(read, count, span.dtype)
        if span.encoding != find_quantised.Q8_ENCODING:
            return None
        values, size = Q8_VALUES, Q8_BYTES

        def plain(begin: int, end: int) -> bytes:
            first, last = begin // 4 // values, -(-(end // 4) // values)
            made = find_quantised.values_of(read(first * size, last * size)).tobytes()
            return made[begin - first * values * 4 : end - first * values * 4]

        return sketch_of(plain, count, "F32")


def _reading(reader: RangeReader, span: Span) -> Read:
    return lambda begin, end: reader.read(span.begin + begin, end - begin)
