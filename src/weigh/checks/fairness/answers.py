"""Answers as cells: what is counted for two classes, for one class of interest, or for many classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weigh.checks.fairness.groups import Grouping, by_column, crossings
from weigh.checks.fairness.metrics import (
    BINARY,
    BINARY_CELLS,
    MOST_CLASSES,
    Rate,
    binary_cells,
    class_cells,
    class_rates,
)
from weigh.core.errors import UsageError

IntArray = NDArray[np.int64]
StrArray = NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class Counting:
    """How answers are counted.

    Attributes:
        rates: the rates that are compared.
        cells_n: cells of one group.
        positive: the class of interest; "" where every class is compared.
        code: its place among the classes, -1 for none.
        compared: places of the compared classes where there is no class of interest.
    """

    rates: tuple[Rate, ...]
    cells_n: int
    positive: str
    code: int
    compared: IntArray

    def cells(self, labels: IntArray, answers: IntArray) -> IntArray:
        """Return the cell of each row, int64 [n]."""
        if self.code >= 0:
            return binary_cells(
                (labels == self.code).astype(np.int64), (answers == self.code).astype(np.int64)
            )
        return class_cells(labels, answers, self.compared)


def counting(classes: Sequence[str], positive: str, labels: IntArray) -> Counting:
    """Return how to count: one class against the rest, else the recall of each class.

    Of two classes without a named one the second in text order is the class of interest, as in
    scikit-learn. Of more than ten classes the ten commonest are compared.

    Args:
        classes: names of the classes.
        positive: the class of interest, "" when none was named.
        labels: true classes, for the order of the classes.

    Raises:
        UsageError: when no class is called `positive`.
    """
    if positive and positive not in classes:
        raise UsageError(
            f'no class is called "{positive}"',
            why=f"the classes are: {', '.join(sorted(classes)[:10])}",
            hint="name one of them with --positive",
        )
    if positive or len(classes) == 2:
        code = classes.index(positive) if positive else 1
        none = np.empty(0, dtype=np.int64)
        return Counting(BINARY, BINARY_CELLS, classes[code], code, none)
    sizes = np.bincount(labels, minlength=len(classes))
    common = np.argsort(-sizes, kind="stable")[:MOST_CLASSES]
    compared = common[sizes[common] > 0].astype(np.int64)
    rates = class_rates([classes[k] for k in compared.tolist()])
    return Counting(rates, 2 * (compared.size + 1), "", -1, compared)


def groupings_of(
    columns: Mapping[str, StrArray], protected: Sequence[str], clusters: IntArray | None = None
) -> list[Grouping]:
    """Return the groups of each protected column.

    Raises:
        UsageError: when the rows do not carry a column.
    """
    for name in protected:
        if name not in columns:
            raise UsageError(
                f'group column "{name}" not found',
                why=f"the rows carry: {', '.join(columns) or 'no such columns'}",
                hint="name a column of the data with --group",
            )
    return [by_column(name, columns[name], clusters) for name in dict.fromkeys(protected)]


def with_crossings(groupings: list[Grouping]) -> list[Grouping]:
    """Return the groupings, and the pairs of the first of them crossed."""
    return [*groupings, *crossings(groupings)]
