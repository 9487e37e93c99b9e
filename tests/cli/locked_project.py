"""A project whose models come from a hub on this machine; shared by the tests of several commands."""

import json
import struct

import pytest
from tests.sources.hub_server import HubServer, Repo

from weigh.cli import main as program

NEW = ("bundle", "diff", "export", "pin", "unbundle", "update", "vendor")
MANIFEST = '[models.encoder]\nref = "hf:acme/encoder@main"\n'


def safetensors(**tensors):
    """name=(dtype, shape, bytes) as a safetensors file."""
    header, body = {}, b""
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {
            "dtype": dtype,
            "shape": list(shape),
            "data_offsets": [len(body), len(body) + len(data)],
        }
        body += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + body


def weights(*, head=3, bias=0, dtype="F32"):
    size = 4 if dtype == "F32" else 2
    return safetensors(
        body=("F32", [2], bytes(8)),
        head=("F32", [head], bytes(4 * head)),
        bias=("F32", [1], bytes([bias, 0, 0, 0])),
        scale=(dtype, [1], bytes(size)),
    )


def first_files():
    return {
        "config.json": b'{"model_type": "bert", "num_labels": 2, "id2label": {"0": "bad", "1": "good"}}',
        "model.safetensors": weights(),
        "README.md": b"---\nlicense: apache-2.0\n---\n# Encoder\n",
        "modeling_acme.py": b"import math\n\n\ndef width():\n    return 1\n",
    }


def second_files():
    files = first_files()
    files["config.json"] = b'{"model_type": "bert", "num_labels": 3, "extra": true, "id2label": {"0": "bad"}}'
    files["model.safetensors"] = weights(head=4, bias=1, dtype="F16")
    files["README.md"] = b"---\nlicense: cc-by-nc-4.0\n---\n# Encoder\n"
    files["modeling_acme.py"] = b"import os\n\n\ndef width():\n    return os.cpu_count()\n"
    files["vocab.txt"] = b"a\nb\n"
    return files


@pytest.fixture(autouse=True, name="commands")
def new_commands(monkeypatch):
    for name in NEW:
        monkeypatch.setitem(program.COMMANDS, name, (f"weigh.cli.{name}:{name}", ""))


@pytest.fixture(name="hub")
def local_hub(monkeypatch, tmp_path):
    with HubServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
            monkeypatch.delenv(name, raising=False)
        server.repos["acme/encoder"] = Repo()
        server.repos["acme/encoder"].commit(first_files())
        yield server


@pytest.fixture(name="project")
def locked_project(weigh, hub, tmp_path):
    """A locked project in a folder of its own; the working folder is there."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "models.toml").write_text(MANIFEST, encoding="utf-8")
    ended = weigh("lock", "--project", str(folder))
    assert ended.code == 0, ended.err
    return folder
