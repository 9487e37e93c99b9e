"""A floating-point tensor in fewer bits, as the usual tools round it.

`q8_0` is GGUF's: blocks of 32 values as a half-precision scale and 32 signed bytes (ggml,
`quantize_row_q8_0_ref`). Whole bytes with one scale a row or a tensor are what ONNX Runtime's and torchao's
weight-only quantisers write. Every step is one elementwise IEEE operation in single precision.
"""

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np

from weigh.core.errors import MalformedError
from weigh.store.recipes.cast import FLOAT_BYTES, check_count, check_floats, check_within, singles, stored

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from weigh.store.recipes.sources import Sources

Q8_VALUES = 32
Q8_BYTES = 34


class Blocks8(msgspec.Struct, frozen=True, tag="q8_0", array_like=True, forbid_unknown_fields=True):
    """GGUF's Q8_0 of the one source.

    Attributes:
        source: its type.
    """

    source: str

    def check(self, sources: "Sources", end: int) -> None:
        """Refuse what cannot be computed up to byte `end` of the result."""
        check_floats(self.source)
        check_count(sources, 1)
        last = -(-end // Q8_BYTES) * Q8_VALUES
        check_within(last * FLOAT_BYTES[self.source], sources.size(0))

    def range(self, sources: "Sources", begin: int, end: int) -> memoryview:
        """The bytes from `begin` to before `end` of the result."""
        top, bottom = begin // Q8_BYTES, -(-end // Q8_BYTES)
        wide = FLOAT_BYTES[self.source] * Q8_VALUES
        data = sources.read(0, top * wide, bottom * wide)
        made = q8_0(singles(data, self.source).reshape(-1, Q8_VALUES))
        return made.reshape(-1)[begin - top * Q8_BYTES : end - top * Q8_BYTES].data


def q8_0(blocks: "NDArray[np.float32]") -> "NDArray[np.uint8]":
    """Blocks of 32 values as Q8_0, of shape (blocks, 34)."""
    with np.errstate(all="ignore"):
        scale = np.abs(blocks).max(axis=1, keepdims=True) / np.float32(127)
        inverse = np.where(scale != 0, np.float32(1) / scale, np.float32(0))
        scaled = blocks * inverse
        # ggml rounds halves away from zero, numpy's rint rounds them to even.
        whole = np.trunc(scaled)
        whole += np.where(np.abs(scaled - whole) >= np.float32(0.5), np.copysign(np.float32(1), scaled), 0)
        out = np.empty((len(blocks), Q8_BYTES), np.uint8)
        out[:, :2] = np.frombuffer(stored(scale, "F16"), np.uint8).reshape(-1, 2)
        out[:, 2:] = _bytes(whole, -128, 127)
    return out


class Bytes8(msgspec.Struct, frozen=True, tag="int8", array_like=True, forbid_unknown_fields=True):
    """One byte a value, `clip(round(w / scale) + zero, low, high)`.

    Attributes:
        source: type of the source.
        row: values that share a scale; 0 for one scale of all.
        scale: that one scale; with `row`, what the largest magnitude of a row is divided by.
        zero: added after rounding.
        low: smallest byte, -128 to 0.
        high: largest byte, 0 to 255.
        inverse: multiplies with 1/scale instead of dividing.
    """

    source: str
    row: Annotated[int, msgspec.Meta(ge=0, le=1 << 22)]
    scale: float
    zero: Annotated[int, msgspec.Meta(ge=-128, le=255)]
    low: Annotated[int, msgspec.Meta(ge=-128, le=0)]
    high: Annotated[int, msgspec.Meta(ge=0, le=255)]
    inverse: bool = False

    def check(self, sources: "Sources", end: int) -> None:
        """Refuse what cannot be computed up to byte `end` of the result."""
        check_floats(self.source)
        check_count(sources, 1)
        last = -(-end // self.row) * self.row if self.row else end
        check_within(last * FLOAT_BYTES[self.source], sources.size(0))
        if not self.scale > 0 or self.high - self.low > 255:
            raise MalformedError("a stored recipe is damaged", why="its scale or its range is none")

    def range(self, sources: "Sources", begin: int, end: int) -> memoryview:
        """The bytes from `begin` to before `end` of the result."""
        row = self.row or 1
        top, bottom = begin // row, -(-end // row)
        wide = FLOAT_BYTES[self.source] * row
        values = singles(sources.read(0, top * wide, bottom * wide), self.source)
        made = self.computed(values).reshape(-1)
        return made[begin - top * row : end - top * row].data

    def computed(self, values: "NDArray[np.float32]") -> "NDArray[np.uint8]":
        """The bytes of whole rows."""
        with np.errstate(all="ignore"):
            scale: Any = np.float32(self.scale)
            if self.row:
                values = values.reshape(-1, self.row)
                scale = np.abs(values).max(axis=1, keepdims=True) / scale
                scale = np.where(scale != 0, scale, np.float32(1))
            scaled = values * (np.float32(1) / scale) if self.inverse else values / scale
            return _bytes(np.rint(scaled) + np.float32(self.zero), self.low, self.high)


def _bytes(values: "NDArray[np.float32]", low: int, high: int) -> "NDArray[np.uint8]":
    whole = np.clip(np.nan_to_num(values, nan=0.0, posinf=high, neginf=low), low, high)
    return whole.astype(np.int16).astype(np.uint8)
