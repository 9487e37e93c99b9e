"""`weigh import`: caches and folders become versions, nothing in them is touched."""

import json
import os

import pytest
from tests.cli.history_scene import model, register

COMMITS = ("1" * 40, "2" * 40)


@pytest.fixture(autouse=True)
def verbs(weigh, monkeypatch):
    register(monkeypatch)


@pytest.fixture
def cache(tmp_path):
    """A hub cache with one repository, two snapshots and a tag, as huggingface_hub lays it out."""
    repository = tmp_path / "hub" / "models--acme--tiny"
    for number, commit in enumerate(COMMITS):
        snapshot = repository / "snapshots" / commit
        (snapshot / "onnx").mkdir(parents=True)
        blob = repository / "blobs" / (f"{number}" * 8)
        model(blob, step=number * 1e-4)
        (snapshot / "model.safetensors").symlink_to(os.path.relpath(blob, snapshot))
        same = repository / "blobs" / "config"
        same.write_text("{}")
        (snapshot / "onnx/config.json").symlink_to(os.path.relpath(same, snapshot / "onnx"))
        os.utime(snapshot, (1000 + number, 1000 + number))
    (repository / "refs").mkdir()
    (repository / "refs/main").write_text(COMMITS[1])
    (repository / "refs/v1").write_text(COMMITS[0])
    return tmp_path / "hub"


def listing(folder):
    return {p: p.lstat().st_mtime_ns for p in folder.rglob("*")}


def test_a_cache(weigh, cache, monkeypatch):
    before = listing(cache)
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    ended = weigh("import", "hf-cache", "--json")
    assert ended.code == 0, ended.err
    (done,) = json.loads(ended.out)
    assert done["history"] == "acme--tiny"
    assert [v["title"] for v in done["versions"]] == [f"hf:acme/tiny/{commit}" for commit in COMMITS]
    assert [b["name"] for b in done["branches"]] == ["v1"]
    assert done["stored"] < 0.8 * done["size"]
    assert listing(cache) == before
    again = json.loads(weigh("import", str(cache), "--json").out)[0]
    assert (again["versions"], again["known"]) == ([], 2)
    assert "main" in weigh("log", "--history", "acme--tiny").out
    out = weigh("restore", "main~1", "model.safetensors", "--history", "acme--tiny")
    assert out.code == 0, out.err
    blob = cache / "models--acme--tiny" / "blobs" / "00000000"
    assert (cache.parent / "model.safetensors").read_bytes() == blob.read_bytes()


def test_a_cache_that_leads_elsewhere_or_is_incomplete(weigh, cache, tmp_path):
    snapshot = cache / "models--acme--tiny" / "snapshots" / COMMITS[0]
    (tmp_path / "secret").write_text("s")
    (snapshot / "stolen").symlink_to(tmp_path / "secret")
    ended = weigh("import", str(cache))
    assert (ended.code, "leads out of the cache" in ended.err) == (1, True)
    (snapshot / "stolen").unlink()
    (snapshot / "torn").symlink_to("../../blobs/missing")
    ended = weigh("import", str(cache))
    assert (ended.code, "leads to nothing" in ended.err) == (2, True)
    assert weigh("import", str(cache), "--only", "acme/other").code == 2


def test_checkpoints_in_counting_order(weigh, tmp_path):
    for step in (1000, 500, 90):
        model(tmp_path / f"runs/checkpoint-{step}/model.safetensors", step=step * 1e-6)
    ended = weigh("import", "runs", "--each", "--history", "run", "--json")
    assert ended.code == 0, ended.err
    titles = [v["title"] for v in json.loads(ended.out)[0]["versions"]]
    assert titles == ["checkpoint-90", "checkpoint-500", "checkpoint-1000"]
    assert "checkpoint-1000" in weigh("log", "--graph", "--history", "run").out


def test_what_cannot_be_taken_in(weigh, tmp_path):
    (tmp_path / "empty").mkdir()
    assert weigh("import", "empty").code == 1
    assert weigh("import", "nothing").code == 2
    (tmp_path / "empty/link").symlink_to("/etc/hostname")
    assert weigh("import", "empty").code == 1
    (tmp_path / "nowhere").mkdir()
    assert weigh("import", "hf-cache", "--only", "x/y").code == 2


def test_only_is_refused_where_nothing_can_be_chosen(weigh, tmp_path):
    model(tmp_path / "run" / "model.safetensors")
    ended = weigh("import", str(tmp_path / "run"), "--only", "acme/tiny")
    assert (ended.code, "--only names repositories" in ended.err) == (2, True)
    assert weigh("log", "--history", "run").code == 2


def test_the_folder_one_stands_in_has_its_own_name(weigh, tmp_path, monkeypatch):
    model(tmp_path / "runs" / "last" / "model.safetensors")
    monkeypatch.chdir(tmp_path / "runs" / "last")
    ended = weigh("import", ".", "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)[0]["versions"][0]["title"] == "last"
