"""Disturb sampled rows, ask about them again, and keep what changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from weigh.checks.case import Answerer
from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.datasets.perturbations.perturbation import Expectation, changed, spread_of
from weigh.datasets.perturbations.table import FEATURE_PERTURBATIONS, TEXT_PERTURBATIONS
from weigh.datasets.predictions import Predictions
from weigh.datasets.table import FeatureColumns, IntArray
from weigh.datasets.wording import shown
from weigh.statistics.resampling import generator

FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]

# Test rows that are disturbed; each text costs a run of the model, a feature row hardly anything.
MOST_TEXT_ROWS = 300
MOST_FEATURE_ROWS = 2000
# Texts put to the model in all, those asked again undisturbed among them.
MOST_TEXTS = 2000
CONTROL_TEXTS = 50

UNDISTURBED = "none"


@dataclass(frozen=True, slots=True, eq=False)
class Disturbed:
    """What the rows that one perturbation changes are answered, before and after.

    Attributes:
        id: of the perturbation, `none` for rows that were asked again as they are.
        what: what happened to the rows, in plain words.
        expectation: what a good answer does.
        before: bool [m] whether the answer to the row was right.
        after: bool [m] whether it is right now; no answer counts as wrong.
        flipped: bool [m] whether another class is answered now; no answer counts as another one.
        groups: int64 [m] group of each row.
        refused: why there is no answer at all, "" when there is one.
    """

    id: str
    what: str
    expectation: Expectation
    before: BoolArray
    after: BoolArray
    flipped: BoolArray
    groups: IntArray
    refused: str = ""

    @property
    def units(self) -> int:
        """Independent rows."""
        return int(np.unique(self.groups).size)


def sample(rows: int, most: int, *, seed: int) -> IntArray:
    """At most `most` of `rows` row numbers in random order, so that every prefix is a random sample."""
    drawn: IntArray = generator(seed).permutation(rows)[:most].astype(np.int64)
    return drawn


def disturb_texts(
    texts: Sequence[str], predictions: Predictions, answer: Answerer, *, seed: int
) -> Iterator[Disturbed]:
    """Put every kind of disturbed text to the predictor, in one call, within `MOST_TEXTS`.

    Args:
        texts: [n] the test rows.
        predictions: what was answered to them.
        answer: asks about new texts.
        seed: of the sample and of the perturbations.

    Yields:
        The rows asked again as they are, then one item for each perturbation in the order of the table,
        each with as many of the rows it changes as fit.
    """
    rows = sample(len(texts), MOST_TEXT_ROWS, seed=seed)
    originals = [texts[row] for row in rows.tolist()]
    kinds = [(kind, kind.apply(originals, seed=seed)) for kind in TEXT_PERTURBATIONS]
    touched = [
        np.array([i for i, text in enumerate(new) if text != originals[i]], dtype=np.int64)
        for _, new in kinds
    ]
    control = np.arange(min(CONTROL_TEXTS, rows.size))
    shares = _shares([places.size for places in touched], MOST_TEXTS - control.size)
    asked = [originals[i] for i in control.tolist()]
    for (_, new), places, share in zip(kinds, touched, shares, strict=True):
        asked += [new[i] for i in places[:share].tolist()]
    proba = answer.texts(asked)
    yield _compared(
        (UNDISTURBED, "nothing", Expectation.KEEPS), predictions, rows[control], proba[: control.size]
    )
    start = control.size
    for (kind, _), places, share in zip(kinds, touched, shares, strict=True):
        told = (kind.id, kind.what, kind.expectation)
        yield _compared(told, predictions, rows[places[:share]], proba[start : start + share])
        start += share


def disturb_features(
    features: FeatureColumns, predictions: Predictions, answer: Answerer, *, seed: int
) -> Iterator[Disturbed]:
    """Put every kind of disturbed feature rows to the predictor, one call a kind.

    A predictor that refuses a kind of rows (empty cells, say) yields an item without rows that says why. A
    worker that met a limit, or a full disk, says nothing about the rows and ends the question.
    """
    rows = sample(len(predictions), MOST_FEATURE_ROWS, seed=seed)
    originals, spread = features.take(rows), spread_of(features)
    yield _compared(
        (UNDISTURBED, "nothing", Expectation.KEEPS), predictions, rows, answer.features(originals)
    )
    for kind in FEATURE_PERTURBATIONS:
        new = kind.apply(originals, spread=spread, seed=seed)
        places = np.flatnonzero(changed(originals, new))
        told = (kind.id, kind.what, kind.expectation)
        try:
            proba = answer.features(new.take(places)) if places.size else np.empty((0, 1))
        except (UsageError, UnknownAnswerError) as error:
            yield _compared(told, predictions, rows[:0], np.empty((0, 1)), refused=shown(error.what))
            continue
        yield _compared(told, predictions, rows[places], proba)


def _compared(
    told: tuple[str, str, Expectation],
    predictions: Predictions,
    rows: IntArray,
    proba: FloatArray,
    *,
    refused: str = "",
) -> Disturbed:
    labels, groups = predictions.labels[rows], predictions.groups[rows]
    before = predictions.predicted[rows]
    answered = np.isfinite(proba).all(axis=1)
    after = np.where(answered, np.where(np.isfinite(proba), proba, 0.0).argmax(axis=1), -1)
    return Disturbed(*told, before == labels, after == labels, after != before, groups, refused)


def _shares(sizes: Sequence[int], total: int) -> list[int]:
    """How many each gets of `total` when nobody gets more than its size, and the rest is shared evenly."""
    given = [0] * len(sizes)
    left = total
    for number, place in enumerate(sorted(range(len(sizes)), key=lambda i: sizes[i])):
        given[place] = min(sizes[place], left // (len(sizes) - number))
        left -= given[place]
    return given
