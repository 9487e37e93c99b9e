"""What reading inside a file may still cost: depth, members, unpacked bytes; and the way back to the table.

A reader of a container gives each member to `Descent.member`, which tells its format by content and reads it.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from weigh.core.errors import MalformedError
from weigh.core.facts import Coverage, FileFacts
from weigh.core.ports import RangeReader

MAX_DEPTH = 6
"""Containers inside containers."""
MAX_MEMBERS = 100_000
"""Members of one outermost file, at all depths."""
FREE_BYTES = 256 * 1024**2
MOST_RATIO = 4
"""Bytes that may be unpacked to be looked at: this many times the outermost file, and FREE_BYTES more."""
IN_MEMORY = 4 * 1024**2
"""Unpacked bytes of one member that are held in memory; more lie in a temporary file without a name."""

BETWEEN = "!/"
"""Stands between the path of a container and that of its member."""

ReadAny = Callable[[RangeReader, str, "Descent"], FileFacts]


class BudgetError(MalformedError):
    """Looking further inside would cost more than is allowed; what was read so far counts, as partial."""


@dataclass(slots=True)
class Budget:
    """What is left for one outermost file; shared by all levels.

    Attributes:
        unpacked: bytes that may still be unpacked.
        members: members that may still be read.
    """

    unpacked: int
    members: int = MAX_MEMBERS

    def take_bytes(self, count: int) -> None:
        """Spend unpacked bytes.

        Raises:
            BudgetError: there are not so many left.
        """
        if count > self.unpacked:
            raise BudgetError("it unpacks to more than is looked at", why=f"{self.unpacked} bytes were left")
        self.unpacked -= count

    def take_member(self) -> None:
        """Spend one member.

        Raises:
            BudgetError: there is none left.
        """
        if self.members <= 0:
            raise BudgetError("it has more members than are looked at", why=f"{MAX_MEMBERS} are read")
        self.members -= 1


@dataclass(frozen=True, slots=True)
class Descent:
    """How deep the reading is, what it may still cost, and how to read what lies inside.

    Attributes:
        read: reads bytes whose format is told by content.
        budget: shared by all levels below one outermost file.
        depth: containers around what is read; 0 for a file by itself.
    """

    read: ReadAny
    budget: Budget
    depth: int = 0

    def member(self, reader: RangeReader, path: str) -> FileFacts:
        """The facts of something inside a container. Never raises for what it holds.

        Args:
            reader: its bytes.
            path: the container's path, `!/`, and its own name.
        """
        if self.depth >= MAX_DEPTH:
            reason = f"it lies {self.depth} containers deep, {MAX_DEPTH} are read"
            return FileFacts(path, "unknown", Coverage.PARTIAL, reason)
        try:
            self.budget.take_member()
        except BudgetError as error:
            return FileFacts(path, "unknown", Coverage.PARTIAL, str(error))
        return self.read(reader, path, Descent(self.read, self.budget, self.depth + 1))

    @contextmanager
    def unpacked(self, chunks: Iterable[bytes]) -> Iterator[RangeReader]:
        """Bytes that come as a stream, readable at any place while the block lasts.

        Raises:
            BudgetError: there are more than the budget allows.
        """
        import tempfile  # not needed for most files, and slow to start

        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
            for chunk in chunks:
                self.budget.take_bytes(len(chunk))
                file.write(chunk)
            yield _OpenRanges(file)


def begin(read: ReadAny, size: int) -> Descent:
    """A descent for an outermost file of `size` bytes."""
    return Descent(read, Budget(FREE_BYTES + MOST_RATIO * size))


class SliceReader:
    """Part of another reader's bytes, e.g. a member that is stored as it is.

    Args:
        reader: the whole.
        start: first byte.
        size: bytes; cut where the whole ends.
    """

    __slots__ = ("_reader", "size", "start")

    def __init__(self, reader: RangeReader, start: int, size: int) -> None:
        self._reader = reader
        self.start = start
        self.size = max(0, min(size, reader.size - start))

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`; shorter only at the end."""
        if offset < 0 or length <= 0 or offset >= self.size:
            return b""
        return self._reader.read(self.start + offset, min(length, self.size - offset))


class _OpenRanges:
    """A reader over an open file of our own."""

    __slots__ = ("_file", "size")

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size = file.tell()

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`."""
        if offset < 0 or length <= 0:
            return b""
        self._file.seek(offset)
        return self._file.read(length)
