"""A pack: a file of records, written once and never changed.

It grows under a temporary name, is made durable and then gets its name, the BLAKE3 of its content: a pack
that can be seen is whole. Whoever is killed leaves a temporary file and nothing else.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import MalformedError
from weigh.store.packs.record import HEAD, Record, length_of, unpacked
from weigh.system.atomic import make_folder, publish, storing, temporary, write_all

START = b"weigh pack 1\n\0\0\0"
"""The first 16 bytes of every pack."""
SUFFIX = ".pack"
MOST_BYTES = 64 * 1024 * 1024
"""A pack is closed once it has grown past this."""
READ_ONLY = 0o444
_JOINED = 64 * 1024
"""Bytes of a body below which one system call for the whole record is cheaper than not copying it."""


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

    def _write(self, *parts: bytes) -> None:
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
            self._write(before + body + after)
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


def read_at(descriptor: int, spot: Spot, path: Path) -> Record:
    """One record of an open pack.

    Raises:
        MalformedError: it is damaged; the message names the pack.
    """
    with storing(path):
        data = os.pread(descriptor, spot.length, spot.offset)
    try:
        return unpacked(data)
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
        while head := file.read(HEAD.size):
            length = length_of(head) if len(head) == HEAD.size else 0
            # A length that the file does not hold is never allocated.
            if not length or at + length > os.fstat(file.fileno()).st_size:
                raise _damaged(path, "it is cut off")
            yield Spot(at, length), unpacked(head + file.read(length - HEAD.size))
            at += length
