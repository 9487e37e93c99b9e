"""Versions go to a remote and come from it; the remote is a folder, or an S3 through `obstore`."""

import hashlib
import os
import signal
import subprocess
import sys

import pytest
from tests.store.remotes.s3_server import S3Server
from tests.versions.exchange_scenes import Person

from weigh.core.errors import ConflictError, NotFoundError, RefusedError, WeighError
from weigh.core.ref import RefKind
from weigh.store.packs.record import Kind
from weigh.store.remotes.folder import FolderRemote
from weigh.store.remotes.layout import PACKS
from weigh.versions import pushing
from weigh.versions.exchange import RemoteState
from weigh.versions.pulling import Wanted, require_followed
from weigh.versions.pushing import Force
from weigh.versions.remotes import read_partial


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


@pytest.fixture
def ada(tmp_path, remote):
    return Person(tmp_path / "ada", remote)


@pytest.fixture
def bob(tmp_path, remote):
    return Person(tmp_path / "bob", remote)


def two_versions(person):
    person.write({"README.md": "a model\n" * 1000})
    person.model(size=600)
    first = person.commit("one").id
    person.model(size=600, step=1e-4)
    return first, person.commit("two").id


def test_versions_arrive_byte_for_byte_and_only_what_is_missing_travels(ada, bob):
    first, _ = two_versions(ada)
    sent = ada.push()
    assert sent.objects and sent.moved[0].new == ada.tip() == ada.tracked()
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


def test_a_branch_that_is_not_there_is_named(ada, bob):
    two_versions(ada)
    ada.push()
    with pytest.raises(NotFoundError, match="has no branch 'dev'"):
        bob.fetch(Wanted(branches=("dev",)))


# What a remote may do to us.


def visible_objects(person):
    return {name for name, _ in person.history().objects.index.objects()}


def packs_of(folder_remote):
    return sorted((folder_remote._root / PACKS).iterdir())


def rewrite(path, data):
    path.chmod(0o644)
    path.write_bytes(data)


def pair(tmp_path, folder):
    people = Person(tmp_path / "ada", folder), Person(tmp_path / "bob", folder)
    people[0].write({"README.md": "a model\n"})
    people[0].model(size=24)
    people[0].commit("one")
    people[0].push()
    return people


