"""Boosted trees as arrays: taken out of scikit-learn once, answered in numpy ever after."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.adapt.arm import Fitted, FloatArray
from weigh.core.errors import MalformedError

# Rows answered at a time, so that the node numbers of a block stay in the processor's cache.
BLOCK = 1 << 14


@dataclass(frozen=True, slots=True)
class Trees:
    """A forest; nodes of all trees in one list, tree t at nodes starts[t] .. starts[t + 1].

    Attributes:
        starts: int64 [trees + 1].
        output: int64 [trees] decision value the tree adds to.
        feature: int32 [nodes] column asked about; 0 in leaves.
        threshold: float64 [nodes] go left when the value is <= this.
        left: int32 [nodes] child, counted from the tree's first node.
        right: int32 [nodes].
        value: float64 [nodes] what a leaf adds.
        flags: uint8 [nodes] bit 0 leaf, bit 1 missing goes left, bit 2 asks about a category.
        bitset: int32 [nodes] row of `bitsets` for nodes that ask about a category.
        bitsets: uint32 [bitsets, 8] categories 0 .. 255 that go left.
        baseline: float64 [outputs] decision value before any tree.
    """

    starts: NDArray[np.int64]
    output: NDArray[np.int64]
    feature: NDArray[np.int32]
    threshold: FloatArray
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: FloatArray
    flags: NDArray[np.uint8]
    bitset: NDArray[np.int32]
    bitsets: NDArray[np.uint32]
    baseline: FloatArray

    def decision(self, matrix: FloatArray) -> FloatArray:
        """Decision values [n, outputs] of a matrix [n, p]; NaN is missing."""
        result = np.tile(self.baseline, (matrix.shape[0], 1))
        for first in range(0, matrix.shape[0], BLOCK):
            block = slice(first, min(first + BLOCK, matrix.shape[0]))
            for tree, output in enumerate(self.output.tolist()):
                result[block, output] += self._leaf_values(tree, matrix[block])
        return result

    def _leaf_values(self, tree: int, matrix: FloatArray) -> FloatArray:
        start = int(self.starts[tree])
        node = np.full(matrix.shape[0], start, dtype=np.int64)
        walking = np.flatnonzero(~(self.flags[node] & 1).astype(np.bool_))
        while walking.size:
            at = node[walking]
            go_left = self._goes_left(at, matrix[walking, self.feature[at]])
            at = start + np.where(go_left, self.left[at], self.right[at])
            node[walking] = at
            walking = walking[(self.flags[at] & 1) == 0]
        return self.value[node]

    def _goes_left(self, at: NDArray[np.int64], values: FloatArray) -> NDArray[np.bool_]:
        missing = np.isnan(values)
        flags = self.flags[at]
        left = np.where(missing, (flags & 2) > 0, values <= self.threshold[at])
        asks = (flags & 4) > 0
        if asks.any():
            known = asks & ~missing
            code = values[known].astype(np.int64)
            words = self.bitsets[self.bitset[at[known]], code >> 5]
            left[known] = (words >> (code & 31).astype(np.uint32)) & 1
        return left

    def into(self, fitted: Fitted) -> None:
        """Add the trees to what is kept of a fit."""
        fitted.arrays.update({f"tree_{name}": getattr(self, name) for name in self.__slots__})

    @staticmethod
    def of(fitted: Fitted, *, columns: int) -> "Trees":
        """The trees kept in a fit, checked so that no walk can leave the arrays or go on for ever.

        Raises:
            MalformedError: when a node points outside its tree or backwards, or asks about a column that
                is not there.
        """
        arrays = {name: fitted.arrays[f"tree_{name}"] for name in Trees.__slots__}
        trees = Trees(**arrays)
        trees._check(columns)
        return trees

    def _check(self, columns: int) -> None:
        sizes = np.diff(self.starts)
        nodes = self.value.size
        lengths = {self.feature.size, self.threshold.size, self.left.size, self.right.size, self.flags.size}
        fits = lengths == {nodes} and self.bitset.size == nodes and sizes.size == self.output.size
        if not fits or (sizes < 1).any() or self.starts[0] != 0 or self.starts[-1] != nodes:
            raise MalformedError("stored trees are broken", why="their arrays do not fit each other")
        within = np.arange(nodes) - np.repeat(self.starts[:-1], sizes)
        limit = np.repeat(sizes, sizes)
        inner = (self.flags & 1) == 0
        asks = (self.flags & 4) > 0
        # Children come after their parent in scikit-learn's order, which is also why every walk ends.
        onward = (self.left > within) & (self.right > within) & (self.left < limit) & (self.right < limit)
        sound = onward & (self.feature >= 0) & (self.feature < columns)
        sound &= ~asks | ((self.bitset >= 0) & (self.bitset < len(self.bitsets)))
        bad_output = ((self.output < 0) | (self.output >= self.baseline.size)).any()
        if not sound[inner].all() or bad_output or self.bitsets.shape[1:] != (8,):
            raise MalformedError("stored trees are broken", why="a node points where there is none")


def take_out(model: Any) -> Trees:
    """Return the trees of a fitted HistGradientBoostingClassifier.

    Its columns must already be in the order scikit-learn keeps them in: categorical ones first, with codes
    0, 1, … all of which were seen in training.
    """
    trees = [(output, tree) for step in model._predictors for output, tree in enumerate(step)]  # noqa: SLF001 - trees have no public form
    nodes = np.concatenate([tree.nodes for _, tree in trees])
    sizes = [len(tree.nodes) for _, tree in trees]
    bitsets = [np.asarray(tree.raw_left_cat_bitsets, dtype=np.uint32).reshape(-1, 8) for _, tree in trees]
    offsets = np.concatenate([[0], np.cumsum([len(one) for one in bitsets])[:-1]])
    asks = nodes["is_categorical"].astype(np.bool_)
    leaf = nodes["is_leaf"].astype(np.uint8)
    flags = leaf | nodes["missing_go_to_left"].astype(np.uint8) << 1 | asks.astype(np.uint8) << 2
    return Trees(
        starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        output=np.array([output for output, _ in trees], dtype=np.int64),
        feature=np.where(leaf > 0, 0, nodes["feature_idx"]).astype(np.int32),
        threshold=nodes["num_threshold"].astype(np.float64),
        left=nodes["left"].astype(np.int32),
        right=nodes["right"].astype(np.int32),
        value=nodes["value"].astype(np.float64),
        flags=flags.astype(np.uint8),
        bitset=np.where(asks, nodes["bitset_idx"] + np.repeat(offsets, sizes), 0).astype(np.int32),
        bitsets=np.concatenate(bitsets),
        baseline=np.asarray(model._baseline_prediction, dtype=np.float64).ravel(),  # noqa: SLF001 - as above
    )
