"""Objects: chunks, lists of chunks and descriptions, by the BLAKE3 of their content.

```
ROOT/packs/<blake3>.pack     immutable; a pack that is seen is whole
ROOT/packs/index.sqlite      where each object lies; made again from the packs when lost
ROOT/packs/writing.lock      held by the one writer; readers need no lock
```

What is returned was hashed on the way out: content that is not what its id says is an error, never a result.
"""

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from weigh.core.errors import IntegrityError, MalformedError, NotFoundError
from weigh.store.codecs.ladder import Codec, Encoded, decode
from weigh.store.packs.index import Entry, Index, Located
from weigh.store.packs.pack_file import MOST_BYTES, PackWriter, Spot, read_at
from weigh.store.packs.record import Kind, Record
from weigh.system.atomic import storing
from weigh.system.locks import locked

MOST_DEPTH = 8
"""Chunks that may have to be decoded, one after the other, before the one that is wanted."""
MOST_CACHED = 96 * 1024 * 1024
"""Bytes of decoded chunks that are kept for the next who needs them."""
_PATIENCE = 3600.0

Predict = Callable[["Objects", Record], memoryview]


def content_id(data: "bytes | memoryview") -> bytes:
    """The id of an object with this content."""
    from blake3 import blake3

    return blake3(data).digest()


class Objects:
    """The objects under one root.

    Args:
        root: the store's folder; `packs` is made in it when something is written.
        predict: computes the content of a chunk that is kept as a recipe.
    """

    def __init__(self, root: Path, *, predict: Predict | None = None) -> None:
        self.folder = root / "packs"
        self._predict = predict
        self._index: Index | None = None
        self._open: dict[str, int] = {}
        self._cache: OrderedDict[bytes, memoryview] = OrderedDict()
        self._cached = 0
        self._writer: Writer | None = None

    @property
    def index(self) -> Index:
        """The index, opened when first asked for."""
        if self._index is None:
            self._index = Index(self.folder / "index.sqlite")
        return self._index

    def close(self) -> None:
        """Let go of the files."""
        for descriptor in self._open.values():
            os.close(descriptor)
        self._open.clear()
        if self._index is not None:
            self._index.close()
            self._index = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def has(self, name: bytes) -> bool:
        """Whether the object is here, or is being written by this process."""
        return (self._writer is not None and name in self._writer.pending) or self._find(name) is not None

    def _find(self, name: bytes) -> Located | None:
        if self._index is None and not self.folder.is_dir():
            return None
        return self.index.find(name)

    def record(self, name: bytes) -> Record:
        """The object as it is kept.

        Raises:
            NotFoundError: it is not here.
            MalformedError: its pack is damaged.
        """
        if self._writer is not None and (data := self._writer.record(name)) is not None:
            return data
        found = self._find(name)
        if found is None:
            raise NotFoundError(f"the object {name.hex()[:16]} is not in the store", hint="weigh fsck")
        record = read_at(self._descriptor(found.pack), found.spot, self.folder / found.pack)
        if record.id != name:
            raise MalformedError(f"the pack {found.pack} is damaged", why="it holds another object there")
        return record

    def _descriptor(self, pack: str) -> int:
        if pack not in self._open:
            path = self.folder / pack
            with storing(path):
                self._open[pack] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        return self._open[pack]

    def content(self, name: bytes) -> memoryview:
        """What an object holds, hashed again.

        Raises:
            NotFoundError: it, or something it is made from, is not here.
            IntegrityError: it is not what its id says.
            MalformedError: its pack is damaged.
        """
        kept = self._cache.get(name)
        if kept is not None:
            self._cache.move_to_end(name)
            return kept
        record = self.record(name)
        made = self._decoded(record)
        if len(made) != record.size or content_id(made) != name:
            raise IntegrityError(
                f"the object {name.hex()[:16]} is damaged",
                why="what was decoded has another hash than its name",
                hint="weigh fsck names what depends on it",
            )
        self._keep(name, made)
        return made

    def _decoded(self, record: Record) -> memoryview:
        if record.codec == Codec.RECIPE:
            if self._predict is None:
                raise MalformedError("a stored chunk is a recipe", why="nothing here can follow it")
            return self._predict(self, record)
        base = self.content(record.refs[0]) if record.codec == Codec.DELTA and record.refs else None
        try:
            codec = Codec(record.codec)
        except ValueError as error:
            raise MalformedError("a stored chunk is damaged", why=f"codec {record.codec}") from error
        kept = Encoded(codec, record.width, record.signed, record.body)
        return memoryview(decode(kept, record.size, base))

    def _keep(self, name: bytes, content: memoryview) -> None:
        self._cache[name] = content
        self._cached += len(content)
        while self._cached > MOST_CACHED and len(self._cache) > 1:
            _, gone = self._cache.popitem(last=False)
            self._cached -= len(gone)

    def chunks_of(self, name: bytes) -> tuple[tuple[bytes, int], ...]:
        """(id, size) of the chunks of a payload, in order; a small payload is its own only chunk."""
        record = self.record(name)
        if record.kind is not Kind.LIST:
            return ((name, record.size),)
        sizes = memoryview(record.params).cast("I") if len(record.params) % 4 == 0 else ()
        if len(sizes) != len(record.refs) or sum(sizes) != record.size:
            raise MalformedError("a list of chunks is damaged", why="its sizes do not belong to it")
        return tuple(zip(record.refs, sizes, strict=True))

    def pieces(self, name: bytes, begin: int = 0, end: int = -1) -> Iterator[memoryview]:
        """The bytes from `begin` to before `end` of a payload, chunk by chunk."""
        at = 0
        for chunk, size in self.chunks_of(name):
            stop = at + size
            if (end < 0 or at < end) and stop > begin:
                content = self.content(chunk)
                yield content[max(begin - at, 0) : size if end < 0 else min(size, end - at)]
            at = stop

    def range(self, name: bytes, begin: int, end: int) -> memoryview:
        """Bytes of a payload in one piece; the caller bounds how many."""
        found = list(self.pieces(name, begin, end))
        return found[0] if len(found) == 1 else memoryview(b"".join(found))

    @contextmanager
    def writing(self) -> Iterator["Writer"]:
        """The one writer. Leaving the block without an error makes everything visible, at once.

        Raises:
            StorageError: another process has been writing for an hour, or the disk is full.
        """
        with locked(self.folder / "writing.lock", timeout=_PATIENCE, what="writing to the store"):
            self.index.catch_up(self.folder)
            writer = Writer(self)
            self._writer = writer
            try:
                yield writer
                writer.publish()
            finally:
                self._writer = None
                writer.drop()


