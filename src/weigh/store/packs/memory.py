"""Memory of a few megabytes that is used again, instead of being given back and asked for anew.

glibc gives a block of this size back to the system as soon as it is free, and every page of the next one is
then filled with zeros when it is touched: a third of the time of adding a file went there. See mallopt(3).
"""

from contextlib import suppress
from functools import cache

from weigh.system.libc import call

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGEST_HELD = 32 * 1024 * 1024
"""Bytes of the largest block that glibc lets a program keep (HEAP_MAX_SIZE / 2 on 64-bit machines)."""
_KEPT_FREE = 64 * 1024 * 1024
"""Free bytes that may stay with the process."""


@cache
def keep_memory() -> None:
    """Ask the C library, once a process, to keep freed blocks of the size of a chunk."""
    # Another C library has no such function, and does without.
    with suppress(OSError):
        call("mallopt", _M_MMAP_THRESHOLD, _LARGEST_HELD)
        call("mallopt", _M_TRIM_THRESHOLD, _KEPT_FREE)
