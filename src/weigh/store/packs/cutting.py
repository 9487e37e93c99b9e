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
_BLOCK = 32 * 1024
"""Bytes hashed at a time, so that the hashes stay in the processor's cache."""

_MASK = (USUAL - SMALLEST).bit_length() - 1


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
    """At each place the gear hash of the 32 bytes that end there: the sum of each one's number, shifted."""
    import numpy as np

    # The number of a byte is computed, which is faster than looking it up (Steele et al., SplitMix, 2014).
    made = values.astype(np.uint32)
    made += np.uint32(1)
    made *= np.uint32(0x9E3779B9)
    other = made >> np.uint32(16)
    made ^= other
    made *= np.uint32(0x85EBCA6B)
    np.right_shift(made, np.uint32(13), out=other)
    made ^= other
    for width in (1, 2, 4, 8, 16):
        np.left_shift(made, np.uint32(width), out=other)
        made[width:] += other[:-width]
    return made
