"""Checking out: byte for byte, nothing of the user's lost, interruptions seen and gone on from."""

import os

import pytest
from tests.versions.scene import Scene

from weigh.core.errors import ConflictError, IntegrityError, MalformedError, NotFoundError, RefusedError
from weigh.project.materialise.link import link
from weigh.store.blobs import Blobs
from weigh.store.packs.restoring import manifest_of
from weigh.versions.history import put_tree
from weigh.versions.placing import Placer
from weigh.versions.standing import under_way
from weigh.versions.tree import Tree, TreeFile


@pytest.fixture
def three(scene):
    """Versions one, two and three, and what each held."""
    held = []
    for number, files in enumerate(({"a": "1", "gone/x": "x"}, {"a": "2", "b": "b"}, {"d/e/f": "f"})):
        for path in list(scene.files()):
            (scene.folder / path).unlink()
        scene.model(step=number * 1e-3)
        scene.write(files)
        scene.commit(str(number), [""])
        held.append(scene.files())
    return held


def test_every_version_comes_back_byte_for_byte(scene, three):
    for revision, held in (("HEAD~2", 0), ("HEAD", 0), ("main", 2), ("main~1", 1), ("main", 2)):
        scene.checkout(revision)
        assert scene.files() == three[held]
    assert scene.history().refs.head == "refs/heads/main"
    assert not (scene.folder / "gone").exists()


def test_a_version_by_itself_can_be_recorded_on(scene, three):
    scene.checkout("main~1")
    assert scene.history().refs.head == ""
    scene.write({"b": "other"})
    done = scene.commit("beside")
    assert done.branch == ""
    assert scene.history().refs.current() == done.id
    # Kept from garbage collection by a ref of its own, until a branch is checked out again.
    assert [name for _, name in scene.history().refs.all("refs/detached/")] == [done.id]
    scene.checkout("main")
    assert scene.files() == three[2]
    assert not list(scene.history().refs.all("refs/detached/"))


def test_changed_files_are_not_overwritten_without_force(scene, three):
    scene.write({"d/e/f": "mine"})
    before = scene.files()
    with pytest.raises(RefusedError, match="d/e/f would be overwritten"):
        scene.checkout("HEAD~1")
    assert scene.files() == before
    assert scene.history().refs.head == "refs/heads/main"
    scene.checkout("HEAD~1", force=True)
    assert scene.files() == three[1]


def test_new_files_in_the_way_are_not_overwritten_and_others_stay(scene, three):
    scene.write({"b": "mine", "notes": "n"})
    with pytest.raises(RefusedError, match="b would be overwritten"):
        scene.checkout("HEAD~1")
    (scene.folder / "b").unlink()
    scene.checkout("HEAD~1")
    assert scene.files() == three[1] | {"notes": b"n"}


def test_a_change_of_a_file_that_is_the_same_in_both_versions_goes_along(scene):
    scene.write({"same": "s", "a": "1"})
    scene.commit()
    scene.write({"a": "2"})
    scene.commit()
    scene.write({"same": "mine"})
    done = scene.checkout("HEAD~1")
    assert done.kept == ("same",)
    assert scene.files() == {"same": b"mine", "a": b"1"}


def test_single_files(scene, three):
    done = scene.checkout("HEAD~2", ["a", "gone"])
    assert [path for path, _ in done.written] == ["a", "gone/x"]
    assert scene.history().refs.head == "refs/heads/main"
    assert scene.files() == three[2] | {"a": b"1", "gone/x": b"x"}
    scene.write({"a": "mine"})
    with pytest.raises(RefusedError, match="a would be overwritten"):
        scene.checkout("HEAD~1", ["a"])
    with pytest.raises(NotFoundError, match="no file 'zz'"):
        scene.checkout("HEAD~1", ["zz"])
    scene.checkout("HEAD~1", ["a"], force=True)
    assert scene.files()["a"] == b"2"


@pytest.mark.parametrize("after", [0, 1, 2])
def test_an_interrupted_checkout_is_said_and_goes_on(scene, three, monkeypatch, after):
    real, done = Placer.put, []

    def interrupted(self, file):
        if len(done) == after:
            raise KeyboardInterrupt
        done.append(file)
        return real(self, file)

    monkeypatch.setattr(Placer, "put", interrupted)
    with pytest.raises(KeyboardInterrupt):
        scene.checkout("HEAD~2")
    monkeypatch.undo()
    history = scene.history()
    assert history.refs.head == "refs/heads/main"
    assert under_way(history.place) == history.find("main~2")
    with pytest.raises(ConflictError, match="was interrupted"):
        scene.commit()
    scene.checkout("HEAD~2")
    assert scene.files() == three[0]
    assert under_way(history.place) == ""
    scene.checkout("main")
    assert scene.files() == three[2]


