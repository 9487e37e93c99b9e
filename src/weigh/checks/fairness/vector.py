"""The whole vector of fairness measures as functions of counts, for a before and an after.

A largest gap is biased upward, and the more so the closer its groups are together: its change between two
answers is not a change of any gap, and a bootstrap of it is no test. What is resampled are the signed gaps of
all pairs, before, after and their change; where all their intervals hold, so does what they imply for the
largest one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from weigh.checks.fairness.answers import Counting
from weigh.checks.fairness.group_table import (
    FEWER_REPLICATES,
    FEWEST_ROWS,
    MANY_CELLS,
    clustered_effects,
    compared_groups,
)
from weigh.checks.fairness.groups import Grouping
from weigh.checks.fairness.metrics import FPR, SELECTION, TPR, counted, hits_and_rows, ratio
from weigh.statistics import cells as resampling
from weigh.statistics.cells import FEWEST_REPLICATES, largest, simultaneous

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

METHOD = "max-t-bootstrap"
# Of these more is better; of every other measure of the vector less is.
MORE_IS_BETTER = ("disparate_impact", "accuracy", "balanced_accuracy")
# 32 MiB of resampled gaps; many pairs of groups are drawn less often.
MOST_ELEMENTS = 1 << 22


@dataclass(frozen=True, slots=True)
class Change:
    """One measure before and after, on the same rows.

    Attributes:
        name: of the measure.
        before: its value before.
        after: its value after.
        low: lower end of after - before; all changes of one comparison of groups hold together.
        high: upper end.
        level: of the interval, or of all that hold together.
        method: how the ends were found.
        of: the class it is about, else "".
    """

    name: str
    before: float
    after: float
    low: float
    high: float
    level: float
    method: str
    of: str = ""

    @property
    def change(self) -> float:
        """After minus before."""
        return self.after - self.before

    @property
    def worse(self) -> bool:
        """Whether it got worse beyond doubt."""
        return self.high < 0 if self.name in MORE_IS_BETTER else self.low > 0

    @property
    def better(self) -> bool:
        """Whether it got better beyond doubt."""
        return self.low > 0 if self.name in MORE_IS_BETTER else self.high < 0


@dataclass(frozen=True, slots=True)
class _Measure:
    """A summary of signed gaps: the largest of them, or the ratio that the largest log ratio stands for."""

    name: str
    places: tuple[int, ...]
    of: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """The signed gaps of a comparison: of single rates, of the mean of both odds, of log selection rates.

    Attributes:
        gaps: (rate, group, group).
        odds: (group, reference group) of which both error rates are known.
        ratios: (group, group).
        measures: what is formed of them, by their places in this order.
    """

    gaps: tuple[tuple[int, int, int], ...]
    odds: tuple[tuple[int, int], ...]
    ratios: tuple[tuple[int, int], ...]
    measures: tuple[_Measure, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Ends:
    low: FloatArray
    high: FloatArray

    def at(self, places: tuple[int, ...]) -> "_Ends":
        own = list(places)
        return _Ends(self.low[own], self.high[own])


def changes(
    grouping: Grouping,
    count: Counting,
    before: IntArray,
    after: IntArray,
    *,
    clusters: IntArray | None,
    level: float,
    seed: int,
    replicates: int = resampling.REPLICATES,
) -> list[Change]:
    """Return every measure before and after; empty when no two groups can be compared.

    Both answers to a row are drawn together, so that what they share does not widen the intervals.

    Args:
        grouping: groups of the rows.
        count: how answers are counted.
        before: int64 [n] cell of each row before.
        after: int64 [n] cell of each row after; the true class is the same.
        clusters: int64 [n] codes of dependent rows; None when each row stands alone.
        level: of all intervals together.
        seed: of the resampling.
        replicates: draws; fewer where there are many cells or pairs.
    """
    sizes = np.bincount(grouping.codes[grouping.codes >= 0], minlength=len(grouping.names))
    kept = compared_groups(grouping, sizes, clusters)
    if kept.size < 2:
        return []
    place = np.full(len(grouping.names) + 1, -1, dtype=np.int64)
    place[kept] = np.arange(kept.size)
    codes = place[grouping.codes]
    member = codes >= 0
    groups, own = codes[member], None if clusters is None else clusters[member]
    cells = before[member], after[member]
    plan = _plan(count, _enough(groups, cells, own, count, kept.size))
    if not plan.measures:
        return []
    joint = 2 * cells[0] + cells[1] % 2
    whole = counted(joint, groups, groups_n=kept.size, cells_n=2 * count.cells_n)
    size = 3 * (len(plan.gaps) + len(plan.odds) + len(plan.ratios))
    replicates = min(replicates, max(FEWEST_REPLICATES, MOST_ELEMENTS // size))
    tables = _drawn(groups * whole.shape[1] + joint, whole, own, seed=seed, replicates=replicates)
    units_n = None if own is None else int(np.unique(own).size)
    return _compared(plan, count, whole, tables, units_n=units_n, level=level)


def _compared(
    plan: _Plan,
    count: Counting,
    whole: FloatArray,
    tables: FloatArray,
    *,
    units_n: int | None,
    level: float,
) -> list[Change]:
    """Return the changes that simultaneous intervals of all signed gaps and their changes imply."""
    first, second = (_signed(one, count, plan)[0] for one in _both(whole[None]))
    drawn_first, drawn_second = (_signed(one, count, plan) for one in _both(tables))
    replicates = np.concatenate([drawn_first, drawn_second, drawn_second - drawn_first], axis=1)
    values = np.concatenate([first, second, second - first])
    least = [_error(one, count, plan) for one in _both(whole)]
    least.append(_least_change(whole, count, plan))
    spread = np.sqrt(np.nanmean(np.square(replicates - values), axis=0))
    # Where no answer of two groups changed, nothing is uncertain about the change of their gap.
    least[2] = np.where((spread[-first.size :] == 0) & (second == first), 0.0, least[2])
    error = np.maximum(spread, np.concatenate(least))
    found = simultaneous(values, replicates, error=error, units_n=units_n, level=level)
    low, high = np.split(found.low, 3), np.split(found.high, 3)
    ends = [_Ends(one, other) for one, other in zip(low, high, strict=True)]
    found_changes = []
    for one in plan.measures:
        was, became = (_value(one, table, count, plan) for table in _both(whole[None]))
        found_changes.append(_change(one, was, became, ends, level=level))
    return found_changes


def _value(one: _Measure, table: FloatArray, count: Counting, plan: _Plan) -> float:
    """Return the measure itself; of the ratio without what is added to form its logarithm."""
    if one.name != "disparate_impact":
        return float(np.abs(_signed(table, count, plan)[0, list(one.places)]).max())
    groups = sorted({group for pair in plan.ratios for group in pair})
    hits, rows = hits_and_rows(table[0, groups], (SELECTION,))
    return float(ratio(hits[:, 0] / rows[:, 0]))


def _change(one: _Measure, was: float, became: float, ends: list[_Ends], *, level: float) -> Change:
    before, after, moved = (found.at(one.places) for found in ends)
    low, high = _largest_moved(before, after, moved)
    if one.name == "disparate_impact":
        low, high = _ratio_moved(largest(before.low, before.high), (low, high))
    change = became - was
    return Change(one.name, was, became, min(low, change), max(high, change), level, METHOD, one.of)


def _largest_moved(before: _Ends, after: _Ends, moved: _Ends) -> tuple[float, float]:
    """Return the interval of the change of max_j |gap_j| that intervals of all gaps and changes imply.

    The largest gap before has become at least what that pair's gap became, and the largest gap after was at
    least what that pair's was. Which pair is the largest is known only up to the intervals, so all that may
    be count. The difference of both largest gaps' own intervals holds too; the narrower ends are taken.
    """
    least_before, most_before = largest(before.low, before.high)
    least_after, most_after = largest(after.low, after.high)
    ends = []
    for found, least in ((before, least_before), (after, least_after)):
        may = np.maximum(np.abs(found.low), np.abs(found.high)) >= least
        up, down = may & (found.high >= least), may & (-found.low >= least)
        ends.append(
            (
                np.concatenate([moved.low[up], -moved.high[down]]),
                np.concatenate([moved.high[up], -moved.low[down]]),
            )
        )
    low = max(least_after - most_before, float(ends[0][0].min()))
    high = min(most_after - least_before, float(ends[1][1].max()))
    return low, high


def _ratio_moved(before: tuple[float, float], moved: tuple[float, float]) -> tuple[float, float]:
    """Return the interval of a ratio's change, from those of the largest log ratio and of its change."""
    corners = [float(np.exp(-start) * np.expm1(-step)) for start in before for step in moved]
    return max(-1.0, min(corners)), min(1.0, max(corners))


