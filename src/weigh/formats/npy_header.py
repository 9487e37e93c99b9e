"""The header of a NumPy array file: a Python literal, read with a grammar of our own.

Source: numpy/lib/format.py, "Format Version 1.0" to "3.0". The header is a dictionary with exactly the keys
`descr`, `fortran_order` and `shape`. It needs no names, calls or operators, so none are known here: what is
not a plain literal is not read, and nothing is evaluated.
"""

import re
from dataclasses import dataclass
from typing import Any

from weigh.core.errors import MalformedError
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import quoted
from weigh.formats.reader import read_exact

MAGIC = b"\x93NUMPY"
HEADER_RULE = "WGH-NP001"
CODE_RULE = "WGH-NP002"
BOMB_RULE = "WGH-NP003"
CUT_RULE = "WGH-NP004"
SHAPE_RULE = "WGH-NP005"

MAX_HEADER = 1024 * 1024
"""Bytes; a structured type of some 20,000 fields. numpy.load itself stops at 10,000 unless told otherwise."""
MAX_LEVELS = 16
"""Brackets inside brackets; a structured type of structured types has two a level."""
MAX_DIMENSIONS = 64
"""numpy.ndarray has at most 64 dimensions (32 before 2.0)."""
ABSURD = 2**48
"""Bytes; no honest file claims so many, and damage to a length that is text hardly makes them."""
COUNTABLE = 2**63 - 1

_KEYS = frozenset({"descr", "fortran_order", "shape"})
_SPACE = re.compile(r"[ \t\r\n]*")
_TEXT = re.compile(r"""[uUbB]?('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")""")
_NUMBER = re.compile(r"-?[0-9]{1,40}L?")
_WORD = re.compile(r"(True|False|None)\b")
_CODE = re.compile(r".{0,40}?(?:[^\W\d]\w*\s*\(|\.\s*[^\W\d]\w|\blambda\b|\bfor\b)", re.ASCII)
"""A name that is called, an attribute, a function or a comprehension, near where the literal ends."""
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")
_CONSTANTS = {"True": True, "False": False, "None": None}
_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class NpyHeader:
    """What the header of one array says.

    Attributes:
        descr: the type as the file writes it: text, or a list of fields.
        column_major: whether the first index changes fastest.
        shape: sizes, outermost first.
        start: offset of the first byte after the header.
        length: bytes of the literal.
    """

    descr: Any
    column_major: bool
    shape: tuple[int, ...]
    start: int
    length: int


def read_header(reader: RangeReader, at: int) -> NpyHeader:
    """The header of the array that begins at `at`.

    Raises:
        MalformedError: it is no header of the format; the rule says in which way.
    """
    lead = reader.read(at, 12)
    if lead[:6] != MAGIC or len(lead) < 10:
        raise _bad(HEADER_RULE, "it does not begin with the mark and version of an array", at)
    if lead[6] not in {1, 2, 3} or lead[7] != 0:
        raise _bad(HEADER_RULE, f"format version {lead[6]}.{lead[7]} does not exist", at + 6)
    width = 2 if lead[6] == 1 else 4
    length = int.from_bytes(lead[8 : 8 + width], "little")
    begin = at + 8 + width
    if begin + length > reader.size:
        absurd = lead[6] > 1 and length > reader.size + MAX_HEADER * 16
        rule = BOMB_RULE if absurd else CUT_RULE
        raise _bad(rule, f"the header claims {length} bytes, {reader.size - begin} follow", at + 8)
    if length > MAX_HEADER:
        raise _bad(BOMB_RULE, f"the header has {length} bytes, at most {MAX_HEADER} are read", at + 8)
    raw = read_exact(reader, begin, length, rule=CUT_RULE)
    try:
        text = raw.decode("utf-8" if lead[6] == 3 else "latin-1")
    except UnicodeDecodeError as error:
        raise _bad(HEADER_RULE, "the header is not UTF-8", begin + error.start) from error
    return _checked(parse_literal(text, begin), begin, begin + length, length)


