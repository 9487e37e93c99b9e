"""The part of YAML that model cards use, read strictly; the rest is said to be unread.

Read: block and flow maps and lists, plain and quoted scalars, block scalars (`|`, `>`), comments.
Unread: anchors, aliases, tags, merge keys, complex keys, directives, several documents, a key that
stands twice. Scalars follow YAML 1.2's core schema, so `no` is the language Norwegian and not false.
Source: yaml.org/spec/1.2.2.
"""

import math
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from weigh.formats.yaml_flow import FlowReader, UnreadError

MAX_LINES = 20_000
MAX_DEPTH = 16

# possessive: a line of many blanks must not be tried from each of them
_KEY = re.compile(
    r"(?P<key>\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|[^\s\-?:,\[\]{}#&*!|>'\"%@`][^#:]*+|-[^\s#:][^#:]*+)"
    r"\s*:(?:\s+|$)(?P<rest>.*)"
)
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_BLOCK_SCALAR = re.compile(r"[|>][-+]?")


@dataclass(frozen=True, slots=True)
class Unread:
    """A place that was not understood.

    Attributes:
        line: 1-based, counted from the first line that was given.
        reason: what stood there.
    """

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Line:
    indent: int
    text: str
    number: int


def read_yaml_map(text: str) -> tuple[dict[str, Any], tuple[Unread, ...]]:
    """The top-level map of a YAML text, and what of it was not understood.

    One key that is not understood does not hide the others. Never raises.
    """
    lines = [
        _Line(len(line) - len(line.lstrip(" ")), line.strip(" \r"), number)
        for number, line in enumerate(text.split("\n")[:MAX_LINES], 1)
    ]
    found: dict[str, Any] = {}
    unread: list[Unread] = []
    twice: set[str] = set()
    for block in _top_blocks(lines):
        try:
            value, _ = _Block(block).value(0, 0, 0)
            if not isinstance(value, dict):
                _give_up("something that is no key and value")
            for key, item in value.items():
                if key in found or key in twice:
                    # which of the two is meant is anybody's guess, so neither counts
                    found.pop(key, None)
                    twice.add(key)
                    _give_up(f"the key {key!r} stands twice")
                found[key] = item
        except UnreadError as error:
            unread.append(Unread(block[0].number, str(error)))
    if text.count("\n") >= MAX_LINES:
        unread.append(Unread(MAX_LINES, "more lines than are read"))
    return found, tuple(unread)


def _top_blocks(lines: list[_Line]) -> list[list[_Line]]:
    """Each top-level key with the lines that belong to it."""
    blocks: list[list[_Line]] = []
    for line in lines:
        inside = line.text.startswith(("- ", "#", "\t")) or line.text == "-"
        starts = line.indent == 0 and line.text and not inside
        closes = line.text[:1] in {"]", "}"}
        if starts and not (closes and blocks):
            blocks.append([line])
        elif blocks:
            blocks[-1].append(line)
        elif line.text and not line.text.startswith("#"):
            blocks.append([line])
    return blocks


def _give_up(reason: str) -> NoReturn:
    raise UnreadError(reason)


