"""`weigh diff` of models as a job: paths, versions of a history, and mistakes."""

import json

import numpy as np
import pytest
from tests.store.compare.model_files import matrix, safetensors

from weigh.core.errors import NotFoundError, UsageError
from weigh.core.events import Silent
from weigh.core.model_diff import Turn
from weigh.jobs.diff_models import diff_models
from weigh.jobs.workbench import open_workbench

BASE = {"layer.0.weight": matrix(1, 30, 40), "layer.1.weight": matrix(2, 30, 40)}
MOVED = {**BASE, "layer.1.weight": BASE["layer.1.weight"] * np.float32(1.5)}


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setenv("WEIGH_HOME", str(tmp_path / "home"))
    opened = open_workbench(Silent(), offline=True)
    yield opened
    opened.close()


@pytest.fixture
def diff(bench, tmp_path, monkeypatch):
    place = tmp_path / "project"
    place.mkdir()
    monkeypatch.chdir(place)
    return lambda *things: diff_models(bench, things, folder=place, project=place)


def test_two_files_of_other_names_are_one_model(diff, tmp_path):
    (tmp_path / "a.safetensors").write_bytes(safetensors(BASE))
    (tmp_path / "b.safetensors").write_bytes(safetensors(MOVED))
    found = diff(str(tmp_path / "a.safetensors"), str(tmp_path / "b.safetensors"))
    assert [(t.name, t.turn) for t in found.tensors] == [("layer.1.weight", Turn.CHANGED)]
    assert found.tensors[0].distance.relative_l2 == pytest.approx(0.5, rel=1e-4)
    assert len(found.files) == 1


def test_two_folders(diff, tmp_path):
    for name, tensors, labels in (("a", BASE, {"0": "x"}), ("b", MOVED, {"0": "y"})):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(safetensors(tensors))
        (folder / "config.json").write_text(json.dumps({"id2label": labels}))
    found = diff(str(tmp_path / "a"), str(tmp_path / "b"))
    assert len(found.tensors) == 1
    assert [c.what for c in found.lists] == ["labels"]
    assert not diff(str(tmp_path / "a"), str(tmp_path / "a")).differs


def test_what_is_not_there_is_named(diff, tmp_path):
    (tmp_path / "a.safetensors").write_bytes(safetensors(BASE))
    with pytest.raises((NotFoundError, UsageError), match="nowhere"):
        diff(str(tmp_path / "a.safetensors"), "./nowhere")
    with pytest.raises(UsageError, match="two"):
        diff()
    with pytest.raises(UsageError, match="3"):
        diff("a", "b", "c")
