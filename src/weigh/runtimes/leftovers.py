"""Folders of workers whose parent was killed before it could delete them."""

import os
import shutil
import stat
import time
from contextlib import suppress
from pathlib import Path

PREFIX = "weigh-"
"""A worker's folder is PREFIX, the parent's process number, and something random."""

STALE_SECONDS = 86_400.0
"""A process number can be another one's in a container that shares the folder; after a day it is not."""


def sweep(folder: Path) -> int:
    """Delete own folders that are a day old and whose process is gone; returns how many.

    Args:
        folder: where workers have their folders; everybody may write there.
    """
    swept = 0
    for path in folder.glob(f"{PREFIX}*-*"):
        owner = path.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdecimal() and _abandoned(path) and not _lives(int(owner)):
            shutil.rmtree(path, ignore_errors=True)
            swept += 1
    return swept


def _abandoned(path: Path) -> bool:
    """Whether it is a folder (not a link to one) of this user and a day old."""
    with suppress(OSError):
        status = path.lstat()
        old = status.st_mtime < time.time() - STALE_SECONDS
        return old and stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    return False


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
