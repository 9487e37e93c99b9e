"""Where the real client libraries of these tests lie, and what they are told to load."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

BUILD = Path(__file__).parents[2] / "build"


def hub_client(name):
    """Folder of one installed client, made by `./dev hubs`; skips when it is not there."""
    folder = Path(os.environ.get("WEIGH_HUB_CLIENTS", BUILD / "hubs")) / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is missing; ./dev hubs makes it")
    return str(folder)


@cache
def _has(python, module):
    if not Path(python).exists():
        return False
    asked = [python, "-c", f"import importlib.util as u, sys; sys.exit(u.find_spec({module!r}) is None)"]
    return subprocess.run(asked, check=False).returncode == 0


def client_python(module, *, variable="WEIGH_CLIENT_PYTHON", default=sys.executable):
    """A Python in which a library can be imported; skips when there is none."""
    python = os.environ.get(variable, str(default))
    if not _has(python, module):
        pytest.skip(f"{module} is not installed for {python}; ./dev clients installs it")
    return python


def tensorflow_python():
    """The Python of the environment that holds tensorflow, which shares with no other client."""
    return client_python(
        "tensorflow", variable="WEIGH_TF_PYTHON", default=BUILD / "clients-tensorflow" / "bin" / "python"
    )


NETS = ((), ("--no-network",))


def loads(scene, python, program, *, environment=None, nets=NETS):
    """Run a program under `weigh run`, with hubs kept away and with no network; its last output."""
    out = ""
    for net in nets:
        env = scene.environment(**(environment or {}))
        process = scene.start("run", *net, "--", python, "-c", program, env=env)
        out, err = process.communicate(timeout=240)
        assert process.returncode == 0, err[-4000:]
    return out
