"""The text in a model's files: cards, configurations, vocabularies, and what binary files state."""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from weigh.core.facts import FileFacts
from weigh.core.ports import ModelViewPort, RangeReader

MOST_BYTES = 64 * 1024 * 1024
"""Bytes of one text file that is read; a larger one is named as not read."""

MOST_BYTES_TOGETHER = 256 * 1024 * 1024

# Longest first: the mark of UTF-32 begins like that of UTF-16. The decoders take the mark off.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_CHUNK = 1024 * 1024
_SNIFFED = 64 * 1024
MOST_LINE = 1_000_000
"""Characters of one line; a longer one is cut into several."""


@dataclass(frozen=True, slots=True)
class ModelText:
    """One file.

    Attributes:
        path: inside the snapshot; hostile.
        batches: makes lines of it, some at a time; None when it was not read.
        reason: what of it was not read and why, "" when it was read whole.
    """

    path: str
    batches: Callable[[], Iterator[list[str]]] | None
    reason: str = ""


def model_texts(view: ModelViewPort, read: Callable[[str], RangeReader]) -> Iterator[ModelText]:
    """Every file: a text file by its lines, any other by the facts its format's reader took from it."""
    left = MOST_BYTES_TOGETHER
    for facts in view.all_facts():
        reader = read(facts.path)
        encoding = encoding_of(reader.read(0, _SNIFFED))
        if encoding is None:
            yield _stated(facts)
        elif reader.size > min(MOST_BYTES, left):
            yield ModelText(facts.path, None, f"it has {reader.size} bytes, too many to read")
        else:
            left -= reader.size
            yield ModelText(facts.path, partial(_text, reader, encoding))


def encoding_of(begin: bytes) -> str | None:
    """Return the encoding of a text that begins like this; None where it is no text.

    A byte order mark names UTF-16 and UTF-32 when what follows is valid; else NUL bytes are no text, nor are
    control characters among bytes that are not UTF-8. What else is not UTF-8 is read with replacements.
    """
    for mark, encoding in _MARKS:
        if begin.startswith(mark):
            return encoding if _decodes(begin, encoding) else None
    if b"\0" in begin:
        return None
    return None if _CONTROL.search(begin) and not _decodes(begin, "utf-8") else "utf-8"


def _decodes(begin: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(begin)
    except UnicodeDecodeError:
        return False
    return True


def _stated(facts: FileFacts) -> ModelText:
    """A file that is no text, by what it and what lies inside it state about themselves."""
    told = [line for inner in facts.walk() for fact in inner.metadata for line in _lines(fact.value)]
    if not told:
        return ModelText(facts.path, None, "it is no text, and nothing it states about itself could be read")
    return ModelText(
        facts.path, lambda: iter((told,)), "it is no text: only what it states about itself was looked at"
    )


def _lines(value: object) -> list[str]:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text.splitlines()


def _text(reader: RangeReader, encoding: str) -> Iterator[list[str]]:
    """The lines of a text file, about a megabyte at a time; bytes that are no text are replaced."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    rest = ""
    for offset in range(0, reader.size, _CHUNK):
        text = rest + decoder.decode(reader.read(offset, _CHUNK), offset + _CHUNK >= reader.size)
        whole, mark, rest = text.rpartition("\n")
        if not mark and len(rest) < MOST_LINE:
            continue
        if not mark:
            # What stands across the cut is lost; a line this long is a list of numbers or of words.
            whole, rest = rest, ""
        yield whole.split("\n")
    if rest:
        yield [rest]
