"""The pre-commit hooks and the action: what they run is run here, as their files say it."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from weigh.cli.main import COMMANDS
from weigh.formats.yaml_subset import read_yaml_map

ROOT = Path(__file__).resolve().parents[2]
HARM = b"\x80\x04cposix\nsystem\n\x8c\x04trueq\x00\x85R."
CLEAN = b"\x80\x04K\x01."


def read(name, top=""):
    text = (ROOT / name).read_text(encoding="utf-8")
    value, unread = read_yaml_map(f"{top}:\n{text}" if top else text)
    assert not unread
    return value


HOOKS = {hook["id"]: hook for hook in read(".pre-commit-hooks.yaml", "hooks")["hooks"]}
ACTION = read("action/action.yml")
needs_discover = pytest.mark.skipif("discover" not in COMMANDS, reason="the command discover is not listed")


@pytest.fixture
def project(tmp_path):
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    text = '[data.d]\nfiles = [{ from = "file:rows.csv", to = "rows.csv" }]\n'
    (tmp_path / "models.toml").write_text(text, encoding="utf-8")
    (tmp_path / "ok.pkl").write_bytes(CLEAN)
    return tmp_path


def environment(tmp_path, **more):
    bin_folder = str(Path(sys.executable).parent)
    return {
        "PATH": os.pathsep.join([bin_folder, os.environ["PATH"]]),
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "HOME": str(tmp_path),
        "WEIGH_HOME": str(tmp_path / ".home"),
        **more,
    }


def run(command, project, **more):
    return subprocess.run(
        command, cwd=project, env=environment(project, **more), capture_output=True, text=True, check=False
    )


def hook(name, project, *files):
    return run([*shlex.split(HOOKS[name]["entry"]), *files], project)


def test_every_hook_says_what_pre_commit_needs():
    assert set(HOOKS) == {"weigh-discover-check", "weigh-lock-check", "weigh-scan"}
    for entry in HOOKS.values():
        assert entry["language"] == "python"
        assert entry["entry"].startswith("weigh ")
        re.compile(entry.get("files", ""))


def test_the_hook_of_the_lock(project):
    assert hook("weigh-lock-check", project).returncode == 1
    assert run(["weigh", "lock"], project).returncode == 0
    assert hook("weigh-lock-check", project).returncode == 0


def test_the_hook_of_the_scan(project):
    assert hook("weigh-scan", project, "ok.pkl").returncode == 0
    (project / "bad.pkl").write_bytes(HARM)
    assert hook("weigh-scan", project, "ok.pkl", "bad.pkl").returncode == 1
    files = HOOKS["weigh-scan"]["files"]
    assert re.search(files, "a/model.safetensors")
    assert not re.search(files, "a/model.py")


@needs_discover
def test_the_hook_of_discover(project):
    assert hook("weigh-discover-check", project).returncode == 0
    text = 'from transformers import AutoModel\nAutoModel.from_pretrained("acme/encoder")\n'
    (project / "app.py").write_text(text, encoding="utf-8")
    assert hook("weigh-discover-check", project).returncode == 1


def steps(project, **inputs):
    """Run the action's own steps but the installation; returns how the last ended, and its outputs."""
    values = {name: told["default"] for name, told in ACTION["inputs"].items()} | inputs
    outputs = project / "outputs"
    outputs.write_text("", encoding="utf-8")
    ended = None
    for step in ACTION["runs"]["steps"]:
        if "pip install" in step["run"]:
            continue
        given = {
            name: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda m: values[m[1]], text)
            for name, text in step.get("env", {}).items()
        }
        places = {
            "GITHUB_ACTION_PATH": str(ROOT / "action"),
            "GITHUB_WORKSPACE": str(project),
            "GITHUB_OUTPUT": str(outputs),
        }
        assert "${{" not in step["run"], "an input in a script would be run as part of it"
        ended = run([step["shell"], "-e", "-c", step["run"]], project, **given, **places)
    return ended, outputs.read_text(encoding="utf-8")


def test_the_action_checks_lock_and_scan(project):
    run(["weigh", "lock"], project)
    ended, outputs = steps(project, command="lock scan")
    assert ended.returncode in {0, 3}, ended.stderr
    assert outputs == "sarif=weigh.sarif\n"
    assert '"2.1.0"' in (project / "weigh.sarif").read_text(encoding="utf-8")


def test_the_action_goes_on_and_ends_with_the_worst(project):
    (project / "bad.pkl").write_bytes(HARM)
    ended, outputs = steps(project, command="lock scan")
    assert ended.returncode == 1
    assert "::group::weigh scan" in ended.stdout
    assert outputs


@needs_discover
def test_the_action_as_it_is_by_default(project):
    run(["weigh", "lock"], project)
    text = 'from transformers import AutoModel\nAutoModel.from_pretrained("acme/encoder")\n'
    (project / "app.py").write_text(text, encoding="utf-8")
    ended, _ = steps(project)
    assert ended.returncode == 1
    assert "acme/encoder" in ended.stdout


@pytest.mark.parametrize(
    "inputs",
    [
        {"command": "scan; touch evil"},
        {"command": "*"},
        {"path": "--help"},
        {"strict": "$(touch evil)"},
        {"command": "scan", "sarif": "$(touch evil)\nother=1"},
    ],
)
def test_an_input_is_never_a_command(project, inputs):
    ended, outputs = steps(project, **{"command": "lock", **inputs})
    assert not (project / "evil").exists()
    assert "\nother=" not in outputs
    assert ended.returncode != 0 or "sarif" in inputs


def test_the_installation_takes_the_action_s_own_checkout():
    install = ACTION["runs"]["steps"][0]["run"]
    assert install.endswith('"$GITHUB_ACTION_PATH/.."')
    assert (ROOT / "action/../pyproject.toml").is_file()
