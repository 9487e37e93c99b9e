"""Texts as two arrays: their UTF-8 bytes end to end, and where each begins."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import MalformedError

BYTES, OFFSETS = ".bytes", ".offsets"


def pack_texts(texts: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """(bytes, offsets): text i is UTF-8 in bytes[offsets[i]:offsets[i + 1]]."""
    # surrogatepass: a hostile label or token may hold half a pair, and must come back as it was.
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    offsets = np.cumsum([0, *(len(e) for e in encoded)], dtype=np.int64)
    return np.frombuffer(b"".join(encoded), dtype=np.uint8), offsets


def unpack_texts(data: NDArray[Any], offsets: NDArray[Any], *, name: str = "texts") -> list[str]:
    """The texts of `pack_texts`.

    Raises:
        MalformedError: the offsets do not fit the bytes, or a text is not UTF-8.
    """
    raw = np.asarray(data, dtype=np.uint8).tobytes()
    ends = np.asarray(offsets, dtype=np.int64)
    if not ends.size or ends[0] != 0 or ends[-1] != len(raw) or (np.diff(ends) < 0).any():
        raise malformed(f"the offsets of {name} do not fit its bytes")
    try:
        return [raw[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(ends.tolist())]
    except UnicodeDecodeError as error:
        raise malformed(f"{name} is not UTF-8") from error


def pack(name: str, texts: Sequence[str]) -> dict[str, NDArray[Any]]:
    """`name.bytes`, uint8, and `name.offsets`, int64 [n + 1], the last being the number of bytes."""
    data, offsets = pack_texts(texts)
    return {name + BYTES: data, name + OFFSETS: offsets}


def unpack(name: str, arrays: Mapping[str, NDArray[Any]]) -> list[str]:
    """The texts of `pack`.

    Raises:
        MalformedError: arrays are missing, do not fit each other, or hold no UTF-8.
    """
    data = numbers(name + BYTES, arrays, "uint8", dimensions=1)
    return unpack_texts(data, numbers(name + OFFSETS, arrays, "int64", dimensions=1), name=name)


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
