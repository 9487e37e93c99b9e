"""Long work, drawn while it runs: a live line on a terminal, plain lines in a log, nothing with --json."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO, assert_never

from weigh.core.events import Event, Progress, StepDone, StepStarted, Warned
from weigh.render import escape, numbers
from weigh.render.layout import STEP_WIDTH

LIVE_EVERY = 0.1
"""Seconds between two drawings of the live line: ten a second is as much as an eye reads."""

LOG_EVERY = 30.0
"""Seconds between two progress lines in a log."""

SETTLE = 0.5
"""Seconds before a rate is stated; earlier it says more about start-up than about the work."""

_BAR = 20
_ERASE_LINE = "\r\x1b[2K"


@dataclass(slots=True)
class _Work:
    """The progress of one step since it was first heard of."""

    started: float
    first: int
    drawn: float


class TerminalEvents:
    """An event sink that draws.

    On a terminal finished steps stay in view with a live line under them; `close()` takes them away
    again, because the screen that follows shows them. When the work ends in an error nobody closes,
    and the steps that were done stay above the message. A stream that is gone or full is never an
    error: drawing is not worth losing the work for.

    Args:
        stream: usually standard error.
        width: cells in a line, 0 to ask the terminal.
        clock: seconds that never go back.
        quiet: draw nothing (`--json`).
        live: draw in place; None asks the stream.
    """

    def __init__(
        self,
        stream: TextIO,
        width: int = 0,
        clock: Callable[[], float] = time.monotonic,
        *,
        quiet: bool = False,
        live: bool | None = None,
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._open = not quiet
        self._live = _is_terminal(stream) if live is None else live
        self._width = width or _columns(stream)
        self._lock = threading.Lock()
        self._work: dict[str, _Work] = {}
        self._lines = 0
        self._warnings: list[str] = []

    def emit(self, event: Event, /) -> None:
        """Take one event. Never raises, whatever became of the stream."""
        with self._lock:
            match event:
                case StepStarted():
                    self._draw_live(event.step, escape.visible(event.text) or "…")
                case Progress():
                    self._progress(event)
                case StepDone():
                    self._work.pop(event.step, None)
                    self._draw_line(_step(event.step, event.text))
                case Warned():
                    self._warn(event.text)
                case _:
                    assert_never(event)

    def close(self) -> None:
        """Take the live drawing away; warnings stay. Later events draw afresh."""
        with self._lock:
            if self._live:
                up = f"\x1b[{self._lines}A" if self._lines else ""
                self._write(f"{_ERASE_LINE}{up}\x1b[J")
                for warning in self._warnings:
                    self._write(warning + "\n")
            self._lines = 0
            self._warnings.clear()

    def _warn(self, text: str) -> None:
        line = f"  {escape.terminal('warning', width=STEP_WIDTH):<{STEP_WIDTH}} {escape.visible(text)}"
        self._warnings.append(line)
        self._draw_line(line)

    def _progress(self, event: Progress) -> None:
        now = self._clock()
        work = self._work.setdefault(event.step, _Work(now, event.done, now if not self._live else -1.0))
        every = LIVE_EVERY if self._live else LOG_EVERY
        last = event.total > 0 and event.done >= event.total
        if work.drawn >= 0 and now - work.drawn < every and not (last and self._live):
            return
        work.drawn = now
        text = describe(event, elapsed=now - work.started, since=event.done - work.first)
        if self._live:
            self._draw_live(event.step, f"{bar(event.done, event.total)}{text}")
        else:
            self._draw_line(_step(event.step, text))

    def _draw_live(self, step: str, text: str) -> None:
        if self._live:
            self._write(_ERASE_LINE + escape.clip(_step(step, text), self._width - 1))

    def _draw_line(self, line: str) -> None:
        if self._live:
            # Clipped, so that one line is one row of the terminal and close() can count them.
            self._write(_ERASE_LINE + escape.clip(line, self._width - 1) + "\n")
            self._lines += 1
        else:
            self._write(line + "\n")

    def _write(self, text: str) -> None:
        if not self._open:
            return
        try:
            self._put(text)
        except (OSError, ValueError):
            # The reader went away or the stream was closed: stop drawing, let the work go on.
            self._open = False

    def _put(self, text: str) -> None:
        try:
            self._stream.write(text)
        except UnicodeEncodeError:
            encoding = self._stream.encoding or "ascii"
            self._stream.write(text.encode(encoding, "replace").decode(encoding))
        self._stream.flush()


def describe(event: Progress, *, elapsed: float, since: int) -> str:
    """`1,234 of 3,000 texts · 376 texts/s · 5 s left`; rate and estimate once they mean something.

    Args:
        event: the progress to describe.
        elapsed: seconds since this step's first progress.
        since: units done in that time (a resumed fetch begins above zero).
    """
    show = numbers.size if event.unit == "bytes" else numbers.count
    unit = "" if event.unit == "bytes" else f" {escape.visible(event.unit, limit=24)}"
    amount = show(event.done) + (f" of {show(event.total)}" if event.total > 0 else "")
    parts = [amount + unit]
    if elapsed >= SETTLE and since > 0:
        rate = since / elapsed
        parts.append(f"{numbers.size(rate)}/s" if event.unit == "bytes" else f"{_rate(rate)}{unit}/s")
        if event.total > event.done:
            parts.append(f"{numbers.seconds((event.total - event.done) / rate)} left")
    return " · ".join(parts)


def bar(done: int, total: int) -> str:
    """A bar and two spaces, or nothing when the total is not known."""
    if total <= 0:
        return ""
    full = min(_BAR, max(0, round(_BAR * done / total)))
    return "█" * full + "░" * (_BAR - full) + "  "


def _rate(value: float) -> str:
    return numbers.count(value) if value >= 10 else numbers.number(value)


def _step(step: str, text: str) -> str:
    return f"  {escape.terminal(step, width=STEP_WIDTH):<{STEP_WIDTH}} {escape.visible(text)}"


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty() and os.environ.get("TERM") != "dumb"
    except ValueError:
        return False


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError, AttributeError):
        return 80
