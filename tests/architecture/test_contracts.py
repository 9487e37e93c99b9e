"""The house's contracts hold, and each is shown to break on a planted violation."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def lint(folder):
    environ = {**os.environ, "PYTHONPATH": str(folder / "src")}
    command = [BIN / "lint-imports", "--no-cache", "--config", folder / ".importlinter"]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture
def house(tmp_path):
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def test_the_house_keeps_its_contracts(house):
    result = lint(house)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("core", "import weigh.system.places"),
        ("render", "import weigh.policy.judge"),
        ("formats", "def late():\n    import weigh.store.blobs"),
        ("sources", "import weigh.datasets.table"),
        ("checks/accuracy", "import weigh.project.lock"),
        ("checks/security", "import weigh.checks.slices.slices"),
        ("jobs", "import weigh.cli.main"),
    ],
)
def test_a_planted_import_breaks_a_contract(house, room, line):
    (house / "src/weigh" / room / "planted.py").write_text(line + "\n", encoding="utf-8")
    result = lint(house)
    assert result.returncode != 0
    assert "planted" in result.stdout


def test_a_room_outside_the_plan_breaks_the_exhaustive_contract(house):
    (house / "src/weigh/attic").mkdir()
    (house / "src/weigh/attic/__init__.py").write_text("", encoding="utf-8")
    result = lint(house)
    assert result.returncode != 0
    assert "attic" in result.stdout


@pytest.mark.parametrize("library", ["numpy", "torch", "rich", "httpx2"])
def test_a_heavy_import_at_module_level_is_refused(tmp_path, library):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    planted = tmp_path / "src/weigh/jobs/planted.py"
    planted.parent.mkdir(parents=True)
    planted.write_text(f'"""Planted."""\n\nimport {library}\n\nprint({library})\n', encoding="utf-8")
    command = [BIN / "ruff", "check", "--no-cache", "--select", "TID253", planted]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "TID253" in result.stdout


def modules_after(statement):
    code = f"import sys\n{statement}\nprint(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


HEAVY = {"numpy", "scipy", "sklearn", "duckdb", "onnxruntime", "tokenizers", "rich", "httpx2", "torch"}


def test_help_stays_light():
    bare = modules_after("pass")
    loaded = modules_after(
        "from weigh.cli.main import main\ntry:\n    main.main(['--help'])\nexcept SystemExit:\n    pass"
    )
    assert not loaded & HEAVY
    assert len(loaded - bare) <= 150


@pytest.mark.parametrize(
    "room", ["core", "policy", "render", "code", "project", "sources", "formats", "ledger"]
)
def test_a_light_room_imports_nothing_heavy(room):
    folder = ROOT / "src/weigh" / room
    names = [f"weigh.{room}.{p.stem}" for p in sorted(folder.glob("*.py")) if p.stem != "__init__"]
    loaded = modules_after("\n".join(f"import {name}" for name in names))
    assert not loaded & HEAVY


def test_nothing_outside_the_worker_unpickles_or_evaluates():
    forbidden = ("pickle.load", "torch.load", "joblib.load", "np.load(", "trust_remote_code", "marshal.load")
    hits = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in (ROOT / "src").rglob("*.py")
        for word in forbidden
        if word in path.read_text(encoding="utf-8")
    ]
    assert not hits
