"""Single decisions: how much less sure is the answer when one word of the row is left out?

Occlusion is M. D. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks" (ECCV 2014),
for words J. Li, W. Monroe and D. Jurafsky, "Understanding Neural Networks through Representation Erasure"
(2016). The changes are exact for the row and say nothing about others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from weigh.checks.explanation.masking import masked
from weigh.core.measure import Direction, Measure, labelled
from weigh.datasets.predictions import Predictions
from weigh.statistics.resampling import generator

FloatArray: TypeAlias = NDArray[np.float64]

# Decisions of each sort, right and wrong.
DECISIONS = 3
# Pieces a row is cut into: its words, or runs of words where it has more.
MOST_PIECES = 40
# Pieces reported of each decision, those that matter most.
MOST_SHOWN = 8


@dataclass(frozen=True, slots=True, eq=False)
class Occluded:
    """One decision, ready to be asked about.

    Attributes:
        row: number of the test row.
        places: words of each piece, counted from 1, e.g. `3` or `41-45`.
        pieces: the words themselves.
        texts: the row, then the row without each of the pieces.
    """

    row: int
    places: tuple[str, ...]
    pieces: tuple[str, ...]
    texts: tuple[str, ...]


def choose(texts: Sequence[str], predictions: Predictions, *, seed: int) -> list[Occluded]:
    """A few right and a few wrong decisions on rows of two words or more, drawn at random."""
    order = generator(seed).permutation(len(texts))
    found: list[Occluded] = []
    for right in (True, False):
        rows = (row for row in order.tolist() if bool(predictions.correct[row]) is right)
        several = (row for row in rows if len(texts[row].split(maxsplit=1)) > 1)
        found += [occlude(row, texts[row]) for row, _ in zip(several, range(DECISIONS), strict=False)]
    return found


def occlude(row: int, text: str) -> Occluded:
    """Cut a text into at most `MOST_PIECES` runs of words and leave out each of them in turn."""
    words = text.split()
    parts = np.array_split(np.arange(len(words)), min(len(words), MOST_PIECES))
    spans = [(int(part[0]), int(part[-1]) + 1) for part in parts]
    return Occluded(
        row,
        tuple(f"{start + 1}" if end == start + 1 else f"{start + 1}-{end}" for start, end in spans),
        tuple(" ".join(words[start:end]) for start, end in spans),
        (" ".join(words), *(" ".join(words[:start] + words[end:]) for start, end in spans)),
    )


def measures_of(
    one: Occluded,
    proba: FloatArray,
    predictions: Predictions,
    *,
    show: bool,
) -> Iterator[Measure]:
    """The pieces whose absence moves the answer most.

    Args:
        one: the decision.
        proba: [1 + pieces, classes] what was answered to its texts.
        predictions: what was answered to the test rows.
        show: whether the words may appear, masked.
    """
    code = int(predictions.predicted[one.row])
    change: FloatArray = proba[0, code] - proba[1:, code]
    size = np.where(np.isfinite(change), np.abs(change), -1.0)
    order = np.argsort(-size, kind="stable")[:MOST_SHOWN]
    decision = "right" if predictions.correct[one.row] else "wrong"
    for place in order.tolist():
        if size[place] < 0:
            continue
        where = one.places[place] + (f": {masked(one.pieces[place])}" if show else "")
        yield Measure(
            "occlusion_change",
            float(change[place]),
            "probability",
            1,
            direction=Direction.NEUTRAL,
            labels=labelled(row=predictions.ids[one.row], position=where, decision=decision),
        )
