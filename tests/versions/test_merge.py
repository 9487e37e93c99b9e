"""Merging: what one side alone changed is taken, what both changed is decided or told, nothing is lost."""

import json
import os

import pytest
from tests.versions.merge_scene import NAME, MergeScene, conflicts, moved, tensors

from weigh.core.errors import ConflictError, NotFoundError, RefusedError, UsageError
from weigh.core.events import Progress
from weigh.versions.checked_out import read_checked_out
from weigh.versions.conflicts import Why
from weigh.versions.merge import Forward, Outcome
from weigh.versions.merge_files import How
from weigh.versions.working_folder import attach


@pytest.fixture
def scene(tmp_path):
    return MergeScene(tmp_path)


def test_a_branch_without_versions_of_its_own_is_moved_forward(scene):
    scene.write({"a": "1"})
    first = scene.commit()
    scene.branch("tune")
    scene.checkout("tune")
    scene.write({"a": "2", "b": "1"})
    second = scene.commit("second", [""])
    scene.checkout("main")
    done = scene.merge()
    assert (done.outcome, done.id, done.branch) == (Outcome.FORWARD, second.id, "main")
    assert scene.files() == {"a": b"2", "b": b"1"}
    assert scene.history().refs.get("refs/heads/main") == second.id
    assert scene.merge().outcome is Outcome.NOTHING_NEW
    assert scene.merge("HEAD~1").outcome is Outcome.NOTHING_NEW
    assert first.id != second.id


def test_a_version_is_made_where_moving_was_forbidden_and_refused_where_only_it_was_allowed(scene):
    scene.write({"a": "1"})
    first = scene.commit()
    scene.branch("tune")
    scene.checkout("tune")
    scene.write({"a": "2"})
    second = scene.commit()
    scene.checkout("main")
    done = scene.merge(forward=Forward.NEVER)
    assert done.outcome is Outcome.MERGED
    assert scene.history().commit(done.id).parents == (first.id, second.id)
    assert scene.files() == {"a": b"2"}
    scene.checkout("tune")
    scene.write({"a": "3"})
    scene.commit()
    with pytest.raises(RefusedError, match="does not follow"):
        scene.merge("main", forward=Forward.ONLY)


def test_what_one_side_changed_added_or_took_away_is_taken(scene):
    scene.apart(
        {"same": "0", "ours": "0", "theirs": "0", "gone here": "0", "gone there": "0", "both": "0"},
        {"ours": "1", "gone here": None, "new here": "n", "both": "2"},
        {"theirs": "1", "gone there": None, "sub/new there": "n", "both": "2"},
    )
    ours, theirs = scene.history().find("main"), scene.history().find("tune")
    done = scene.merge()
    wanted = {
        "same": b"0", "ours": b"1", "theirs": b"1", "new here": b"n", "sub/new there": b"n", "both": b"2",
    }  # fmt: skip
    assert scene.files() == wanted
    commit = scene.history().commit(done.id)
    assert commit.parents == (ours, theirs)
    assert commit.title == "Merge tune into main"
    assert commit.provenance.made_by == f"merge {theirs}"
    assert scene.history().refs.current() == done.id
    assert read_checked_out(scene.history().place).commit == done.id
    told = {one.path: one.how for one in done.decided}
    assert told == {"theirs": How.THEIRS, "gone there": How.REMOVED, "sub/new there": How.THEIRS}
    assert scene.merge().outcome is Outcome.NOTHING_NEW


def test_configurations_are_merged_by_keys_and_texts_told(scene):
    scene.apart(
        {"config.json": '{"a": 1, "b": {"c": 1, "d": 1}}', "README.md": "0", "x": "0", "y": "0"},
        {"config.json": '{"a": 2, "b": {"c": 2, "d": 1}}', "README.md": "1", "x": None, "y": "1"},
        {"config.json": '{"a": 3, "b": {"c": 1, "d": 3}, "e": 1}', "README.md": "2", "x": "2", "y": None},
    )
    done = scene.merge(strategy="average")
    assert conflicts(done) == [
        ("README.md", "", Why.BOTH_CHANGED), ("config.json", "a", Why.BOTH_CHANGED),
        ("x", "", Why.DELETED_HERE), ("y", "", Why.DELETED_THERE),
    ]  # fmt: skip
    scene.merge(by_file=["README.md=theirs", "config.json=ours", "x=theirs", "y=theirs"])
    files = scene.files()
    assert json.loads(files.pop("config.json")) == {"a": 2, "b": {"c": 2, "d": 3}, "e": 1}
    assert files == {"README.md": b"2", "x": b"2"}


def test_a_file_where_the_other_side_has_a_folder_is_told(scene):
    scene.apart({"a": "0"}, {"x": "1"}, {"x/y": "1"})
    done = scene.merge(strategy="ours")
    assert conflicts(done) == [("x", "", Why.FILE_AND_FOLDER)]


@pytest.mark.skipif(os.name != "posix", reason="only posix file systems say who may run a file")
def test_permission_to_run_is_merged_by_itself(scene):
    scene.apart({"run": "0", "same": "0"}, {"run": "1"}, lambda: (scene.folder / "run").chmod(0o755) or {})
    scene.merge()
    assert scene.files()["run"] == b"1"
    assert os.access(scene.folder / "run", os.X_OK)


