"""Can members be told from non-members without the predictor? Then an attack proves nothing about it.

The blind baseline: an attack that "works" on rows of different origin finds the origin, not the memory
(D. Das, J. Zhang and F. Tramèr, "Blind baselines beat membership inference attacks", 2024).
"""

import re
from collections import Counter
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from weigh.datasets.table import Table

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]

ALPHA = 0.01
PERMUTATIONS = 999
MOST_WORDS = 200
MOST_COLUMNS = 50
MOST_VALUES = 10
# Characters of a text that are read for words; what a row is about shows early.
MOST_CHARACTERS = 4_000
# Weights of one chunk of permutations: 16 MiB.
CHUNK_ELEMENTS = 1 << 21
_WORD = re.compile(r"\w+")


def traits(table: Table, rows: IntArray, *, without: str = "") -> FloatArray:
    """Return what can be said of rows without a predictor, [n, traits].

    Ranks of text length and of numbers, and whether a row has a label, a common value of a column or a
    common word.

    Args:
        table: the rows.
        rows: int64 [n] positions in it.
        without: a column that says which rows are for training; naming it would be no finding.
    """
    found = _indicators(table.labels[rows].tolist())
    for name in sorted(set(table.columns) - {without})[:MOST_COLUMNS]:
        found += _indicators(table.columns[name][rows].tolist())
    if table.texts is not None:
        texts = [table.texts[place] for place in rows.tolist()]
        found.append(_ranks(np.array([len(text) for text in texts], dtype=np.float64)))
        found += _words(texts)
    if table.features is not None:
        numeric = table.features.numeric[rows][:, :MOST_COLUMNS]
        for column in numeric.T:
            found += [_ranks(column), np.isnan(column).astype(np.float64)]
        for column in table.features.categorical[rows][:, :MOST_COLUMNS].T:
            found += _indicators(column.tolist())
    return np.stack(found, axis=1) if found else np.zeros((rows.size, 0))


def blind_p_value(found: FloatArray, member: NDArray[np.bool_], *, seed: int) -> float:
    """Return the p-value that no trait tells members from non-members.

    A permutation test of the largest standardised difference of sums over all traits (P. H. Westfall and
    S. S. Young, Resampling-Based Multiple Testing, 1993): exact for independent rows, whatever the traits.

    Args:
        found: [n, traits].
        member: [n] whether the row is a member.
        seed: of the permutations.
    """
    spread = found.std(axis=0)
    moving = spread > 0
    if not moving.any():
        return 1.0
    scaled = (found[:, moving] - found[:, moving].mean(axis=0)) / spread[moving]
    seen = float(np.abs(scaled[member].sum(axis=0)).max())
    rng = np.random.Generator(np.random.PCG64(seed))
    chunk = max(1, CHUNK_ELEMENTS // member.size)
    larger = 0
    for first in range(0, PERMUTATIONS, chunk):
        many = min(chunk, PERMUTATIONS - first)
        drawn = rng.permuted(np.tile(member, (many, 1)), axis=1).astype(np.float64)
        larger += int(np.count_nonzero(np.abs(drawn @ scaled).max(axis=1) >= seen - 1e-9))
    return (1.0 + larger) / (PERMUTATIONS + 1.0)


def _indicators(values: list[object]) -> list[FloatArray]:
    """Whether each row has the value, for the commonest values, [n] each."""
    array = np.array(values)
    common = Counter(values).most_common(MOST_VALUES)
    return [(array == value).astype(np.float64) for value, _ in common]


def _ranks(values: FloatArray) -> FloatArray:
    """Middle ranks; missing values share one."""
    filled = np.where(np.isnan(values), -np.inf, values)
    _, distinct, sizes = np.unique(filled, return_inverse=True, return_counts=True)
    middle: FloatArray = np.cumsum(sizes) - (sizes - 1) / 2.0
    return middle[distinct]


def _words(texts: list[str]) -> list[FloatArray]:
    """Whether each row has the word, for the words that most rows have, [n] each."""
    held = [set(_WORD.findall(text[:MOST_CHARACTERS].lower())) for text in texts]
    counts = Counter(word for words in held for word in words)
    common = sorted(counts, key=lambda word: (-counts[word], word))[:MOST_WORDS]
    return [np.array([word in words for words in held], dtype=np.float64) for word in common]
