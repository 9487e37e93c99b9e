"""The commands that exchange versions, as a person types them."""

import json
import os
import tomllib

import pytest
from tests.sources.loopback import Loopback
from tests.versions.scene import Scene

from weigh.cli.clone import clone
from weigh.cli.fetch import fetch
from weigh.cli.fsck import fsck
from weigh.cli.gc import gc
from weigh.cli.pull import pull
from weigh.cli.push import push
from weigh.cli.remote import remote
from weigh.core.errors import ConflictError, RefusedError, UsageError, WeighError
from weigh.versions.remotes import read_partial, read_remotes


class Terminal:
    """One person at a prompt."""

    def __init__(self, monkeypatch, capsys, root):
        self._monkeypatch, self._capsys = monkeypatch, capsys
        self.home = root / "home"
        root.mkdir()

    def __call__(self, command, *words, at, code=0):
        self._monkeypatch.setenv("WEIGH_HOME", str(self.home))
        self._monkeypatch.setenv("WEIGH_CONFIG_HOME", str(self.home / "config"))
        self._monkeypatch.chdir(at)
        self._capsys.readouterr()
        assert command.main(list(words), prog_name="weigh", standalone_mode=False) in (
            {0, None} if not code else {code}
        )
        return self._capsys.readouterr().out


@pytest.fixture
def ada(monkeypatch, capsys, tmp_path):
    return Terminal(monkeypatch, capsys, tmp_path / "ada")


@pytest.fixture
def bob(monkeypatch, capsys, tmp_path):
    return Terminal(monkeypatch, capsys, tmp_path / "bob")


@pytest.fixture
def work(ada, tmp_path):
    scene = Scene(tmp_path / "ada")
    scene.write({"README.md": "a model\n", "sub/notes.txt": "notes"})
    scene.model(size=64)
    scene.commit("one")
    scene.model(size=64, step=1e-4)
    scene.commit("two")
    return scene


def test_push_clone_commit_push_pull(ada, bob, work, tmp_path):
    share = tmp_path / "share" / "tiny"
    assert "no remotes yet" in ada(remote, "ls", at=work.folder)
    assert str(share) in ada(remote, "add", "origin", "../../share/tiny", at=work.folder)
    assert json.loads(ada(remote, "ls", "--json", at=work.folder)) == {"origin": str(share)}
    assert "refs/heads/main  new" in ada(push, at=work.folder)
    assert "up to date" in ada(push, at=work.folder)
    told = json.loads(bob(clone, str(share), "--json", at=tmp_path / "bob"))
    assert told["history"] == "tiny"
    assert sorted(told["files"]) == ["README.md", "model.safetensors", "sub/notes.txt"]
    other = Scene(tmp_path / "bob", name="tiny")
    assert other.files() == work.files()
    other.write({"README.md": "better\n"})
    other.commit("three", ["README.md"], name="tiny")
    assert json.loads(bob(push, "--json", at=other.folder))["objects"] == 3
    assert "README.md" in ada(pull, at=work.folder)
    assert work.files() == other.files()
    assert "nothing new" in ada(fetch, at=work.folder)
    assert "forgot origin" in ada(remote, "rm", "origin", at=work.folder)
    with pytest.raises(WeighError, match="no remote 'origin'"):
        ada(push, at=work.folder)


def test_a_clone_of_some_files(ada, bob, work, tmp_path):
    ada(remote, "add", "origin", str(tmp_path / "share"), at=work.folder)
    ada(push, at=work.folder)
    there = str(tmp_path / "share")
    bob(clone, there, "part", "--only", "sub/", "--depth", "1", "--history", "part", at=tmp_path / "bob")
    other = Scene(tmp_path / "bob", name="part")
    assert other.files() == {"sub/notes.txt": b"notes"}
    assert read_partial(other.history().root).only == ("sub",)
    assert "nothing new" in bob(fetch, at=other.folder)
    assert "up to date" in bob(pull, at=other.folder)
    assert other.files() == {"sub/notes.txt": b"notes"}


def test_what_a_clone_left_out_is_no_damage(ada, bob, work, tmp_path):
    share = str(tmp_path / "share")
    ada(remote, "add", "origin", share, at=work.folder)
    ada(push, at=work.folder)
    bob(clone, share, "part", "--only", "sub/", "--depth", "1", "--history", "part", at=tmp_path / "bob")
    assert json.loads(bob(fsck, "--json", at=tmp_path / "bob"))["whole"]
    assert "Traceback" not in bob(gc, "--older-than", "0", at=tmp_path / "bob")
    assert json.loads(bob(fsck, "--json", at=tmp_path / "bob"))["whole"]
    # A history that needs all of it does miss what the other one left out.
    bob(clone, share, "full", "--history", "full", at=tmp_path / "bob")
    packs = sorted((bob.home / "store" / "packs").glob("*.pack"), key=lambda path: path.stat().st_size)
    packs[-1].unlink()
    assert {
        lost["history"] for lost in json.loads(bob(fsck, "--json", at=tmp_path / "bob", code=1))["lost"]
    } == {"full"}


