"""The verbs of version control as a user types them, in a folder of their own."""

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

VERBS = {
    "commit": "commit", "status": "status", "log": "log", "show": "show", "checkout": "checkout",
    "branch": "branch", "tag": "tag", "restore": "restore",
}  # fmt: skip


def register(monkeypatch):
    from weigh.cli.main import COMMANDS

    for name, module in VERBS.items():
        monkeypatch.setitem(COMMANDS, name, (f"weigh.cli.{module}:{name}", ""))
    monkeypatch.setitem(COMMANDS, "import", ("weigh.cli.import_versions:import_versions", ""))
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WEIGH_AUTHOR", "Ada <ada@example.org>")


def model(path, *, step=0.0, rows=96):
    rng = np.random.default_rng(7)
    change = np.random.default_rng(8)
    tensors = {f"layer.{i}": rng.normal(size=(rows, 64)).astype("f4") for i in range(2)}
    tensors = {n: (v + step * change.normal(size=v.shape)).astype("f4") for n, v in tensors.items()}
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path)
    return tensors
