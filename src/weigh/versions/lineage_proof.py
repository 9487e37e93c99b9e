"""What two models demonstrably share: equal payloads that say something, and exact operations.

A payload proves something when it cannot be written down without the other model: it is large enough, is not
an index table, holds enough information, and no short formula gives it. Constants, LayerNorm weights that
never moved, position ids, causal masks, sinusoidal tables, window functions and Fourier bases fail one of
those tests; every model of an architecture has them.
"""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from weigh.core.lineage import Shared, SharedTensor, TrivialTensor
from weigh.core.tensor import TensorInfo
from weigh.store.compare.side import Side
from weigh.store.packs.objects import Objects

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from weigh.store.compare.pairing import Pair

SAME = "the same bytes"
LEAST_BYTES = 1024
"""Bytes below which a payload proves nothing: 256 single-precision values."""
LEAST_INFORMATION = 1024
"""Bytes to which a payload must not compress: 2^-8192 is the chance of hitting such a one blindly."""
ORDER = 8
"""Terms of the linear recurrence that must not give the values: a sinusoid takes 2, with a window 6."""
_FORMULA = 1e-2
"""Relative error up to which a recurrence is taken for the formula. Trained matrices stay above 0.5."""
MOST_REST = 0.01
"""Bytes of correction for a byte of the payload, up to which an operation explains it."""
_READ = 4 * 1024 * 1024
_FEW = 256 * 1024
_FEW_VALUES = 4096
_LINES = 16
_MOST_LINE = 1024
_FLOATS = frozenset(("F64", "F32", "F16", "BF16"))
_INDEXES = frozenset(("I64", "U64", "I32", "U32", "BOOL"))
_COMPUTED = frozenset((
    "position_ids", "token_type_ids", "relative_position_index", "inv_freq", "original_inv_freq",
    "masked_bias", "mel_filters", "mel_filterbank", "mel_basis", "fbank", "fb", "window",
    "forward_basis_buffer", "inverse_basis", "num_batches_tracked", "cos_cached", "sin_cached",
    "rope_freqs", "anchors",
))  # fmt: skip
"""Last parts of the names of buffers that a formula gives, though a recurrence may not."""


def why_trivial(tensor: TensorInfo, data: bytes) -> str:
    """Why a tensor proves nothing when another model has it, too; "" when it proves something.

    Args:
        tensor: its name, type and shape.
        data: the beginning of its payload, at least 4 MiB where it has so many.
    """
    if tensor.name.replace("/", ".").rpartition(".")[2] in _COMPUTED:
        return "a buffer that code computes"
    if tensor.nbytes < LEAST_BYTES:
        return f"smaller than {LEAST_BYTES:,} bytes"
    if tensor.dtype in _INDEXES:
        return "an index table or a mask"
    if not any(len(zlib.compress(part, 1)) >= LEAST_INFORMATION for part in (data[:_FEW], data)):
        return f"compresses to less than {LEAST_INFORMATION:,} bytes"
    if _has_two_values(tensor, data):
        return "it holds two different values only, as a mask does"
    if _follows_formula(tensor, data):
        return f"a recurrence of {ORDER} terms gives its values"
    return ""


