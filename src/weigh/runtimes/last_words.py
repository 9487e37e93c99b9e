"""What a worker last wrote to its error stream: hostile text, kept short."""

import os
import threading
import unicodedata

_KEPT = 8192
_LINE = 300
_PATIENCE = 2.0


class LastWords:
    """Reads an error stream to its end in a thread, so that it never blocks the worker; keeps the tail."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._tail = bytearray()
        self._thread = threading.Thread(target=self._read, name="weigh-last-words", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            while piece := os.read(self._descriptor, 4096):
                self._tail += piece
                del self._tail[:-_KEPT]
        except OSError:
            # The stream is gone; what came is kept.
            return

    def close(self) -> None:
        """Wait for the end of the stream, which comes when the worker has ended, and close it.

        Where processes could not be forbidden, one may survive and hold the stream open: then the
        descriptor is left to the thread that reads it.
        """
        self._thread.join(timeout=_PATIENCE)
        if not self._thread.is_alive():
            os.close(self._descriptor)

    def line(self) -> str:
        """The last line that holds something to read, without control characters, "" when there is none."""
        text = bytes(self._tail).decode("utf-8", errors="replace")
        lines = (readable(line) for line in reversed(text.splitlines()))
        return next((line for line in lines if line), "")


def readable(text: str) -> str:
    """`text` without control, format and private characters, at most 300 characters long."""
    kept = "".join(c if c == " " or unicodedata.category(c)[0] != "C" else " " for c in text)
    kept = " ".join(kept.split())
    return kept if len(kept) <= _LINE else kept[: _LINE - 1] + "…"
