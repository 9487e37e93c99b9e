"""Random access to untrusted bytes: a file on disk or bytes in memory."""

import os
import stat
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

from weigh.core.errors import MalformedError, NotFoundError, StorageError
from weigh.core.ports import RangeReader

MAX_READ = 128 * 1024 * 1024
"""Bytes one `read_exact` may ask for; above the largest header any format here allows (100 MB)."""


class FileReader(AbstractContextManager["FileReader"]):
    """Reads ranges of one regular file by position; never moves a shared cursor.

    Args:
        path: the file. It is opened once and stays open until `close`.

    Raises:
        NotFoundError: there is no such file, or it is a folder, pipe or device.
        StorageError: it cannot be opened.
    """

    __slots__ = ("_descriptor", "_path", "_size")

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._descriptor = -1
        self._path = Path(path)
        try:
            # O_NONBLOCK: opening a named pipe must not wait for a writer.
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotFoundError(f"no file at {str(self._path)!r}") from error
        except OSError as error:
            raise StorageError(f"{str(self._path)!r} cannot be opened", why=error.strerror or "") from error
        status = os.fstat(self._descriptor)
        self._size = status.st_size
        if not stat.S_ISREG(status.st_mode):
            self.close()
            raise NotFoundError(f"{str(self._path)!r} is not a regular file")

    @property
    def size(self) -> int:
        """Total bytes when the file was opened."""
        return self._size

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`; shorter only at the end of the file.

        Raises:
            StorageError: the disk fails, or the reader is closed.
        """
        wanted = max(0, min(length, self._size - offset))
        if offset < 0 or wanted == 0:
            return b""
        try:
            data = os.pread(self._descriptor, wanted, offset)
            while len(data) < wanted:
                more = os.pread(self._descriptor, wanted - len(data), offset + len(data))
                if not more:
                    break
                data += more
        except OSError as error:
            raise StorageError(f"{str(self._path)!r} cannot be read", why=error.strerror or "") from error
        return data

    def close(self) -> None:
        """Give the file back; closing twice is fine."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class BytesReader(AbstractContextManager["BytesReader"]):
    """Reads ranges of bytes in memory."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        """Total bytes."""
        return len(self._data)

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`; shorter only at the end."""
        if offset < 0 or length <= 0:
            return b""
        return self._data[offset : offset + length]

    def close(self) -> None:
        """Nothing is held."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def read_exact(
    reader: RangeReader, offset: int, length: int, *, rule: str = "", limit: int = MAX_READ
) -> bytes:
    """Exactly `length` bytes from `offset`. The sizes are checked before anything is allocated.

    Args:
        reader: where from.
        offset: first byte.
        length: bytes.
        rule: id of the rule that a short file breaks.
        limit: most bytes to allocate.

    Raises:
        MalformedError: the range leaves the file, is larger than `limit`, or the file ends early.
    """
    if offset < 0 or length < 0 or length > limit or offset + length > reader.size:
        raise MalformedError(
            f"{length} bytes at byte {offset} cannot be read",
            why=f"the file has {reader.size} bytes and at most {limit} are read at once",
            offset=max(offset, 0),
            rule=rule,
        )
    data = reader.read(offset, length)
    if len(data) != length:
        raise MalformedError(
            "the file ends early",
            why=f"{length} bytes were promised at byte {offset}, {len(data)} came",
            offset=offset + len(data),
            rule=rule,
        )
    return data
