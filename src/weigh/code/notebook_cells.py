"""The cells of a notebook: their sources and kinds, and the Python among them as one module."""

import ast
import re
import warnings
from dataclasses import dataclass, field
from typing import Any

import msgspec

MAX_NOTEBOOK = 64 * 1024 * 1024
"""Bytes of a notebook that is read; its outputs make most of it and are skipped."""
MAX_CELLS = 20_000
"""Cells that are kept."""

_PYTHON_MAGICS = frozenset(["time", "timeit", "capture", "prun", "python", "python3", "py", "skip"])
_LINE_MAGIC = re.compile(r"^(\s*)(?:[%!?]|[\w.]+\?+\s*$)")
_ASSIGNED = re.compile(r"^(\s*)([\w, ]+?)\s*=\s*[!%]\s*\S")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Attributes:
        number: counted from 1 over all cells.
        kind: `python`, `markdown`, `raw`, or what its `%%` line names: `bash`, `html`, `writefile` …
        source: its text, with the `%%` line.
        commands: its `!` and `%` lines: (line within the cell, text without the sign).
    """

    number: int
    kind: str
    source: str
    commands: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Notebook:
    """The cells of a notebook; `why` when it could not be read."""

    cells: tuple[Cell, ...] = ()
    why: str = ""


class _RawCell(msgspec.Struct):
    cell_type: str = ""
    source: Any = ""
    input: Any = ""
    language: str = ""


class _Sheet(msgspec.Struct):
    cells: list[_RawCell] = msgspec.field(default_factory=list)


class _File(msgspec.Struct):
    cells: list[_RawCell] = msgspec.field(default_factory=list)
    worksheets: list[_Sheet] = msgspec.field(default_factory=list)
    metadata: Any = None


@dataclass(frozen=True, slots=True)
class JoinedCells:
    """The Python of a notebook as one module.

    Attributes:
        text: the sources, with lines that are no Python blanked.
        starts: (first line in the text, number of the cell).
        left_out: cells that are no Python this version reads: (number, why).
    """

    text: str
    starts: tuple[tuple[int, int], ...]
    left_out: tuple[tuple[int, str], ...] = field(default=())


def notebook_cells(data: bytes) -> Notebook:
    """The cells of a notebook file, format 3 or 4. Never raises for what it holds.

    Source: https://nbformat.readthedocs.io/en/latest/format_description.html
    """
    if len(data) > MAX_NOTEBOOK:
        return Notebook(why=f"it has {len(data)} bytes, at most {MAX_NOTEBOOK} of a notebook are read")
    try:
        read = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_File)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        return Notebook(why=f"it is no notebook: {str(error)[:200]}")
    raw = [*read.cells, *(cell for sheet in read.worksheets for cell in sheet.cells)]
    if not raw and b'"cells"' not in data and b'"worksheets"' not in data:
        return Notebook(why="it is no notebook: it has no cells")
    cells = tuple(_cell(number, cell) for number, cell in enumerate(raw[:MAX_CELLS], 1))
    more = f"it has {len(raw)} cells, the first {MAX_CELLS} are read" if len(raw) > MAX_CELLS else ""
    return Notebook(cells, more)


def _cell(number: int, cell: _RawCell) -> Cell:
    text = _text(cell.source) or _text(cell.input)
    if cell.cell_type != "code":
        return Cell(number, cell.cell_type or "raw", text)
    first = text.lstrip("\n").partition("\n")[0]
    kind = "python"
    if first.startswith("%%"):
        magic = first[2:].split()[0] if first[2:].split() else ""
        kind = "python" if magic in _PYTHON_MAGICS else (magic or "magic")
    commands = _commands(text) if kind == "python" else ()
    return Cell(number, kind, text, commands)


def _text(source: object) -> str:
    if isinstance(source, str):
        return source
    if isinstance(source, list):
        return "".join(part for part in source if isinstance(part, str))
    return ""


def _commands(text: str) -> tuple[tuple[int, str], ...]:
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if bare.startswith(("!", "%")) and not bare.startswith("%%"):
            found.append((number, bare[1:].lstrip("!").strip()))
        elif _ASSIGNED.match(line):
            found.append((number, line.partition("=")[2].strip()[1:].strip()))
    return tuple(found)


def joined_cells(cells: tuple[Cell, ...]) -> JoinedCells:
    """The Python cells put together; each that does not parse is left out, with the reason."""
    lines: list[str] = []
    starts: list[tuple[int, int]] = []
    left_out: list[tuple[int, str]] = []
    for cell in cells:
        if cell.kind != "python":
            continue
        text = python_of(cell.source)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            what = error.msg if isinstance(error, SyntaxError) else type(error).__name__
            left_out.append((cell.number, f"it is not Python this version reads: {what}"))
            continue
        starts.append((len(lines) + 1, cell.number))
        lines += text.split("\n")
    return JoinedCells("\n".join(lines) + "\n", tuple(starts), tuple(left_out))


def python_of(source: str) -> str:
    """The source of a cell with `%`, `!` and `?` lines set aside; lines keep their numbers.

    Source: https://ipython.readthedocs.io/en/stable/interactive/reference.html
    """
    kept: list[str] = []
    open_text = continued = False
    for line in source.replace("\r\n", "\n").split("\n"):
        if continued:
            kept.append("")
            continued = line.rstrip().endswith("\\")
            continue
        magic = None if open_text else _LINE_MAGIC.match(line)
        assigned = None if open_text else _ASSIGNED.match(line)
        if magic is not None:
            kept.append(f"{magic[1]}pass")
            continued = line.rstrip().endswith("\\")
        elif assigned is not None:
            kept.append(f"{assigned[1]}{assigned[2]} = get_ipython().getoutput('')")
        else:
            kept.append(line)
            open_text ^= (line.count('"""') + line.count("'''")) % 2 == 1
    return "\n".join(kept)
