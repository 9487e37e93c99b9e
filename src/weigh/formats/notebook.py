"""Jupyter notebooks: code cells judged as Python, shell lines as commands. Opening one runs nothing.

Source: nbformat 3 and 4. A cell is text or a list of lines; `!` starts a shell line, `%` and `%%` a magic.
"""

import re
from collections.abc import Iterator
from typing import Any

from weigh.core.errors import MalformedError
from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, malformed
from weigh.formats.descent import Descent
from weigh.formats.json_text import MAX_JSON, read_json
from weigh.formats.python_source import judge_python

FORMAT = "notebook"
MAX_CELLS = 5_000
MAX_CODE = 1024 * 1024
"""Characters of code of all cells that are judged."""
BROKEN = "WGH-PY060"
ATTACK = "WGH-PY050"
_SHELL_MAGIC = re.compile(
    r"%%(?:bash|sh|script|system|cmd|perl|ruby|javascript|js|html|HTML|svg|latex|markdown|writefile|cython|R)\b"
)
_ATTACKS = re.compile(r"WGH-PY0(?:0[2-9]|1[0-2])")
_PLAIN_COMMAND = "WGH-PY003"


def read_notebook(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one notebook. Never raises for what the file holds."""
    del descent
    if reader.size > MAX_JSON:
        return FileFacts(path, FORMAT, Coverage.PARTIAL, f"notebooks are read up to {MAX_JSON} bytes")
    try:
        value = read_json(reader)
    except MalformedError as error:
        return malformed(path, FORMAT, error)
    if not isinstance(value, dict):
        return malformed(
            path, FORMAT, MalformedError("this is no notebook", why="it is no object", rule=BROKEN)
        )
    found = AnomalyList()
    cells = list(_sources(value))
    unread = _judge(cells, found)
    coverage = Coverage.PARTIAL if unread else Coverage.COMPLETE
    fact = Fact("notebook.code_cells", len(cells), Basis.DETECTED, path)
    return FileFacts(path, FORMAT, coverage, unread, metadata=(fact,), anomalies=found.as_tuple())


def _sources(value: dict[str, Any]) -> Iterator[str]:
    """The text of each code cell."""
    cells = list(_list(value.get("cells")))
    for sheet in _list(value.get("worksheets")):
        cells += _list(sheet.get("cells")) if isinstance(sheet, dict) else []
    for cell in cells[:MAX_CELLS]:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", cell.get("input", ""))
            yield (
                "".join(s for s in source if isinstance(s, str)) if isinstance(source, list) else str(source)
            )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _judge(cells: list[str], found: AnomalyList) -> str:
    """Judge all cells as one program; why a part was not judged."""
    from weigh.code.shell_commands import find_attack

    code: list[str] = []
    for number, cell in enumerate(cells, 1):
        python, shell = _parted(cell)
        seen = find_attack(shell)
        if seen.line:
            found.add(ATTACK, f"code cell {number} {seen.words}")
        if _parses(python):
            code.append(python)
    text = "\n".join(code)
    judged = judge_python(text[:MAX_CODE].encode("utf-8", "replace"))
    for anomaly in judged.anomalies:
        # a cell is run by a person who sees it: a plain command or download there is no attack
        if _ATTACKS.fullmatch(anomaly.rule) and (
            anomaly.rule != _PLAIN_COMMAND or "(" in anomaly.detail.partition(": ")[2]
        ):
            found.add(anomaly.rule, f"of its code cells, {anomaly.detail}")
    return "" if len(text) <= MAX_CODE else f"it has {len(text)} characters of code, {MAX_CODE} are judged"


def _parses(text: str) -> bool:
    from weigh.code.syntax import parse_text

    return parse_text(text).tree is not None


def _parted(cell: str) -> tuple[str, str]:
    """A cell's Python, and its shell lines."""
    if _SHELL_MAGIC.match(cell.lstrip()):
        return "", cell
    python, shell = [], []
    for line in cell.split("\n"):
        bare = line.lstrip()
        if bare.startswith(("!", "%sx ", "%system ")):
            shell.append(bare.lstrip("!"))
            python.append(line[: len(line) - len(bare)] + "pass")
        elif bare.startswith("%") or bare.endswith("?"):
            python.append(line[: len(line) - len(bare)] + "pass")
        else:
            python.append(line)
    return "\n".join(python), "\n".join(shell)
