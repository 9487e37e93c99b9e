"""Which tensor of one version corresponds to which one of the other."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from weigh.core.tensor import TensorInfo
from weigh.store.compare.side import Side

_CHUNK = 4 * 1024 * 1024
TRIVIAL = 256
"""Bytes up to which equal payloads are no sign of a new name: biases of zeros and counters are all alike."""
_MOST_NAMES = 200_000


@dataclass(frozen=True, slots=True)
class Pair:
    """Two tensors that correspond.

    Attributes:
        old: before.
        new: now.
        same: their bytes are known to be equal, without reading them or because they were read.
    """

    old: TensorInfo
    new: TensorInfo
    same: bool = False


@dataclass(frozen=True, slots=True)
class Pairing:
    """All tensors of both versions."""

    pairs: tuple[Pair, ...]
    removed: tuple[TensorInfo, ...]
    added: tuple[TensorInfo, ...]


def pair_up(old: Side, new: Side, same_files: frozenset[str]) -> Pairing:
    """Pair the tensors: by file and name, by a name that is used once, by their bytes, by a changed prefix.

    Args:
        old: one side.
        new: the other.
        same_files: paths whose bytes are equal on both sides.
    """
    before, after = _placed(old), _placed(new)
    pairs = [
        Pair(one, after[key], same=key[0] in same_files or _known_same(old, new, one, after[key]))
        for key, one in before.items()
        if key in after
    ]
    left = [t for key, t in before.items() if key not in after]
    right = [t for key, t in after.items() if key not in before]
    for pick in (_by_name, _by_bytes, _by_prefix):
        found = pick(old, new, left, right)
        pairs += found
        left = _without(left, [p.old for p in found])
        right = _without(right, [p.new for p in found])
    return Pairing(tuple(pairs), tuple(left), tuple(right))


def _placed(side: Side) -> dict[tuple[str, str, int], TensorInfo]:
    """The tensors by file, name, and which of those of one name it is."""
    found: dict[tuple[str, str, int], TensorInfo] = {}
    seen: Counter[tuple[str, str]] = Counter()
    for facts in side.view.all_facts():
        for tensor in facts.all_tensors():
            place = (facts.path, tensor.name)
            found[(*place, seen[place])] = tensor
            seen[place] += 1
    return found


def _without(tensors: list[TensorInfo], taken: Iterable[TensorInfo]) -> list[TensorInfo]:
    gone = {id(tensor) for tensor in taken}
    return [tensor for tensor in tensors if id(tensor) not in gone]


def _known_same(old: Side, new: Side, one: TensorInfo, other: TensorInfo) -> bool:
    if _form(one) != _form(other):
        return False
    if 0 in one.shape:
        return True
    name = old.payload_id(one)
    return name is not None and name == new.payload_id(other)


def _form(tensor: TensorInfo) -> tuple[object, ...]:
    return (tensor.dtype, tensor.shape, tensor.encoding, tensor.strides)


def _by_name(old: Side, new: Side, left: list[TensorInfo], right: list[TensorInfo]) -> list[Pair]:
    """A model may be cut into other files, or its file have another name; a name used once is enough."""
    ones, others = _used_once(left), _used_once(right)
    return [
        Pair(one, others[name], same=_known_same(old, new, one, others[name]))
        for name, one in ones.items()
        if name in others
    ]


def _used_once(tensors: list[TensorInfo]) -> dict[str, TensorInfo]:
    counts = Counter(t.name for t in tensors)
    return {t.name: t for t in tensors if counts[t.name] == 1}


def _by_bytes(old: Side, new: Side, left: list[TensorInfo], right: list[TensorInfo]) -> list[Pair]:
    """The same bytes under another name. Only tensors of a size that the other side has, too, are read."""
    sizes = {t.nbytes for t in left} & {t.nbytes for t in right}
    waiting: defaultdict[tuple[object, ...], list[TensorInfo]] = defaultdict(list)
    for tensor in right:
        if tensor.nbytes in sizes and (key := _key(new, tensor)):
            waiting[key].append(tensor)
    found = []
    for tensor in left:
        there = waiting.get(_key(old, tensor)) if tensor.nbytes in sizes else None
        if there:
            best = max(there, key=lambda t: _common_end(tensor.name, t.name))
            if len(there) > 1 and not _common_end(tensor.name, best.name):
                continue
            there.remove(best)
            found.append(Pair(tensor, best, same=True))
    return found


def _key(side: Side, tensor: TensorInfo) -> tuple[object, ...]:
    if tensor.offset < 0 or tensor.nbytes <= TRIVIAL:
        return ()
    digest = side.payload_id(tensor)
    digest = _hashed(side, tensor) if digest is None else digest
    return (digest, *_form(tensor)) if digest else ()


def _hashed(side: Side, tensor: TensorInfo) -> bytes:
    """BLAKE3 where it can be had, as the packs name payloads; both sides ask here or both know ids."""
    state = _hasher()
    first = b""
    varied = False
    with side.reading(tensor.file) as reader:
        for at in range(0, tensor.nbytes, _CHUNK):
            data = reader.read(tensor.offset + at, min(_CHUNK, tensor.nbytes - at))
            first = first or data[:8]
            varied = varied or data.count(first[:1]) != len(data)
            state.update(data)
    # Zeros are zeros everywhere: that they are found under another name says nothing.
    return state.digest() if varied else b""


def _hasher() -> Any:
    from importlib.util import find_spec

    if find_spec("blake3") is None:
        return hashlib.sha256()
    from blake3 import blake3

    return blake3()


def _common_end(one: str, other: str) -> int:
    """How many last parts of two dotted names are the same."""
    parts = zip(reversed(one.split(".")), reversed(other.split(".")), strict=False)
    count = 0
    for a, b in parts:
        if a != b:
            break
        count += 1
    return count


def _by_prefix(old: Side, new: Side, left: list[TensorInfo], right: list[TensorInfo]) -> list[Pair]:
    """Names that lost or won the same first part, as `model.encoder…` and `encoder…`.

    The part that explains most names is taken when it explains at least half of those that are left.
    """
    del old, new
    if not left or not right or len(left) + len(right) > _MOST_NAMES:
        return []
    ones, others = _used_once(left), _used_once(right)
    best: list[Pair] = []
    for short, long, turned in ((ones, others, False), (others, ones, True)):
        votes: defaultdict[str, list[Pair]] = defaultdict(list)
        for name, tensor in long.items():
            at = name.find(".") + 1
            while at > 0:
                there = short.get(name[at:])
                if there is not None and there.shape == tensor.shape:
                    votes[name[:at]].append(Pair(tensor, there) if turned else Pair(there, tensor))
                at = name.find(".", at) + 1
        for pairs in votes.values():
            if len(pairs) > len(best):
                best = pairs
    return best if 2 * len(best) >= min(len(left), len(right)) else []
