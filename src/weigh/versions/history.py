"""A history: the commits of one model or project, its branches, and the objects they are made of.

```
HOME/versions/<name>/      HEAD, refs, moves.log (see refs), folders (see working_folder)
HOME/store/packs/          objects of every history of this user, each kept once
FOLDER/.weigh/history      name of the history that a working folder belongs to
```
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import NotFoundError, UsageError
from weigh.store.codecs.codec import Codec
from weigh.store.codecs.zstd_frames import compressor
from weigh.store.packs.objects import Objects, content_id
from weigh.store.packs.record import Kind, Record
from weigh.store.packs.writer import Writer
from weigh.versions.commit import Commit, dump_commit, load_commit
from weigh.versions.refs import DETACHED, HEADS, REMOTES, TAGS, Refs, may_be_ref
from weigh.versions.remotes import read_partial
from weigh.versions.tree import Tree, dump_tree, load_tree

_HEX = re.compile(r"[0-9a-f]{4,64}\Z")
_STEPS = re.compile(r"((?:~[0-9]*|\^[0-9]*)*)\Z")
_STEP = re.compile(r"([~^])([0-9]*)")
_MOST_SHOWN = 100
MOST_COMMITS = 1_000_000
"""Commits that a walk visits; a history that claims more is not followed to its end."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A commit with its id."""

    id: str
    commit: Commit