def test_a_clone_mixes_with_nothing(ada, bob, work, tmp_path):
    share = str(tmp_path / "share")
    ada(remote, "add", "origin", share, at=work.folder)
    ada(push, at=work.folder)
    (tmp_path / "bob" / "full").mkdir()
    (tmp_path / "bob" / "full" / "file").write_text("mine")
    with pytest.raises(RefusedError, match="is not empty"):
        bob(clone, share, "full", at=tmp_path / "bob")
    bob(clone, share, "one", at=tmp_path / "bob")
    with pytest.raises(RefusedError, match="have a history 'share' already"):
        bob(clone, share, "two", at=tmp_path / "bob")
    with pytest.raises(WeighError, match="has no branch 'dev'"):
        bob(clone, share, "three", "--history", "three", "--branch", "dev", at=tmp_path / "bob")
    bob(clone, share, "three", "--history", "three", at=tmp_path / "bob")


def test_a_clone_over_the_web_and_no_way_back(ada, bob, work, tmp_path):
    share = tmp_path / "share"
    ada(remote, "add", "origin", str(share), at=work.folder)
    ada(push, at=work.folder)

    def respond(asked):
        path = share / asked.path.removeprefix("/tiny/")
        return path.read_bytes() if path.is_file() else None

    with Loopback(respond) as server:
        assert "every one verified" in bob(clone, f"{server.url}/tiny", at=tmp_path / "bob")
        other = Scene(tmp_path / "bob", name="tiny")
        assert other.files() == work.files()
        other.write({"README.md": "better\n"})
        other.commit("three", ["README.md"], name="tiny")
        with pytest.raises(RefusedError, match="only hands out files"):
            bob(push, at=other.folder)


def test_what_does_not_go_together_is_said(ada, work, tmp_path):
    with pytest.raises(UsageError, match="exclude each other"):
        ada(push, "--force", "--force-with-lease", at=work.folder)
    with pytest.raises(WeighError, match="cannot be the name of a remote"):
        ada(remote, "add", "a/b", str(tmp_path), at=work.folder)
    ada(remote, "add", "origin", str(tmp_path / 'a "quoted" \\ name'), at=work.folder)
    with pytest.raises(UsageError, match="there is a remote 'origin' already"):
        ada(remote, "add", "origin", str(tmp_path / "b"), at=work.folder)
    root = work.history().root
    assert read_remotes(root)["origin"].endswith('a "quoted" \\ name')
    tomllib.loads((root / "remotes.toml").read_text())
    with pytest.raises(WeighError, match="no branch or tag 'dev'"):
        ada(push, "origin", "dev", at=work.folder)


def test_a_remote_without_main_and_one_without_versions(ada, bob, work, tmp_path):
    history = work.history()
    history.refs.move("refs/heads/dev", "", history.refs.current(), why="test", time=1)
    ada(remote, "add", "origin", str(tmp_path / "share"), at=work.folder)
    ada(push, "origin", "dev", at=work.folder)
    assert "branch dev" in bob(clone, str(tmp_path / "share"), at=tmp_path / "bob")
    assert Scene(tmp_path / "bob", name="share").files() == work.files()
    (tmp_path / "empty").mkdir()
    assert "no version yet" in bob(clone, str(tmp_path / "empty"), at=tmp_path / "bob")


def test_a_damaged_file_of_remotes_is_named(ada, work):
    (work.history().root / "remotes.toml").write_text("[remotes.origin]\nadress = 1\n")
    with pytest.raises(WeighError, match="is damaged"):
        ada(remote, "ls", at=work.folder)


def test_an_unfinished_clone_goes_on(ada, bob, work, tmp_path):
    share = tmp_path / "share"
    ada(remote, "add", "origin", str(share), at=work.folder)
    ada(push, at=work.folder)
    (pack,) = (share / "packs").glob("*.pack")
    os.rename(pack, tmp_path / "gone")
    with pytest.raises(WeighError, match="lacks the object"):
        bob(clone, str(share), at=tmp_path / "bob")
    os.rename(tmp_path / "gone", pack)
    bob(clone, str(share), at=tmp_path / "bob")
    assert Scene(tmp_path / "bob", name="share").files() == work.files()


def test_versions_of_both_sides_are_told_apart(ada, bob, work, tmp_path):
    share = str(tmp_path / "share")
    ada(remote, "add", "origin", share, at=work.folder)
    ada(push, at=work.folder)
    bob(clone, share, at=tmp_path / "bob")
    other = Scene(tmp_path / "bob", name="share")
    for scene, name in ((work, "model"), (other, "share")):
        scene.write({"README.md": name})
        scene.commit(name, ["README.md"], name=name)
    ada(push, at=work.folder)
    with pytest.raises(ConflictError, match="does not follow"):
        bob(push, at=other.folder)
    with pytest.raises(ConflictError, match="different ways"):
        bob(pull, at=other.folder)
