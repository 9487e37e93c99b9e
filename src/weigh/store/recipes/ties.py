"""TIES: of what several models changed in a base, the largest changes that agree in sign.

Yadav et al., TIES-Merging: Resolving Interference When Merging Models, NeurIPS 2023, section 4. The order
of the operations is that of mergekit 0.1.5 (`generalized_task_arithmetic`, consensus `sum`): trim each change
by size, weigh it, elect the sign of the sum, add up what has that sign, divide by the weights that took part.
"""

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np

from weigh.core.errors import MalformedError
from weigh.store.recipes.elementwise import check_alike, elementwise
from weigh.store.recipes.linear import MOST_TERMS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from weigh.store.recipes.sources import Sources

_Some = msgspec.Meta(min_length=1, max_length=MOST_TERMS)


class Ties(msgspec.Struct, frozen=True, tag="ties", array_like=True, forbid_unknown_fields=True):
    """Trimmed changes that agree in sign, added to a base.

    Attributes:
        working: precision of each step: F32 or F64.
        weights: of the changes.
        floors: size of the smallest change of each model that is kept, as the bits of a number.
        limits: of changes that are as small as the floor, those before this place are kept.
        normalise: the sum is divided by the weights of the changes that took part in it.
        dtypes: types of the sources, the base first.
        target: type that is made.
    """

    working: str
    weights: Annotated[tuple[float, ...], _Some]
    floors: Annotated[tuple[int, ...], _Some]
    limits: Annotated[tuple[int, ...], _Some]
    normalise: bool
    dtypes: Annotated[tuple[str, ...], _Some]
    target: str

    def check(self, sources: "Sources", end: int) -> None:
        """Refuse what cannot be computed up to byte `end` of the result."""
        numbers = len(self.weights), len(self.floors), len(self.limits)
        check_alike(sources, self.working, self.dtypes, self.target, end, *numbers)
        if min(*self.floors, *self.limits) < 0:
            raise MalformedError("a stored recipe is damaged", why="it keeps less than nothing")

    def range(self, sources: "Sources", begin: int, end: int) -> memoryview:
        """The bytes from `begin` to before `end` of the result."""
        types = self.working, self.dtypes, self.target
        return elementwise(sources, types, begin, end, self._made)

    def _made(self, parts: "list[NDArray[Any]]", first: int) -> "NDArray[Any]":
        base, kind = parts[0], parts[0].dtype.type
        weights = [kind(weight) for weight in self.weights]
        moves = []
        for part, weight, floor, limit in zip(parts[1:], weights, self.floors, self.limits, strict=True):
            move = part - base
            moves.append(np.where(kept(sizes(move), first, floor, limit), move, kind(0)) * weight)
        positive = sum(moves[1:], moves[0]) >= 0
        total, divisor = np.zeros_like(base), np.zeros_like(base)
        for move, weight in zip(moves, weights, strict=True):
            agrees = np.where(positive, move > 0, move < 0)
            total += np.where(agrees, move, kind(0))
            divisor += np.where(agrees, weight, kind(0))
        if self.normalise:
            divisor[divisor == 0] = 1
            total /= divisor
        made: NDArray[Any] = base + total
        return made


def sizes(values: "NDArray[Any]") -> "NDArray[Any]":
    """Numbers that are ordered as the sizes of values are; not-a-number is larger than all."""
    if values.dtype == np.float64:
        return values.view(np.uint64) & np.uint64(0x7FFF_FFFF_FFFF_FFFF)
    return values.view(np.uint32) & np.uint32(0x7FFF_FFFF)


def kept(found: "NDArray[Any]", first: int, floor: int, limit: int) -> "NDArray[Any]":
    """Which of some sizes, the first of which stands at `first`, are kept."""
    bound = found.dtype.type(min(floor, np.iinfo(found.dtype).max))
    made: NDArray[Any] = found > bound
    at = min(max(limit - first, 0), len(found))
    made[:at] |= found[:at] == bound
    return made
