"""The Python of a project as one program: loader calls, names under telling keys, commands in notebooks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from weigh.code.program import Program, SourceText
from weigh.core.usage import FileUses, ModelUse, Place, Role, Unread, UnresolvedUse
from weigh.project.discover.configured import Configurations
from weigh.project.discover.deployed import Deployment
from weigh.project.discover.model_names import is_example_url
from weigh.project.discover.python_names import read_names
from weigh.project.discover.python_sites import read_calls
from weigh.project.discover.references import Surroundings
from weigh.project.discover.roles import role_of


@dataclass(frozen=True, slots=True)
class PythonFile:
    """A source file or a notebook."""

    path: str
    data: bytes
    kind: Literal["python", "notebook"]
    role: Role


def read_python(
    files: Sequence[PythonFile],
    paths: frozenset[str],
    configurations: Configurations | None = None,
    *,
    deployment: Deployment | None = None,
    data: bool = False,
) -> tuple[FileUses, int]:
    """What the Python of a project uses, and how many lines were read.

    Args:
        files: all of them; names are followed from one to another.
        paths: files and folders of the project.
        configurations: what its configurations hold.
        deployment: what its deployment sets the environment to.
        data: calls that load data count, too.
    """
    deployed = deployment or Deployment()
    program = Program((SourceText(file.path, file.data, file.kind) for file in files), deployed.values)
    known = set(program.paths)
    written = _written(program, [file for file in files if file.path in known])
    held = configurations or Configurations()
    held.modules = [(file.path, file.data) for file in files if file.kind == "python"]
    around = Surroundings(paths, written, held)
    uses: list[ModelUse] = []
    unresolved: list[UnresolvedUse] = []
    for file in files:
        if file.path not in known:
            continue
        uses += _imported(program, file)
        for one in read_calls(program, file.path, file.data, file.role, around, data=data):
            if isinstance(one, ModelUse):
                uses.append(one)
            else:
                unresolved.append(one)
    uses += _named(files, uses)
    uses = _as_tests_say(uses)
    commands = _commands(files)
    told = tuple(Unread(path, why, failed=True) for path, why in program.unread)
    return (
        FileUses((*uses, *commands.uses), (*unresolved, *commands.unresolved), (*told, *commands.unread)),
        program.lines,
    )


def _as_tests_say(uses: Sequence[ModelUse]) -> list[ModelUse]:
    """The uses with what only tests hand in told as theirs.

    A test calls a loader of the program with a name of its own: the call stands in the program, the name is
    the test's. An address that is kept for examples is no model there at all.
    """
    kept: list[ModelUse] = []
    for use in uses:
        named = use.where or use.place
        by_test = use.role is Role.TEST or (named.path != use.place.path and role_of(named.path) is Role.TEST)
        if by_test and is_example_url(use.ref):
            continue
        kept.append(replace(use, role=Role.TEST) if by_test else use)
    return kept


_WRITERS = frozenset("save_pretrained save_model save_weights save_to_disk push_to_folder".split())  # noqa: SIM905 - a list of words


def _written(program: Program, files: Sequence[PythonFile]) -> frozenset[str]:
    """Texts that the program saves models under: loading them again is no download."""
    found: set[str] = set()
    for file in files:
        if b"save" not in file.data:
            continue
        for call in program.calls(file.path):
            if call.tail in _WRITERS:
                node = call.argument(0, "save_directory", "output_dir")
                if node is not None:
                    found.update(call.values(node).texts)
    return frozenset(found)


_SPACY = re.compile(r"(?:[a-z]{2}|xx)_(?:core|dep|ent|sent)_\w+_(?:sm|md|lg|trf)")


def _imported(program: Program, file: PythonFile) -> list[ModelUse]:
    """Models that are packages: importing one is using it."""
    if b"_core_" not in file.data and b"_ent_" not in file.data and b"_dep_" not in file.data:
        return []
    found: list[ModelUse] = []
    for dotted, spot in program.imports(file.path):
        package = dotted.partition(".")[0]
        if _SPACY.fullmatch(package):
            place = Place(spot.path, spot.line, spot.column, spot.cell)
            ref = f"catalogue:spacy/{package}"
            found.append(ModelUse(place, ref, "spacy.package", package, ("import",), role=file.role))
    return found


def _named(files: Sequence[PythonFile], uses: Sequence[ModelUse]) -> list[ModelUse]:
    """Names that no followed call took, under keys and in places that say what they are."""
    covered: dict[str, set[tuple[int, int]]] = {}
    for use in uses:
        for place in (use.place, use.where):
            if place is not None:
                covered.setdefault(place.path, set()).add((place.cell, place.line))
    found: list[ModelUse] = []
    for file in files:
        found += read_names(file.path, file.data, file.kind, file.role, covered.get(file.path, set()))
    return found


def _commands(files: Sequence[PythonFile]) -> FileUses:
    """Lines of notebooks that a shell runs."""
    uses: list[ModelUse] = []
    unresolved: list[UnresolvedUse] = []
    unread: list[Unread] = []
    for file in files:
        if file.kind != "notebook":
            continue
        for found, cell in _cells(file):
            uses += [replace(use, place=_in_cell(use.place, cell), where=None) for use in found.uses]
            unresolved += [replace(one, place=_in_cell(one.place, cell)) for one in found.unresolved]
            unread += found.unread
    return FileUses(tuple(uses), tuple(unresolved), tuple(unread))


def _in_cell(place: Place, cell: int) -> Place:
    return replace(place, cell=cell)


def _cells(file: PythonFile) -> list[tuple[FileUses, int]]:
    from weigh.code.notebook_cells import notebook_cells
    from weigh.project.discover.shell import read_shell

    found: list[tuple[FileUses, int]] = []
    for cell in notebook_cells(file.data).cells:
        script = shell_lines(cell.source)
        if script.strip():
            found.append((read_shell(script.encode(), file.path, file.role), cell.number))
    return found


_CAPTURED = re.compile(r"[A-Za-z_][\w, ]*=\s*!(?!=)|%run\s+(?=\S+\.py\b)|%(?:set_)?env\s+(?=\w+=)")
"""Lines of IPython whose rest a shell runs, or reads like one: captured output, `%run`, `%env`."""


def shell_lines(source: str) -> str:
    """The lines of a cell that a shell runs, each on its own line number; the rest is left empty."""
    lines = source.split("\n")
    first = next((line for line in lines if line.strip()), "")
    if first.startswith(("%%bash", "%%sh", "%%script bash", "%%script sh", "%%capture\n%%bash")):
        return "\n".join("" if line.startswith("%%") else line for line in lines)
    out: list[str] = []
    continued = False
    for line in lines:
        text = line.lstrip()
        if continued:
            out.append(line)
        elif text.startswith(("!", "%pip", "%conda", "%sx", "%system")):
            out.append(text.lstrip("!%"))
        elif match := _CAPTURED.match(text):
            out.append(text[match.end() :])
        else:
            out.append("")
        continued = bool(out[-1]) and line.rstrip().endswith("\\")
    return "\n".join(out)
