"""Rates of each group and the gaps between groups, with intervals that hold together.

A gap is signed: a group's rate minus that of the reference group, the largest. All gaps of one grouping share
one max-T family.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weigh.checks.fairness.group_table import (
    MOST_GROUPS,
    GroupTable,
    at_least_drawn,
    clustered_effects,
    compare,
    compared_groups,
    group_table,
    second_largest,
)
from weigh.checks.fairness.groups import Grouping
from weigh.checks.fairness.metrics import FPR, TPR, Rate, average_odds, counted, hits_and_rows
from weigh.checks.fairness.spreads import Spread, spreads
from weigh.statistics.cells import REPLICATES, simultaneous
from weigh.statistics.disclosure import FEWEST_NAMED, independent_rows
from weigh.statistics.interval import Interval
from weigh.statistics.proportions import beta_ends, proportion

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Share:
    """A rate of one group.

    Attributes:
        rate: which rate.
        group: name of the group.
        interval: of this rate alone.
        compared: whether there are rows enough to compare it.
    """

    rate: Rate
    group: str
    interval: Interval
    compared: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A group's rate minus the reference group's.

    Attributes:
        name: of the measure.
        rate: which rate; None for a mean of several.
        group: name of the group.
        reference: name of the reference group.
        interval: holds together with all other gaps of the grouping.
        p_value: for no gap, adjusted for all gaps of the grouping.
    """

    name: str
    rate: Rate | None
    group: str
    reference: str
    interval: Interval
    p_value: float

    @property
    def shown(self) -> bool:
        """Whether the interval excludes 0."""
        return not self.interval.contains(0.0)


@dataclass(frozen=True, slots=True)
class Audit:
    """What one grouping shows.

    Attributes:
        grouping: name of the column or columns.
        reference: name of the largest group, "" when no group can be compared.
        shares: rate of each group that may be named and has a row to count among.
        gaps: signed gaps to the reference group.
        spreads: largest gaps.
        unknown: (group, rows) of groups with too few rows to compare any rate, but enough to be named.
        unnamed: groups with fewer than five independent rows: they point at persons, and are only counted.
        partly: (group, rate in words, rows) where a compared group has too few rows for one rate.
        second: rows of the second largest group.
    """

    grouping: str
    reference: str
    shares: tuple[Share, ...]
    gaps: tuple[Gap, ...]
    spreads: tuple[Spread, ...]
    unknown: tuple[tuple[str, int], ...]
    unnamed: int
    partly: tuple[tuple[str, str, int], ...]
    second: int

    @property
    def judged(self) -> bool:
        """Whether an error rate of at least two groups was compared; a selection rate shows no error."""
        return any(gap.rate is not None and gap.rate.odds for gap in self.gaps)


def audit(
    grouping: Grouping,
    cells: IntArray,
    rates: Sequence[Rate],
    *,
    cells_n: int,
    clusters: IntArray | None,
    level: float,
    seed: int,
    replicates: int = REPLICATES,
) -> Audit:
    """Compare the groups of one grouping.

    Args:
        grouping: the groups of the rows.
        cells: int64 [n] cell of each row, 0 .. cells_n - 1.
        rates: the rates to compare.
        cells_n: number of cells of one group.
        clusters: int64 [n] codes of dependent rows; None when each row stands alone.
        level: of all gaps of this grouping together.
        seed: of the resampling.
        replicates: draws and shuffles.
    """
    counts = counted(cells, grouping.codes, groups_n=len(grouping.names), cells_n=cells_n)
    sizes = counts.sum(axis=1).astype(np.int64)
    kept = compared_groups(grouping, sizes, clusters)
    persons = independent_rows(grouping.codes, clusters, sizes.size)
    unknown = [
        (grouping.names[g], int(sizes[g]))
        for g in np.flatnonzero(persons >= FEWEST_NAMED).tolist()
        if g not in kept
    ]
    unnamed = int(np.count_nonzero((persons > 0) & (persons < FEWEST_NAMED)))
    second = second_largest(sizes)
    if kept.size < 1:
        shares = _shares_of_all(grouping, counts, rates, cells, clusters, None)
        return Audit(grouping.protected, "", shares, (), (), tuple(unknown), unnamed, (), second)
    table = group_table(
        grouping, kept, counts, tuple(rates), cells, clusters, seed=seed, replicates=replicates
    )
    shares = _shares_of_all(grouping, counts, rates, cells, clusters, (kept, table.enough))
    return Audit(
        grouping=grouping.protected,
        reference=table.names[0],
        shares=shares,
        gaps=tuple(_gaps(table, level=level)),
        spreads=tuple(spreads(table, level=level, seed=seed)),
        unknown=tuple(unknown),
        unnamed=unnamed,
        partly=_partly(table),
        second=second,
    )


