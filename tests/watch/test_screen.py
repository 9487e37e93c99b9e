"""The screen shows the answer, and nothing hostile acts on it."""

from dataclasses import replace

import numpy as np
import pytest
from tests.watch.batches import ask, batch, draw, profile

from weigh.core.errors import ExitCode
from weigh.core.profile import Answering
from weigh.datasets.table import FeatureColumns
from weigh.render.escape import cells
from weigh.render.watch import screen

HOSTILE = "\x1b[31m\u202e\nname\x07"


def shown(held, evidence, code, *, data="new.csv", width=100):
    return screen(held, evidence, data=data, rows=1000, exit_code=code, width=width)


@pytest.fixture(scope="module")
def alarm():
    held = profile(draw(3000, 0))
    return held, ask(held, batch(draw(1000, 1, age=50.0, cloud=0.5), labelled=True))


def test_the_answer_stands_first_and_the_exit_code_last(alarm):
    lines = shown(*alarm, ExitCode.NO).splitlines()
    assert any("ALARM" in line for line in lines[:4])
    assert lines[-1].strip() == "exit 1"
    assert any("held out" in line for line in lines)
    assert any("measured" in line for line in lines)


@pytest.mark.parametrize("width", [1, 40, 80, 200])
def test_no_line_is_wider_than_the_terminal(alarm, width):
    for line in shown(*alarm, ExitCode.NO, width=width).splitlines():
        assert cells(line) <= max(width, 40)


def verdict(text):
    """The lines of the verdict, as one."""
    part = text.partition("Verdict")[2].partition("Drift")[0]
    return " ".join(part.split())


def line(text, name):
    (found,) = [one for one in text.splitlines() if one.removeprefix("Accuracy").strip().startswith(name)]
    return found


def test_an_alarm_of_the_labels_alone_says_so_and_marks_the_measured_line():
    held = profile(draw(3000, 0))
    evidence = ask(held, batch(draw(1000, 1, flipped=0.3), labelled=True))
    now, before = evidence.measure("accuracy_measured"), evidence.measure("accuracy_reference")
    text = shown(held, evidence, ExitCode.NO)
    assert verdict(text).startswith(
        f"ALARM: accuracy measured on these rows is {now.value:.3f} [{now.low:.3f}"
    )
    assert f"n=1,000, held out it was {before.value:.3f} [{before.low:.3f}" in verdict(text)
    assert "the rows themselves raise no alarm" in verdict(text)
    assert "not like those" not in text
    assert line(text, "measured").endswith("· alarm")
    assert "does not hold" not in text


def test_an_alarm_of_rows_and_labels_says_both(alarm):
    text = shown(
        alarm[0], ask(alarm[0], batch(draw(1000, 1, age=50.0, flipped=0.3), labelled=True)), ExitCode.NO
    )
    assert verdict(text).startswith(
        "ALARM: these rows are not like those it was judged on and accuracy measured"
    )
    assert "the rows themselves" not in text
    assert line(text, "measured").endswith("· alarm")


def test_an_alarm_of_the_rows_alone_does_not_speak_of_accuracy(alarm):
    held, evidence = alarm
    text = shown(held, evidence, ExitCode.NO)
    assert "WGH-W004" not in {f.rule for f in evidence.findings}
    assert "accuracy" not in verdict(text)
    assert not line(text, "measured").endswith("alarm")


@pytest.mark.parametrize("width", [80, 100])
def test_an_estimate_that_does_not_hold_is_shown_with_its_mark_and_the_reason(alarm, width):
    text = shown(*alarm, ExitCode.NO, width=width)
    for name in ("estimated (CBPE)", "estimated (ATC)"):
        assert line(text, name).endswith("· does not hold")
    assert not line(text, "held out").endswith("hold")
    assert line(text, "does not hold: these rows are unlike those it was calibrated on")


def test_a_quiet_answer_only_tells_what_it_cannot_see():
    held = profile(draw(3000, 0))
    text = shown(held, ask(held, batch(draw(1000, 1))), ExitCode.FINE)
    assert "does not hold" not in text
    assert "WGH-W009" in text


def test_hostile_names_reach_the_screen_as_escapes():
    rows, new = draw(2000, 0), draw(900, 1, age=60.0)
    features = [
        replace(d.features, numeric_names=(HOSTILE, "income"), categorical_names=(HOSTILE + "2",))
        for d in (rows, new)
    ]
    held = profile(replace(rows, features=features[0]))
    held = replace(held, answering=Answering(HOSTILE, "", HOSTILE, "", "d" * 64, 1))
    evidence = ask(held, batch(replace(new, features=features[1])))
    text = shown(held, evidence, ExitCode.NO, data=HOSTILE)
    assert all(c.isprintable() or c == "\n" for c in text)
    assert "\\x1b[31m" in text


def test_an_open_answer_says_how_many_rows_would_tell():
    held = profile(draw(2000, 0))
    text = shown(held, ask(held, batch(draw(50, 1))), ExitCode.UNKNOWN)
    assert "UNKNOWN" in text
    assert "200 rows would tell" in text


def test_what_raised_the_alarm_is_never_pushed_off_the_screen_by_larger_effects():
    rng = np.random.default_rng(0)
    names = tuple(f"c{i}" for i in range(20))
    nothing = np.empty((1500, 0), dtype=np.int64)
    first, second = draw(1500, 0, missing=0.02), draw(1500, 1, missing=0.02)
    made = [rng.normal(size=(1500, 20)) for _ in range(2)]
    # A change of missing values by 0.08 is an alarm, gaps of values below 0.1 are none.
    made[1][rng.random(1500) < 0.08, 7] = np.nan
    features = [FeatureColumns(numbers, names, nothing, (), ()) for numbers in made]
    held = profile(replace(first, features=features[0]))
    evidence = ask(held, batch(replace(second, features=features[1])))
    parts = shown(held, evidence, ExitCode.NO).partition("Drift")[2].splitlines()
    assert "c7" in parts[0]
    assert "missing" in parts[0]
    assert "· alarm" in parts[0]
    assert "alarm" not in parts[1]


def test_alarms_that_have_no_line_of_their_own_are_counted():
    rng = np.random.default_rng(0)
    names = tuple(f"c{i}" for i in range(12))
    nothing = np.empty((1000, 0), dtype=np.int64)
    features = [
        FeatureColumns(rng.normal(by, 1, size=(1000, 12)), names, nothing, (), ()) for by in (0.0, 1.0)
    ]
    held = profile(replace(draw(1000, 0), features=features[0]))
    evidence = ask(held, batch(replace(draw(1000, 1), features=features[1])))
    assert "more, 4 of them alarms, are in the JSON" in shown(held, evidence, ExitCode.NO)
