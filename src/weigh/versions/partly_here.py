"""A history that is here in part: what was left at its remote is neither missing nor deleted."""

from collections.abc import Iterable
from pathlib import Path

from weigh.core.errors import NotFoundError
from weigh.versions.checked_out import looks_of
from weigh.versions.history import History
from weigh.versions.remotes import read_partial
from weigh.versions.tree import Tree, TreeFile


def held(history: History, tree: Tree) -> Tree:
    """The files of a version that are here: all of them, unless only a part of the history was cloned."""
    partial = read_partial(history.root)
    if not partial.only:
        return tree
    return Tree(tuple(f for f in tree.files if partial.wants(f.path) or _stored(history, f)))


def placeable(history: History, tree: Tree, folder: Path) -> Tree:
    """The files of a version that belong into a working folder: those cloned, or brought there since."""
    partial = read_partial(history.root)
    if not partial.only:
        return tree
    return Tree(
        tuple(
            file
            for file in tree.files
            if partial.wants(file.path)
            or (looks_of(folder, file.path) is not None and _stored(history, file))
        )
    )


def left_behind(history: History, folder: Path, paths: Iterable[str]) -> frozenset[str]:
    """Paths of a version that are not in the folder because they were left at the remote."""
    partial = read_partial(history.root)
    return frozenset(p for p in paths if not partial.wants(p) and looks_of(folder, p) is None)


def require_held(history: History, files: Iterable[TreeFile]) -> None:
    """That files are here.

    Raises:
        NotFoundError: one was left at the remote.
    """
    partial = read_partial(history.root)
    for file in files:
        if not partial.wants(file.path) and not _stored(history, file):
            raise NotFoundError(
                f"{file.path!r} was left at the remote",
                why="only a part of the history was cloned",
                hint="clone it whole, or with --only for that file, too",
            )


def _stored(history: History, file: TreeFile) -> bool:
    return history.objects.has(bytes.fromhex(file.id))
