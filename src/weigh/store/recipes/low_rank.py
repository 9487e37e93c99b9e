"""Low-rank structure in what changed, found without an adapter: thin factors that are then kept themselves.

A block of the difference shows its rank; the factors come from a randomised range finder (Halko, Martinsson,
Tropp 2011, algorithms 4.4 and 5.1). How they were found needs no care for the last bits: they are stored, and
only the sum of their product and the base is computed again, by `lora.py`.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from weigh.store.codecs.codec import CHUNK, Codec, Encoded
from weigh.store.codecs.ladder import decode, encode
from weigh.store.packs.objects import Objects, content_id
from weigh.store.packs.record import Kind, Record
from weigh.store.packs.spans import Span
from weigh.store.packs.writer import Writer
from weigh.store.recipes.cast import FLOAT_BYTES, doubles, stored
from weigh.store.recipes.known import Tensor
from weigh.store.recipes.lora import LowRank
from weigh.store.recipes.samples import REGION, Read, cost
from weigh.store.recipes.table import Recipe, recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_SIDE = 64
MOST_VALUES = 16 * 1024 * 1024
"""Values of a matrix that is looked at; more would not fit into the memory that adding may take."""
_BLOCK = 96
_MOST_RANK = 40
"""Of a block of 96 by 96: what shows more singular values than this is no thin change."""
_SPARE = 8
"""Columns of the range finder beyond the rank."""
_EPSILON = {"F16": 2.0**-12, "BF16": 2.0**-9, "F32": 2.0**-25}
_PIECE = 8192


@dataclass(frozen=True, slots=True)
class Factors:
    """The thin factors of what changed.

    Attributes:
        left: of shape (rows, rank).
        right: of shape (rank, columns).
    """

    left: "NDArray[np.float32]"
    right: "NDArray[np.float32]"


def rank_of(objects: Objects, span: Span, read: Read, base: Tensor) -> int:
    """The rank that a block of the difference shows; 0 when it is not thin or cannot be told."""
    if not _is_matrix(span, base):
        return 0
    rows, columns = span.shape[0], math.prod(span.shape[1:])
    height = min(rows, max(1, REGION // columns))
    if height < LEAST_SIDE:
        return 0
    narrow, width = FLOAT_BYTES[base.dtype], FLOAT_BYTES[span.dtype]
    region = objects.range(base.payload, 0, height * columns * narrow)
    picked = np.unique(np.linspace(0, height - 1, _BLOCK).astype(int))
    places = np.unique(np.linspace(0, columns - 1, _BLOCK).astype(int))
    old = doubles(region, base.dtype).reshape(height, columns)[np.ix_(picked, places)]
    new = np.stack(
        [
            doubles(memoryview(read(int(r) * columns * width, (int(r) + 1) * columns * width)), span.dtype)[
                places
            ]
            for r in picked
        ]
    )
    if not np.isfinite(new).all() or not np.isfinite(old).all():
        return 0
    return _rank(new - old, new, span.dtype, most=min(_MOST_RANK, len(places) // 2, len(picked) // 2))


def _is_matrix(span: Span, base: Tensor) -> bool:
    if span.dtype not in _EPSILON or base.dtype not in FLOAT_BYTES or len(span.shape) < 2:
        return False
    rows, columns = span.shape[0], math.prod(span.shape[1:])
    return min(rows, columns) >= LEAST_SIDE and rows * columns <= MOST_VALUES and base.count == rows * columns


def _rank(change: "NDArray[Any]", values: "NDArray[Any]", dtype: str, *, most: int) -> int:
    if not np.isfinite(change).all() or not change.any():
        return 0
    found = np.linalg.svd(change, compute_uv=False)
    rank = int((found > _floor(change.shape, values, dtype)).sum())
    return rank if rank <= most else 0


def _floor(shape: tuple[int, ...], values: "NDArray[Any]", dtype: str) -> float:
    """The largest singular value that rounding alone makes: a random matrix has (√m + √n)·σ at most."""
    noise = _EPSILON[dtype] * float(np.sqrt((values.astype(np.float64) ** 2).mean()))
    return 2.0 * (math.sqrt(shape[0]) + math.sqrt(shape[1])) * noise


def factors_of(new: "NDArray[Any]", old: "NDArray[Any]", rank: int, dtype: str) -> Factors | None:
    """The factors of a thin change; None when the whole matrix is not thin after all.

    Args:
        new: the matrix.
        old: what it was before.
        rank: that a block of the difference showed.
        dtype: of the new one, which says how much rounding there is.
    """
    change = (new - old).astype(np.float64)
    if not np.isfinite(change).all():
        return None
    rows, columns = change.shape
    wanted = min(rank + _SPARE, rows, columns)
    start = np.random.default_rng(0).standard_normal((columns, wanted))
    basis, _ = np.linalg.qr(change @ start)
    basis, _ = np.linalg.qr(change @ (change.T @ basis))
    inner, sizes, right = np.linalg.svd(basis.T @ change, full_matrices=False)
    kept = int((sizes > _floor(change.shape, new, dtype)).sum())
    if not 0 < kept < wanted:
        return None
    root = np.sqrt(sizes[:kept])
    left = (basis @ inner[:, :kept]) * root
    return Factors(left.astype(np.float32), (right[:kept] * root[:, None]).astype(np.float32))


def found(
    objects: Objects, writer: Writer, span: Span, read: Read, base: Tensor, *, worth: float
) -> Recipe | None:
    """A recipe with factors that are now in the store; None when nothing thin was found.

    Args:
        objects: the store.
        writer: its writer, which keeps the factors.
        span: the tensor.
        read: reads it.
        base: what it was made from.
        worth: bytes a byte that the best other way takes; factors and the rest must stay below.
    """
    rank = rank_of(objects, span, read, base)
    if not rank:
        return None
    rows, columns = span.shape[0], math.prod(span.shape[1:])
    size = span.end - span.begin
    new = doubles(memoryview(read(0, size)), span.dtype).reshape(rows, columns)
    old = doubles(objects.range(base.payload, 0, base.size), base.dtype).reshape(rows, columns)
    factors = factors_of(new, old, rank, span.dtype)
    if factors is None:
        return None
    kept = factors.left.shape[1]
    rule = LowRank(rows, columns, kept, 1.0, (base.dtype, "F32", "F32"), span.dtype, "F64")
    spent = (factors.left.nbytes + factors.right.nbytes) / size + _rest(rule, new, old, factors, span.dtype)
    if spent >= worth:
        return None
    refs = (
        base.payload,
        keep(objects, writer, factors.left.data.cast("B"), "F32"),
        keep(objects, writer, factors.right.data.cast("B"), "F32"),
    )
    return recipe(objects, rule, refs, size)


def _rest(rule: LowRank, new: "NDArray[Any]", old: "NDArray[Any]", factors: Factors, dtype: str) -> float:
    """Bytes a byte that the differences from the prediction take, on some rows in the middle."""
    height = max(1, _PIECE // rule.columns)
    part = slice(rule.rows // 2, rule.rows // 2 + height)
    product = factors.left[part].astype(np.float64) @ factors.right.astype(np.float64)
    guess = stored(rule.computed(old[part], product), dtype)
    return cost(stored(new[part], dtype), guess, dtype)


def keep(objects: Objects, writer: Writer, data: memoryview, dtype: str) -> bytes:
    """Put a payload that was made here into the store; returns its id."""
    chunks = []
    for begin in range(0, len(data), CHUNK):
        part = data[begin : begin + CHUNK]
        name = content_id(part)
        chunks.append((name, len(part)))
        if not objects.has(name):
            kept = encode(part, dtype)
            if content_id(decode(kept, len(part))) != name:
                kept = Encoded(Codec.RAW, 1, False, bytes(part))
            body, width, signed = kept.body, kept.width, kept.signed_magnitude
            writer.add(Record(name, Kind.CHUNK, kept.codec, width, signed, len(part), 0, (), b"", body))
    if len(chunks) == 1:
        return chunks[0][0]
    name = content_id(data)
    if not objects.has(name):
        writer.list_of(name, chunks)
    return name
