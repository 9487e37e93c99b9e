"""`weigh sync` and `weigh verify` from a models.toml on, as a user types them."""

import json

import pytest
from tests.project.materialise.project_scene import WEIGHTS
from tests.sources.hub_server import HubServer

from weigh.cli.main import COMMANDS

FILES = {"config.json": b"{}", "model.safetensors": WEIGHTS, "README.md": b"---\nlicense: mit\n---\n"}


@pytest.fixture
def hub(monkeypatch):
    for name in ("sync", "verify", "run"):
        monkeypatch.setitem(COMMANDS, name, (f"weigh.cli.{name}:{name}", ""))
    with HubServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        server.repo("acme/tiny", FILES)
        yield server


def declare(folder, name="tiny", more=""):
    text = f'[models.{name}]\nref = "hf:acme/{name}"\n{more}'
    (folder / "models.toml").write_text(text, encoding="utf-8")


def test_one_sync_locks_fetches_and_places(weigh, hub, tmp_path):
    declare(tmp_path, more='groups = ["runtime"]\n')
    assert weigh("sync", "--locked").code == 2
    ended = weigh("sync")
    assert ended.code == 0, ended.err
    commit = hub.repos["acme/tiny"].refs["main"]
    repository = tmp_path / ".weigh/cache/hf/hub/models--acme--tiny"
    assert (repository / "refs/main").read_text() == commit
    assert (repository / "snapshots" / commit / "model.safetensors").read_bytes() == WEIGHTS
    assert "everything is as locked" in weigh("verify").out
    assert weigh("sync", "--locked", "--offline", "--group", "runtime").code == 0
    assert "no model is in a group" in weigh("sync", "--group", "nothing").err
    assert weigh("sync", "--locked", "--frozen").code == 2


def test_the_branch_moves_and_the_cache_does_not(weigh, hub, tmp_path):
    declare(tmp_path)
    assert weigh("sync").code == 0
    commit = hub.repos["acme/tiny"].refs["main"]
    hub.repos["acme/tiny"].commit(FILES | {"config.json": b"[]"})
    assert weigh("sync").code == 0
    main = tmp_path / ".weigh/cache/hf/hub/models--acme--tiny/refs/main"
    assert main.read_text() == commit


def test_what_is_no_longer_declared_goes_with_a_prune(weigh, hub, tmp_path):
    hub.repo("acme/other", {"config.json": b"{ }"})
    declare(tmp_path)
    assert weigh("sync").code == 0
    declare(tmp_path, name="other")
    ended = weigh("sync", "--prune", "--json")
    assert ended.code == 0, ended.err
    assert any("models--acme--tiny" in path for path in json.loads(ended.out)["pruned"])
    assert [p.name for p in (tmp_path / ".weigh/cache/hf/hub").iterdir()] == ["models--acme--other"]


def test_what_a_project_takes_is_listed(weigh, hub, tmp_path):
    declare(tmp_path)
    assert weigh("sync").code == 0
    listed = json.loads(weigh("cache", "ls", "--json").out)
    assert listed["project"]["files"] == 5
    assert weigh("cache", "prune", "--older-than", "0").code == 0
    assert weigh("sync", "--offline").code == 0


def test_a_model_taken_out_does_not_stand_in_the_way_of_a_sync_by_name(weigh, hub, tmp_path):
    hub.repo("acme/other", {"config.json": b"{ }"})
    declare(tmp_path)
    with (tmp_path / "models.toml").open("a", encoding="utf-8") as file:
        file.write('[models.other]\nref = "hf:acme/other"\n')
    assert weigh("sync").code == 0
    assert weigh("remove", "other").code == 0
    ended = weigh("sync", "tiny", "--json")
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    assert list(told["models"]) == ["models.tiny"]
    assert any("models--acme--other" in path for path in told["extra"])
