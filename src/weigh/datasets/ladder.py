"""The ladder: nested training subsets, so that all arms are measured after the same few labels."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from weigh.datasets.order import spread
from weigh.datasets.table import IntArray, Table

BoolArray: TypeAlias = NDArray[np.bool_]

SMALLEST_RUNG = 32
"""Rows of the smallest subset of a ladder."""

RUNGS = (16, 8, 4, 2, 1)
"""A ladder's subsets hold one sixteenth, one eighth, … of the training rows."""


def ladder(
    table: Table, train: IntArray, *, smallest: int = SMALLEST_RUNG, seed: int
) -> tuple[IntArray, ...]:
    """Nested stratified subsets of the training rows, smallest first, all of them last.

    They hold a sixteenth, an eighth, a quarter, a half and all rows. Subsets of fewer than `smallest` rows,
    or too small for two rows of each class, are left out. Every class has two rows (or all it has) in each.

    Args:
        table: the table that `train` counts in.
        train: int64 row numbers.
        smallest: rows of the smallest subset.
        seed: another seed gives other subsets.
    """
    ordered = spread(table, train, table.labels, seed=seed, purpose="ladder").rows
    leading = _first_of_each(table.labels[ordered], 2)
    ordered = np.concatenate([ordered[leading], ordered[~leading]])
    least = max(smallest, int(leading.sum()))
    sizes = [ordered.size // part for part in RUNGS]
    return tuple(ordered[:size] for size in sizes if size >= least or size == ordered.size)


def _first_of_each(labels: IntArray, times: int) -> BoolArray:
    """Which places hold one of the first `times` occurrences of their value."""
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.concatenate([[True], labels[order][1:] != labels[order][:-1]]))
    nth = np.arange(labels.size) - np.repeat(starts, np.diff([*starts, labels.size]))
    result = np.zeros(labels.size, dtype=np.bool_)
    result[order] = nth < times
    return result