class History:
    """One history.

    Args:
        root: its folder, `HOME/versions/<name>`.
        objects: where its objects are.
        folder: the working folder it was opened from, if any.
        place: what the history knows of that folder, `root/folders/<key>`.
    """

    def __init__(
        self, root: Path, objects: Objects, *, folder: Path | None = None, place: Path | None = None
    ) -> None:
        self.name = root.name
        self.root = root
        self.refs = Refs(root, place)
        self.objects = objects
        self.folder = folder
        self.place = place

    def commit(self, name: str) -> Commit:
        """A commit by its id.

        Raises:
            NotFoundError: it is not in the store.
            MalformedError: it is damaged.
        """
        return load_commit(self._described(name, Kind.COMMIT))

    def tree(self, name: str) -> Tree:
        """A tree by its id.

        Raises:
            NotFoundError: it is not in the store.
            MalformedError: it is damaged.
        """
        return load_tree(self._described(name, Kind.TREE))

    def tree_of(self, revision: str) -> Tree:
        """The files of a version, however it is named."""
        return self.tree(self.commit(self.find(revision)).tree)

    def _described(self, name: str, kind: Kind) -> memoryview:
        record = self.objects.record(bytes.fromhex(name))
        if record.kind is not kind:
            raise NotFoundError(f"{name[:12]} is no {kind.name.lower()}")
        return self.objects.content(record.id)

    def find(self, revision: str) -> str:
        """The id of the commit that a person names: HEAD, a branch, a tag, an id or its first digits.

        `~N` behind it goes N commits back, `^N` to the Nth parent.

        Raises:
            NotFoundError: there is no such version.
            UsageError: the first digits fit several.
        """
        steps = _STEPS.search(revision)
        way = steps[1] if steps else ""
        name = revision[: len(revision) - len(way)] or "HEAD"
        at = self._named(name)
        for sign, digits in _STEP.findall(way):
            count = int(digits[:6]) if digits else 1
            for _ in range(count if sign == "~" else 1):
                parents = self.commit(at).parents
                place = 0 if sign == "~" else count - 1
                if not 0 <= place < len(parents):
                    raise NotFoundError(
                        f"there is no version {revision!r}", why=f"{at[:12]} has no such parent"
                    )
                if at in read_partial(self.root).ends and not self.objects.has(bytes.fromhex(parents[place])):
                    raise NotFoundError(
                        f"{revision!r} was left at the remote",
                        why=f"the history was cloned down to {at[:12]}",
                        hint="weigh fetch --depth N brings older versions",
                    )
                at = parents[place]
        return at

    def _named(self, name: str) -> str:
        if name in {"HEAD", "@"}:
            found = self.refs.current()
            if found:
                return found
            raise NotFoundError(f"the history {self.name} has no version yet", hint="weigh commit")
        for prefix in ("", TAGS, HEADS, REMOTES):
            if (
                (prefix or name.startswith("refs/"))
                and may_be_ref(name)
                and (found := self.refs.get(prefix + name))
            ):
                return found
        if _HEX.match(name):
            found = self._short(name)
            if found:
                return found
        known = [_called(ref) for ref, _ in self.refs.all() if not ref.startswith(DETACHED)]
        near = ", ".join(known[:8])
        away = next((n for n in known if may_be_ref(name) and n.endswith(f"/{name}")), "")
        shown = name if len(name) <= _MOST_SHOWN else f"{name[:_MOST_SHOWN]}…"
        raise NotFoundError(
            f"there is no version {shown!r}",
            why=f"branches and tags: {near or 'none'}",
            hint=f"weigh checkout -b {name} {away} makes it a branch of yours" if away else "",
        )

    def _short(self, digits: str) -> str:
        if len(digits) == 64 and self.objects.has(bytes.fromhex(digits)):
            return digits
        fitting = [i.hex() for i, _ in self.objects.index.objects(Kind.COMMIT) if i.hex().startswith(digits)]
        if fitting:
            # The store is that of all histories; digits mean a version of this one.
            own = self._own()
            fitting = [name for name in fitting if name in own]
        if len(fitting) > 1:
            raise UsageError(f"{digits!r} fits {len(fitting)} versions", hint="write more digits")
        return fitting[0] if fitting else ""

    def _own(self) -> frozenset[str]:
        """The ids of the versions that a ref leads to, or that one stood at."""
        starts = [name for _, name in self.refs.all()]
        current = self.refs.current()
        return frozenset({logged.id for logged in self.log(*starts, *([current] if current else []))}) | (
            self.refs.mentioned()
        )

    def log(self, *starts: str) -> Iterator[Logged]:
        """Commits from some ids backwards, each once, the youngest first among those that are ready."""
        import heapq

        # Behind these a clone with --depth has nothing.
        ends = frozenset(read_partial(self.refs.root).ends)
        waiting: list[tuple[int, int, str, Commit]] = []
        seen: set[str] = set()

        def push(name: str) -> None:
            if name not in seen and len(seen) < MOST_COMMITS:
                seen.add(name)
                made = self.commit(name)
                heapq.heappush(waiting, (-made.time, len(seen), name, made))

        for name in starts:
            push(name)
        while waiting:
            _, _, name, made = heapq.heappop(waiting)
            yield Logged(name, made)
            for parent in () if name in ends else made.parents:
                push(parent)

    def ancestors(self, name: str) -> frozenset[str]:
        """The ids of a commit and of everything it follows."""
        return frozenset(logged.id for logged in self.log(name))

    def merge_base(self, one: str, other: str) -> str:
        """The youngest version that both follow, "" when they have nothing in common."""
        theirs = self.ancestors(other)
        return next((logged.id for logged in self.log(one) if logged.id in theirs), "")


def _called(ref: str) -> str:
    """How a person names a ref."""
    for prefix in (HEADS, TAGS, REMOTES):
        ref = ref.removeprefix(prefix)
    return ref


def put_tree(writer: Writer, tree: Tree) -> str:
    """Keep a tree and return its id."""
    files = tuple(bytes.fromhex(f.id) for f in tree.files)
    return _put(writer, Kind.TREE, dump_tree(tree), files)


def put_commit(writer: Writer, commit: Commit) -> str:
    """Keep a commit and return its id."""
    linked = (bytes.fromhex(commit.tree), *(bytes.fromhex(p) for p in commit.parents))
    return _put(writer, Kind.COMMIT, dump_commit(commit), linked)


def _put(writer: Writer, kind: Kind, data: bytes, linked: Sequence[bytes]) -> str:
    name = content_id(data)
    body = compressor().compress(data)
    writer.add(Record(name, kind, Codec.ZSTD, 1, False, len(data), 0, tuple(linked), b"", body))
    return name.hex()
