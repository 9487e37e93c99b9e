"""Folds for choosing a hyper-parameter inside the training rows, with groups kept together."""

import numpy as np

from weigh.adapt.arm import IntArray

FOLDS = 3


def fold_of(labels: IntArray, *, groups: IntArray | None, seed: int, folds: int = FOLDS) -> IntArray:
    """Return the fold of each row, [n] in 0 .. folds-1; rows of one group share a fold.

    Groups are taken largest first, in a seeded order, each to the fold in which its commonest class is
    scarcest, then to the smallest fold: classes stay as even as the groups allow.
    """
    codes = np.arange(labels.size) if groups is None else np.asarray(groups)
    order = np.argsort(codes, kind="stable")
    _, starts, sizes = np.unique(codes[order], return_index=True, return_counts=True)
    shuffled = np.random.Generator(np.random.PCG64(seed)).permutation(sizes.size)
    by_size = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    filled = np.zeros((folds, int(labels.max()) + 1), dtype=np.int64)
    result = np.empty(labels.size, dtype=np.int64)
    for unit in by_size:
        rows = order[starts[unit] : starts[unit] + sizes[unit]]
        counts = np.bincount(labels[rows], minlength=filled.shape[1])
        main = int(np.argmax(counts))
        target = min(range(folds), key=lambda fold: (filled[fold, main], filled[fold].sum(), fold))
        filled[target] += counts
        result[rows] = target
    return result


def foldable(labels: IntArray, fold: IntArray, *, folds: int = FOLDS) -> bool:
    """Whether every fold leaves at least two classes to learn from and one row to be tried on."""
    for one in range(folds):
        held = fold == one
        if not held.any() or np.unique(labels[~held]).size < 2:
            return False
    return True