def test_changes_that_no_version_has_are_never_overwritten(scene):
    scene.apart({"a": "0", "b": "0"}, {"b": "1"}, {"a": "2", "new": "n"})
    scene.write({"b": "mine"})
    before = scene.state()
    with pytest.raises(RefusedError, match="changes that no version has: b"):
        scene.merge()
    assert scene.state() == before
    scene.checkout("HEAD", force=True)
    scene.write({"new": "mine"})
    before = scene.state()
    with pytest.raises(RefusedError, match="new would be overwritten"):
        scene.merge()
    assert scene.state() == before
    (scene.folder / "new").write_text("n")
    assert scene.merge().outcome is Outcome.MERGED


def test_a_fast_forward_overwrites_nothing_either(scene):
    scene.write({"a": "0", "b": "0"})
    scene.commit()
    scene.branch("tune")
    scene.checkout("tune")
    scene.write({"a": "1"})
    scene.commit()
    scene.checkout("main")
    scene.write({"a": "mine", "b": "mine"})
    before = scene.state()
    with pytest.raises(RefusedError, match="a would be overwritten"):
        scene.merge()
    assert scene.state() == before
    scene.write({"a": "0"})
    assert scene.merge().outcome is Outcome.FORWARD
    assert scene.files() == {"a": b"1", "b": b"mine"}


def test_a_file_that_has_to_be_made_meets_one_in_its_way(scene):
    scene.apart({"x": "0"}, {"c.json": '{"a": 1}'}, {"c.json": '{"b": 2}'})
    scene.checkout("main")
    (scene.folder / "c.json").write_text("mine")
    with pytest.raises(RefusedError):
        scene.merge()
    assert scene.files()["c.json"] == b"mine"


def test_what_a_remote_has_is_merged_by_its_name(scene):
    scene.apart({"a": "0"}, {"b": "1"}, {"a": "2"})
    history = scene.history()
    theirs = history.find("tune")
    history.refs.move("refs/remotes/origin/main", "", theirs, why="fetch origin", time=1)
    history.refs.move("refs/heads/tune", theirs, "", why="branch deleted", time=1)
    done = scene.merge("origin/main")
    assert scene.history().commit(done.id).title == "Merge origin/main into main"
    assert scene.files() == {"a": b"2", "b": b"1"}


def test_histories_that_crossed_are_noted(scene):
    scene.apart({"a": "0", "b": "0"}, {"a": "1"}, {"b": "2"})
    scene.branch("before")
    scene.merge()
    scene.checkout("tune")
    scene.merge("before")
    scene.write({"a": "3"})
    scene.commit()
    done = scene.merge("main")
    assert len(done.bases) == 2
    assert done.outcome is Outcome.MERGED
    assert scene.files() == {"a": b"3", "b": b"2"}


def test_versions_without_a_common_one(scene, tmp_path):
    base = tensors()
    scene.put({NAME: base, "a": "1"})
    scene.commit("one", [""])
    other = MergeScene(tmp_path, "second")
    history = attach(scene.desk, other.folder, "model")
    history.refs.point_head("refs/heads/alone")
    other.put({NAME: moved(base, base, seed=3), "b": "1"})
    other.commit("two", [""])
    for strategy in (None, "ties"):
        done = scene.merge("alone", strategy=strategy)
        wanted = Why.NO_BASE if strategy else Why.BOTH_CHANGED
        assert conflicts(done) == [(NAME, f"layer.{i}", wanted) for i in range(4)]
        assert done.bases == ()
    scene.merge("alone", strategy="slerp")
    assert {"a", "b", NAME} == set(scene.files())


class Impatient:
    """Whoever watches ends the program when the work is half done."""

    def emit(self, event):
        if isinstance(event, Progress) and event.done > event.total // 2:
            raise KeyboardInterrupt


def test_an_interrupted_merge_leaves_nothing_and_goes_on_when_asked_again(scene):
    base = tensors(rows=65536, count=2)
    scene.apart({NAME: base}, {NAME: moved(base, base, seed=1)}, {NAME: moved(base, base, seed=2)})
    before = scene.state()
    with pytest.raises(KeyboardInterrupt):
        scene.merge(strategy="average", events=Impatient())
    assert scene.state() == before
    assert scene.merge(strategy="average").outcome is Outcome.MERGED


def test_a_branch_that_moved_since_the_folder_was_checked_out(scene, tmp_path):
    scene.apart({"a": "0"}, {"b": "1"}, {"a": "2"})
    other = MergeScene(tmp_path, "second")
    attach(scene.desk, other.folder, "model")
    other.checkout("main")
    other.write({"c": "1"})
    other.commit("elsewhere", [""])
    with pytest.raises(ConflictError, match="was moved since"):
        scene.merge()
    scene.checkout("HEAD")
    assert scene.merge().outcome is Outcome.MERGED


def test_what_cannot_be_merged(scene, tmp_path):
    scene.write({"a": "1"})
    attach(scene.desk, scene.folder, "model")
    with pytest.raises((NotFoundError, UsageError)):
        scene.merge("main")
    scene.commit("one", [""])
    with pytest.raises(NotFoundError):
        scene.merge("nothing")
    for bad in ({"weight": float("nan")}, {"density": 0.0}, {"seed": -1}, {"by_file": ["*=average"]}):
        with pytest.raises(UsageError):
            scene.merge("main", **bad)
