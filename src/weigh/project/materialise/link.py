"""The cheapest honest copy of a stored file: shared extents, else a second name, else its bytes again.

A shared copy (reflink) is a file of its own, so a program that writes into the cache cannot reach the store.
A hard link is the store's own read-only file. Only where neither works are bytes copied.
"""

import errno
import os
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from weigh.system.atomic import storing, write_all
from weigh.system.hashing import chunks

_FICLONE = 0x40049409
"""ioctl number of linux/fs.h; the same on every processor whose _IOW encoding is the common one."""

_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EACCES, errno.ENOTSUP, errno.ENOSYS})
READ_ONLY = 0o444


class Method(StrEnum):
    """How a file came into a cache."""

    REFLINK = "reflink"
    HARD_LINK = "hard link"
    COPY = "copy"
    MADE = "made"


def link(source: Path, target: Path) -> Method:
    """Put the content of `source` at `target`, which must not exist.

    Raises:
        StorageError: the disk is full or cannot be written; nothing is left at `target`.
    """
    with storing(target):
        if _reflinked(source, target):
            return Method.REFLINK
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
        else:
            return Method.HARD_LINK
        _copy(source, target)
    return Method.COPY


def _reflinked(source: Path, target: Path) -> bool:
    try:
        import fcntl
    except ImportError:
        return False
    with source.open("rb") as original:
        descriptor = _new(target)
        try:
            fcntl.ioctl(descriptor, _FICLONE, original.fileno())
            os.fchmod(descriptor, READ_ONLY)
        except OSError:
            target.unlink()
            return False
        finally:
            os.close(descriptor)
    return True


def _copy(source: Path, target: Path) -> None:
    descriptor = _new(target)
    try:
        for chunk in chunks(source):
            write_all(descriptor, chunk)
        os.fchmod(descriptor, READ_ONLY)
        os.fsync(descriptor)
    except OSError:
        with suppress(OSError):
            target.unlink()
        raise
    finally:
        os.close(descriptor)


def _new(target: Path) -> int:
    return os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
