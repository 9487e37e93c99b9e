"""The one writer: objects into packs that nobody sees before they are published."""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from weigh.store.codecs.codec import Codec
from weigh.store.packs.index import Entry
from weigh.store.packs.pack_file import MOST_BYTES, PackWriter, Spot
from weigh.store.packs.record import Kind, Record, unpacked

if TYPE_CHECKING:
    from weigh.store.packs.objects import Objects


@dataclass(frozen=True, slots=True)
class Pending:
    """An object that is not published yet.

    Attributes:
        pack: where it was written, while that is open.
        sealed: name of the pack once it is closed.
        spot: in the pack.
        depth: as of its record.
    """

    pack: PackWriter | None
    sealed: str
    spot: Spot
    depth: int


class Writer:
    """Puts objects into packs that nobody sees before `publish`."""

    def __init__(self, objects: "Objects") -> None:
        self._objects = objects
        self._pack: PackWriter | None = None
        self._lines: list[Entry] = []
        self._sealed: list[tuple[str, list[Entry]]] = []
        self.pending: dict[bytes, Pending] = {}
        self.used: set[str] = set()
        """Packs in which something was found that need not be written again."""
        self.written = 0

    def add(self, record: Record) -> None:
        """Write an object unless it is there."""
        if self._objects.has(record.id):
            return
        if self._pack is None:
            self._pack = PackWriter(self._objects.folder)
        spot = self._pack.add(record)
        self._lines.append(Entry(record.id, record.kind, spot, record.size, record.depth))
        self.pending[record.id] = Pending(self._pack, "", spot, record.depth)
        self.written += spot.length
        if self._pack.size >= MOST_BYTES:
            self._seal()

    def _seal(self) -> None:
        if self._pack is None:
            return
        pack, self._pack = self._pack, None
        name = pack.seal().name
        for line in self._lines:
            self.pending[line.id] = Pending(None, name, line.spot, line.depth)
        self._sealed.append((name, self._lines))
        self._lines = []

    def record(self, name: bytes) -> Record | None:
        """An object that this writer has written, None for others."""
        found = self.pending.get(name)
        if found is None:
            return None
        if found.pack is not None:
            return unpacked(found.pack.read(found.spot))
        return self._objects.read(found.sealed, found.spot)

    def list_of(self, name: bytes, chunks: Sequence[tuple[bytes, int]], *, sha256: bytes = b"") -> None:
        """Describe a payload of several chunks.

        Args:
            name: BLAKE3 of the whole payload.
            chunks: (id, size) in order.
            sha256: of the whole payload, where it is a file by itself.
        """
        sizes = b"".join(size.to_bytes(4, "little") for _, size in chunks) + sha256
        total = sum(size for _, size in chunks)
        refs = tuple(chunk for chunk, _ in chunks)
        self.add(Record(name, Kind.LIST, Codec.RAW, 1, False, total, 0, refs, sizes, b""))

    def publish(self) -> None:
        """Make what was written durable, then visible: packs first, the index last."""
        self._seal()
        # A pack that something new rests on counts as young, so that nobody collects it before a ref points.
        for name in self.used:
            with suppress(OSError):
                os.utime(self._objects.folder / name)
        if self._sealed:
            self._objects.index.add(self._sealed)
            self._sealed = []

    def drop(self) -> None:
        """Forget what was not published. Packs that were sealed already are whole, and are found later."""
        if self._pack is not None:
            self._pack.drop()
            self._pack = None
