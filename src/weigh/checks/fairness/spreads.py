"""The largest gap between any two groups: demographic parity, equal opportunity, equalized odds, their kin.

Its interval is the one that simultaneous intervals of all pairs imply, so it contains 0 exactly when no two
groups can be told apart. The percentile interval of a largest gap is not used: a largest gap is biased
upward, and its percentile interval never contains 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from weigh.checks.fairness.group_table import GroupTable, compare
from weigh.checks.fairness.metrics import SELECTION, TPR, Rate, difference, ratio
from weigh.statistics.cells import exceedance, largest, permuted, simultaneous
from weigh.statistics.interval import Interval

FloatArray = NDArray[np.float64]

METHOD = "max-t-bootstrap"


@dataclass(frozen=True, slots=True)
class Spread:
    """The largest gap between any two groups, or the smallest ratio.

    Attributes:
        name: of the measure.
        interval: implied by the simultaneous intervals of all pairs.
        p_value: for no difference between any two groups.
        method: how the p-value was found.
        of: the class it is about, else "".
    """

    name: str
    interval: Interval
    p_value: float
    method: str
    of: str = ""


def spreads(table: GroupTable, *, level: float, seed: int) -> list[Spread]:
    """Return every summary of the compared groups that can be formed.

    Args:
        table: counts of the compared groups.
        level: of each summary's interval.
        seed: of the permutations.
    """
    found = [
        spread
        for name, rates, of in _questions(table.rates)
        if (spread := _largest_gap(table, name, rates, of, level=level, seed=seed)) is not None
    ]
    parity = next((one for one in found if one.name == "demographic_parity_difference"), None)
    if parity is not None:
        # Equal shares and a ratio of 1 are one hypothesis, so they have one p-value.
        impact = _smallest_ratio(table, level=level)
        found.append(Spread("disparate_impact", impact, parity.p_value, parity.method))
    return found


def _questions(rates: Sequence[Rate]) -> list[tuple[str, tuple[Rate, ...], str]]:
    """Return (measure, rates whose largest gap it is, class) of every summary these rates have."""
    named = {SELECTION: "demographic_parity_difference", TPR: "equal_opportunity_difference"}
    plain: list[tuple[str, tuple[Rate, ...], str]] = [
        (named.get(rate, f"{rate.name}_difference"), (rate,), rate.of) for rate in rates if not rate.derived
    ]
    odds = tuple(rate for rate in rates if rate.odds)
    return [*plain, ("equalized_odds_difference", odds, "")] if len(odds) > 1 else plain


def _largest_gap(
    table: GroupTable, name: str, rates: tuple[Rate, ...], of: str, *, level: float, seed: int
) -> Spread | None:
    members = {table.rates.index(rate): table.judged(table.rates.index(rate)) for rate in rates}
    members = {m: groups for m, groups in members.items() if len(groups) > 1}
    # A summary of several rates of which one is unknown is unknown.
    if len(members) < len(rates):
        return None
    pairs = [(m, g, h) for m, groups in members.items() for g, h in combinations(groups, 2)]
    found, values = compare(table, pairs, level=level)
    low, high = largest(found.low, found.high)
    value = float(np.abs(values).max())
    n = int(sum(table.rows[groups, m].sum() for m, groups in members.items()))
    interval = Interval(value, min(low, value), min(1.0, max(high, value)), level, n, METHOD)
    # Shuffled gaps of several rates are not on one scale: the noisiest would hide a certain one.
    if table.clusters_n is not None or len(members) > 1:
        return Spread(name, interval, float(found.p_value.min()), "max-t", of)
    p_value = _permutation_p(table, members, value, seed=seed)
    return Spread(name, interval, p_value, "permutation", of)


def _permutation_p(table: GroupTable, members: dict[int, list[int]], observed: float, *, seed: int) -> float:
    """Return the p-value of the largest gap when groups are shuffled among the rows each rate counts."""
    drawn: list[FloatArray] = []
    for place, (m, groups) in enumerate(members.items()):
        hits, rows = table.hits[groups, m].astype(np.int64), table.rows[groups, m].astype(np.int64)
        drawn.append(
            difference(permuted(hits, rows, seed=seed + place, replicates=table.drawn.shape[0]) / rows)
        )
    return exceedance(observed, np.max(drawn, axis=0))


def _smallest_ratio(table: GroupTable, *, level: float) -> Interval:
    """Return `disparate_impact` with the interval that intervals of all pairs' log ratios imply.

    Half a hit and half a miss are added, so that a group of which nobody was selected has a ratio and one of
    which everybody was selected an uncertain one (D. Katz et al., Biometrics 34, 1978, with the usual
    correction).
    """
    m = table.rates.index(SELECTION)
    groups = table.judged(m)
    effect = table.effect[groups, m]
    hits, rows = table.hits[groups, m] / effect + 0.5, table.rows[groups, m] / effect + 1
    log, variance = np.log(hits / rows), 1 / hits - 1 / rows
    drawn = np.log(
        (table.drawn_hits[:, groups, m] / effect + 0.5) / (table.drawn_rows[:, groups, m] / effect + 1)
    )
    g, h = (np.array(one) for one in zip(*combinations(range(len(groups)), 2), strict=True))
    values, replicates = log[g] - log[h], drawn[:, g] - drawn[:, h]
    error = np.sqrt(variance[g] + variance[h])
    if table.clusters_n is not None:
        error = np.maximum(error, np.sqrt(np.mean(np.square(replicates - values), axis=0)))
    found = simultaneous(values, replicates, error=error, units_n=table.clusters_n, level=level)
    least, most = largest(found.low, found.high)
    value = float(ratio(table.hits[groups, m] / table.rows[groups, m]))
    low, high = min(value, float(np.exp(-most))), max(value, float(np.exp(-least)))
    return Interval(value, low, high, level, int(table.rows[groups, m].sum()), METHOD)
