"""Pushes and pulls that are cut off, and several at once."""

import hashlib
import os
import signal
import subprocess
import sys

import pytest
from tests.store.remotes.s3_server import S3Server
from tests.versions.exchange_scenes import Person

from weigh.core.errors import ConflictError, OfflineError, WeighError
from weigh.core.ref import RefKind
from weigh.store.packs.record import Kind
from weigh.store.remotes.folder import FolderRemote
from weigh.store.remotes.layout import PACKS
from weigh.versions import pushing
from weigh.versions.exchange import RemoteState


@pytest.fixture
def folder(tmp_path):
    return FolderRemote(tmp_path / "remote")


@pytest.fixture
def s3():
    pytest.importorskip("obstore", reason="the extra [objects] is not installed")
    with S3Server() as server:
        yield server


@pytest.fixture(params=["folder", "s3"])
def remote(request, tmp_path):
    if request.param == "folder":
        return request.getfixturevalue("folder")
    from weigh.store.remotes.objects import ObjectRemote

    return ObjectRemote(RefKind.S3, "acme", "team", request.getfixturevalue("s3").environ(tmp_path))


def two_versions(person):
    person.write({"README.md": "a model\n" * 1000})
    person.model(size=200)
    first = person.commit("one").id
    person.model(size=200, step=1e-4)
    return first, person.commit("two").id


def visible_objects(person):
    return {name for name, _ in person.history().objects.index.objects()}


def packs_of(folder_remote):
    return sorted((folder_remote._root / PACKS).iterdir())


def rewrite(path, data):
    path.chmod(0o644)
    path.write_bytes(data)


def small_packs(monkeypatch):
    monkeypatch.setattr(pushing, "MOST_BYTES", 40_000)


def test_a_push_that_was_cut_off_goes_on(tmp_path, s3, monkeypatch):
    from weigh.store.remotes.objects import ObjectRemote

    small_packs(monkeypatch)
    ada = Person(tmp_path / "ada", ObjectRemote(RefKind.S3, "acme", "team", s3.environ(tmp_path)))
    two_versions(ada)
    s3.fail_after = 400_000
    with pytest.raises(WeighError, match="cannot be reached") as caught:
        ada.push()
    assert "goes on" in caught.value.hint
    before = s3.written
    s3.fail_after = None
    rest = ada.push()
    whole = sum(len(data) for key, data in s3.objects.items() if "/packs/" in key)
    assert before > 400_000
    assert rest.size < whole - before + 250_000
    assert max(s3.puts[key] for key in s3.objects if key.endswith(".pack")) == 1
    bob = Person(tmp_path / "bob", ada.remote)
    bob.pull()
    assert bob.files() == ada.files()


class Vanishing(FolderRemote):
    """A folder that goes away after so many bytes."""

    def __init__(self, root, left):
        super().__init__(root)
        self.left = left

    def parts(self, name, spans):
        for part in super().parts(name, spans):
            self.left -= len(part)
            if self.left < 0:
                raise OfflineError("the network went away")
            yield part


