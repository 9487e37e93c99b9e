"""Does any test row stand among the training rows? By construction none does; this counts."""

import numpy as np

from weigh.core.measure import Direction, Measure, labelled
from weigh.datasets.duplicates import is_coarse
from weigh.datasets.splits import SplitPlan
from weigh.datasets.table import IntArray, Table

NAME = "test_rows_in_training"


def leak_measures(table: Table, plan: SplitPlan) -> tuple[Measure, ...]:
    """For each test set and fold, the test rows whose content, or whose group, is trained on too.

    Content is not counted where features are so coarse that separate observations share it
    (`weigh.datasets.duplicates`): its measure is absent then.
    """
    pairs = [(name, plan.train, rows) for name, rows in plan.tests]
    pairs += [(f"fold {fold.name}", fold.train, fold.test) for fold in plan.folds]
    coarse = is_coarse(table)
    found: list[Measure] = []
    for name, train, test in pairs:
        if not coarse:
            found.append(_measure(name, "content", _common(table.contents, train, test), test.size))
        found.append(_measure(name, "group", _common(table.groups, train, test), test.size))
    return tuple(found)


def _common(
    values: np.ndarray[tuple[int, ...], np.dtype[np.generic]], train: IntArray, test: IntArray
) -> int:
    return int(np.isin(values[test], values[train]).sum())


def _measure(test: str, by: str, value: int, n: int) -> Measure:
    return Measure(
        NAME, float(value), "count", n, direction=Direction.LOWER, labels=labelled(test=test, by=by)
    )
