"""One operation on what another one makes: a matrix turned over and quantised, in either order."""

from typing import TYPE_CHECKING

import msgspec

from weigh.core.errors import MalformedError
from weigh.store.recipes.cast import Cast
from weigh.store.recipes.layout import Permute
from weigh.store.recipes.quantise import Blocks8, Bytes8

if TYPE_CHECKING:
    from weigh.store.recipes.sources import Sources


class Then(msgspec.Struct, frozen=True, tag="then", array_like=True, forbid_unknown_fields=True):
    """The second operation with the result of the first one as its source.

    Attributes:
        first: on the source.
        second: on what that makes.
    """

    first: Permute | Bytes8
    second: Permute | Cast | Blocks8 | Bytes8

    def check(self, sources: "Sources", end: int) -> None:
        """Refuse what cannot be computed up to byte `end` of the result."""
        between = _Between(self, sources)
        self.first.check(sources, between.size(0))
        self.second.check(between, end)

    def range(self, sources: "Sources", begin: int, end: int) -> memoryview:
        """The bytes from `begin` to before `end` of the result."""
        return self.second.range(_Between(self, sources), begin, end)


class _Between:
    """What the first operation makes, as a source."""

    def __init__(self, rule: Then, sources: "Sources") -> None:
        self._first, self._sources = rule.first, sources
        moved = rule.first if isinstance(rule.first, Permute) else rule.second
        if not isinstance(moved, Permute):
            raise MalformedError("a stored recipe is damaged", why="none of its two operations moves values")
        self._size = moved.size

    def __len__(self) -> int:
        """There is one."""
        return 1

    def size(self, place: int) -> int:
        """Bytes of it."""
        if place:
            raise MalformedError("a stored recipe is damaged", why="it reads a source that is not there")
        return self._size

    def read(self, place: int, begin: int, end: int) -> memoryview:
        """Bytes of it."""
        if not 0 <= begin <= end <= self.size(place):
            raise MalformedError("a stored recipe is damaged", why=f"it reads bytes {begin} to {end}")
        return self._first.range(self._sources, begin, end)
