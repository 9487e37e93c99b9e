"""A merged safetensors file: laid out, computed as it is read, and kept as the operations that make it.

The file is never made as a whole: whoever reads a range of it gets what is stored, or what is computed for
that range.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from weigh.core.tensor import DTYPE_BITS, TensorInfo
from weigh.store.packs.adding import Added, Advice, Advise, add_file
from weigh.store.packs.objects import Objects
from weigh.store.packs.spans import Span
from weigh.store.packs.writer import Writer
from weigh.store.recipes.cast import FLOAT_BYTES
from weigh.store.recipes.table import Recipe, Rule, recipe
from weigh.versions.merge_tensors import Computed, Part, Sides, is_as_in
from weigh.versions.strategies.settings import Settings
from weigh.versions.strategies.table import rule_of
from weigh.versions.tensor_file import Form, TensorFile, TensorSources, header_of

_LEAST_RECIPE = 512
"""Bytes below which saying how a tensor is made takes more room than the tensor."""
_LEAST_TENSORS = 4096
"""Bytes of a file below which it is kept whole, as when it is committed."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything lies.

    Attributes:
        header: the bytes before the first payload.
        places: (name, first byte in the file, bytes) of the tensors as they follow each other.
    """

    header: bytes
    places: tuple[tuple[str, int, int], ...]

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return max((begin + size for _, begin, size in self.places), default=len(self.header))


def layout_of(sides: Sides, parts: dict[str, Part]) -> Layout:
    """The layout of ours, or of theirs where only that fits or ours left it alone; else a new one."""
    forms = {name: form_of(name, part) for name, part in parts.items()}
    mine, other = (is_as_in(side, parts, forms.items()) for side in (sides.ours, sides.theirs))
    untouched = sides.base is not None and sides.base.header == sides.ours.header
    if other and (untouched or not mine):
        return _as_in(sides.theirs)
    if mine:
        return _as_in(sides.ours)
    sizes = {name: _size(name, part) for name, part in parts.items()}
    ordered = dict(sorted(forms.items(), key=lambda item: (-DTYPE_BITS.get(item[1].dtype, 0), item[0])))
    header = header_of(ordered, sizes, sides.ours.metadata)
    places, at = [], len(header)
    for name in ordered:
        places.append((name, at, sizes[name]))
        at += sizes[name]
    return Layout(header, tuple(places))


def _as_in(file: TensorFile) -> Layout:
    infos = sorted(file.infos.values(), key=lambda info: (info.offset, info.nbytes))
    return Layout(file.header, tuple((info.name, info.offset, info.nbytes) for info in infos))


def form_of(name: str, part: Part) -> Form:
    """What a merged tensor is."""
    return part.form if isinstance(part, Computed) else part.file.forms[name]


def _size(name: str, part: Part) -> int:
    if isinstance(part, Computed):
        ours = part.files[-2].infos[name]
        return ours.nbytes
    return part.file.infos[name].nbytes


class _Made:
    """A tensor that is computed."""

    def __init__(self, name: str, part: Computed, settings: Settings) -> None:
        self._width = FLOAT_BYTES[part.form.dtype]
        self._sources = TensorSources(part.files, name)
        types = self._sources.dtypes, part.form.dtype
        self.rule: Rule = rule_of(part.strategy, settings, name, self._sources, types)
        self._ours = part.files[-2]
        self._name, self._form = name, part.form

    def read(self, begin: int, end: int) -> bytes | memoryview:
        """Bytes of it, from any byte to any other."""
        first = begin // self._width * self._width
        last = -(-end // self._width) * self._width
        made = self.rule.range(self._sources, first, last)
        return made[begin - first : end - first]

    def advice(self, objects: Objects, size: int) -> Advice:
        """How it is kept."""
        refs = self._sources.payloads
        if refs is None or size < _LEAST_RECIPE:
            return Advice()
        made: Recipe = recipe(objects, self.rule, refs, size)
        near = self._ours.payload(self._name) if self._ours.forms[self._name] == self._form else None
        return Advice(near, made)


class MergedFile:
    """The merged file as something that can be read.

    Args:
        layout: where everything lies.
        parts: of what it consists.
        settings: numbers of the strategies.
        tell: called with the bytes that were read by now, and all that will be.
    """

    def __init__(
        self,
        layout: Layout,
        parts: dict[str, Part],
        settings: Settings,
        tell: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> None:
        self._layout, self._tell, self._told = layout, tell, 0
        self._starts = [begin for _, begin, _ in layout.places]
        self._parts = parts
        self._made = {
            name: _Made(name, part, settings) for name, part in parts.items() if isinstance(part, Computed)
        }

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._layout.size

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`; shorter only at the end of the file."""
        end = min(offset + length, self.size)
        if offset < 0 or end <= offset:
            return b""
        found: list[bytes | memoryview] = [self._layout.header[offset:end]]
        for name, begin, size in self._layout.places[max(bisect_right(self._starts, offset) - 1, 0) :]:
            if begin >= end:
                break
            if begin + size > offset and size:
                found.append(self._tensor(name, max(offset - begin, 0), min(end - begin, size)))
        self._told += end - offset
        self._tell(min(self._told // 2, self.size), self.size)
        return b"".join(found)

    def _tensor(self, name: str, begin: int, end: int) -> bytes | memoryview:
        made, part = self._made.get(name), self._parts[name]
        if made is not None or isinstance(part, Computed):
            return self._made[name].read(begin, end)
        return part.file.read(name, begin, end)

    def tensors(self, path: str) -> tuple[TensorInfo, ...]:
        """Where its tensors lie; none where it is too small for it to matter."""
        if self.size < _LEAST_TENSORS:
            return ()
        forms = {name: form_of(name, part) for name, part in self._parts.items()}
        return tuple(
            TensorInfo(name, forms[name].dtype, forms[name].shape, path, begin, size)
            for name, begin, size in self._layout.places
        )

    def advise(self, objects: Objects) -> Advise:
        """How each of its tensors is kept."""

        def advise(span: Span, _read: Callable[[int, int], bytes]) -> Advice:
            made = self._made.get(span.name)
            return made.advice(objects, span.end - span.begin) if made is not None else Advice()

        return advise

    def add(self, objects: Objects, writer: Writer, path: str) -> Added:
        """Put it into the store."""
        tensors = self.tensors(path)
        return add_file(objects, writer, self, path=path, tensors=tensors, advise=self.advise(objects))
