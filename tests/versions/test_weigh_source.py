"""`weigh:` refs through the interface that every source has."""

import pytest

from weigh.core.errors import IntegrityError, NotFoundError, UsageError
from weigh.core.ref import parse_ref
from weigh.sources.source import Locked
from weigh.store.blobs import Blobs
from weigh.versions.weigh_source import WeighSource


@pytest.fixture
def source(scene):
    scene.model()
    scene.write({"config.json": "{}", "onnx/m.bin": "m"})
    scene.commit()
    scene.write({"config.json": '{"a": 1}'})
    scene.commit()
    history = scene.history()
    history.refs.move("refs/tags/v1", "", history.find("HEAD~1"), why="", time=0)
    return WeighSource(scene.desk)


def test_entries_and_bytes(scene, source):
    blobs = Blobs(scene.desk.places.store)
    for entry in source.entries(parse_ref("weigh:model@v1")):
        got = source.fetch(entry.ref, blobs)
        data = blobs.path(got.sha256).read_bytes()
        assert data == (b"{}" if entry.path == "config.json" else (scene.folder / entry.path).read_bytes())
        assert source.fetch(entry.ref, blobs).method == "present"
    assert [e.path for e in source.entries(parse_ref("weigh:model#onnx"))] == ["m.bin"]
    assert [e.path for e in source.entries(parse_ref("weigh:model@main~1#onnx/m.bin"))] == ["m.bin"]
    assert source.cost(parse_ref("weigh:model"), {}).bytes_needed == 0


def test_what_a_ref_means_now(source, scene):
    tip = scene.history().find("main")
    moving = source.origin(parse_ref("weigh:model@main"))
    assert (str(moving.exact), moving.moving, moving.tag) == (f"weigh:model@{tip}", True, False)
    tagged = source.origin(parse_ref("weigh:model@v1"))
    assert (tagged.tag, tagged.declared_version, tagged.moving) == (True, "v1", True)
    assert not source.origin(moving.exact).moving
    assert source.origin(parse_ref("weigh:model")).exact == moving.exact


def test_what_is_not_there(source, scene):
    for text in ("weigh:none", "weigh:model@none", "weigh:model#none", "weigh:model#onnx!/x"):
        with pytest.raises(NotFoundError):
            source.entries(parse_ref(text))
    with pytest.raises(UsageError):
        source.entries(parse_ref("weigh:../../x"))
    with pytest.raises(UsageError):
        source.fetch(parse_ref("weigh:model"), Blobs(scene.desk.places.store))


def test_other_bytes_than_locked(source, scene):
    locked = Locked("config.json", "", 2, "ab" * 32)
    with pytest.raises(IntegrityError, match="not what was locked"):
        source.fetch(parse_ref("weigh:model#config.json"), Blobs(scene.desk.places.store), locked=locked)
