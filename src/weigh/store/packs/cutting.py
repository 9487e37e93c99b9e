"""Cutting bytes by what they hold, so that an insertion moves no cut but those beside it.

A gear hash (Xia et al., FastCDC, USENIX ATC 2016) over the last 32 bytes decides; it is computed for all
places at once by doubling its window, instead of a loop over bytes.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SMALLEST = 16 * 1024
USUAL = 64 * 1024
LARGEST = 256 * 1024
_BLOCK = 64 * 1024
"""Bytes hashed at a time, so that the hashes stay in the processor's cache."""

_MASK = (USUAL - SMALLEST).bit_length() - 1
_gears: "list[NDArray[np.uint32]]" = []


def cuts(data: memoryview) -> Iterator[int]:
    """The ends of the pieces of `data`, the last one being its length."""
    import numpy as np

    values = np.frombuffer(data, np.uint8)
    found = []
    # The hash at a place is of the 32 bytes before it, so that a block needs no more of its neighbour.
    for start in range(0, len(values), _BLOCK):
        before = min(start, 31)
        hashes = _hashes(values[start - before : start + _BLOCK])[before:]
        found.append(np.flatnonzero(hashes < np.uint32(1 << 32 - _MASK)) + (start + 1))
    candidates = np.concatenate(found) if found else np.empty(0, np.int64)
    begin = 0
    while len(data) - begin > SMALLEST:
        at = int(np.searchsorted(candidates, begin + SMALLEST))
        limit = min(begin + LARGEST, len(data))
        begin = min(int(candidates[at]), limit) if at < len(candidates) else limit
        yield begin
    if begin < len(data):
        yield len(data)


def _hashes(values: "NDArray[np.uint8]") -> "NDArray[np.uint32]":
    import numpy as np

    if not _gears:
        # Any fixed table does; this one is SplitMix64 (Steele et al. 2014) from 1.
        _gears.append(np.array([_split_mix(i + 1) for i in range(256)], np.uint32))
    made = _gears[0][values]
    for width in (1, 2, 4, 8, 16):
        made[width:] += made[:-width] << np.uint32(width)
    return made


def _split_mix(state: int) -> int:
    mixed = state * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
    return (mixed ^ mixed >> 31) & 0xFFFFFFFF
