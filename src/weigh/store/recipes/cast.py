"""A floating-point tensor in another floating-point type, rounded to nearest, ties to even (IEEE 754, 4.3.1).

Every step has one result by the standard, so any machine computes the same bits. Not-a-number values, of
which the standard leaves the bits open, are made with integers, as PyTorch's processor code makes them.
"""

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from weigh.core.errors import MalformedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from weigh.store.recipes.sources import Sources

BLOCK = 64 * 1024
"""Values that are worked on at a time, so that they stay in the processor's cache."""
FLOAT_BYTES = {"F16": 2, "BF16": 2, "F32": 4, "F64": 8}
"""Types that a recipe computes with, and the bytes of a value."""
FUSED = "F32+F64"
"""How operations call single precision with fused multiplication and addition."""
_KINDS: dict[str, Any] = {"F16": np.float16, "F32": np.float32, "F64": np.float64}


class Cast(msgspec.Struct, frozen=True, tag="cast", array_like=True, forbid_unknown_fields=True):
    """The one source in another type.

    Attributes:
        source: type of the source.
        target: type that is made.
    """

    source: str
    target: str

    def check(self, sources: "Sources", end: int) -> None:
        """Refuse what cannot be computed up to byte `end` of the result."""
        check_floats(self.source, self.target)
        check_count(sources, 1)
        check_within(end // FLOAT_BYTES[self.target] * FLOAT_BYTES[self.source], sources.size(0))

    def range(self, sources: "Sources", begin: int, end: int) -> memoryview:
        """The bytes from `begin` to before `end` of the result."""
        wide, narrow = FLOAT_BYTES[self.target], FLOAT_BYTES[self.source]
        data = sources.read(0, begin // wide * narrow, end // wide * narrow)
        return cast(data, self.source, self.target)


def check_floats(*dtypes: str) -> None:
    """Refuse types that no recipe computes with."""
    if not FLOAT_BYTES.keys() >= set(dtypes):
        raise MalformedError("a stored recipe is damaged", why=f"it computes with {dtypes!r}")


def check_count(sources: "Sources", wanted: int) -> None:
    """Refuse another number of sources."""
    if len(sources) != wanted:
        raise MalformedError("a stored recipe is damaged", why=f"{len(sources)} sources instead of {wanted}")


def check_within(end: int, size: int) -> None:
    """Refuse to read beyond a source."""
    if not 0 <= end <= size:
        raise MalformedError("a stored recipe is damaged", why=f"it reads byte {end} of {size}")


def cast(data: memoryview, source: str, target: str) -> memoryview:
    """Values of one type in another one.

    Args:
        data: whole values, little-endian.
        source: their type, a key of FLOAT_BYTES.
        target: the type wanted.
    """
    if source == target:
        return data
    # Between the two 8-byte steps PyTorch goes through single precision, and so does this.
    return stored(singles(data, source) if target != "F64" else doubles(data, source), target)


def singles(data: memoryview, dtype: str) -> "NDArray[np.float32]":
    """Values as single precision; rounded where they were double."""
    if dtype == "BF16":
        return (np.frombuffer(data, np.uint16).astype(np.uint32) << np.uint32(16)).view(np.float32)
    values = np.frombuffer(data, _KINDS[dtype])
    if dtype == "F32":
        return values
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        made = values.astype(np.float32)
    if np.isnan(made).any():
        made.view(np.uint32)[np.isnan(made)] = 0x7FFFFFFF
    return made


def doubles(data: memoryview, dtype: str) -> "NDArray[np.float64]":
    """Values as double precision, which holds all of them."""
    if dtype == "F64":
        return np.frombuffer(data, np.float64)
    with np.errstate(invalid="ignore"):
        return singles(data, dtype).astype(np.float64)


def stored(values: "NDArray[Any]", dtype: str) -> memoryview:
    """Computed values as the bytes of a type, rounded once from single precision."""
    if dtype == "F64":
        return np.ascontiguousarray(values, np.float64).data.cast("B")
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        single = np.ascontiguousarray(values, np.float32)
        if dtype == "F32":
            return single.data.cast("B")
        made = _brain(single) if dtype == "BF16" else _half(single)
    return made.data.cast("B")


def _brain(values: "NDArray[np.float32]") -> "NDArray[np.uint16]":
    bits = values.view(np.uint32).reshape(-1)
    out = np.empty(len(bits), np.uint16)
    buffer = np.empty(min(BLOCK, len(bits)), np.uint32)
    for begin in range(0, len(bits), BLOCK):
        part = bits[begin : begin + BLOCK]
        work = buffer[: len(part)]
        np.right_shift(part, np.uint32(16), out=work)
        np.bitwise_and(work, np.uint32(1), out=work)
        np.add(work, np.uint32(0x7FFF), out=work)
        np.add(work, part, out=work)
        np.right_shift(work, np.uint32(16), out=work)
        out[begin : begin + BLOCK] = work
        if np.isnan(part.view(np.float32)).any():
            out[begin : begin + BLOCK][np.isnan(part.view(np.float32))] = 0xFFFF
    return out


def _half(values: "NDArray[np.float32]") -> "NDArray[np.uint16]":
    out = values.reshape(-1).astype(np.float16).view(np.uint16)
    odd = np.isnan(values.reshape(-1))
    if odd.any():
        bits = values.reshape(-1).view(np.uint32)[odd]
        sign = (bits >> np.uint32(16)) & np.uint32(0x8000)
        out[odd] = sign | np.uint32(0x7E00) | ((bits >> np.uint32(13)) & np.uint32(0x01FF))
    return out


def rounded(values: "NDArray[Any]", dtype: str) -> "NDArray[Any]":
    """Values rounded to a type, for going on with: single precision for the types of two bytes."""
    if dtype in {"F32", "F64"}:
        return np.asarray(values, _KINDS[dtype])
    return singles(stored(values, dtype), dtype)
