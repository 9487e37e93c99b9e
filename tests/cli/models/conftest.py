"""A hub with a model and its parent; the commands that change and show what a project declares."""

import pytest
from tests.cli.models.declared import FILES, NAME
from tests.sources.hub_server import HubServer

from weigh.cli import main as program

NEW = {
    "init": "weigh.cli.init:init",
    "add": "weigh.cli.add:add",
    "remove": "weigh.cli.remove:remove",
    "tree": "weigh.cli.tree:tree",
    "why": "weigh.cli.why:why",
    "outdated": "weigh.cli.outdated:outdated",
}


@pytest.fixture
def hub(monkeypatch):
    with HubServer() as server:
        server.repo(NAME, FILES)
        server.repos[NAME].number = "65a1"
        server.repos[NAME].author = "acme"
        server.repo("acme/parent", {"config.json": b"{}", "README.md": b"---\nbase_model: acme/grand\n---\n"})
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
            monkeypatch.delenv(name, raising=False)
        yield server


@pytest.fixture(autouse=True)
def commands(monkeypatch):
    for name, target in NEW.items():
        monkeypatch.setitem(program.COMMANDS, name, (target, ""))
