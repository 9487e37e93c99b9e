"""Rates of a confusion matrix by group, and the gaps between them; every one a function of counts in cells.

The names and definitions are those of Fairlearn and AIF360: `demographic_parity_difference` is the largest
minus the smallest selection rate, `equalized_odds_difference` the larger of the largest gaps of true and
false positive rates (M. Hardt et al., NeurIPS 2016), `disparate_impact` the smallest over the largest
selection rate (29 CFR 1607.4 D), `average_odds_difference` the mean of the signed gaps of both rates
(R. Bellamy et al., arXiv:1810.01943).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import UsageError
from weigh.core.measure import Direction
from weigh.statistics.arguments import require_codes

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Cells of one group for two classes: 2 * (true class is the one of interest) + (it is the answer).
BINARY_CELLS = 4
# Classes whose recall is compared, the commonest first; cells are counted for these and "the rest".
MOST_CLASSES = 10


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of rows of a group.

    Attributes:
        name: the field's name.
        hits: cells that are counted.
        among: cells they are counted among.
        words: what it is, for a sentence.
        direction: which way is better for a person of the group; NEUTRAL where that depends.
        of: the class it is about where several rates have one name, else "".
        derived: whether it is another rate's mirror image, which adds nothing to a test.
        odds: whether it is an error rate of one true class, so that equal ones are equalized odds.
    """

    name: str
    hits: tuple[int, ...]
    among: tuple[int, ...]
    words: str
    direction: Direction = Direction.NEUTRAL
    of: str = ""
    derived: bool = False
    odds: bool = False


SELECTION = Rate("selection_rate", (1, 3), (0, 1, 2, 3), "share answered positive")
TPR = Rate(
    "true_positive_rate", (3,), (2, 3), "share of positives found", direction=Direction.HIGHER, odds=True
)
FPR = Rate(
    "false_positive_rate",
    (1,),
    (0, 1),
    "share of negatives answered positive",
    direction=Direction.LOWER,
    odds=True,
)
FNR = Rate(
    "false_negative_rate",
    (2,),
    (2, 3),
    "share of positives missed",
    direction=Direction.LOWER,
    derived=True,
)
PPV = Rate(
    "positive_predictive_value",
    (3,),
    (1, 3),
    "share of positive answers that are right",
    direction=Direction.HIGHER,
)
ACCURACY = Rate("group_accuracy", (0, 3), (0, 1, 2, 3), "share answered right", direction=Direction.HIGHER)
BINARY: tuple[Rate, ...] = (SELECTION, TPR, FPR, FNR, PPV, ACCURACY)


def class_rates(classes: Sequence[str]) -> tuple[Rate, ...]:
    """Return accuracy and each class's recall, over the cells of `class_cells`.

    Args:
        classes: names of the compared classes, in the order of their cells.
    """
    places = range(len(classes) + 1)
    every = tuple(2 * k + right for k in places for right in (0, 1))
    accuracy = Rate(
        "group_accuracy",
        tuple(2 * k + 1 for k in places),
        every,
        "share answered right",
        direction=Direction.HIGHER,
    )
    recalls = tuple(
        Rate(
            "recall",
            (2 * k + 1,),
            (2 * k, 2 * k + 1),
            f'share of "{name}" found',
            direction=Direction.HIGHER,
            of=name,
            odds=True,
        )
        for k, name in enumerate(classes)
    )
    return (accuracy, *recalls)


def binary_cells(truth: ArrayLike, answers: ArrayLike) -> IntArray:
    """Return the cell of each row, int64 [n]; truth and answers are 1 for the class of interest, else 0.

    Raises:
        UsageError: when lengths differ or a value is neither 0 nor 1.
    """
    length = np.asarray(truth).size
    true = require_codes(truth, name="true classes", length=length)
    said = require_codes(answers, name="answers", length=length)
    if not (((true | said) & ~1) == 0).all():
        raise UsageError("truth and answers of two classes are 0 or 1")
    cells: IntArray = 2 * true + said
    return cells


def class_cells(truth: IntArray, answers: IntArray, compared: IntArray) -> IntArray:
    """Return the cell of each row, int64 [n]: 2 * (place of the true class in `compared`) + (it is right)."""
    most = int(max(truth.max(initial=0), compared.max(initial=0))) + 1
    place = np.full(most, compared.size, dtype=np.int64)
    place[compared] = np.arange(compared.size)
    cells: IntArray = 2 * place[truth] + (truth == answers)
    return cells


def counted(
    cells: IntArray, groups: IntArray, *, groups_n: int, cells_n: int, weights: FloatArray | None = None
) -> FloatArray:
    """Return rows of each group in each cell, float64 [groups_n, cells_n]; with weights their sums.

    Args:
        cells: [n] cell of each row.
        groups: [n] group of each row; rows with a negative one are left out.
        groups_n: number of groups.
        cells_n: number of cells of one group.
        weights: [n] weight of each row; None for 1.
    """
    known = groups >= 0
    place = groups[known] * cells_n + cells[known]
    own = None if weights is None else weights[known]
    found = np.bincount(place, weights=own, minlength=groups_n * cells_n)
    return found.astype(np.float64).reshape(groups_n, cells_n)


def hits_and_rows(tables: FloatArray, rates: Sequence[Rate]) -> tuple[FloatArray, FloatArray]:
    """Return the numerators and denominators of rates, each [..., groups, rates].

    Args:
        tables: [..., groups, cells] counts.
        rates: the rates.
    """
    cells_n = tables.shape[-1]
    hits, among = np.zeros((cells_n, len(rates))), np.zeros((cells_n, len(rates)))
    for place, rate in enumerate(rates):
        hits[list(rate.hits), place] = 1.0
        among[list(rate.among), place] = 1.0
    return tables @ hits, tables @ among


def group_rates(tables: FloatArray, rates: Sequence[Rate]) -> FloatArray:
    """Return rates by group, [..., groups, rates]; NaN where a group has no row to count among."""
    hits, among = hits_and_rows(tables, rates)
    return np.divide(hits, among, out=np.full_like(hits, np.nan), where=among > 0)


def difference(rates: FloatArray) -> FloatArray:
    """Return the largest minus the smallest rate over the groups, [...] of [..., groups].

    Of selection rates it is `demographic_parity_difference`, of true positive rates
    `equal_opportunity_difference`.
    """
    return np.asarray(rates.max(axis=-1) - rates.min(axis=-1))


def ratio(rates: FloatArray) -> FloatArray:
    """Return the smallest over the largest rate, [...] of [..., groups].

    Of selection rates it is `disparate_impact`. 1 where every rate is 0: nobody is selected, so nobody
    is selected less than others.
    """
    least, most = rates.min(axis=-1), rates.max(axis=-1)
    found: FloatArray = np.divide(least, most, out=np.ones_like(most), where=most > 0)
    return found


def equalized_odds(true_positive: FloatArray, false_positive: FloatArray) -> FloatArray:
    """Return `equalized_odds_difference`: the larger of both rates' differences, [...] of [..., groups]."""
    return np.maximum(difference(true_positive), difference(false_positive))


def average_odds(true_positive: FloatArray, false_positive: FloatArray, reference: int) -> FloatArray:
    """Return `average_odds_difference` of each group to a reference group, [..., groups]."""
    both = true_positive + false_positive
    return (both - both[..., [reference]]) / 2
