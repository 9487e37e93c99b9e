"""A sha256 that another thread computes while the caller fetches and writes what comes next."""

import hashlib
from queue import Queue
from threading import Thread

_AFTER = 4 * 1024 * 1024
"""Bytes from which a thread is worth its start."""
_WAITING = 8
"""Pieces that may wait; who gives them is held up then, so memory is bounded."""


class HashBehind:
    """Takes bytes in order, as `hashlib.sha256` does. Close it, also when its digest is not asked for."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._taken = 0
        self._queue: Queue[bytes | None] = Queue(_WAITING)
        self._thread: Thread | None = None

    def update(self, piece: bytes) -> None:
        """Take in more bytes; they may be hashed later."""
        self._taken += len(piece)
        if self._thread is None and self._taken < _AFTER:
            self._hash.update(piece)
            return
        if self._thread is None:
            self._thread = Thread(target=self._work, name="weigh-hash", daemon=True)
            self._thread.start()
        self._queue.put(piece)

    def hexdigest(self) -> str:
        """The digest of all that was taken, 64 hexadecimal digits."""
        self.close()
        return self._hash.hexdigest()

    def close(self) -> None:
        """Wait until everything is hashed, and end the thread; more may be taken afterwards."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while (piece := self._queue.get()) is not None:
            self._hash.update(piece)
