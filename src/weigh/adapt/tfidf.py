"""TF-IDF of words and word pairs, with scikit-learn's conventions and without scikit-learn.

Weights are tf * (ln((1 + n) / (1 + df)) + 1), rows scaled to unit length (scikit-learn's
TfidfVectorizer with ngram_range=(1, 2), user guide section "Tf-idf term weighting").
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from weigh.adapt.arm import FloatArray, IntArray

# scikit-learn's default token: two or more word characters.
WORD = re.compile(r"\b\w\w+\b")
# One term costs 8 bytes a class in the coefficients and its text in the vocabulary.
MOST_TERMS = 100_000


@dataclass(frozen=True, slots=True)
class Sparse:
    """A sparse matrix by coordinates; entries of one row are adjacent.

    Attributes:
        rows: [entries] row numbers, ascending.
        columns: [entries] column numbers.
        values: [entries] non-zero values.
        shape: (rows, columns).
    """

    rows: IntArray
    columns: IntArray
    values: FloatArray
    shape: tuple[int, int]

    def times(self, coef: FloatArray) -> FloatArray:
        """Return matrix @ coef.T, [rows, outputs], for coef [outputs, columns]."""
        result = np.empty((self.shape[0], coef.shape[0]))
        for output, row in enumerate(coef):
            result[:, output] = np.bincount(
                self.rows, weights=self.values * row[self.columns], minlength=self.shape[0]
            )
        return result


def terms(text: str) -> Iterator[str]:
    """Yield the lower-case words of a text, then its pairs of neighbouring words."""
    words = WORD.findall(text.lower())
    yield from words
    yield from map(" ".join, pairwise(words))


def vocabulary(
    texts: Iterable[str], *, min_df: int = 2, most: int = MOST_TERMS
) -> tuple[list[str], IntArray]:
    """Return the terms of at least `min_df` texts, sorted, and their document counts.

    Of more than `most` terms those in the most texts are kept, ties in alphabetical order. Where no term
    reaches `min_df` every term is kept.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(set(terms(text)))
    kept = [term for term, count in counts.items() if count >= min_df] or list(counts)
    if len(kept) > most:
        kept = sorted(kept, key=lambda term: (-counts[term], term))[:most]
    kept.sort()
    return kept, np.array([counts[term] for term in kept], dtype=np.int64)


def inverse_frequency(document_counts: IntArray, texts_n: int) -> FloatArray:
    """Return the smoothed inverse document frequency of each term."""
    result: FloatArray = np.log((1.0 + texts_n) / (1.0 + document_counts)) + 1.0
    return result


def encode(texts: list[str], index: dict[str, int], idf: FloatArray) -> Sparse:
    """Return the TF-IDF matrix of texts; terms outside the index are ignored.

    Args:
        texts: any strings.
        index: column of each term.
        idf: [columns].
    """
    rows: list[int] = []
    columns: list[int] = []
    counts: list[int] = []
    for row, text in enumerate(texts):
        found = Counter(column for column in map(index.get, terms(text)) if column is not None)
        columns.extend(sorted(found))
        counts.extend(found[column] for column in sorted(found))
        rows.extend([row] * len(found))
    row_array, column_array = np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64)
    values = np.array(counts, dtype=np.float64) * idf[column_array]
    norm = np.sqrt(np.bincount(row_array, weights=np.square(values), minlength=len(texts)))
    return Sparse(row_array, column_array, values / norm[row_array], (len(texts), idf.size))
