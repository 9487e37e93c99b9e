"""Objects: chunks, lists of chunks and descriptions, by the BLAKE3 of their content.

```
ROOT/packs/<blake3>.pack     immutable; a pack that is seen is whole
ROOT/packs/index.sqlite      where each object lies; made again from the packs when lost
ROOT/packs/writing.lock      held by the one writer; readers need no lock
```

What is returned was hashed on the way out: content that is not what its id says is an error, never a result.
Any number of threads and processes may read while one writes, or while packs are collected.
"""

import os
import struct
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from weigh.core.errors import IntegrityError, MalformedError, NotFoundError, StorageError
from weigh.store.codecs.codec import CHUNK, DELTAS, Codec, Encoded
from weigh.store.codecs.zstd_frames import decompressed
from weigh.store.packs.index import Index, Located
from weigh.store.packs.memory import keep_memory
from weigh.store.packs.pack_file import SUFFIX, Spot, read_at
from weigh.store.packs.record import Kind, Record
from weigh.store.packs.writer import Writer
from weigh.system.atomic import storage_error, storing, sweep
from weigh.system.locks import locked

MOST_DEPTH = 8
"""Chunks that may have to be decoded, one after the other, before the one that is wanted."""
MOST_CACHED = 96 * 1024 * 1024
"""Bytes of decoded chunks that are kept for the next who needs them."""
_PATIENCE = 3600.0
_MOST_NESTED = 2 * MOST_DEPTH
"""Objects that may be decoded inside one another; a store that was tampered with could ask for more."""
_MOST_OPEN = 64
"""Packs that are open at a time."""

_MOST_DECODED = {Kind.CHUNK: CHUNK, Kind.TREE: 1 << 28, Kind.COMMIT: 1 << 24}
"""Bytes of what can be decoded, by kind; for what claims more nothing is allocated."""
_ABANDONED = 86_400.0
"""Seconds after which a pack that nobody goes on writing is swept away."""
INDEX = "index.sqlite"
LOCK = "writing.lock"

Predict = Callable[["Objects", Record], memoryview]


class PackGoneError(StorageError):
    """A pack that the index names is not there."""


def content_id(data: "bytes | memoryview") -> bytes:
    """The id of an object with this content."""
    from blake3 import blake3

    return blake3(data).digest()


def _missing(name: bytes) -> NotFoundError:
    return NotFoundError(f"the object {name.hex()[:16]} is not in the store", hint="weigh fsck")


def _close_all(descriptors: OrderedDict[str, int]) -> None:
    while descriptors:
        os.close(descriptors.popitem()[1])


