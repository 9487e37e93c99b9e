"""What a predictor answers, as counts: built on held-out rows, with how often each confidence was right."""

import numpy as np
from numpy.typing import NDArray

from weigh.core.profile import Bins, Scores
from weigh.watch import bins

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_CLASSES = 20
"""Classes whose probabilities are watched one by one; beyond, confidence and answers are."""

CALIBRATION_BINS = 15
FEWEST_A_BIN = 20
"""Rows behind each step of the calibration map; fewer make steps of chance."""

CONFIDENCE = "confidence"


def columns_of(proba: FloatArray, classes: tuple[str, ...]) -> dict[str, FloatArray]:
    """Confidence and class probabilities by name; of two classes one says all about the other."""
    watched: tuple[int, ...] = tuple(range(len(classes))) if len(classes) <= MOST_CLASSES else ()
    watched = (1,) if len(classes) == 2 else watched
    return {CONFIDENCE: proba.max(axis=1), **{f"p({classes[c]})": proba[:, c] for c in watched}}


def summarise(proba: FloatArray, labels: IntArray, classes: tuple[str, ...], *, fullest: float) -> Scores:
    """Count scores and right answers.

    Args:
        proba: [n, classes] of rows that the predictor was not fitted on.
        labels: [n] true classes.
        classes: their names.
        fullest: share of the rows a bin may hold.
    """
    answers = proba.argmax(axis=1)
    correct = answers == labels
    confidence = proba.max(axis=1)
    cuts = calibration_cuts(confidence)
    where = np.searchsorted(np.array(cuts), confidence, side="left")
    rows = np.bincount(where, minlength=len(cuts) + 1)
    right = np.bincount(where[correct], minlength=len(cuts) + 1)
    return Scores(
        rows=len(proba),
        correct=int(correct.sum()),
        columns=tuple(_bins(proba, classes, fullest)),
        answers=tuple(np.bincount(answers, minlength=len(classes)).tolist()),
        calibration=tuple(zip(rows.tolist(), right.tolist(), strict=True)),
        calibration_cuts=cuts,
    )


def _bins(proba: FloatArray, classes: tuple[str, ...], fullest: float) -> list[Bins]:
    found = columns_of(proba, classes)
    return [bins.summarise(name, values, fullest=fullest) for name, values in found.items()]


def calibration_cuts(confidence: FloatArray) -> tuple[float, ...]:
    """Ends of bins of equally many rows, ascending."""
    wanted = max(1, min(CALIBRATION_BINS, confidence.size // FEWEST_A_BIN))
    levels = np.arange(1, wanted) / wanted
    ends = np.unique(np.quantile(confidence, levels, method="inverted_cdf")) if wanted > 1 else np.empty(0)
    return tuple(float(end) for end in ends)
