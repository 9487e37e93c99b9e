"""Drawing rows with replacement: alone, in whole groups, within strata."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.statistics.arguments import IntArray, require_codes

# Elements of one chunk of drawn indices: 2 MiB of int64, which stays in the processor's cache.
CHUNK_ELEMENTS = 1 << 18


def generator(seed: int) -> np.random.Generator:
    """Return the random stream of a seed; PCG64 is named because numpy's default may change."""
    if seed < 0:
        raise UsageError("a seed cannot be negative", why=f"got {seed}")
    return np.random.Generator(np.random.PCG64(seed))


def dependent(groups: IntArray | None) -> IntArray | None:
    """Return the codes of dependent rows, or None when every row is a group of its own."""
    return None if groups is None or np.unique(groups).size == groups.size else groups


@dataclass(frozen=True, slots=True)
class Units:
    """What is drawn: rows, or groups of rows that stay together, each within its stratum.

    Attributes:
        rows: [n] row numbers, sorted so that the rows of a unit are adjacent.
        starts: [units] first position of each unit in `rows`.
        sizes: [units] rows in each unit, >= 1.
        strata: one array of unit numbers a stratum; a draw takes as many units as the stratum has.
    """

    rows: IntArray
    starts: IntArray
    sizes: IntArray
    strata: tuple[IntArray, ...]

    @property
    def count(self) -> int:
        """Number of units."""
        return int(self.sizes.size)

    @property
    def effective(self) -> float:
        """Number of equally large units that carry as much information (L. Kish, 1965): at most `count`."""
        return float(self.rows.size) ** 2 / float(np.square(self.sizes.astype(np.float64)).sum())

    def expand(self, drawn: IntArray) -> IntArray:
        """Return the row numbers of drawn units, with repetitions, [sum of their sizes]."""
        if self.count == self.rows.size:
            # Every unit is one row, and its start is its own number.
            return self.rows[drawn]
        sizes = self.sizes[drawn]
        ends = np.cumsum(sizes)
        within = np.arange(ends[-1]) - np.repeat(ends - sizes, sizes)
        positions: IntArray = np.repeat(self.starts[drawn], sizes) + within
        return self.rows[positions]

    def draw(self, rng: np.random.Generator, times: int) -> Iterator[IntArray]:
        """Yield `times` arrays of drawn unit numbers, each [units]."""
        chunk = max(1, CHUNK_ELEMENTS // self.count)
        for first in range(0, times, chunk):
            many = min(chunk, times - first)
            parts = [units[rng.integers(0, units.size, size=(many, units.size))] for units in self.strata]
            yield from np.concatenate(parts, axis=1)


def make_units(rows_n: int, *, groups: ArrayLike | None = None, strata: ArrayLike | None = None) -> Units:
    """Return the units of `rows_n` rows.

    Args:
        rows_n: number of rows, >= 1.
        groups: [n] integer codes; rows with one code are drawn together.
        strata: [n] integer codes; each resample has as many units of a stratum as the data.

    Raises:
        UsageError: when codes have the wrong length or type, or a group lies in two strata.
        UnknownAnswerError: when there are no rows, or fewer than two units to draw from.
    """
    if rows_n < 1:
        raise UnknownAnswerError("nothing can be resampled", why="there are no rows")
    codes = np.arange(rows_n) if groups is None else require_codes(groups, name="groups", length=rows_n)
    order = np.argsort(codes, kind="stable")
    _, starts, sizes = np.unique(codes[order], return_index=True, return_counts=True)
    if sizes.size < 2:
        raise UnknownAnswerError(
            "one independent observation has no measurable uncertainty",
            why=f"{rows_n} rows in {sizes.size} group",
            hint="give rows of at least two groups",
        )
    parts = _unit_strata(order, starts, sizes, strata)
    return Units(order.astype(np.int64), starts.astype(np.int64), sizes.astype(np.int64), parts)


def _unit_strata(
    order: IntArray, starts: IntArray, sizes: IntArray, strata: ArrayLike | None
) -> tuple[IntArray, ...]:
    if strata is None:
        return (np.arange(sizes.size),)
    of_row = require_codes(strata, name="strata", length=order.size)[order]
    of_unit = of_row[starts]
    if not np.array_equal(np.repeat(of_unit, sizes), of_row):
        raise UsageError(
            "a group lies in two strata", why="its rows cannot be drawn together", hint="drop one of the two"
        )
    return tuple(np.flatnonzero(of_unit == stratum) for stratum in np.unique(of_unit))
