"""A matrix plus the product of two thin ones: a merged adapter, or low-rank structure that was found.

`W + scale * (B @ A)` (Hu et al. 2021, LoRA, equation 3). The product is a sum of rank-one matrices,
elementwise and in the order of the ranks: a matrix library would choose its own order, and with it other last
bits. `FUSED` is the order that the usual libraries take for ranks below their block size, one fused
multiply and add in single precision for each rank; the product of two single-precision numbers is exact in
double precision, so this needs no such instruction.
"""

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np

from weigh.store.recipes.cast import (
    BLOCK,
    FLOAT_BYTES,
    FUSED,
    check_count,
    check_floats,
    check_within,
    doubles,
    rounded,
    stored,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from weigh.store.recipes.sources import Sources

MOST_RANK = 1024

_Length = Annotated[int, msgspec.Meta(ge=1, le=1 << 31)]


class LowRank(msgspec.Struct, frozen=True, tag="low-rank", array_like=True, forbid_unknown_fields=True):
    """Sources in this order: the matrix, the left factor (B), the right factor (A).

    Attributes:
        rows: of the matrix.
        columns: of the matrix, all dimensions after the first one together.
        rank: of the product.
        scale: of the product.
        dtypes: types of the three sources.
        target: type that is made.
        working: what the product is rounded to before it is added, F64 for not at all; FUSED is F32 with a
            product that is rounded after every rank.
        left_turned: the left factor is kept as (rank, rows), not (rows, rank).
        right_turned: the right factor is kept as (columns, rank), not (rank, columns).
    """

    rows: _Length
    columns: _Length
    rank: Annotated[int, msgspec.Meta(ge=1, le=MOST_RANK)]
    scale: float
    dtypes: tuple[str, str, str]
    target: str
    working: str
    left_turned: bool = False
    right_turned: bool = False

    def check(self, sources: "Sources", end: int) -> None:
        """Refuse what cannot be computed up to byte `end` of the result."""
        check_floats(self.target, "F32" if self.working == FUSED else self.working, *self.dtypes)
        check_count(sources, 3)
        base, left, right = (FLOAT_BYTES[d] for d in self.dtypes)
        count = self.rows * self.columns
        check_within(end, count * FLOAT_BYTES[self.target])
        check_within(count * base, sources.size(0))
        check_within(self.rows * self.rank * left, sources.size(1))
        check_within(self.rank * self.columns * right, sources.size(2))

    def range(self, sources: "Sources", begin: int, end: int) -> memoryview:
        """The bytes from `begin` to before `end` of the result."""
        width, narrow = FLOAT_BYTES[self.target], FLOAT_BYTES[self.dtypes[0]]
        first, last = begin // width, end // width
        base = sources.read(0, first * narrow, last * narrow)
        top, bottom = first // self.columns, -(-last // self.columns)
        left, right = self._left(sources, top, bottom), self._right(sources)
        out = np.empty(end - begin, np.uint8)
        height = max(1, BLOCK // self.columns)
        for row in range(top, bottom, height):
            stop = min(row + height, bottom)
            a = max(row * self.columns, first)
            b = min(stop * self.columns, last)
            product = self._product(left[:, row - top : stop - top], right).reshape(-1)
            product = product[a - row * self.columns : b - row * self.columns]
            part = doubles(base[(a - first) * narrow : (b - first) * narrow], self.dtypes[0])
            made = stored(self.computed(part, product), self.target)
            out[(a - first) * width : (b - first) * width] = np.frombuffer(made, np.uint8)
        return out.data

    def computed(self, base: "NDArray[Any]", product: "NDArray[Any]") -> "NDArray[Any]":
        """The sum of the matrix and the product of the factors, all of it in double precision before."""
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            if self.working == "F64":
                return base + product * self.scale
            # Single precision and below: each of the three steps is rounded, as the usual code does it.
            working = "F32" if self.working == FUSED else self.working
            step = rounded(product, working)
            step = rounded(step * step.dtype.type(self.scale), working)
            return rounded(base.astype(step.dtype) + step, working)

    def _product(self, left: "NDArray[Any]", right: "NDArray[Any]") -> "NDArray[Any]":
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            total: NDArray[Any] = left[0][:, None] * right[0]
            term = np.empty_like(total)
            single = np.empty(total.shape, np.float32)
            for place in range(1, self.rank):
                if self.working == FUSED:
                    np.copyto(single, total, casting="same_kind")
                    np.copyto(total, single)
                np.multiply(left[place][:, None], right[place], out=term)
                np.add(total, term, out=total)
        return total

    def _left(self, sources: "Sources", top: int, bottom: int) -> "NDArray[Any]":
        """The left factor of some rows, as (rank, rows)."""
        wide = FLOAT_BYTES[self.dtypes[1]]
        if self.left_turned:
            whole = doubles(sources.read(1, 0, self.rank * self.rows * wide), self.dtypes[1])
            return np.ascontiguousarray(whole.reshape(self.rank, self.rows)[:, top:bottom])
        data = sources.read(1, top * self.rank * wide, bottom * self.rank * wide)
        return np.ascontiguousarray(doubles(data, self.dtypes[1]).reshape(bottom - top, self.rank).T)

    def _right(self, sources: "Sources") -> "NDArray[Any]":
        """The right factor, as (rank, columns)."""
        wide = FLOAT_BYTES[self.dtypes[2]]
        whole = doubles(sources.read(2, 0, self.rank * self.columns * wide), self.dtypes[2])
        if self.right_turned:
            return np.ascontiguousarray(whole.reshape(self.columns, self.rank).T)
        made: NDArray[Any] = whole.reshape(self.rank, self.columns)
        return made
