"""The text in a model's files: cards, configurations, vocabularies, and what binary files state."""

import codecs
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from weigh.core.ports import ModelViewPort, RangeReader

MOST_BYTES = 64 * 1024 * 1024
"""Bytes of one text file that is read; a larger one is named as not read."""

MOST_BYTES_TOGETHER = 256 * 1024 * 1024

_CHUNK = 1024 * 1024
_SNIFFED = 64 * 1024
MOST_LINE = 1_000_000
"""Characters of one line; a longer one is cut into several."""


@dataclass(frozen=True, slots=True)
class ModelText:
    """One file.

    Attributes:
        path: inside the snapshot; hostile.
        batches: makes its lines, some at a time; None when it was not read.
        reason: why it was not read, "" when it was.
    """

    path: str
    batches: Callable[[], Iterator[list[str]]] | None
    reason: str = ""


def model_texts(view: ModelViewPort, read: Callable[[str], RangeReader]) -> Iterator[ModelText]:
    """Every file: a text file by its lines, any other by the facts its format's reader took from it."""
    left = MOST_BYTES_TOGETHER
    for facts in view.all_facts():
        reader = read(facts.path)
        if b"\0" in reader.read(0, _SNIFFED):
            told = [line for fact in facts.metadata for line in _lines(fact.value)]
            yield ModelText(facts.path, lambda told=told: iter((told,)))  # type: ignore[misc]
        elif reader.size > min(MOST_BYTES, left):
            yield ModelText(facts.path, None, f"it has {reader.size} bytes, too many to read")
        else:
            left -= reader.size
            yield ModelText(facts.path, lambda reader=reader: _text(reader))  # type: ignore[misc]


def _lines(value: object) -> list[str]:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text.splitlines()


def _text(reader: RangeReader) -> Iterator[list[str]]:
    """The lines of a text file, about a megabyte at a time; bytes that are no text are replaced."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
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
