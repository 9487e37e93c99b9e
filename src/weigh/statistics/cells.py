"""Counts in cells, resampled: every rate of a confusion matrix by group, thousands of times in milliseconds.

Drawing n rows with replacement and counting them in cells is one multinomial draw over the cells. Whatever
is a function of counts (selection rates, error rates, their gaps) costs no more than the draw. Rows that
come in clusters are drawn as clusters: clusters that hold the same counts are one outcome of the draw.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri, stdtrit

from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.statistics.arguments import FloatArray, IntArray, require_codes, require_level, require_replicates
from weigh.statistics.resampling import generator

REPLICATES = 10_000
# 256 MiB of resampled counts; a caller with more cells asks for fewer replicates.
MOST_ELEMENTS = 1 << 25
# Outcomes times replicates of a draw of clusters: about two seconds of one core.
MOST_DRAWS = 20_000_000
FEWEST_REPLICATES = 1_000
# Differences below this are rounding.
TINY = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Simultaneous:
    """Intervals that hold together: the chance that any of them misses is 1 - level.

    Attributes:
        low: [j] lower ends.
        high: [j] upper ends.
        p_value: [j] two-sided, for a value of zero, adjusted for all j (single-step max-T).
        critical: half widths in standard errors.
        level: of all of them together.
    """

    low: FloatArray
    high: FloatArray
    p_value: FloatArray
    critical: float
    level: float


def resampled(counts: ArrayLike, *, seed: int, replicates: int = REPLICATES) -> FloatArray:
    """Return tables of as many independent rows drawn with replacement, [replicates, *shape].

    Args:
        counts: whole numbers >= 0 of any shape.
        seed: of the random stream.
        replicates: number of tables.

    Raises:
        UsageError: when counts are not whole numbers >= 0, or the tables would not fit into memory.
        UnknownAnswerError: when there are no rows.
    """
    table = np.asarray(counts)
    if table.dtype.kind not in "iu" or (table.size and int(table.min()) < 0):
        raise UsageError("counts must be whole numbers >= 0", why=f"their type is {table.dtype}")
    _require_room(table.size, replicates)
    total = int(table.sum())
    if total < 1:
        raise UnknownAnswerError("nothing can be resampled", why="the counts add up to 0")
    cells = np.flatnonzero(table)
    chances = table.ravel()[cells] / total
    tables = np.zeros((replicates, table.size))
    tables[:, cells] = generator(seed).multinomial(total, chances, size=replicates)
    return tables.reshape(replicates, *table.shape)


def resampled_clusters(
    cells: ArrayLike, clusters: ArrayLike, cells_n: int, *, seed: int, replicates: int = REPLICATES
) -> FloatArray:
    """Return tables of as many clusters of rows drawn with replacement, [replicates or fewer, cells_n].

    With many different clusters fewer tables are drawn, never fewer than 1,000.

    Args:
        cells: [n] cell of each row, 0 .. cells_n - 1.
        clusters: [n] code of each row's cluster.
        cells_n: number of cells.
        seed: of the random stream.
        replicates: number of tables.

    Raises:
        UsageError: when codes do not fit, or the tables would not fit into memory.
        UnknownAnswerError: when there are fewer than two clusters.
    """
    rows_n = np.asarray(cells).size
    place = require_codes(cells, name="cells", length=rows_n)
    codes = require_codes(clusters, name="clusters", length=rows_n)
    if rows_n and not 0 <= int(place.min()) <= int(place.max()) < cells_n:
        raise UsageError("cells must lie in 0 .. cells_n - 1", why=f"there are {cells_n} cells")
    _require_room(cells_n, replicates)
    patterns, many = _patterns(place, codes, cells_n)
    total = int(many.sum())
    if total < 2:
        raise UnknownAnswerError(
            "one independent observation has no measurable uncertainty",
            why=f"{rows_n} rows in {total} clusters",
            hint="give rows of at least two clusters",
        )
    fewer = min(replicates, max(FEWEST_REPLICATES, MOST_DRAWS // many.size))
    rng, tables = generator(seed), np.empty((fewer, cells_n))
    chunk = max(1, (1 << 21) // many.size)
    for first in range(0, fewer, chunk):
        size = min(chunk, fewer - first)
        drawn = rng.multinomial(total, many / total, size=size).astype(np.float64)
        tables[first : first + size] = drawn @ patterns
    return tables


def permuted(hits: ArrayLike, among: ArrayLike, *, seed: int, replicates: int = REPLICATES) -> IntArray:
    """Return hits of each group when it is chance which rows are hits, [replicates, groups].

    The hits are shuffled over all rows, which makes each group's number multivariate hypergeometric.
    For rows that are independent of each other.

    Args:
        hits: [groups] hits.
        among: [groups] rows they are counted among.
        seed: of the random stream.
        replicates: number of shuffles.

    Raises:
        UsageError: when a group has more hits than rows.
    """
    found, rows = np.asarray(hits, dtype=np.int64), np.asarray(among, dtype=np.int64)
    if found.shape != rows.shape or found.ndim != 1 or not ((found >= 0) & (found <= rows)).all():
        raise UsageError("hits lie between 0 and the rows of their group", why=f"{found} of {rows}")
    _require_room(found.size, replicates)
    drawn = generator(seed).multivariate_hypergeometric(
        rows, int(found.sum()), size=replicates, method="marginals"
    )
    return drawn.astype(np.int64)


def exceedance(observed: float, replicates: FloatArray) -> float:
    """Return the p-value (1 + #{replicate >= observed}) / (replicates + 1); never 0."""
    reached = int(np.count_nonzero(replicates >= observed - TINY))
    return (1 + reached) / (replicates.size + 1)


def simultaneous(
    values: FloatArray,
    replicates: FloatArray,
    *,
    centre: FloatArray | None = None,
    error: FloatArray | None = None,
    units_n: int | None = None,
    level: float = 0.95,
) -> Simultaneous:
    """Return intervals of several values that hold together, and their adjusted p-values.

    Max-T: the half width of each is its standard error times the `level` quantile of
    max_j |replicate_j - value_j| / sd_j, so that dependence between the values is used and not paid for.
    Source: P. H. Westfall and S. S. Young, Resampling-Based Multiple Testing (Wiley, 1993), section 2.

    Args:
        values: [j] estimates.
        replicates: [r, j] the same of resampled tables; NaN where undefined.
        centre: [j] middles of the intervals; None for the values themselves.
        error: [j] standard errors; None for the standard deviations of the replicates.
        units_n: independent units behind the standard errors where they are few: the quantile is
            widened as Student's t widens the normal one.
        level: of all intervals together.

    Raises:
        UsageError: when shapes do not fit.
        UnknownAnswerError: when there are no values.
    """
    require_replicates(replicates.shape[0], require_level(level))
    if values.ndim != 1 or replicates.shape[1:] != values.shape:
        raise UsageError("replicates must have a column for each value", why=f"{replicates.shape}")
    if values.size == 0:
        raise UnknownAnswerError("no values to give intervals to", why="the family is empty")
    away = replicates - values
    defined = np.isfinite(away)
    away[~defined] = 0.0
    # An undefined replicate says nothing about the spread, and counts as further away than any other.
    spread = np.sqrt(np.square(away).sum(axis=0) / np.maximum(defined.sum(axis=0), 1))
    worst = np.max(
        np.where(defined | ~defined.any(axis=0), np.abs(away) / np.where(spread > 0, spread, np.inf), np.inf),
        axis=1,
    )
    wider = 1.0 if units_n is None else _wider(units_n, level)
    normal = float(ndtri(0.5 + level / 2))
    critical = wider * max(normal, float(np.quantile(worst, level, method="higher")))
    middle = values if centre is None else centre
    half = spread if error is None else error
    low, high = middle - critical * half, middle + critical * half
    # What has no spread at all shows nothing about its uncertainty, so it is never evidence.
    steps = np.where(half > 0, np.abs(middle) / np.where(half > 0, half * wider, 1.0), 0.0)
    ordered = np.sort(worst)
    reached = worst.size - np.searchsorted(ordered, steps - TINY, side="left")
    # The normal p-value is the smallest that any family of these values could have, as `normal` is above.
    p_value = np.maximum((1 + reached) / (worst.size + 1), 2 * ndtr(-steps))
    return Simultaneous(np.minimum(low, values), np.maximum(high, values), p_value, critical, level)


def largest(low: FloatArray, high: FloatArray) -> tuple[float, float]:
    """Return the interval of max_j |value_j| that simultaneous intervals of the values imply.

    Where all intervals hold, so does this one; it contains 0 exactly when every one of them does. The
    percentile interval of a largest gap never contains 0, which is why it must not be read as a test.
    """
    least = np.maximum(0.0, np.maximum(low, -high))
    return float(least.max()), float(np.maximum(np.abs(low), np.abs(high)).max())


def design_effect(
    hits: FloatArray, among: FloatArray, clusters: IntArray, parts: IntArray, parts_n: int
) -> FloatArray:
    """Return how many times fewer independent rows there are behind a share of clustered rows, [parts_n].

    The variance of the ratio of sums over clusters, over that of as many independent rows; at least 1.
    Where all or none are hits nothing varies, and a cluster counts as one row.
    Source: L. Kish, Survey Sampling (Wiley, 1965), sections 6.3 and 8.2.

    Args:
        hits: [n] 0 or 1, whether the row is a hit.
        among: [n] 0 or 1, whether the row counts.
        clusters: [n] code of each row's cluster.
        parts: [n] part whose share is formed, 0 .. parts_n - 1.
        parts_n: number of parts.
    """
    _, cluster = np.unique(clusters, return_inverse=True)
    keys, place = np.unique(parts * (int(cluster.max(initial=0)) + 1) + cluster, return_inverse=True)
    owner = (keys // (int(cluster.max(initial=0)) + 1)).astype(np.int64)
    hit = np.bincount(place, weights=hits, minlength=keys.size)
    rows = np.bincount(place, weights=among, minlength=keys.size)
    all_hits = np.bincount(owner, weights=hit, minlength=parts_n)
    all_rows = np.bincount(owner, weights=rows, minlength=parts_n)
    present = np.bincount(owner, weights=rows > 0, minlength=parts_n)
    share = all_hits / np.maximum(all_rows, 1)
    squares = np.bincount(owner, weights=np.square(hit - share[owner] * rows), minlength=parts_n)
    few = present / np.maximum(present - 1, 1)
    alone = all_rows * share * (1 - share)
    varied = few * squares / np.where(alone > 0, alone, 1.0)
    constant = all_rows / np.maximum(present, 1)
    effect: FloatArray = np.maximum(1.0, np.where(alone > 0, varied, constant))
    return effect


def _patterns(place: IntArray, codes: IntArray, cells_n: int) -> tuple[FloatArray, IntArray]:
    """Return the different counts that clusters hold, [patterns, cells_n], and how many hold each."""
    names, cluster = np.unique(codes, return_inverse=True)
    if names.size * cells_n > MOST_ELEMENTS:
        raise UsageError(
            "too many clusters for so many cells", why=f"{names.size:,} clusters, {cells_n:,} cells"
        )
    counts = np.bincount(cluster * cells_n + place, minlength=names.size * cells_n)
    patterns, many = np.unique(counts.reshape(names.size, cells_n), axis=0, return_counts=True)
    return patterns.astype(np.float64), many.astype(np.int64)


def _wider(units_n: int, level: float) -> float:
    """Return t / z: what estimating a standard error from few units costs."""
    quantile = 0.5 + level / 2
    return float(stdtrit(max(units_n - 1, 1), quantile)) / float(ndtri(quantile))


def _require_room(cells_n: int, replicates: int) -> None:
    if replicates < 1 or cells_n * replicates > MOST_ELEMENTS:
        raise UsageError(
            "resampled tables must fit into memory",
            why=f"{replicates:,} replicates of {cells_n:,} cells",
            hint="join small groups, or ask for fewer replicates",
        )
