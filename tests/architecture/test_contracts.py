"""The house's contracts hold, and each is shown to break on a planted violation."""

import ast
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


@pytest.mark.parametrize("verb", ["status", "log", "branch", "show"])
def test_a_look_at_the_versions_computes_nothing(verb):
    needed = (f"cli.{verb}", f"jobs.{verb}", "jobs.desk", "jobs.history_told", "render.history_screen")
    assert not modules_after("\n".join(f"import weigh.{name}" for name in needed)) & HEAVY


UNPICKLERS = {"pickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "jsonpickle", "yaml"}
LOADERS = {"torch", "numpy", "np", "pandas", "pd", *UNPICKLERS}
EVALUATORS = {"eval", "exec", "compile", "__import__"}


def runs_foreign_code(tree):
    """What in a tree unpickles, evaluates, or lets a library do so; text that names it is no matter."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.partition(".")[0] in UNPICKLERS)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in UNPICKLERS:
            yield node.module
        elif isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name) if name in EVALUATORS:
                    yield name
                case ast.Attribute(value=ast.Name(id=library), attr="load" | "loads" | "read_pickle" as name):
                    if library in LOADERS:
                        yield f"{library}.{name}"
            for keyword in node.keywords:
                plain = isinstance(keyword.value, ast.Constant) and keyword.value.value is False
                if keyword.arg in {"trust_remote_code", "allow_pickle"} and not plain:
                    yield keyword.arg


def test_nothing_unpickles_or_evaluates():
    hits = [
        f"{path.relative_to(ROOT)}: {hit}"
        for path in (ROOT / "src").rglob("*.py")
        for hit in runs_foreign_code(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not hits


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "def f():\n    from marshal import loads",
        "import torch\ntorch.load('x')",
        "eval('1')",
        "AutoModel.from_pretrained('x', trust_remote_code=True)",
        "np.load('x', allow_pickle=flag)",
    ],
)
def test_the_search_for_foreign_code_sees_it(text):
    assert list(runs_foreign_code(ast.parse(text)))


def test_a_scan_of_one_file_imports_click_and_nothing_else_of_others(tmp_path):
    (tmp_path / "m.pkl").write_bytes(b"\x80\x04K\x01.")
    code = (
        "import sys\n"
        "from weigh.cli.main import main\n"
        "main.main(['scan', 'm.pkl', '--json'], standalone_mode=False)\n"
        "names = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(names - sys.stdlib_module_names - {'weigh', '__main__'}), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    others = set(ast.literal_eval(done.stderr.strip().splitlines()[-1]))
    # Whatever an editable installation puts into every process is not ours to answer for.
    assert {
        name
        for name in others
        if not name.startswith(("_", "sphinxcontrib", "mpl_toolkits", "sitecustomize"))
    } == {"click"}
