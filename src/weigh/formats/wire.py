"""A bounded reader of the protobuf wire format, over a file that never sits in memory.

A message is read through a table that says which fields are wanted and how; large payloads are
skipped by offset. Source: protobuf.dev/programming-guides/encoding. Groups (wire types 3 and 4) are
deprecated there, no format read here uses them, and they are refused.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from weigh.core.errors import MalformedError
from weigh.core.ports import RangeReader
from weigh.formats.reader import read_exact

Span = tuple[int, int]
"""Half-open range of byte offsets in the file."""

WINDOW = 64 * 1024
MAX_DEPTH = 64
"""Nested messages; protobuf's own readers stop at 100."""
MAX_FIELDS = 4_000_000
"""Fields read in one file. The largest published graphs have some 100,000 nodes of 15 fields."""
MAX_TEXT = 64 * 1024
"""Bytes of one string that is kept."""
MAX_ALL_TEXT = 64 * 1024 * 1024
"""Bytes of all strings that are kept of one file."""
MAX_REPEATED = 100_000
"""Entries collected of one repeated field of one message."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_ABOVE_7_BITS = bytes(range(0x80, 0x100))
_SIGN, _WRAP = 1 << 63, 1 << 64


class Take(Enum):
    """How a field is read."""

    SKIP = "known, not needed"
    INT = "varint as a signed 64-bit number, packed or not"
    TEXT = "UTF-8 text"
    SPAN = "the place of its bytes: a message or a large payload"
    FIXED32 = "how many 4-byte numbers, packed or not, and where"
    FIXED64 = "how many 8-byte numbers, packed or not, and where"
    VARINTS = "how many varints, packed or not, and where"
    BYTES = "how many byte strings, and where"


Table = Mapping[int, tuple[str, Take]]
"""Field number → name and how to read it. A field that is not in the table is counted as unknown."""


@dataclass(frozen=True, slots=True)
class Run:
    """Numbers that were counted and not read.

    Attributes:
        count: how many.
        span: where their bytes lie.
    """

    count: int
    span: Span


class Wire:
    """Reads messages of one file within limits.

    Args:
        reader: the file.
        broken: id of the rule a malformed encoding breaks.
        beyond: id of the rule an exceeded limit breaks.

    Attributes:
        unknown_fields: fields met so far that no table names.
    """

    __slots__ = ("_at", "_beyond", "_broken", "_chunk", "_fields", "_reader", "_text", "unknown_fields")

    def __init__(self, reader: RangeReader, *, broken: str, beyond: str) -> None:
        self._reader = reader
        self._broken = broken
        self._beyond = beyond
        self._chunk = b""
        self._at = 0
        self._fields = MAX_FIELDS
        self._text = MAX_ALL_TEXT
        self.unknown_fields = 0

    def walk(self, span: Span, table: Table, *, depth: int) -> Iterator[tuple[str, Any]]:
        """The wanted fields of the message at `span`, in file order, as (name, value).

        Raises:
            MalformedError: the encoding is broken or a limit is exceeded; the rule says which.
        """
        if depth > MAX_DEPTH:
            raise self.limit(f"messages are nested deeper than {MAX_DEPTH}", span[0])
        position, end = span
        while position < end:
            start = position
            number, kind, place, position = self._field(position, end)
            name, take = table.get(number, ("", None))
            if take is Take.SKIP:
                continue
            if take is None:
                self.unknown_fields += 1
            elif take is Take.INT and kind == _BYTES:
                for value in self._packed(place):
                    yield name, value
            else:
                value = self._value(take, kind, place, start)
                if value is None:
                    # protobuf keeps a field of the wrong wire type as unknown, too
                    self.unknown_fields += 1
                else:
                    yield name, value

    def collect(self, span: Span, table: Table, *, depth: int) -> dict[str, list[Any]]:
        """All wanted fields of a message, as lists by name; a missing field has no entry.

        Raises:
            MalformedError: as `walk`, or one field is repeated too often.
        """
        found: dict[str, list[Any]] = {}
        for name, value in self.walk(span, table, depth=depth):
            values = found.setdefault(name, [])
            if len(values) >= MAX_REPEATED:
                raise self.limit(f"the field {name} stands more than {MAX_REPEATED} times", span[0])
            values.append(value)
        return found

    def text(self, span: Span) -> str:
        """The bytes of a span as text; bytes that are not UTF-8 come as escapes.

        Raises:
            MalformedError: the text is longer than what is kept.
        """
        length = span[1] - span[0]
        self._text -= length
        if length > MAX_TEXT or self._text < 0:
            raise self.limit(f"a text of {length} bytes is more than is kept", span[0])
        return self._bytes(span).decode("utf-8", "backslashreplace")

    def limit(self, why: str, offset: int) -> MalformedError:
        """The error for an exceeded limit."""
        return MalformedError("a limit of this reader is exceeded", why=why, offset=offset, rule=self._beyond)

    def _bad(self, why: str, offset: int) -> MalformedError:
        return MalformedError("the encoding is broken", why=why, offset=offset, rule=self._broken)

    def _field(self, position: int, end: int) -> tuple[int, int, Any, int]:
        """Number, wire type, value (a number or a span) and the offset after the field."""
        start = position
        self._fields -= 1
        if self._fields < 0:
            raise self.limit(f"more than {MAX_FIELDS} fields", start)
        key, position = self._varint(position, end)
        number, kind = key >> 3, key & 7
        if not 0 < number < 1 << 29:
            raise self._bad(f"field number {number} is not allowed", start)
        if kind == _VARINT:
            value, position = self._varint(position, end)
            return number, kind, value, position
        if kind == _BYTES:
            length, position = self._varint(position, end)
        elif kind in {_FIXED32, _FIXED64}:
            length = 4 if kind == _FIXED32 else 8
        else:
            raise self._bad(f"wire type {kind} is not allowed", start)
        if length > end - position:
            raise self._bad(f"field {number} claims {length} bytes, {end - position} are left", start)
        return number, kind, (position, position + length), position + length

    def _value(self, take: Take, kind: int, place: Any, start: int) -> Any:
        """The field's value, or None where its wire type does not suit the table."""
        if take is Take.INT:
            return signed(place) if kind == _VARINT else None
        if take is Take.VARINTS and kind == _VARINT:
            return Run(1, (start, start))
        if kind == _BYTES:
            return self._delimited(take, place)
        width = {Take.FIXED32: _FIXED32, Take.FIXED64: _FIXED64}.get(take)
        return Run(1, place) if width == kind else None

    def _delimited(self, take: Take, place: Span) -> Any:
        if take is Take.SPAN:
            return place
        if take is Take.TEXT:
            return self.text(place)
        if take is Take.BYTES:
            return Run(1, place)
        if take is Take.VARINTS:
            return Run(self._count_varints(place), place)
        width = 4 if take is Take.FIXED32 else 8
        count, rest = divmod(place[1] - place[0], width)
        if rest:
            raise self._bad(f"packed numbers of {width} bytes end in the middle of one", place[0])
        return Run(count, place)

    def _packed(self, span: Span) -> Iterator[int]:
        position, end = span
        while position < end:
            self._fields -= 1
            if self._fields < 0:
                raise self.limit(f"more than {MAX_FIELDS} fields", position)
            value, position = self._varint(position, end)
            yield signed(value)

    def _count_varints(self, span: Span) -> int:
        """Every varint ends in the one byte of it that is below 0x80."""
        count, last = 0, b"\0"
        for start in range(span[0], span[1], WINDOW):
            piece = self._bytes((start, min(start + WINDOW, span[1])))
            count += len(piece.translate(None, _ABOVE_7_BITS))
            last = piece
        if last[-1] >= 0x80:
            raise self._bad("packed numbers end in the middle of one", span[1])
        return count

    def _bytes(self, span: Span) -> bytes:
        index = span[0] - self._at
        if index >= 0 and span[1] - self._at <= len(self._chunk):
            return self._chunk[index : span[1] - self._at]
        return read_exact(self._reader, span[0], span[1] - span[0], rule=self._broken, limit=WINDOW)

    def _varint(self, position: int, end: int) -> tuple[int, int]:
        index = position - self._at
        chunk = self._chunk
        if index < 0 or index + 10 > len(chunk):
            chunk = self._chunk = self._reader.read(position, WINDOW)
            self._at, index = position, 0
        if position < end and index < len(chunk) and chunk[index] < 0x80:
            return chunk[index], position + 1
        value = 0
        for shift, byte in enumerate(chunk[index : index + min(10, end - position)]):
            value |= (byte & 0x7F) << (7 * shift)
            if byte < 0x80:
                if value >= _WRAP:
                    break
                return value, position + shift + 1
        raise self._bad("a number does not end, or is larger than 64 bits", position)


def signed(value: int) -> int:
    """A varint as the signed 64-bit number protobuf means by it."""
    return value - _WRAP if value >= _SIGN else value


def signed32(value: int) -> int:
    """A varint as the signed 32-bit number (or enum) protobuf cuts it down to."""
    low = value & 0xFFFFFFFF
    return low - (1 << 32) if low >= 1 << 31 else low