class _Block:
    """Reads the lines of one top-level key."""

    def __init__(self, lines: list[_Line]) -> None:
        self._lines = lines

    def value(self, at: int, indent: int, depth: int) -> tuple[Any, int]:
        """The map, list or scalar that starts at line `at`, and the line after it."""
        if depth > MAX_DEPTH:
            _give_up("it is nested too deeply")
        line = self._lines[at]
        if line.text == "-" or line.text.startswith("- "):
            return self._list(at, indent, depth)
        if _KEY.fullmatch(line.text):
            return self._map(at, indent, depth)
        return self._scalar(line.text, at, indent - 1)

    def _map(self, at: int, indent: int, depth: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        while (at := self._next(at)) < len(self._lines):
            line = self._lines[at]
            if line.indent < indent:
                break
            match = _KEY.fullmatch(line.text)
            if line.indent > indent or match is None:
                _give_up(f"line {line.number} is no key of the map it stands in")
            key = _quoted(match["key"]) if match["key"][0] in "\"'" else match["key"].rstrip()
            if key in found or key == "<<":
                _give_up(f"the key {key!r} stands twice, or merges")
            found[key], at = self._after(match["rest"], at, indent, depth)
        return found, at

    def _list(self, at: int, indent: int, depth: int) -> tuple[list[Any], int]:
        items: list[Any] = []
        while (at := self._next(at)) < len(self._lines):
            line = self._lines[at]
            if line.indent < indent or not (line.text == "-" or line.text.startswith("- ")):
                break
            if line.indent > indent:
                _give_up(f"line {line.number} is no item of the list it stands in")
            rest = line.text[1:].lstrip(" ")
            if _KEY.fullmatch(rest) or rest.startswith("- "):
                # `- key: value` opens a map (or list) as deep as its first key
                inner = indent + len(line.text) - len(rest)
                self._lines[at] = _Line(inner, rest, line.number)
                item, at = self.value(at, inner, depth + 1)
            else:
                item, at = self._after(rest, at, indent, depth)
            items.append(item)
        return items, at

    def _after(self, rest: str, at: int, indent: int, depth: int) -> tuple[Any, int]:
        """The value after `key:` or `-`, on the same line or on those below."""
        rest = _COMMENT.sub("", rest).strip() if rest[:1] not in {'"', "'", "[", "{"} else rest
        if rest:
            return self._scalar(rest, at, indent)
        below = self._next(at + 1)
        if below >= len(self._lines):
            return None, below
        line = self._lines[below]
        # a list may stand as deep as its key
        same = (
            line.indent == indent and line.text.startswith("-") and not self._lines[at].text.startswith("-")
        )
        if line.indent > indent or same:
            return self.value(below, line.indent, depth + 1)
        return None, at + 1

    def _scalar(self, text: str, at: int, indent: int) -> tuple[Any, int]:
        """A scalar or flow collection that may go on over deeper lines."""
        if text[0] in "&*!%@`?":
            _give_up(f"line {self._lines[at].number} has an anchor, alias, tag or directive")
        if _BLOCK_SCALAR.fullmatch(text):
            return self._block_scalar(text, at, indent)
        parts, at = [text], at + 1
        if text[0] in "[{\"'":
            while at < len(self._lines) and self._goes_on(at, indent):
                parts.append(self._lines[at].text)
                at += 1
            return FlowReader(" ".join(parts), _plain).whole(), at
        while at < len(self._lines) and self._lines[at].indent > indent and self._lines[at].text:
            parts.append(_COMMENT.sub("", self._lines[at].text).strip())
            at += 1
        if len(parts) > 1:
            if any(_KEY.fullmatch(part) for part in parts):
                _give_up("a plain text that holds a key")
            return " ".join(parts), at
        return _plain(text), at

    def _goes_on(self, at: int, indent: int) -> bool:
        """Whether a line belongs to the quoted text or flow collection before it."""
        line = self._lines[at]
        return line.indent > indent or not line.text or line.text[0] in "]}"

    def _block_scalar(self, style: str, at: int, indent: int) -> tuple[str, int]:
        end = at + 1
        while end < len(self._lines) and (not self._lines[end].text or self._lines[end].indent > indent):
            end += 1
        body = self._lines[at + 1 : end]
        margin = min((line.indent for line in body if line.text), default=0)
        texts = [" " * (line.indent - margin) + line.text if line.text else "" for line in body]
        joined = "\n".join(texts) if style[0] == "|" else re.sub(r"(?<!\n)\n(?!\n)", " ", "\n".join(texts))
        return joined.rstrip("\n") + ("" if style.endswith("-") else "\n"), end

    def _next(self, at: int) -> int:
        while at < len(self._lines) and (not self._lines[at].text or self._lines[at].text.startswith("#")):
            at += 1
        if at < len(self._lines) and self._lines[at].text.startswith("\t"):
            _give_up(f"line {self._lines[at].number} is indented with a tab")
        return at


def _quoted(text: str) -> str:
    return str(FlowReader(text, _plain).whole())


def _plain(text: str) -> Any:
    """A plain scalar by the core schema: null, true, false, integer, float, else text."""
    if text in {"", "~", "null", "Null", "NULL"}:
        return None
    if text in {"true", "True", "TRUE", "false", "False", "FALSE"}:
        return text.lower() == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and len(text) <= 32:
        number = float(text)
        return number if math.isfinite(number) else text
    return text
