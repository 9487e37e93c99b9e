"""A version as a plain folder: all of it, verified, or nothing."""

import shutil
from contextlib import suppress
from pathlib import Path

from weigh.core.errors import RefusedError
from weigh.core.events import EventSink, Progress
from weigh.system.atomic import make_folder, storing, sync_folder, temporary
from weigh.versions.history import History
from weigh.versions.partly_here import require_held
from weigh.versions.placing import Placer, require_placeable
from weigh.versions.tree import Tree

STEP = "export"


def export_version(history: History, revision: str, target: Path, *, events: EventSink) -> Tree:
    """Write the files of a version into a folder that is missing or empty.

    Raises:
        NotFoundError: there is no such version.
        RefusedError: something stands at the target.
        IntegrityError: a stored file is damaged; nothing is left at the target.
        StorageError: the disk is full; likewise.
    """
    tree = history.tree_of(revision)
    require_held(history, tree.files)
    require_placeable(tree)
    if target.is_symlink() or (target.exists() and not target.is_dir()) or _holds_something(target):
        raise RefusedError(f"{target} is not empty", hint="name a folder that does not exist yet")
    if target.resolve() == Path.cwd():
        # It is replaced as a whole, and whoever stands in it would stand in a folder that is gone.
        raise RefusedError(f"{target} is the folder you are in", hint="name another one")
    make_folder(target.parent)
    draft, scratch = temporary(target.parent), temporary(target.parent)
    try:
        make_folder(draft)
        placer = Placer(history.objects, draft, scratch=scratch)
        total, done = sum(file.size for file in tree.files), 0
        for file in tree.files:
            placer.put(file)
            done += file.size
            events.emit(Progress(STEP, done, total, "bytes"))
        with storing(target):
            if target.is_dir():
                target.rmdir()
            draft.replace(target)
            sync_folder(target.parent)
    finally:
        for path in (draft, scratch):
            with suppress(FileNotFoundError):
                shutil.rmtree(path)
    return tree


def _holds_something(target: Path) -> bool:
    with storing(target):
        return target.is_dir() and any(target.iterdir())
