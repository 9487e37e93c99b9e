"""The files of a project: which are looked at, and which are left out with a reason."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import NotFoundError
from weigh.core.usage import Unread

MOST_FILES = 300_000
"""Files of one project; a folder with more is not one project's source."""
MOST_DEPTH = 60
"""Folders inside one another."""

_QUIET = frozenset(
    """.git .hg .svn .bzr __pycache__ .mypy_cache .ruff_cache .pytest_cache .tox .nox .hypothesis
    .ipynb_checkpoints
    .cache .weigh weigh-report .idea .vscode .eggs .gradle .terraform .next .nuxt .parcel-cache .yarn
    .pnpm-store
    .dvc .sass-cache htmlcov .import_linter_cache""".split()  # noqa: SIM905 - words
)
"""Folders that hold no source: versions, caches and editors' files."""
_TOLD = {
    "node_modules": "installed packages",
    "site-packages": "installed packages",
    "dist-packages": "installed packages",
    "bower_components": "installed packages",
    ".venv": "an environment of installed packages",
    "venv": "an environment of installed packages",
    "virtualenv": "an environment of installed packages",
    "__pypackages__": "installed packages",
}
"""Folders of other people's code, with what is said of them."""
_BUILT = frozenset({"build", "dist", "target", "_build"})
"""Folders that a build makes; only left out where the project's own description lies beside them."""
_DESCRIPTIONS = frozenset({"pyproject.toml", "setup.py", "package.json", "Cargo.toml", "conf.py"})


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """One file of a project.

    Attributes:
        path: relative POSIX path.
        place: where it lies.
        size: in bytes.
    """

    path: str
    place: Path
    size: int


@dataclass(frozen=True, slots=True)
class Tree:
    """What lies in a project.

    Attributes:
        files: in order of path.
        unread: what was left out, with the reason.
        paths: relative paths of all files and folders looked at.
    """

    files: tuple[ProjectFile, ...]
    unread: tuple[Unread, ...]
    paths: frozenset[str]


def walk(root: Path) -> Tree:
    """The files below a folder, or the one file.

    Links are not followed: what they point at inside the project is met where it lies, and what is outside
    is not the project's.

    Raises:
        NotFoundError: there is no such folder or file.
    """
    if root.is_file():
        file = ProjectFile(root.name, root, root.stat().st_size)
        return Tree((file,), (), frozenset({root.name}))
    if not root.is_dir():
        raise NotFoundError(f"there is no folder {root}", hint="weigh discover FOLDER")
    walking = _Walk(root)
    walking.run()
    files = tuple(sorted(walking.files, key=lambda file: file.path))
    unread = tuple(sorted(walking.unread, key=lambda one: one.path))
    return Tree(files, unread, frozenset(walking.paths))


class _Walk:
    """One walk, and what it met."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._real = root.resolve()
        self.files: list[ProjectFile] = []
        self.unread: list[Unread] = []
        self.paths: set[str] = set()

    def run(self) -> None:
        """Go through all folders, nearest first."""
        waiting: list[tuple[Path, str, int]] = [(self._root, "", 0)]
        while waiting:
            folder, path, depth = waiting.pop()
            waiting += self._folder(folder, path, depth)
            if len(self.files) >= MOST_FILES:
                self.unread.append(
                    Unread(path or ".", f"more than {MOST_FILES:,} files: the rest is not read")
                )
                return

    def _folder(self, folder: Path, path: str, depth: int) -> Iterator[tuple[Path, str, int]]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self.unread.append(Unread(path or ".", error.strerror or "cannot be listed"))
            return
        names = {entry.name for entry in entries}
        for entry in entries:
            inner = f"{path}/{entry.name}" if path else entry.name
            if "\n" in inner or not inner.isprintable():
                self.unread.append(
                    Unread(ascii(inner)[1:-1], "its name holds characters that cannot be shown")
                )
                continue
            yield from self._entry(entry, inner, depth, names)

    def _entry(
        self, entry: "os.DirEntry[str]", path: str, depth: int, beside: set[str]
    ) -> Iterator[tuple[Path, str, int]]:
        place = Path(entry.path)
        try:
            if entry.is_symlink():
                self._link(place, path)
            elif entry.is_dir(follow_symlinks=False):
                if self._wanted(place, path, beside):
                    if depth >= MOST_DEPTH:
                        self.unread.append(Unread(path, f"more than {MOST_DEPTH} folders inside one another"))
                    else:
                        self.paths.add(path)
                        yield place, path, depth + 1
            else:
                self._file(entry, place, path)
        except OSError as error:
            self.unread.append(Unread(path, error.strerror or "cannot be read"))

    def _file(self, entry: "os.DirEntry[str]", place: Path, path: str) -> None:
        about = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(about.st_mode):
            self.unread.append(Unread(path, "not a regular file"))
            return
        self.paths.add(path)
        self.files.append(ProjectFile(path, place, about.st_size))

    def _wanted(self, place: Path, path: str, beside: set[str]) -> bool:
        name = place.name
        if name in _QUIET or name.endswith(".egg-info"):
            return False
        why = _TOLD.get(name, "")
        if not why and (place / "pyvenv.cfg").is_file():
            why = "an environment of installed packages"
        if not why and name in _BUILT and beside & _DESCRIPTIONS:
            why = "made by a build"
        if why:
            self.unread.append(Unread(path, why))
        return not why

    def _link(self, place: Path, path: str) -> None:
        try:
            target = place.resolve(strict=True)
        except (OSError, RuntimeError):
            self.unread.append(Unread(path, "a link that leads nowhere or in a circle"))
            return
        if not target.is_relative_to(self._real):
            self.unread.append(Unread(path, "a link that leads out of the project"))
        elif not any(part in _TOLD or part in _QUIET for part in target.relative_to(self._real).parts):
            self.paths.add(path)
