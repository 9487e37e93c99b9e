"""Export: a version as a plain folder."""

from pathlib import Path

from weigh.jobs.desk import Desk
from weigh.versions.exporting import export_version as write
from weigh.versions.tree import Tree
from weigh.versions.working_folder import open_history, open_named


def export_version(desk: Desk, here: Path, revision: str, target: Path, *, history: str = "") -> Tree:
    """Write the files of a version into a folder that is missing or empty.

    Args:
        desk: where to work.
        here: the working folder, or a folder below it.
        revision: branch, tag, id, `HEAD~1`.
        target: the folder.
        history: another history by its name, "" for the folder's own.

    Raises:
        NotFoundError: there is no such version.
        RefusedError: something stands at the target.
    """
    opened = open_named(desk, history) if history else open_history(desk, here)
    return write(opened, revision, target, events=desk.events)
