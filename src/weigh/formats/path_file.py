"""A `.pth` file of site-packages: lines are folders for the import path, or code run when Python starts.

Source: the documentation of the standard library's `site` module. A line that begins with `import` and a
space
or tab is executed; a line that begins with `#` is a comment.
"""

import re

from weigh.core.facts import Coverage, ExternalReference, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import Descent
from weigh.formats.python_source import judge_python

FORMAT = "path-file"
MAX_PATH_FILE = 256 * 1024
RUNS_CODE = "WGH-PY040"
KNOWN_HOOK = "WGH-PY041"
FOLDER_OUTSIDE = "WGH-PY042"

_KNOWN = re.compile(
    r"import _virtualenv"
    r"|import (__editable__\w*finder); ?\1\.install\(\)"
    r"|import os; ?var = 'SETUPTOOLS_USE_DISTUTILS'; ?enabled = "
    r"os\.environ\.get\(var, '(?:local|stdlib)'\) == 'local'; ?"
    r"enabled and __import__\('_distutils_hack'\)(?:\.add_shim\(\))?;? ?"
    r"|import coverage; ?coverage\.process_startup\(\)"
    r"|import sys, types, ?os;\s*(?:has_mfs = sys\.version_info > \(3, 5\);)?\s*p = "
    r"os\.path\.join\(sys\._getframe\(1\)\.f_locals\['sitedir'\], [^;()]*(?:\('[\w.]+',\))?[^;()]*\);"
    r"\s*importlib = has_mfs and "
    r"__import__\('importlib\.util'\);\s*has_mfs and __import__\('importlib\.machinery'\);"
    r"[^\n]{0,600}",
)
"""Lines that virtualenv, setuptools (editable installs, distutils shim, namespaces) and coverage write."""
_PLAIN_IMPORT = re.compile(r"import [A-Za-z_][\w.]*;?")
_ATTACK_RULES = re.compile(r"WGH-PY0(?:0[2-9]|1[0-2])")


def read_path_file(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one path file. Never raises for what the file holds."""
    del descent
    found = AnomalyList()
    external: list[ExternalReference] = []
    whole = reader.size <= MAX_PATH_FILE
    text = reader.read(0, MAX_PATH_FILE).decode("utf-8", "replace").removeprefix("\ufeff")
    unread = "" if whole else f"it has {reader.size} bytes, {MAX_PATH_FILE} are read"
    for number, line in enumerate(
        re.split(r"\r\n|\r|\n|\x0b|\x0c|\x1c|\x1d|\x1e|\x85|\u2028|\u2029", text), 1
    ):
        if line.startswith(("import ", "import\t")):
            unread = _code(line, number, found) or unread
        elif line.strip() and not line.startswith("#"):
            _folder(line.strip(), number, found, external)
    coverage = Coverage.PARTIAL if unread else Coverage.COMPLETE
    return FileFacts(path, FORMAT, coverage, unread, external=tuple(external), anomalies=found.as_tuple())


def _code(line: str, number: int, found: AnomalyList) -> str:
    """A line that runs; why it could not be followed, "" where it could."""
    known = _KNOWN.fullmatch(line.strip()) is not None
    judged = judge_python(line.encode("utf-8", "replace"))
    if known or _PLAIN_IMPORT.fullmatch(line.strip()):
        found.add(KNOWN_HOOK, f"line {number} runs {quoted(line.strip())}")
        return ""
    for anomaly in judged.anomalies:
        if _ATTACK_RULES.fullmatch(anomaly.rule):
            found.add(
                anomaly.rule, f"line {number} of the path file, each time Python starts: {anomaly.detail}"
            )
    found.add(RUNS_CODE, f"line {number} runs {quoted(line.strip())}")
    return ""


def _folder(line: str, number: int, found: AnomalyList, external: list[ExternalReference]) -> None:
    if line.startswith(("/", "\\", "~")) or re.match(r"[A-Za-z]:", line) or ".." in re.split(r"[\\/]", line):
        found.add(FOLDER_OUTSIDE, f"line {number} adds {quoted(line)}")
        external.append(ExternalReference(line[:1000], "added to the import path"))
