"""PDF files: whether opening one would run a script or start a program.

Source: ISO 32000-1, 7.5 (file structure) and 12.6.4 (actions). Names may be written with `#41` for `A`;
streams are inflated within a bound, since objects may lie in them.
"""

import re
import zlib
from collections.abc import Iterator

from weigh.core.ports import RangeReader

WINDOW = 1024 * 1024
OVERLAP = 4096
MOST_INFLATED = 32 * 1024**2
"""Bytes of streams that are inflated; objects with actions are small and few."""
MOST_OF_ONE = 1024 * 1024

_NAME = re.compile(rb"/((?:[A-Za-z]|#[0-9A-Fa-f]{2}){2,24})(?![A-Za-z#])")
_STREAM = re.compile(rb"stream\r?\n")
_ACTIONS = frozenset({b"JavaScript", b"JS", b"Launch", b"RichMedia"})
_FILES = frozenset({b"EmbeddedFile", b"EmbeddedFiles"})
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")


def actions(reader: RangeReader) -> tuple[set[str], bool]:
    """The names of actions that run something, and whether files are embedded."""
    seen: set[bytes] = set()
    left = MOST_INFLATED
    for at in range(0, reader.size, WINDOW):
        data = reader.read(at, WINDOW + OVERLAP)
        seen |= _names(data)
        for piece in _inflated(reader, data[:WINDOW], at):
            left -= len(piece)
            seen |= _names(piece)
            if left < 0:
                break
        if left < 0:
            break
    return {name.decode("ascii") for name in seen & _ACTIONS}, bool(seen & _FILES)


def _names(data: bytes) -> set[bytes]:
    return {
        _ESCAPE.sub(lambda escape: bytes([int(escape[1], 16)]), match[1]) for match in _NAME.finditer(data)
    } & (_ACTIONS | _FILES)


def _inflated(reader: RangeReader, data: bytes, base: int) -> Iterator[bytes]:
    """The beginning of every deflated stream whose `stream` stands in the window."""
    for match in _STREAM.finditer(data):
        packed = reader.read(base + match.end(), 64 * 1024)
        if packed[:1] in {b"\x78", b"\x58", b"\x48", b"\x68"}:
            try:
                yield zlib.decompressobj().decompress(packed, MOST_OF_ONE)
            except zlib.error:
                continue


def end_of(reader: RangeReader) -> int:
    """One past the last `%%EOF` and the line's end, -2 where there is none."""
    base = max(0, reader.size - WINDOW)
    while True:
        tail = reader.read(base, WINDOW + 8)
        at = tail.rfind(b"%%EOF")
        if at >= 0:
            end = base + at + 5
            after = reader.read(end, 2)
            return end + len(after) - len(after.lstrip(b"\r\n"))
        if not base:
            return -2
        base = max(0, base - WINDOW)
