"""`weigh gc` and `weigh fsck`, after a day with `weigh commit`."""

import json
import os
from pathlib import Path

import pytest
from tests.cli.history_scene import model, register

from weigh.cli.main import COMMANDS


@pytest.fixture
def folder(weigh, tmp_path, monkeypatch):
    register(monkeypatch)
    for name in ("gc", "fsck"):
        monkeypatch.setitem(COMMANDS, name, (f"weigh.cli.{name}:{name}", ""))
    monkeypatch.setenv("WEIGH_HOME", str(tmp_path / "home"))
    place = tmp_path / "encoder"
    place.mkdir()
    monkeypatch.chdir(place)
    for step in (0.0, 1e-4):
        model("model.safetensors", step=step)
        assert weigh("commit", "-m", f"step {step}").code == 0
    return place


def packs():
    return Path(os.environ["WEIGH_HOME"]) / "store" / "packs"


def told(weigh, *arguments, code=0):
    ended = weigh(*arguments, "--json")
    assert ended.code == code, ended.err
    return json.loads(ended.out)


def age(days=40):
    for path in packs().glob("**/*.pack"):
        now = path.stat().st_mtime
        os.utime(path, (now - days * 86_400,) * 2)


def test_a_whole_store_is_said_to_be_whole(weigh, folder):
    ended = weigh("fsck")
    assert ended.code == 0, ended.err
    assert "everything can be given back" in ended.out
    assert told(weigh, "fsck", "--sample", "50%")["versions"] == 2


def test_damage_is_named_with_the_version_and_the_file(weigh, folder):
    pack = max(packs().glob("*.pack"), key=lambda path: path.stat().st_size)
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 1
    pack.chmod(0o644)
    pack.write_bytes(data)
    found = told(weigh, "fsck", code=1)
    assert found["damaged_packs"] == [pack.name]
    assert found["lost"][0]["history"] == "encoder"
    assert {path for lost in found["lost"] for path in lost["paths"]} == {"model.safetensors"}
    ended = weigh("fsck")
    assert ended.code == 1
    assert "model.safetensors" in ended.out
    age()
    assert weigh("gc").code in {1, 2}


def test_files_that_are_still_there_mend_a_damaged_store(weigh, folder, tmp_path):
    assert weigh("checkout", "HEAD~1").code == 0
    pack = max(packs().glob("*.pack"), key=lambda path: path.stat().st_size)
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 1
    pack.chmod(0o644)
    pack.write_bytes(data)
    (folder / "copy.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    lost = told(weigh, "fsck", code=1)["lost"]
    assert lost
    ended = weigh("commit", "-m", "again", "model.safetensors")
    assert ended.code == 0, ended.err
    ended = weigh("commit", "-m", "a copy", "copy.safetensors")
    assert ended.code == 0, ended.err
    assert weigh("restore", "HEAD", "copy.safetensors", "-o", str(tmp_path / "back")).code == 0
    assert (tmp_path / "back").read_bytes() == (folder / "model.safetensors").read_bytes()
    assert told(weigh, "fsck")["whole"]


def test_a_lost_index_is_made_again(weigh, folder):
    for path in packs().glob("index.sqlite*"):
        path.unlink()
    assert told(weigh, "fsck")["whole"]


def test_what_no_branch_names_goes_after_its_time(weigh, folder):
    assert weigh("branch", "side").code == 0
    assert weigh("checkout", "side").code == 0
    model("model.safetensors", step=0.5)
    assert weigh("commit", "-m", "a dead end").code == 0
    assert weigh("checkout", "main").code == 0
    assert weigh("branch", "-d", "side", "--force").code == 0 or weigh("branch", "-D", "side").code == 0
    age()
    assert told(weigh, "gc", "--dry-run")["moved"] == 0, "the log of moves still names it"
    log = Path(os.environ["WEIGH_HOME"]) / "versions" / "encoder" / "moves.log"
    log.write_text("")
    would = told(weigh, "gc", "--dry-run")
    assert told(weigh, "gc")["moved_bytes"] == would["moved_bytes"] > 0
    assert told(weigh, "fsck")["whole"]
    age()
    assert told(weigh, "gc")["deleted_bytes"] == would["moved_bytes"]
    assert weigh("checkout", "HEAD~1").code == 0
    assert told(weigh, "fsck")["whole"]


def test_nothing_is_there_yet(weigh, tmp_path, monkeypatch, folder):
    monkeypatch.setenv("WEIGH_HOME", str(tmp_path / "other"))
    assert told(weigh, "gc")["needed"] == 0
    assert told(weigh, "fsck")["whole"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("fsck", "--sample", "0"),
        ("fsck", "--sample", "x"),
        ("gc", "--older-than", "-1"),
        ("gc", "--older-than", "nan"),
    ],
)
def test_wrong_usage_is_said(weigh, folder, arguments):
    assert weigh(*arguments).code == 2
