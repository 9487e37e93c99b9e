"""A clone that could not be made leaves nothing behind that the next one stumbles over."""

import pytest
from tests.cli.history_scene import model, register


@pytest.fixture
def remote(weigh, tmp_path, monkeypatch):
    """A remote with two files, seen from a home of its own."""
    register(monkeypatch)
    source = tmp_path / "encoder"
    source.mkdir()
    monkeypatch.chdir(source)
    model("model.safetensors")
    (source / "config.json").write_text("{}")
    weigh("commit", "-m", "first")
    weigh("remote", "add", "origin", str(tmp_path / "there"))
    assert weigh("push").code == 0
    monkeypatch.setenv("WEIGH_HOME", str(tmp_path / "home2"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "there"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (("clone", "mistyped/there", "there2"), 3),
        (("clone", "there", "there2", "--branch", "nope"), 2),
        (("clone", "there", "there2", "--only", "nope"), 2),
        (("clone", "there", "encoder/config.json/x"), 3),
    ],
)
def test_after_a_clone_that_failed_the_right_one_works(weigh, remote, tmp_path, wrong, code):
    ended = weigh(*wrong)
    assert ended.code == code, ended.err
    assert not (tmp_path / "there2").exists()
    ended = weigh("clone", "there", "there2")
    assert ended.code == 0, ended.err
    assert sorted(p.name for p in (tmp_path / "there2").glob("[!.]*")) == ["config.json", "model.safetensors"]
    assert weigh("clone", "there", "there3").code == 1
