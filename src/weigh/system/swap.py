"""Two folders change their names in one step, where the kernel can; else one after the other."""

import os
import sys
from pathlib import Path

from weigh.system.atomic import storing, sync_folder, temporary
from weigh.system.libc import call

_AT_FDCWD = -100
_EXCHANGE = 2
"""RENAME_EXCHANGE of linux/fs.h, since Linux 3.15."""


def swap_in(new: Path, target: Path, *, aside: Path) -> Path | None:
    """Put `new` where `target` is; returns where what stood there is now, None when nothing did.

    Where the kernel cannot exchange, there is a moment with nothing at `target`; never a half of one.

    Args:
        new: the finished file or folder, on the same file system.
        target: its place; the folder above exists.
        aside: folder for what stood there.

    Raises:
        StorageError: it cannot be moved.
    """
    with storing(target):
        if not os.path.lexists(target):
            new.rename(target)
            sync_folder(target.parent)
            return None
        if not _exchanged(new, target):
            old = temporary(aside)
            target.rename(old)
            new.rename(target)
            new = old
        sync_folder(target.parent)
    return new


def _exchanged(one: Path, other: Path) -> bool:
    if sys.platform != "linux":
        return False
    try:
        call("renameat2", _AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE)
    except OSError:
        return False
    return True
