"""The files of a working folder, and how they differ from a version."""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from weigh.core.errors import NotFoundError, RefusedError, UsageError
from weigh.core.snapshot import is_safe_path
from weigh.formats.reader import FileReader
from weigh.store.packs.file_hash import hash_of
from weigh.system.atomic import storing
from weigh.versions.checked_out import CheckedOut, Seen, looks_of
from weigh.versions.ignored import Ignored, is_never
from weigh.versions.tree import Tree, TreeFile

MOST_FILES = 200_000
"""A folder with more files is surely not a model but a disk."""


class Difference(StrEnum):
    """How a file of the folder stands to the version."""

    CHANGED = "changed"
    MISSING = "missing"
    NEW = "new"


@dataclass(frozen=True, slots=True, order=True)
class Differing:
    """One file that is not as in the version.

    Attributes:
        path: relative POSIX path.
        what: how it differs.
        size: bytes now, -1 when it is missing.
    """

    path: str
    what: Difference
    size: int = -1


def walk_files(folder: Path, ignored: Ignored, below: str = "") -> Iterator[str]:
    """Every file at or below a relative path, in no order; what is ignored is left out.

    Raises:
        RefusedError: there is a link, a device or a pipe, or a name that cannot be kept.
        StorageError: a folder cannot be read.
    """
    waiting = [below]
    count = 0
    while waiting:
        at = waiting.pop()
        with storing(folder / at), os.scandir(folder / at) as entries:
            listed = list(entries)
        for entry in listed:
            path = f"{at}/{entry.name}" if at else entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if ignored(path, folder=is_folder):
                continue
            if is_folder:
                waiting.append(path)
                continue
            if not entry.is_file(follow_symlinks=False):
                raise _not_a_file(path, linked=entry.is_symlink())
            count += 1
            if count > MOST_FILES:
                raise RefusedError(f"{folder} holds more than {MOST_FILES} files", hint="name what is meant")
            yield check_path(path)


def check_path(path: str) -> str:
    """A path that a version may hold, as it was given.

    Raises:
        RefusedError: it leaves the folder, leads into a version control's own, or is no text.
    """
    if not is_safe_path(path) or not path.isprintable() or is_never(path):
        raise RefusedError(
            f"the file name {path!r} cannot be kept",
            why="it is no plain relative path of printable text",
            hint="give it another name, or leave it out in .weighignore",
        )
    return path


def _not_a_file(path: str, *, linked: bool) -> RefusedError:
    return RefusedError(
        f"{path!r} is {'a link' if linked else 'a device or pipe'}, which no version can hold",
        why="what it leads to may change unseen" if linked else "it has no fixed content",
        hint="put the file itself there, or leave it out in .weighignore",
    )


def require_plain(folder: Path, path: str) -> os.stat_result:
    """The state of a file none of whose parts is a link.

    Raises:
        NotFoundError: there is no such file.
        RefusedError: it, or a folder above it, is a link, or it is no file.
    """
    above = ""
    for part in check_path(path).split("/")[:-1]:
        above = f"{above}/{part}" if above else part
        if (folder / above).is_symlink():
            raise _not_a_file(above, linked=True)
    state = looks_of(folder, path)
    if state is None:
        raise NotFoundError(f"there is no file {path!r}")
    if not stat.S_ISREG(state.st_mode):
        raise _not_a_file(path, linked=stat.S_ISLNK(state.st_mode))
    return state


def relative_to(folder: Path, typed: str) -> str:
    """A path that a person typed, as the versions of `folder` call it; "" for the folder itself.

    Raises:
        UsageError: it lies outside.
    """
    # Links are not followed: a link is refused by its own name, not by where it leads.
    full = Path(os.path.abspath(typed))  # noqa: PTH100 - resolve() would follow links
    for top in (folder, folder.resolve()):
        if full == top:
            return ""
        if full.is_relative_to(top):
            return full.relative_to(top).as_posix()
    parent = full.parent.resolve() / full.name
    if parent.is_relative_to(folder.resolve()):
        return parent.relative_to(folder.resolve()).as_posix()
    raise UsageError(f"{typed!r} lies outside {folder}")


def is_as(folder: Path, file: TreeFile, checked: CheckedOut) -> Seen | None:
    """How a file looks, when its content is that of the version; None when it is another or missing.

    Raises:
        StorageError: it cannot be read.
    """
    state = looks_of(folder, file.path)
    if state is None or not stat.S_ISREG(state.st_mode) or state.st_size != file.size:
        return None
    if _executable(state) != file.executable:
        return None
    seen = checked.known(file.path, state)
    if seen is not None:
        return seen if seen.id == file.id else None
    with FileReader(folder / file.path) as reader:
        same = hash_of(reader).hex() == file.id
    return Seen.of(state, file) if same else None


def executable(state: os.stat_result) -> bool:
    """Whether its owner may run it; asked only of file systems that can say so."""
    return _executable(state)


def _executable(state: os.stat_result) -> bool:
    return os.name == "posix" and bool(state.st_mode & stat.S_IXUSR)


def differing(
    folder: Path, tree: Tree, checked: CheckedOut, ignored: Ignored
) -> tuple[tuple[Differing, ...], dict[str, Seen]]:
    """What differs from a version, in path order, and how the files look that do not.

    Links and other things that no version can hold count as new files; committing them is refused.

    Raises:
        StorageError: the folder cannot be read.
    """
    found: list[Differing] = []
    same: dict[str, Seen] = {}
    for file in tree.files:
        seen = is_as(folder, file, checked)
        if seen is not None:
            same[file.path] = seen
            continue
        state = looks_of(folder, file.path)
        what = Difference.MISSING if state is None else Difference.CHANGED
        found.append(Differing(file.path, what, -1 if state is None else state.st_size))
    tracked = {file.path for file in tree.files}
    for path, size in _others(folder, ignored):
        if path not in tracked:
            found.append(Differing(path, Difference.NEW, size))
    return tuple(sorted(found)), same


def _others(folder: Path, ignored: Ignored) -> Iterable[tuple[str, int]]:
    waiting = [""]
    while waiting:
        at = waiting.pop()
        with storing(folder / at), os.scandir(folder / at) as entries:
            for entry in entries:
                path = f"{at}/{entry.name}" if at else entry.name
                inner = entry.is_dir(follow_symlinks=False)
                if ignored(path, folder=inner):
                    continue
                if inner:
                    waiting.append(path)
                else:
                    yield path, entry.stat(follow_symlinks=False).st_size
