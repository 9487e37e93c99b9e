"""Lists of strings as two arrays, so that vocabularies and category names need no pickle."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import MalformedError


def pack(strings: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return (bytes, offsets): string i is UTF-8 in bytes[offsets[i]:offsets[i + 1]]."""
    # surrogatepass: a hostile label or token may hold half a pair, and must come back as it was.
    encoded = [text.encode("utf-8", "surrogatepass") for text in strings]
    offsets = np.zeros(len(encoded) + 1, dtype=np.int64)
    offsets[1:] = np.cumsum([len(one) for one in encoded], dtype=np.int64)
    return np.frombuffer(b"".join(encoded), dtype=np.uint8).copy(), offsets


def unpack(data: NDArray[Any], offsets: NDArray[Any]) -> list[str]:
    """Return the strings of `pack`.

    Raises:
        MalformedError: when the offsets do not fit the bytes or a string is not UTF-8.
    """
    ends = np.asarray(offsets, dtype=np.int64)
    raw = np.asarray(data, dtype=np.uint8).tobytes()
    if ends.size == 0 or ends[0] != 0 or ends[-1] != len(raw) or (np.diff(ends) < 0).any():
        raise MalformedError("a packed list of strings is broken", why="its offsets do not fit its bytes")
    try:
        return [
            raw[start:end].decode("utf-8", "surrogatepass")
            for start, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
        ]
    except UnicodeDecodeError as error:
        raise MalformedError("a packed list of strings is broken", why=str(error)) from error
