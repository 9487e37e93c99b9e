"""Counts of the compared groups, resampled, and what a share of clustered rows is worth.

Single shares are shrunken as A. Agresti and B. Caffo do (The American Statistician 54, 2000): one hit and one
miss are added to each, after dividing clustered rows by their design effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weigh.checks.fairness.groups import Grouping
from weigh.checks.fairness.metrics import Rate, hits_and_rows
from weigh.statistics import cells as resampling
from weigh.statistics.disclosure import independent_rows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

# A share of fewer rows (or clusters) than this is shown, and not compared.
FEWEST_ROWS = 30
# Groups that are compared, the largest first: 190 pairs.
MOST_GROUPS = 20
# Above this many cells the draws are fewer, so that they fit into memory.
MANY_CELLS = 400
FEWER_REPLICATES = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class GroupTable:
    """The compared groups, the largest first.

    Attributes:
        rates: the rates that are compared.
        names: of the groups.
        hits: [g, rates] rows counted.
        rows: [g, rates] rows counted among.
        enough: [g, rates] whether there are rows and clusters enough to compare the share.
        effect: [g, rates] design effect of clustered rows; 1 where each row stands alone.
        drawn_hits: [r, g, rates] the same of resampled rows.
        drawn_rows: [r, g, rates] the same of resampled rows.
        drawn: [r, g, rates] the rates of resampled rows; NaN where a group has no row to count among.
        clusters_n: independent clusters; None where each row stands alone.
    """

    rates: tuple[Rate, ...]
    names: tuple[str, ...]
    hits: FloatArray
    rows: FloatArray
    enough: BoolArray
    effect: FloatArray
    drawn_hits: FloatArray
    drawn_rows: FloatArray
    drawn: FloatArray
    clusters_n: int | None

    @property
    def shares(self) -> FloatArray:
        """The rates, [g, rates]."""
        return divided(self.hits, self.rows)

    def judged(self, rate: int) -> list[int]:
        """Groups with rows enough for a rate."""
        return np.flatnonzero(self.enough[:, rate]).tolist()

    def shrunken(self) -> tuple[FloatArray, FloatArray]:
        """Return Agresti and Caffo's centre and variance of each share, [g, rates]."""
        hits, rows = self.hits / self.effect, self.rows / self.effect
        centre = (hits + 1) / (rows + 2)
        return centre, centre * (1 - centre) / (rows + 2)


def compared_groups(grouping: Grouping, sizes: IntArray, clusters: IntArray | None) -> IntArray:
    """Return the groups with rows enough, the largest first, ties in the order of their names."""
    units = independent_rows(grouping.codes, clusters, sizes.size)
    order = np.argsort(-sizes, kind="stable")
    return order[units[order] >= FEWEST_ROWS][:MOST_GROUPS]


def second_largest(sizes: IntArray) -> int:
    """Return the rows of the second largest group, 0 where there is one group only."""
    return int(np.sort(sizes)[-2]) if sizes.size > 1 else 0


def group_table(
    grouping: Grouping,
    kept: IntArray,
    counts: FloatArray,
    rates: tuple[Rate, ...],
    cells: IntArray,
    clusters: IntArray | None,
    *,
    seed: int,
    replicates: int,
) -> GroupTable:
    """Count and resample the compared groups.

    Args:
        grouping: the groups of the rows.
        kept: groups to compare, the largest first.
        counts: [groups, cells] rows of every group.
        rates: the rates to compare.
        cells: [n] cell of each row.
        clusters: [n] codes of dependent rows; None when each row stands alone.
        seed: of the resampling.
        replicates: number of draws; fewer where there are many cells.
    """
    cells_n = counts.shape[1]
    place = np.full(len(grouping.names) + 1, -1, dtype=np.int64)
    place[kept] = np.arange(kept.size)
    codes = place[grouping.codes]
    member = codes >= 0
    flat = codes[member] * cells_n + cells[member]
    size = kept.size * cells_n
    if size > MANY_CELLS:
        replicates = min(replicates, FEWER_REPLICATES)
    effect = np.ones((kept.size, len(rates)))
    if clusters is None:
        whole = counts[kept].astype(np.int64)
        tables = resampling.resampled(whole, seed=seed, replicates=replicates)
        units = counts[kept] @ _masks(rates, cells_n)
    else:
        own = clusters[member]
        tables = resampling.resampled_clusters(flat, own, size, seed=seed, replicates=replicates)
        tables = tables.reshape(-1, kept.size, cells_n)
        effect, units = clustered_effects(codes[member], cells[member], own, rates, kept.size, cells_n)
    hits, rows = hits_and_rows(counts[kept], rates)
    drawn_hits, drawn_rows = hits_and_rows(tables, rates)
    return GroupTable(
        rates=rates,
        names=tuple(grouping.names[g] for g in kept.tolist()),
        hits=hits,
        rows=rows,
        enough=np.minimum(rows, units) >= FEWEST_ROWS,
        effect=effect,
        drawn_hits=drawn_hits,
        drawn_rows=drawn_rows,
        drawn=divided(drawn_hits, drawn_rows),
        clusters_n=None if clusters is None else int(np.unique(clusters).size),
    )


def _masks(rates: Sequence[Rate], cells_n: int) -> FloatArray:
    return hits_and_rows(np.eye(cells_n), rates)[1]


def clustered_effects(
    codes: IntArray,
    cells: IntArray,
    clusters: IntArray,
    rates: Sequence[Rate],
    groups_n: int,
    cells_n: int,
) -> tuple[FloatArray, FloatArray]:
    """Return the design effect of each share and the clusters behind it, each [groups_n, rates]."""
    hit_of, among_of = hits_and_rows(np.eye(cells_n), rates)
    effect, units = np.ones((groups_n, len(rates))), np.zeros((groups_n, len(rates)))
    for place in range(len(rates)):
        among = among_of[cells, place]
        effect[:, place] = resampling.design_effect(hit_of[cells, place], among, clusters, codes, groups_n)
        units[:, place] = independent_rows(np.where(among > 0, codes, -1), clusters, groups_n)
    return effect, units


def divided(hits: FloatArray, rows: FloatArray) -> FloatArray:
    """Return hits / rows, NaN where there are no rows."""
    return np.divide(hits, rows, out=np.full_like(hits, np.nan), where=rows > 0)


def compare(
    table: GroupTable, pairs: list[tuple[int, int, int]], *, level: float
) -> tuple[resampling.Simultaneous, FloatArray]:
    """Return simultaneous intervals of rate m of group g minus that of group h, for (m, g, h) in `pairs`."""
    m, g, h = (np.array(one) for one in zip(*pairs, strict=True))
    shares, drawn = table.shares, table.drawn
    centre, variance = table.shrunken()
    values = shares[g, m] - shares[h, m]
    replicates = drawn[:, g, m] - drawn[:, h, m]
    error = np.sqrt(variance[g, m] + variance[h, m])
    error = at_least_drawn(table, error, replicates, values)
    found = resampling.simultaneous(
        values,
        replicates,
        centre=centre[g, m] - centre[h, m],
        error=error,
        units_n=table.clusters_n,
        level=level,
    )
    return found, values


def at_least_drawn(
    table: GroupTable, error: FloatArray, replicates: FloatArray, values: FloatArray
) -> FloatArray:
    """Return standard errors; of clustered rows never below those of the draws, which know covariances."""
    if table.clusters_n is None:
        return error
    spread = np.sqrt(np.nanmean(np.square(replicates - values), axis=0))
    return np.maximum(error, spread)
