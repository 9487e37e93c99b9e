import io
import threading

import pytest
from sample_report import HOSTILE

from weigh.core.events import Progress, StepDone, StepStarted, Warned
from weigh.render.progress import TerminalEvents, bar, describe


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Screen:
    """Enough of a terminal to see what is left on it: \\r, erase line, cursor up, erase below."""

    def __init__(self, text):
        self.rows, self.at = [""], 0
        for piece in text.replace("\r", "").split("\x1b"):
            self._take(piece)

    def _take(self, piece):
        if piece.startswith("[2K"):
            self.rows[self.at], piece = "", piece[3:]
        elif piece.startswith("[J"):
            self.rows, piece = [*self.rows[: self.at], ""], piece[2:]
        elif piece.startswith("["):
            up, _, piece = piece[1:].partition("A")
            self.at -= int(up)
        for i, part in enumerate(piece.split("\n")):
            if i:
                self.at += 1
                if self.at == len(self.rows):
                    self.rows.append("")
            self.rows[self.at] += part


def run(events, **options):
    stream, clock = io.StringIO(), Clock()
    sink = TerminalEvents(stream, 60, clock, **options)
    for event in events:
        clock.now += 1.0
        sink.emit(event)
    return stream, sink, clock


STORY = [
    StepStarted("run"),
    Progress("run", 0, 3000, "texts"),
    Progress("run", 400, 3000, "texts"),
    StepDone("run", "3,000 texts in 7.1 s"),
    Warned("the sandbox has no process limit"),
]


def test_a_log_gets_plain_lines():
    stream, _, _ = run(STORY, live=False)
    assert stream.getvalue() == (
        "  run        3,000 texts in 7.1 s\n  warning    the sandbox has no process limit\n"
    )


def test_a_log_hears_of_long_work_now_and_then():
    stream, sink, clock = run([Progress("run", 0, 3000, "texts")], live=False)
    clock.now += 29
    sink.emit(Progress("run", 1000, 3000, "texts"))
    assert stream.getvalue() == ""
    clock.now += 1
    sink.emit(Progress("run", 1500, 3000, "texts"))
    assert stream.getvalue() == "  run        1,500 of 3,000 texts · 50 texts/s · 30 s left\n"


def test_a_terminal_shows_a_live_line_with_rate_and_estimate():
    stream, _, _ = run(STORY[:3], live=True)
    (row,) = Screen(stream.getvalue()).rows
    assert row.startswith("  run        ███░░")
    assert "400 of 3,000 texts" in row
    wide = TerminalEvents(out := io.StringIO(), 120, clock := Clock(), live=True)
    for event in STORY[:3]:
        clock.now += 1
        wide.emit(event)
    assert "400 of 3,000 texts · 400 texts/s · 6.5 s left" in Screen(out.getvalue()).rows[0]


def test_done_steps_stay_in_view_and_closing_leaves_the_warnings_only():
    stream, sink, _ = run(STORY, live=True)
    seen = Screen(stream.getvalue()).rows
    assert seen == ["  run        3,000 texts in 7.1 s", "  warning    the sandbox has no process limit", ""]
    sink.close()
    assert Screen(stream.getvalue()).rows == ["  warning    the sandbox has no process limit", ""]


def test_live_lines_never_wrap_and_are_not_drawn_faster_than_seen():
    stream, sink, clock = run([], live=True)
    for i in range(1, 1000):
        clock.now += 0.001
        sink.emit(Progress("run", i, 1000, "t" * 500))
    drawn = stream.getvalue().split("\r\x1b[2K")[1:]
    assert len(drawn) <= 12
    assert all(len(line) <= 59 for line in drawn)


def test_the_end_of_the_work_is_always_drawn():
    stream, sink, clock = run([Progress("get", 1, 10, "bytes")], live=True)
    clock.now += 0.001
    sink.emit(Progress("get", 10, 10, "bytes"))
    assert "10 B of 10 B" in stream.getvalue()


def test_quiet_says_nothing():
    stream, sink, _ = run(STORY, live=True, quiet=True)
    sink.close()
    assert stream.getvalue() == ""


class Gone(io.StringIO):
    def write(self, text):
        raise BrokenPipeError


def test_a_stream_that_is_gone_or_closed_is_not_an_error():
    closed = io.StringIO()
    closed.close()
    for stream in (Gone(), closed):
        sink = TerminalEvents(stream, 60, Clock(), live=True)
        for event in STORY:
            sink.emit(event)
        sink.close()
    assert TerminalEvents(closed) is not None


def test_a_terminal_that_cannot_write_our_marks_gets_question_marks():
    raw = io.BytesIO()
    sink = TerminalEvents(io.TextIOWrapper(raw, encoding="ascii"), 60, Clock(), live=False)
    sink.emit(StepDone("run", "a → b"))
    assert raw.getvalue() == b"  run        a ? b\n"


@pytest.mark.parametrize("live", [True, False])
def test_hostile_events_are_text(live):
    events = [
        StepStarted(HOSTILE, HOSTILE),
        Progress(HOSTILE, 1, 2, HOSTILE),
        StepDone(HOSTILE, HOSTILE),
        Warned(HOSTILE),
    ]
    stream, sink, _ = run(events, live=live)
    sink.close()
    left = (
        stream.getvalue()
        .replace("\r\x1b[2K", "")
        .replace("\x1b[2A", "")
        .replace("\x1b[J", "")
        .replace("\n", "")
    )
    assert left.isprintable()


def test_events_from_many_threads_leave_whole_lines():
    stream = io.StringIO()
    sink = TerminalEvents(stream, 60, Clock(), live=False)
    threads = [
        threading.Thread(target=lambda: [sink.emit(StepDone("s", "x" * 30)) for _ in range(50)])
        for _ in range(4)
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert stream.getvalue().splitlines() == ["  s          " + "x" * 30] * 200


@pytest.mark.parametrize(
    ("event", "elapsed", "since", "said"),
    [
        (Progress("s", 10, 0, "files"), 0.0, 0, "10 files"),
        (Progress("s", 10, 20, "files"), 0.1, 10, "10 of 20 files"),
        (Progress("s", 10, 20, "files"), 4.0, 10, "10 of 20 files · 2.5 files/s · 4.0 s left"),
        (
            Progress("s", 60_000_000, 90_000_000, "bytes"),
            10.0,
            20_000_000,
            "60 MB of 90 MB · 2 MB/s · 15 s left",
        ),
        (Progress("s", 20, 20, "files"), 4.0, 20, "20 of 20 files · 5 files/s"),
    ],
)
def test_a_rate_is_said_once_it_means_something(event, elapsed, since, said):
    assert describe(event, elapsed=elapsed, since=since) == said


def test_the_bar_stays_inside_its_ends():
    assert bar(5, 0) == ""
    assert bar(99, 10) == "█" * 20 + "  "
    assert bar(0, 10) == "░" * 20 + "  "
