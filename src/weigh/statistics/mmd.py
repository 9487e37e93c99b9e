"""Maximum mean discrepancy with random Fourier features: are two clouds of points the same cloud?

A Gaussian kernel is approximated by cosines and sines of random directions, so that a sample is told by
the mean of a few hundred numbers. Sources: A. Gretton and others, JMLR 13 (2012); A. Rahimi and B. Recht,
NIPS 20 (2007). Means of equal blocks of rows stand for the sample: under the hypothesis of one
distribution all blocks are exchangeable, so permuting them gives an exact test without the raw rows.
"""

import hashlib
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from weigh.core.errors import UsageError
from weigh.statistics.arguments import FloatArray, require_level
from weigh.statistics.interval import Interval
from weigh.statistics.resampling import generator

DECIMALS = 5
"""Digits kept of a block mean; a thousandth of its sampling error in blocks of 50 rows."""

PERMUTATIONS = 4999
"""The smallest p-value is then 0.0002, below any alpha a few families of tests are adjusted to."""

REPLICATES = 500
MOST_DIRECTIONS = 1024
MOST_DIMENSIONS = 65_536
_BATCH_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Kernel:
    """A Gaussian kernel exp(-|x - y|^2 / (2 bandwidth^2)) and the random directions that approximate it.

    Attributes:
        seed: of the directions; the same on every machine and with every library version.
        dimensions: of a point.
        directions: random directions; a point becomes twice as many features.
        bandwidth: in the unit of the points, > 0.
    """

    seed: int
    dimensions: int
    directions: int
    bandwidth: float

    def __post_init__(self) -> None:
        if not (0 < self.dimensions <= MOST_DIMENSIONS and 0 < self.directions <= MOST_DIRECTIONS):
            raise UsageError(
                "a kernel of this size is not computed",
                why=f"{self.dimensions} dimensions, {self.directions} directions",
            )
        if not (math.isfinite(self.bandwidth) and self.bandwidth > 0):
            raise UsageError("a bandwidth is a number above 0", why=f"got {self.bandwidth}")

    def features(self, points: NDArray[Any]) -> FloatArray:
        """Return the features of points, float64 [n, 2 * directions]; inner products estimate the kernel.

        Raises:
            UsageError: when the points have another number of dimensions or are not finite.
        """
        if points.ndim != 2 or points.shape[1] != self.dimensions:
            raise UsageError("points must be [n, dimensions]", why=f"{points.shape}, not {self.dimensions}")
        if not np.isfinite(points).all():
            raise UsageError("points must be finite")
        turned = self._directions() / self.bandwidth
        result = np.empty((len(points), 2 * self.directions))
        for start in range(0, len(points), _BATCH_ROWS):
            angles = points[start : start + _BATCH_ROWS].astype(np.float64) @ turned
            rows = slice(start, start + len(angles))
            result[rows, : self.directions] = np.cos(angles)
            result[rows, self.directions :] = np.sin(angles)
        return result / math.sqrt(self.directions)

    def _directions(self) -> FloatArray:
        """Standard normal numbers [dimensions, directions] from SHAKE-256 of the seed (FIPS 202)."""
        wanted = self.dimensions * self.directions
        bits = hashlib.shake_256(f"weigh kernel {self.seed}".encode()).digest(4 * wanted)
        uniform = (np.frombuffer(bits, dtype="<u4").astype(np.float64) + 0.5) / 2.0**32
        normal: FloatArray = special.ndtri(uniform).reshape(self.dimensions, self.directions)
        return normal


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """How far two clouds are apart.

    Attributes:
        effect: distance of the two means in kernel space over the spread of the reference there: 0.1 means
            a tenth of a standard deviation. The part that sampling alone explains is taken off.
        interval: of the effect, from blocks drawn again.
        p_value: that both samples come from one distribution; exact.
    """

    effect: float
    interval: Interval
    p_value: float


def median_distance(points: NDArray[Any], *, seed: int, pairs: int = 2000) -> float:
    """Return the median distance of random pairs of points: the usual bandwidth; 1 when all are equal.

    Raises:
        UsageError: when there are fewer than two points.
    """
    if len(points) < 2:
        raise UsageError("a distance needs two points", why=f"got {len(points)}")
    rng = generator(seed)
    first = rng.integers(0, len(points), size=pairs)
    second = (first + rng.integers(1, len(points), size=pairs)) % len(points)
    gaps = points[first].astype(np.float64) - points[second].astype(np.float64)
    middle = float(np.median(np.sqrt((gaps**2).sum(axis=1))))
    return middle if middle > 0 else 1.0


