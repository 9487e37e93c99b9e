"""A pack: a file of records, written once and never changed.

It grows under a temporary name, is made durable and then gets its name, the BLAKE3 of its content: a pack
that can be seen is whole. Whoever is killed leaves a temporary file and nothing else.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from weigh.core.errors import MalformedError
from weigh.store.packs.record import HEAD, MAGIC, Record, length_of, unpacked
from weigh.system.atomic import make_folder, publish, storing, temporary, write_all

START = b"weigh pack 1\n\0\0\0"
"""The first 16 bytes of every pack."""
SUFFIX = ".pack"
MOST_BYTES = 64 * 1024 * 1024
"""A pack is closed once it has grown past this."""
READ_ONLY = 0o444
_JOINED = 64 * 1024
"""Bytes of a body below which one system call for the whole record is cheaper than not copying it."""
_SEARCHED = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a record begins in a pack, and its bytes."""

    offset: int
    length: int


class PackWriter:
    """A pack under construction.

    Args:
        folder: of packs; made when missing.
    """

    def __init__(self, folder: Path) -> None:
        from blake3 import blake3

        make_folder(folder)
        self._folder = folder
        self.path = temporary(folder)
        with storing(self.path):
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._hash = blake3()
        self.size = 0
        self._write(START)

    def _write(self, *parts: "bytes | memoryview") -> None:
        for part in parts:
            with storing(self.path):
                write_all(self._descriptor, part)
            self._hash.update(part)
            self.size += len(part)

    def add(self, record: Record) -> Spot:
        """Append a record."""
        before, body, after = record.packed()
        spot = Spot(self.size, len(before) + len(body) + len(after))
        if len(body) < _JOINED:
            self._write(b"".join((before, body, after)))
        else:
            self._write(before, body, after)
        return spot

    def read(self, spot: Spot) -> bytes:
        """A record that was appended before."""
        with storing(self.path):
            return os.pread(self._descriptor, spot.length, spot.offset)

    def seal(self) -> Path:
        """Make it durable and visible; returns its path."""
        target = self._folder / f"{self._hash.hexdigest()}{SUFFIX}"
        with storing(target):
            publish(self._descriptor, self.path, target, mode=READ_ONLY)
            os.close(self._descriptor)
        self._descriptor = -1
        return target

    def drop(self) -> None:
        """Give it up; nothing of it was ever visible."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            with suppress(OSError):
                self.path.unlink()


def read_at(descriptor: int, spot: Spot, path: Path, *, checked: bool = True) -> Record:
    """One record of an open pack; `checked` as `unpacked` means it.

    Raises:
        MalformedError: it is damaged; the message names the pack.
    """
    if spot.length > os.fstat(descriptor).st_size - spot.offset:
        raise _damaged(path, "it is cut off")
    with storing(path):
        data = os.pread(descriptor, spot.length, spot.offset)
    try:
        return unpacked(data, checked=checked)
    except MalformedError as error:
        raise _damaged(path, error.why) from error


def _damaged(path: Path, why: str) -> MalformedError:
    return MalformedError(f"the pack {path.name} is damaged", why=why, hint="weigh fsck")


def records(path: Path) -> Iterator[tuple[Spot, Record]]:
    """Every record of a pack, in order.

    Raises:
        MalformedError: at the first one that is damaged, after those before it.
    """
    with storing(path), path.open("rb") as file:
        if file.read(len(START)) != START:
            raise MalformedError(f"{path.name} is no pack", why="it begins otherwise", hint="weigh fsck")
        at = len(START)
        size = os.fstat(file.fileno()).st_size
        while head := file.read(HEAD.size):
            try:
                length = length_of(head) if len(head) == HEAD.size else 0
                # A length that the file does not hold is never allocated.
                if not length or at + length > size:
                    raise _damaged(path, "it is cut off")
                record = unpacked(head + file.read(length - HEAD.size))
            except MalformedError as error:
                raise _damaged(path, error.why) from error
            yield Spot(at, length), record
            at += length


def whole_records(path: Path) -> Iterator[Record]:
    """Every record of a damaged pack that is whole, wherever the damage lies.

    After damage the next place is searched where a record begins and its checksum holds.
    """
    mark = HEAD.pack(MAGIC, 0, 0, 0, 0, 0, 0, 0, 0, 0, bytes(32))[:4]
    with storing(path), path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        at = 0
        while (at := _next_mark(file, mark, at)) >= 0:
            record, length = _record_at(file, at, size)
            if record is None:
                at += len(mark)
                continue
            yield record
            at += length


def _next_mark(file: BinaryIO, mark: bytes, at: int) -> int:
    """Where the mark stands next, from `at` on; -1 when it does not."""
    file.seek(at)
    held = b""
    while piece := file.read(_SEARCHED):
        held += piece
        if (found := held.find(mark)) >= 0:
            return at + found
        kept = held[1 - len(mark) :]
        at += len(held) - len(kept)
        held = kept
    return -1


def _record_at(file: BinaryIO, at: int, size: int) -> tuple[Record | None, int]:
    file.seek(at)
    head = file.read(HEAD.size)
    try:
        length = length_of(head) if len(head) == HEAD.size else 0
        if not length or at + length > size:
            return None, 0
        return unpacked(head + file.read(length - HEAD.size)), length
    except MalformedError:
        return None, 0


def name_of(path: Path) -> str:
    """The name that a pack must have by its content, without the suffix."""
    from blake3 import blake3

    state = blake3()
    with storing(path), path.open("rb") as file:
        while piece := file.read(_SEARCHED):
            state.update(piece)
    return str(state.hexdigest())
