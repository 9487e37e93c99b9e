"""A version as a plain folder: all of it or nothing."""

from pathlib import Path

import pytest

from weigh.core.errors import IntegrityError, MalformedError, RefusedError
from weigh.core.events import Silent
from weigh.versions.exporting import export_version
from weigh.versions.placing import Placer


@pytest.fixture
def history(scene):
    scene.model()
    scene.write({"d/e": "x", "empty": ""})
    scene.commit()
    return scene.history()


def listing(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_all_of_it(scene, history, tmp_path):
    target = tmp_path / "out" / "v1"
    export_version(history, "HEAD", target, events=Silent())
    assert listing(target) == scene.files()
    assert [p.name for p in target.parent.iterdir()] == ["v1"]
    empty = tmp_path / "empty"
    empty.mkdir()
    export_version(history, "HEAD", empty, events=Silent())
    assert listing(empty) == scene.files()


def test_or_nothing(scene, history, tmp_path, monkeypatch):
    target = tmp_path / "out"
    real, done = Placer.put, []

    def fails(self, file):
        if done:
            raise IntegrityError("damaged")
        done.append(file)
        return real(self, file)

    monkeypatch.setattr(Placer, "put", fails)
    with pytest.raises((IntegrityError, MalformedError)):
        export_version(history, "HEAD", target, events=Silent())
    assert not target.exists()
    assert not [p for p in tmp_path.iterdir() if p.name.endswith(".tmp")]


def test_nothing_is_written_over(scene, history, tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("file", "full", "link"):
        with pytest.raises(RefusedError, match="not empty"):
            export_version(history, "HEAD", tmp_path / name, events=Silent())


def test_the_folder_one_stands_in_is_not_replaced(scene, history, tmp_path, monkeypatch):
    here = tmp_path / "empty"
    here.mkdir()
    monkeypatch.chdir(here)
    with pytest.raises(RefusedError, match="the folder you are in"):
        export_version(history, "main", Path(), events=Silent())
