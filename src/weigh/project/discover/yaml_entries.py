"""Entries of a YAML file, read line by line so that each keeps its place.

Read: block and flow collections, plain and quoted scalars, block scalars, several documents, comments.
Anchors and tags are passed over, an alias is no value; lines of a template language (`{{- if … }}`) are
skipped. A line that fits nothing is skipped, so that one odd line does not hide the others. Source:
yaml.org/spec/1.2.2.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from weigh.project.discover.entries import MAX_ENTRIES, Entry, Keys
from weigh.project.discover.flow_entries import flow_entries, unquoted

MAX_LINES = 100_000
_MAX_FLOW_LINES = 5_000

_KEY = re.compile(
    r"(?P<key>\"(?:[^\"\\]|\\.){0,300}\"|'(?:[^']|''){0,300}'|[^\s\-?:,\[\]{}#&*!|>'\"%@`][^#:\"']{0,300}?"
    r"|-[^\s#:][^#:]{0,300}?|<<|[\w./$-]+(?::[\w./$-]+)+)\s*:(?:[ \t]+|$)"
)
_PROPERTY = re.compile(r"(?:[&!]\S*(?:\s+|$))+")
_BLOCK = re.compile(r"[|>][-+0-9]*\s*(?:#.*)?$")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_TEMPLATE_LINE = re.compile(r"\{\{-?\s*(?:if|else|end|range|with|define|template|include|/\*|\$?\w+\s*:=).*")
_ITEM = re.compile(r"-(?:[ \t]+|$)")


@dataclass(slots=True)
class _Reading:
    """Where the reader stands."""

    lines: list[str]
    at: int = 0
    document: int = 0
    open: list[tuple[int, str | int]] = field(default_factory=list)
    counts: dict[Keys, int] = field(default_factory=dict)

    def keys(self) -> Keys:
        return tuple(key for _, key in self.open)

    def close(self, indent: int, *, item: bool) -> None:
        """Leave what a line at some indent does not belong to."""
        while self.open:
            at, key = self.open[-1]
            if at < indent or (at == indent and item and isinstance(key, str)):
                return
            self.open.pop()


def yaml_entries(text: str) -> Iterator[Entry]:
    """The scalars of a YAML text, in order. Never raises."""
    reading = _Reading(text.splitlines()[:MAX_LINES])
    count = 0
    while reading.at < len(reading.lines) and count < MAX_ENTRIES:
        for entry in _line(reading):
            yield entry
            count += 1


def _line(reading: _Reading) -> Iterator[Entry]:
    raw = reading.lines[reading.at].rstrip()
    body = raw.lstrip(" \t")
    indent = len(raw) - len(body)
    if not body or body[0] in "#%" or _TEMPLATE_LINE.fullmatch(body):
        reading.at += 1
    elif indent == 0 and (body == "..." or body.startswith("---")):
        reading.document += 1
        reading.open.clear()
        reading.counts.clear()
        reading.at += 1
    else:
        yield from _content(reading, body, indent)


def _content(reading: _Reading, body: str, indent: int) -> Iterator[Entry]:
    while match := _ITEM.match(body):
        reading.close(indent, item=True)
        parent = reading.keys()
        number = reading.counts.get(parent, 0)
        reading.counts[parent] = number + 1
        reading.open.append((indent, number))
        body = body[match.end() :]
        indent += match.end()
        if not body:
            reading.at += 1
            return
    key = _KEY.match(body)
    if key is not None:
        reading.close(indent, item=False)
        name = key["key"]
        word = unquoted(name) if name[0] in "\"'" else name.strip()
        reading.open.append((indent, word))
        body = body[key.end() :]
        # a map that stands twice under one key starts its lists anew
        reading.counts.pop(reading.keys(), None)
    parent_indent = reading.open[-1][0] if reading.open else -1
    yield from _value(reading, body, parent_indent)


def _value(reading: _Reading, body: str, indent: int) -> Iterator[Entry]:
    """The scalar or flow collection that begins with the rest of a line; leaves the reader behind it."""
    body = _PROPERTY.sub("", body, count=1) if body[:1] in {"&", "!"} else body
    if not body or body[0] in "#*":
        reading.at += 1
    elif _BLOCK.fullmatch(body):
        yield from _block(reading, body[0], indent)
    elif body[0] in "[{" and not body.startswith("{{"):
        yield from _flow(reading, body)
    elif body[0] in "\"'":
        yield from _quoted(reading, body)
    else:
        yield _plain(reading, body, indent)


def _block(reading: _Reading, style: str, indent: int) -> Iterator[Entry]:
    start = reading.at + 1
    end = start
    while end < len(reading.lines):
        line = reading.lines[end]
        if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
            break
        end += 1
    reading.at = end
    rows = reading.lines[start:end]
    margin = min((len(r) - len(r.lstrip(" ")) for r in rows if r.strip()), default=0)
    # the lines are kept even of a folded text, for the line of a value is what is asked
    ends = " " if style == ">" else ""
    text = "\n".join(row[margin:].rstrip() + (ends if row.strip() else "") for row in rows)
    if text.strip():
        if style == ">":
            text = re.sub(r" \n(?=\S)", " \\\n", text)
        yield Entry(reading.keys(), text, start + 1, margin + 1, reading.document, block=True)


def _flow(reading: _Reading, body: str) -> Iterator[Entry]:
    start = reading.at
    parts, depth = [body], _balance(body)
    reading.at += 1
    while depth > 0 and reading.at < len(reading.lines) and len(parts) < _MAX_FLOW_LINES:
        parts.append(reading.lines[reading.at])
        depth += _balance(parts[-1])
        reading.at += 1
    yield from flow_entries("\n".join(parts), keys=reading.keys(), line=start + 1, document=reading.document)


_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")
_MARKS = re.compile(r"[\[{]|[\]}]")


def _balance(line: str) -> int:
    bare = _COMMENT.sub("", _QUOTED.sub("", line))
    return sum(1 if mark in "[{" else -1 for mark in _MARKS.findall(bare))


def _quoted(reading: _Reading, body: str) -> Iterator[Entry]:
    start = reading.at
    text = body
    reading.at += 1
    match = _QUOTED.match(text)
    while match is None and reading.at < len(reading.lines) and reading.at - start < 200:
        text += "\n" + reading.lines[reading.at].strip()
        reading.at += 1
        match = _QUOTED.match(text)
    if match is None:
        reading.at = start + 1
        return
    column = reading.lines[start].find(body) + 1
    value = unquoted(match[0])
    yield Entry(reading.keys(), value, start + 1, column, reading.document, quoted=True, block="\n" in value)


def _plain(reading: _Reading, body: str, indent: int) -> Entry:
    start = reading.at
    column = reading.lines[start].rfind(body) + 1
    parts = [_COMMENT.sub("", body).rstrip()]
    reading.at += 1
    while reading.at < len(reading.lines) and len(parts) < 200:
        line = reading.lines[reading.at]
        body = line.strip()
        deeper = len(line) - len(line.lstrip(" ")) > indent
        if not body or not deeper or body[0] in "-#" or _KEY.match(body) or body.startswith("{{"):
            break
        parts.append(_COMMENT.sub("", body).rstrip())
        reading.at += 1
    return Entry(reading.keys(), " ".join(parts), start + 1, column, reading.document)
