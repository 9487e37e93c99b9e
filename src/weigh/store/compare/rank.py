"""The rank of a change, from a random part of it.

A merged low-rank adapter leaves W + BA rounded to the type of W: a few directions, and rounding. Rows and
columns drawn at random from such a change have the same rank (with probability one for factors in general
position), so a part is enough. What rounding leaves is bounded: an entry is off by at most half a step of its
type, a variance of a twelfth of the squared step where rounding is like noise and a quarter at worst. A full
fine-tune leaves far more than that outside of its first directions, which is what tells the two apart; the
edge of the noise is that of Marchenko and Pastur (1967). Halko, Martinsson and Tropp (SIAM Review 53, 2011)
describe estimates from random parts.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from weigh.core.model_diff import DeltaRank, Spread
from weigh.store.compare.values import spacing

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 320
"""Rows and columns of the part that is drawn, at most."""
FIRST = 128
"""Rows and columns that are looked at first; nearly every change shows there which kind it is."""
LEAST = 16
"""Rows and columns that a matrix must have for its change to have a rank worth a name."""
_SEED = 20061  # Any fixed number: two runs draw the same rows and columns.
_EDGE = 1.3
"""Factor on the edge of the noise, for its fluctuation in a small part."""
_WORST = 3.0
"""A quarter of a squared step by a twelfth of it: the most that rounding leaves, by what noise would."""
_EXACT = 1e-5
"""Share of the squared change outside of its directions that passes for the rounding of the factors'
product itself, which was computed in some precision unknown here (TF32 keeps 10 bits: (2^-11)^2 and more)."""
_HELD = 0.98
"""Share that the directions must hold. Full fine-tunes rounded to bfloat16 reached 0.89 where rounding could
explain the rest, merged adapters 0.993 and more (all-MiniLM-L6-v2; benchmarks/model_diff.py --real)."""
_TAIL = 0.85
"""Where fewer directions than this share of the part stand out, a larger part may show that they are few."""
_FEW = 0.9
"""As many rows as there are directions hold this share: then it is the rows that are few."""


@dataclass(frozen=True, slots=True)
class Part:
    """Places of a matrix that are looked at.

    Attributes:
        rows: in order.
        columns: in order.
        width: columns of the matrix.
    """

    rows: "NDArray[np.int64]"
    columns: "NDArray[np.int64]"
    width: int

    def flat(self) -> "NDArray[np.int64]":
        """The places in the order of the payload."""
        return (self.rows[:, None] * self.width + self.columns[None, :]).reshape(-1)


def part_of(shape: tuple[int, ...]) -> Part | None:
    """Which part of a tensor to look at, as a matrix of its first dimension by all others.

    None where that is smaller than LEAST in either direction.
    """
    if len(shape) < 2:
        return None
    height, width = shape[0], int(np.prod(shape[1:], dtype=np.int64))
    if min(height, width) < LEAST:
        return None
    generator = np.random.default_rng(_SEED)
    return Part(_drawn(generator, height), _drawn(generator, width), width)


def _drawn(generator: np.random.Generator, among: int) -> "NDArray[np.int64]":
    if among <= 4 * SIDE:
        return np.sort(generator.permutation(among)[:SIDE]).astype(np.int64)
    found = np.unique(generator.integers(0, among, SIDE + SIDE // 4))
    return np.sort(generator.permutation(found)[:SIDE]).astype(np.int64)


def delta_rank(old: "NDArray[np.float64]", new: "NDArray[np.float64]", dtype: str) -> DeltaRank:
    """The rank of `new - old`.

    Args:
        old: [rows, columns], the part before.
        new: the same part now.
        dtype: the coarser of the two types, whose rounding is to be expected.
    """
    apart = new - old
    sample = (apart.shape[0], apart.shape[1])
    if not np.isfinite(apart).all() or not apart.any():
        return DeltaRank(Spread.UNTOLD, sample=sample)
    rows, columns = apart.any(axis=1), apart.any(axis=0)
    if min(rows.sum(), columns.sum()) < LEAST or min(rows.mean(), columns.mean()) < 0.25:
        # Rows that no example touched have no change; the others may have any.
        return DeltaRank(Spread.ROWS, int(min(rows.sum(), columns.sum())), sample)
    apart = apart[rows][:, columns]
    step = spacing(np.maximum(np.abs(old), np.abs(new)), dtype)[rows][:, columns]
    noise = float((step * step).mean()) / 12
    first, open_ = _estimate(_thinned(apart, FIRST), noise)
    return _estimate(apart, noise)[0] if open_ else first


def _thinned(matrix: "NDArray[np.float64]", most: int) -> "NDArray[np.float64]":
    rows, columns = (np.linspace(0, n - 1, min(n, most)).astype(int) for n in matrix.shape)
    thinned: NDArray[np.float64] = matrix[rows][:, columns]
    return thinned


def _estimate(apart: "NDArray[np.float64]", noise: float) -> tuple[DeltaRank, bool]:
    """The estimate, and whether a larger part would say more."""
    sample = (apart.shape[0], apart.shape[1])
    if apart.shape[0] > apart.shape[1]:
        apart = apart.T
    height, width = apart.shape
    scale = float(np.abs(apart).max())
    if not scale:
        return DeltaRank(Spread.UNTOLD, sample=sample), False
    apart = apart / scale
    noise = noise / scale / scale
    squared = np.clip(np.linalg.eigvalsh(apart @ apart.T)[::-1], 0.0, None)
    edge = _EDGE * noise * (np.sqrt(height) + np.sqrt(width)) ** 2
    rank = int(np.count_nonzero(squared > max(edge, 1e-12 * float(squared.sum()))))
    if not rank:
        return DeltaRank(Spread.ROUNDING, 0, sample), False
    found = _judged(squared, noise * height * width, rank, sample)
    if found.spread is Spread.LOW and _stands_in_few(apart, found.rank):
        return DeltaRank(Spread.ROWS, found.rank, sample, found.captured), False
    return found, found.spread is Spread.FULL and rank < _TAIL * height


def _judged(squared: "NDArray[np.float64]", noise: float, rank: int, sample: tuple[int, int]) -> DeltaRank:
    total = float(squared.sum())
    rest = np.clip(total - np.cumsum(squared), 0.0, None)
    fitting = np.flatnonzero(rest <= _EXACT * total)
    if len(fitting):
        rank = min(rank, int(fitting[0]) + 1)
    captured = 1 - float(rest[rank - 1]) / total
    if float(rest[rank - 1]) > max(_WORST * noise, _EXACT * total) or rank == len(squared):
        return DeltaRank(Spread.FULL, rank, sample, captured)
    if captured < _HELD:
        return DeltaRank(Spread.ROUNDING, rank, sample, captured)
    if rank > len(squared) // 3:
        return DeltaRank(Spread.FULL, rank, sample, captured)
    # Rounding that depends on the weights leaves a few directions of its own behind the largest gap.
    gaps = squared[:rank] / np.maximum(squared[1 : rank + 1], 1e-300)
    rank = int(np.argmax(gaps)) + 1
    return DeltaRank(Spread.LOW, rank, sample, 1 - float(rest[rank - 1]) / total)


def _stands_in_few(apart: "NDArray[np.float64]", rank: int) -> bool:
    """Whether as few rows, or columns, as there are directions hold nearly all of it."""
    squared = apart * apart
    total = float(squared.sum())
    return any(float(np.sort(squared.sum(axis=axis))[-rank:].sum()) >= _FEW * total for axis in (0, 1))
