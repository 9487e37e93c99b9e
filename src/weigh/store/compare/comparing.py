"""The tensors of two versions held against each other: what happened to each, and how far it moved.

Payloads are read in pairs of at most 4 MiB; equal ones that are known to be equal are not read. Two threads
share the work: reading and arithmetic both let go of the interpreter's lock.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from weigh.core.errors import StorageError
from weigh.core.model_diff import DeltaRank, Distance, Form, Spread, TensorDiff, Turn
from weigh.core.tensor import TensorInfo
from weigh.store.compare.moments import Comparer, Sums
from weigh.store.compare.pairing import Pair, pair_up
from weigh.store.compare.rank import Part, delta_rank, part_of
from weigh.store.compare.side import Side
from weigh.store.compare.training_state import is_training_state
from weigh.store.compare.values import Layout, is_plain, layout_of, spacing

if TYPE_CHECKING:
    from numpy.typing import NDArray

READ = 1024 * 1024
"""Values read of each side at a time: 4 MiB of float32."""
TASK = 8 * READ
"""Values one thread takes on at a time."""
THREADS = 2
_AHEAD = 6
_TUNED = 0.8
_UNRELATED = 0.2
"""Median cosines of matrices. Real fine-tunes reach 0.95 and more (LPIPS 0.90, CHGNet 0.984, NAGL 0.9995),
retrainings of the same architecture stay below 0.1 (NAGL alpha.1 to rc.1 0.04, Silero VAD 0.01)."""
_BYTES = Layout("U8", 1, 1, lambda raw: raw.astype(np.float32), wide=False, bits="u1", signed_magnitude=False)


@dataclass(frozen=True, slots=True)
class Compared:
    """All tensors of two versions.

    Attributes:
        tensors: those that are not the same, the largest relative change first.
        same_tensors: how many are; `same_values` how many values those hold.
        old_values: in all tensors before; `new_values` now.
        overall: over all that were compared by value and are not the same.
        same_training: those of an optimiser or a schedule that are the same; they count nowhere else.
        read: bytes that were read of payloads.
    """

    tensors: tuple[TensorDiff, ...]
    same_tensors: int
    same_values: int
    old_values: int
    new_values: int
    overall: Distance | None
    same_training: int
    read: int


def compare_tensors(
    old: Side,
    new: Side,
    *,
    same_files: frozenset[str] = frozenset(),
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Compared:
    """What is other in the tensors of `new`.

    Args:
        old: one side.
        new: the other.
        same_files: paths whose bytes are equal on both sides.
        progress: called with the bytes that were compared and their total.
    """
    pairing = pair_up(old, new, same_files)
    found = [_gone(t) for t in pairing.removed] + [_come(t) for t in pairing.added]
    found += [_renamed(p) for p in pairing.pairs if p.same and p.old.name != p.new.name]
    same = [p for p in pairing.pairs if p.same and p.old.name == p.new.name]
    open_ = [_Work(old, new, p) for p in pairing.pairs if not p.same]
    total, done, overall, read = sum(w.pair.new.nbytes for w in open_), 0, Sums(), 0
    for work in _worked(open_):
        done += work.pair.new.nbytes
        progress(done, total)
        read += work.read
        made = work.result()
        if made is None:
            same.append(work.pair)
            continue
        found.append(made)
        if work.by_value and not made.training:
            overall.add(work.sums)
    # An empty tensor is the same as any other; that says nothing.
    weights = [p for p in same if p.new.count and not is_training_state(p.new.name)]
    return Compared(
        tuple(sorted(found, key=_rank_of_change)),
        len(weights),
        sum(p.new.count for p in weights),
        _values([p.old for p in pairing.pairs] + list(pairing.removed)),
        _values([p.new for p in pairing.pairs] + list(pairing.added)),
        overall.distance() if overall.count else None,
        sum(1 for p in same if is_training_state(p.new.name)),
        read,
    )


def _values(tensors: list[TensorInfo]) -> int:
    return sum(t.count for t in tensors if not is_training_state(t.name))


def form_of(tensor: TensorInfo) -> Form:
    """Type and shape of a tensor."""
    return Form(tensor.dtype, tensor.shape, tensor.encoding)


def _gone(tensor: TensorInfo) -> TensorDiff:
    return _marked(TensorDiff(tensor.name, Turn.REMOVED, tensor.file, tensor.name, form_of(tensor)))


def _come(tensor: TensorInfo) -> TensorDiff:
    return _marked(TensorDiff(tensor.name, Turn.ADDED, tensor.file, new=form_of(tensor)))


def _marked(tensor: TensorDiff) -> TensorDiff:
    return replace(tensor, training=is_training_state(tensor.name))


def _renamed(pair: Pair) -> TensorDiff:
    return _marked(
        TensorDiff(
            pair.new.name, Turn.RENAMED, pair.new.file, pair.old.name, form_of(pair.old), form_of(pair.new)
        )
    )


_ORDER = (Turn.RESHAPED, Turn.RETYPED, Turn.CHANGED, Turn.UNKNOWN, Turn.RENAMED, Turn.ADDED, Turn.REMOVED)


def _rank_of_change(tensor: TensorDiff) -> tuple[float, int, str, str]:
    moved = tensor.distance.relative_l2 if tensor.distance is not None else None
    return (-(moved if moved is not None else -1.0), _ORDER.index(tensor.turn), tensor.file, tensor.name)


class _Work:
    """One pair of tensors that has to be read."""

    def __init__(self, old: Side, new: Side, pair: Pair) -> None:
        self.old, self.new, self.pair = old, new, pair
        self.sums = Sums()
        self.read = 0
        self.samples: list[tuple[NDArray[Any], NDArray[Any]]] = []
        self.rank: DeltaRank | None = None
        self.one, self.other, self.note = _layouts(pair)
        self.by_value = self.one is not None and self.one is not _BYTES
        self.part = self._part()

    def _part(self) -> Part | None:
        old, new = self.pair.old, self.pair.new
        if not self.by_value or old.shape != new.shape or _columns(old) or _columns(new):
            return None
        return part_of(new.shape) if {old.dtype, new.dtype}.isdisjoint({"C64", "C128"}) else None

    def tasks(self) -> Iterator[tuple[int, int]]:
        """Ranges of values, each a piece of work."""
        if self.one is None:
            return
        count = self.pair.new.nbytes // self.other_layout.size * self.other_layout.values
        for begin in range(0, count, TASK):
            yield begin, min(begin + TASK, count)

    @property
    def other_layout(self) -> Layout:
        """How the new payload is read; only asked where both can be."""
        assert self.other is not None
        return self.other

    def run(self, begin: int, end: int) -> tuple[Sums, list[tuple["NDArray[Any]", "NDArray[Any]"]], int]:
        """Compare values from `begin` to before `end`."""
        assert self.one is not None
        comparer = Comparer(self.one, self.other_layout)
        samples = []
        flat = self.part.flat() if self.part is not None else None
        read = 0
        with self.old.reading(self.pair.old.file) as left, self.new.reading(self.pair.new.file) as right:
            for at in range(begin, end, READ):
                stop = min(end, at + READ)
                a, b = self._bytes(left, "old", at, stop), self._bytes(right, "new", at, stop)
                read += len(a) + len(b)
                comparer.differences(a, b)
                if flat is not None:
                    wanted = flat[np.searchsorted(flat, at) : np.searchsorted(flat, stop)] - at
                    samples.append((_picked(a, self.one, wanted), _picked(b, self.other_layout, wanted)))
        return comparer.sums, samples, read

    def _bytes(self, reader: Any, which: str, begin: int, end: int) -> "NDArray[np.uint8]":
        tensor, layout = (self.pair.old, self.one) if which == "old" else (self.pair.new, self.other)
        assert layout is not None
        first, last = begin // layout.values * layout.size, end // layout.values * layout.size
        data = reader.read(tensor.offset + first, last - first)
        if len(data) != last - first:
            raise StorageError(
                f"{tensor.file!r} is shorter than its header says", why="it changed, or was cut off"
            )
        return np.frombuffer(data, np.uint8)

    def take(self, made: tuple[Sums, list[tuple["NDArray[Any]", "NDArray[Any]"]], int]) -> None:
        """Take in what one piece of work found; pieces come in order."""
        sums, samples, read = made
        if self.sums.count:
            self.sums.add(sums)
        else:
            self.sums = sums
        self.samples += samples
        self.read += read

    def estimate(self) -> None:
        """The rank of the change, once every piece is there."""
        if self.part is not None and self.sums.changed:
            shape = (len(self.part.rows), len(self.part.columns))
            old, new = (
                np.concatenate([s[side] for s in self.samples]).reshape(shape).astype(np.float64)
                for side in (0, 1)
            )
            assert self.one is not None
            self.rank = delta_rank(old, new, coarser(self.one.dtype, self.other_layout.dtype))
        self.samples = []

    def result(self) -> TensorDiff | None:
        """What happened to the tensor, None when it is the same."""
        old, new = self.pair.old, self.pair.new
        turn = (
            Turn.RESHAPED if old.shape != new.shape
            else Turn.RETYPED if (old.dtype, old.encoding) != (new.dtype, new.encoding)
            else Turn.UNKNOWN if self.one is None
            else Turn.CHANGED
        )  # fmt: skip
        if turn is Turn.CHANGED and not self.sums.changed:
            if old.name == new.name:
                return None
            turn = Turn.RENAMED
        measured = self.by_value and self.sums.count and turn is not Turn.RENAMED
        note = self.note
        if self.one is _BYTES and self.sums.count:
            note += f"; {self.sums.changed / self.sums.count:.1%} of the bytes differ"
        return TensorDiff(
            new.name, turn, new.file, old.name, form_of(old), form_of(new),
            self.sums.distance() if measured else None, self.rank, note, is_training_state(new.name),
        )  # fmt: skip


def coarser(one: str, other: str) -> str:
    """Which of two types has the wider steps: a change between them is rounded to that one."""
    at = np.array([1.0])
    return one if spacing(at, one)[0] > spacing(at, other)[0] else other


def _columns(tensor: TensorInfo) -> bool:
    return bool(tensor.strides) or "column-major" in tensor.encoding


def _picked(raw: "NDArray[np.uint8]", layout: Layout, wanted: "NDArray[np.int64]") -> "NDArray[Any]":
    if layout.values == 1:
        # A type of one byte a value or more: the bytes of the values that are wanted, and no others.
        return layout.numbers(raw.reshape(-1, layout.size)[wanted].reshape(-1))
    units, inverse = np.unique(wanted // layout.values, return_inverse=True)
    some = raw.reshape(-1, layout.size)[units].reshape(-1)
    found: NDArray[Any] = layout.numbers(some)[inverse * layout.values + wanted % layout.values]
    return found


def _layouts(pair: Pair) -> tuple[Layout | None, Layout | None, str]:
    """How both payloads are read, and what is to be known of that; None where they are not."""
    old, new = pair.old, pair.new
    if old.shape != new.shape:
        return None, None, "values are not compared across shapes"
    if min(old.offset, new.offset) < 0:
        return None, None, "its payload is not one range of the file"
    if old.strides != new.strides or _columns_differ(old, new):
        return None, None, "the order of the values is another one"
    one, other = layout_of(old.dtype, old.encoding), layout_of(new.dtype, new.encoding)
    if one is None or other is None or not (_fits(old, one) and _fits(new, other)):
        if (old.dtype, old.encoding, old.nbytes) == (new.dtype, new.encoding, new.nbytes) and old.nbytes:
            return _BYTES, _BYTES, f"compared as bytes: {_kind(new)} is not read as numbers"
        return None, None, f"{_kind(old if one is None else new)} is not read as numbers"
    if old.dtype == "BLOCKS" or new.dtype == "BLOCKS" or (is_plain(old.encoding) and is_plain(new.encoding)):
        return one, other, ""
    if old.encoding != new.encoding:
        return None, None, f"{_kind(old)} and {_kind(new)} do not stand for values in the same way"
    return one, other, f"the stored numbers are compared, not what they stand for ({new.encoding})"


def _columns_differ(old: TensorInfo, new: TensorInfo) -> bool:
    return ("column-major" in old.encoding) != ("column-major" in new.encoding) and len(new.shape) > 1


def _fits(tensor: TensorInfo, layout: Layout) -> bool:
    """Whether the payload holds exactly the values of the shape, so that places correspond."""
    parts = 2 if tensor.dtype in {"C64", "C128"} else 1
    return (
        tensor.count > 0
        and tensor.count * parts % layout.values == 0
        and tensor.nbytes == tensor.count * parts // layout.values * layout.size
    )


def _kind(tensor: TensorInfo) -> str:
    return tensor.encoding or tensor.dtype


def _worked(works: list[_Work]) -> Iterator[_Work]:
    """Every piece of work done, in order, a few pieces ahead of whoever takes the results."""
    waiting: deque[tuple[_Work, Future[Any] | None]] = deque()
    with ThreadPoolExecutor(THREADS, thread_name_prefix="weigh-compare") as pool:
        try:
            for work in works:
                for begin, end in work.tasks():
                    waiting.append((work, pool.submit(work.run, begin, end)))
                    yield from _settled(waiting, _AHEAD)
                waiting.append((work, None))
                yield from _settled(waiting, _AHEAD)
            yield from _settled(waiting, 0)
        finally:
            for _, future in waiting:
                if future is not None:
                    future.cancel()


def _settled(waiting: "deque[tuple[_Work, Future[Any] | None]]", most: int) -> Iterator[_Work]:
    """Take results until at most so many are waited for."""
    while len(waiting) > most:
        work, future = waiting.popleft()
        if future is not None:
            work.take(future.result())
        else:
            work.estimate()
            yield work


def describe_together(tensors: tuple[TensorDiff, ...], same: int) -> str:
    """What the changes look like together, in words; "" when they have no known pattern.

    A merged adapter is named only where at least two matrices say so and none contradicts.
    """
    weights = [t for t in tensors if not t.training]
    changed = [t for t in weights if t.turn in {Turn.CHANGED, Turn.RETYPED}]
    if not changed:
        return ""
    kept = f", {same} tensors are the same" if same else ""
    whole = not any(t.turn in {Turn.ADDED, Turn.REMOVED, Turn.RESHAPED} for t in weights)
    retyped = [t for t in changed if t.turn is Turn.RETYPED]
    if whole and len(retyped) == len(changed) and all(_is_cast(t) for t in retyped):
        kinds = sorted({f"{t.old.dtype} → {t.new.dtype}" for t in retyped if t.old and t.new})
        return f"every value is the old one in another type ({', '.join(kinds)})"
    told = [t for t in changed if t.rank is not None and t.rank.spread in {Spread.LOW, Spread.FULL}]
    low = [t for t in told if t.rank is not None and t.rank.spread is Spread.LOW]
    if whole and len(low) >= 2 and len(low) == len(told):
        return _adapter(low)
    return _training(told, kept) if told and not low else ""


def _adapter(low: list[TensorDiff]) -> str:
    ranks = [t.rank.rank for t in low if t.rank is not None]
    names = sorted({_last_parts(t.name) for t in low})
    span = str(ranks[0]) if min(ranks) == max(ranks) else f"{min(ranks)} to {max(ranks)}"
    where = ", ".join(names[:4]) + (" and others" if len(names) > 4 else "")
    return f"looks like a rank-{span} LoRA of the old version, merged into {len(low)} matrices ({where})"


def _training(told: list[TensorDiff], kept: str) -> str:
    """What full-rank changes mean: the values moved, or have nothing to do with the old ones."""
    cosines = sorted(t.distance.cosine for t in told if t.distance and t.distance.cosine is not None)
    middle = cosines[len(cosines) // 2] if cosines else 0.0
    how = (
        "a fine-tune of all of them" if middle >= _TUNED
        else "trained anew, or in another order of neurons" if abs(middle) <= _UNRELATED
        else "far from the old values, yet related to them"
    )  # fmt: skip
    said = f"the change has full rank in {len(told)} matrices, their median cosine is {middle:.3f}"
    return f"{said}: {how}{kept}"


def _is_cast(tensor: TensorDiff) -> bool:
    far = tensor.distance
    return far is not None and (far.as_rounded == 1.0 or (far.changed == 0.0 and far.as_rounded is None))


def _last_parts(name: str) -> str:
    """`encoder.layer.3.attention.self.query.weight` → `attention.self.query`."""
    parts = name.removesuffix(".weight").split(".")
    numbers = [i for i, part in enumerate(parts) if part.isdigit()]
    return ".".join(parts[numbers[-1] + 1 :] if numbers and numbers[-1] + 1 < len(parts) else parts[-2:])
