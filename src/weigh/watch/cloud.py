"""Embeddings as a cloud: block means in a random feature space, kept and compared."""

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


def compare(reference: Embeddings, current: NDArray[np.float32], *, seed: int) -> Discrepancy | None:
    """Hold new embeddings against the reference; None when their rows do not fill enough blocks.

    Args:
        reference: of the profile.
        current: [n, d] of the same model.
        seed: of blocks, permutations and resamples.

    Raises:
        UsageError: the embeddings have another number of dimensions or are not finite.
    """
    kernel = Kernel(reference.kernel_seed, reference.dimensions, reference.directions, reference.bandwidth)
    if len(current) < FEWEST_BLOCKS * reference.rows_a_block:
        return None
    means = block_means(kernel, current, rows_a_block=reference.rows_a_block, most=CURRENT_BLOCKS, seed=seed)
    kept = np.array(reference.blocks, dtype=np.float64) / 10**DECIMALS
    return compare_blocks(kept, means, rows_a_block=reference.rows_a_block, seed=seed)
