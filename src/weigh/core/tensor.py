"""TensorInfo: one way to describe a tensor, whatever file it lies in."""

import math
from dataclasses import dataclass
from types import MappingProxyType

DTYPE_BITS = MappingProxyType(
    {
        "BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "U32": 32, "I32": 32, "U64": 64, "I64": 64,
        "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "F4": 4,
        "F6_E2M3": 6, "F6_E3M2": 6, "U4": 4, "I4": 4,
        "F16": 16, "BF16": 16, "F32": 32, "F64": 64, "C64": 64, "C128": 128,
        "STRING": 0, "BLOCKS": 0, "UNKNOWN": 0,
    }
)  # fmt: skip
"""Bits an element takes; names as safetensors writes them. 0: not fixed by the type (BLOCKS: several values
are quantised together, and the tensor's `encoding` says how)."""


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """A tensor's place and form; its values are not read.

    Attributes:
        name: as the file writes it (hostile text).
        dtype: a key of DTYPE_BITS.
        shape: dimensions, outermost first; -1 where the file leaves one open.
        file: path inside the snapshot.
        offset: first byte of the payload in `file`; -1 where it is not one contiguous range.
        nbytes: bytes of the payload in `file`.
        encoding: "" for plain little-endian values in row-major order; else how the payload is laid out,
            e.g. `deflate`, `big-endian`, `column-major`, `q4_1: 32 values in 20 bytes`.
        strides: values between neighbours in each dimension; empty when row-major and without gaps.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    file: str
    offset: int
    nbytes: int
    encoding: str = ""
    strides: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """Number of elements; 0 when a dimension is open."""
        return 0 if any(d < 0 for d in self.shape) else math.prod(self.shape)