def block_means(
    kernel: Kernel, points: NDArray[Any], *, rows_a_block: int, most: int, seed: int
) -> FloatArray:
    """Return the mean features of blocks of points drawn without replacement, float64 [blocks, 2 directions].

    Args:
        kernel: gives the features.
        points: [n, dimensions].
        rows_a_block: points of each block; what does not fill a block is left out.
        most: blocks at most.
        seed: of the draw, so that neighbours in a file do not share a block.
    """
    blocks = min(len(points) // rows_a_block, most)
    drawn = generator(seed).permutation(len(points))[: blocks * rows_a_block]
    features = kernel.features(points[drawn])
    means = features.reshape(blocks, rows_a_block, features.shape[1]).mean(axis=1)
    # The reference is kept with few digits; both sides are rounded alike, or they were not exchangeable.
    rounded: FloatArray = np.round(means, DECIMALS)
    return rounded


def compare_blocks(
    reference: FloatArray,
    current: FloatArray,
    *,
    rows_a_block: int,
    seed: int,
    permutations: int = PERMUTATIONS,
    level: float = 0.95,
) -> Discrepancy:
    """Compare two samples by their block means.

    Args:
        reference: [blocks, features] of the first sample.
        current: [blocks, features] of the second, blocks of the same number of rows.
        rows_a_block: that number.
        seed: of permutations and resamples.
        permutations: of the test; its p-value is at least 1 / (permutations + 1).
        level: confidence level of the interval.

    Raises:
        UsageError: when a sample has fewer than two blocks or they do not fit together.
    """
    if reference.ndim != 2 or current.ndim != 2 or reference.shape[1] != current.shape[1]:
        raise UsageError("blocks do not fit together", why=f"{reference.shape} and {current.shape}")
    if min(len(reference), len(current)) < 2:
        raise UsageError("two blocks of each sample are needed", why=f"{len(reference)} and {len(current)}")
    rng = generator(seed)
    together = np.concatenate([reference, current])
    observed = _gaps(together, np.arange(len(together))[None, :], len(reference))[0]
    orders = np.argsort(rng.random((permutations, len(together))), axis=1)
    null = _gaps(together, orders, len(reference))
    # A tie by rounding counts against the alarm.
    p_value = (1 + int((null >= observed - 1e-12).sum())) / (permutations + 1)
    effect = float(_effects(_once(reference), _once(current), rows_a_block, errors=1)[0])
    # Drawing blocks again adds the sampling error a second time.
    replicates = _effects(_again(reference, rng), _again(current, rng), rows_a_block, errors=2)
    interval = _interval(effect, replicates, len(current) * rows_a_block, level)
    return Discrepancy(effect, interval, p_value)


def _gaps(blocks: FloatArray, orders: NDArray[np.int64], first: int) -> FloatArray:
    """Squared distance between the means of the first `first` blocks of each order and of the others."""
    weights = np.empty((len(orders), len(blocks)))
    signs = np.full(len(blocks), -1.0 / (len(blocks) - first))
    signs[:first] = 1.0 / first
    np.put_along_axis(weights, orders, np.broadcast_to(signs, orders.shape), axis=1)
    gaps: FloatArray = ((weights @ blocks) ** 2).sum(axis=1)
    return gaps


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A sample's blocks, drawn one or more times.

    Attributes:
        means: [times, features].
        spreads: [times] variance of the blocks, summed over the features.
        blocks: in each draw.
    """

    means: FloatArray
    spreads: FloatArray
    blocks: int


def _once(blocks: FloatArray) -> _Drawn:
    return _drawn(blocks, np.ones((1, len(blocks))))


def _again(blocks: FloatArray, rng: np.random.Generator) -> _Drawn:
    even = np.full(len(blocks), 1.0 / len(blocks))
    return _drawn(blocks, rng.multinomial(len(blocks), even, size=REPLICATES).astype(np.float64))


def _drawn(blocks: FloatArray, times: FloatArray) -> _Drawn:
    n = len(blocks)
    centred = blocks - blocks.mean(axis=0)
    means = times @ centred / n
    spreads = (times @ (centred**2).sum(axis=1) - n * (means**2).sum(axis=1)) / (n - 1)
    return _Drawn(means + blocks.mean(axis=0), np.maximum(spreads, 0.0), n)


def _effects(reference: _Drawn, current: _Drawn, rows_a_block: int, *, errors: int) -> FloatArray:
    """Distances of the means, `errors` times their sampling error taken off, in standard deviations."""
    squared = ((reference.means - current.means) ** 2).sum(axis=1)
    noise = reference.spreads / reference.blocks + current.spreads / current.blocks
    # A block mean of b rows has 1/b of the variance of a row.
    spread = rows_a_block * reference.spreads
    flat = spread <= 0
    ratio = np.maximum(squared - errors * noise, 0.0) / np.where(flat, 1.0, spread)
    effects: FloatArray = np.where(flat, (squared > 0).astype(np.float64), np.sqrt(ratio))
    return effects


def _interval(effect: float, replicates: FloatArray, n: int, level: float) -> Interval:
    tail = (1.0 - require_level(level)) / 2
    low, high = (float(np.quantile(replicates, q)) for q in (tail, 1 - tail))
    return Interval(effect, min(low, effect), max(high, effect), level, n, "block-bootstrap")
