"""Groups of people: the values of a column, ranges of a number, and the crossing of two columns."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from weigh.statistics.disclosure import names_rows
from weigh.statistics.quarters import Quarters, quarters

IntArray = NDArray[np.int64]

# What the group of rows without a value is called.
EMPTY = "(empty)"
# Columns that are crossed with each other; every pair is a question of its own.
MOST_CROSSED = 4


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """Rows divided into groups.

    Attributes:
        protected: the column, or two columns joined by ` & `.
        names: name of each group, the value as it stands in the data.
        codes: int64 [n] group of each row, -1 where it is in none.
        crossed: whether two columns were crossed.
    """

    protected: str
    names: tuple[str, ...]
    codes: IntArray
    crossed: bool = False

    @property
    def refusal(self) -> str:
        """Why these are no groups to compare: the values name rows, each its own; "" when they do not."""
        sizes = np.bincount(self.codes[self.codes >= 0])
        if not names_rows(sizes):
            return ""
        values = np.count_nonzero(sizes)
        return f"{self.protected} has {values:,} values in {sizes.sum():,} rows: it names rows, not groups"

    def take(self, rows: IntArray) -> "Grouping":
        """These rows, in this order."""
        return Grouping(self.protected, self.names, self.codes[rows], self.crossed)


def by_column(column: str, values: NDArray[np.str_], clusters: IntArray | None = None) -> Grouping:
    """Return the groups of one column: a group a value, quarters where it holds many numbers.

    Args:
        column: its name.
        values: [n] strings; the empty one is a group of its own, called `(empty)`.
        clusters: int64 [n] codes of dependent rows; None when each row stands alone.
    """
    cut = quarters(values, clusters=clusters)
    if cut is not None:
        return _ranges(column, cut)
    names, codes = np.unique(values, return_inverse=True)
    told = tuple(str(name) or EMPTY for name in names.tolist())
    return Grouping(column, told, codes.ravel().astype(np.int64))


def crossings(groupings: list[Grouping]) -> list[Grouping]:
    """Return every pair of the first columns as a grouping of its own, with the groups that have rows."""
    return [_crossed(first, second) for first, second in combinations(_varied(groupings)[:MOST_CROSSED], 2)]


def uncrossed(groupings: list[Grouping]) -> list[str]:
    """Return the pairs of columns that are not crossed, as there are more than are crossed."""
    varied = [one.protected for one in _varied(groupings)]
    crossed = set(combinations(varied[:MOST_CROSSED], 2))
    return [f"{one} & {other}" for one, other in combinations(varied, 2) if (one, other) not in crossed]


def _varied(groupings: list[Grouping]) -> list[Grouping]:
    return [one for one in groupings if len(one.names) > 1]


def _crossed(first: Grouping, second: Grouping) -> Grouping:
    width = len(second.names)
    pairs = np.where((first.codes >= 0) & (second.codes >= 0), first.codes * width + second.codes, -1)
    present = np.unique(pairs[pairs >= 0])
    codes = np.where(pairs >= 0, np.searchsorted(present, pairs), -1)
    names = tuple(f"{first.names[p // width]} & {second.names[p % width]}" for p in present.tolist())
    return Grouping(f"{first.protected} & {second.protected}", names, codes.astype(np.int64), crossed=True)


def _ranges(column: str, cut: Quarters) -> Grouping:
    names = [_range(low, high) for low, high in cut.ends]
    return Grouping(column, (*names, EMPTY) if cut.empty else tuple(names), cut.codes)


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"<= {high:g}"
    return f"> {low:g}" if high is None else f"({low:g}, {high:g}]"
