"""Reweighing: training rows weighted so that group and label are independent in the training data."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def reweighing(groups: IntArray, labels: IntArray) -> FloatArray:
    """Return the weight P(a) P(y) / P(a, y) of each row, scaled to mean 1, float64 [n].

    Weighted, every group has the label frequencies of the whole. A combination of group and label that no
    row has cannot be weighted; the scale then makes up for it.
    Source: F. Kamiran and T. Calders, Knowledge and Information Systems 33 (2012), section 5.2.

    Args:
        groups: [n] group codes >= 0.
        labels: [n] class codes >= 0.
    """
    if groups.size == 0:
        return np.ones(0)
    width = int(labels.max()) + 1
    joint = np.bincount(groups * width + labels, minlength=(int(groups.max()) + 1) * width)
    joint = joint.reshape(-1, width).astype(np.float64)
    expected = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True) / groups.size
    weights = (expected / np.maximum(joint, 1.0))[groups, labels]
    scaled: FloatArray = weights / weights.mean()
    return scaled