def _shares_of_all(
    grouping: Grouping,
    counts: FloatArray,
    rates: Sequence[Rate],
    cells: IntArray,
    clusters: IntArray | None,
    kept: tuple[IntArray, BoolArray] | None,
) -> tuple[Share, ...]:
    """Return the rates of the compared groups, and of as many groups that are too small to compare."""
    sizes = counts.sum(axis=1)
    persons = independent_rows(grouping.codes, clusters, sizes.size)
    order = np.argsort(-sizes, kind="stable")[:MOST_GROUPS]
    hits, rows = hits_and_rows(counts, rates)
    effect = np.ones_like(hits)
    if clusters is not None:
        known = grouping.codes >= 0
        effect, _ = clustered_effects(
            grouping.codes[known], cells[known], clusters[known], rates, counts.shape[0], counts.shape[1]
        )
    enough = np.zeros(hits.shape, dtype=np.bool_)
    if kept is not None:
        enough[kept[0]] = kept[1]
    return tuple(
        Share(
            rate,
            grouping.names[g],
            _share(int(hits[g, m]), int(rows[g, m]), float(effect[g, m])),
            bool(enough[g, m]),
        )
        for g in order[persons[order] >= FEWEST_NAMED].tolist()
        for m, rate in enumerate(rates)
        if rows[g, m] > 0
    )


def _share(hits: int, rows: int, effect: float) -> Interval:
    if effect <= 1.0:
        return proportion(hits, rows)
    # The exact interval at the effective number of rows, as Korn and Graubard do.
    share = hits / rows
    low, high = beta_ends(hits / effect, rows / effect, level=0.95)
    return Interval(share, min(low, share), max(high, share), 0.95, rows, "korn-graubard")


def _partly(table: GroupTable) -> tuple[tuple[str, str, int], ...]:
    return tuple(
        (name, rate.words, int(table.rows[g, m]))
        for g, name in enumerate(table.names)
        for m, rate in enumerate(table.rates)
        if not table.enough[g, m] and not rate.derived
    )


def _gaps(table: GroupTable, *, level: float) -> list[Gap]:
    """Return the signed gaps to the reference group, one max-T family; mirror images cost nothing."""
    wanted = [
        (m, g)
        for m, rate in enumerate(table.rates)
        for g in range(1, len(table.names))
        if table.enough[g, m] and table.enough[0, m] and not rate.derived
    ]
    if not wanted:
        return []
    found, values = compare(table, [(m, g, 0) for m, g in wanted], level=level)
    gaps = [
        _gap(table, table.rates[m], g, values[j], (found.low[j], found.high[j]), found.p_value[j], level)
        for j, (m, g) in enumerate(wanted)
    ]
    mirrored = [r for r in table.rates if r.derived]
    gaps += [_mirror(gap, rate) for rate in mirrored for gap in gaps if gap.rate is TPR]
    return gaps + _average_odds(table, level=level)


def _gap(
    table: GroupTable,
    rate: Rate,
    group: int,
    value: float,
    ends: tuple[float, float],
    p_value: float,
    level: float,
) -> Gap:
    n = int(table.rows[[0, group], table.rates.index(rate)].sum())
    low, high = max(-1.0, float(ends[0])), min(1.0, float(ends[1]))
    interval = Interval(float(value), low, high, level, n, "max-t-bootstrap")
    return Gap(f"{rate.name}_gap", rate, table.names[group], table.names[0], interval, float(p_value))


def _mirror(gap: Gap, rate: Rate) -> Gap:
    own = gap.interval
    mirrored = Interval(-own.value, -own.high, -own.low, own.level, own.n, own.method)
    return Gap(f"{rate.name}_gap", rate, gap.group, gap.reference, mirrored, gap.p_value)


def _average_odds(table: GroupTable, *, level: float) -> list[Gap]:
    if TPR not in table.rates or FPR not in table.rates:
        return []
    t, f = table.rates.index(TPR), table.rates.index(FPR)
    if not (table.enough[0, t] and table.enough[0, f]):
        return []
    groups = [g for g in range(1, len(table.names)) if table.enough[g, t] and table.enough[g, f]]
    if not groups:
        return []
    shares, drawn = table.shares, table.drawn
    centre, variance = table.shrunken()
    values = average_odds(shares[:, t], shares[:, f], 0)[groups]
    replicates = average_odds(drawn[..., t], drawn[..., f], 0)[:, groups]
    both = variance[:, t] + variance[:, f]
    error = np.sqrt(both[groups] + both[0]) / 2
    found = simultaneous(
        values,
        replicates,
        centre=average_odds(centre[:, t], centre[:, f], 0)[groups],
        error=at_least_drawn(table, error, replicates, values),
        units_n=table.clusters_n,
        level=level,
    )
    result = []
    for j, g in enumerate(groups):
        n = int(table.rows[[0, g]][:, [t, f]].sum())
        ends = max(-1.0, float(found.low[j])), min(1.0, float(found.high[j]))
        interval = Interval(float(values[j]), *ends, level, n, "max-t-bootstrap")
        result.append(
            Gap(
                "average_odds_difference",
                None,
                table.names[g],
                table.names[0],
                interval,
                float(found.p_value[j]),
            )
        )
    return result
