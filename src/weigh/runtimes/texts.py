"""Texts on their way to a worker: in pieces that fit a frame."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from weigh.core.errors import UsageError

if TYPE_CHECKING:
    from weigh.runtimes.wire import Array

CHUNK_TEXTS = 1024
CHUNK_BYTES = 16 << 20
MAX_TEXT_BYTES = 4 << 20
"""A longer text is refused: no model reads that much, and a column of such texts is a mistake."""


def chunks(texts: Sequence[str]) -> Iterator[list[bytes]]:
    """UTF-8 of the texts, in order, in pieces that go in one request.

    Raises:
        UsageError: a row is no text, or longer than 4 MiB; the row is counted from 0.
    """
    piece: list[bytes] = []
    size = 0
    for row, text in enumerate(texts):
        data = _encoded(text, row)
        if piece and (len(piece) >= CHUNK_TEXTS or size + len(data) > CHUNK_BYTES):
            yield piece
            piece, size = [], 0
        piece.append(data)
        size += len(data)
    if piece:
        yield piece


def _encoded(text: object, row: int) -> bytes:
    if not isinstance(text, str):
        raise UsageError(f"row {row} holds no text", why=f"it is a {type(text).__name__}")
    # A lone surrogate has no UTF-8; it becomes a question mark, as a reader of the file would show it.
    data = text.encode("utf-8", errors="replace")
    if len(data) > MAX_TEXT_BYTES:
        raise UsageError(
            f"the text of row {row} is too long", why=f"{len(data)} bytes, limit {MAX_TEXT_BYTES}"
        )
    return data


def pack_texts(texts: Sequence[bytes]) -> dict[str, "Array"]:
    """One run of bytes (U8) and where each text ends in it (I64)."""
    import numpy as np

    ends = np.cumsum([len(t) for t in texts], dtype=np.int64)
    return {"text": np.frombuffer(b"".join(texts), np.uint8), "ends": ends}
