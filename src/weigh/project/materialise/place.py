"""Putting the files of a plan where clients look, one whole unit at a time.

```
PROJECT/.weigh/.gitignore      `*`
PROJECT/.weigh/cache/FAMILY    the caches; only locked models lie there
PROJECT/.weigh/models/NAME     plain folders
PROJECT/.weigh/synced.json     what lies where, see record.py
PROJECT/.weigh/sync.lock       held while files are placed
PROJECT/.weigh/tmp             units under construction; empty but for what a killed sync left
```
"""

import os
import posixpath
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import RefusedError, StorageError
from weigh.project.materialise.check import Checked, Difference, Trouble
from weigh.project.materialise.link import READ_ONLY, Method, link
from weigh.project.materialise.plan import Plan
from weigh.project.materialise.record import Trace
from weigh.project.materialise.unit import CACHE, MODELS, Placed, Unit
from weigh.store.blobs import Blobs
from weigh.system.atomic import make_folder, storing, sync_folder, temporary, write_bytes
from weigh.system.locks import locked
from weigh.system.swap import swap_in

FOLDER = ".weigh"
"""Folder of a project that holds what can be made again from models.lock."""

SCRATCH = "tmp"
PATIENCE = 3600.0
"""Seconds to wait for another sync of the same project: as long as a large download takes."""


@dataclass(frozen=True, slots=True)
class Put:
    """What was placed.

    Attributes:
        units: roots of the units that were made or made whole, below `.weigh`.
        methods: how many files came into the caches how.
    """

    units: tuple[str, ...]
    methods: Mapping[Method, int]


def place_of(project: Path) -> Path:
    """The folder `.weigh` of a project.

    Raises:
        RefusedError: it is a link, so that files would be put somewhere else.
    """
    place = project / FOLDER
    if place.is_symlink():
        raise RefusedError(
            f"{place} is a link",
            why="what is put there would land somewhere else",
            hint="delete the link; weigh makes a folder",
        )
    return place


@contextmanager
def syncing(place: Path, *, patience: float = PATIENCE) -> Iterator[None]:
    """Hold a project's caches for the length of the block; what a killed sync left is taken away.

    Raises:
        StorageError: another sync goes on all that time, or the folder cannot be written.
    """
    make_folder(place)
    ignored = place / ".gitignore"
    if not ignored.is_file():
        write_bytes(ignored, b"*\n")
    with locked(place / "sync.lock", timeout=patience, what="syncing this project"):
        _discard(place / SCRATCH)
        yield


def put(place: Path, plan: Plan, checked: Checked, blobs: Blobs) -> Put:
    """Make every unit whole that has a difference; what else lies in a unit stays.

    Every stored file that is needed must have been verified by the caller.

    Raises:
        StorageError: the disk is full or cannot be written; units that were not reached are as before.
        RefusedError: a link stands where a folder of the caches belongs.
    """
    wrong = {d.path for d in checked.differences if d.trouble is not Trouble.EXTRA}
    extra = [d.path for d in checked.differences if d.trouble is Trouble.EXTRA]
    methods: Counter[Method] = Counter()
    made: list[str] = []
    for unit in plan.units:
        bad = [file for file in unit.files if unit.place(file) in wrong]
        if not bad:
            continue
        _require_folders(place, unit.root)
        shared = any(path.startswith(unit.root + "/") for path in extra)
        if shared:
            _mend(place, unit, bad, blobs, methods)
        else:
            _renew(place, unit, blobs, methods)
        made.append(unit.root)
    return Put(tuple(made), dict(methods))


def traces(place: Path, plan: Plan) -> dict[str, Trace]:
    """How the files of a plan look now. Call it last: a further link to a file changes its inode."""
    return {path: Trace.of((place / path).lstat(), file.sha256) for path, file in plan.files().items()}


def prune(place: Path, differences: Iterable[Difference]) -> tuple[str, ...]:
    """Delete what the lock does not name, and the folders this empties; returns the paths.

    Raises:
        StorageError: something cannot be deleted.
    """
    gone: list[str] = []
    for difference in differences:
        if difference.trouble is not Trouble.EXTRA:
            continue
        target = place / difference.path
        with storing(target), suppress(FileNotFoundError):
            target.unlink()
            gone.append(difference.path)
    for top in (CACHE, MODELS):
        _drop_empty(place / top)
    return tuple(gone)


def _renew(place: Path, unit: Unit, blobs: Blobs, methods: Counter[Method]) -> None:
    """Build the unit beside its place and put it there in one step."""
    scratch = place / SCRATCH
    make_folder(scratch)
    draft = temporary(scratch)
    try:
        for file in unit.files:
            methods[_fill(draft / file.path if file.path else draft, file, blobs)] += 1
        if draft.is_dir():
            _sync_folders(draft)
        old = swap_in(draft, place / unit.root, aside=scratch)
        if old is not None:
            _discard(old)
    finally:
        _discard(draft)


def _mend(place: Path, unit: Unit, bad: Iterable[Placed], blobs: Blobs, methods: Counter[Method]) -> None:
    """Replace single files of a unit that also holds files of somebody else."""
    scratch = place / SCRATCH
    make_folder(scratch)
    for file in bad:
        draft, target = temporary(scratch), place / unit.place(file)
        _require_folders(place, unit.place(file))
        try:
            methods[_fill(draft, file, blobs)] += 1
            if target.is_dir() and not target.is_symlink():
                raise StorageError(
                    f"a folder stands where {unit.place(file)} belongs",
                    hint="weigh sync --prune removes what is not locked",
                )
            with storing(target):
                draft.replace(target)
                sync_folder(target.parent)
        finally:
            _discard(draft)


def _fill(target: Path, file: Placed, blobs: Blobs) -> Method:
    with storing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    if file.data is None:
        return link(blobs.path(file.sha256), target)
    write_bytes(target, file.data, mode=READ_ONLY)
    return Method.MADE


def _require_folders(place: Path, root: str) -> None:
    """Make the folders above a place, none of which may be a link."""
    at = place
    for part in posixpath.dirname(root).split("/"):
        at /= part
        if at.is_symlink() or (at.exists() and not at.is_dir()):
            raise RefusedError(
                f"{at} is no folder of its own",
                why="what is put there would land somewhere else",
                hint="delete it, and sync again",
            )
        make_folder(at)


def _sync_folders(top: Path) -> None:
    for folder, _, _ in os.walk(top):
        with storing(Path(folder)):
            sync_folder(Path(folder))


def _discard(path: Path) -> None:
    with storing(path):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _drop_empty(top: Path) -> None:
    for folder, _, _ in os.walk(top, topdown=False):
        with suppress(OSError):
            Path(folder).rmdir()
