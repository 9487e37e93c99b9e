"""Missing cells: a share of all values is gone."""

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.random import Generator

from weigh.datasets.perturbations.perturbation import Expectation, FeaturePerturbation, FloatArray
from weigh.datasets.table import FeatureColumns


def _without(features: FeatureColumns, _: FloatArray, drawn: Generator, *, share: float) -> FeatureColumns:
    numeric = np.where(drawn.random(features.numeric.shape) < share, np.nan, features.numeric)
    categorical = np.where(drawn.random(features.categorical.shape) < share, -1, features.categorical)
    return replace(features, numeric=numeric, categorical=categorical)


MISSING_TENTH = FeaturePerturbation(
    "missing-10", "1 cell in 10 is empty", Expectation.LOSES, partial(_without, share=0.1)
)
MISSING_THIRD = FeaturePerturbation(
    "missing-30", "3 cells in 10 are empty", Expectation.LOSES, partial(_without, share=0.3)
)
