"""Screens and Markdown of a comparison: hostile text is text, and nothing grows without bound."""

import json

from weigh.core.change import (
    ChangeKind,
    CodeChange,
    FileChange,
    LockChange,
    ModelChange,
    TensorChange,
    TensorChangeKind,
    Turned,
    ValueChange,
)
from weigh.render.diff_json import to_json
from weigh.render.diff_screen import MOST, diff_screen
from weigh.render.pull_request import MOST_CHARACTERS, pull_request

EVIL = "\x1b[2J\u202e<script>@team #1 [x](http://e.vil) | `a` \ud800\n## Approved"


def hostile(n=1):
    files = tuple(
        FileChange(f"{EVIL}{i}", ChangeKind.ADDED, new_size=i, new_sha256="0" * 64) for i in range(n)
    )
    tensors = tuple(TensorChange(f"{EVIL}{i}", "f", TensorChangeKind.ADDED, "", EVIL) for i in range(n))
    values = tuple(ValueChange(EVIL, f"{EVIL}{i}", ChangeKind.CHANGED, EVIL, EVIL) for i in range(n))
    code = CodeChange(EVIL, ChangeKind.CHANGED, tuple(f"+{EVIL}```````{i}" for i in range(n)))
    model = ModelChange(
        f"models.{EVIL}",
        ChangeKind.CHANGED,
        files,
        tensors,
        0,
        values,
        (code,),
        (Turned(EVIL, EVIL, EVIL),),
        (EVIL,),
    )
    return LockChange(EVIL, EVIL, (model,), 0, (Turned(EVIL, "", EVIL),))


def test_hostile_text_does_nothing_on_a_screen():
    screen = diff_screen(hostile(), width=120, whole=True)
    assert "\x1b" not in screen
    assert "\u202e" not in screen
    assert not any(line.startswith("## Approved") for line in screen.splitlines())


def test_hostile_text_does_nothing_in_markdown():
    words = {f"models.{EVIL} {EVIL}0": f"malicious ({EVIL})"}
    told = pull_request(hostile(), words)
    outside, inside = [], False
    for line in told.splitlines():
        if line.startswith("````````"):
            inside = not inside
        elif not inside:
            outside.append(line)
    text = "\n".join(outside)
    assert not inside
    for bad in ("<script>", "@team", "[x](http", " #1", "\x1b", "\u202e", "\n## Approved"):
        assert bad not in text
    told.encode("utf-8")


def test_the_fence_of_code_cannot_be_closed_from_inside():
    code = CodeChange("a.py", ChangeKind.CHANGED, ("+x", "+``````", "+# later"))
    told = pull_request(
        LockChange("a", "b", (ModelChange("models.a", ChangeKind.CHANGED, code=(code,)),)), {}
    )
    assert "\n```````diff\n+x\n+``````\n+# later\n```````\n" in told


def test_a_pull_request_is_bounded():
    change = LockChange("a", "b", tuple(hostile(500).models * 50))
    told = pull_request(change, {})
    assert len(told) < MOST_CHARACTERS + 200
    assert "left out here" in told


def test_long_lists_are_cut_on_the_screen_and_whole_on_demand():
    assert f"and {40 - MOST} more" in diff_screen(hostile(40))
    assert "and " not in diff_screen(hostile(40), whole=True).replace("command", "")


def test_json_is_read_back_whatever_stands_in_it():
    told = json.loads(to_json(hostile()))
    assert told["models"][0]["files"][0]["path"].endswith("Approved0")
    assert "\x1b" not in to_json(hostile())


def test_clean_updates_say_so():
    change = LockChange("a", "b", (ModelChange("models.a", ChangeKind.ADDED),))
    assert "all clean" in pull_request(change, {"models.a f": "clean"})
    assert "no new files" in pull_request(change, {})


def test_what_is_new_is_not_cut_off():
    old, new = (f"hf:acme/encoder/{digit * 40}" for digit in "12")
    statements = (Turned("found to be", old, new), Turned("licence", "mit", "apache-2.0"))
    model = ModelChange("models.m", ChangeKind.CHANGED, (), (), 0, (), (), statements, ())
    shown = diff_screen(LockChange("old", "new", (model,), 0), width=80)
    assert f"      found to be: {old}\n        → {new}\n" in shown
    assert "licence: mit → apache-2.0\n" in shown
