"""Texts as two arrays: their UTF-8 bytes end to end, and where each begins."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import MalformedError

BYTES, OFFSETS = ".bytes", ".offsets"


def pack(name: str, texts: Sequence[str]) -> dict[str, NDArray[Any]]:
    """`name.bytes`, uint8, and `name.offsets`, int64 [n + 1], the last being the number of bytes."""
    encoded = [text.encode() for text in texts]
    offsets = np.cumsum([0, *(len(e) for e in encoded)], dtype=np.int64)
    return {name + BYTES: np.frombuffer(b"".join(encoded), dtype=np.uint8), name + OFFSETS: offsets}


def unpack(name: str, arrays: Mapping[str, NDArray[Any]]) -> list[str]:
    """The texts of `pack`.

    Raises:
        MalformedError: arrays are missing, do not fit each other, or hold no UTF-8.
    """
    data = numbers(name + BYTES, arrays, "uint8", dimensions=1).tobytes()
    offsets = numbers(name + OFFSETS, arrays, "int64", dimensions=1)
    if not offsets.size or offsets[0] != 0 or offsets[-1] != len(data) or (np.diff(offsets) < 0).any():
        raise malformed(f"the offsets of {name} do not fit its bytes")
    try:
        return [data[start:end].decode() for start, end in pairwise(offsets.tolist())]
    except UnicodeDecodeError as error:
        raise malformed(f"{name} is not UTF-8") from error


def numbers(name: str, arrays: Mapping[str, NDArray[Any]], dtype: str, *, dimensions: int) -> NDArray[Any]:
    """One array, if it has this type and number of dimensions.

    Raises:
        MalformedError: it is missing or another one.
    """
    array = arrays.get(name)
    if array is None:
        raise malformed(f"{name} is missing")
    if array.dtype != np.dtype(dtype) or array.ndim != dimensions:
        raise malformed(f"{name} is {array.dtype} with {array.ndim} dimensions")
    return array


def malformed(why: str) -> MalformedError:
    """The error for kept arrays that contradict each other."""
    return MalformedError("kept rows cannot be read", why=why, hint="ask again with --refresh")
