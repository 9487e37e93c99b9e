"""Is everything that was kept still what it was? Damage is named, set aside and worked around, never deleted.

A damaged pack is moved to `quarantine` after whatever is whole in it was written anew. The index is made
again when it is lost, damaged, or tells of packs that are not there.
"""

import random
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import MalformedError, NotFoundError, StorageError, UntrustedError
from weigh.store.packs.collect import bring_back
from weigh.store.packs.index import Index
from weigh.store.packs.objects import INDEX, Objects
from weigh.store.packs.pack_file import MOST_BYTES, SUFFIX, PackWriter, name_of, records, whole_records
from weigh.store.packs.reaching import needs
from weigh.store.packs.record import Kind
from weigh.store.packs.restoring import file_bytes
from weigh.system.atomic import move_aside, storing

QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True)
class Broken:
    """An object that cannot be given back.

    Attributes:
        id: of the object.
        kind: what it is, None when it is not there at all.
        why: what is wrong with it, or with something it is made from.
    """

    id: bytes
    kind: Kind | None
    why: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found and did.

    Attributes:
        packs: how many were read.
        objects: how many are in the index.
        looked_at: files, chunks, trees and commits that were decoded and hashed.
        damaged_packs: names of those set aside in this check.
        saved: objects taken out of them whole.
        index_made_again: the index was lost, damaged or wrong.
        brought_back: packs taken back from `removed`, because something in them is needed.
        broken: objects that cannot be given back; what they are needed for is for the caller to say.
    """

    packs: int
    objects: int
    looked_at: int
    damaged_packs: tuple[str, ...] = ()
    saved: int = 0
    index_made_again: bool = False
    brought_back: int = 0
    broken: tuple[Broken, ...] = ()


def check(
    objects: Objects,
    roots: Iterable[bytes] = (),
    *,
    share: float = 1.0,
    seed: int = 0,
    absent: Container[bytes] = frozenset(),
) -> Checked:
    """Read the store and say what of it is not what it was.

    Args:
        objects: the store.
        roots: ids of commits that must be there, with all they need.
        share: of packs and files that are read, 0 to 1; what is passed over is drawn by `seed`. Whether
            everything that is needed is there is always looked at.
        seed: of the draw.
        absent: ids that need not be there, because a history left them out on purpose.

    Raises:
        StorageError: somebody else writes, or the disk is full.
    """
    if not objects.folder.is_dir():
        missing = tuple(Broken(name, None, "it is not in the store") for name in roots)
        return Checked(0, 0, 0, broken=missing)
    draw = random.Random(seed)  # noqa: S311 - a sample, not a secret
    with objects.alone():
        made_again = _sound_index(objects)
        packs = sorted(objects.folder.glob(f"*{SUFFIX}"))
        damaged = tuple(path for path in packs if draw.random() < share and not _is_whole(path))
        saved = _set_aside(objects, damaged)
        missing = _missing(objects, roots, absent)
        back = bring_back(objects) if missing else 0
        if back:
            missing = _missing(objects, roots, absent)
        entries = tuple((name, place.kind) for name, place in objects.index.objects())
        looked_at, broken = _decoded(objects, [e for e in entries if draw.random() < share])
    found = {b.id: b for b in (*missing, *broken)}
    return Checked(
        len(packs), len(entries), looked_at, tuple(path.name for path in damaged), saved, made_again, back,
        tuple(found.values()),
    )  # fmt: skip


def _sound_index(objects: Objects) -> bool:
    """Make the index again unless it is in order; returns whether it was made again."""
    present = {path.name for path in objects.folder.glob(f"*{SUFFIX}")}
    try:
        index = objects.index
        if index.is_whole() and index.packs() <= present:
            _take_in(index, objects.folder, present - index.packs())
            return False
    except (StorageError, ValueError):
        # A kind of object that there is not is a ValueError.
        pass
    rebuild_index(objects)
    return True


def rebuild_index(objects: Objects) -> None:
    """Make the index again from the packs; the old one is set aside.

    The caller holds `objects.alone()`.
    """
    objects.close()
    for suffix in ("-wal", "-shm", ""):
        path = objects.folder / f"{INDEX}{suffix}"
        if path.exists():
            move_aside(path, objects.folder / QUARANTINE)
    _take_in(objects.index, objects.folder, {p.name for p in objects.folder.glob(f"*{SUFFIX}")})


def _take_in(index: Index, folder: Path, names: Iterable[str]) -> None:
    """Packs into the index, damaged ones too: as far as they can be read."""
    from weigh.store.packs.index import Entry

    for name in sorted(names):
        lines: list[Entry] = []
        try:
            for spot, record in records(folder / name):
                lines.append(Entry(record.id, record.kind, spot, record.size, record.depth))
        except MalformedError:
            pass
        index.add([(name, lines)])


def _is_whole(path: Path) -> bool:
    """Whether a pack is what its name says."""
    return name_of(path) == path.name.removesuffix(SUFFIX)


def _set_aside(objects: Objects, damaged: Sequence[Path]) -> int:
    """Write what is whole in damaged packs anew, then move them; returns how many objects were saved."""
    if not damaged:
        return 0
    saved: set[bytes] = set()
    pack: PackWriter | None = None
    try:
        for path in damaged:
            for record in whole_records(path):
                if record.id in saved:
                    continue
                saved.add(record.id)
                pack = pack or PackWriter(objects.folder)
                pack.add(record)
                if pack.size >= MOST_BYTES:
                    done, pack = pack, None
                    done.seal()
        if pack is not None:
            done, pack = pack, None
            done.seal()
    finally:
        if pack is not None:
            pack.drop()
    for path in damaged:
        move_aside(path, objects.folder / QUARANTINE)
    # What lay in a damaged pack may lie in another one too, which only a new index finds.
    rebuild_index(objects)
    return len(saved)


def _missing(objects: Objects, roots: Iterable[bytes], absent: Container[bytes]) -> tuple[Broken, ...]:
    """What versions need, and is not there or cannot be read."""
    found: dict[bytes, Broken] = {}
    seen: set[bytes] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        place = objects.index.find(name)
        if place is None and name in absent:
            continue
        if place is None:
            found[name] = Broken(name, None, "it is not in the store")
            continue
        try:
            waiting.extend(needs(objects, objects.record(name)))
        except (UntrustedError, NotFoundError, StorageError) as error:
            found[name] = Broken(name, place.kind, error.what)
    return tuple(found.values())


def _decoded(objects: Objects, chosen: Sequence[tuple[bytes, Kind]]) -> tuple[int, tuple[Broken, ...]]:
    """Decode objects and compare them with their ids."""
    broken = []
    for name, kind in chosen:
        try:
            _decode(objects, name, kind)
        except (UntrustedError, NotFoundError, StorageError) as error:
            broken.append(Broken(name, kind, error.what))
    return len(chosen), tuple(broken)


def _decode(objects: Objects, name: bytes, kind: Kind) -> None:
    if kind in {Kind.FILE, Kind.LIST}:
        for _ in file_bytes(objects, name):
            pass
    else:
        # Checked once more, because its references are no part of what it holds.
        objects.record(name)
        objects.content(name, keep=kind is Kind.CHUNK and objects.depth(name) == 0)


def damaged_by(objects: Objects, broken: Iterable[Broken], files: Iterable[bytes]) -> frozenset[bytes]:
    """Which of some files cannot be given back because of what is broken.

    Args:
        objects: the store.
        broken: what `check` found.
        files: ids of files, e.g. of a version's tree.
    """
    bad = {b.id for b in broken}
    known: dict[bytes, bool] = {}
    return frozenset(name for name in files if _is_hit(objects, name, bad, known))


def _is_hit(objects: Objects, start: bytes, bad: set[bytes], known: dict[bytes, bool]) -> bool:
    waiting, seen = [start], set[bytes]()
    while waiting:
        name = waiting.pop()
        if name in bad or known.get(name):
            known[start] = True
            return True
        if name in seen or name in known:
            continue
        seen.add(name)
        place = objects.index.find(name)
        if place is not None and (place.kind is not Kind.CHUNK or place.depth):
            waiting.extend(needs(objects, objects.record(name)))
    known.update(dict.fromkeys(seen, False))
    return False


def quarantined(objects: Objects) -> tuple[str, ...]:
    """Names of what was set aside, now and before."""
    folder = objects.folder / QUARANTINE
    with storing(folder):
        return tuple(sorted(path.name for path in folder.iterdir())) if folder.is_dir() else ()
