"""Noise: every number is off by a little, or by more."""

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.random import Generator

from weigh.datasets.perturbations.perturbation import Expectation, FeaturePerturbation, FloatArray
from weigh.datasets.table import FeatureColumns


def _noisy(
    features: FeatureColumns, spread: FloatArray, drawn: Generator, *, spreads: float
) -> FeatureColumns:
    noise = drawn.standard_normal(features.numeric.shape) * (spreads * spread)
    with np.errstate(over="ignore"):
        moved = features.numeric + noise
    # A sum beyond the largest float would be no number of the column any more.
    return replace(features, numeric=np.where(np.isinf(moved), features.numeric, moved))


SLIGHT_NOISE = FeaturePerturbation(
    "noise-0.1",
    "every number is off by 0.1 standard deviations",
    Expectation.KEEPS,
    partial(_noisy, spreads=0.1),
)
STRONG_NOISE = FeaturePerturbation(
    "noise-0.5",
    "every number is off by 0.5 standard deviations",
    Expectation.LOSES,
    partial(_noisy, spreads=0.5),
)
