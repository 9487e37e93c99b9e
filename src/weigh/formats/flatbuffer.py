"""A bounded reader of FlatBuffers over a file that never sits in memory.

Every offset and length is held against the file before it is followed. Source: flatbuffers.dev, "FlatBuffers
Internals"; a buffer has at most 2 GiB, since its offsets are signed 32-bit numbers.
"""

import struct
from dataclasses import dataclass

from weigh.core.errors import MalformedError
from weigh.core.ports import RangeReader

PAGE = 64 * 1024
PAGES = 64
MAX_TABLES = 2_000_000
"""Tables visited in one file; the largest mobile models have some 50,000."""
MAX_TEXT = 64 * 1024
MOST_OFFSET = 1 << 31

BROKEN = "WGH-TL001"
ABSURD = "WGH-TL002"
LIMIT = "WGH-TL010"


@dataclass(frozen=True, slots=True)
class Table:
    """A table and its list of fields.

    Attributes:
        at: first byte.
        fields: place of each field from `at`; 0 where it is left out.
    """

    at: int
    fields: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Vector:
    """A list: its first item and how many there are."""

    at: int
    count: int


class FlatBuffer:
    """Reads tables, lists and texts of one file.

    Args:
        reader: the file.

    Attributes:
        reached: one past the last byte that anything pointed to.
        size: of the file.
    """

    __slots__ = ("_pages", "_reader", "_tables", "reached", "size")

    def __init__(self, reader: RangeReader) -> None:
        self._reader = reader
        self._pages: dict[int, bytes] = {}
        self._tables = MAX_TABLES
        self.reached = 0
        self.size = reader.size

    def root(self) -> Table:
        """The outermost table."""
        return self.table(self.number(0, "I"))

    def take(self, at: int, length: int) -> bytes:
        """Bytes at a place; `length` is at most a page.

        Raises:
            MalformedError: they do not lie in the file.
        """
        self.check(at, length)
        page, index = divmod(at, PAGE)
        data = self._page(page)[index : index + length]
        if len(data) < length:
            data += self._page(page + 1)[: length - len(data)]
        if len(data) < length:
            raise self.bad("the file ends early", at)
        return data

    def _page(self, page: int) -> bytes:
        if page not in self._pages:
            if len(self._pages) >= PAGES:
                self._pages.pop(next(iter(self._pages)))
            self._pages[page] = self._reader.read(page * PAGE, PAGE)
        return self._pages[page]

    def check(self, at: int, length: int) -> None:
        """Hold a range against the file.

        Raises:
            MalformedError: it leaves the file; by its rule one tells what damage cannot explain.
        """
        if at < 0 or at + length >= MOST_OFFSET > self.size:
            raise MalformedError(
                f"it points to {length} bytes at {at}", why=f"the file has {self.size}", offset=0, rule=ABSURD
            )
        if at + length > self.size:
            raise self.bad(f"it points to {length} bytes at {at}, the file has {self.size}", max(at, 0))
        self.reached = max(self.reached, at + length)

    def number(self, at: int, form: str) -> int:
        """A whole number of a `struct` form."""
        value: int = struct.unpack("<" + form, self.take(at, struct.calcsize("<" + form)))[0]
        return value

    def table(self, at: int) -> Table:
        """The table at a place.

        Raises:
            MalformedError: it, or its list of fields, is broken; or there are too many.
        """
        self._tables -= 1
        if self._tables < 0:
            raise self.limit(f"more than {MAX_TABLES} tables")
        fields = at - self.number(at, "i")
        size, length = struct.unpack("<HH", self.take(fields, 4))
        if size < 4 or size % 2 or length < 4:
            raise self.bad("a table's list of fields is broken", at)
        self.check(at, length)
        places = struct.unpack(f"<{size // 2 - 2}H", self.take(fields + 4, size - 4))
        if any(place >= length or 0 < place < 4 for place in places):
            raise self.bad("a field lies outside its table", at)
        return Table(at, places)

    def field(self, table: Table, index: int) -> int:
        """Where a field's value stands; 0 where it is left out."""
        place = table.fields[index] if index < len(table.fields) else 0
        return table.at + place if place else 0

    def value(self, table: Table, index: int, form: str, default: int = 0) -> int:
        """A number in a table."""
        at = self.field(table, index)
        return self.number(at, form) if at else default

    def follow(self, at: int) -> int:
        """The place an offset points to."""
        return at + self.number(at, "I")

    def child(self, table: Table, index: int) -> Table | None:
        """A table in a table."""
        at = self.field(table, index)
        return self.table(self.follow(at)) if at else None

    def vector(self, table: Table, index: int, width: int) -> Vector:
        """A list in a table, empty where it is left out.

        Args:
            table: the table.
            index: of the field.
            width: bytes of an item.
        """
        at = self.field(table, index)
        if not at:
            return Vector(0, 0)
        start = self.follow(at)
        count = self.number(start, "I")
        self.check(start + 4, count * width)
        return Vector(start + 4, count)

    def numbers(self, vector: Vector, form: str, most: int = 4096) -> tuple[int, ...]:
        """The first numbers of a list."""
        width = struct.calcsize("<" + form)
        count = min(vector.count, most)
        found: list[int] = []
        step = PAGE // width
        for start in range(0, count, step):
            size = min(step, count - start)
            found += struct.unpack(f"<{size}{form}", self.take(vector.at + start * width, size * width))
        return tuple(found)

    def item(self, vector: Vector, place: int) -> Table:
        """A table in a list of tables."""
        return self.table(self.follow(vector.at + 4 * place))

    def text(self, table: Table, index: int) -> str:
        """A text in a table, "" where it is left out."""
        vector = self.vector(table, index, 1)
        if vector.count > MAX_TEXT:
            return f"({vector.count} bytes)"
        return self.take(vector.at, vector.count).decode("utf-8", "backslashreplace") if vector.count else ""

    def bad(self, why: str, offset: int) -> MalformedError:
        """The error for what damage can explain."""
        return MalformedError("the file is broken", why=why, offset=offset, rule=BROKEN)

    def limit(self, why: str) -> MalformedError:
        """The error for a file that is larger than what is looked at."""
        return MalformedError("a limit of this reader is exceeded", why=why, rule=LIMIT)
