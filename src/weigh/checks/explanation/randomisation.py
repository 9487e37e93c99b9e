"""The sanity check: does the explanation change when there was nothing to learn?

J. Adebayo et al., "Sanity Checks for Saliency Maps" (NeurIPS 2018), data randomisation test: an explanation
of a predictor that was fitted on permuted labels should have nothing in common with that of the real one.
A refitted predictor answers known rows only, so that no word or feature can be taken out for it. What is
compared is therefore what can be had from known rows on both sides: how much higher each class's mean
probability is on the rows that have a trait (a word, a large number, a category) than on those without it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from weigh.checks.case import Refitter
from weigh.checks.explanation.words import words_in
from weigh.datasets.table import FeatureColumns, IntArray
from weigh.statistics.bootstrap import mean_bootstrap
from weigh.statistics.interval import Interval
from weigh.statistics.resampling import generator

FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]

# Fits on permuted labels; each costs what the arm costs to train.
REFITS = 5
MOST_TRAINING_ROWS = 2000
MOST_ROWS = 2000
# Rows with and without a trait, and traits, below which a rank correlation says nothing.
FEWEST_ROWS = 5
FEWEST_TRAITS = 4
MOST_CATEGORIES = 10
_AWAY = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Relearning:
    """What is needed to fit the same arm again.

    Attributes:
        refit: fits and answers.
        train: [m] positions of the training rows.
        labels: [m] their class codes.
        ask: [n] positions of the test rows.
    """

    refit: Refitter
    train: IntArray
    labels: IntArray
    ask: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Traits:
    """What rows can have or not have.

    Attributes:
        member: bool [n, traits]; each trait has enough rows on both sides.
        columns: int64 [traits] place of the feature a trait belongs to; of the word, for texts.
    """

    member: BoolArray
    columns: IntArray


def word_traits(texts: Sequence[str], words: Sequence[str]) -> Traits:
    """Which rows hold which words."""
    present = [set(words_in(text)) for text in texts]
    member = np.array([[word in row for word in words] for row in present], dtype=np.bool_)
    return _enough(member.reshape(len(texts), len(words)), np.arange(len(words)))


def feature_traits(features: FeatureColumns) -> Traits:
    """Which rows lie above the median of which number, or have which of the commonest categories."""
    members, columns = [], []
    for column in range(len(features.numeric_names)):
        values = features.numeric[:, column]
        known = values[np.isfinite(values)]
        if known.size:
            members.append(values > np.median(known))
            columns.append(column)
    for place in range(len(features.categorical_names)):
        codes = features.categorical[:, place]
        counts = np.bincount(codes[codes >= 0], minlength=1)
        for code in np.argsort(-counts, kind="stable")[:MOST_CATEGORIES].tolist():
            members.append(codes == code)
            columns.append(len(features.numeric_names) + place)
    rows = features.numeric.shape[0]
    member = np.stack(members, axis=1) if members else np.zeros((rows, 0), dtype=np.bool_)
    return _enough(member, np.array(columns, dtype=np.int64))


def associations(traits: Traits, proba: FloatArray) -> FloatArray:
    """Mean probability of each class on rows with a trait minus that on rows without, [traits, classes]."""
    inside = traits.member.astype(np.float64)
    outside = 1.0 - inside
    found: FloatArray = (inside.T @ proba) / inside.sum(axis=0)[:, None] - (outside.T @ proba) / outside.sum(
        axis=0
    )[:, None]
    return found


def correlation(
    traits: Traits, proba: FloatArray, learning: Relearning, rows: IntArray, *, seed: int
) -> Interval | None:
    """Mean rank correlation between the real associations and those after fits on permuted labels.

    The interval is over label permutations (Student's t). None where there are too few traits, or the real
    answers have no association with any.

    Args:
        traits: of the rows.
        proba: [n, classes] the real answers to them.
        learning: how to fit again; on at most `MOST_TRAINING_ROWS` rows.
        rows: [n] which of `learning.ask` these rows are.
        seed: of the permutations and the fits.
    """
    real = _entries(associations(traits, proba))
    if traits.columns.size < FEWEST_TRAITS or np.ptp(real) < 1e-12:
        return None
    rng = generator(seed)
    found = np.empty(REFITS)
    for number in range(REFITS):
        chosen = rng.permutation(learning.train.size)[:MOST_TRAINING_ROWS]
        permuted = rng.permutation(learning.labels[chosen])
        answers = learning.refit(
            train=learning.train[chosen], labels=permuted, ask=learning.ask[rows], seed=seed + number
        )
        found[number] = _rank_correlation(real, _entries(associations(traits, answers)))
    # Moved away from 0 and 1, so that correlations of exactly 1 are not taken for hits of a share.
    moved = mean_bootstrap(found + _AWAY, seed=seed)
    value = float(found.mean())
    low, high = max(-1.0, moved.low - _AWAY), min(1.0, moved.high - _AWAY)
    return Interval(value, min(low, value), max(high, value), moved.level, REFITS, moved.method)


def _entries(found: FloatArray) -> FloatArray:
    # Probabilities sum to 1: with two classes the second column is the first one with the other sign.
    return found[:, 0] if found.shape[1] == 2 else found.ravel()


def _rank_correlation(first: FloatArray, second: FloatArray) -> float:
    """Spearman's rank correlation; 0 where the second is constant, so shows nothing at all."""
    from scipy.stats import rankdata

    if not np.isfinite(second).all() or np.ptp(second) < 1e-12:
        return 0.0
    return float(np.clip(np.corrcoef(rankdata(first), rankdata(second))[0, 1], -1.0, 1.0))


def _enough(member: BoolArray, columns: IntArray) -> Traits:
    inside = member.sum(axis=0)
    kept = (inside >= FEWEST_ROWS) & (member.shape[0] - inside >= FEWEST_ROWS)
    return Traits(member[:, kept], columns[kept])
