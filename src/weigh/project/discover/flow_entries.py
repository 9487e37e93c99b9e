"""Entries of what is written in braces: JSON, JSON with comments, the flow style of YAML and TOML.

Source: RFC 8259; yaml.org/spec/1.2.2 (7.4); toml.io/en/v1.0.0 (Array, Inline Table).
"""

import re
from collections.abc import Iterator

from weigh.project.discover.entries import MAX_ENTRIES, Entry, Keys, Lines

MAX_DEPTH = 100

_PIECE = r"""
    (?P<space>\s+)
  | (?P<comment>//[^\n]*|/\*.*?\*/|\#[^\n]*)
  | (?P<long>\"\"\".*?\"\"\"|'''.*?''')
  | (?P<double>"(?:[^"\\]|\\.)*")
  | (?P<single>'(?:[^'\\\n]|''|\\.)*')
  | (?P<mark>[\[\]{},]|%s)
  | (?P<plain>(?:(?!%s|[,\[\]{}\n]|\s\#).)+)
  | (?P<rest>.)
"""
_PIECES = {
    ":": re.compile(_PIECE % (":", r":(?=[\s,\[\]{}\"']|$)"), re.VERBOSE | re.DOTALL),
    "=": re.compile(_PIECE % ("=", "="), re.VERBOSE | re.DOTALL),
}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def unquoted(text: str) -> str:
    """The text of a quoted scalar, escapes resolved."""
    if text.startswith(('"""', "'''")):
        return text[3:-3]
    inner = text[1:-1]
    if text[0] == "'":
        return inner.replace("''", "'")
    return _ESCAPE.sub(_plain_escape, inner) if "\\" in inner else inner


def _plain_escape(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _ESCAPED.get(match[2], match[2])


class _Frame:
    """One open brace or bracket."""

    __slots__ = ("index", "is_map", "key", "pending")

    def __init__(self, *, is_map: bool) -> None:
        self.is_map = is_map
        self.key: str | None = None
        self.pending: str | None = None
        self.index = 0

    def place(self) -> str | int:
        return (self.key or "") if self.is_map else self.index

    def next(self) -> None:
        self.index += 1
        self.key = self.pending = None


def flow_entries(
    text: str, *, keys: Keys = (), line: int = 1, document: int = 0, joiner: str = ":"
) -> Iterator[Entry]:
    """The scalars of a text in flow style, in order. Never raises; what is broken ends the reading.

    Args:
        text: begins with the outermost brace, bracket or scalar.
        keys: under which all of it stands.
        line: of its first character.
        document: passed on.
        joiner: what stands between a key and its value, `:` or `=`.
    """
    lines = Lines(text, line)
    stack: list[_Frame] = []
    count = 0
    for match in _PIECES[joiner].finditer(text):
        kind = match.lastgroup
        if kind in {"space", "comment"}:
            continue
        if kind == "mark":
            if not _step(stack, match[0]):
                return
            continue
        top = stack[-1] if stack else None
        quoted = kind in {"long", "double", "single"}
        value = unquoted(match[0]) if quoted else match[0].strip()
        if top is not None and top.is_map and top.key is None:
            top.pending = value
            continue
        row, column = lines.at(match.start())
        where = keys + tuple(frame.place() for frame in stack)
        yield Entry(where, value, row, column, document, quoted, "\n" in value)
        count += 1
        if count >= MAX_ENTRIES:
            return


def _step(stack: list[_Frame], mark: str) -> bool:
    """Follow a brace, bracket, comma or joiner; False when the text is at its end or too deep."""
    if mark in "[{":
        stack.append(_Frame(is_map=mark == "{"))
        return len(stack) <= MAX_DEPTH
    if mark in "]}":
        if stack:
            stack.pop()
        return bool(stack)
    top = stack[-1] if stack else None
    if top is not None and mark == ",":
        top.next()
    elif top is not None and top.is_map and top.pending is not None and top.key is None:
        top.key, top.pending = top.pending, None
    return True
