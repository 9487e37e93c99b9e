"""All readers together: a folder to what it uses, what could not be resolved, and what was not read."""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from weigh.core.usage import Certainty, Discovery, FileUses, ModelUse, Pin, Role, Unread, UnresolvedUse
from weigh.project.discover.readers import (
    JAVASCRIPT,
    MOST_OF_SCRIPT,
    NOTEBOOK,
    PYTHON,
    Kind,
    kind_by_first_line,
    kind_of,
    may_be_script,
    reader_of,
)
from weigh.project.discover.roles import role_of
from weigh.project.discover.walk import ProjectFile, Tree, walk

if TYPE_CHECKING:
    from weigh.project.discover.configured import Configurations
    from weigh.project.discover.deployed import Deployment


@dataclass(slots=True)
class _Gathered:
    """What the readers found so far."""

    uses: list[ModelUse] = field(default_factory=list)
    unresolved: list[UnresolvedUse] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    files: int = 0
    lines: int = 0

    def add(self, found: FileUses) -> None:
        self.uses += found.uses
        self.unresolved += found.unresolved
        self.unread += found.unread


def discover(folder: Path, *, data: bool = False) -> Discovery:
    """What a code base uses, found by reading it. Nothing is run, nothing is asked over a network.

    Args:
        folder: the project, or one file.
        data: calls that load data sets count, too.

    Raises:
        NotFoundError: there is no such folder.
    """
    tree = walk(folder)
    gathered = _Gathered(unread=list(tree.unread))
    python: list[tuple[ProjectFile, str]] = []
    scripts: dict[str, ProjectFile] = {}
    for file in tree.files:
        kind = kind_of(file.path) or _kind_of_script(file)
        if kind is None:
            continue
        if kind in {PYTHON, NOTEBOOK}:
            python.append((file, kind.name))
            continue
        if kind is JAVASCRIPT:
            scripts[file.path] = file
            continue
        _read(file, kind, gathered)
    if scripts:
        _read_scripts(scripts, gathered)
    if python:
        _read_python(python, tree, gathered, data=data)
    return _ordered(gathered)


def _kind_of_script(file: ProjectFile) -> Kind | None:
    """The kind of a file that only its first line tells, None for another one."""
    if not may_be_script(file.path) or not 8 < file.size <= MOST_OF_SCRIPT:
        return None
    try:
        with file.place.open("rb") as opened:
            return kind_by_first_line(opened.read(300))
    except OSError:
        return None  # nothing says that it is a script


def _read(file: ProjectFile, kind: Kind, gathered: _Gathered) -> None:
    content = _content(file, kind, gathered)
    if content is None:
        return
    gathered.files += 1
    gathered.lines += 0 if kind.head else content.count(b"\n") + 1
    gathered.add(reader_of(kind)(content, file.path, role_of(file.path)))


def _read_scripts(files: dict[str, ProjectFile], gathered: _Gathered) -> None:
    """The scripts of the project, as one program: what one file exports another one loads."""
    from weigh.project.discover.javascript_project import read_scripts

    counted: set[str] = set()

    def content(path: str) -> bytes | None:
        data = _content(files[path], JAVASCRIPT, gathered)
        if data is not None and path not in counted:
            counted.add(path)
            gathered.files += 1
            gathered.lines += data.count(b"\n") + 1
        return data

    for found in read_scripts(((path, role_of(path)) for path in files), content):
        gathered.add(found)


def _content(file: ProjectFile, kind: Kind, gathered: _Gathered) -> bytes | None:
    if file.size > kind.most and not kind.head:
        gathered.unread.append(
            Unread(file.path, f"it has {file.size:,} bytes, at most {kind.most:,} are read", failed=True)
        )
        return None
    try:
        with file.place.open("rb") as opened:
            return opened.read(kind.most)
    except OSError as error:
        gathered.unread.append(Unread(file.path, error.strerror or "it cannot be read", failed=True))
        return None


def _read_python(
    files: list[tuple[ProjectFile, str]], tree: Tree, gathered: _Gathered, *, data: bool
) -> None:
    """The Python of the project, as one program: names are followed from file to file."""
    from weigh.project.discover.python_files import PythonFile, read_python

    sources: list[PythonFile] = []
    for file, name in files:
        content = _content(file, PYTHON if name == PYTHON.name else NOTEBOOK, gathered)
        if content is not None:
            gathered.files += 1
            kind: Literal["python", "notebook"] = "python" if name == PYTHON.name else "notebook"
            sources.append(PythonFile(file.path, content, kind, role_of(file.path)))
    with _without_collection():
        found, lines = read_python(
            sources, tree.paths, _configurations(tree), deployment=_deployment(tree), data=data
        )
    gathered.lines += lines
    gathered.add(found)


def _configurations(tree: Tree) -> "Configurations":
    """The project's own configurations, to be read when the program takes a value out of one."""
    from weigh.project.discover.configuration import kind_of_configuration
    from weigh.project.discover.configured import MOST_BYTES, Configurations

    wanted = {"yaml", "json", "toml"}
    return Configurations(
        {
            file.path: _bytes_of(file)
            for file in tree.files
            if kind_of_configuration(file.path) in wanted and file.size <= MOST_BYTES
        }
    )


def _deployment(tree: Tree) -> "Deployment":
    """What the project's deployment sets the environment to, read when the program asks for a variable."""
    from weigh.project.discover.deployed import MOST_BYTES, Deployment, is_deployment

    return Deployment(
        {
            file.path: _bytes_of(file)
            for file in tree.files
            if file.size <= MOST_BYTES and is_deployment(file.path)
        }
    )


def _bytes_of(file: ProjectFile) -> Callable[[], bytes | None]:
    def read() -> bytes | None:
        try:
            return file.place.read_bytes()
        except OSError:
            return None  # the file's own reader tells why

    return read


@contextmanager
def _without_collection() -> Iterator[None]:
    """No search for unreachable cycles meanwhile.

    All syntax trees stay reachable until the end, and looking through them again and again took a third of
    the time.
    """
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def _ordered(gathered: _Gathered) -> Discovery:
    return Discovery(
        uses=tuple(sorted(_once(gathered.uses), key=lambda use: (use.place, use.ref))),
        unresolved=tuple(
            sorted(dict.fromkeys(gathered.unresolved), key=lambda one: (one.place, one.expression))
        ),
        unread=tuple(sorted(dict.fromkeys(gathered.unread), key=lambda one: (one.path, one.why))),
        files=gathered.files,
        lines=gathered.lines,
    )


_RANK = {Certainty.CALL: 0, Certainty.KEY: 1, Certainty.LOOKS: 2}


def _once(uses: Iterable[ModelUse]) -> Iterable[ModelUse]:
    """One use for each place and ref: the surest."""
    best: dict[tuple[object, str], ModelUse] = {}
    for use in uses:
        held = best.get((use.place, use.ref))
        if held is None or _RANK[use.certainty] < _RANK[held.certainty]:
            best[use.place, use.ref] = use
    return best.values()


def with_roles(found: Discovery, roles: frozenset[Role]) -> Discovery:
    """Only what files of these roles use."""
    uses = tuple(use for use in found.uses if use.role in roles)
    unresolved = tuple(one for one in found.unresolved if one.role in roles)
    return Discovery(uses, unresolved, found.unread, found.files, found.lines)


def is_pinned(use: ModelUse) -> bool:
    """Whether a use always gets the same bytes, or bytes that lie in the project itself."""
    return use.pin is Pin.EXACT or use.ref.startswith("file:")
