"""Look through text for personal data, row by row, keeping counts and never a value.

What a column's candidates amount to is judged at its end: a kind with a check digit counts only when more
candidates pass than random digits would.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from weigh.checks.privacy.personal_columns import Likeness, announced, look, normal
from weigh.checks.privacy.personal_kinds import KINDS, Kind

MOST_DISTINCT = 50_000
"""Different candidates that are told apart in one place; more change no verdict."""

BY_CHANCE = 0.025
"""A kind with a check digit counts when random digits would pass as often with less than this probability."""

BY_CHANCE_UNASKED = 1e-6
"""The same for kinds whose form is any number: so many columns hold numbers that chance has many tries."""

SERIES = 3
"""Numbers in a kind's range from which they may be a series of something else."""

SURE = 0.001
"""Below this the check is sure of the kind."""

_AT = frozenset({"email", "social-handle"})

# Every kind but those with an at sign has four digits that stand close together, or the begin of an IPv6
# address; one quick pass over a column tells the rows that are worth a look. The two classes are disjoint,
# so there is nothing to try twice.
_WORTH_A_LOOK = re.compile(r"(?:[0-9][^0-9\n]{0,3}){3}[0-9]|[23][0-9A-Fa-f]{3}:", re.ASCII)


@dataclass(slots=True)
class Tally:
    """What was seen of one kind in one place.

    Attributes:
        kind: the kind.
        hinted: the column's name announces it.
        rows: rows with at least one value.
        occurrences: values.
        candidates: hashes of different candidates; ranged: of those in the kind's range; valid: of those
            that pass. They stay in memory.
        filled: cells that are not empty; alike: those that are values on the column's word (hinted only).
    """

    kind: Kind
    hinted: bool
    rows: int = 0
    occurrences: int = 0
    candidates: set[int] = field(default_factory=set)
    ranged: set[int] = field(default_factory=set)
    valid: set[int] = field(default_factory=set)
    filled: int = 0
    alike: int = 0

    @property
    def by_chance(self) -> float:
        """Probability that text of this form gives as many different values; 0 where none could.

        The worse of two explanations: random digits, and numbers that only share their first digits with
        the kind (order numbers that begin with 4), of which one is no explanation and three are.
        """
        if self.kind.chance is None:
            return 0.0
        from scipy.stats import binom

        found = len(self.valid) - 1
        random = float(binom.sf(found, len(self.candidates), self.kind.chance))
        if self.kind.in_range is None or len(self.ranged) < SERIES:
            return random
        return max(random, float(binom.sf(found, len(self.ranged), self.kind.digit_chance)))

    @property
    def holds(self) -> bool:
        """Whether the place holds the kind."""
        if self.hinted and self.alike and 2 * self.alike >= self.filled:
            return True
        if not self.valid:
            return False
        if self.hinted and 2 * len(self.valid) >= len(self.candidates):
            return True
        return self.by_chance < (BY_CHANCE if self.kind.alone else BY_CHANCE_UNASKED)

    @property
    def sure(self) -> bool:
        """Whether look-alikes are all but excluded."""
        return self.hinted or (self.by_chance < SURE)


@dataclass(slots=True)
class Place:
    """One column, or one file of a model, while it is being read.

    Attributes:
        tallies: by kind, for the kinds looked for here.
        likeness: what its name announces, None for nothing.
        rows: rows or lines read.
        marked: rows of the latest batch with a value whose form does not come by chance.
    """

    tallies: tuple[Tally, ...]
    likeness: Likeness | None = None
    rows: int = 0
    marked: frozenset[int] = frozenset()

    @classmethod
    def column(cls, name: str) -> "Place":
        """A column of a data set."""
        own = normal(name)
        tallies = (Tally(k, k.hint is not None and k.hint.search(own) is not None) for k in KINDS)
        return cls(tuple(tallies), announced(name))

    @classmethod
    def file(cls) -> "Place":
        """A file of a model: kinds that need a column are not looked for."""
        return cls(tuple(Tally(k, hinted=False) for k in KINDS if k.in_files))

    def read(self, values: Sequence[str]) -> None:
        """Take the next rows into account."""
        self.rows += len(values)
        at = [i for i, value in enumerate(values) if "@" in value]
        near = _worth_a_look(values)
        marked: set[int] = set()
        for tally in self.tallies:
            if tally.hinted and tally.kind.loose is not None:
                found = list(_loosely(tally, values))
            else:
                found = list(_by_form(tally, values, at if tally.kind.name in _AT else near))
            if tally.kind.chance is None:
                marked.update(found)
        if self.likeness is not None:
            look(self.likeness, values)
        self.marked = frozenset(marked)


def _worth_a_look(values: Sequence[str]) -> list[int]:
    text, starts = _joined(values)
    found = {bisect_right(starts, match.start()) - 1 for match in _WORTH_A_LOOK.finditer(text)}
    return sorted(found)


def _joined(values: Sequence[str]) -> tuple[str, list[int]]:
    """The rows as one text, a line each, and where each begins."""
    flat = [value.replace("\n", " ") if "\n" in value else value for value in values]
    starts = list(accumulate((len(value) + 1 for value in flat), initial=0))[:-1]
    return "\n".join(flat), starts


def _by_form(tally: Tally, values: Sequence[str], among: Sequence[int]) -> Iterator[int]:
    """Rows among the given ones that hold a value by its form."""
    if not among:
        return
    text, starts = _joined([values[i] for i in among])
    last = -1
    for match in tally.kind.pattern.finditer(text):
        candidate = match.group()
        known = len(tally.candidates) < MOST_DISTINCT
        if known:
            tally.candidates.add(hash(candidate))
            if tally.kind.in_range is not None and tally.kind.in_range(candidate):
                tally.ranged.add(hash(candidate))
        if tally.kind.accept is not None and not tally.kind.accept(candidate):
            continue
        if known:
            tally.valid.add(hash(candidate))
        tally.occurrences += 1
        row = among[bisect_right(starts, match.start()) - 1]
        if row != last:
            tally.rows += 1
            last = row
            yield row


def _loosely(tally: Tally, values: Sequence[str]) -> Iterator[int]:
    """Rows whose whole cell is a value, in a column that says so."""
    loose = tally.kind.loose
    assert loose is not None
    for row, value in enumerate(values):
        text = value[:200].strip()
        if not text or text == "?":
            continue
        tally.filled += 1
        if loose(text) or _has_form(tally.kind, text):
            tally.alike += 1
            tally.rows += 1
            tally.occurrences += 1
            yield row


def _has_form(kind: Kind, text: str) -> bool:
    found = (match.group() for match in kind.pattern.finditer(text))
    return any(kind.accept is None or kind.accept(candidate) for candidate in found)