def test_any_flipped_byte_of_a_remote_is_noticed_or_does_no_harm(tmp_path, folder):
    ada, bob = pair(tmp_path, folder)
    for path in packs_of(folder):
        whole = path.read_bytes()
        for at in range(3, len(whole), max(1, len(whole) // 40)):
            flipped = bytearray(whole)
            flipped[at] ^= 0x41
            rewrite(path, bytes(flipped))
            with pytest.raises(WeighError):
                bob.fetch()
            assert not bob.tracked()
            assert not visible_objects(bob)
        rewrite(path, whole)
    bob.pull()
    assert bob.files() == ada.files()


@pytest.mark.parametrize("suffix", [".pack", ".idx"])
@pytest.mark.parametrize("kept", [0, 10, 0.5, 0.99])
def test_what_is_cut_off_is_named(tmp_path, folder, suffix, kept):
    _, bob = pair(tmp_path, folder)
    (path,) = (p for p in packs_of(folder) if p.suffix == suffix)
    whole = path.read_bytes()
    rewrite(path, whole[: int(kept * len(whole)) if isinstance(kept, float) else kept])
    with pytest.raises(WeighError) as caught:
        bob.fetch()
    assert caught.value.why
    assert not bob.tracked()
    rewrite(path, whole)
    bob.pull()


def test_what_is_missing_is_named_and_sent_again_by_the_next_push(tmp_path, folder):
    ada, bob = pair(tmp_path, folder)
    for path in packs_of(folder):
        path.unlink()
    with pytest.raises(WeighError, match="lacks the object"):
        bob.fetch()
    ada.write({"README.md": "again"})
    ada.commit("two", ["README.md"])
    ada.push()
    bob.pull()
    assert bob.files() == ada.files()
    assert bob.history().find("main~1")


def lying_pack(person, folder, change):
    """The remote's only pack written anew, with its index, its records put through `change`."""
    from weigh.store.packs.pack_file import PackWriter
    from weigh.store.remotes.pack_index import Line, dump_index

    history = person.history()
    state = RemoteState(folder, folder._root / "cache")
    for path in packs_of(folder):
        path.unlink()
    writer = PackWriter(folder._root / PACKS)
    lines = []
    for name, (_, line) in state.lines.items():
        record = change(history.objects.record(name))
        spot = writer.add(record)
        lines.append(Line(name, record.kind, spot, record.size, record.depth, line.links))
    size = writer.size
    path = writer.seal()
    path.with_suffix(".idx").write_bytes(dump_index(size, lines))


@pytest.mark.parametrize("kind", [Kind.CHUNK, Kind.FILE, Kind.TREE, Kind.COMMIT])
def test_objects_that_are_not_what_they_are_named_after_never_become_visible(tmp_path, folder, kind):
    from dataclasses import replace

    ada, bob = pair(tmp_path, folder)
    records = [ada.history().objects.record(name) for name in visible_objects(ada)]
    others = [r for r in records if r.kind is kind]
    ada.write({"other.bin": b"other" * 4000})
    ada.commit("two", ["other.bin"])
    ada.push()
    fresh = [ada.history().objects.record(n) for n in visible_objects(ada)]
    others = [r for r in fresh if r.kind is kind and r.codec == others[0].codec]

    def change(record):
        other = next((o for o in others if o.id != record.id and o.size != record.size), None)
        return replace(other, id=record.id) if record.kind is kind and other is not None else record

    lying_pack(ada, folder, change)
    if kind is Kind.FILE and len(others) < 2:
        pytest.skip("small files are payloads themselves")
    with pytest.raises(WeighError, match="serves other bytes|another object|lacks|did not come"):
        bob.fetch()
    assert not bob.tracked()
    objects = bob.history().objects
    for name in visible_objects(bob):
        if objects.record(name).kind is Kind.CHUNK:
            objects.content(name)
    assert not any(objects.record(n).kind in {Kind.COMMIT, Kind.TREE} for n in visible_objects(bob))


def test_a_hostile_ref_is_refused(tmp_path, folder):
    _, bob = pair(tmp_path, folder)
    (folder._root / "refs" / "heads" / "main").write_text("../../etc/passwd\n")
    with pytest.raises(WeighError, match="damaged"):
        bob.fetch()


# Interruptions.


def small_packs(monkeypatch):
    monkeypatch.setattr(pushing, "MOST_BYTES", 100_000)


def test_a_push_that_was_cut_off_goes_on(tmp_path, s3, monkeypatch):
    from weigh.store.remotes.objects import ObjectRemote

    small_packs(monkeypatch)
    ada = Person(tmp_path / "ada", ObjectRemote(RefKind.S3, "acme", "team", s3.environ(tmp_path)))
    two_versions(ada)
    s3.fail_after = 2_000_000
    with pytest.raises(WeighError, match="cannot be reached") as caught:
        ada.push()
    assert "goes on" in caught.value.hint
    before = s3.written
    s3.fail_after = None
    rest = ada.push()
    whole = sum(len(data) for key, data in s3.objects.items() if "/packs/" in key)
    assert before > 2_000_000
    assert rest.size < whole - before + 400_000
    assert max(s3.puts[key] for key in s3.objects if key.endswith(".pack")) == 1
    bob = Person(tmp_path / "bob", ada.remote)
    bob.pull()
    assert bob.files() == ada.files()


def test_a_fetch_that_was_cut_off_goes_on(tmp_path, folder, monkeypatch):
    small_packs(monkeypatch)
    ada = Person(tmp_path / "ada", folder)
    two_versions(ada)
    ada.push()
    packs = [p for p in packs_of(folder) if p.suffix == ".pack"]
    whole = sum(p.stat().st_size for p in packs)
    gone = packs[len(packs) * 3 // 4]
    gone.rename(tmp_path / "gone")
    bob = Person(tmp_path / "bob", folder)
    with pytest.raises(NotFoundError, match="any more"):
        bob.fetch()
    (tmp_path / "gone").rename(gone)
    assert bob.fetch().size < whole * 0.6
    bob.pull()
    assert bob.files() == ada.files()


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
    ada.model(size=200)
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
    ada.model(size=200)
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
    assert number > 20
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
        for n in range(3)
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
