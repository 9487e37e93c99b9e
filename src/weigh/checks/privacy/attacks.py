"""Guessing from a predictor's answers which rows it was fitted on.

Two attacks: the loss of a row alone (S. Yeom et al., "Privacy risk in machine learning", CSF 2018), and the
loss held against that of reference predictors fitted without the row (attack R of J. Ye et al., "Enhanced
membership inference attacks against machine learning models", CCS 2022). The second knows which rows are easy
for everybody, so it is the one that finds the few rows that were learned by heart.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from weigh.checks.case import Refitter

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]

# Six divisions in two halves: six references have not seen a row, which fixes its mean within 0.4 deviations.
DIVISIONS = 6
# Rows that references are fitted on together: half of them each.
MOST_POOL = 8_000
# Probabilities are clipped here before logits are taken; beyond it single precision says nothing.
EPSILON = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Rows that references may be fitted on.

    Attributes:
        rows: int64 positions, training and test rows together.
        labels: int64 class codes of all rows that positions point into.
        groups: int64 group codes of the same; rows of one group are in one half.
    """

    rows: IntArray
    labels: IntArray
    groups: IntArray


def confidence_logit(labels: IntArray, proba: FloatArray) -> FloatArray:
    """Return log p_y - log(1 - p_y) of each row, [n]: the loss attack's score, the higher the likelier seen.

    A falling function of the log loss, so it orders rows as the loss does, but near normal where a loss is
    piled up at 0 (N. Carlini et al., "Membership inference attacks from first principles", S&P 2022).

    Args:
        labels: int64 [n] class codes.
        proba: float64 [n, k] probabilities.
    """
    own = proba[np.arange(labels.size), labels]
    # Summed over the others: 1 - p is lost to rounding where p is near 1.
    others = np.where(np.arange(proba.shape[1]) == labels[:, None], 0.0, proba).sum(axis=1)
    found: FloatArray = np.log(np.maximum(own, EPSILON)) - np.log(np.maximum(others, EPSILON))
    return found


def reference_score(
    target: FloatArray, asked: IntArray, pool: Pool, refit: Refitter, *, seed: int
) -> FloatArray:
    """Return how far each row's logit lies above those of references fitted without it, [n].

    In standard deviations, pooled over the rows: their number is too small for one of each row's own. NaN for
    a row that no reference left out: there is nothing to hold it against.

    Args:
        target: [n] logits of the predictor in question.
        asked: int64 [n] positions.
        pool: what references are fitted on.
        refit: fits the arm again.
        seed: of divisions and fits.
    """
    logits, out = _reference_logits(asked, pool, refit, seed=seed)
    count = out.sum(axis=0)
    total = np.where(out, logits, 0.0).sum(axis=0)
    mean = np.divide(total, count, out=np.full(asked.size, np.nan), where=count > 0)
    residual = np.where(out, logits - mean, 0.0)
    freedom = max(1, int(out.sum()) - int(np.count_nonzero(count)))
    spread = float(np.sqrt((residual**2).sum() / freedom))
    found: FloatArray = (target - mean) / max(spread, EPSILON)
    return found


def _reference_logits(
    asked: IntArray, pool: Pool, refit: Refitter, *, seed: int
) -> tuple[FloatArray, BoolArray]:
    """Return logits of every reference, [references, n], and whether it was fitted without the row."""
    rng = np.random.Generator(np.random.PCG64(seed))
    distinct, unit = np.unique(pool.groups[pool.rows], return_inverse=True)
    place = np.searchsorted(distinct, pool.groups[asked])
    within = distinct[np.minimum(place, distinct.size - 1)] == pool.groups[asked]
    logits, out = [], []
    for _ in range(DIVISIONS):
        first = rng.permutation(distinct.size) < distinct.size // 2
        for half in (first, ~first):
            rows = pool.rows[half[unit]]
            if np.unique(pool.labels[rows]).size < 2:
                continue
            proba = refit(train=rows, labels=pool.labels[rows], ask=asked, seed=seed)
            logits.append(confidence_logit(pool.labels[asked], proba))
            out.append(~(within & half[np.minimum(place, distinct.size - 1)]))
    return np.array(logits).reshape(-1, asked.size), np.array(out, dtype=np.bool_).reshape(-1, asked.size)
