"""Files that are either whole or not there, whenever the power goes.

The order is always: write a temporary file on the same file system, fsync it, rename it, fsync the
folder that now holds its name. See Pillai et al., "All File Systems Are Not Created Equal"
(OSDI 2014), table 3, for why each of the four is needed.
"""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from weigh.core.errors import StorageError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})

TEMPORARY = ".tmp"
"""Suffix of files under construction; readers pass over them."""


def storage_error(error: OSError, path: Path) -> StorageError:
    """What the operating system said about `path`, told as weigh tells errors."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    if error.errno in _FULL:
        return StorageError(
            f"no room to write {path}",
            why=reason,
            hint="free some space (`weigh cache prune`), or set WEIGH_HOME to a larger disk",
        )
    if error.errno in _FORBIDDEN:
        return StorageError(
            f"{path} cannot be written",
            why=reason,
            hint="make the folder writable, or set WEIGH_HOME to one that is",
        )
    return StorageError(f"{path} cannot be read or written", why=reason)


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Turn an OSError of the block into a StorageError about `path`."""
    try:
        yield
    except OSError as error:
        raise storage_error(error, path) from error


def make_folder(path: Path) -> None:
    """Make a folder and its missing parents, each durable in the folder that holds it.

    Raises:
        StorageError: it cannot be made.
    """
    if path.is_dir():
        return
    make_folder(path.parent)
    with storing(path):
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def temporary(folder: Path) -> Path:
    """A name in `folder` that nobody else uses. Nothing is made yet."""
    return folder / f".{secrets.token_hex(12)}{TEMPORARY}"


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write every byte; the system call alone may stop early."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def publish(descriptor: int, path: Path, target: Path, *, mode: int) -> None:
    """Make the finished file `path`, open as `descriptor`, durable and visible as `target`.

    Both must be on one file system. A file that stands at `target` is replaced in one step.
    """
    os.fchmod(descriptor, mode)
    os.fsync(descriptor)
    path.replace(target)
    sync_folder(target.parent)


def write_bytes(path: Path, data: bytes, *, mode: int = 0o644, scratch: Path | None = None) -> None:
    """Write a file that is seen whole or not at all, and that survives a crash once this returns.

    Args:
        path: the file; its folder is made when missing.
        data: its content.
        mode: permission bits, whatever the umask says.
        scratch: folder of the temporary file, on the same file system; the file's own by default.

    Raises:
        StorageError: the disk is full or not writable. What stood at `path` before still does.
    """
    make_folder(path.parent)
    make_folder(scratch or path.parent)
    draft = temporary(scratch or path.parent)
    try:
        with storing(path):
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                write_all(descriptor, data)
                publish(descriptor, draft, path, mode=mode)
            finally:
                os.close(descriptor)
    finally:
        with suppress(OSError):
            draft.unlink()


def write_out(path: Path, data: bytes) -> None:
    """Write where a user said: a file whole or not at all, and into anything else that is there already.

    A link is followed. A device or pipe, such as `/dev/stdout`, is written to and stays what it is.

    Raises:
        StorageError: it cannot be written.
    """
    with storing(path):
        if path.exists() and not path.is_file():
            with path.open("wb") as stream:
                stream.write(data)
            return
    write_bytes(path.resolve(), data)


def sync_folder(folder: Path) -> None:
    """Make renames and new names in `folder` durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def move_aside(path: Path, folder: Path) -> Path:
    """Move a damaged file into `folder`, beside and never over what is there already.

    Returns:
        Its new path, even when another process moved it first.

    Raises:
        StorageError: it cannot be moved.
    """
    make_folder(folder)
    aside = folder / f"{path.name}.{secrets.token_hex(4)}"
    with storing(path):
        try:
            path.rename(aside)
        except FileNotFoundError:
            return aside
        sync_folder(path.parent)
        sync_folder(folder)
    return aside


def sweep(folder: Path, *, before: float) -> int:
    """Delete temporary files that a killed process left in `folder`.

    Args:
        folder: looked at without its subfolders; it may be missing.
        before: only files last written before this time, seconds since the epoch.

    Returns:
        Bytes freed.
    """
    freed = 0
    for path in folder.glob(f"*{TEMPORARY}"):
        with suppress(FileNotFoundError):
            state = path.stat()
            if state.st_mtime < before:
                path.unlink()
                freed += state.st_size
    return freed
