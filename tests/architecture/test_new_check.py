"""The worked example of CONTRIBUTING.md, built as written: four files and one line are all it takes."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
FILE = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINE = re.compile(r"<!-- line: (\S+) -->\n```py\n(from .*)\n( .*)\n```")
COPIED = ("src", "docs", "pyproject.toml", ".importlinter", "tests/checks", "tests/hostile", "README.md")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A copy of the house with the example in it, and what that touched."""
    root = tmp_path_factory.mktemp("house")
    for name in COPIED:
        source = ROOT / name
        ignored = shutil.ignore_patterns("__pycache__")
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=ignored)
        else:
            shutil.copy(source, root / name)
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    files = FILE.findall(text)
    for name, content in files:
        assert not (root / name).exists(), name
        (root / name).write_text(content, encoding="utf-8")
    ((table, imported, entry),) = LINE.findall(text)
    path = root / table
    lines = path.read_text(encoding="utf-8").replace(",\n)\n", f",\n{entry}\n)\n", 1).splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("from weigh.checks"))
    place = next((i for i, line in enumerate(lines) if line > imported and i >= first), first)
    path.write_text("\n".join([*lines[:place], imported, *lines[place:]]) + "\n", encoding="utf-8")
    return root, [name for name, _ in files]


def ran(house, *command):
    environ = {**os.environ, "PYTHONPATH": str(house / "src")}
    return subprocess.run(command, cwd=house, env=environ, capture_output=True, text=True, check=False)


def test_the_example_is_four_files(house):
    _, files = house
    assert len(files) == 4
    assert [name.split("/")[0] for name in files] == ["src", "tests", "tests", "docs"]


def test_its_own_test_passes(house):
    root, files = house
    done = ran(root, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", files[1])
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_breaks_no_contract_and_no_rule_of_style(house):
    root, files = house
    done = ran(root, BIN / "lint-imports", "--no-cache")
    assert done.returncode == 0, done.stdout
    python = [name for name in (*files, "src/weigh/checks/table.py") if name.endswith(".py")]
    for command in (["check", "--no-cache"], ["format", "--no-cache", "--check"]):
        done = ran(root, BIN / "ruff", *command, *python)
        assert done.returncode == 0, done.stdout


def test_the_reference_finds_it_by_itself(house):
    root, _ = house
    done = ran(root, sys.executable, "docs/build_reference.py")
    assert done.returncode == 0, done.stderr
    page = (root / "docs/reference/checks.md").read_text(encoding="utf-8")
    assert "[`prevalence`](../checks/prevalence.md)" in page
    assert "WGH-Y001" in page


def test_the_job_asks_it_and_the_page_draws_it(house, tmp_path):
    root, _ = house
    rows = [
        f"{word} number {n},{'good' if word == 'fine' else 'bad'}"
        for n in range(300)
        for word in ("fine", "poor")
    ]
    (tmp_path / "rows.csv").write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    script = (
        "import weigh\n"
        "r = weigh.adopt('none', data='rows.csv', text='text', label='label')\n"
        "weigh.save(r, 'out'); print([a.evidence.check for a in r.answers])"
    )
    environ = {**os.environ, "PYTHONPATH": str(root / "src"), "WEIGH_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "'prevalence'" in done.stdout
    assert "Rows of each class" in (tmp_path / "out/report.html").read_text(encoding="utf-8")
