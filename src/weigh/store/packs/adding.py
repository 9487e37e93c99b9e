"""A file into packs: cut, hashed, held against what is there, and kept in the smallest way that is quick.

Every chunk is decoded again and compared with the original before its record is written, so nothing becomes
visible that would not come back. Memory is bounded by a few chunks, whatever the size of the file.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from weigh.core.errors import StorageError
from weigh.core.ports import RangeReader
from weigh.core.tensor import TensorInfo
from weigh.store.codecs.codec import CHUNK, DELTAS, Codec, Encoded
from weigh.store.codecs.ladder import decode, encode, encode_delta
from weigh.store.codecs.zstd_frames import compressor
from weigh.store.packs.cutting import SMALLEST, cuts
from weigh.store.packs.file_hash import hash_of
from weigh.store.packs.manifest import FileManifest, Piece, dump_manifest
from weigh.store.packs.objects import MOST_DEPTH, Objects, content_id
from weigh.store.packs.record import Kind, Record
from weigh.store.packs.restoring import manifest_of
from weigh.store.packs.spans import Span, spans_of
from weigh.store.packs.writer import Writer

_WINDOW = 8 * 1024 * 1024
"""Bytes read at a time where a span is no tensor."""
_SAMPLE = 64 * 1024
MOST_CHAIN = MOST_DEPTH - 2
"""Deltas of deltas. Two links stay free: a recipe may follow from what is at the end of a chain."""
_WORTH = 0.9
"""A delta is taken when its sample is smaller than this share of the sample by itself."""


class Prediction(Protocol):
    """A recipe for one tensor: what it must be, made of payloads that are in the store."""

    refs: tuple[bytes, ...]
    depth: int

    def params(self, begin: int) -> bytes:
        """What a record says of it for the chunk that begins at this byte of the payload."""
        ...

    def range(self, begin: int, end: int) -> memoryview:
        """The bytes it predicts."""
        ...


@dataclass(frozen=True, slots=True)
class Advice:
    """What may be known of a tensor before it is kept.

    Attributes:
        base: id of a payload of the same type and size that is probably near, None when there is none.
        recipe: how the tensor follows from others, None when it is not known to.
    """

    base: bytes | None = None
    recipe: Prediction | None = None


Advise = Callable[[Span, Callable[[int, int], bytes]], Advice]
"""Gives advice on a span; the function reads bytes of it, from and to positions inside it."""


def no_advice(_span: Span, _read: Callable[[int, int], bytes]) -> Advice:
    """Every tensor by itself."""
    return Advice()


@dataclass(frozen=True, slots=True)
class Added:
    """A file that is in the store.

    Attributes:
        id: BLAKE3 of its content.
        sha256: of its content.
        size: bytes.
        fresh: it was not there before.
    """

    id: bytes
    sha256: str
    size: int
    fresh: bool


def add_file(
    objects: Objects,
    writer: Writer,
    reader: RangeReader,
    *,
    path: str = "",
    tensors: Iterable[TensorInfo] = (),
    form: str = "",
    advise: Advise = no_advice,
) -> Added:
    """Put a file into packs.

    Args:
        objects: the store.
        writer: its one writer.
        reader: the file.
        path: as `tensors` call it.
        tensors: where they lie.
        form: what the file was read as.
        advise: asked for each tensor that is not there yet.

    Raises:
        StorageError: the file changed while it was read, or the disk is full.
    """
    spans = spans_of(path, reader.size, tensors)
    expected = hash_of(reader) if _may_be_known(objects, reader, spans) else b""
    if expected and has_whole(objects, expected):
        return _known(objects, expected, reader, path)
    adding = _Adding(objects, writer, reader, advise)
    pieces = tuple(adding.piece(span) for span in spans)
    name = adding.file.digest()
    if expected and name != expected:
        raise StorageError("a file changed while it was read", why=f"{path!r} has other bytes now")
    if len(pieces) == 1 and pieces[0].id == name:
        # All of the file is one payload: it has that payload's id and needs no description.
        return Added(name, adding.sha256.hexdigest(), reader.size, fresh=True)
    manifest = FileManifest(reader.size, adding.sha256.hexdigest(), pieces, form)
    data = dump_manifest(manifest)
    body = compressor().compress(data)
    writer.add(Record(name, Kind.FILE, Codec.ZSTD, 1, False, len(data), 0, (), content_id(data), body))
    return Added(name, manifest.sha256, reader.size, fresh=True)


def has_whole(objects: Objects, name: bytes) -> bool:
    """Whether a file is in the store with all its chunks; after damage some of them may be gone."""
    if not objects.has(name):
        return False
    return all(
        objects.has(piece.id) and all(objects.has(chunk) for chunk in objects.parts_of(piece.id))
        for piece in manifest_of(objects, name).pieces
    )


def _may_be_known(objects: Objects, reader: RangeReader, spans: Sequence[Span]) -> bool:
    """Whether it is worth reading the file once more, to find out whether it is in the store.

    One that is has all its tensors there; a chunk of the largest one tells, and new weights are read once.
    """
    largest = max((s for s in spans if s.dtype), key=lambda s: s.end - s.begin, default=None)
    if largest is None:
        return True
    return objects.has(content_id(reader.read(largest.begin, min(CHUNK, largest.end - largest.begin))))


def _known(objects: Objects, name: bytes, reader: RangeReader, path: str) -> Added:
    """A file that is in the store already."""
    sha256 = manifest_of(objects, name).sha256
    if not sha256:
        adding = _Hashing(reader)
        for at in range(0, reader.size, CHUNK):
            adding.read(at, min(reader.size, at + CHUNK))
        if adding.file.digest() != name:
            raise StorageError("a file changed while it was read", why=f"{path!r} has other bytes now")
        sha256 = adding.sha256.hexdigest()
    return Added(name, sha256, reader.size, fresh=False)


class _Hashing:
    """Reads a file from its beginning to its end and hashes what it read."""

    def __init__(self, reader: RangeReader) -> None:
        from blake3 import blake3

        self._reader = reader
        self.file = blake3()
        self.sha256 = hashlib.sha256()

    def read(self, begin: int, end: int) -> bytes:
        """The bytes from `begin` to before `end`."""
        data = self._reader.read(begin, end - begin)
        if len(data) != end - begin:
            raise StorageError("a file changed while it was read", why="it is shorter now")
        self.file.update(data)
        self.sha256.update(data)
        return data


class _Adding:
    """The work on one file."""

    def __init__(self, objects: Objects, writer: Writer, reader: RangeReader, advise: Advise) -> None:
        self._objects, self._writer, self._reader, self._advise = objects, writer, reader, advise
        self._hashing = _Hashing(reader)
        self.file, self.sha256 = self._hashing.file, self._hashing.sha256
        self._read = self._hashing.read

    def piece(self, span: Span) -> Piece:
        """Keep what a span holds."""
        return Piece(span, self._tensor(span) if span.dtype else self._between(span))

    def _between(self, span: Span) -> bytes:
        """Bytes that are no tensor, cut by what they hold."""
        chunks: list[tuple[bytes, int]] = []
        rest = b""
        at = span.begin
        whole = _Whole(span.end - span.begin, SMALLEST)
        while at < span.end or rest:
            stop = min(span.end, at + _WINDOW)
            window = rest + self._read(at, stop)
            at = stop
            begin = 0
            for end in cuts(memoryview(window)):
                # The last piece of a window is cut again together with what follows.
                if end == len(window) and at < span.end:
                    break
                data = memoryview(window)[begin:end]
                name = content_id(data)
                chunks.append((name, len(data)))
                if not self._objects.has(name):
                    self._keep(name, data, "U8", None, None, 0)
                whole.update(data)
                begin = end
            rest = window[begin:]
        alone = span.begin == 0 and span.end == self._reader.size
        return self._joined(chunks, whole, self.sha256.digest() if alone else b"")

    def _tensor(self, span: Span) -> bytes:
        dtype = "U8" if span.encoding else span.dtype
        advice: Advice | None = None
        chunks: list[tuple[bytes, int]] = []
        bases: Sequence[tuple[bytes, int]] = ()
        whole = _Whole(span.end - span.begin, CHUNK)
        for begin in range(span.begin, span.end, CHUNK):
            end = min(span.end, begin + CHUNK)
            data = memoryview(self._read(begin, end))
            name = content_id(data)
            whole.update(data)
            chunks.append((name, len(data)))
            if self._objects.has(name):
                continue
            if advice is None:
                advice = self._advise(span, lambda a, b: self._reader.read(span.begin + a, b - a))
                bases = self._objects.chunks_of(advice.base) if advice.base is not None else ()
            place = len(chunks) - 1
            base = bases[place][0] if place < len(bases) and bases[place][1] == len(data) else None
            self._keep(name, data, dtype, base, advice.recipe, begin - span.begin)
        return self._joined(chunks, whole)

    def _joined(self, chunks: list[tuple[bytes, int]], whole: "_Whole", sha256: bytes = b"") -> bytes:
        if len(chunks) == 1:
            return chunks[0][0]
        name = whole.digest()
        self._writer.list_of(name, chunks, sha256=sha256)
        return name

    def _keep(
        self,
        name: bytes,
        data: memoryview,
        dtype: str,
        base: bytes | None,
        recipe: Prediction | None,
        at: int,
    ) -> None:
        """Write a chunk in the smallest way there is."""
        self._writer.add(self._smallest(name, data, dtype, base, recipe, at))

    def _smallest(
        self,
        name: bytes,
        data: memoryview,
        dtype: str,
        base: bytes | None,
        recipe: Prediction | None,
        at: int,
    ) -> Record:
        if recipe is not None and (made := self._as_recipe(name, data, dtype, recipe, at)) is not None:
            return made
        near = self._near(base)
        if near is not None:
            content = self._objects.content(near)
            if len(content) == len(data) and _is_nearer(data, content, dtype):
                kept = encode_delta(data, content, dtype, grouped=True)
                depth = self._objects.depth(near) + 1
                if len(kept.body) < len(data) and _comes_back(kept, name, len(data), content):
                    return _record(name, kept, len(data), depth, (near,))
        kept = encode(data, dtype)
        if not _comes_back(kept, name, len(data), None):
            kept = Encoded(Codec.RAW, 1, False, bytes(data))
        return _record(name, kept, len(data), 0, ())

    def _near(self, base: bytes | None) -> bytes | None:
        """The base itself, or what it is a delta of where the chain would become too long."""
        for _ in range(MOST_DEPTH + 1):
            if base is None:
                return None
            if self._objects.depth(base) < MOST_CHAIN:
                return base
            record = self._objects.record(base)
            base = record.refs[0] if record.codec in DELTAS else None
        return None

    def _as_recipe(
        self, name: bytes, data: memoryview, dtype: str, recipe: Prediction, at: int
    ) -> Record | None:
        if recipe.depth >= MOST_DEPTH:
            return None
        predicted = recipe.range(at, at + len(data))
        if content_id(predicted) == name:
            kept = Encoded(Codec.RECIPE, 1, False, b"")
        else:
            rest = encode_delta(data, predicted, dtype)
            if len(rest.body) > len(data) // 2 or not _comes_back(rest, name, len(data), predicted):
                return None
            kept = Encoded(Codec.RECIPE, rest.width, rest.signed_magnitude, rest.body)
        record = _record(name, kept, len(data), recipe.depth + 1, recipe.refs)
        return Record(
            name, record.kind, record.codec, record.width, record.signed, record.size, record.depth,
            record.refs, recipe.params(at), record.body,
        )  # fmt: skip


class _Whole:
    """The hash of a payload; of one chunk it is that of the chunk, and nothing is hashed twice."""

    def __init__(self, size: int, chunk: int) -> None:
        from blake3 import blake3

        self._state = blake3() if size > chunk else None

    def update(self, data: memoryview) -> None:
        """Take in more bytes."""
        if self._state is not None:
            self._state.update(data)

    def digest(self) -> bytes:
        """BLAKE3 of all of them."""
        assert self._state is not None, "a payload of several chunks is larger than the smallest chunk"
        return self._state.digest()


def _record(name: bytes, kept: Encoded, size: int, depth: int, refs: tuple[bytes, ...]) -> Record:
    return Record(
        name, Kind.CHUNK, kept.codec, kept.width, kept.signed_magnitude, size, depth, refs, b"", kept.body
    )


def _comes_back(kept: Encoded, name: bytes, size: int, base: memoryview | None) -> bool:
    """Whether decoding gives the very bytes that were hashed; the hash is faster than comparing them."""
    if kept.codec is Codec.RAW:
        return True
    made = decode(kept, size, base)
    return len(made) == size and content_id(made) == name


def _is_nearer(data: memoryview, base: memoryview, dtype: str) -> bool:
    """Whether a sample is clearly smaller as differences than by itself."""
    begin = (len(data) - _SAMPLE) // 2 // 8 * 8 if len(data) > _SAMPLE else 0
    part, other = data[begin : begin + _SAMPLE], base[begin : begin + _SAMPLE]
    return len(encode_delta(part, other, dtype).body) < _WORTH * len(encode(part, dtype).body)
