"""The whole vector of fairness and quality measures as functions of counts, for a before and an after."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weigh.checks.fairness.answers import Counting
from weigh.checks.fairness.group_table import FEWER_REPLICATES, FEWEST_ROWS, MANY_CELLS, MOST_GROUPS
from weigh.checks.fairness.groups import Grouping
from weigh.checks.fairness.metrics import (
    FPR,
    SELECTION,
    TPR,
    average_odds,
    counted,
    difference,
    group_rates,
    hits_and_rows,
    ratio,
)
from weigh.statistics import cells as resampling

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

# Of these more is better; of every other measure of the vector less is.
MORE_IS_BETTER = ("disparate_impact", "accuracy", "balanced_accuracy")


@dataclass(frozen=True, slots=True)
class Change:
    """One measure before and after, on the same rows.

    Attributes:
        name: of the measure.
        before: its value before.
        after: its value after.
        low: lower end of after - before; all changes of one comparison hold together.
        high: upper end.
        of: the class it is about, else "".
    """

    name: str
    before: float
    after: float
    low: float
    high: float
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
        replicates: draws; fewer where there are many cells.
    """
    sizes = np.bincount(grouping.codes, minlength=len(grouping.names))
    kept = np.argsort(-sizes, kind="stable")
    kept = kept[sizes[kept] >= FEWEST_ROWS][:MOST_GROUPS]
    if kept.size < 2:
        return []
    # Rows of groups too small to compare are one more group, which counts for the accuracy only.
    place = np.full(len(grouping.names), kept.size, dtype=np.int64)
    place[kept] = np.arange(kept.size)
    groups, joint = place[grouping.codes], 2 * before + after % 2
    shape = (kept.size + 1, 2 * count.cells_n)
    whole = counted(joint, groups, groups_n=shape[0], cells_n=shape[1])
    tables = _drawn(groups * shape[1] + joint, whole, clusters, seed=seed, replicates=replicates)
    enough = _enough(whole, count)
    names = _names(count, enough)
    if not names:
        return []
    values = [_vector(table, count, enough) for table in _both(whole[None])]
    drawn = [_vector(table, count, enough) for table in _both(tables)]
    moved = values[1][0] - values[0][0]
    found = resampling.simultaneous(moved, drawn[1] - drawn[0], level=level)
    return [
        Change(
            name,
            float(values[0][0, k]),
            float(values[1][0, k]),
            float(found.low[k]),
            float(found.high[k]),
            of,
        )
        for k, (name, of) in enumerate(names)
    ]


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


def _enough(whole: FloatArray, count: Counting) -> BoolArray:
    """Return which groups have rows enough for each rate before and after, [groups, rates]."""
    rows = [hits_and_rows(table, count.rates)[1] for table in _both(whole)]
    return np.asarray(np.minimum(*rows)[:-1] >= FEWEST_ROWS)


def _names(count: Counting, enough: BoolArray) -> list[tuple[str, str]]:
    """Return (measure, class) of the vector; a measure that fewer than two groups have is left out."""
    several = enough.sum(axis=0) > 1
    named = {SELECTION: "demographic_parity_difference", TPR: "equal_opportunity_difference"}
    names = [
        (named.get(rate, f"{rate.name}_difference"), rate.of)
        for rate, there in zip(count.rates, several.tolist(), strict=True)
        if there and not rate.derived
    ]
    if not names:
        return []
    if _odds(count, enough) is not None:
        names += [(name, "") for name in ("equalized_odds_difference", "average_odds_difference")]
    if SELECTION in count.rates:
        names.append(("disparate_impact", ""))
    return [*names, ("accuracy", ""), ("balanced_accuracy", "")]


def _odds(count: Counting, enough: BoolArray) -> tuple[int, int, IntArray] | None:
    """Return the places of both odds and the groups that have both; None when fewer than two do."""
    if TPR not in count.rates or FPR not in count.rates:
        return None
    t, f = count.rates.index(TPR), count.rates.index(FPR)
    groups = np.flatnonzero(enough[:, t] & enough[:, f])
    return (t, f, groups) if groups.size > 1 else None


def _vector(tables: FloatArray, count: Counting, enough: BoolArray) -> FloatArray:
    """Return every measure of `_names`, [r, measures]."""
    rates = group_rates(tables[:, :-1], count.rates)
    several = enough.sum(axis=0) > 1
    values = [
        difference(rates[:, enough[:, m], m])
        for m, rate in enumerate(count.rates)
        if several[m] and not rate.derived
    ]
    odds = _odds(count, enough)
    if odds is not None:
        t, f, groups = odds
        true, false = rates[:, groups, t], rates[:, groups, f]
        values.append(np.maximum(difference(true), difference(false)))
        values.append(np.abs(average_odds(true, false, 0)).max(axis=-1))
    if SELECTION in count.rates:
        m = count.rates.index(SELECTION)
        values.append(ratio(rates[:, enough[:, m], m]))
    return np.stack([*values, *_quality(tables.sum(axis=1), count)], axis=-1)


def _quality(cells: FloatArray, count: Counting) -> tuple[FloatArray, FloatArray]:
    """Return accuracy and balanced accuracy, each [r], of [r, cells]."""
    pairs = cells.reshape(cells.shape[0], -1, 2)
    right = pairs[..., 1].copy()
    if count.code >= 0:
        # Cells of two classes tell the answer, not whether it is right: a negative one is right at 0.
        right[:, 0] = pairs[:, 0, 0]
    rows = pairs.sum(axis=-1)
    recall = np.divide(right, rows, out=np.zeros_like(right), where=rows > 0)
    present = np.maximum(np.count_nonzero(rows, axis=-1), 1)
    return right.sum(axis=-1) / rows.sum(axis=-1), recall.sum(axis=-1) / present