def _checked(value: Any, at: int, start: int, length: int) -> NpyHeader:
    if not isinstance(value, dict) or frozenset(value) != _KEYS:
        raise _bad(HEADER_RULE, "it is not a dictionary of descr, fortran_order and shape", at)
    shape, order = value["shape"], value["fortran_order"]
    if not isinstance(shape, tuple) or not all(type(size) is int for size in shape):
        raise _bad(HEADER_RULE, "its shape is not a tuple of whole numbers", at)
    if not isinstance(order, bool):
        raise _bad(HEADER_RULE, "its fortran_order is neither True nor False", at)
    if any(size < 0 for size in shape) or len(shape) > MAX_DIMENSIONS:
        raise _bad(SHAPE_RULE, f"its shape has {len(shape)} sizes, least {min(shape, default=0)}", at)
    return NpyHeader(value["descr"], order, shape, start, length)


def parse_literal(text: str, at: int = 0) -> Any:
    """The value of a Python literal made of dict, tuple, list, text, whole numbers and constants.

    Args:
        text: the literal; spaces and one line break may follow it.
        at: offset of its first byte, for errors.

    Raises:
        MalformedError: it is anything else.
    """
    value, end = _Literal(text, at).value(0, 0)
    end = _skip(text, end)
    if end != len(text):
        raise _Literal(text, at).refuse(end)
    return value


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


@dataclass(frozen=True, slots=True)
class _Literal:
    """A recursive descent over one literal; levels are bounded, every character is passed once."""

    text: str
    base: int

    def value(self, at: int, level: int) -> tuple[Any, int]:
        at = _skip(self.text, at)
        mark = self.text[at : at + 1]
        if mark in _CLOSING and mark:
            if level >= MAX_LEVELS:
                raise _bad(BOMB_RULE, f"its brackets are nested deeper than {MAX_LEVELS}", self.base + at)
            return self._pairs(at + 1, level) if mark == "{" else self._items(at + 1, level, mark)
        if found := _TEXT.match(self.text, at):
            return _unescaped(found[1][1:-1]), found.end()
        if found := _NUMBER.match(self.text, at):
            return int(found[0].rstrip("L")), found.end()
        if found := _WORD.match(self.text, at):
            return _CONSTANTS[found[1]], found.end()
        raise self.refuse(at)

    def _items(self, at: int, level: int, mark: str) -> tuple[Any, int]:
        items: list[Any] = []
        commas = 0
        while True:
            at = _skip(self.text, at)
            if self.text.startswith(_CLOSING[mark], at) and commas >= len(items) - 1:
                break
            if commas != len(items):
                raise self.refuse(at)
            item, at = self.value(at, level + 1)
            items.append(item)
            at = _skip(self.text, at)
            if self.text.startswith(",", at):
                commas, at = commas + 1, at + 1
        if mark == "[":
            return items, at + 1
        alone = len(items) == 1 and not commas  # (x) is x
        return (items[0] if alone else tuple(items)), at + 1

    def _pairs(self, at: int, level: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        while True:
            at = _skip(self.text, at)
            if self.text.startswith("}", at):
                return found, at + 1
            key, at = self.value(at, level + 1)
            at = _skip(self.text, at)
            if not isinstance(key, str) or not self.text.startswith(":", at):
                raise self.refuse(at)
            if key in found:
                raise _bad(CODE_RULE, f"the key {quoted(key)} stands twice", self.base + at)
            found[key], at = self.value(at + 1, level + 1)
            at = _skip(self.text, at)
            if self.text.startswith(",", at):
                at += 1
            elif not self.text.startswith("}", at):
                raise self.refuse(at)

    def refuse(self, at: int) -> MalformedError:
        """The error for what is no literal: code where a name is called or reached into, else damage."""
        rest = self.text[at : at + 200]
        rule = CODE_RULE if _CODE.match(rest) else HEADER_RULE
        return _bad(rule, f"{quoted(rest[:80])} is no plain literal", self.base + at)


def _unescaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        what = found[1]
        if len(what) > 1:
            code = int(what[1:], 16)
            return chr(code) if code <= 0x10FFFF else "�"
        return {"n": "\n", "t": "\t", "r": "\r"}.get(what, what)

    return _ESCAPE.sub(one, text) if "\\" in text else text


def _bad(rule: str, why: str, offset: int) -> MalformedError:
    return MalformedError("this is not a sound array file", why=why, offset=offset, rule=rule)
