"""What is missing on purpose: objects that a clone of a part never had, and that nobody shall look for."""

from collections.abc import Iterator
from pathlib import Path

from weigh.core.errors import WeighError
from weigh.store.packs.objects import Objects
from weigh.versions.commit import Commit, load_commit
from weigh.versions.refs import Refs
from weigh.versions.remotes import Partial, read_partial
from weigh.versions.tree import load_tree


def left_out(objects: Objects, versions: Path) -> frozenset[bytes]:
    """Ids of the versions and files that some history left at its remote, and that no other one needs.

    Args:
        objects: the store of all histories.
        versions: the folder with a folder for each history.

    Raises:
        MalformedError: a history's record of what it left out, or a ref, is damaged.
    """
    partial = {root: read_partial(root) for root in sorted(versions.glob("*")) if root.is_dir()}
    if not any(partial.values()):
        return frozenset()
    lacking: set[bytes] = set()
    needed: set[bytes] = set()
    for root, lacks in partial.items():
        for name, commit in _commits(objects, root, lacks):
            needed.add(name)
            if name.hex() in lacks.ends:
                lacking.update(bytes.fromhex(parent) for parent in commit.parents)
            for path, file in _files(objects, commit):
                (needed if lacks.wants(path) else lacking).add(file)
    return frozenset(lacking - needed)


def _commits(objects: Objects, root: Path, lacks: Partial) -> Iterator[tuple[bytes, Commit]]:
    """The versions that a history's refs lead to, each once. What is damaged leads nowhere."""
    waiting = [bytes.fromhex(name) for _, name in Refs(root).all()]
    seen: set[bytes] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            commit = load_commit(objects.content(name))
        except WeighError:
            # Whoever asks finds the damage itself, and says so.
            continue
        yield name, commit
        if name.hex() not in lacks.ends:
            waiting.extend(bytes.fromhex(parent) for parent in commit.parents)


def _files(objects: Objects, commit: Commit) -> Iterator[tuple[str, bytes]]:
    try:
        tree = load_tree(objects.content(bytes.fromhex(commit.tree)))
    except WeighError:
        return
    for file in tree.files:
        yield file.path, bytes.fromhex(file.id)
