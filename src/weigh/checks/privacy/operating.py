"""How well an attack's scores tell members from non-members: on average, and where it may hardly ever err."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from weigh.statistics.interval import Interval
from weigh.statistics.proportions import clopper_pearson
from weigh.statistics.two_samples import auroc_interval, difference, rank_sum_tail, top_tail

FloatArray: TypeAlias = NDArray[np.float64]

FALSE_POSITIVE_RATES = (0.01, 0.001)


@dataclass(frozen=True, slots=True)
class Point:
    """An attack that may be wrong about this share of non-members.

    Attributes:
        fpr: share of non-members that may be called members.
        wrong: the share that is, among all who were never members: the threshold is their order statistic.
        tpr: share of members found.
        p_value: exact, that members and non-members come in no order.
    """

    fpr: float
    wrong: Interval
    tpr: Interval
    p_value: float


@dataclass(frozen=True, slots=True)
class Strength:
    """What one attack achieves.

    Attributes:
        attack: `loss` or `reference`.
        auroc: chance that a member scores above a non-member.
        p_value: one-sided, of the same (Mann and Whitney).
        points: for each false-positive rate that there are non-members enough for.
    """

    attack: str
    auroc: Interval
    p_value: float
    points: tuple[Point, ...]


def strength(attack: str, members: FloatArray, nonmembers: FloatArray) -> Strength:
    """Return what the scores achieve.

    Args:
        attack: name of the attack.
        members: [n] scores, higher for a likelier member; independent rows.
        nonmembers: [m] scores.
    """
    rates = (rate for rate in FALSE_POSITIVE_RATES if nonmembers_needed(rate) <= nonmembers.size)
    return Strength(
        attack,
        auroc_interval(members, nonmembers),
        rank_sum_tail(members, nonmembers),
        tuple(_point(rate, members, nonmembers) for rate in rates),
    )


def nonmembers_needed(rate: float) -> int:
    """Return how many non-members a false-positive rate needs: one of them must be able to be wrong."""
    return round(1.0 / rate)


def advantage(members: FloatArray, nonmembers: FloatArray) -> Interval:
    """Return the share of members less the share of non-members whose loss is below the mean member's.

    The threshold of Yeom et al. (CSF 2018); positive when the attack is better than guessing.

    Args:
        members: [n] losses.
        nonmembers: [m] losses.
    """
    threshold = float(members.mean())
    shares = [
        clopper_pearson(int(np.count_nonzero(losses <= threshold)), losses.size)
        for losses in (members, nonmembers)
    ]
    return difference(*shares)


def _point(rate: float, members: FloatArray, nonmembers: FloatArray) -> Point:
    allowed = int(rate * nonmembers.size + 1e-9)
    # The best-scoring non-member that must not be called a member; members that tie with it are not either.
    threshold = float(np.sort(nonmembers)[nonmembers.size - 1 - allowed])
    above = int(np.count_nonzero(members > threshold))
    p_value = top_tail(above, allowed, positives=members.size, negatives=nonmembers.size)
    wrong = clopper_pearson(allowed, nonmembers.size)
    return Point(rate, wrong, clopper_pearson(above, members.size), p_value)
