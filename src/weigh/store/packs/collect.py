"""Garbage: what no version needs any more goes, in two steps and never in doubt.

First the packs that hold it are moved to `removed`, what is still needed of them having been written anew and
the index told; after a grace time they are deleted. A reader that has a pack open goes on reading it. Whoever
is killed here leaves packs that are taken in again, or copies that the next collection finds to be copies.
When one object of a version cannot be read, nothing is moved at all.
"""

import os
from collections.abc import Container, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from weigh.store.packs.index import Entry, Located
from weigh.store.packs.objects import Objects
from weigh.store.packs.pack_file import MOST_BYTES, SUFFIX, PackWriter, Spot
from weigh.store.packs.reaching import reached
from weigh.system.atomic import make_folder, storing, sync_folder

REMOVED = "removed"
"""Folder beside the packs of those that nothing needs, until they are deleted."""
_SPARSE = 0.5
"""A pack of which less than this share is needed is written anew."""
_SMALL = 8 * 1024 * 1024
_MANY_SMALL = 16
"""From this many small packs on they are joined; each costs an open file and a line in every listing."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What was found and done.

    Attributes:
        needed: objects that versions need.
        dead: objects that nothing needs.
        moved: packs moved to `removed`.
        moved_bytes: bytes of them.
        rewritten_bytes: bytes of new packs with what was still needed of those.
        deleted_bytes: bytes of packs deleted, moved there before the grace time.
    """

    needed: int = 0
    dead: int = 0
    moved: int = 0
    moved_bytes: int = 0
    rewritten_bytes: int = 0
    deleted_bytes: int = 0


@dataclass(slots=True)
class _Pack:
    """One pack while it is judged."""

    name: str
    size: int
    young: bool
    live: list[tuple[Spot, bytes]] = field(default_factory=list)
    held: int = 0

    @property
    def share(self) -> float:
        """How much of it is needed."""
        return sum(spot.length for spot, _ in self.live) / max(1, self.size)


def collect(
    objects: Objects,
    roots: Iterable[bytes],
    *,
    now: float,
    grace: float,
    dry_run: bool = False,
    absent: Container[bytes] = frozenset(),
) -> Collected:
    """Move what nothing needs out of the way, and delete what was moved long ago.

    Args:
        objects: the store.
        roots: ids of the commits that every ref of every history names.
        now: seconds since the epoch.
        grace: seconds that a pack must be old before anything of it is taken for garbage, and that it
            stays in `removed`. What is younger may belong to a version that is just being made.
        dry_run: only say what would be done.
        absent: ids that need not be there, because a history left them out on purpose.

    Raises:
        NotFoundError: a version needs what is not here; nothing was moved.
        UntrustedError: a part of a version is damaged; nothing was moved.
        StorageError: somebody else writes, or the disk is full.
    """
    if not objects.folder.is_dir():
        return Collected()
    with objects.alone():
        objects.index.catch_up(objects.folder)
        entries = tuple(objects.index.objects())
        packs = _packs(objects.folder, now - grace)
        kept = {name for name, place in entries if place.pack in packs and packs[place.pack].young}
        # What is young may be a version in the making or of a history that is gone.
        needed = reached(objects, {*roots}, absent) | reached(objects, kept, None)
        _sort(entries, packs, needed)
        chosen = _chosen(packs.values())
        moved = sum(pack.size for pack in chosen)
        dead = sum(pack.held - len(pack.live) for pack in packs.values())
        rewritten = sum(spot.length for pack in chosen for spot, _ in pack.live)
        if not dry_run:
            rewritten, fresh = _rewrite(objects, entries, chosen)
            for pack in chosen:
                # One that was written anew with the same records in the same order is the same pack.
                if pack.name not in fresh:
                    _move(objects.folder, pack.name, now)
        deleted = _delete(objects.folder / REMOVED, now - grace, dry_run=dry_run)
    return Collected(len(needed), dead, len(chosen), moved, rewritten, deleted)


def _packs(folder: Path, before: float) -> dict[str, _Pack]:
    found = {}
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        with storing(path):
            state = path.stat()
        found[path.name] = _Pack(path.name, state.st_size, young=state.st_mtime > before)
    return found


def _sort(
    entries: Iterable[tuple[bytes, Located]], packs: dict[str, _Pack], needed: frozenset[bytes]
) -> None:
    """Put every object to its pack."""
    for name, place in entries:
        pack = packs.get(place.pack)
        if pack is not None:
            pack.held += 1
            if name in needed:
                pack.live.append((place.spot, name))


def _chosen(packs: Iterable[_Pack]) -> list[_Pack]:
    """The packs that go: those nothing needs, those little is needed of, and small ones if there are many."""
    old = [pack for pack in packs if not pack.young]
    small = [pack for pack in old if pack.size < _SMALL]
    together = small if len(small) >= _MANY_SMALL else []
    return [pack for pack in old if pack.share < _SPARSE or pack in together]


def _rewrite(
    objects: Objects, entries: Sequence[tuple[bytes, Located]], chosen: Sequence[_Pack]
) -> tuple[int, frozenset[str]]:
    """Write what is needed of the chosen packs into new ones; the index changes in one step."""
    known = dict(entries)
    sealed: list[tuple[str, list[Entry]]] = []
    lines: list[Entry] = []
    written, pack = 0, None
    try:
        for old in chosen:
            for spot, name in sorted(old.live, key=lambda pair: pair[0].offset):
                record = objects.read(old.name, spot)
                pack = pack or PackWriter(objects.folder)
                place = pack.add(record)
                written += place.length
                lines.append(Entry(name, known[name].kind, place, record.size, record.depth))
                if pack.size >= MOST_BYTES:
                    done, pack = pack, None
                    sealed.append((done.seal().name, lines))
                    lines = []
        if pack is not None:
            done, pack = pack, None
            sealed.append((done.seal().name, lines))
    finally:
        if pack is not None:
            pack.drop()
    fresh = frozenset(name for name, _ in sealed)
    objects.index.swap([old.name for old in chosen], sealed)
    return written, fresh


def _move(folder: Path, name: str, now: float) -> None:
    """Out of the readers' way, with the time it happened."""
    removed = folder / REMOVED
    make_folder(removed)
    path = folder / name
    with storing(path), suppress(FileNotFoundError):
        os.utime(path, (now, now))
        path.replace(removed / name)
        sync_folder(removed)
        sync_folder(folder)


def _delete(removed: Path, before: float, *, dry_run: bool) -> int:
    freed = 0
    for path in sorted(removed.glob(f"*{SUFFIX}")):
        with storing(path), suppress(FileNotFoundError):
            state = path.stat()
            if state.st_mtime <= before:
                freed += state.st_size
                if not dry_run:
                    path.unlink()
    return freed


def bring_back(objects: Objects) -> int:
    """Take packs that were moved away back in, because something in them is needed after all.

    Returns:
        How many there were.
    """
    removed = objects.folder / REMOVED
    found = sorted(removed.glob(f"*{SUFFIX}"))
    for path in found:
        with storing(path):
            path.replace(objects.folder / path.name)
    if found:
        sync_folder(objects.folder)
        objects.index.catch_up(objects.folder)
    return len(found)
