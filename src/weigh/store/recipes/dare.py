"""DARE: changes of a base dropped at random, those that stay scaled up so that the mean stays.

Yu et al., Language Models are Super Mario: Absorbing Abilities from Homologous Models as a Free Lunch,
ICML 2024, section 3. Which changes stay is computed from a key and the place of the value alone: SplitMix64
(Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014) in its `place + 1`-th
step. So any part of a tensor can be made without the parts before it, and every machine makes the same.
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
_STEP, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


class Dare(msgspec.Struct, frozen=True, tag="dare", array_like=True, forbid_unknown_fields=True):
    """Changes kept at random, scaled up and added to a base.

    Attributes:
        working: precision of each step: F32 or F64.
        weights: of the changes.
        keys: of the generator, one a model.
        density: share of the changes that stay, above 0 and up to 1.
        dtypes: types of the sources, the base first.
        target: type that is made.
    """

    working: str
    weights: Annotated[tuple[float, ...], _Some]
    keys: Annotated[tuple[int, ...], _Some]
    density: float
    dtypes: Annotated[tuple[str, ...], _Some]
    target: str

    def check(self, sources: "Sources", end: int) -> None:
        """Refuse what cannot be computed up to byte `end` of the result."""
        check_alike(sources, self.working, self.dtypes, self.target, end, len(self.weights), len(self.keys))
        if not 0 < self.density <= 1 or not all(0 <= key < 1 << 64 for key in self.keys):
            raise MalformedError("a stored recipe is damaged", why="its density or a key is out of range")

    def range(self, sources: "Sources", begin: int, end: int) -> memoryview:
        """The bytes from `begin` to before `end` of the result."""
        types = self.working, self.dtypes, self.target
        return elementwise(sources, types, begin, end, self._made)

    def _made(self, parts: "list[NDArray[Any]]", first: int) -> "NDArray[Any]":
        base, kind = parts[0], parts[0].dtype.type
        scale = kind(1.0 / self.density)
        total = np.zeros_like(base)
        for part, weight, key in zip(parts[1:], self.weights, self.keys, strict=True):
            stays = drawn(key, first, len(base), self.density)
            total += np.where(stays, (part - base) * scale, kind(0)) * kind(weight)
        made: NDArray[Any] = base + total
        return made


def drawn(key: int, first: int, count: int, density: float) -> "NDArray[np.bool_]":
    """Which of the values from place `first` on stay.

    Args:
        key: of the generator, below 2^64.
        first: place of the first value in its tensor.
        count: how many values.
        density: share that stays.
    """
    # Unsigned 64-bit arithmetic wraps around, which is what the generator wants.
    state = np.arange(first + 1, first + 1 + count, dtype=np.uint64)
    state *= np.uint64(_STEP)
    state += np.uint64(key)
    state ^= state >> np.uint64(30)
    state *= np.uint64(_FIRST)
    state ^= state >> np.uint64(27)
    state *= np.uint64(_SECOND)
    state ^= state >> np.uint64(31)
    made: NDArray[np.bool_] = (state >> np.uint64(32)) < np.uint64(round(density * (1 << 32)))
    return made
