"""Recording versions: what is taken in, what is refused, and that nothing half-done can be seen."""

import os

import pytest
from tests.versions.scene import Scene

from weigh.core.errors import ConflictError, NotFoundError, RefusedError, StorageError
from weigh.versions import record_version as recording
from weigh.versions.checked_out import read_checked_out, write_checked_out


def paths_of(scene, revision="HEAD"):
    return [file.path for file in scene.history().tree_of(revision).files]


def test_the_first_version_takes_every_file_but_what_is_ignored(scene):
    scene.model()
    scene.write(
        {
            "config.json": "{}", "sub/a.txt": "a", "logs/x.log": "x", ".git/config": "g", "sub/.git/x": "g",
            "weigh-report/report.json": "{}", ".weighignore": "*.log\n",
        }
    )  # fmt: skip
    done = scene.commit("first")
    assert paths_of(scene) == [".weighignore", "config.json", "model.safetensors", "sub/a.txt"]
    assert done.branch == "main"
    commit = scene.history().commit(done.id)
    assert (commit.title, commit.parents, commit.author) == ("first", (), "Ada <ada@example.org>")


def test_later_versions_look_at_the_files_of_the_one_before(scene):
    scene.write({"a": "1", "b": "1"})
    first = scene.commit("first")
    scene.write({"a": "2", "new": "n"})
    second = scene.commit("second")
    assert paths_of(scene) == ["a", "b"]
    assert second.changed == (("a", 1),)
    third = scene.commit("third", ["new"])
    assert paths_of(scene) == ["a", "b", "new"]
    assert [c.id for c in scene.history().log(third.id)] == [third.id, second.id, first.id]


def test_a_file_that_is_gone_goes_and_a_named_path_touches_nothing_else(scene):
    scene.write({"a": "1", "b": "1", "d/c": "1"})
    scene.commit()
    scene.write({"a": "2", "b": "2"})
    (scene.folder / "d/c").unlink()
    assert scene.commit("only b", ["b"]).changed == (("b", 1),)
    assert scene.commit("the folder", ["d"]).removed == ("d/c",)
    tree = scene.history().tree_of("HEAD")
    assert [file.path for file in tree.files] == ["a", "b"]
    assert scene.commit("and a").changed == (("a", 1),)


def test_a_fine_tune_is_kept_as_differences_and_a_copy_as_nothing(scene):
    scene.model(step=0.0)
    first = scene.commit()
    scene.model(step=1e-4)
    second = scene.commit()
    assert second.kept.ways["delta"].raw == 3 * 128 * 128 * 4
    assert second.stored < 0.6 * first.stored
    assert second.against[0][0].startswith("model.safetensors of ")
    scene.write({"copy.safetensors": (scene.folder / "model.safetensors").read_bytes()})
    assert scene.commit("copy", ["copy.safetensors"]).stored < 2000


def test_nothing_to_record_is_said(scene):
    with pytest.raises(RefusedError, match="nothing to record"):
        scene.commit()
    scene.write({"a": "1"})
    scene.commit()
    with pytest.raises(RefusedError, match="nothing to record"):
        scene.commit()
    os.utime(scene.folder / "a", ns=(1, 1))
    with pytest.raises(RefusedError, match="nothing to record"):
        scene.commit()
    with pytest.raises(NotFoundError, match="no file 'zz'"):
        scene.commit("x", ["zz"])


def test_the_permission_to_run_is_part_of_a_version(scene):
    scene.write({"run.sh": "#!/bin/sh\n"})
    scene.commit()
    (scene.folder / "run.sh").chmod(0o755)
    assert scene.commit().changed == (("run.sh", 10),)
    assert scene.history().tree_of("HEAD").file("run.sh").executable


@pytest.mark.parametrize("name", ["a\nb", "a\\b", "a\x1b[0m", "\udcff", "\u202eevil"])
def test_names_that_no_version_can_hold_are_refused(scene, name):
    try:
        (scene.folder / name).write_text("x")
    except (OSError, UnicodeError):
        pytest.skip("this file system has no such names")
    with pytest.raises(RefusedError, match="cannot be kept"):
        scene.commit()
    assert not scene.history().refs.current()


def test_odd_but_plain_names_are_kept(scene):
    names = ["with space", "ünïcode-模型.bin", "-n", "a'b\"c", "%00", "....", "#x", "~", "CON"]
    scene.write({name: name for name in names})
    scene.commit()
    before = scene.files()
    for name in names:
        (scene.folder / name).unlink()
    scene.checkout("HEAD")
    assert scene.files() == before


def test_links_and_pipes_are_refused_and_nothing_is_recorded(scene):
    scene.write({"a": "1"})
    (scene.folder / "link").symlink_to("a")
    with pytest.raises(RefusedError, match="'link' is a link"):
        scene.commit()
    (scene.folder / "link").unlink()
    os.mkfifo(scene.folder / "pipe")
    with pytest.raises(RefusedError, match="device or pipe"):
        scene.commit()
    (scene.folder / "pipe").unlink()
    scene.commit()
    (scene.folder / "a").unlink()
    (scene.folder / "a").symlink_to("/etc/hostname")
    with pytest.raises(RefusedError, match="'a' is a link"):
        scene.commit()
    outside = scene.folder.parent / "outside"
    outside.mkdir()
    (outside / "x").write_text("x")
    (scene.folder / "d").symlink_to(outside)
    with pytest.raises(RefusedError, match="'d' is a link"):
        scene.commit("x", ["d/x"])


