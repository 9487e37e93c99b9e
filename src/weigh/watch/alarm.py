"""When is a difference an alarm? It must be large enough to matter and too large for chance.

Parts of one kind are a family. Inside a family p-values are adjusted after Benjamini and Hochberg; over
the families after Holm. When nothing changed, the chance of any alarm at all is at most alpha (R. J. Simes,
Biometrika 73, 1986, for positively dependent parts).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from weigh.statistics.interval import Interval
from weigh.statistics.multiplicity import benjamini_hochberg, holm

ALPHA = 0.01
"""Chance of an alarm on a batch in which nothing changed."""

SMALLEST = 0.1
"""Effect below which nobody is woken: a tenth of the rows, or of a standard deviation."""

SMALLEST_SHARE = 0.05
"""Change of the share of missing values that matters."""

SMALLEST_DROP = 0.03
"""Loss of measured accuracy that matters."""


class Family(StrEnum):
    """Kinds of parts that are compared."""

    COLUMNS = "columns"
    EMBEDDINGS = "embeddings"
    SCORES = "scores"
    ACCURACY = "accuracy"


@dataclass(frozen=True, slots=True)
class Part:
    """One comparison of new rows with the reference.

    Attributes:
        family: its kind.
        name: column or class (hostile text).
        statistic: `ks`, `total_variation`, `missing`, `mmd`, `drop`.
        effect: how large the difference is.
        p_value: that there is none.
        smallest: effect that matters.
        rows: values behind it, of the reference and of the new rows; a column counts those that are there.
        cells: categories told apart; 0 for numbers and clouds.
        directions: of a cloud, its variance along each direction; empty for other parts.
        block: of a cloud, rows that are permuted together; 0 for other parts.
    """

    family: Family
    name: str
    statistic: str
    effect: Interval
    p_value: float
    smallest: float
    rows: tuple[int, int] = (0, 0)
    cells: int = 0
    directions: tuple[float, ...] = ()
    block: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """A part with what is made of it.

    Attributes:
        part: the comparison.
        adjusted: p-value adjusted over parts and families.
        alarm: large enough and too large for chance.
    """

    part: Part
    adjusted: float
    alarm: bool


def judge(parts: Sequence[Part], *, alpha: float) -> tuple[Judged, ...]:
    """Adjust all p-values and raise the alarms, in the order of the parts."""
    families = [family for family in Family if any(p.family is family for p in parts)]
    within: dict[int, float] = {}
    smallest: list[float] = []
    for family in families:
        places = [i for i, part in enumerate(parts) if part.family is family]
        adjusted = benjamini_hochberg([parts[i].p_value for i in places])
        within |= dict(zip(places, adjusted.tolist(), strict=True))
        smallest.append(float(adjusted.min()))
    over = dict(zip(families, holm(smallest).tolist(), strict=True))
    return tuple(_judged(part, max(within[i], over[part.family]), alpha) for i, part in enumerate(parts))


def drifted(judged: Sequence[Judged]) -> bool:
    """Whether the rows themselves raised an alarm, and not only the labels that came with them."""
    return any(one.alarm and one.part.family is not Family.ACCURACY for one in judged)


def _judged(part: Part, adjusted: float, alpha: float) -> Judged:
    return Judged(part, adjusted, adjusted <= alpha and part.effect.value >= part.smallest)