class Objects:
    """The objects under one root.

    Args:
        root: the store's folder; `packs` is made in it when something is written.
        predict: computes the content of a chunk that is kept as a recipe.
    """

    def __init__(self, root: Path, *, predict: Predict | None = None) -> None:
        self.folder = root / "packs"
        self.bytes_read = 0
        """Bytes read of packs so far; threads may add at the same time, and then it is about right."""
        self._predict = predict
        self._index: Index | None = None
        self._open: OrderedDict[str, int] = OrderedDict()
        # Whoever forgets to close gives the files back all the same.
        weakref.finalize(self, _close_all, self._open)
        self._cache: OrderedDict[bytes, memoryview] = OrderedDict()
        self._cached = 0
        self._writer: Writer | None = None
        self._looked_at = -1
        # Held while a pack is read, so that nobody closes it meanwhile, and while the cache changes.
        self._reading, self._caching = threading.RLock(), threading.Lock()
        self._nested = threading.local()

    @property
    def index(self) -> Index:
        """The index, opened when first asked for."""
        with self._reading:
            if self._index is None:
                self._index = Index(self.folder / INDEX)
            return self._index

    def close(self) -> None:
        """Let go of the files and of what is cached."""
        with self._reading, self._caching:
            _close_all(self._open)
            self._cache.clear()
            self._cached = 0
            if self._index is not None:
                self._index.close()
                self._index = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def has(self, name: bytes) -> bool:
        """Whether the object is here, or is being written by this process."""
        if self._writer is None:
            return self._find(name) is not None
        if name in self._writer.pending:
            return True
        found = self._find(name)
        if found is not None:
            self._writer.used.add(found.pack)
        return found is not None

    def _find(self, name: bytes) -> Located | None:
        if self._index is None and not self.folder.is_dir():
            return None
        found = self.index.find(name)
        if found is None and self._writer is None and self._has_new_packs():
            self.index.catch_up(self.folder)
            found = self.index.find(name)
        return found

    def _has_new_packs(self) -> bool:
        """Whether packs may lie here that the index does not know: it was lost, or a writer was killed."""
        with storing(self.folder):
            now = self.folder.stat().st_mtime_ns
        if now == self._looked_at:
            return False
        self._looked_at = now
        return any(path.name not in self.index.packs() for path in self.folder.glob(f"*{SUFFIX}"))

    def depth(self, name: bytes) -> int:
        """How many chunks must be decoded before this one, at most.

        Raises:
            NotFoundError: it is not here.
        """
        if self._writer is not None and name in self._writer.pending:
            return self._writer.pending[name].depth
        found = self._find(name)
        if found is None:
            raise _missing(name)
        return found.depth

    def record(self, name: bytes, *, checked: bool = True) -> Record:
        """The object as it is kept; `checked` as `record.unpacked` means it.

        Raises:
            NotFoundError: it is not here.
            MalformedError: its pack is damaged.
        """
        if self._writer is not None and (data := self._writer.record(name)) is not None:
            return data
        tried = ""
        while (found := self._find(name)) is not None:
            try:
                record = self.read(found.pack, found.spot, checked=checked)
            except PackGoneError:
                # Packs are collected after the index has been told where their objects are now.
                if found.pack == tried:
                    raise
                tried = found.pack
                continue
            if record.id != name:
                raise MalformedError(
                    f"the pack {found.pack} is damaged",
                    why="it holds another object there",
                    hint="weigh fsck",
                )
            return record
        raise _missing(name)

    def read(self, pack: str, spot: Spot, *, checked: bool = True) -> Record:
        """The record at a place; `checked` as `record.unpacked` means it.

        Raises:
            PackGoneError: there is no such pack.
            MalformedError: it is damaged.
        """
        path = self.folder / pack
        with self._reading:
            self.bytes_read += spot.length
            return read_at(self._descriptor(pack, path), spot, path, checked=checked)

    def _descriptor(self, pack: str, path: Path) -> int:
        if pack in self._open:
            self._open.move_to_end(pack)
            return self._open[pack]
        try:
            made = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise PackGoneError(
                f"the pack {pack} is gone", why="the index still names it", hint="weigh fsck"
            ) from error
        except OSError as error:
            raise storage_error(error, path) from error
        self._open[pack] = made
        if len(self._open) > _MOST_OPEN:
            os.close(self._open.popitem(last=False)[1])
        return made

    def content(self, name: bytes, *, keep: bool = True) -> memoryview:
        """What an object holds, hashed again.

        Args:
            name: its id.
            keep: it will probably be asked for again soon.

        Raises:
            NotFoundError: it, or something it is made from, is not here.
            IntegrityError: it is not what its id says.
            MalformedError: its pack is damaged.
        """
        with self._caching:
            kept = self._cache.get(name)
            if kept is not None:
                self._cache.move_to_end(name)
                return kept
        made = self._made(name)
        if keep:
            self.remember(name, made)
        return made

    def _made(self, name: bytes) -> memoryview:
        nested = getattr(self._nested, "depth", 0)
        if nested > _MOST_NESTED:
            raise MalformedError(
                f"the object {name.hex()[:16]} is damaged",
                why=f"more than {_MOST_NESTED} others are needed one inside the other",
                hint="weigh fsck",
            )
        self._nested.depth = nested + 1
        try:
            record = self.record(name, checked=False)
            made = self.decoded(record)
        finally:
            self._nested.depth = nested
        if len(made) != record.size or content_id(made) != name:
            raise IntegrityError(
                f"the object {name.hex()[:16]} is damaged",
                why="what was decoded has another hash than its name",
                hint="weigh fsck names what depends on it",
            )
        return made

    def decoded(self, record: Record) -> memoryview:
        """What a record holds, not compared with its name: whoever asked does that.

        Raises:
            NotFoundError: something it is made from is not here.
            MalformedError: it is damaged.
        """
        if record.codec == Codec.RECIPE:
            if self._predict is None:
                raise MalformedError("a stored chunk is a recipe", why="nothing here can follow it")
            return self._predict(self, record)
        if record.size > _MOST_DECODED.get(record.kind, 0):
            raise MalformedError(
                f"the object {record.id.hex()[:16]} is damaged",
                why=f"it claims {record.size} bytes",
                hint="weigh fsck",
            )
        base = self.content(record.refs[0]) if record.codec in DELTAS and record.refs else None
        try:
            codec = Codec(record.codec)
        except ValueError as error:
            raise MalformedError("a stored chunk is damaged", why=f"codec {record.codec}") from error
        if codec is Codec.ZSTD and record.width == 1:
            # What describes versions is read without what tensors need.
            return memoryview(decompressed(memoryview(record.body), record.size))
        from weigh.store.codecs.ladder import decode

        kept = Encoded(codec, record.width, record.signed, record.body)
        return memoryview(decode(kept, record.size, base))

    def remember(self, name: bytes, content: memoryview) -> None:
        """Keep in memory what an object holds; the caller has compared it with its name."""
        with self._caching:
            if name in self._cache:
                return
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
        packed = record.params[: 4 * len(record.refs)]
        sizes = struct.unpack(f"<{len(packed) // 4}I", packed[: len(packed) // 4 * 4])
        if len(sizes) != len(record.refs) or sum(sizes) != record.size or 0 in sizes:
            raise MalformedError("a list of chunks is damaged", why="its sizes do not belong to it")
        return tuple(zip(record.refs, sizes, strict=True))

    def parts_of(self, name: bytes) -> tuple[bytes, ...]:
        """Ids of the chunks that a payload of several is made of; nothing is read for one that is a chunk."""
        found = self._find(name)
        if found is None or found.kind is not Kind.LIST:
            return ()
        return tuple(chunk for chunk, _ in self.chunks_of(name))

    def pieces(
        self, name: bytes, begin: int = 0, end: int = -1, *, keep: bool = False
    ) -> Iterator[memoryview]:
        """The bytes from `begin` to before `end` of a payload, chunk by chunk."""
        at = 0
        for chunk, size in self.chunks_of(name):
            stop = at + size
            if (end < 0 or at < end) and stop > begin:
                content = self.content(chunk, keep=keep)
                yield content[max(begin - at, 0) : size if end < 0 else min(size, end - at)]
            at = stop

    def range(self, name: bytes, begin: int, end: int) -> memoryview:
        """Bytes of a payload in one piece; the caller bounds how many."""
        found = list(self.pieces(name, begin, end, keep=True))
        return found[0] if len(found) == 1 else memoryview(b"".join(found))

    @contextmanager
    def writing(self) -> Iterator["Writer"]:
        """The one writer. Leaving the block without an error makes everything visible, at once.

        Raises:
            StorageError: another process has been writing for an hour, or the disk is full.
        """
        with self.alone():
            self.index.catch_up(self.folder)
            writer = Writer(self)
            self._writer = writer
            try:
                yield writer
                writer.publish()
            finally:
                self._writer = None
                writer.drop()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else writes or collects for the length of the block; readers go on.

        Raises:
            StorageError: another process has been writing for an hour, or the folder cannot be written.
        """
        keep_memory()
        with locked(self.folder / LOCK, timeout=_PATIENCE, what="writing to the store"):
            sweep(self.folder, before=time.time() - _ABANDONED)
            yield
