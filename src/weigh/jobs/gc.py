"""Gc: make room by taking away what no version needs any more."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from weigh.core.errors import UsageError
from weigh.jobs.desk import Desk
from weigh.store.packs.collect import Collected, collect
from weigh.store.packs.objects import Objects
from weigh.store.sketches.sketch_index import Sketches, sketches_in
from weigh.system.atomic import storing
from weigh.versions.left_out import left_out
from weigh.versions.refs import MOVES
from weigh.versions.working_folder import open_objects

DAY = 86_400.0
"""Seconds."""
_ID = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_MOST_BYTES = 1 << 26
"""Bytes of one file of a history that are read; refs, heads and states are far smaller."""


def gc(desk: Desk, *, older_than_days: float, dry_run: bool) -> Collected:
    """Take away what no version of any history needs.

    Args:
        desk: where to work.
        older_than_days: what is younger stays, and so does what a branch pointed to in that time.
        dry_run: only say what would go.

    Raises:
        UsageError: a negative number of days.
        NotFoundError: a version is not whole; nothing was taken away.
        UntrustedError: a version is damaged; nothing was taken away.
        StorageError: another process has been writing for an hour.
    """
    if not older_than_days >= 0:
        raise UsageError(f"{older_than_days:g} days cannot have passed", hint="--older-than 14")
    now = desk.clock.now()
    grace = older_than_days * DAY
    with open_objects(desk) as objects:
        # A generator: refs are read once nobody else writes to the store.
        versions = desk.places.home / "versions"
        roots = kept_roots(objects, versions, since=now - grace)
        absent = left_out(objects, versions)
        done = collect(objects, roots, now=now, grace=grace, dry_run=dry_run, absent=absent)
        if done.moved and not dry_run:
            _forget_sketches(objects)
        return done


def _forget_sketches(objects: Objects) -> None:
    """What is gone is no relative of anything any more."""
    root = objects.folder.parent
    if sketches_in(root).is_file():
        with closing(Sketches(root)) as sketches:
            sketches.forget([name for name in sketches.names() if not objects.has(name)])


def named_roots(versions: Path) -> Iterator[tuple[str, bytes]]:
    """(history, id) of everything that refs, heads and unfinished work of every history name."""
    for path in _files(versions):
        if path.name != MOVES:
            history = path.relative_to(versions).parts[0]
            for found in _ID.findall(_read(path)):
                yield history, bytes.fromhex(found.decode())


def kept_roots(objects: Objects, versions: Path, *, since: float) -> Iterator[bytes]:
    """What must stay: all that is named now, and what branches named after `since`.

    A ref that names what is not in the store stays in, so that the collection stops and says so.
    """
    for path in _files(versions):
        if path.name == MOVES:
            yield from (name for name in _moved(path, since) if objects.has(name))
            continue
        is_ref = "refs" in path.relative_to(versions).parts[1:2]
        for found in _ID.findall(_read(path)):
            name = bytes.fromhex(found.decode())
            if is_ref or objects.has(name):
                yield name


def _moved(path: Path, since: float) -> Iterator[bytes]:
    """Ids in the lines of a log of moves from `since` on; a line without a time counts as young."""
    for line in _read(path).split(b"\n"):
        first = line.split(b"\t", 1)[0]
        if not first.isdigit() or int(first[:15]) >= since:
            yield from (bytes.fromhex(found.decode()) for found in _ID.findall(line))


def _files(versions: Path) -> Iterator[Path]:
    """Files that can name objects; what an exchange has spooled does not."""
    return (
        path
        for path in sorted(versions.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and "exchange" not in path.relative_to(versions).parts[1:2]
    )


def _read(path: Path) -> bytes:
    with storing(path):
        try:
            with path.open("rb") as file:
                return file.read(_MOST_BYTES)
        except FileNotFoundError:
            return b""
