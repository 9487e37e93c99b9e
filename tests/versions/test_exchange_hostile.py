"""Remotes that serve other bytes than they name, or not all of them."""

import os

import pytest
from tests.versions.exchange_scenes import Person

from weigh.core.errors import WeighError
from weigh.store.packs.record import Kind
from weigh.store.remotes.folder import FolderRemote
from weigh.store.remotes.layout import PACKS
from weigh.versions.exchange import RemoteState


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    """What survives a crash is asked elsewhere; waiting for the disk is most of what these tests would do."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def folder(tmp_path):
    return FolderRemote(tmp_path / "remote")


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


def test_any_flipped_byte_of_a_remote_is_noticed(tmp_path, folder):
    ada, bob = pair(tmp_path, folder)
    for path in packs_of(folder):
        whole = path.read_bytes()
        # The first 16 bytes of a pack say what it is and are not asked for.
        for at in range(17, len(whole), max(1, len(whole) // 25)):
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


@pytest.mark.parametrize("gone", [".pack", ".idx", "both"])
def test_what_is_missing_is_named_and_sent_again_by_the_next_push(tmp_path, folder, gone):
    ada, bob = pair(tmp_path, folder)
    for path in packs_of(folder):
        if path.suffix == gone or gone == "both":
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
    ada.model(size=40, seed=7, path="other.safetensors")
    ada.commit("two", ["other.safetensors"])
    ada.push()
    fresh = [ada.history().objects.record(n) for n in visible_objects(ada)]
    others = [r for r in fresh if r.kind is kind]

    def change(record):
        other = next((o for o in others if o.id != record.id and o.body != record.body), None)
        return replace(other, id=record.id) if record.kind is kind and other is not None else record

    lying_pack(ada, folder, change)
    assert len(others) > 1
    with pytest.raises(WeighError, match=r"serves other bytes|another object|lacks|did not come"):
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
