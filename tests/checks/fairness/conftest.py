"""Worlds in which it is known who is treated how."""

import numpy as np
import pytest

from weigh.datasets.predictions import Predictions


def draw(rng, n, shares, base, tpr, fpr):
    """Groups, true classes and answers (0 or 1) of n people with these rates by group."""
    group = rng.choice(len(shares), n, p=shares)
    truth = (rng.random(n) < np.array(base)[group]).astype(np.int64)
    chance = np.where(truth == 1, np.array(tpr)[group], np.array(fpr)[group])
    return group.astype(np.int64), truth, (rng.random(n) < chance).astype(np.int64)


def as_predictions(columns, truth, answers, *, groups=None, classes=("no", "yes"), test="in-domain"):
    n = truth.size
    proba = np.full((n, len(classes)), 0.2 / (len(classes) - 1))
    proba[np.arange(n), answers] = 0.8
    rows = np.arange(n) if groups is None else groups
    return Predictions(tuple(f"d.csv:{i}" for i in range(n)), truth, proba, classes, columns, rows, test)


@pytest.fixture(scope="session")
def drawn():
    return draw


@pytest.fixture(scope="session")
def predictions_of():
    return as_predictions
