"""A forward cursor over a GGUF header: numbers and texts, each held against the file before it is read."""

import struct

from weigh.core.errors import MalformedError
from weigh.core.ports import RangeReader

WINDOW = 256 * 1024
"""Bytes read at once; a header is mostly the short texts of a vocabulary."""
ENDS_EARLY = "WGH-GG003"
TOO_LONG = "WGH-GG004"
MOST_LENGTH = 1 << 30
"""Bytes of a text, or items of a list: the bound that llama.cpp's own reader sets. The longest honest lists,
vocabularies and their merges, stay below 2^21 items."""


class Cursor:
    """Where the reading of a header stands.

    Args:
        reader: the file.
        big: whether numbers are big-endian.
        wide: whether counts and lengths have 8 bytes (version 2 and later) or 4.

    Attributes:
        position: offset of the next byte.
    """

    __slots__ = ("_at", "_chunk", "_count", "_order", "_reader", "position", "wide")

    def __init__(self, reader: RangeReader, *, big: bool, wide: bool) -> None:
        self._reader = reader
        self._chunk = b""
        self._at = 0
        self._order = ">" if big else "<"
        self._count = struct.Struct(self._order + ("Q" if wide else "I"))
        self.wide = wide
        self.position = 0

    @property
    def left(self) -> int:
        """Bytes from here to the end of the file."""
        return self._reader.size - self.position

    def take(self, length: int) -> bytes:
        """The next bytes; `length` is at most a window.

        Raises:
            MalformedError: the file ends before.
        """
        index = self.position - self._at
        if index < 0 or index + length > len(self._chunk):
            if length > self.left:
                raise self.early(length)
            self._chunk = self._reader.read(self.position, max(length, WINDOW))
            self._at, index = self.position, 0
            if len(self._chunk) < length:
                raise self.early(length)
        self.position += length
        return self._chunk[index : index + length]

    def number(self, form: str) -> int | float:
        """One number of a `struct` form such as `I`."""
        kind = self._order + form
        value: int | float = struct.unpack(kind, self.take(struct.calcsize(kind)))[0]
        return value

    def whole(self, form: str) -> int:
        """One whole number of a `struct` form."""
        return int(self.number(form))

    def length(self, what: str) -> int:
        """A length or count.

        Raises:
            MalformedError: it is more than any reader of the format takes.
        """
        start = self.position
        value: int = self._count.unpack(self.take(self._count.size))[0]
        if value > MOST_LENGTH:
            raise MalformedError(
                f"{what} claims {value} bytes or items",
                why=f"at most {MOST_LENGTH} are allowed",
                offset=start,
                rule=TOO_LONG,
            )
        return value

    def text(self, what: str, limit: int) -> tuple[str, int]:
        """A text and the bytes it has; of a longer one than `limit` the text is empty and it is skipped."""
        size = self.length(what)
        if size > limit:
            self.skip(size)
            return "", size
        return self.take(size).decode("utf-8", "backslashreplace"), size

    def skip(self, length: int) -> None:
        """Go on past bytes that are not needed.

        Raises:
            MalformedError: the file ends before.
        """
        if length > self.left:
            raise self.early(length)
        self.position += length

    def skip_texts(self, count: int) -> None:
        """Go on past `count` texts: a vocabulary."""
        unpack, width = self._count.unpack_from, self._count.size
        for _ in range(count):
            index = self.position - self._at
            if index < 0 or index + width > len(self._chunk):
                self.take(width)
                self.position -= width
                index = self.position - self._at
            size = unpack(self._chunk, index)[0]
            if size > MOST_LENGTH:
                self.length("a text in a list")
            self.position += width + size
            if self.left < 0:
                raise self.early(size)

    def early(self, length: int) -> MalformedError:
        """The error for a file that ends before what it promises."""
        return MalformedError(
            "the file ends early",
            why=f"{length} bytes were promised at byte {self.position}, the file has {self._reader.size}",
            offset=min(self.position, self._reader.size),
            rule=ENDS_EARLY,
        )
