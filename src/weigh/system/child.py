"""A program in the foreground: its own input and output, its errors passed on as they come and looked at.

It stays in this process's group, so that a terminal treats both as one. Signals that reach only this process
are handed on.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Self

_FORWARDED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
_PIECE = 1 << 16

Handler = Callable[[int, FrameType | None], Any] | int | None


class Tail:
    """The last bytes of a stream.

    Args:
        most: bytes kept.
    """

    def __init__(self, most: int = 256 * 1024) -> None:
        self._most = most
        self._bytes = bytearray()

    def add(self, data: bytes) -> None:
        """Take the next bytes."""
        self._bytes += data
        if len(self._bytes) > 2 * self._most:
            del self._bytes[: -self._most]

    def text(self) -> str:
        """What is kept, as text; bytes that are none are replaced."""
        return bytes(self._bytes[-self._most :]).decode("utf-8", "replace")


def run_child(command: Sequence[str], environment: Mapping[str, str], said: Callable[[bytes], None]) -> int:
    """Run a program to its end and return its exit code; 128 and the number for one ended by a signal.

    Args:
        command: program and arguments; no shell reads them.
        environment: all its variables.
        said: is given everything it writes to its error output, after that was passed on.

    Raises:
        OSError: it cannot be started.
    """
    ours, theirs = _error_stream()
    # Signals are caught before there is a program: one that comes in between would leave it behind.
    with _Forwarding() as forwarding:
        try:
            process = subprocess.Popen(  # noqa: S603 - the user's own command, no shell
                list(command), env=dict(environment), stderr=theirs
            )
        except OSError:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        forwarding.to(process)
        relay = threading.Thread(target=_relay, args=(ours, said), daemon=True)
        relay.start()
        status = process.wait()
    # A grandchild may hold the stream open; what it says later still reaches the terminal until we end.
    relay.join(timeout=2.0)
    return status if status >= 0 else 128 - status


def _error_stream() -> tuple[int, int]:
    """(our end, the program's end): a terminal when ours is one, so that the program behaves as on one."""
    if sys.platform == "win32" or not os.isatty(2):
        return os.pipe()
    import pty
    import termios

    ours, theirs = pty.openpty()
    with contextlib.suppress(termios.error, OSError):
        shape = termios.tcgetattr(theirs)
        # The real terminal turns line feeds into what it needs; twice would be once too often.
        shape[1] &= ~termios.OPOST
        termios.tcsetattr(theirs, termios.TCSANOW, shape)
        termios.tcsetwinsize(theirs, termios.tcgetwinsize(2))
    return ours, theirs


def _relay(ours: int, said: Callable[[bytes], None]) -> None:
    with contextlib.closing(os.fdopen(ours, "rb", buffering=0)) as stream:
        while True:
            try:
                piece = stream.read(_PIECE)
            except OSError:
                # A terminal whose other end was closed answers so on Linux.
                return
            if not piece:
                return
            rest = memoryview(piece)
            with contextlib.suppress(OSError):
                while rest:
                    rest = rest[os.write(2, rest) :]
            said(piece)


class _Forwarding:
    """Hands signals on to a program; those that come before it are kept for it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._before: dict[int, Handler] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for name in _FORWARDED:
                number = getattr(signal, name, None)
                if number is not None:
                    self._before[number] = signal.signal(number, self._hand_on)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def to(self, process: "subprocess.Popen[bytes]") -> None:
        """There is a program now."""
        self._process = process
        while self._early:
            self._send(process, self._early.pop(0))

    def _hand_on(self, number: int, _: FrameType | None) -> None:
        if number == signal.SIGINT and _from_terminal():
            return  # the program got it, too
        if self._process is None:
            self._early.append(number)
        else:
            self._send(self._process, number)

    @staticmethod
    def _send(process: "subprocess.Popen[bytes]", number: int) -> None:
        with contextlib.suppress(OSError):
            process.send_signal(number)


def _from_terminal() -> bool:
    """Whether this process's group is in the foreground of its terminal, which signals all of it."""
    if sys.platform == "win32":
        return True
    try:
        with Path("/dev/tty").open("rb", buffering=0) as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False