class Writer:
    """Puts objects into packs that nobody sees before `publish`."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._pack: PackWriter | None = None
        self._lines: list[Entry] = []
        self._sealed: list[tuple[str, list[Entry]]] = []
        self.pending: dict[bytes, tuple[PackWriter | None, str, Spot]] = {}
        self.written = 0

    def add(self, record: Record) -> None:
        """Write an object unless it is there."""
        if self._objects.has(record.id):
            return
        if self._pack is None:
            self._pack = PackWriter(self._objects.folder)
        spot = self._pack.add(record)
        self._lines.append(Entry(record.id, record.kind, spot, record.size, record.depth))
        self.pending[record.id] = (self._pack, "", spot)
        self.written += spot.length
        if self._pack.size >= MOST_BYTES:
            self._seal()

    def _seal(self) -> None:
        if self._pack is None:
            return
        pack, self._pack = self._pack, None
        name = pack.seal().name
        for line in self._lines:
            self.pending[line.id] = (None, name, line.spot)
        self._sealed.append((name, self._lines))
        self._lines = []

    def record(self, name: bytes) -> Record | None:
        """An object that this writer has written, None for others."""
        found = self.pending.get(name)
        if found is None:
            return None
        pack, sealed, spot = found
        if pack is not None:
            from weigh.store.packs.record import unpacked

            return unpacked(pack.read(spot))
        return read_at(self._objects._descriptor(sealed), spot, self._objects.folder / sealed)  # noqa: SLF001 - its other half

    def list_of(self, name: bytes, chunks: Sequence[tuple[bytes, int]]) -> None:
        """Describe a payload of several chunks.

        Args:
            name: BLAKE3 of the whole payload.
            chunks: (id, size) in order.
        """
        from array import array

        sizes = array("I", (size for _, size in chunks)).tobytes()
        total = sum(size for _, size in chunks)
        refs = tuple(chunk for chunk, _ in chunks)
        self.add(Record(name, Kind.LIST, Codec.RAW, 1, False, total, 0, refs, sizes, b""))

    def publish(self) -> None:
        """Make what was written durable, then visible: packs first, the index last."""
        self._seal()
        if self._sealed:
            self._objects.index.add(self._sealed)
            self._sealed = []

    def drop(self) -> None:
        """Forget what was not published. Packs that were sealed already are whole, and are found later."""
        if self._pack is not None:
            self._pack.drop()
            self._pack = None
