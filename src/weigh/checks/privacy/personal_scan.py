"""Look through text for personal data, row by row, keeping counts and never a value.

What a column's candidates amount to is judged when all places have been read: a kind with a check digit
counts only when more candidates pass than random digits would, and the more places are looked at the less
chance is left to each (Holm's adjustment over all of them).
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from weigh.checks.privacy.personal_columns import Likeness, announced, look, normal
from weigh.checks.privacy.personal_kinds import KINDS, Kind

MOST_DISTINCT = 50_000
"""Different candidates that are told apart in one place; more change no verdict."""

BY_CHANCE = 0.025
"""Probability that random digits pass often enough anywhere to be called a kind with a check digit."""

BY_CHANCE_UNASKED = 1e-6
"""The same for kinds whose form is any number: so many columns hold numbers that chance has many tries."""

SERIES = 3
"""Numbers in a kind's range from which they may be a series of something else."""

SURE = 0.001
"""Below this the check is sure of the kind."""

BETWEEN = "\x1f"
"""Stands for a line break inside a cell, so that no value spans the items of a list: no pattern knows it."""

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
        most: different candidates that are told apart.
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
    most: int = MOST_DISTINCT

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
    def borne_out(self) -> bool:
        """Whether most cells are as the column's name announces."""
        if not self.hinted:
            return False
        if self.alike and 2 * self.alike >= self.filled:
            return True
        return bool(self.valid) and 2 * len(self.valid) >= len(self.candidates)

    def summed_up(self) -> "Seen | None":
        """What there is to judge, without the hashes; None where nothing has the form."""
        if not self.borne_out and not self.candidates:
            return None
        chance = None if self.borne_out or self.kind.chance is None else self.by_chance
        return Seen(self.kind, self.rows, self.hinted, self.borne_out or bool(self.valid), chance)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one kind in one place, when all of it has been read.

    Attributes:
        kind: the kind.
        rows: rows with at least one value.
        hinted: the column's name announces it.
        some: at least one value is valid.
        by_chance: probability that chance makes as many; None where chance makes none.
    """

    kind: Kind
    rows: int
    hinted: bool
    some: bool
    by_chance: float | None


@dataclass(frozen=True, slots=True)
class Held:
    """A kind that a place holds.

    Attributes:
        seen: what was seen of it.
        sure: look-alikes are all but excluded.
    """

    seen: Seen
    sure: bool


def held(places: Sequence[Sequence[Seen]]) -> list[list[Held]]:
    """Return what each place holds, judged together: the chance of any false one is `BY_CHANCE`.

    Kinds whose form is any number are a family of their own, with `BY_CHANCE_UNASKED`.
    """
    adjusted = {True: _adjusted(places, alone=True), False: _adjusted(places, alone=False)}
    found = []
    for seen_here in places:
        here = []
        for seen in seen_here:
            p = 0.0 if seen.by_chance is None else next(adjusted[seen.kind.alone])
            if seen.some and p < (BY_CHANCE if seen.kind.alone else BY_CHANCE_UNASKED):
                here.append(Held(seen, _sure(seen, p)))
        found.append(here)
    return found


def _adjusted(places: Iterable[Sequence[Seen]], *, alone: bool) -> Iterator[float]:
    """Holm-adjusted probabilities of one family, in order."""
    raw = [
        seen.by_chance
        for seen_here in places
        for seen in seen_here
        if seen.by_chance is not None and seen.kind.alone is alone
    ]
    if not raw:
        return iter(())
    from weigh.statistics.multiplicity import holm

    return iter(holm(raw).tolist())


def _sure(seen: Seen, adjusted: float) -> bool:
    if seen.hinted:
        return True
    return seen.kind.certain if seen.by_chance is None else adjusted < SURE


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
    def column(cls, name: str, *, most: int = MOST_DISTINCT) -> "Place":
        """A column of a data set, of which at most so many candidates are told apart."""
        own = normal(name)
        tallies = (Tally(k, k.hint is not None and k.hint.search(own) is not None, most=most) for k in KINDS)
        return cls(tuple(tallies), announced(name))

    @classmethod
    def file(cls) -> "Place":
        """A file of a model: kinds that need a column are not looked for."""
        return cls(tuple(Tally(k, hinted=False) for k in KINDS if k.in_files))

    @property
    def hinted(self) -> bool:
        """Whether its name announces a kind with a form."""
        return any(tally.hinted for tally in self.tallies)

    def summed_up(self) -> list[Seen]:
        """What there is to judge, by kind."""
        seen = (tally.summed_up() for tally in self.tallies)
        return [one for one in seen if one is not None]

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
    flat = [value.replace("\n", BETWEEN) if "\n" in value else value for value in values]
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
        known = len(tally.candidates) < tally.most
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
