"""Locks between processes that end with the process that holds them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from weigh.core.errors import StorageError
from weigh.system.atomic import make_folder, storing


@contextmanager
def locked(path: Path, *, timeout: float, what: str) -> Iterator[None]:
    """Hold the lock file `path` for the length of the block.

    The operating system lets go of the lock when the process ends, however it ends, so a killed
    holder never blocks the next one. The file itself stays: deleting it is safe only for whoever
    holds it (`weigh.store.prune`).

    Args:
        path: the lock file; its folder is made when missing.
        timeout: seconds to wait for another holder; 0 tries once.
        what: what is being done under the lock, for the message, e.g. `fetching model.onnx`.

    Raises:
        StorageError: another process held the lock all that time, or the file cannot be made.
    """
    from filelock import FileLock, Timeout

    make_folder(path.parent)
    lock = FileLock(path, timeout=timeout)
    with storing(path):
        try:
            lock.acquire()
        except Timeout as error:
            raise StorageError(
                f"another process has been {what} for more than {timeout:g} s",
                why=f"it holds the lock {path}",
                hint="wait for it to end, or end it; its lock ends with it",
            ) from error
    try:
        yield
    finally:
        lock.release()
