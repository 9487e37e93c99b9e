"""Arm `tfidf_linear`: words and word pairs with a logistic regression, trained from scratch."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from weigh.adapt.arm import TEXT, Fitted, FloatArray, IntArray, Rows, Settings, require_labels
from weigh.adapt.logistic import Weights, choose_c, fit_weights, fit_work, tried
from weigh.adapt.tfidf import encode, inverse_frequency, vocabulary
from weigh.core.recommendation import ArmKind
from weigh.datasets.packing import pack_texts as pack, unpack_texts as unpack

# Unit-length rows need weak penalties; 1 is scikit-learn's default.
GRID = (1.0, 10.0, 100.0)
MIN_DF = 2


@dataclass(frozen=True, slots=True)
class TfidfLinear:
    """What the labels alone can teach about text: no weights of anybody else."""

    id: str = "tfidf_linear"
    title: str = "word counts and a linear classifier, trained from scratch"
    kind: ArmKind = ArmKind.SCRATCH
    needs: frozenset[str] = frozenset({TEXT})
    risk: int = 1
    module: str = __name__

    def hyper(self) -> dict[str, Any]:
        """The grid, and what counts as a term."""
        return {"C": list(GRID), "ngrams": [1, 2], "min_df": MIN_DF, "norm": "l2"}

    def fit(
        self,
        rows: Rows,
        labels: IntArray,
        classes: int,
        *,
        groups: IntArray | None,
        seed: int,
        weights: FloatArray | None = None,
        chosen: Settings | None = None,
    ) -> Fitted:
        """Learn the vocabulary, choose C inside the training rows, fit.

        Raises:
            UsageError: when the rows have no text.
        """
        codes = require_labels(labels, classes, rows=rows.n)
        texts = rows.require_texts()
        words, document_counts = vocabulary(texts, min_df=MIN_DF)
        # A text may hold no word at all; one column that is always zero keeps the shapes.
        words, document_counts = (words, document_counts) if words else ([""], np.zeros(1, dtype=np.int64))
        idf = inverse_frequency(document_counts, len(texts))
        sparse = encode(texts, {term: column for column, term in enumerate(words)}, idf)
        matrix = _csr(sparse.values, sparse.rows, sparse.columns, sparse.shape)
        c = choose_c(
            matrix, codes, classes, grid=tried(GRID, chosen), groups=groups, seed=seed, weights=weights
        )
        found = fit_weights(matrix, codes, classes, c=c, weights=weights)
        data, offsets = pack(words)
        fitted = Fitted({"terms": data, "term_offsets": offsets, "idf": idf}, {"entries": sparse.values.size})
        found.into(fitted, c=c)
        return fitted

    def predict(self, fitted: Fitted, rows: Rows) -> FloatArray:
        """Probabilities of each class.

        Raises:
            UsageError: when the rows have no text.
        """
        words = unpack(fitted.arrays["terms"], fitted.arrays["term_offsets"])
        idf = np.asarray(fitted.arrays["idf"], dtype=np.float64)
        index = {term: column for column, term in enumerate(words)}
        weights = Weights.of(fitted)
        return weights.proba(encode(rows.require_texts(), index, idf).times(weights.coef))

    def work(self, fitted: Fitted, n_fit: int, n_predict: int) -> int:
        """Entries of the matrix times passes; a row to answer has as many entries as a training row."""
        entries = int(fitted.settings["entries"])
        outputs = int(fitted.arrays["coef"].shape[0])
        return fit_work(entries, outputs, grid=len(GRID)) + entries * outputs * n_predict // max(n_fit, 1)


def _csr(values: FloatArray, rows: IntArray, columns: IntArray, shape: tuple[int, int]) -> Any:
    from scipy.sparse import csr_matrix

    return csr_matrix((values, (rows, columns)), shape=shape)


TFIDF_LINEAR = TfidfLinear()
