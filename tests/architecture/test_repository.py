"""What must not stand anywhere in the repository, and what every public thing must have."""

import importlib
import re
import subprocess
from pathlib import Path

from weigh.checks.table import QUESTIONS
from weigh.sources.table import FACTORIES

ROOT = Path(__file__).resolve().parents[2]


def tracked():
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in names.stdout.splitlines():
        path = ROOT / name
        if path.is_file() and path.suffix not in {".png", ".onnx"}:
            yield name, path.read_text(encoding="utf-8", errors="replace")


# Written in halves, so that this file does not hold what it looks for.
HOSTS = [a + b for a, b in (("py", "pi.org"), ("python", "hosted.org"), ("npm", "js.org"), ("npm", "js.com"))]


def test_no_package_index_address_is_written_down():
    hits = [(name, host) for name, text in tracked() for host in HOSTS if host in text]
    assert not hits


def test_no_path_of_a_machine_is_written_down():
    homes = re.compile(r"(?<![\w.])/(?:home|Users|root)/[a-z]|(?<![\w.])/work/")
    hits = [(name, m[0]) for name, text in tracked() if (m := homes.search(text))]
    assert [h for h in hits if h[0] != "tests/architecture/test_repository.py"] == []


def test_every_check_and_source_has_its_docs_page():
    rooms = [
        path for path in (ROOT / "src/weigh/checks").rglob("*.py") if "\nCHECK: " in path.read_text("utf-8")
    ]
    modules = [".".join(path.relative_to(ROOT / "src").with_suffix("").parts) for path in rooms]
    asked = {importlib.import_module(name).CHECK.id for name in modules}
    assert asked >= {question.check.id for question in QUESTIONS}
    assert [name for name in sorted(asked) if not (ROOT / f"docs/checks/{name}.md").is_file()] == []
    together = {"s3": "object-stores", "gs": "object-stores", "az": "object-stores", "git+lfs": "git-lfs"}
    kinds = [together.get(kind.value, kind.value) for kind in FACTORIES]
    assert [name for name in kinds if not (ROOT / f"docs/sources/{name}.md").is_file()] == []
