"""UBJSON of strangers: values within bounds, typed arrays by place, elements of one long array one at a time.

Source: ubjson.org, draft 12 ("types", "containers", "optimised format"). Numbers are big-endian. A container
may state its type and its count ahead; then its elements carry no markers.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from weigh.core.errors import MalformedError
from weigh.core.ports import RangeReader

MAX_DEPTH = 64
MAX_VALUES = 2_000_000
"""Values held at once; a tree of a million nodes has its arrays typed, and those are not held."""
MAX_TEXT = 1024 * 1024
ABSURD = 1 << 48
"""No disk holds a file of so many bytes: a count above it is written to break a reader."""
_WINDOW = 64 * 1024

WIDTHS = {"i": 1, "U": 1, "I": 2, "l": 4, "L": 8, "d": 4, "D": 8}
"""Bytes of a number, by marker."""
_CODES = {"i": ">b", "U": ">B", "I": ">h", "l": ">i", "L": ">q", "d": ">f", "D": ">d"}
_INTEGERS = frozenset("iUIlL")
_EMPTY = {"Z": None, "T": True, "F": False, "N": None}


@dataclass(frozen=True, slots=True)
class UbjsonRules:
    """Ids of the rules that a broken file breaks.

    Attributes:
        broken: not the format, or it ends early.
        absurd: a count that no file can hold.
        deep: nested deeper than MAX_DEPTH.
        twice: a key stands twice.
    """

    broken: str
    absurd: str
    deep: str
    twice: str


@dataclass(frozen=True, slots=True)
class Typed:
    """An array of numbers of one type, left in the file.

    Attributes:
        marker: a key of WIDTHS.
        count: numbers.
        offset: of the first one.
    """

    marker: str
    count: int
    offset: int


@dataclass(frozen=True, slots=True)
class Handed:
    """Stands for an array whose elements were handed on one by one."""

    count: int


Element = Callable[[Any, int, int], None]
"""Takes one element, its number and its offset."""


class Ubjson:
    """Decodes one value of a file.

    Args:
        reader: the file.
        rules: what a broken file breaks.
        path: last keys of the way to the array whose elements go to `element`.
        element: takes them.

    Attributes:
        position: byte after what was read.
    """

    __slots__ = ("_at", "_chunk", "_element", "_kept", "_path", "_reader", "_rules", "_way", "position")

    def __init__(
        self, reader: RangeReader, rules: UbjsonRules, path: tuple[str, ...], element: Element
    ) -> None:
        self._reader = reader
        self._rules = rules
        self._path = path
        self._element = element
        self._way: list[str] = []
        self._kept = 0
        self._chunk = b""
        self._at = 0
        self.position = 0

    def value(self) -> Any:
        """The next value.

        Raises:
            MalformedError: a rule is broken; its id says which. Without one: a limit of this reader.
        """
        return self._value(self._marker(), 0)

    def _value(self, marker: str, depth: int) -> Any:
        self._kept += 1
        if self._kept > MAX_VALUES:
            raise MalformedError("it holds more values than are read", why=f"{MAX_VALUES} are")
        if marker in _CODES:
            return struct.unpack(_CODES[marker], self._take(WIDTHS[marker]))[0]
        if marker in _EMPTY:
            return _EMPTY[marker]
        if marker in {"S", "H"}:
            return self._text()
        if marker == "C":
            return self._take(1).decode("latin-1")
        if marker not in {"{", "["}:
            raise self._bad(f"{marker!a} is no type", self.position - 1)
        if depth >= MAX_DEPTH:
            raise MalformedError(
                "UBJSON is nested too deeply",
                why=f"more than {MAX_DEPTH}",
                offset=self.position,
                rule=self._rules.deep,
            )
        return self._object(depth + 1) if marker == "{" else self._array(depth + 1)

    def _array(self, depth: int) -> Any:
        kind, count = self._optimised()
        if kind in WIDTHS:
            start = self.position
            self._room(count * WIDTHS[kind], start)
            self.position += count * WIDTHS[kind]
            return Typed(kind, count, start)
        handed = tuple(self._way[-len(self._path) :]) == self._path
        items: list[Any] = []
        number = 0
        while count < 0 or number < count:
            start = self.position
            marker = kind or self._marker()
            if count < 0 and marker == "]":
                break
            if handed:
                self._kept = 0
                self._element(self._value(marker, depth), number, start)
            else:
                items.append(self._value(marker, depth))
            number += 1
        return Handed(number) if handed else items

    def _object(self, depth: int) -> dict[str, Any]:
        kind, count = self._optimised()
        found: dict[str, Any] = {}
        number = 0
        while count < 0 or number < count:
            start = self.position
            if count < 0 and self._peek() == "}":
                self.position += 1
                break
            key = self._text()
            if key in found:
                why = f"the key {key[:80]!a}"
                raise MalformedError("a key stands twice", why=why, offset=start, rule=self._rules.twice)
            self._way.append(key)
            found[key] = self._value(kind or self._marker(), depth)
            self._way.pop()
            number += 1
        return found

    def _optimised(self) -> tuple[str, int]:
        """The type and the count a container states; "" and -1 where it does not."""
        kind, count = "", -1
        if self._peek() == "$":
            self.position += 1
            kind = self._marker()
            if self._peek() != "#":
                raise self._bad("a container states its type and not its count", self.position)
        if self._peek() == "#":
            start = self.position
            self.position += 1
            count = self._count()
            self._room(count if kind not in _EMPTY else 0, start)
            if kind in _EMPTY and count > MAX_VALUES:
                raise self._absurd(f"{count} elements that take no bytes", start)
        return kind, count

    def _count(self) -> int:
        start = self.position
        marker = self._marker()
        if marker not in _INTEGERS:
            raise self._bad(f"a length is given as {marker!a}", start)
        value = int(struct.unpack(_CODES[marker], self._take(WIDTHS[marker]))[0])
        if value < 0:
            raise self._absurd(f"a length of {value}", start)
        return value

    def _text(self) -> str:
        start = self.position
        length = self._count()
        self._room(length, start)
        if length > MAX_TEXT:
            raise MalformedError("a text is longer than is read", why=f"{length} bytes", offset=start)
        return self._take(length).decode("utf-8", "backslashreplace")

    def _room(self, needed: int, start: int) -> None:
        """Refuse a count before anything is allocated for it."""
        if needed >= ABSURD:
            raise self._absurd(f"{needed} bytes at least are promised", start)
        if needed > self._reader.size - self.position:
            raise self._bad(
                f"{needed} bytes at least are promised, {self._reader.size - self.position} are left", start
            )

    def _absurd(self, why: str, offset: int) -> MalformedError:
        return MalformedError("a count is absurd", why=why, offset=offset, rule=self._rules.absurd)

    def _bad(self, why: str, offset: int) -> MalformedError:
        return MalformedError("this is not sound UBJSON", why=why, offset=offset, rule=self._rules.broken)

    def _marker(self) -> str:
        """The next marker; no-op markers in between are passed over."""
        while True:
            byte = self._take(1)
            if byte != b"N":
                return byte.decode("latin-1")

    def _peek(self) -> str:
        byte = self._take(1)
        self.position -= 1
        return byte.decode("latin-1")

    def _take(self, length: int) -> bytes:
        index = self.position - self._at
        if index < 0 or index + length > len(self._chunk):
            self._chunk = self._reader.read(self.position, max(length, _WINDOW))
            self._at, index = self.position, 0
        data = self._chunk[index : index + length]
        if len(data) != length:
            raise self._bad("the file ends early", self.position)
        self.position += length
        return data
