"""The screen shows the answer, and nothing hostile acts on it."""

import pytest
from tests.watch.batches import ask, batch, draw, profile

from weigh.core.errors import ExitCode
from weigh.core.profile import Answering
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


def test_hostile_names_reach_the_screen_as_escapes():
    from dataclasses import replace

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
