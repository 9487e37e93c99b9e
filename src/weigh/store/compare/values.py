"""Payload bytes as numbers, for every type whose numbers can be told from the bytes alone.

Sources: safetensors' list of types; IEEE 754 (F16, F32, F64); the OCP 8-bit floating point specification
(E4M3, E5M2) and its FNUZ variants; ggml's block layouts (ggml-common.h: q4_0, q4_1, q5_0, q5_1, q8_0).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from weigh.core.tensor import DTYPE_BITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PLAIN: dict[str, str] = {
    "F16": "f2", "F32": "f4", "F64": "f8", "C64": "f4", "C128": "f8", "BOOL": "u1", "U8": "u1", "I8": "i1",
    "U16": "u2", "I16": "i2", "U32": "u4", "I32": "i4", "U64": "u8", "I64": "i8",
}  # fmt: skip
_WIDE = frozenset(("F64", "C128", "U32", "I32", "U64", "I64"))
_SIGNED_MAGNITUDE = frozenset(
    ("F16", "BF16", "F32", "F64", "C64", "C128", "F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ")
)
_ORDERS = frozenset(("big-endian", "column-major"))


@dataclass(frozen=True, slots=True)
class Layout:
    """How numbers lie in a payload.

    Attributes:
        dtype: a key of DTYPE_BITS, or the name of a block type.
        values: numbers in one unit; 1 for plain types, the values of a block else.
        size: bytes of one unit.
        numbers: bytes of whole units as float32 or float64.
        wide: the numbers need float64.
        bits: numpy type of the integers that number the values of the type, "" for blocks.
        signed_magnitude: those integers are sign and magnitude.
        swapped: the bytes of a unit stand the other way round.
    """

    dtype: str
    values: int
    size: int
    numbers: "Callable[[NDArray[np.uint8]], NDArray[Any]]"
    wide: bool
    bits: str
    signed_magnitude: bool
    swapped: bool = False


def layout_of(dtype: str, encoding: str = "") -> Layout | None:
    """How to read a payload of this type, None when its numbers cannot be told.

    Args:
        dtype: a key of DTYPE_BITS.
        encoding: as `TensorInfo` has it. Words that change what the bytes stand for without changing how they
            lie (a scale beside them) are for the caller to note.
    """
    if dtype == "BLOCKS":
        return _block_layout(encoding)
    words = {word.strip() for word in encoding.split(",") if word.strip()}
    if words & {"deflate", "packed", "opaque"} or any("slice" in word or "chunk" in word for word in words):
        return None
    found = _layout(dtype)
    if found is not None and "big-endian" in words and found.size > 1:
        return _swapped(found)
    return found


def is_plain(encoding: str) -> bool:
    """Whether the numbers in the bytes are the values themselves."""
    return all(word.strip() in _ORDERS for word in encoding.split(",") if word.strip())


@cache
def _layout(dtype: str) -> Layout | None:
    size = DTYPE_BITS.get(dtype, 0) // 8
    signed = dtype in _SIGNED_MAGNITUDE
    values = 1
    if dtype in {"C64", "C128"}:
        # The two parts of a complex number are two numbers here; a unit is one part.
        size //= 2
    if dtype == "BF16":
        return Layout(dtype, 1, 2, _bf16, False, "i2", signed)
    if dtype in _F8:
        table = _eight_bits(dtype)
        return Layout(dtype, 1, 1, lambda raw: table[raw], False, "i1", signed)
    if dtype not in _PLAIN:
        return None
    kind = "<" + _PLAIN[dtype]
    bits = f"i{size}" if signed or dtype.startswith("I") else f"u{size}"
    made = np.dtype("f8" if dtype in _WIDE else "f4")

    def numbers(raw: "NDArray[np.uint8]") -> "NDArray[Any]":
        return raw.view(kind).astype(made, copy=False)

    return Layout(dtype, values, size, numbers, dtype in _WIDE, bits, signed)


def _swapped(plain: Layout) -> Layout:
    def numbers(raw: "NDArray[np.uint8]") -> "NDArray[Any]":
        return plain.numbers(native(raw, plain.size))

    return Layout(
        plain.dtype, 1, plain.size, numbers, plain.wide, plain.bits, plain.signed_magnitude, swapped=True
    )


def native(raw: "NDArray[np.uint8]", size: int) -> "NDArray[np.uint8]":
    """The bytes of each unit turned round."""
    return np.ascontiguousarray(raw.reshape(-1, size)[:, ::-1]).reshape(-1)


def _bf16(raw: "NDArray[np.uint8]") -> "NDArray[Any]":
    wide = raw.view("<u2").astype(np.uint32)
    np.left_shift(wide, np.uint32(16), out=wide)
    return wide.view(np.float32)


_F8 = {"F8_E4M3": (4, 7, True, False), "F8_E5M2": (5, 15, False, False),
       "F8_E4M3FNUZ": (4, 8, True, True), "F8_E5M2FNUZ": (5, 16, False, True)}  # fmt: skip
"""Bits of the exponent, its bias, whether there is no infinity, whether NaN is the negative zero only."""


def _eight_bits(dtype: str) -> "NDArray[np.float32]":
    exponent_bits, bias, finite, fnuz = _F8[dtype]
    mantissa_bits = 7 - exponent_bits
    codes = np.arange(256)
    exponent = (codes >> mantissa_bits) & ((1 << exponent_bits) - 1)
    mantissa = codes & ((1 << mantissa_bits) - 1)
    fraction = mantissa / (1 << mantissa_bits)
    made = np.where(
        exponent == 0, fraction * 2.0 ** (1 - bias), (1 + fraction) * 2.0 ** (exponent.astype(float) - bias)
    )
    made = np.where(codes & 0x80, -made, made)
    top = exponent == (1 << exponent_bits) - 1
    if fnuz:
        made[0x80] = np.nan
    elif finite:
        made[top & (mantissa == (1 << mantissa_bits) - 1)] = np.nan
    else:
        made = np.where(top, np.where(mantissa == 0, np.where(codes & 0x80, -np.inf, np.inf), np.nan), made)
    return made.astype(np.float32)


def _halves(block: "NDArray[np.uint8]", at: int) -> "NDArray[np.float32]":
    return np.ascontiguousarray(block[:, at : at + 2]).view("<f2").astype(np.float32)


def _nibbles(packed: "NDArray[np.uint8]") -> "NDArray[np.float32]":
    return np.concatenate((packed & 15, packed >> 4), axis=1).astype(np.float32)


def _fifths(block: "NDArray[np.uint8]", at: int) -> "NDArray[np.float32]":
    high = np.unpackbits(np.ascontiguousarray(block[:, at : at + 4]), axis=1, bitorder="little")
    return _nibbles(block[:, at + 4 : at + 20]) + np.float32(16) * high


_BLOCKS: dict[str, tuple[int, int, Callable[[Any], Any]]] = {
    "q8_0": (32, 34, lambda b: _halves(b, 0) * b[:, 2:].view(np.int8)),
    "q4_0": (32, 18, lambda b: _halves(b, 0) * (_nibbles(b[:, 2:]) - 8)),
    "q4_1": (32, 20, lambda b: _halves(b, 0) * _nibbles(b[:, 4:]) + _halves(b, 2)),
    "q5_0": (32, 22, lambda b: _halves(b, 0) * (_fifths(b, 2) - 16)),
    "q5_1": (32, 24, lambda b: _halves(b, 0) * _fifths(b, 4) + _halves(b, 2)),
}


def _block_layout(encoding: str) -> Layout | None:
    name, _, rest = encoding.partition(":")
    if name not in _BLOCKS or "big-endian" in rest:
        return None
    values, size, decode = _BLOCKS[name]

    def numbers(raw: "NDArray[np.uint8]") -> "NDArray[Any]":
        made: NDArray[Any] = decode(raw.reshape(-1, size))
        return made.reshape(-1)

    return Layout(name, values, size, numbers, False, "", False)


def rounded(values: "NDArray[Any]", dtype: str) -> "NDArray[Any] | None":
    """The bits that these numbers have once they are rounded to nearest, ties to even, in this type.

    None where weigh knows no rounding to the type. NaN keeps no payload.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if dtype in {"F16", "F32", "F64"}:
            return values.astype(f"<{_PLAIN[dtype]}").view(f"<u{DTYPE_BITS[dtype] // 8}")
        if dtype == "BF16":
            # Only float32 is rounded once; from float64 it would be rounded twice.
            if values.dtype != np.float32:
                return None
            bits = values.view(np.uint32)
            odd = (bits >> np.uint32(16)) & np.uint32(1)
            return ((bits + np.uint32(0x7FFF) + odd) >> np.uint32(16)).astype(np.uint16)
    return None


_LEAST = {"F16": -14, "F8_E4M3": -6, "F8_E5M2": -14, "F8_E4M3FNUZ": -7, "F8_E5M2FNUZ": -15, "F64": -1022}
"""Exponent of the smallest normal number, where it is not that of float32."""


def spacing(values: "NDArray[Any]", dtype: str) -> "NDArray[np.float64]":
    """How far the next larger number of the type lies from each of these; 0 where it is not known."""
    mantissa = {"F64": 52, "C128": 52, "F32": 23, "C64": 23, "F16": 10, "BF16": 7,
                "F8_E4M3": 3, "F8_E5M2": 2, "F8_E4M3FNUZ": 3, "F8_E5M2FNUZ": 2}.get(dtype)  # fmt: skip
    magnitudes = np.abs(values.astype(np.float64))
    if mantissa is None:
        return np.ones_like(magnitudes) if dtype[:1] in {"I", "U"} else np.zeros_like(magnitudes)
    least = _LEAST.get(dtype, -126)
    _, exponents = np.frexp(np.where(np.isfinite(magnitudes), magnitudes, 0.0))
    made: NDArray[np.float64] = np.ldexp(1.0, np.maximum(exponents - 1, least) - mantissa)
    return made
