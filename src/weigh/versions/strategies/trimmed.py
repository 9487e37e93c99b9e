"""TIES: how small a change of a tensor may be to be kept, from two looks at the whole tensor."""

from typing import TYPE_CHECKING, Any

from weigh.store.codecs.codec import CHUNK
from weigh.store.recipes.cast import FLOAT_BYTES, doubles, singles
from weigh.store.recipes.sources import Sources
from weigh.store.recipes.ties import Ties, sizes
from weigh.versions.strategies.weighted import working

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_BITS = 16
"""Bits of a size that one look settles: a table of 65,536 counts."""


def ties(
    sources: Sources,
    dtypes: tuple[str, ...],
    target: str,
    *,
    weights: tuple[float, ...],
    density: float,
    normalise: bool,
) -> Ties:
    """The rule for one tensor; the sources are base, ours, theirs.

    Of each change the `max(1, floor(density * n))` largest are kept, as mergekit does. Of changes that are
    equally large, where not all can be kept, the first are; mergekit leaves that to the sort.

    Args:
        sources: of the whole tensor.
        dtypes: types of the sources.
        target: type that is made.
        weights: of the changes.
        density: share of the changes that is kept, above 0 and up to 1.
        normalise: divide by the weights of what took part.
    """
    trims = [_trim(sources, dtypes, place, density) for place in range(1, len(dtypes))]
    floors, limits = zip(*trims, strict=True)
    return Ties(working(*dtypes), weights, tuple(floors), tuple(limits), normalise, dtypes, target)


def _trim(sources: Sources, dtypes: tuple[str, ...], place: int, density: float) -> tuple[int, int]:
    """(floor, limit): the smallest size that is kept, and the place before which it is."""
    count = sources.size(0) // FLOAT_BYTES[dtypes[0]]
    wanted = max(1, int(density * count))
    if density >= 1 or wanted >= count:
        return 0, count
    import numpy as np

    width = high = 64 if working(*dtypes) == "F64" else 32
    floor, left = 0, wanted
    # From the highest bits down: in which slot the smallest change lies that is kept.
    while high:
        low = high - _BITS
        table = np.zeros(1 << _BITS, np.int64)
        for found, _ in _changes(sources, dtypes, place):
            inside = found if high == width else found[found >> high == floor >> high]
            table += np.bincount(((inside >> low) & 0xFFFF).astype(np.int64), minlength=1 << _BITS)
        above = np.cumsum(table[::-1])[::-1]
        slot = int(np.flatnonzero(above >= left)[-1])
        left -= int(above[slot] - table[slot])
        floor |= slot << low
        high = low
    return floor, _place_of(sources, dtypes, place, floor, left)


def _place_of(sources: Sources, dtypes: tuple[str, ...], place: int, floor: int, wanted: int) -> int:
    """The place behind the `wanted`-th change whose size is the floor."""
    import numpy as np

    for found, first in _changes(sources, dtypes, place):
        at = np.flatnonzero(found == floor)
        if len(at) >= wanted:
            return first + int(at[wanted - 1]) + 1
        wanted -= len(at)
    raise AssertionError("there are as many as were counted")


def _changes(sources: Sources, dtypes: tuple[str, ...], place: int) -> "Iterator[tuple[NDArray[Any], int]]":
    """(sizes of changes, place of the first) of one model, a chunk at a time."""
    import numpy as np

    count = sources.size(0) // FLOAT_BYTES[dtypes[0]]
    exact = working(*dtypes) == "F64"
    step = CHUNK // 8
    for at in range(0, count, step):
        stop = min(count, at + step)
        views = (
            (sources.read(p, at * FLOAT_BYTES[dtypes[p]], stop * FLOAT_BYTES[dtypes[p]]), dtypes[p])
            for p in (place, 0)
        )
        part, base = (doubles(v, t) if exact else singles(v, t) for v, t in views)
        with np.errstate(over="ignore", invalid="ignore"):
            yield sizes(part - base), at
