"""A file on its way into the store: hashed as it is written, invisible until it is verified."""

import os
from contextlib import ExitStack
from pathlib import Path

from weigh.core.errors import IntegrityError, StorageError
from weigh.system.atomic import publish, storing, write_all
from weigh.system.hash_behind import HashBehind
from weigh.system.hashing import CHUNK


class Draft:
    """An open file that is not visible yet. Satisfies `weigh.core.ports.BlobWriter`.

    Bytes that already stand at `path` are those of an interrupted attempt: they are hashed again
    and the draft goes on behind them, unless there are more of them than were promised.

    Args:
        path: the file; opened or made.
        sha256: promised digest, "" when none is known.
        size: promised size in bytes and bound on what is accepted, -1 when none is known.
        standing: bytes of the finished file when the store has it already, else None. The draft
            then counts as complete until it is started again.

    Raises:
        StorageError: the file cannot be opened or read.
    """

    def __init__(self, path: Path, *, sha256: str, size: int, standing: int | None = None) -> None:
        self.path = path
        self._sha256 = sha256
        self._limit = size
        self._standing = standing
        self._broken = False
        self._excess = 0
        self._hash = HashBehind()
        with storing(path):
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
            self._descriptor = os.open(path, flags, 0o600)
        with ExitStack() as undo:
            undo.callback(self.close)
            self._written = 0
            if standing is None:
                self._catch_up()
            undo.pop_all()

    @property
    def size(self) -> int:
        """Bytes there so far, those of an earlier, interrupted attempt included."""
        return self._written if self._standing is None else self._standing

    def write(self, chunk: bytes) -> None:
        """Append bytes.

        Raises:
            IntegrityError: more bytes than were promised.
            StorageError: the disk is full or cannot be written.
        """
        if not chunk:
            return
        limit = self._limit if self._standing is None else self._standing
        if 0 <= limit < self.size + len(chunk):
            self._excess = self.size + len(chunk)
            raise self._too_many()
        # A failed write leaves the file and the hash apart; only a success brings them together.
        self._broken = True
        with storing(self.path):
            write_all(self._descriptor, chunk)
        self._hash.update(chunk)
        self._written += len(chunk)
        self._broken = False

    def restart(self) -> None:
        """Throw away everything written so far and begin again at byte 0."""
        with storing(self.path):
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
        self._hash.close()
        self._hash = HashBehind()
        self._written = 0
        self._standing = None
        self._broken = False
        self._excess = 0

    def finish(self) -> str:
        """The digest of the whole file, when it is what was promised.

        Raises:
            IntegrityError: digest or size differ from what was promised.
            StorageError: an earlier write failed.
        """
        if self._excess:
            raise self._too_many()
        if self._standing is not None:
            return self._sha256
        if self._broken:
            raise StorageError(f"{self.path} is incomplete", why="an earlier write failed")
        if self._limit >= 0 and self._written != self._limit:
            raise IntegrityError(
                "fewer bytes arrived than were promised",
                why=f"{self._written} bytes of {self._limit}",
                hint="fetch it again; if this repeats, the source serves another file",
            )
        found = self._hash.hexdigest()
        if self._sha256 and found != self._sha256:
            raise IntegrityError(
                "the bytes are not the ones that were promised",
                why=f"sha256 {found}, promised {self._sha256}",
                hint="fetch it again; if this repeats, the source serves another file",
            )
        return found

    def publish(self, target: Path, *, mode: int) -> None:
        """Make the finished file durable and visible as `target`.

        Raises:
            StorageError: the disk is full or cannot be written.
        """
        with storing(target):
            publish(self._descriptor, self.path, target, mode=mode)

    def close(self) -> None:
        """Close the file and leave it as it is."""
        self._hash.close()
        os.close(self._descriptor)

    def _too_many(self) -> IntegrityError:
        promised = self._limit if self._standing is None else self._standing
        return IntegrityError(
            "more bytes arrived than were promised",
            why=f"at least {self._excess} bytes, {promised} were promised",
            hint="fetch it again; if this repeats, the source serves another file",
        )

    def _catch_up(self) -> None:
        with storing(self.path):
            found = os.fstat(self._descriptor).st_size
            if 0 <= self._limit < found:
                os.ftruncate(self._descriptor, 0)
                return
            while chunk := os.read(self._descriptor, CHUNK):
                self._hash.update(chunk)
                self._written += len(chunk)
