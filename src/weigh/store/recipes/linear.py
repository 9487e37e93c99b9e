"""A weighted sum of tensors: averages, interpolations and task arithmetic.

The order of the operations and the precision of each are part of the recipe, since a sum of rounded numbers
depends on both. Multiplications and additions are separate and elementwise. `FUSED` stands for code that
multiplies and adds with one rounding: the product of two single-precision numbers is exact in double
precision.
"""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np

from weigh.core.errors import MalformedError
from weigh.store.recipes.cast import (
    BLOCK,
    FLOAT_BYTES,
    FUSED,
    check_count,
    check_floats,
    check_within,
    doubles,
    rounded,
    singles,
    stored,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from weigh.store.recipes.sources import Sources

MOST_TERMS = 16


class Form(StrEnum):
    """In which order a sum is computed.

    SUM: c0*P0 + c1*P1 + …, then divided. SHIFT: P0 + (c1*(P1 - P0) + …), task arithmetic on a base.
    CHAIN: (P0 + c1*(P1 - P0)) + c2*(P2 - P0) + …, one model after the other.
    LERP: P0 + c1*(P1 - P0) below a half and P1 - (P1 - P0)*(1 - c1) from there on, as `torch.lerp` does.
    """

    SUM = "sum"
    SHIFT = "shift"
    CHAIN = "chain"
    LERP = "lerp"


class Linear(msgspec.Struct, frozen=True, tag="linear", array_like=True, forbid_unknown_fields=True):
    """A weighted sum.

    Attributes:
        form: the order of the operations.
        working: precision of each step: F32, F64 or FUSED; F16 and BF16 for code that rounds after each one.
        factors: one a source; that of P0 is only used by SUM.
        dtypes: types of the sources.
        target: type that is made.
        divisor: of the sum, for SUM.
    """

    form: Form
    working: str
    factors: Annotated[tuple[float, ...], msgspec.Meta(min_length=1, max_length=MOST_TERMS)]
    dtypes: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=MOST_TERMS)]
    target: str
    divisor: float = 1.0

    def check(self, sources: "Sources", end: int) -> None:
        """Refuse what cannot be computed up to byte `end` of the result."""
        check_floats("F32" if self.working == FUSED else self.working, self.target, *self.dtypes)
        check_count(sources, len(self.dtypes))
        if len(self.factors) != len(self.dtypes) or (self.form is Form.LERP and len(self.dtypes) != 2):
            raise MalformedError("a stored recipe is damaged", why="its factors do not fit its sources")
        for place, dtype in enumerate(self.dtypes):
            check_within(end // FLOAT_BYTES[self.target] * FLOAT_BYTES[dtype], sources.size(place))

    def range(self, sources: "Sources", begin: int, end: int) -> memoryview:
        """The bytes from `begin` to before `end` of the result."""
        width = FLOAT_BYTES[self.target]
        if begin % width or end % width:
            raise MalformedError("a stored recipe is damaged", why="it begins or ends inside a value")
        first, last = begin // width, end // width
        data = [
            sources.read(place, first * FLOAT_BYTES[dtype], last * FLOAT_BYTES[dtype])
            for place, dtype in enumerate(self.dtypes)
        ]
        out = np.empty(end - begin, np.uint8)
        for at in range(0, last - first, BLOCK):
            stop = min(at + BLOCK, last - first)
            parts = [
                self._values(d[at * FLOAT_BYTES[t] : stop * FLOAT_BYTES[t]], t)
                for d, t in zip(data, self.dtypes, strict=True)
            ]
            out[at * width : stop * width] = np.frombuffer(
                stored(self.computed(parts), self.target), np.uint8
            )
        return out.data

    def _values(self, data: memoryview, dtype: str) -> "NDArray[Any]":
        return doubles(data, dtype) if self.working == "F64" else singles(data, dtype)

    def computed(self, parts: "list[NDArray[Any]]") -> "NDArray[Any]":
        """The sum of values that are in the working precision."""
        kind: Any = np.float64 if self.working == "F64" else np.float32
        factors = [kind(c) for c in self.factors]
        with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
            match self.form:
                case Form.SUM:
                    return self._sum(parts, factors, kind)
                case Form.SHIFT:
                    base = parts[0]
                    moves = [self._step(p - base) for p in parts[1:]]
                    if len(moves) == 1:
                        return self._added(base, moves[0], factors[1])
                    return self._step(base + self._sum(moves, factors[1:], kind, divide=False))
                case Form.CHAIN:
                    total = parts[0]
                    for part, factor in zip(parts[1:], factors[1:], strict=True):
                        total = self._added(total, self._step(part - parts[0]), factor)
                    return total
                case Form.LERP:
                    return self._lerp(parts[0], parts[1], factors[1], kind)

    def _sum(
        self, parts: "list[NDArray[Any]]", factors: list[Any], kind: Any, *, divide: bool = True
    ) -> "NDArray[Any]":
        total = self._step(parts[0] * factors[0])
        for part, factor in zip(parts[1:], factors[1:], strict=True):
            total = self._added(total, part, factor)
        return self._step(total / kind(self.divisor)) if divide and self.divisor != 1.0 else total

    def _lerp(self, a: "NDArray[Any]", b: "NDArray[Any]", weight: Any, kind: Any) -> "NDArray[Any]":
        move = self._step(b - a)
        if weight < kind(0.5):
            return self._added(a, move, weight)
        return self._added(b, move, weight - kind(1))

    def _added(self, total: "NDArray[Any]", part: "NDArray[Any]", factor: Any) -> "NDArray[Any]":
        """`total + part * factor`."""
        if self.working == FUSED:
            product = part.astype(np.float64) * np.float64(factor)
            made: NDArray[Any] = (product + total).astype(np.float32)
            return made
        return self._step(total + self._step(part * factor))

    def _step(self, values: "NDArray[Any]") -> "NDArray[Any]":
        return rounded(values, self.working) if self.working in {"F16", "BF16"} else values
