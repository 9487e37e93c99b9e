"""Watches a worker from outside and ends it when it takes too long or too much."""

import os
import subprocess
import threading
import time
from pathlib import Path

from weigh.system.processes import kill, memory_of

_INTERVAL = 0.05
"""Seconds between two looks; a faster hog meets the limits the kernel keeps."""

_MAX_FILES = 256


class Watchdog:
    """A thread that looks at one worker until told to stop.

    Args:
        process: the worker.
        memory_bytes: memory of its own, mapped files not counted, at which it is ended.
        work_folder: its private folder.
        folder_bytes: bytes in that folder at which it is ended.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], *, memory_bytes: int, work_folder: Path, folder_bytes: int
    ) -> None:
        self._process = process
        self._memory_bytes = memory_bytes
        self._work_folder = work_folder
        self._folder_bytes = folder_bytes
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._request_ends: tuple[float, float] | None = None
        self._idle_ends: tuple[float, float] | None = None
        self.cause = ""
        self.peak_bytes = 0
        self._thread = threading.Thread(target=self._watch, name="weigh-watchdog", daemon=True)
        self._thread.start()

    def request_begins(self, *, wall_seconds: float, idle_seconds: float) -> None:
        """From now on the clocks run."""
        now = time.monotonic()
        with self._lock:
            self._request_ends = (now + wall_seconds, wall_seconds)
            self._idle_ends = (now + idle_seconds, idle_seconds)

    def progress(self) -> None:
        """The worker got on: the idle clock starts anew."""
        with self._lock:
            if self._idle_ends is not None:
                seconds = self._idle_ends[1]
                self._idle_ends = (time.monotonic() + seconds, seconds)

    def request_ends(self) -> None:
        """The answer is there: the clocks stop."""
        with self._lock:
            self._request_ends = self._idle_ends = None

    def stop(self) -> None:
        """Stop looking; returns when the thread is gone."""
        self._over.set()
        self._thread.join()

    def look(self) -> None:
        """One look: note the memory, end the worker when it is over a limit."""
        memory = memory_of(self._process.pid)
        if memory is not None:
            self.peak_bytes = max(self.peak_bytes, memory[1])
        cause = self._over_memory(memory) or self._over_time() or self._over_folder()
        if cause and not self.cause:
            self.cause = cause
            kill(self._process)

    def _watch(self) -> None:
        while not self._over.wait(_INTERVAL):
            self.look()

    def _over_memory(self, memory: tuple[int, int] | None) -> str:
        if memory is None or memory[0] <= self._memory_bytes:
            return ""
        return f"it held {memory[0]} bytes of memory, the limit is {self._memory_bytes}"

    def _over_time(self) -> str:
        now = time.monotonic()
        with self._lock:
            request, idle = self._request_ends, self._idle_ends
        if request is not None and now > request[0]:
            return f"it took longer than {request[1]:g} s"
        if idle is not None and now > idle[0]:
            return f"it showed no progress for {idle[1]:g} s"
        return ""

    def _over_folder(self) -> str:
        total = 0
        try:
            with os.scandir(self._work_folder) as entries:
                for count, entry in enumerate(entries):
                    total += entry.stat(follow_symlinks=False).st_size
                    if count >= _MAX_FILES or total > self._folder_bytes:
                        return f"it wrote more than {self._folder_bytes} bytes or {_MAX_FILES} files"
        except OSError:
            # A file that went away between two calls; the next look counts again.
            return ""
        return ""
