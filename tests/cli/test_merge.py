"""`weigh merge` as a user types it."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file
from tests.cli.history_scene import model, register


@pytest.fixture
def folder(weigh, tmp_path, monkeypatch):
    register(monkeypatch)
    place = tmp_path / "encoder"
    place.mkdir()
    monkeypatch.chdir(place)
    model("model.safetensors")
    (place / "config.json").write_text('{"a": 1, "b": 1}\n')
    assert weigh("commit", "-m", "base", ".").code == 0
    assert weigh("checkout", "-b", "tune").code == 0
    model("model.safetensors", step=1e-2)
    (place / "config.json").write_text('{"a": 1, "b": 2}\n')
    assert weigh("commit", "-m", "tuned").code == 0
    assert weigh("checkout", "main").code == 0
    return place


def apart(weigh, folder):
    model("model.safetensors", step=-1e-2)
    (folder / "config.json").write_text('{"a": 2, "b": 1}\n')
    assert weigh("commit", "-m", "ours").code == 0


def test_forward(weigh, folder):
    ended = weigh("merge", "tune")
    assert (ended.code, ended.err) == (0, "")
    assert "main moved forward" in ended.out
    assert "here: 2 files written" in ended.out
    again = weigh("merge", "tune")
    assert (again.code, again.out) == (0, "  tune has nothing that is not here already\n")
    assert json.loads(weigh("merge", "tune", "--json").out)["outcome"] == "nothing new"


def test_conflicts_and_a_strategy(weigh, folder):
    apart(weigh, folder)
    ended = weigh("merge", "tune")
    assert ended.code == 1
    assert ended.out == (
        "  2 things have to be decided; nothing was written\n"
        "  ≠ model.safetensors · layer.0  changed on both sides\n"
        "  ≠ model.safetensors · layer.1  changed on both sides\n"
        "  try   weigh merge tune --strategy average (or ours, theirs, task-arithmetic, ties, dare, slerp)\n"
    )
    told = weigh("merge", "tune", "--json")
    assert told.code == 1
    found = json.loads(told.out)
    assert (found["outcome"], found["commit"], len(found["conflicts"])) == ("conflicts", "", 2)
    assert weigh("status", "--exit-code").code == 0
    base, ours = load_file("model.safetensors")["layer.0"], load_file("model.safetensors")["layer.1"]
    ended = weigh("merge", "tune", "--strategy", "ties", "--density", "0.3", "-m", "Both", "--json")
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)
    assert found["outcome"] == "merged"
    assert found["title"] == "Both"
    assert found["files"][1] == {"path": "model.safetensors", "how": "tensors", "tensors": {"ties": 2}}
    assert found["made-by"] == f"merge --strategy ties --weight 1.0 --density 0.3 {found['theirs']}"
    assert found["ways"]["recipe"]["chunks"] == 2
    assert (folder / "config.json").read_text() == '{"a": 2, "b": 2}\n'
    assert weigh("status", "--exit-code").code == 0
    assert "made by  merge --strategy ties" in weigh("show").out
    assert weigh("fsck").code == 0
    assert base.shape == ours.shape


def test_the_screen_of_a_merge(weigh, folder):
    apart(weigh, folder)
    said = weigh("merge", "tune", "-s", "average", "--tensor-strategy", "*.1=theirs").out.splitlines()
    assert said[0].endswith("  Merge tune into main")
    assert said[1] == "  encoder · main · merge --strategy average --weight 0.5 --tensor-strategy *.1=theirs"
    assert said[2] == "  config.json  merged by keys"
    assert said[3] == "  model.safetensors  merged by tensors: 1 by average, 1 theirs"
    assert said[-1].startswith("  here: 2 files written, ")


def test_changes_that_no_version_has(weigh, folder):
    apart(weigh, folder)
    (folder / "config.json").write_text("mine")
    ended = weigh("merge", "tune", "-s", "ours")
    assert ended.code == 1
    assert "the working folder holds changes that no version has: config.json" in ended.err
    assert (folder / "config.json").read_text() == "mine"


def test_what_cannot_be_understood(weigh, folder):
    for arguments in (
        ("tune", "--strategy", "mean"), ("tune", "--tensor-strategy", "x"),
        ("tune", "--tensor-strategy", "a=b"), ("tune", "--file-strategy", "*=ties"),
        ("tune", "--density", "2"), ("tune", "--weight", "nan"), ("tune", "--seed", "-1"),
        ("tune", "--ff-only", "--no-ff"), ("nowhere",), (), ("tune", "other"),
    ):  # fmt: skip
        ended = weigh("merge", *arguments)
        assert (ended.code, ended.out) == (2, ""), arguments
        assert ended.err.startswith("weigh: ")


def test_names_are_made_visible(weigh, folder):
    from safetensors.numpy import save_file

    name = "layer\x1b[2J\u202e"
    for step, branch in ((1, "tune"), (2, "main")):
        weigh("checkout", branch)
        save_file({name: np.full(2000, step, "f4")}, "odd.safetensors")
        weigh("commit", "-m", "odd", "odd.safetensors", "config.json")
    ended = weigh("merge", "tune")
    assert ended.code == 1
    assert "\x1b" not in ended.out
    assert "\u202e" not in ended.out
    assert "odd.safetensors · layer" in ended.out


def test_what_two_people_made_is_merged_pushed_and_cloned(weigh, folder, tmp_path, monkeypatch):
    apart(weigh, folder)
    share = str(tmp_path / "share")
    weigh("remote", "add", "origin", share)
    assert weigh("push", "origin", "main").code == 0
    home = tmp_path / "bob"
    with monkeypatch.context() as bob:
        bob.setenv("WEIGH_HOME", str(home))
        bob.chdir(tmp_path)
        assert weigh("clone", share, "theirs").code == 0
        bob.chdir(tmp_path / "theirs")
        model("model.safetensors", step=3e-2)
        assert weigh("commit", "-m", "bob").code == 0
        assert weigh("push").code == 0
    model("model.safetensors", step=-3e-2)
    assert weigh("commit", "-m", "ada").code == 0
    told = weigh("pull")
    assert (told.code, "weigh merge origin/main" in told.err) == (1, True)
    ended = weigh("merge", "origin/main", "-s", "ties")
    assert ended.code == 0, ended.err
    assert "Merge origin/main into main" in ended.out
    merged = (folder / "model.safetensors").read_bytes()
    assert weigh("push").code == 0
    assert weigh("gc").code == 0
    assert weigh("fsck").code == 0
    with monkeypatch.context() as bob:
        bob.setenv("WEIGH_HOME", str(home))
        bob.chdir(tmp_path / "theirs")
        ended = weigh("pull")
        assert ended.code == 0, ended.err
        assert (tmp_path / "theirs" / "model.safetensors").read_bytes() == merged
        assert weigh("fsck").code == 0