def _drawn(
    flat: IntArray, whole: FloatArray, clusters: IntArray | None, *, seed: int, replicates: int
) -> FloatArray:
    if whole.size > MANY_CELLS:
        replicates = min(replicates, FEWER_REPLICATES)
    if clusters is None:
        return resampling.resampled(whole.astype(np.int64), seed=seed, replicates=replicates)
    tables = resampling.resampled_clusters(flat, clusters, whole.size, seed=seed, replicates=replicates)
    return tables.reshape(-1, *whole.shape)


def _both(tables: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the tables before and after, [..., groups, cells] of joint ones [..., groups, 2 cells]."""
    parts = tables.reshape(*tables.shape[:-1], -1, 2, 2)
    shape = (*tables.shape[:-1], tables.shape[-1] // 2)
    return parts.sum(axis=-1).reshape(shape), parts.sum(axis=-2).reshape(shape)


def _enough(
    groups: IntArray,
    cells: tuple[IntArray, IntArray],
    clusters: IntArray | None,
    count: Counting,
    groups_n: int,
) -> BoolArray:
    """Return which groups have rows, and clusters, enough for each rate before and after, [groups, rates]."""
    enough = np.ones((groups_n, len(count.rates)), dtype=np.bool_)
    for own in cells:
        table = counted(own, groups, groups_n=groups_n, cells_n=count.cells_n)
        rows = hits_and_rows(table, count.rates)[1]
        if clusters is not None:
            units = clustered_effects(groups, own, clusters, count.rates, groups_n, count.cells_n)[1]
            rows = np.minimum(rows, units)
        enough &= rows >= FEWEST_ROWS
    return enough


def _plan(count: Counting, enough: BoolArray) -> _Plan:
    """Return the gaps and the measures of them; a measure that fewer than two groups have is left out."""
    named = {SELECTION: "demographic_parity_difference", TPR: "equal_opportunity_difference"}
    gaps: list[tuple[int, int, int]] = []
    measures = []
    at: dict[int, list[int]] = {}
    for m, rate in enumerate(count.rates):
        pairs = [(m, g, h) for g, h in combinations(np.flatnonzero(enough[:, m]).tolist(), 2)]
        if pairs and not rate.derived:
            at[m] = list(range(len(gaps), len(gaps) + len(pairs)))
            gaps += pairs
            measures.append(_Measure(named.get(rate, f"{rate.name}_difference"), tuple(at[m]), rate.of))
    both = _both_odds(count, enough)
    odds = [(g, both[0]) for g in both[1:]]
    if odds:
        t, f = count.rates.index(TPR), count.rates.index(FPR)
        known = [k for k in (*at[t], *at[f]) if {*gaps[k][1:]} <= {*both}]
        measures.append(_Measure("equalized_odds_difference", tuple(known)))
        places = range(len(gaps), len(gaps) + len(odds))
        measures.append(_Measure("average_odds_difference", tuple(places)))
    ratios: list[tuple[int, int]] = []
    if SELECTION in count.rates and (m := count.rates.index(SELECTION)) in at:
        ratios = [gaps[k][1:] for k in at[m]]
        start = len(gaps) + len(odds)
        measures.append(_Measure("disparate_impact", tuple(range(start, start + len(ratios)))))
    return _Plan(tuple(gaps), tuple(odds), tuple(ratios), tuple(measures))


def _both_odds(count: Counting, enough: BoolArray) -> list[int]:
    """Return the groups that have both error rates, the largest first; none when fewer than two do."""
    if TPR not in count.rates or FPR not in count.rates:
        return []
    t, f = count.rates.index(TPR), count.rates.index(FPR)
    groups: list[int] = np.flatnonzero(enough[:, t] & enough[:, f]).tolist()
    return groups if len(groups) > 1 else []


def _signed(tables: FloatArray, count: Counting, plan: _Plan) -> FloatArray:
    """Return the signed gaps, [r, gaps] of tables [r, groups, cells]; NaN where a group has no row."""
    hits, rows = hits_and_rows(tables, count.rates)
    shares = np.divide(hits, rows, out=np.full_like(hits, np.nan), where=rows > 0)
    parts = [_of_pairs(shares[:, g, m] - shares[:, h, m] for m, g, h in plan.gaps)]
    if plan.odds:
        both = shares[:, :, count.rates.index(TPR)] + shares[:, :, count.rates.index(FPR)]
        parts.append(_of_pairs((both[:, g] - both[:, h]) / 2 for g, h in plan.odds))
    if plan.ratios:
        m = count.rates.index(SELECTION)
        log = np.log((hits[:, :, m] + 0.5) / (rows[:, :, m] + 1))
        parts.append(_of_pairs(log[:, g] - log[:, h] for g, h in plan.ratios))
    return np.concatenate(parts, axis=1)


def _of_pairs(columns: Iterable[FloatArray]) -> FloatArray:
    return np.stack(list(columns), axis=1)


def _error(table: FloatArray, count: Counting, plan: _Plan) -> FloatArray:
    """Return standard errors of the signed gaps that are never 0, as Agresti and Caffo's and Katz's."""
    hits, rows = hits_and_rows(table, count.rates)
    centre = (hits + 1) / (rows + 2)
    variance = centre * (1 - centre) / (rows + 2)
    return _joined(variance, 1 / (hits + 0.5) - 1 / (rows + 1), count, plan)


def _least_change(whole: FloatArray, count: Counting, plan: _Plan) -> FloatArray:
    """Return standard errors below which no change is known: as if one row more had changed in each group."""
    hits, rows = hits_and_rows(_both(whole)[0], count.rates)
    return _joined(1 / np.square(rows + 2), 1 / np.square(hits + 2), count, plan)


def _joined(variance: FloatArray, log_variance: FloatArray, count: Counting, plan: _Plan) -> FloatArray:
    """Return the standard errors of all gaps of independent groups, from variances [groups, rates]."""
    found = [variance[g, m] + variance[h, m] for m, g, h in plan.gaps]
    if plan.odds:
        both = variance[:, count.rates.index(TPR)] + variance[:, count.rates.index(FPR)]
        found += [(both[g] + both[h]) / 4 for g, h in plan.odds]
    if plan.ratios:
        own = log_variance[:, count.rates.index(SELECTION)]
        found += [own[g] + own[h] for g, h in plan.ratios]
    return np.sqrt(np.array(found, dtype=np.float64))
