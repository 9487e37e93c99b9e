"""Words that occur in many rows: how much do answers rest on them?"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from weigh.checks.explanation.masking import LONGEST_WORD
from weigh.datasets.predictions import Predictions
from weigh.datasets.table import IntArray
from weigh.statistics.bootstrap import mean_bootstrap
from weigh.statistics.interval import Interval
from weigh.statistics.resampling import generator

FloatArray: TypeAlias = NDArray[np.float64]

# Rows in which words are looked for, which costs nothing; words asked about; and rows asked about for each,
# every one of them with and without the word. With single decisions that makes 1,466 texts at most.
MOST_ROWS = 2000
MOST_WORDS = 20
MOST_OCCURRENCES = 28
MOST_COMPARED = 100
# A word is shown only when it occurs in this many rows of different groups: it is then no row's own.
FEWEST_ROWS = 5
ANY_WORD = "(any word)"

# Letters with apostrophes within, not part of a handle, an address, a link or a number.
_WORD = re.compile(r"(?<![\w@/.#'’-])[^\W\d_]+(?:['’][^\W\d_]+)*(?![\w@/]|[-.'’]\w)")

# English words that hold a sentence together and say little by themselves. Negations are not among them.
_FUNCTION_WORDS = frozenset(
    """
    a about after all also am an and any are as at be because been before being but by can could did do
    does for from had has have he her here hers him his how i i'm if in into is it it's its just me more
    most my of on one or other our out over she should so some such than that that's the their them then
    there these they this those through to too up us was we were what when where which while who whom
    why will with would you your
    """.split()  # noqa: SIM905 - words are read and added to as words, not as a column of strings
)


@dataclass(frozen=True, slots=True, eq=False)
class WordQuestion:
    """A word and the rows it is left out of.

    Attributes:
        word: folded in case; `ANY_WORD` for the comparison, a word of each row drawn at random.
        rows: int64 [m] test rows.
        texts: those rows without the word.
    """

    word: str
    rows: IntArray
    texts: tuple[str, ...]


def words_in(text: str) -> list[str]:
    """The words of a text, folded in case, in order; function words and overlong ones left out."""
    found = (_folded(match) for match in _WORD.finditer(text))
    return [word for word in found if word not in _FUNCTION_WORDS and len(word) <= LONGEST_WORD]


def without(text: str, word: str) -> str:
    """The text with every occurrence of a word gone."""
    return _WORD.sub(lambda match: "" if _folded(match) == word else match.group(), text)


def _folded(match: re.Match[str]) -> str:
    return match.group().casefold().replace("’", "'")


def questions(texts: Sequence[str], groups: IntArray, *, seed: int) -> list[WordQuestion]:
    """The commonest words of at most `MOST_ROWS` rows, and the comparison with any word at all.

    Args:
        texts: [n] test rows.
        groups: [n] groups of dependent rows; a word must occur in several of them.
        seed: of the sample.
    """
    rng = generator(seed)
    sampled: list[int] = rng.permutation(len(texts))[:MOST_ROWS].tolist()
    present = {row: words_in(texts[row]) for row in sampled}
    # Counted once a group, so that one row a hundred times over does not make its words common.
    seen = {(int(groups[row]), word) for row in sampled for word in present[row]}
    counts = Counter(word for _, word in seen)
    common = sorted((w for w in counts if counts[w] >= FEWEST_ROWS), key=lambda w: (-counts[w], w))
    found = []
    for word in common[:MOST_WORDS]:
        rows = [row for row in sampled if word in present[row]][:MOST_OCCURRENCES]
        found.append(_question(word, rows, tuple(without(texts[row], word) for row in rows)))
    # The comparison takes rows that are asked about anyway.
    asked = {row for one in found for row in one.rows.tolist()}
    several = [row for row in sampled if row in asked and len(present[row]) > 1][:MOST_COMPARED]
    drawn = [present[row][int(rng.integers(len(present[row])))] for row in several]
    pairs = zip(several, drawn, strict=True)
    return [*found, _question(ANY_WORD, several, tuple(without(texts[row], word) for row, word in pairs))]


def _question(word: str, rows: list[int], texts: tuple[str, ...]) -> WordQuestion:
    return WordQuestion(word, np.array(rows, dtype=np.int64), texts)


def importances(
    asked: Sequence[WordQuestion],
    whole: FloatArray,
    left_out: Sequence[FloatArray],
    predictions: Predictions,
    *,
    seed: int,
) -> Iterator[tuple[str, Interval]]:
    """Each word with the mean fall of the predicted class's probability when it is left out.

    The predicted class is the one recorded in `predictions`, and the whole rows are asked again beside the
    shortened ones, so that noise in an answer does not look like a fall.

    Args:
        asked: the words.
        whole: [n, classes] answers to the whole test rows; rows that were not asked again are NaN.
        left_out: for each word [m, classes], answers to its texts.
        predictions: recorded answers to the test rows, and their groups.
        seed: of the bootstrap.
    """
    for one, proba in zip(asked, left_out, strict=True):
        codes = predictions.predicted[one.rows]
        fall = whole[one.rows, codes] - proba[np.arange(one.rows.size), codes]
        known = np.isfinite(fall)
        groups = predictions.groups[one.rows][known]
        units = np.unique(groups).size
        if units >= FEWEST_ROWS:
            codes_of_units = None if units == groups.size else groups
            yield one.word, mean_bootstrap(fall[known], seed=seed, groups=codes_of_units)
