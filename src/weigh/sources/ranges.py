"""A remote file read in parts over HTTP Range (RFC 9110, section 14)."""

from contextlib import ExitStack
from typing import TYPE_CHECKING

from weigh.core.errors import IntegrityError, UnknownAnswerError
from weigh.system.http import Http, Response
from weigh.system.urls import without_credentials
from weigh.system.zip_directory import TAIL

if TYPE_CHECKING:
    from collections.abc import Iterator


class RangeUnusableError(UnknownAnswerError):
    """The server does not give out parts, or not the parts that were asked for.

    Attributes:
        total: bytes of the whole file, -1 when not even that is known.
    """

    def __init__(self, url: str, why: str, total: int) -> None:
        super().__init__(f"cannot read parts of {without_credentials(url)}", why=why)
        self.total = total


class RemoteRanges:
    """A `RangeReader` over one remote file. The last bytes are read at once and kept.

    Every part must come from the same bytes: same total size, same entity tag.

    Args:
        http: the client.
        url: of the file.
        stated_size: bytes as the index states them, -1 when it does not.

    Raises:
        RangeUnusableError: a part is refused or is not what was asked for.
        IntegrityError: the file has another size than the index states.
    """

    def __init__(
        self,
        http: Http,
        url: str,
        *,
        stated_size: int = -1,
    ) -> None:
        self._http = http
        self._url = url
        self._stated = stated_size
        self._tag = ""
        self._open = ExitStack()
        self._coming: Iterator[bytes] = iter(())
        self._buffer = bytearray()
        self._next = self._end = -1
        self.size = -1
        self.received = 0
        start = max(0, stated_size - TAIL) if stated_size >= 0 else -TAIL
        self._tail = self._part(start, stated_size if stated_size >= 0 else None)
        self._tail_start = self.size - len(self._tail)

    def read(self, offset: int, length: int) -> bytes:
        """Exactly the bytes asked for, from what is kept, the announced stream, or a new request."""
        end = min(offset + length, self.size)
        if offset >= end:
            return b""
        if offset >= self._tail_start:
            return self._tail[offset - self._tail_start : end - self._tail_start]
        if offset == self._next and end <= self._end:
            return self._pull(end - offset)
        return self._part(offset, end)

    def announce(self, start: int, end: int) -> None:
        """The next reads will go through `start` … `end` in order: ask for that in one request."""
        self.close()
        end = min(end, self.size)
        if start >= self._tail_start:
            return
        response = self._open.enter_context(self._http.stream(self._url, range_start=start, range_end=end))
        self._check(response, start, end)
        self._coming = response.iter_bytes()
        self._next, self._end = start, end

    def close(self) -> None:
        """Forget the announced stream."""
        if self._end == self._next + len(self._buffer):
            # Everything came: noticing the end of the answer lets its connection be used again.
            next(self._coming, b"")
        self._open.close()
        self._coming = iter(())
        self._buffer.clear()
        self._next = self._end = -1

    def _pull(self, length: int) -> bytes:
        while len(self._buffer) < length:
            chunk = next(self._coming, b"")
            if not chunk or len(self._buffer) + len(chunk) > self._end - self._next:
                raise self._unusable("it sent another number of bytes than it announced")
            self._buffer += chunk
            self.received += len(chunk)
        piece = bytes(self._buffer[:length])
        del self._buffer[:length]
        self._next += length
        return piece

    def _part(self, start: int, end: int | None) -> bytes:
        with self._http.stream(self._url, range_start=start, range_end=end) as response:
            wanted = self._check(response, start, end)
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                self.received += len(chunk)
                if len(body) > wanted:
                    break
        if len(body) != wanted:
            raise self._unusable("it sent another number of bytes than it announced")
        return bytes(body)

    def _check(self, response: Response, start: int, end: int | None) -> int:
        """Compare an answer with the question; returns how many bytes it must hold."""
        part = response.content_range
        if part is None:
            why = (
                "it sends only whole files"
                if response.status == 200
                else "it does not say which part it sends"
            )
            raise self._unusable(why, response.total)
        if self._stated >= 0 and part.total != self._stated:
            raise IntegrityError(
                f"{without_credentials(self._url)} has another size than the index states",
                why=f"the index states {self._stated:,} bytes, the server {part.total:,}",
                hint="do not use this file; ask whoever runs the index",
            )
        if self.size < 0:
            self.size, self._tag = part.total, response.entity_tag
        elif (part.total, response.entity_tag) != (self.size, self._tag):
            raise self._unusable("the file changed between two parts")
        first = max(0, part.total + start) if start < 0 else start
        last = part.total if end is None else end
        if (part.start, part.end) != (first, last):
            raise self._unusable(f"asked for bytes {first} to {last}, it sends {part.start} to {part.end}")
        return last - first

    def _unusable(self, why: str, total: int = -1) -> RangeUnusableError:
        return RangeUnusableError(self._url, why, total if total >= 0 else max(self.size, self._stated))
