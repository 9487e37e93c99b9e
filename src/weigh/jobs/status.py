"""Status: where the working folder stands, and what differs from the version it came from."""

from dataclasses import dataclass
from pathlib import Path

from weigh.jobs.desk import Desk
from weigh.versions.checked_out import read_checked_out
from weigh.versions.folder_files import Differing, differing
from weigh.versions.ignored import read_ignored
from weigh.versions.partly_here import left_behind
from weigh.versions.refs import HEADS
from weigh.versions.standing import standing, under_way
from weigh.versions.tree import Tree
from weigh.versions.working_folder import open_history


@dataclass(frozen=True, slots=True)
class Status:
    """Where a folder stands.

    Attributes:
        history: its name.
        branch: that is checked out, "" when a version is without one.
        commit: id of what is checked out, "" before the first.
        at: id of the version that the files came from, "" when none is known.
        under_way: id of the version that an interrupted checkout was to reach.
        known: whether the history knows the folder.
        files: of the version.
        differing: what is not as in it.
        left: how many of its files were left at the remote.
    """

    history: str
    branch: str
    commit: str
    at: str
    under_way: str
    known: bool
    files: int
    differing: tuple[Differing, ...]
    left: int


def status(desk: Desk, here: Path) -> Status:
    """Look at the working folder. Files that look untouched are not read.

    Raises:
        NotFoundError: it belongs to no history.
        StorageError: a file cannot be read.
    """
    history = open_history(desk, here)
    assert history.folder is not None
    folder = history.folder
    commit = history.refs.current()
    checked = read_checked_out(history.place)
    at = standing(history, checked) or (commit if history.place is None else "")
    tree = history.tree_of(at or commit) if at or commit else Tree()
    found, _ = differing(folder, tree, checked, read_ignored(folder))
    left = left_behind(history, folder, (file.path for file in tree.files))
    found = tuple(one for one in found if one.path not in left)
    branch = history.refs.head.removeprefix(HEADS)
    return Status(
        history.name, branch, commit, at, under_way(history.place), history.place is not None,
        len(tree.files), found, len(left),
    )  # fmt: skip
