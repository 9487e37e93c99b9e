"""Groups of people: the values of a column, ranges of a number, and the crossing of two columns."""

from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from weigh.statistics.disclosure import names_rows, quartile_cuts

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# A column of numbers (an age) with more distinct values than this is cut at its quartiles.
MOST_NUMBERS = 10
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


def by_column(column: str, values: NDArray[np.str_]) -> Grouping:
    """Return the groups of one column: a group a value, quarters where it holds many numbers.

    Args:
        column: its name.
        values: [n] strings; the empty one is a group of its own, called `(empty)`.
    """
    numbers = _numbers(values)
    if numbers is not None and np.unique(numbers).size > MOST_NUMBERS:
        return _quarters(column, numbers)
    names, codes = np.unique(values, return_inverse=True)
    told = tuple(str(name) or "(empty)" for name in names.tolist())
    return Grouping(column, told, codes.ravel().astype(np.int64))


def crossings(groupings: list[Grouping]) -> list[Grouping]:
    """Return every pair of the first columns as a grouping of its own, with the groups that have rows."""
    varied = [one for one in groupings if len(one.names) > 1][:MOST_CROSSED]
    return [_crossed(first, second) for first, second in combinations(varied, 2)]


def _crossed(first: Grouping, second: Grouping) -> Grouping:
    width = len(second.names)
    pairs = np.where((first.codes >= 0) & (second.codes >= 0), first.codes * width + second.codes, -1)
    present = np.unique(pairs[pairs >= 0])
    codes = np.where(pairs >= 0, np.searchsorted(present, pairs), -1)
    names = tuple(f"{first.names[p // width]} & {second.names[p % width]}" for p in present.tolist())
    return Grouping(f"{first.protected} & {second.protected}", names, codes.astype(np.int64), crossed=True)


def _numbers(values: NDArray[np.str_]) -> FloatArray | None:
    try:
        numbers = np.asarray(values, dtype=np.str_).astype(np.float64)
    except ValueError:
        return None
    return numbers if numbers.size and np.isfinite(numbers).all() else None


def _quarters(column: str, numbers: FloatArray) -> Grouping:
    """Cut at the quartiles of all rows; the cuts look at no label and no answer."""
    cuts = quartile_cuts(numbers)
    codes = np.searchsorted(cuts, numbers, side="left").astype(np.int64)
    names = [f"<= {cuts[0]:g}"]
    names += [f"({low:g}, {high:g}]" for low, high in pairwise(cuts.tolist())]
    names.append(f"> {cuts[-1]:g}")
    return Grouping(column, tuple(names), codes)