def test_a_fetch_that_was_cut_off_goes_on(tmp_path, folder, monkeypatch):
    small_packs(monkeypatch)
    ada = Person(tmp_path / "ada", folder)
    two_versions(ada)
    ada.push()
    whole = sum(p.stat().st_size for p in packs_of(folder) if p.suffix == ".pack")
    bob = Person(tmp_path / "bob", Vanishing(folder._root, whole * 3 // 4))
    with pytest.raises(OfflineError):
        bob.fetch()
    bob.remote = folder
    rest = bob.fetch()
    assert rest.size < whole // 2
    bob.pull()
    assert bob.files() == ada.files()


def test_what_was_left_half_written_by_a_fetch_is_cut_away(tmp_path, folder, monkeypatch):
    small_packs(monkeypatch)
    ada = Person(tmp_path / "ada", folder)
    two_versions(ada)
    ada.push()
    bob = Person(tmp_path / "bob", Vanishing(folder._root, 300_000))
    with pytest.raises(OfflineError):
        bob.fetch()
    (left,) = bob.history().root.glob("exchange/*/incoming")
    whole = left.read_bytes()
    bob.remote = folder
    left.write_bytes(whole[: len(whole) // 2] + b"\0" * 5000)
    bob.pull()
    assert bob.files() == ada.files()
    assert not left.exists()


def killed_at(number, work):
    """Do something in a child that is killed at its nth system call that makes something durable."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.WIFSIGNALED(status)
    count = 0
    real = {name: getattr(os, name) for name in ("fsync", "replace", "rename", "write")}

    def counting(name):
        def call(*arguments, **named):
            nonlocal count
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return real[name](*arguments, **named)

        return call

    for name in real:
        setattr(os, name, counting(name))
    try:
        work()
    finally:
        os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_push_killed_anywhere_loses_nothing_and_the_next_one_ends_it(tmp_path, folder, monkeypatch):
    small_packs(monkeypatch)
    ada = Person(tmp_path / "ada", folder)
    ada.write({"README.md": "a model\n" * 1000})
    ada.model(size=120)
    ada.commit("one")
    number = 1
    while killed_at(number, ada.push):
        # Whatever stands there: a reader gets a whole version, or is told that there is none.
        bob = Person(tmp_path / f"bob{number}", folder)
        if folder._root.is_dir() and RemoteState(folder, tmp_path / "cache").refs:
            bob.pull()
            assert bob.files() == ada.files()
        number += 3
    assert number > 20
    carol = Person(tmp_path / "carol", folder)
    carol.pull()
    assert carol.files() == ada.files()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_pull_killed_anywhere_shows_nothing_half_and_the_next_one_ends_it(tmp_path, folder, monkeypatch):
    small_packs(monkeypatch)
    ada = Person(tmp_path / "ada", folder)
    ada.write({"README.md": "a model\n" * 1000})
    ada.model(size=120)
    ada.commit("one")
    ada.push()
    bob = Person(tmp_path / "bob", folder)
    number = 1
    while killed_at(number, bob.pull):
        objects = bob.history().objects
        for name in visible_objects(bob):
            if objects.record(name).kind is Kind.CHUNK:
                objects.content(name)
        number += 2
    assert number > 10
    bob.pull()
    assert bob.files() == ada.files()


def test_of_many_who_push_at_once_nobody_loses_a_version(tmp_path, remote, request):
    ada = Person(tmp_path / "ada", remote)
    ada.write({"README.md": "a model\n"})
    ada.commit("one")
    ada.push()
    address = ["folder", str(tmp_path / "remote")]
    if "s3" in request.node.name:
        address = ["s3", request.getfixturevalue("s3").url]
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.versions.racing_pusher", str(tmp_path / f"p{n}"), *address, str(n)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(2)
    ]
    made = [child.communicate(timeout=60)[0].split() for child in children]
    assert all(child.returncode == 0 for child in children)
    ada.fetch()
    there = ada.history().ancestors(ada.tracked())
    assert all(len(names) == 2 and set(names) <= there for names in made)


def test_a_ref_moved_between_looking_and_pushing_is_not_overwritten(tmp_path, s3):
    from weigh.store.remotes.objects import ObjectRemote

    ada = Person(tmp_path / "ada", ObjectRemote(RefKind.S3, "acme", "team", s3.environ(tmp_path)))
    two_versions(ada)
    other = hashlib.sha256(b"somebody else's").hexdigest()

    def meanwhile(key):
        if key == "team/refs/heads/main":
            s3.objects[key] = f"{other}\n".encode()

    s3.before_put = meanwhile
    with pytest.raises(ConflictError, match="moved by somebody else"):
        ada.push()
    assert s3.objects["team/refs/heads/main"] == f"{other}\n".encode()
    assert not ada.tracked()
