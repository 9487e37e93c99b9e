"""Error rates of a slice and of the rest, where rows may come in groups."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from weigh.statistics.bootstrap import mean_bootstrap, paired_bootstrap
from weigh.statistics.exact import slice_tail
from weigh.statistics.interval import Interval
from weigh.statistics.resampling import dependent

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]


def share_right(correct: BoolArray, groups: IntArray | None, *, seed: int) -> Interval:
    """Return the share of rows that are right, with its interval.

    Rows that are all one group are one observation: the interval is then the whole range.

    Args:
        correct: [n], n >= 1.
        groups: [n] codes of rows that are not independent; None for none.
        seed: of the bootstrap.
    """
    hits = correct.astype(np.float64)
    codes = dependent(groups)
    if codes is not None and np.unique(codes).size < 2:
        return Interval(float(hits.mean()), 0.0, 1.0, 0.95, hits.size, "degenerate")
    return mean_bootstrap(hits, seed=seed, groups=codes)


def tail(member: BoolArray, wrong: BoolArray, groups: IntArray | None, *, seed: int) -> float:
    """Return the one-sided p-value that a slice fixed beforehand has its errors by chance.

    Exact (hypergeometric) where rows are independent; from the clustered bootstrap of the difference in
    error rates where they come in groups. 1 where nothing lies outside, or all rows are one group.

    Args:
        member: [n] whether a row lies in the slice; at least one does.
        wrong: [n] whether the answer is wrong.
        groups: [n] codes of rows that are not independent; None for none.
        seed: of the bootstrap.
    """
    codes = dependent(groups)
    if member.all() or (codes is not None and np.unique(codes).size < 2):
        return 1.0
    inside = int(member.sum())
    if codes is None:
        return slice_tail(int(wrong[member].sum()), inside, int(wrong.sum()), wrong.size)
    error_in, error_out = float(wrong[member].mean()), float(wrong[~member].mean())
    gap = error_in - error_out
    # Pseudo-values: their mean is the gap, their spread over groups its sampling variance.
    influence = np.where(member, (wrong - error_in) / inside, -(wrong - error_out) / (wrong.size - inside))
    values = gap + influence * wrong.size
    two_sided = paired_bootstrap(values, np.zeros(wrong.size), seed=seed, groups=codes).p_value
    return two_sided / 2 if gap > 0 else 1 - two_sided / 2
