"""The symmetric studentised (bootstrap-t) distribution of a mean of rows, alone or in groups.

Percentile and BCa intervals of a skewed mean cover too little at a few hundred rows; dividing each
resampled mean by its own standard error repairs that (P. Hall, Annals of Statistics 16, 1988). The
symmetric form, |t*|, is used: the equal-tailed one estimates a skewness, and where tails are heavy that
estimate is noise (simulated at n = 100: Student t_3 values 92.6 % against 95.4 %, log-normal 94 % both).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from weigh.core.errors import UnknownAnswerError
from weigh.statistics.arguments import FloatArray, IntArray, require_codes
from weigh.statistics.resampling import CHUNK_ELEMENTS

# With at most this many distinct units a multinomial over them replaces drawing single rows: the same
# distribution, and 0/1 losses of any size cost nothing.
FEW_DISTINCT = 64

# Above this many units random blocks of units are drawn instead of units: the time of a bootstrap stays
# below a second whatever the number of rows, and at this size a mean's distribution is that of its blocks.
MOST_UNITS = 1 << 16


@dataclass(frozen=True, slots=True)
class Sums:
    """Rows added up within the units that are resampled.

    Attributes:
        totals: [units] sum of the values in each unit.
        sizes: [units] rows in each unit; all 1 where rows are drawn alone.
        n: number of rows.
    """

    totals: FloatArray
    sizes: FloatArray
    n: int

    @property
    def units_n(self) -> int:
        """Number of units."""
        return int(self.totals.size)

    @property
    def mean(self) -> float:
        """Mean over rows."""
        return float(self.totals.sum() / self.n)

    @property
    def commonest(self) -> tuple[float, int]:
        """The commonest mean of a unit and how many units have it; all, if they differ by rounding only."""
        means = self.totals / self.sizes
        # Means of equal rows differ by rounding where the groups differ in size.
        if np.ptp(means) <= 1e-12 * float(np.abs(means).max()):
            return float(means[0]), self.units_n
        distinct, counts = np.unique(means, return_counts=True)
        return float(distinct[np.argmax(counts)]), int(counts.max())

    @property
    def informative(self) -> int:
        """Units whose own mean differs from the commonest one: how much there is to resample."""
        return self.units_n - self.commonest[1]

    @property
    def standard_error(self) -> float:
        """Standard error of the mean, by linearisation of the ratio total / size over the units."""
        residuals = self.totals - self.mean * self.sizes
        inflation = self.units_n / (self.units_n - 1)
        return float(np.sqrt(inflation * np.dot(residuals, residuals)) / self.n)


def unit_sums(values: FloatArray, groups: ArrayLike | None) -> Sums:
    """Return the sums of `values` within groups, or the values themselves.

    Raises:
        UsageError: when `groups` does not fit.
        UnknownAnswerError: when there are fewer than two units.
    """
    if groups is None:
        sums = Sums(values, np.ones(values.size), values.size)
    else:
        codes = require_codes(groups, name="groups", length=values.size)
        _, positions, sizes = np.unique(codes, return_inverse=True, return_counts=True)
        totals = _added(positions, values, sizes.size)
        sums = Sums(totals, sizes.astype(np.float64), values.size)
    if sums.units_n < 2:
        raise UnknownAnswerError(
            "one independent observation has no measurable uncertainty",
            why=f"{sums.n} rows in {sums.units_n} group",
            hint="give rows of at least two groups",
        )
    return sums


def fold(sums: Sums, *, rng: np.random.Generator) -> Sums:
    """Return `sums` with its units put together at random into at most `MOST_UNITS` blocks."""
    if sums.units_n <= MOST_UNITS:
        return sums
    block = rng.permutation(sums.units_n) % MOST_UNITS
    totals = _added(block, sums.totals, MOST_UNITS)
    return Sums(totals, _added(block, sums.sizes, MOST_UNITS), sums.n)


def student_replicates(sums: Sums, *, rng: np.random.Generator, replicates: int) -> FloatArray:
    """Return the sorted [replicates] studentised distances |t*| = |mean* - mean| / se*.

    A resample without spread has an infinite |t*|, or 0 where it does not deviate either.
    Memory is bounded by a few chunks of 2 MiB whatever the number of rows.
    """
    residuals = sums.totals - sums.mean * sums.sizes
    if (sums.sizes == 1.0).all():
        total, square = _moments(residuals, rng=rng, replicates=replicates)
        size: FloatArray | float = float(sums.units_n)
        cross: FloatArray | float = total
        size_square: FloatArray | float = size
    else:
        total, square, size, cross, size_square = _ratio_moments(
            residuals, sums.sizes, rng=rng, replicates=replicates
        )
    deviation = total / size
    inflation = sums.units_n / (sums.units_n - 1)
    variance = inflation * (square - 2 * deviation * cross + deviation**2 * size_square) / np.square(size)
    # Residuals that cancel exactly leave rounding of the order of eps times their square.
    floor = 1e-12 * square / np.square(size)
    spread = np.sqrt(np.where(variance > floor, variance, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        studentised = np.abs(deviation) / spread
    return np.sort(np.where(np.isnan(studentised), 0.0, studentised))


def _added(positions: IntArray, values: FloatArray, places: int) -> FloatArray:
    return np.bincount(positions, weights=values, minlength=places).astype(np.float64)


def _moments(
    values: FloatArray, *, rng: np.random.Generator, replicates: int
) -> tuple[FloatArray, FloatArray]:
    distinct, first_seen, counts = np.unique(values, return_index=True, return_counts=True)
    # In order of appearance, so that swapping two models, which negates every value, draws the same rows.
    order = np.argsort(first_seen)
    distinct, counts = distinct[order], counts[order]
    if distinct.size <= FEW_DISTINCT:
        drawn = rng.multinomial(values.size, counts / values.size, size=replicates).astype(np.float64)
        return drawn @ distinct, drawn @ np.square(distinct)
    total, square = np.empty(replicates), np.empty(replicates)
    chunk = max(1, CHUNK_ELEMENTS // values.size)
    for first in range(0, replicates, chunk):
        rows = slice(first, min(first + chunk, replicates))
        sample = values[rng.integers(0, values.size, size=(rows.stop - first, values.size))]
        total[rows] = sample.sum(axis=1)
        square[rows] = np.einsum("ij,ij->i", sample, sample)
    return total, square


def _ratio_moments(
    values: FloatArray, sizes: FloatArray, *, rng: np.random.Generator, replicates: int
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    pairs, first_seen, counts = np.unique(
        np.stack([values, sizes], axis=1), axis=0, return_index=True, return_counts=True
    )
    order = np.argsort(first_seen)
    pairs, counts = pairs[order], counts[order]
    if counts.size <= FEW_DISTINCT:
        drawn = rng.multinomial(values.size, counts / values.size, size=replicates).astype(np.float64)
        value, size = pairs.T
        sums = drawn @ np.stack([value, value**2, size, value * size, size**2], axis=1)
    else:
        sums = np.empty((replicates, 5))
        chunk = max(1, CHUNK_ELEMENTS // values.size)
        for first in range(0, replicates, chunk):
            rows = slice(first, min(first + chunk, replicates))
            drawn_units = rng.integers(0, values.size, size=(rows.stop - first, values.size))
            value, size = values[drawn_units], sizes[drawn_units]
            sums[rows, 0], sums[rows, 2] = value.sum(axis=1), size.sum(axis=1)
            for column, (left, right) in ((1, (value, value)), (3, (value, size)), (4, (size, size))):
                sums[rows, column] = np.einsum("ij,ij->i", left, right)
    return sums[:, 0], sums[:, 1], sums[:, 2], sums[:, 3], sums[:, 4]
