"""Versions go to a remote and come from it; the remote is a folder, or an S3 through `obstore`."""

import os

import pytest
from tests.store.remotes.s3_server import S3Server
from tests.versions.exchange_scenes import Person

from weigh.core.errors import ConflictError, NotFoundError, RefusedError
from weigh.core.ref import RefKind
from weigh.store.packs.adding import MOST_CHAIN
from weigh.store.packs.objects import MOST_DEPTH
from weigh.store.packs.record import Kind
from weigh.store.remotes.folder import FolderRemote
from weigh.versions import pushing
from weigh.versions.pulling import Wanted, require_followed
from weigh.versions.pushing import Force
from weigh.versions.remotes import read_partial


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    """What survives a crash is asked elsewhere; waiting for the disk is most of what these tests would do."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def folder(tmp_path):
    return FolderRemote(tmp_path / "remote")


@pytest.fixture
def s3():
    pytest.importorskip("obstore", reason="the extra [objects] is not installed")
    with S3Server() as server:
        yield server


BOTH = pytest.mark.parametrize("remote", ["folder", "s3"], indirect=True)


@pytest.fixture
def remote(request, tmp_path):
    if getattr(request, "param", "folder") == "folder":
        return request.getfixturevalue("folder")
    from weigh.store.remotes.objects import ObjectRemote

    return ObjectRemote(RefKind.S3, "acme", "team", request.getfixturevalue("s3").environ(tmp_path))


@pytest.fixture
def ada(tmp_path, remote):
    return Person(tmp_path / "ada", remote)


@pytest.fixture
def bob(tmp_path, remote):
    return Person(tmp_path / "bob", remote)


def two_versions(person):
    person.write({"README.md": "a model\n" * 1000})
    person.model(size=200)
    first = person.commit("one").id
    person.model(size=200, step=1e-4)
    return first, person.commit("two").id


@BOTH
def test_versions_arrive_byte_for_byte_and_only_what_is_missing_travels(ada, bob):
    first, _ = two_versions(ada)
    sent = ada.push()
    assert sent.objects
    assert sent.moved[0].new == ada.tip() == ada.tracked()
    assert ada.push().size == 0
    bob.pull()
    assert bob.files() == ada.files()
    bob.checkout(first)
    assert bob.history().commit(first).title == "one"
    assert len(bob.files()["model.safetensors"]) == len(ada.files()["model.safetensors"])
    ada.write({"notes.txt": "small"})
    ada.commit("three", ["notes.txt"])
    assert ada.push().size < 5000 < sent.size
    assert bob.fetch().size < 5000


def test_every_way_a_chunk_is_kept_travels(ada, bob):
    ada.write({"README.md": "a model\n" * 1000, "zeros.bin": bytes(100_000), "noise.bin": os.urandom(50_000)})
    for step in range(2):
        ada.model(size=400, step=step * 1e-4)
        ada.commit("more")
    objects = ada.history().objects
    chunks = [name for name, found in objects.index.objects() if found.kind is Kind.CHUNK]
    assert len({objects.record(name).codec for name in chunks}) > 3
    ada.push()
    bob.pull()
    assert bob.files() == ada.files()
    for name in chunks:
        assert bob.history().objects.content(name) == objects.content(name)


def test_what_came_can_be_pushed_on_and_comes_back(ada, bob):
    two_versions(ada)
    ada.push()
    bob.pull()
    bob.write({"README.md": "better"})
    bob.commit("bob's", ["README.md"])
    bob.push()
    forwarded = ada.pull()
    assert [path for path, _ in forwarded.files.written] == ["README.md"]
    assert ada.files() == bob.files()


@BOTH
def test_versions_of_others_are_never_pushed_away(ada, bob):
    two_versions(ada)
    ada.push()
    bob.pull()
    for person in (ada, bob):
        person.write({"README.md": str(person)})
        person.commit("own", ["README.md"])
    ada.push()
    with pytest.raises(ConflictError, match="does not follow") as caught:
        bob.push()
    assert "pull" in caught.value.hint
    bob.fetch()
    bob.join(bob.tracked())
    bob.push()
    ada.pull()
    assert ada.tip() == bob.tip()


@BOTH
def test_force_with_lease_moves_a_branch_only_from_where_it_was_seen(ada, bob):
    first, _ = two_versions(ada)
    ada.push()
    bob.pull()
    history = ada.history()
    history.refs.move("refs/heads/main", ada.tip(), first, why="back", time=1)
    with pytest.raises(ConflictError):
        ada.push()
    bob.write({"README.md": "bob"})
    bob.commit("bob's", ["README.md"])
    bob.push()
    with pytest.raises(ConflictError, match="does not follow"):
        ada.push(force=Force.WITH_LEASE)
    ada.fetch()
    assert ada.push(force=Force.WITH_LEASE).moved[0].new == first
    assert bob.tip() != first


def test_a_branch_that_went_back_at_the_remote_is_named_and_not_followed(ada, bob):
    first, second = two_versions(ada)
    ada.push()
    bob.fetch()
    ada.history().refs.move("refs/heads/main", second, first, why="back", time=1)
    ada.push(force=Force.ALWAYS)
    fetched = bob.fetch()
    assert fetched.refused == ("refs/heads/main",)
    assert bob.tracked() == second
    with pytest.raises(ConflictError, match="do not follow"):
        require_followed(fetched)
    assert not bob.fetch(Wanted(force=True)).refused
    assert bob.tracked() == first


def test_a_changed_file_stops_a_pull_and_nothing_moves(ada, bob):
    two_versions(ada)
    ada.push()
    bob.pull()
    ada.write({"README.md": "new"})
    ada.commit("new", ["README.md"])
    ada.push()
    before = bob.tip()
    bob.write({"README.md": "mine"})
    with pytest.raises(RefusedError, match="overwritten"):
        bob.pull()
    assert bob.tip() == before
    assert bob.files()["README.md"] == b"mine"
    bob.commit("mine", ["README.md"])
    with pytest.raises(ConflictError, match="different ways") as caught:
        bob.pull()
    assert caught.value.hint == "weigh merge origin/main"


def test_tags_come_along_and_are_not_moved(ada, bob):
    first, second = two_versions(ada)
    ada.history().refs.move("refs/tags/v1", "", first, why="tag", time=1)
    pushing.push(
        ada.history(), ada.remote, "origin", ["refs/heads/main", "refs/tags/v1"], time=1, events=_quiet()
    )
    bob.fetch()
    assert bob.tip("refs/tags/v1") == first
    bob.history().refs.move("refs/tags/v1", first, second, why="tag", time=1)
    with pytest.raises(ConflictError, match="does not follow"):
        pushing.push(bob.history(), bob.remote, "origin", ["refs/tags/v1"], time=1, events=_quiet())
    assert bob.fetch().refused == ("refs/tags/v1",)


def _quiet():
    from weigh.core.events import Silent

    return Silent()


@BOTH
def test_a_part_of_a_history_comes_and_says_so(ada, bob):
    first, second = two_versions(ada)
    ada.push()
    fetched = bob.fetch(Wanted(depth=1, only=("README.md",)))
    history = bob.history()
    assert fetched.size < 5000
    assert read_partial(history.root).ends == (second,)
    tree = history.tree_of(second)
    assert history.objects.has(bytes.fromhex(tree.file("README.md").id))
    assert not history.objects.has(bytes.fromhex(tree.file("model.safetensors").id))
    assert not history.objects.has(bytes.fromhex(first))
    bob.fetch(Wanted(depth=5))
    assert history.objects.has(bytes.fromhex(first))
    assert not read_partial(history.root).ends


def test_a_clone_in_part_cannot_be_pushed_where_the_rest_is_missing(ada, bob, tmp_path):
    _, second = two_versions(ada)
    ada.push()
    bob.fetch(Wanted(depth=1))
    bob.history().refs.move("refs/heads/main", "", second, why="test", time=1)
    assert not bob.push().moved
    bob.remote = FolderRemote(tmp_path / "elsewhere")
    with pytest.raises(NotFoundError, match="neither here nor at"):
        bob.push()


def test_what_is_kept_otherwise_here_makes_no_chain_too_long(ada, bob):
    for person, steps in ((bob, range(9)), (ada, range(8, 12))):
        for step in steps:
            person.model(size=64, step=step * 1e-6)
            person.commit(f"step {step}")
    depths = [found.depth for _, found in bob.history().objects.index.objects()]
    assert max(depths) == MOST_CHAIN
    ada.push()
    bob.fetch()
    objects = bob.history().objects
    assert max(found.depth for _, found in objects.index.objects()) == MOST_DEPTH
    bob.checkout("origin/main")
    assert bob.files()["model.safetensors"] == ada.files()["model.safetensors"]


def test_a_branch_that_is_not_there_is_named(ada, bob):
    two_versions(ada)
    ada.push()
    with pytest.raises(NotFoundError, match="has no branch 'dev'"):
        bob.fetch(Wanted(branches=("dev",)))
