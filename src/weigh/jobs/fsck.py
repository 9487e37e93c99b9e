"""Fsck: is every version still what it was, and if not, which files of which versions are lost?"""

import secrets
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import UsageError, WeighError
from weigh.jobs.desk import Desk
from weigh.jobs.gc import named_roots
from weigh.store.packs.check import Broken, Checked, check, damaged_by
from weigh.store.packs.objects import Objects
from weigh.store.packs.record import Kind
from weigh.versions.commit import load_commit
from weigh.versions.left_out import left_out
from weigh.versions.tree import load_tree
from weigh.versions.working_folder import open_objects


@dataclass(frozen=True, slots=True)
class Lost:
    """A version that cannot be given back whole.

    Attributes:
        history: its name.
        commit: its id.
        title: first line of its message; "" where that is lost, too.
        paths: the files that are lost; empty where the list of files is.
    """

    history: str
    commit: str
    title: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Examined:
    """The answer.

    Attributes:
        checked: what was found in the store.
        lost: versions that are not whole, of all histories.
        versions: how many versions there are.
    """

    checked: Checked
    lost: tuple[Lost, ...]
    versions: int

    @property
    def is_whole(self) -> bool:
        """Whether everything can be given back."""
        return not self.lost and not self.checked.broken


def fsck(desk: Desk, *, share: float = 1.0) -> Examined:
    """Check the store and every version of every history.

    Args:
        desk: where to work.
        share: of packs and objects that are read, more than 0 to 1; drawn anew each time.

    Raises:
        UsageError: the share is none.
        StorageError: another process has been writing for an hour, or the disk is full.
    """
    if not 0 < share <= 1:
        raise UsageError(f"{share:g} is no share", hint="--sample 10%")
    with open_objects(desk) as objects:
        versions = desk.places.home / "versions"
        roots = _roots(objects, versions)
        absent = left_out(objects, versions)
        names = [name for _, name in roots]
        checked = check(objects, names, share=share, seed=secrets.randbits(32), absent=absent)
        broken = {b.id: b for b in checked.broken}
        seen: set[bytes] = set()
        lost = tuple(
            hit for history, name in roots for hit in _lost(objects, history, name, broken, seen, absent)
        )
        return Examined(checked, lost, len(seen))


def _roots(objects: Objects, versions: Path) -> list[tuple[str, bytes]]:
    """Commits that are named; other things that look like ids are passed over unless a ref names them."""
    refs = [path for path in versions.glob("*/refs/**/*") if path.is_file()]
    texts = "".join(path.read_text("ascii", "replace") for path in refs)
    found = []
    for history, name in named_roots(versions):
        place = objects.index.find(name)
        if (place is not None and place.kind is Kind.COMMIT) or name.hex() in texts:
            found.append((history, name))
    return list(dict.fromkeys(found))


def _lost(
    objects: Objects,
    history: str,
    start: bytes,
    broken: dict[bytes, Broken],
    seen: set[bytes],
    absent: Container[bytes],
) -> Iterator[Lost]:
    """The versions from one backwards that are not whole."""
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in seen or (name in absent and not objects.has(name)):
            continue
        seen.add(name)
        try:
            commit = load_commit(objects.content(name))
        except WeighError:
            yield Lost(history, name.hex(), "", ())
            continue
        waiting.extend(bytes.fromhex(parent) for parent in commit.parents)
        paths = _paths(objects, bytes.fromhex(commit.tree), tuple(broken.values()))
        if paths is None or paths:
            yield Lost(history, name.hex(), commit.title, paths or ())


def _paths(objects: Objects, tree: bytes, broken: Sequence[Broken]) -> tuple[str, ...] | None:
    """The files of a tree that are lost; None when the tree is."""
    if not broken:
        return ()
    try:
        files = load_tree(objects.content(tree)).files
        hit = damaged_by(objects, broken, (bytes.fromhex(file.id) for file in files))
    except WeighError:
        return None
    return tuple(file.path for file in files if bytes.fromhex(file.id) in hit)
