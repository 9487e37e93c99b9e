"""Mistakes in one cell of each row: a category nobody has seen, or a number in another unit."""

from bisect import bisect_left
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from weigh.datasets.perturbations.perturbation import (
    BoolArray,
    Expectation,
    FeaturePerturbation,
    FloatArray,
)
from weigh.datasets.table import FeatureColumns, IntArray

_NEW = "unseen"
_FACTOR = 10.0


def _unseen(features: FeatureColumns, _: FloatArray, drawn: Generator) -> FeatureColumns:
    chosen = _one_a_row(features.categorical >= 0, drawn)
    codes, categories = features.categorical.copy(), []
    for column, names in enumerate(features.categories):
        name = _NEW
        while name in names:
            name += "_"
        # Categories stay sorted: the codes behind the new one move up.
        place = bisect_left(names, name)
        codes[:, column] += codes[:, column] >= place
        codes[chosen == column, column] = place
        categories.append((*names[:place], name, *names[place:]))
    return replace(features, categorical=codes, categories=tuple(categories))


def _other_unit(features: FeatureColumns, _: FloatArray, drawn: Generator) -> FeatureColumns:
    with np.errstate(over="ignore"):
        scaled = features.numeric * _FACTOR
    # Zero and what would overflow cannot be in another unit.
    can = np.isfinite(scaled) & (features.numeric != 0)
    numeric, chosen = features.numeric.copy(), _one_a_row(can, drawn)
    rows = np.flatnonzero(chosen >= 0)
    numeric[rows, chosen[rows]] = scaled[rows, chosen[rows]]
    return replace(features, numeric=numeric)


def _one_a_row(can: BoolArray, drawn: Generator) -> IntArray:
    """A random column of each row among those that can be changed, int64 [n]; -1 where none can."""
    weight = np.where(can, drawn.random(can.shape), -1.0)
    if not can.shape[1]:
        return np.full(can.shape[0], -1, dtype=np.int64)
    chosen: IntArray = np.where(can.any(axis=1), weight.argmax(axis=1), -1).astype(np.int64)
    return chosen


UNSEEN_CATEGORY = FeaturePerturbation(
    "unseen-category", "one category of each row is a value never seen", Expectation.LOSES, _unseen
)
OTHER_UNIT = FeaturePerturbation(
    "other-unit", "one number of each row is ten times as large", Expectation.LOSES, _other_unit
)