def test_from_an_interrupted_checkout_back_to_where_it_began(scene, three, monkeypatch):
    real, done = Placer.put, []

    def interrupted(self, file):
        if done:
            raise KeyboardInterrupt
        done.append(file)
        return real(self, file)

    monkeypatch.setattr(Placer, "put", interrupted)
    with pytest.raises(KeyboardInterrupt):
        scene.checkout("HEAD~2")
    monkeypatch.undo()
    scene.checkout("main")
    assert scene.files() == three[2]


def test_a_damaged_store_gives_no_wrong_file(scene, three):
    history = scene.history()
    file = history.tree_of("HEAD~2").file("model.safetensors")
    tensor = manifest_of(history.objects, bytes.fromhex(file.id)).tensors()["layer.1"]
    found = history.objects.index.find(tensor.id)
    pack = history.objects.folder / found.pack
    pack.chmod(0o644)
    data = bytearray(pack.read_bytes())
    data[found.spot.offset + found.spot.length // 2] ^= 1
    pack.write_bytes(data)
    with pytest.raises((IntegrityError, MalformedError)):
        scene.checkout("HEAD~2")
    assert scene.files()["model.safetensors"] == three[2]["model.safetensors"]
    assert not [p for p in scene.folder.rglob("*") if p.name.endswith(".tmp")]


def test_links_in_the_way_are_refused(scene, three, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (scene.folder / "gone").rmdir()
    (scene.folder / "gone").symlink_to(outside)
    with pytest.raises(RefusedError):
        scene.checkout("HEAD~2")
    assert not list(outside.iterdir())
    (scene.folder / "gone").unlink()
    (scene.folder / "a").symlink_to(outside / "a")
    with pytest.raises(RefusedError, match="a would be overwritten"):
        scene.checkout("HEAD~2")
    scene.checkout("HEAD~2", force=True)
    assert not (scene.folder / "a").is_symlink()
    assert not (outside / "a").exists()


@pytest.mark.parametrize("path", [".git/hooks/pre-commit", "x/.GIT/config", ".weigh/history", "d/.weigh./x"])
def test_a_hostile_tree_cannot_write_into_version_control(scene, path):
    scene.write({"a": "1"})
    done = scene.commit()
    history = scene.history()
    commit = history.commit(done.id)
    file = history.tree(commit.tree).files[0]
    with history.objects.writing() as writer:
        from dataclasses import replace

        from weigh.versions.history import put_commit

        tree = put_tree(writer, Tree((TreeFile(path, file.id, file.sha256, file.size),)))
        bad = put_commit(writer, replace(commit, tree=tree))
    with pytest.raises(RefusedError, match="cannot be kept"):
        scene.checkout(bad)
    assert scene.files() == {"a": b"1"}


def test_files_the_store_has_whole_are_linked_when_asked(scene, three):
    blobs = Blobs(scene.desk.places.store)
    sha256 = blobs.put(three[0]["model.safetensors"])

    def placer(folder):
        return Placer(scene.history().objects, folder, blobs=blobs, link=link)

    done = scene.checkout("HEAD~2", placer=placer)
    assert done.linked == 1
    assert scene.files() == three[0]
    # A stored file that was damaged is not linked; the packs have it.
    scene.checkout("main")
    stored = blobs.path(sha256)
    stored.chmod(0o644)
    stored.write_bytes(b"wrong")
    done = scene.checkout("HEAD~2", placer=placer)
    assert done.linked == 0
    assert scene.files() == three[0]


def test_permissions_come_back(scene):
    scene.write({"run.sh": "#!/bin/sh\n", "plain": "p"})
    (scene.folder / "run.sh").chmod(0o755)
    scene.commit()
    for name in ("run.sh", "plain"):
        (scene.folder / name).unlink()
    scene.checkout("HEAD")
    assert os.access(scene.folder / "run.sh", os.X_OK)
    assert (
        not os.access(scene.folder / "plain", os.X_OK) or not (scene.folder / "plain").stat().st_mode & 0o100
    )


def test_a_file_where_a_folder_was_and_back(scene):
    scene.write({"x/y": "1"})
    scene.commit()
    (scene.folder / "x/y").unlink()
    (scene.folder / "x").rmdir()
    scene.write({"x": "file"})
    scene.commit("file", [""])
    scene.checkout("HEAD~1")
    assert scene.files() == {"x/y": b"1"}
    scene.checkout("main")
    assert scene.files() == {"x": b"file"}


def test_a_damaged_head_says_so_and_can_be_written_again(scene, three):
    place = scene.history().place
    (place / "HEAD").write_bytes(b"\x00\xff garbage")
    with pytest.raises(MalformedError, match="HEAD is damaged"):
        scene.commit()
    scene.checkout("main", force=True)
    assert scene.files() == three[2]
    scene.write({"d/e/f": "on"})
    assert scene.commit().branch == "main"


def test_two_folders_of_one_history_have_their_own_versions_out(scene, three, tmp_path):
    from weigh.versions.working_folder import attach

    other = Scene(tmp_path, "second")
    attach(other.desk, other.folder, "model")
    other.checkout("main~2")
    assert other.files() == three[0]
    assert scene.history().refs.head == "refs/heads/main"
    assert other.history().refs.head == ""