def _has_two_values(tensor: TensorInfo, data: bytes) -> bool:
    import numpy as np

    size = tensor.nbytes // max(tensor.count, 1)
    if size not in {1, 2, 4, 8} or size * tensor.count != tensor.nbytes:
        return False
    words = np.frombuffer(data[: len(data) // size * size], f"<u{size}")
    # Most tensors show in their first values that they are no mask.
    return all(len(np.unique(part)) <= 2 for part in (words[:_FEW_VALUES], words))


def _follows_formula(tensor: TensorInfo, data: bytes) -> bool:
    import numpy as np

    values = numbers(tensor, data)
    if values is None:
        return False
    width = tensor.shape[-1] if tensor.shape else 1
    rows = len(values) // width if width else 0
    grids = [values.reshape(1, -1)]
    if rows >= 1 and width > 1:
        grid = values[: rows * width].reshape(rows, width)
        grids = [grid, np.ascontiguousarray(grid.T)]
    return any(_is_recurrent(grid) for grid in grids)


def _is_recurrent(grid: "NDArray[np.float64]") -> bool:
    """Whether each line follows from its own last values; the median of some lines decides."""
    import numpy as np

    if grid.shape[1] < 4 * ORDER:
        return False
    errors = []
    for at in np.unique(np.linspace(0, len(grid) - 1, _LINES).astype(int)):
        line = grid[at, :_MOST_LINE]
        scale = float(np.linalg.norm(line[ORDER:]))
        if scale == 0.0:
            continue
        before = np.lib.stride_tricks.sliding_window_view(line, ORDER)[:-1]
        after = line[ORDER:]
        found = np.linalg.lstsq(before, after, rcond=1e-9)[0]
        errors.append(float(np.linalg.norm(before @ found - after)) / scale)
    return not errors or float(np.median(errors)) < _FORMULA


def numbers(tensor: TensorInfo, data: bytes) -> "NDArray[np.float64] | None":
    """The values of whole units at the beginning of a payload; None where they cannot be told."""
    import numpy as np

    from weigh.store.compare.values import layout_of

    layout = layout_of(tensor.dtype, tensor.encoding)
    if layout is None or tensor.dtype in {"C64", "C128"}:
        return None
    raw = np.frombuffer(data, np.uint8)[: len(data) // layout.size * layout.size]
    made = layout.numbers(raw).astype(np.float64)
    return np.where(np.isfinite(made), made, 0.0)


def beginning(side: Side, tensor: TensorInfo) -> bytes:
    """Up to 4 MiB of a tensor's payload; nothing where it is not one range."""
    if tensor.offset < 0:
        return b""
    with side.reading(tensor.file) as reader:
        return reader.read(tensor.offset, min(tensor.nbytes, _READ))


@dataclass(frozen=True, slots=True)
class Unlike:
    """What is proved, and what remains.

    Attributes:
        shared: what is proved.
        pairs: tensors of the same shape that are not equal, and may be alike.
        extra: tensors of the child that have no counterpart.
    """

    shared: Shared
    pairs: "tuple[Pair, ...]"
    extra: tuple[TensorInfo, ...]


def shared_of(child: Side, parent: Side, *, objects: Objects | None = None) -> Unlike:
    """What of `child` is demonstrably content of `parent`; and the pairs of tensors that remain.

    A payload counts once, however often the child has it. That two models share it does not tell which of
    them had it first.

    Args:
        child: what is asked about.
        parent: what it may come from.
        objects: the store both lie in, where they do: its recipes prove more.

    Raises:
        StorageError: a file cannot be read.
        MalformedError: a stored recipe is damaged.
    """
    from weigh.store.compare.pairing import pair_up
    from weigh.store.compare.training_state import is_training_state

    pairing = pair_up(parent, child, frozenset())
    found = _Found(child, parent, _payloads(parent) if objects is not None else {}, objects)
    for pair in pairing.pairs:
        if not is_training_state(pair.new.name):
            found.look(pair)
    added = tuple(t for t in pairing.added if not is_training_state(t.name))
    return Unlike(found.told(sum(t.count for t in added)), tuple(found.unlike), added)


def _payloads(side: Side) -> dict[bytes, str]:
    """Names of a side's tensors by the ids of their payloads."""
    found: dict[bytes, str] = {}
    for facts in side.view.all_facts():
        for tensor in facts.all_tensors():
            name = side.payload_id(tensor)
            if name is not None:
                found.setdefault(name, tensor.name)
    return found


class _Found:
    """Gathers what pairs of tensors show."""

    def __init__(
        self, child: Side, parent: Side, payloads: dict[bytes, str], objects: Objects | None
    ) -> None:
        self._child, self._parent = child, parent
        self._payloads, self._objects = payloads, objects
        self._tensors: list[SharedTensor] = []
        self._trivial: list[TrivialTensor] = []
        self._seen: set[bytes] = set()
        self._paired = self._all = self._matrices = 0
        self.unlike: list[Pair] = []

    def look(self, pair: "Pair") -> None:
        """Take in one pair."""
        new, old = pair.new, pair.old
        self._all += new.count
        how = self._how(pair)
        if not how:
            self._look_in_part(pair)
            return
        data = beginning(self._child, new)
        why = why_trivial(new, data) if data else "its payload is not one range of the file"
        key = hashlib.sha256(data).digest()
        if not why and key in self._seen:
            why = "the same content as another tensor of this model"
        if why:
            self._trivial.append(TrivialTensor(new.name, new.count, why))
            return
        self._seen.add(key)
        self._paired += new.count
        self._matrices += len(new.shape) > 1
        self._tensors.append(SharedTensor(new.name, old.name, new.count, how, new.count))

    def _look_in_part(self, pair: "Pair") -> None:
        """Rows that training never reached, or a tensor with rows added, are the other model's in part."""
        from weigh.versions.lineage_part import equal_places

        old, new = pair.old, pair.new
        if new.shape == old.shape:
            self._paired += new.count
            self.unlike.append(pair)
        equal = equal_places(self._child, self._parent, pair)
        if not equal or why_trivial(new, beginning(self._child, new)):
            return
        self._paired += new.count if new.shape != old.shape else 0
        self._tensors.append(SharedTensor(new.name, old.name, equal, "the same bytes in part", new.count))

    def _how(self, pair: "Pair") -> str:
        old, new = pair.old, pair.new
        if min(old.offset, new.offset) < 0 or min(old.nbytes, new.nbytes) <= 0:
            return ""
        plain = (old.encoding, old.strides) == (new.encoding, new.strides)
        alike = (old.dtype, old.nbytes) == (new.dtype, new.nbytes) and plain
        if alike and (pair.same or self._equal(old, new)):
            return SAME
        fitting = old.shape == new.shape and not (old.encoding or new.encoding or old.strides or new.strides)
        if fitting and {old.dtype, new.dtype} <= _FLOATS and self._is_cast(old, new):
            return f"{old.dtype} rounded to {new.dtype}"
        return self._recipe(new)

    def _recipe(self, new: TensorInfo) -> str:
        """The operation by which the store has the child's payload from the parent's, every bit of it."""
        from weigh.store.recipes.description import recipe_of

        name = self._child.payload_id(new) if self._objects is not None else None
        if name is None or self._objects is None:
            return ""
        made = recipe_of(self._objects, name)
        if made is None or made.share_of_rest > MOST_REST:
            return ""
        if not any(source in self._payloads for source in made.sources):
            return ""
        return f"{made.op} of {len(made.sources)} stored tensors"

    def _equal(self, old: TensorInfo, new: TensorInfo) -> bool:
        one, other = self._parent.payload_id(old), self._child.payload_id(new)
        if one is not None and other is not None:
            return one == other
        return all(a == b for a, b in self._chunks(old, new, 1, 1))

    def _is_cast(self, old: TensorInfo, new: TensorInfo) -> bool:
        """Whether every value of `new` is the one of `old` in the other type, bit for bit."""
        import numpy as np

        from weigh.store.compare.values import layout_of, rounded

        layout = layout_of(old.dtype)
        one, other = old.nbytes // max(old.count, 1), new.nbytes // max(new.count, 1)
        if layout is None or one * old.count != old.nbytes or other * new.count != new.nbytes:
            return False
        if other >= one:
            return False
        for a, b in self._chunks(old, new, one, other):
            values = layout.numbers(np.frombuffer(a, np.uint8))
            bits = rounded(values, new.dtype)
            if bits is None or bits.tobytes() != b:
                return False
        return True

    def _chunks(
        self, old: TensorInfo, new: TensorInfo, one: int, other: int
    ) -> Iterator[tuple[bytes, bytes]]:
        step = _READ // 8
        count = old.nbytes // one
        with self._parent.reading(old.file) as left, self._child.reading(new.file) as right:
            for at in range(0, count, step):
                many = min(step, count - at)
                a = left.read(old.offset + at * one, many * one)
                b = right.read(new.offset + at * other, many * other)
                whole = (len(a), len(b)) == (many * one, many * other)
                # Where a file ends before its tensor does, there is nothing to be equal.
                yield (a, b) if whole else (b"", b"?")

    def told(self, added: int) -> Shared:
        """What was found; `added` values of the child have no counterpart."""
        tensors = sorted(self._tensors, key=lambda t: (-t.values, t.name))
        trivial = sorted(self._trivial, key=lambda t: (-t.values, t.name))
        values = sum(t.values for t in tensors)
        return Shared(tuple(tensors), tuple(trivial), values, self._paired, self._all + added, self._matrices)
