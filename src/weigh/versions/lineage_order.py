"""Whether a matrix is another one with its rows or columns in another order, scaled, or with other signs.

Neurons of a layer can be put in another order, scaled by positive factors, and often turned in sign, without
the model answering otherwise; its tensors then have no cosine with the original's. What such a disguise
leaves alone is the set of magnitudes inside a row or a column, up to one factor. So a row is described by its
sorted magnitudes, brought to length 1; a row that is much nearer to one row of the other matrix than to any
second one is taken for found again. Lowe's ratio of the two nearest distances (2004, section 7.1) decides.
"""

from typing import TYPE_CHECKING, Any

from weigh.store.compare.side import Side

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from weigh.core.tensor import TensorInfo
    from weigh.store.compare.pairing import Pair

RATIO = 0.6
"""Nearest by second nearest distance, below which a row counts as found again."""
FOUND = 0.5
"""Share of the rows that were looked for, from which the matrix counts as found again. See the docs for what
strangers reach."""
LEAST_LINES = 32
"""Rows of a matrix, and values of a row, below which nothing is looked for."""
MOST_VALUES = 8 * 1024 * 1024
"""Values of a matrix up to which it is looked at, so that all of it fits into memory as numbers."""
_MOST_LINES = 4096
_LOOKED_FOR = 128


def share_found(child: Side, parent: Side, pair: "Pair") -> float | None:
    """The share of rows, or of columns where more, that are found again; None where none can be looked for.

    Args:
        child: what is asked about.
        parent: what it may come from.
        pair: two matrices of the same shape; `old` is the parent's.

    Raises:
        StorageError: a file cannot be read.
    """
    one, other = _matrix(parent, pair.old), _matrix(child, pair.new)
    if one is None or other is None or one.shape != other.shape:
        return None
    shares = [found for a, b in ((one, other), (one.T, other.T)) if (found := _found(a, b)) is not None]
    return max(shares, default=None)


def _matrix(side: Side, tensor: "TensorInfo") -> "NDArray[Any] | None":
    """The values, the first axis by all others."""
    from weigh.versions.lineage_proof import numbers

    if len(tensor.shape) < 2 or tensor.offset < 0 or tensor.strides or not 0 < tensor.count <= MOST_VALUES:
        return None
    with side.reading(tensor.file) as reader:
        values = numbers(tensor, reader.read(tensor.offset, tensor.nbytes))
    if values is None or len(values) != tensor.count:
        return None
    return values.reshape(tensor.shape[0], -1)


def _found(old: "NDArray[Any]", new: "NDArray[Any]") -> float | None:
    import numpy as np

    rows, width = new.shape
    if rows < LEAST_LINES or width < LEAST_LINES or rows > _MOST_LINES:
        return None
    chosen = np.unique(np.linspace(0, rows - 1, _LOOKED_FOR).astype(int))
    there, here = _described(old), _described(new[chosen])
    middle = there.mean(axis=0)
    there, here = there - middle, here - middle
    squares = (here**2).sum(1)[:, None] + (there**2).sum(1)[None, :] - 2 * here @ there.T
    nearest = np.sqrt(np.maximum(np.partition(squares, 1, axis=1)[:, :2], 0.0))
    near = nearest[:, 0] < RATIO * nearest[:, 1]
    return float(near.mean())


def _described(rows: "NDArray[Any]") -> "NDArray[Any]":
    import numpy as np

    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    described: NDArray[Any] = np.sort(np.abs(rows), axis=1) / np.where(lengths > 0, lengths, 1.0)
    return described
