"""What a recipe reads: payloads in the store, or anything else that has a size and ranges."""

from collections.abc import Sequence
from typing import Protocol

from weigh.core.errors import MalformedError
from weigh.store.packs.objects import Objects
from weigh.store.packs.record import Kind

MOST_WHOLE = 128 * 1024 * 1024
"""Bytes of a source that may be read as one piece, where an operation cannot do with less."""


class Sources(Protocol):
    """The payloads that a recipe is made of, in its order."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def size(self, place: int) -> int:
        """Bytes of one of them."""
        ...

    def read(self, place: int, begin: int, end: int) -> memoryview:
        """Bytes of one of them."""
        ...


class StoredSources:
    """Payloads by their ids.

    Args:
        objects: the store they are in.
        refs: their ids.
    """

    def __init__(self, objects: Objects, refs: Sequence[bytes]) -> None:
        self._objects, self._refs = objects, tuple(refs)
        self._sizes: dict[int, int] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._refs)

    def size(self, place: int) -> int:
        """Bytes of one of them."""
        if place not in self._sizes:
            self._sizes[place] = size_of(self._objects, self._refs[place])
        return self._sizes[place]

    def read(self, place: int, begin: int, end: int) -> memoryview:
        """Bytes of one of them, verified.

        Raises:
            MalformedError: more are wanted than may be held at once, or than there are.
        """
        if not 0 <= begin <= end <= self.size(place) or end - begin > MOST_WHOLE:
            raise MalformedError("a stored recipe is damaged", why=f"it reads bytes {begin} to {end}")
        if begin == end:
            return memoryview(b"")
        return self._objects.range(self._refs[place], begin, end)


def size_of(objects: Objects, name: bytes) -> int:
    """Bytes of a payload."""
    found = objects.index.find(name)
    if found is not None:
        return found.size
    return sum(size for _, size in objects.chunks_of(name))


def depth_of(objects: Objects, name: bytes) -> int:
    """Chunks that must be decoded before any part of this payload, at most."""
    found = objects.index.find(name)
    if found is not None and found.kind is not Kind.LIST:
        return found.depth
    return max(
        known.depth if (known := objects.index.find(chunk)) else objects.record(chunk).depth
        for chunk, _ in objects.chunks_of(name)
    )
