"""Ended at any write: what was recorded is there, what was not is nowhere, and the same verb goes on."""

import pytest
from tests.versions.scene import Scene

from weigh.core.errors import StorageError
from weigh.system import atomic
from weigh.versions.working_folder import open_history


class Ended(BaseException):
    """The process is gone: nothing catches it."""


def ending_at(monkeypatch, number, *, after):
    """End the process at the nth file that becomes visible, just before or just after."""
    real, seen = atomic.publish, []

    def publish(descriptor, path, target, *, mode):
        seen.append(target)
        if len(seen) == number and not after:
            raise Ended
        real(descriptor, path, target, mode=mode)
        if len(seen) == number:
            raise Ended

    monkeypatch.setattr(atomic, "publish", publish)
    monkeypatch.setattr("weigh.store.packs.pack_file.publish", publish)
    return seen


@pytest.mark.parametrize("after", [False, True])
def test_a_recording_ended_at_every_write(tmp_path, monkeypatch, after):
    for number in range(1, 40):
        root = tmp_path / str(number)
        root.mkdir()
        scene = Scene(root)
        scene.model()
        scene.write({"a": "1"})
        first = scene.commit("first").id
        scene.model(step=1e-3)
        scene.write({"a": "2"})
        wanted = scene.files()
        with monkeypatch.context() as patched:
            seen = ending_at(patched, number, after=after)
            try:
                scene.commit("second")
            except Ended:
                pass
            else:
                assert len(seen) < number
                break
        history = open_history(scene.desk, scene.folder)
        tip = history.refs.current()
        assert [one.commit.title for one in history.log(tip)][-1] == "first"
        if tip == first:
            scene.commit("second")
        scene.checkout("HEAD~1")
        assert scene.history().refs.current() == first
        scene.checkout("main")
        assert scene.files() == wanted
    else:
        pytest.fail("a recording makes more files visible than expected")


def test_a_full_disk_is_named_and_nothing_is_recorded(scene, monkeypatch):
    scene.model()
    first = scene.commit("first").id
    scene.model(step=1e-3)

    def full(_descriptor, _data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("weigh.store.packs.pack_file.write_all", full)
        with pytest.raises(StorageError, match="no room"):
            scene.commit("second")
    assert scene.history().refs.current() == first
    assert scene.commit("second").changed
    with monkeypatch.context() as patched:
        patched.setattr("weigh.versions.placing.write_all", full)
        with pytest.raises(StorageError, match="no room"):
            scene.checkout("HEAD~1")
    scene.checkout("HEAD~1")
    assert scene.history().refs.current() == first
