"""Embeddings as a cloud: block means in a random feature space, kept and compared."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weigh.core.profile import Embeddings
from weigh.statistics.mmd import (
    DECIMALS,
    Discrepancy,
    Kernel,
    block_means,
    compare_blocks,
    median_distance,
)

FloatArray = NDArray[np.float64]

ROWS_A_BLOCK = 50
"""Blocks of the reference and of new rows: four of new rows, 200 rows, already show a large shift."""

REFERENCE_BLOCKS = 64
CURRENT_BLOCKS = 1000
"""New rows beyond 50,000 are left out; what they could add lies far below the smallest effect."""

FEWEST_BLOCKS = 4
DIRECTIONS = 64


def summarise(embeddings: NDArray[np.float32], *, seed: int) -> Embeddings | None:
    """Keep the block means of the reference; None when its rows do not fill enough blocks.

    Args:
        embeddings: [n, d].
        seed: of the random directions and of the blocks.
    """
    if len(embeddings) < FEWEST_BLOCKS * ROWS_A_BLOCK:
        return None
    bandwidth = float(f"{median_distance(embeddings, seed=seed):.6g}")
    kernel = Kernel(seed, embeddings.shape[1], DIRECTIONS, bandwidth)
    means = block_means(kernel, embeddings, rows_a_block=ROWS_A_BLOCK, most=REFERENCE_BLOCKS, seed=seed)
    whole = np.round(means * 10**DECIMALS).astype(np.int64)
    return Embeddings(
        rows=len(embeddings),
        dimensions=embeddings.shape[1],
        kernel_seed=seed,
        directions=DIRECTIONS,
        bandwidth=bandwidth,
        rows_a_block=ROWS_A_BLOCK,
        blocks=tuple(tuple(block) for block in whole.tolist()),
    )


@dataclass(frozen=True, slots=True)
class Compared:
    """New embeddings held against the reference.

    Attributes:
        gap: how far they are apart.
        rows: in the blocks of the reference, in those of the new rows.
        directions: variance of the reference's blocks along each of their own axes.
    """

    gap: Discrepancy
    rows: tuple[int, int]
    directions: tuple[float, ...]


def compare(reference: Embeddings, current: NDArray[np.float32], *, seed: int) -> Compared | None:
    """Hold new embeddings against the reference; None when their rows do not fill enough blocks.

    Args:
        reference: of the profile.
        current: [n, d] of the same model.
        seed: of blocks, permutations and resamples.

    Raises:
        UsageError: the embeddings have another number of dimensions or are not finite.
    """
    kernel = Kernel(reference.kernel_seed, reference.dimensions, reference.directions, reference.bandwidth)
    size = reference.rows_a_block
    if len(current) < FEWEST_BLOCKS * size:
        return None
    means = block_means(kernel, current, rows_a_block=size, most=CURRENT_BLOCKS, seed=seed)
    kept = np.array(reference.blocks, dtype=np.float64) / 10**DECIMALS
    return Compared(
        gap=compare_blocks(kept, means, rows_a_block=size, seed=seed),
        rows=(len(kept) * size, len(means) * size),
        directions=_directions(kept),
    )


def _directions(blocks: FloatArray) -> tuple[float, ...]:
    """Variance along each principal axis of the blocks, those of rounding left out."""
    variances = np.linalg.svd(blocks - blocks.mean(axis=0), compute_uv=False) ** 2
    return tuple(float(one) for one in variances if one > 1e-9 * max(float(variances.sum()), 1e-300))