def test_a_branch_that_somebody_else_moved_is_not_moved_again(scene):
    scene.write({"a": "1"})
    first = scene.commit().id
    history = scene.history()
    scene.write({"a": "2"})
    second = scene.commit().id
    history.refs.move("refs/heads/main", second, first, why="somebody", time=0)
    history.refs.move("refs/heads/other", "", second, why="somebody", time=0)
    scene.write({"a": "3"})
    third = scene.commit().id
    history.refs.move("refs/heads/main", third, second, why="somebody", time=0)
    scene.write({"a": "4"})
    with pytest.raises(ConflictError, match="moved since this folder"):
        scene.commit()
    assert history.refs.get("refs/heads/main") == second
    assert (scene.folder / "a").read_text() == "4"


def test_two_recordings_at_once_leave_one_winner(scene, monkeypatch):
    scene.write({"a": "1"})
    scene.commit()
    base = scene.history().refs.current()
    real = recording.put_version

    def meanwhile(history, writer, tree, wanted, parent):
        made = real(history, writer, tree, wanted, parent)
        history.refs.move("refs/heads/main", base, "ab" * 32, why="somebody", time=0)
        return made

    monkeypatch.setattr(recording, "put_version", meanwhile)
    scene.write({"a": "2"})
    with pytest.raises(ConflictError, match="moved by somebody else"):
        scene.commit()
    assert scene.history().refs.get("refs/heads/main") == "ab" * 32
    assert read_checked_out(scene.history().place).commit == base


def test_a_recording_that_was_killed_before_the_branch_moved_is_seen_through(scene):
    scene.write({"a": "1"})
    first = scene.commit().id
    scene.write({"a": "2"})
    second = scene.commit().id
    # As it would stand: the note is written, the branch has not moved.
    scene.history().refs.move("refs/heads/main", second, first, why="as if killed", time=0)
    scene.write({"a": "3"})
    scene.commit()
    assert [c.commit.parents for c in scene.history().log(scene.history().refs.current())] == [(first,), ()]


def test_a_file_that_changes_while_it_is_read_is_not_recorded(scene, monkeypatch):
    scene.write({"a": b"x" * 100_000})
    real = recording.add_file

    def meanwhile(*arguments, **named):
        added = real(*arguments, **named)
        scene.write({"a": b"y" * 100_000})
        return added

    monkeypatch.setattr(recording, "add_file", meanwhile)
    with pytest.raises(StorageError, match="changed while it was read"):
        scene.commit()
    assert not scene.history().refs.current()


def test_files_that_look_untouched_are_not_read_again(scene, monkeypatch):
    scene.write({"a": "1", "b": "1"})
    scene.commit()
    place = scene.history().place
    checked = read_checked_out(place)
    write_checked_out(place, checked.commit, checked.files)
    for name in ("a", "b"):
        os.utime(scene.folder / name, ns=(1, 1))
    monkeypatch.setattr("weigh.versions.folder_files.hash_of", lambda _: pytest.fail("read"))
    # Their times moved, so they are read; with the times as noted they are not.
    with pytest.raises(pytest.fail.Exception):
        scene.commit()


def test_a_same_size_change_right_after_recording_is_noticed(scene):
    for round_ in range(5):
        scene.write({"a": f"{round_}"})
        assert scene.commit(str(round_)).changed == (("a", 1),)


def test_a_folder_that_the_history_does_not_know_cannot_write_into_it(scene, tmp_path):
    scene.write({"a": "1"})
    scene.commit()
    other = Scene(tmp_path, "planted")
    other.write({"a": "evil", ".weigh/history": 'name = "model"\n'})
    history = other.history()
    assert history.name == "model"
    with pytest.raises(RefusedError, match="does not know it"):
        recording.record_version(history, recording.Wanted("x", "me", 1), None, events=other.desk.events)


def test_a_folder_joined_without_its_files_cannot_throw_versions_away(scene, tmp_path):
    scene.write({"a": "1"})
    scene.commit()
    other = Scene(tmp_path, "second")
    other.write({"b": "mine"})
    with pytest.raises(ConflictError, match="never checked out"):
        other.commit()
    other.checkout("HEAD")
    assert other.files() == {"a": b"1", "b": b"mine"}
    other.commit("mine", ["b"])
    scene.write({"a": "2"})
    with pytest.raises(ConflictError, match="moved since"):
        scene.commit()


def test_a_file_and_a_folder_of_one_name_cannot_both_be(scene):
    scene.write({"a": "1", "b": "1"})
    scene.commit()
    (scene.folder / "a").unlink()
    scene.write({"a/x": "1"})
    with pytest.raises(RefusedError, match="a file and a folder"):
        scene.commit("x", ["a/x"])
    assert scene.commit("x", [""]).removed == ("a",)


def test_thousands_of_files(scene):
    for folder in range(10):
        (scene.folder / f"d{folder}").mkdir()
        for name in range(200):
            (scene.folder / f"d{folder}/{name}").write_text(f"{folder} {name}")
    assert len(scene.commit().changed) == 2000
    (scene.folder / "d3/7").write_text("other")
    assert scene.commit().changed == (("d3/7", 5),)
