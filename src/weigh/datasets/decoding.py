"""Bytes of a data file → its lines, checked, each with its number.

A line ends with LF, CRLF or CR. Bytes that are not text in the stated encoding are found at their line;
so are NUL characters, which mean that the encoding is another one. A line is bounded in length, so a
file without line ends cannot fill the memory.
"""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from weigh.core.errors import UsageError
from weigh.datasets.wording import shown

LONGEST_LINE = 4_000_000
"""Characters of one line."""

ENCODINGS = {"utf-8": "utf-8-sig", "latin-1": "latin-1", "utf-16": "utf-16", "cp1252": "cp1252"}
"""Encodings a data set may state, with Python's codec; a byte order mark is never part of the text."""

_MARK = "weigh.datasets.undecodable"
_MARKED = "\udc80"


def _mark(error: UnicodeError) -> tuple[str, int]:
    """Stand a lone surrogate, which no codec yields, where bytes are no text."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _MARKED, error.end


codecs.register_error(_MARK, _mark)


def open_text(path: Path, name: str, encoding: str) -> TextIO:
    """Open a data file for `lines`.

    Args:
        path: where it lies.
        name: how messages call it.
        encoding: one of `ENCODINGS`.

    Raises:
        UsageError: an unknown encoding, or a file that cannot be opened.
    """
    if encoding not in ENCODINGS:
        raise UsageError(
            f"cannot read {shown(name)}: unknown encoding {shown(encoding)!r}",
            why=f"the encodings are: {', '.join(ENCODINGS)}",
        )
    try:
        codec = _utf16(path) if encoding == "utf-16" else ENCODINGS[encoding]
        return path.open(encoding=codec, errors=_MARK, newline="")
    except OSError as error:
        raise UsageError(f"cannot read {shown(name)}", why=error.strerror or type(error).__name__) from error


def _utf16(path: Path) -> str:
    """Python's utf-16 wants a byte order mark; without one the bytes are little-endian, as Windows writes."""
    with path.open("rb") as file:
        marked = file.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
    return "utf-16" if marked else "utf-16-le"


def lines(stream: TextIO, name: str, encoding: str) -> Iterator[str]:
    """Every line with its line end.

    Raises:
        UsageError: undecodable bytes, a NUL, or a line beyond `LONGEST_LINE`; it names file and line.
    """
    number = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise UsageError(
                f"cannot read {shown(name)}: line {number} is too long",
                why=f"it has more than {LONGEST_LINE:,} characters",
                hint="one row stands on one line, or inside quotes",
            )
        if not line.isascii() and _MARKED in line:
            raise UsageError(
                f"cannot read {shown(name)}: line {number} is not {encoding}",
                why=f"bytes after character {line.index(_MARKED)} of the line are no {encoding} text",
                hint=f"state the file's encoding: {', '.join(e for e in ENCODINGS if e != encoding)}",
            )
        if "\0" in line:
            raise UsageError(
                f"cannot read {shown(name)}: line {number} holds a NUL character",
                why=f"text in {encoding} has none",
                hint="the encoding may be utf-16, or the file is not text",
            )
        yield line
