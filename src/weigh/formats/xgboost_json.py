"""A large JSON document of a booster, without holding it: the trees one by one, then all the rest.

A model of 100 MB is nearly all trees. Their texts are cut out by following strings and brackets, each is
decoded by itself, and the rest is decoded as one small document with an empty list in their place.
"""

import re
from collections.abc import Callable
from typing import Any

from weigh.core.errors import MalformedError
from weigh.core.ports import RangeReader
from weigh.formats.json_text import read_json
from weigh.formats.reader import BytesReader

MAX_TREE = 8 * 1024 * 1024
"""Bytes of one tree's text: some 100,000 nodes."""
MAX_REST = 8 * 1024 * 1024
"""Bytes of everything but the trees: feature names, parameters, weights of a linear model."""
MAX_CONTAINERS = 100_000
"""Objects and lists outside the trees."""
MAX_IN_TREE = 256
"""Objects and lists of one tree; XGBoost writes some twenty."""
MAX_DEPTH = 64
_WINDOW = 1024 * 1024
_MAX_STRING = 1024 * 1024
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}\[\]]|"', re.DOTALL)
_BETWEEN = re.compile(rb"\s*,?\s*")
_BROKEN, _DEEP = "WGH-J001", "WGH-J003"

Element = Callable[[Any, int, int], None]
"""Takes one element, its number and its offset."""


class SplitJson:
    """Splits a document into the elements of one array and the rest.

    Args:
        reader: the file.
        path: last keys of the way to the array whose elements are handed on.
        element: takes them.
    """

    __slots__ = (
        "_at",
        "_containers",
        "_data",
        "_element",
        "_keys",
        "_path",
        "_pos",
        "_reader",
        "_rest",
        "_start",
    )

    def __init__(self, reader: RangeReader, path: tuple[str, ...], element: Element) -> None:
        self._reader = reader
        self._path = [name.encode() for name in path]
        self._element = element
        self._rest = bytearray()
        self._keys: list[bytes] = []  # the key under which each open container stands
        self._containers = 0
        self._data = b""  # a window of the file
        self._at = 0  # offset of the window
        self._start = 0  # inside the window: first byte not yet dealt with
        self._pos = 0  # inside the window: where the search for tokens goes on

    def value(self) -> Any:
        """The document without the elements.

        Raises:
            MalformedError: as `json_text.read_json`; without a rule: a limit of this reader.
        """
        key = b""
        while (token := self._next()) is not None:
            text = token[0]
            if text[:1] == b'"':
                key = text if token[1] else b""
            elif text in b"{[":
                self._keys.append(key)
                self._opened(MAX_CONTAINERS)
                if text == b"[" and self._is_the_array():
                    self._keep()
                    self._elements()
                key = b""
            elif self._keys:
                self._keys.pop()
            else:
                why = "a bracket closes what is not open"
                offset = self._at + self._pos
                raise MalformedError("this is not JSON", why=why, offset=offset, rule=_BROKEN)
            self._keep()
        return read_json(BytesReader(bytes(self._rest)))

    def _opened(self, most: int) -> None:
        """Count one more container."""
        self._containers += 1
        if len(self._keys) > MAX_DEPTH:
            raise MalformedError("JSON is nested too deeply", offset=self._at + self._pos, rule=_DEEP)
        if self._containers > most:
            raise MalformedError("it holds more lists than are read", why=f"{most} are")

    def _is_the_array(self) -> bool:
        names = [key.rstrip(b" \t\r\n:").strip(b'"') for key in self._keys if key]
        return names[-len(self._path) :] == self._path

    def _elements(self) -> None:
        """Hand on the objects that follow, up to the end of the array."""
        number, outside = 0, self._containers
        while (token := self._next()) is not None:
            begin = self._pos - len(token[0])
            between = self._data[self._start : begin]
            if token[0] != b"{" or not _BETWEEN.fullmatch(between) or bool(number) != (b"," in between):
                self._pos = begin
                return
            self._start, self._containers = begin, 0
            depth = 1
            while depth:
                token = self._next()
                if token is None:
                    return
                if token[0] in b"{[":
                    depth += 1
                    self._opened(MAX_IN_TREE)
                elif token[0] in b"}]":
                    depth -= 1
            text = self._data[self._start : self._pos]
            self._element(read_json(BytesReader(text)), number, self._at + self._start)
            number += 1
            self._start = self._pos
            self._containers = outside

    def _keep(self) -> None:
        """What was passed belongs to the rest."""
        self._rest += self._data[self._start : self._pos]
        self._start = self._pos
        if len(self._rest) > MAX_REST:
            raise MalformedError("it holds too much beside its trees", why=f"{MAX_REST} bytes are read")

    def _next(self) -> tuple[bytes, bool] | None:
        """The next bracket or string, and whether the string is a key; None at the end."""
        while True:
            match = _TOKEN.search(self._data, self._pos)
            whole = match is not None and match[0] != b'"'
            if match is not None and whole and (match.end() < len(self._data) or not self._more()):
                self._pos = match.end()
                return match[0], match[1] is not None
            if not self._more():
                if match is not None:
                    raise MalformedError(
                        "this is not JSON", why="a text does not end", offset=self._at, rule=_BROKEN
                    )
                self._pos = len(self._data)
                self._keep()
                return None
            if match is None:
                self._pos = len(self._data)
            self._refill()

    def _more(self) -> bool:
        return self._at + len(self._data) < self._reader.size

    def _refill(self) -> None:
        """The next window; what was not dealt with stays."""
        held = len(self._data) - self._start
        if held > MAX_TREE:
            raise MalformedError("one part of it is larger than is read", why=f"{MAX_TREE} bytes are")
        if not self._keys and held > _MAX_STRING:
            raise MalformedError("this is not JSON", why="no bracket in a mebibyte", rule=_BROKEN)
        grown = self._reader.read(self._at + len(self._data), _WINDOW)
        if not grown:
            raise MalformedError("the file ends early", offset=self._at + len(self._data), rule=_BROKEN)
        self._data = self._data[self._start :] + grown
        self._at += self._start
        self._pos -= self._start
        self._start = 0
