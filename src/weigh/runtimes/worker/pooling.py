"""From a graph's output to one row a text. Each row is made from its own tokens only."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

_SMALLEST_LENGTH = 1e-12
"""Lower bound of the divisor when a vector is scaled to length 1, as torch.nn.functional.normalize has it."""


def pool(tokens: Array, mode: str) -> Array:
    """One vector [d] out of the vectors [tokens, d] of one text, padding already cut off.

    Sums run in float64 in token order, so the result does not depend on how the text was batched.

    Raises:
        ValueError: the mode is unknown.
    """
    if mode == "mean":
        return np.asarray(tokens.mean(axis=0, dtype=np.float64))
    if mode == "cls":
        return np.asarray(tokens[0], np.float64)
    if mode == "max":
        return np.asarray(tokens.max(axis=0), np.float64)
    if mode == "lasttoken":
        return np.asarray(tokens[-1], np.float64)
    raise ValueError(f"no pooling is called {mode!r}")


def normalise(rows: Array) -> Array:
    """Rows [n, d] scaled to Euclidean length 1; a row of zeros stays."""
    lengths = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    return np.asarray(rows / np.maximum(lengths, _SMALLEST_LENGTH))


def softmax(logits: Array) -> Array:
    """Rows [n, k] of class scores as probabilities, computed in float64."""
    wide = np.asarray(logits, np.float64)
    powers = np.exp(wide - wide.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
