"""The way to whoever gives advice on tensors while a version is recorded."""

from collections.abc import Sequence
from typing import Protocol

from weigh.store.packs.adding import Advise
from weigh.store.packs.objects import Objects
from weigh.versions.nearest import Earlier, Nearest


class Adviser(Protocol):
    """Gives advice on the tensors of one file after the other."""

    def for_file(self, path: str) -> Advise:
        """The advice on tensors of this file."""
        ...

    def used(self) -> tuple[tuple[str, int], ...]:
        """(what, bytes) that tensors were held against, most first."""
        ...


class ByName:
    """Advice by the names of tensors alone.

    Args:
        objects: the store.
        earlier: versions, the likeliest first.
    """

    def __init__(self, objects: Objects, earlier: Sequence[Earlier]) -> None:
        self._objects, self._earlier = objects, earlier
        self._given: list[Nearest] = []

    def for_file(self, path: str) -> Advise:
        """The advice on tensors of this file."""
        self._given.append(Nearest(self._objects, self._earlier, path))
        return self._given[-1]

    def used(self) -> tuple[tuple[str, int], ...]:
        """(file of a version, bytes) that tensors were held against, most first."""
        totals: dict[str, int] = {}
        for nearest in self._given:
            for label, size in nearest.used.items():
                totals[label] = totals.get(label, 0) + size
        return tuple(sorted(totals.items(), key=lambda item: (-item[1], item[0])))


def open_adviser(objects: Objects, earlier: Sequence[Earlier]) -> Adviser:
    """The adviser of a recording."""
    return ByName(objects, earlier)
