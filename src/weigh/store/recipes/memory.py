"""What is kept in mind while tensors are explained: the relatives, and what worked for the file so far."""

from collections import Counter
from dataclasses import dataclass, field

from weigh.store.packs.objects import Objects
from weigh.store.packs.writer import Writer
from weigh.store.recipes.find_lora import Adapter, Pair, pairs
from weigh.store.recipes.known import Known
from weigh.store.recipes.linear import Linear
from weigh.store.recipes.table import Recipe
from weigh.store.sketches.sketch import Sketch
from weigh.store.sketches.sketch_index import Sketches

WORTH = 0.8
"""A relative counts when a sample takes at most this share of what it takes otherwise."""
PATIENCE = 3
"""Failures in a row after which a way is left for the rest of a file."""


@dataclass(frozen=True, slots=True)
class Merge:
    """A sum that somebody says a file is.

    Attributes:
        rule: its form, precision, factors and divisor; the types are those of the tensors.
        files: ids of the files that hold the terms, in order.
    """

    rule: Linear
    files: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Hints:
    """What is declared of the files that are added.

    Attributes:
        parents: ids of stored files that they may come from, the most probable first.
        adapters: that may have been merged into one of the parents.
        merges: sums that they may be.
    """

    parents: tuple[bytes, ...] = ()
    adapters: tuple[Adapter, ...] = ()
    merges: tuple[Merge, ...] = ()


@dataclass(frozen=True, slots=True)
class Idea:
    """One explanation of a tensor.

    Attributes:
        cost: bytes a byte that what it leaves takes.
        kind: what it is, a word.
        base: a payload it is near.
        recipe: how it follows from others.
    """

    cost: float
    kind: str
    base: bytes | None = None
    recipe: Recipe | None = None


@dataclass(slots=True)
class Memory:
    """The state of one adviser.

    Attributes:
        objects: the store.
        hints: what is declared.
        writer: keeps factors that are found.
        sketches: of the tensors of the store.
        known: the relatives.
        pairs: factors of adapters by the tensor they change.
        fresh: sketches of the file that is being added, by first byte and name of the tensor.
        wins: how often a file held the nearest relative.
        adapted: how often a file held what an adapter was merged into.
        looked: tensors of this file so far.
        exact: the last nearest relative was hit exactly.
        sums: that were declared or explained other tensors of this file.
    """

    objects: Objects
    hints: Hints
    writer: Writer | None
    sketches: Sketches | None
    known: Known
    pairs: dict[str, list[Pair]] = field(default_factory=dict)
    fresh: dict[tuple[int, str], Sketch] = field(default_factory=dict)
    wins: Counter[bytes] = field(default_factory=Counter)
    adapted: Counter[bytes] = field(default_factory=Counter)
    looked: int = 0
    exact: bool = False
    sums: list[Merge] = field(default_factory=list)
    _failed: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Take in the files that the hints name."""
        for name in (*self.hints.parents, *(f for m in self.hints.merges for f in m.files)):
            self.known.add(name)
        for adapter in self.hints.adapters:
            self.known.add(adapter.file)
            for target, pair in pairs(self.known, adapter).items():
                self.pairs.setdefault(target, []).append(pair)
        self.begin()

    def begin(self) -> None:
        """Forget what was tried for one file."""
        self._failed.clear()
        self.wins.clear()
        self.adapted.clear()
        self.fresh.clear()
        self.looked, self.exact = 0, False
        self.sums = list(self.hints.merges)

    def is_left(self, kind: str) -> bool:
        """Whether a way has failed too often to be tried again."""
        return self._failed[kind] >= PATIENCE

    def note(self, kind: str, *, success: bool) -> None:
        """Remember how a way went."""
        self._failed[kind] = 0 if success else self._failed[kind] + 1
