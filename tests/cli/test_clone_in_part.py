"""A clone of a part of a history can be worked in, and loses nothing of what it left at the remote."""

import json
import shutil

import pytest
from tests.cli.history_scene import model, register


@pytest.fixture
def part(weigh, tmp_path, monkeypatch):
    """A clone of `config.json` of the newest of three versions, in a home of its own."""
    register(monkeypatch)
    source = tmp_path / "encoder"
    source.mkdir()
    monkeypatch.chdir(source)
    for step in range(3):
        model("model.safetensors", step=step * 1e-3)
        (source / "config.json").write_text(json.dumps({"step": step}))
        weigh("commit", "-m", f"step {step}")
    assert weigh("remote", "add", "origin", str(tmp_path / "there")).code == 0
    assert weigh("push").code == 0
    monkeypatch.setenv("WEIGH_HOME", str(tmp_path / "home2"))
    monkeypatch.chdir(tmp_path)
    ended = weigh("clone", "there", "part", "--only", "config.json", "--depth", "1")
    assert ended.code == 0, ended.err
    monkeypatch.chdir(tmp_path / "part")
    return weigh


def test_a_commit_keeps_the_files_that_were_left_at_the_remote(part, tmp_path, monkeypatch):
    status = part("status")
    assert "missing" not in status.out
    assert "1 file more of the version left at the remote" in status.out
    (tmp_path / "part" / "config.json").write_text('{"step": 10}')
    ended = part("commit", "-m", "mine", "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["removed"] == []
    assert part("push").code == 0
    monkeypatch.setenv("WEIGH_HOME", str(tmp_path / "home3"))
    monkeypatch.chdir(tmp_path)
    assert part("clone", "there", "whole").code == 0
    assert (tmp_path / "whole" / "config.json").read_text() == '{"step": 10}'
    before = (tmp_path / "encoder" / "model.safetensors").read_bytes()
    assert (tmp_path / "whole" / "model.safetensors").read_bytes() == before


def test_going_back_and_forth_places_the_part_alone(part, tmp_path):
    assert part("fetch", "--depth", "9").code == 0
    ended = part("checkout", "HEAD~1")
    assert ended.code == 0, ended.err
    assert (tmp_path / "part" / "config.json").read_text() == '{"step": 1}'
    assert not (tmp_path / "part" / "model.safetensors").exists()
    assert part("checkout", "main").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("restore", "HEAD", "model.safetensors"),
        ("show", "HEAD:model.safetensors"),
        ("checkout", "HEAD", "--", "model.safetensors"),
        ("export", "out", "--format", "version"),
        ("show", "HEAD~1"),
    ],
)
def test_what_was_left_at_the_remote_is_said_to_be_there(part, tmp_path, arguments):
    ended = part(*arguments)
    assert ended.code == 2
    assert "was left at the remote" in ended.err
    assert not (tmp_path / "part" / "out").exists()


@pytest.mark.parametrize("arguments", [("show",), ("diff",), ("lineage",), ("log",), ("fsck",)])
def test_looking_at_a_part_works(part, arguments):
    ended = part(*arguments)
    assert ended.code == 0, ended.err


def test_a_store_without_the_part_is_not_touched_by_a_lost_clone(part, tmp_path):
    shutil.rmtree(tmp_path / "there")
    assert part("status").code == 0
    assert part("commit", "-m", "nothing").code == 1


def test_a_part_is_pulled_forward(part, tmp_path, monkeypatch):
    there = tmp_path / "encoder"
    monkeypatch.setenv("WEIGH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(there)
    model("model.safetensors", step=0.5)
    (there / "config.json").write_text('{"step": 3}')
    assert part("commit", "-m", "step 3").code == 0
    assert part("push").code == 0
    monkeypatch.setenv("WEIGH_HOME", str(tmp_path / "home2"))
    monkeypatch.chdir(tmp_path / "part")
    ended = part("pull")
    assert ended.code == 0, ended.err
    assert (tmp_path / "part" / "config.json").read_text() == '{"step": 3}'
    assert not (tmp_path / "part" / "model.safetensors").exists()
    assert part("status", "--exit-code").code == 0
    assert part("fsck").code == 0
    assert part("gc").code == 0
