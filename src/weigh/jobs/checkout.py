"""Checkout: the files of a version into the working folder."""

from contextlib import ExitStack
from pathlib import Path

from weigh.core.errors import NotFoundError, UsageError
from weigh.jobs.branch import delete_branch, make_branch
from weigh.jobs.desk import Desk
from weigh.project.materialise.link import link
from weigh.versions.checkout import CheckedOutNow, checkout as bring, checkout_paths
from weigh.versions.folder_files import relative_to
from weigh.versions.history import History
from weigh.versions.placing import Placer
from weigh.versions.refs import HEADS
from weigh.versions.working_folder import attach, exists, open_history, root_of


def checkout(
    desk: Desk,
    here: Path,
    revision: str,
    paths: tuple[str, ...] = (),
    *,
    force: bool = False,
    links: bool = False,
    history: str = "",
) -> tuple[History, CheckedOutNow]:
    """Bring a version, or some files of it, into the working folder.

    Args:
        desk: where to work.
        here: the working folder, or a folder below it.
        revision: branch, tag, id, `HEAD~1`.
        paths: as typed; none for the whole version.
        force: overwrite and delete files that were changed.
        links: share read-only files with the store where it has them whole, instead of writing them.
        history: make `here` a working folder of this history first.

    Raises:
        NotFoundError: there is no such version or file.
        RefusedError: a changed file is in the way; nothing was done.
    """
    opened = _joined(desk, here, history) if history else open_history(desk, here)

    def placer(folder: Path) -> Placer:
        return Placer(opened.objects, folder, blobs=desk.blobs, link=link if links else None)

    if not paths:
        done = bring(opened, revision, events=desk.events, force=force, placer=placer)
        return opened, done
    folder = opened.folder
    assert folder is not None
    inside = [relative_to(folder, path) for path in paths]
    done = checkout_paths(opened, revision, inside, events=desk.events, force=force, placer=placer)
    return opened, done


def checkout_new(
    desk: Desk, here: Path, made: tuple[str, str], *, force: bool, links: bool, history: str
) -> tuple[History, CheckedOutNow]:
    """Make a branch and check it out: both or neither.

    Args:
        desk: where to work.
        here: the working folder, or a folder below it.
        made: name of the branch, and the version that it begins at.
        force: as of `checkout`.
        links: likewise.
        history: likewise.

    Raises:
        ConflictError: there is a branch of that name.
        RefusedError: a changed file is in the way; there is no new branch then.
    """
    if history:
        _joined(desk, here, history)
    name, revision = made
    make_branch(desk, here, name, revision)
    with ExitStack() as undo:
        undo.callback(_unmade, desk, here, name)
        done = checkout(desk, here, name, force=force, links=links)
        undo.pop_all()
    return done


def _unmade(desk: Desk, here: Path, name: str) -> None:
    """Take a branch away again unless it is checked out by now."""
    if open_history(desk, here).refs.head != HEADS + name:
        delete_branch(desk, here, name, force=True)


def attach_folder(desk: Desk, here: Path, history: str) -> History:
    """Make a folder a working folder of a history, and touch no file: after it was moved or copied.

    Raises:
        NotFoundError: there is no such history.
    """
    return _joined(desk, here, history)


def _joined(desk: Desk, here: Path, name: str) -> History:
    if not exists(root_of(desk, name)):
        raise NotFoundError(f"there is no history {name!r}", hint=f'weigh commit --history {name} -m "first"')
    if not here.is_dir():
        raise UsageError(f"there is no folder {str(here)!r}")
    return attach(desk, here.resolve(), name)
