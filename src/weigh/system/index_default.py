"""The index that pip uses when nobody configured one, asked of pip itself.

The address is written in no file of weigh. It is read, without importing or running anything, from
the pip that is installed beside weigh, beside the interpreter this environment was made from, or
bundled with `ensurepip`. Only if pip has moved the constant is pip asked for its help text.
"""

import ast
import importlib.util
import re
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from urllib.parse import urljoin

from weigh.core.errors import UsageError

_CONSTANT_FILE = "pip/_internal/models/index.py"
_MAX_SOURCE = 1024 * 1024
_HELP_DEFAULT = re.compile(r"--index-url\b.*?\(default\s+(https?://[^\s)]+)\)", re.DOTALL)


@lru_cache(maxsize=1)
def default_index_url() -> str:
    """Address of the simple index that pip falls back to.

    Raises:
        UsageError: there is no pip to ask.
    """
    for source in _sources():
        found = constant_in(source)
        if found:
            return found
    asked = _ask_pip()
    if asked:
        return asked
    raise UsageError(
        "no package index is known",
        why="pip is not configured with one, and there is no pip here whose default could be read",
        hint="set PIP_INDEX_URL to the address of your package index",
    )


def constant_in(source: str) -> str:
    """The simple index that pip's own module names, read from its syntax tree; "" if it is not there."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ""
    for node in tree.body:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        first = node.value.args[0] if node.value.args else None
        if names == ["PyPI"] and isinstance(first, ast.Constant) and isinstance(first.value, str):
            return urljoin(first.value, "simple")
    return ""


def _sources() -> Iterator[str]:
    for path in _installed():
        if path.is_file() and path.stat().st_size <= _MAX_SOURCE:
            yield path.read_text(encoding="utf-8", errors="replace")
    for wheel in _bundled():
        try:
            with zipfile.ZipFile(wheel) as archive:
                if archive.getinfo(_CONSTANT_FILE).file_size <= _MAX_SOURCE:
                    yield archive.read(_CONSTANT_FILE).decode("utf-8", errors="replace")
        except (OSError, KeyError, zipfile.BadZipFile):
            continue


def _installed() -> Iterator[Path]:
    # Finding the specification of a top-level package does not import it.
    spec = importlib.util.find_spec("pip")
    if spec is not None and spec.origin:
        yield Path(spec.origin).parent.parent / _CONSTANT_FILE
    places = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix}
    yield Path(sysconfig.get_path("purelib", vars=places)) / _CONSTANT_FILE


def _bundled() -> Iterator[Path]:
    folders = [Path(sysconfig.get_path("stdlib")) / "ensurepip" / "_bundled"]
    # Distributions that split ensurepip put its wheels here (PEP 453 allows it, Python 3.9 and later).
    shared = sysconfig.get_config_var("WHEEL_PKG_DIR")
    if shared:
        folders.append(Path(shared))
    for folder in folders:
        yield from sorted(folder.glob("pip-*.whl"))


def _ask_pip() -> str:
    if importlib.util.find_spec("pip") is None:
        return ""
    command = [sys.executable, "-I", "-m", "pip", "install", "--help"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - our own interpreter, fixed arguments
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = _HELP_DEFAULT.search(told.stdout)
    return match.group(1) if match else ""
