"""Pulling: what a remote's refs lead to comes here, is judged, and only then a ref points to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from weigh.core.errors import (
    ConflictError,
    IntegrityError,
    NotFoundError,
    RefusedError,
    StorageError,
    UntrustedError,
)
from weigh.core.events import EventSink
from weigh.store.packs.record import Kind
from weigh.store.remotes.layout import Remote
from weigh.store.remotes.pack_index import Line
from weigh.versions.checked_out import read_checked_out
from weigh.versions.checkout import CheckedOutNow, checkout
from weigh.versions.commit import Commit
from weigh.versions.exchange import (
    RemoteState,
    ancestors_here,
    exchanging,
    lacking,
    links_of,
)
from weigh.versions.history import History
from weigh.versions.incoming import Bringing, Incoming, incoming
from weigh.versions.receiving import Receiver, read_commit, read_tree
from weigh.versions.refs import HEADS, REMOTES, TAGS
from weigh.versions.remotes import Partial, place_for, read_partial, write_partial
from weigh.versions.standing import standing, under_way
from weigh.versions.tree import Tree
from weigh.versions.working_folder import require_known


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is fetched of a remote.

    Attributes:
        branches: names; empty for all.
        tags: tags come along.
        only: paths whose files come; empty for all.
        depth: versions of each branch that come, 0 for all.
        force: follow a branch that was moved elsewhere than forward.
    """

    branches: tuple[str, ...] = ()
    tags: bool = True
    only: tuple[str, ...] = ()
    depth: int = 0
    force: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a fetch did.

    Attributes:
        address: of the remote.
        moved: (ref here, id before, id now) of refs that stand elsewhere now.
        refused: refs of the remote that were moved backwards or aside, and are not followed.
        objects: that came.
        size: bytes that were read of packs.
    """

    address: str
    moved: tuple[tuple[str, str, str], ...]
    refused: tuple[str, ...]
    objects: int
    size: int


def fetch(
    history: History, remote: Remote, name: str, *, time: int, events: EventSink, wanted: Wanted | None = None
) -> Fetched:
    """Bring what the branches of a remote lead to, and note where they stand in `refs/remotes/NAME/`.

    Args:
        history: where it goes.
        remote: asked.
        name: of the remote.
        time: now, seconds since the epoch.
        events: told about bytes.
        wanted: what is fetched; all by default, or what the history was cloned with.

    Raises:
        IntegrityError: the remote serves other bytes than it names, or lacks some; nothing of them is here.
        NotFoundError: it has no such branch.
        OfflineError: it went away; the same fetch goes on where this one ended.
    """
    asked = wanted or Wanted()
    with exchanging(history):
        place = place_for(history.root, remote.address)
        state = RemoteState(remote, place / "indexes")
        chosen = _chosen(state, asked)
        before = read_partial(history.root)
        partial = Partial(asked.only or before.only, before.ends)
        with incoming(place / "incoming") as arrived:
            taking = _Taking(history, state, arrived, events, partial, asked.depth)
            try:
                ends = taking.take({bytes.fromhex(i) for i in chosen.values()})
            except UntrustedError as error:
                if isinstance(error, IntegrityError):
                    raise
                raise IntegrityError(
                    f"{remote.address} serves other bytes than it names",
                    why=f"{error.what}{f' ({error.why})' if error.why else ''}",
                    hint="nothing of it was taken in; have it mended, or pull from elsewhere",
                ) from error
        write_partial(history.root, Partial(partial.only, tuple(sorted(ends))))
        moved, refused = _follow(history, name, chosen, asked, time)
    return Fetched(remote.address, moved, refused, taking.bringing.objects, taking.bringing.received)


def _chosen(state: RemoteState, asked: Wanted) -> dict[str, str]:
    """Ids by ref of the remote."""
    there = {ref: found.id for ref, found in state.refs.items()}
    for branch in asked.branches:
        if HEADS + branch not in there:
            names = ", ".join(sorted(r.removeprefix(HEADS) for r in there if r.startswith(HEADS))[:8])
            raise NotFoundError(
                f"{state.remote.address} has no branch {branch!r}", why=f"it has: {names or 'none'}"
            )
    heads = {HEADS + branch for branch in asked.branches}
    return {
        ref: name
        for ref, name in there.items()
        if (ref in heads if ref.startswith(HEADS) and heads else ref.startswith(HEADS))
        or (asked.tags and not asked.depth and ref.startswith(TAGS))
    }


class _Taking:
    """The work on one fetch."""

    def __init__(
        self,
        history: History,
        state: RemoteState,
        arrived: Incoming,
        events: EventSink,
        partial: Partial,
        depth: int,
    ) -> None:
        self._history = history
        self._objects = history.objects
        self._state = state
        self._arrived = arrived
        self._partial = partial
        self._depth = depth
        self._relied_on: set[bytes] = set()
        self.bringing = Bringing(state.remote, arrived, events)

    def take(self, tips: Iterable[bytes]) -> set[str]:
        """Bring and judge all that some commits lead to.

        Returns:
            Ids of the commits whose parents are left out.
        """
        commits, ends = self._commits(tips)
        trees = {bytes.fromhex(commit.tree) for commit in commits.values()}
        files = self._files(self._trees(trees))
        parts = self._parts(files)
        self._bring(parts)
        if commits or files:
            with self._objects.writing() as writer:
                self._hold()
                receiver = Receiver(self._objects, writer, self._arrived)
                for name in files:
                    receiver.file(name)
                for name in parts:
                    # A file that was here without all it is made of: what was gone has come again.
                    receiver.part(name)
                for name in (*sorted(trees), *reversed(commits)):
                    receiver.description(name)
        return ends

    def _hold(self) -> None:
        """Mark what was here already as in use, so that nobody collects it before a ref points to it.

        Raises:
            StorageError: some of it was collected a moment ago.
        """
        if not all(self._objects.has(name) for name in self._relied_on):
            raise StorageError(
                "an object that was here is gone",
                why="the store was cleaned meanwhile",
                hint="run the same command again: it fetches the object",
            )

    def _bring(self, names: Iterable[bytes]) -> None:
        self.bringing.bring(self._line(name) for name in names)

    def _line(self, name: bytes) -> tuple[str, Line]:
        found = self._state.lines.get(name)
        if found is None:
            raise lacking(self._state.remote.address, name, "its refs or another of its objects lead to it")
        return found

    def _known(self) -> Mapping[str, tuple[str, ...]]:
        """The parents of commits that need not be looked at again: everything they lead to is here."""
        if self._partial:
            return {}
        return ancestors_here(self._history, *(name for _, name in self._history.refs.all()))

    def _commits(self, tips: Iterable[bytes]) -> tuple[dict[bytes, Commit], set[str]]:
        """Commits that are to be here, the youngest first, and those whose parents are not.

        The remote's index says which there are, so that they come in one go; then each is read.
        """
        known = self._known()
        found: dict[bytes, Commit] = {}
        ends = set(self._partial.ends)
        level = [name for name in tips if name.hex() not in known]
        self._bring(self._expected(level, known))
        steps = 0
        while level:
            steps += 1
            following: dict[bytes, None] = {}
            for name in level:
                found[name] = commit = self._commit(name)
                cut = (self._depth and steps >= self._depth) or (name.hex() in ends and not self._depth)
                if cut and commit.parents:
                    ends.add(name.hex())
                    continue
                ends.discard(name.hex())
                following.update({bytes.fromhex(p): None for p in commit.parents if p not in known})
            level = [name for name in following if name not in found]
        return found, ends

    def _expected(self, tips: Sequence[bytes], known: Mapping[str, tuple[str, ...]]) -> list[bytes]:
        """Commits that have to come, as far as the remote's index can be believed."""
        found: dict[bytes, None] = {}
        level, steps = list(tips), 0
        while level and not (self._depth and steps >= self._depth):
            steps += 1
            following: dict[bytes, None] = {}
            for name in level:
                found[name] = None
                if not self._depth and name.hex() in self._partial.ends:
                    continue
                links = self._state.lines[name][1].links[1:] if name in self._state.lines else ()
                following.update({link: None for link in links if link.hex() not in known})
            level = [name for name in following if name not in found]
        return [name for name in found if not self._objects.has(name) and name in self._state.lines]

    def _commit(self, name: bytes) -> Commit:
        if self._objects.has(name):
            return self._history.commit(name.hex())
        self._bring([name])
        record = self._arrived.record(name)
        assert record is not None, "it was brought just now"
        return read_commit(record)

    def _trees(self, names: Iterable[bytes]) -> list[Tree]:
        wanted = sorted(names)
        self._bring(name for name in wanted if not self._objects.has(name))
        return [self._tree(name) for name in wanted]

    def _tree(self, name: bytes) -> Tree:
        if self._objects.has(name):
            return self._history.tree(name.hex())
        record = self._arrived.record(name)
        assert record is not None, "it was brought just now"
        return read_tree(record)

    def _files(self, trees: Iterable[Tree]) -> list[bytes]:
        wanted = (f for tree in trees for f in tree.files if self._partial.wants(f.path))
        return list(dict.fromkeys(bytes.fromhex(file.id) for file in wanted))

    def _parts(self, files: Iterable[bytes]) -> list[bytes]:
        """Everything that files are made of and that is not here, the files themselves included."""
        missing: list[bytes] = []
        seen: set[bytes] = set()
        waiting = list(files)
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            if self._objects.has(name):
                self._relied_on.add(name)
                waiting.extend(links_of(self._objects, self._objects.record(name)))
                continue
            line = self._line(name)[1]
            if line.kind in {Kind.COMMIT, Kind.TREE}:
                raise RefusedError(
                    f"{self._state.remote.address} offers a {line.kind.name.lower()} as content"
                )
            missing.append(name)
            waiting.extend(line.links)
        return missing


def _follow(
    history: History, name: str, chosen: Mapping[str, str], asked: Wanted, time: int
) -> tuple[tuple[tuple[str, str, str], ...], tuple[str, ...]]:
    """Move the refs that say where the remote stands."""
    moved, refused = [], []
    for ref, new in sorted(chosen.items()):
        tag = ref.startswith(TAGS)
        here = ref if tag else f"{REMOTES}{name}/{ref.removeprefix(HEADS)}"
        old = history.refs.get(here)
        if old == new:
            continue
        if old and (tag or (not asked.force and old not in ancestors_here(history, new))):
            refused.append(ref)
            continue
        history.refs.move(here, old, new, why=f"fetch {name}", time=time)
        moved.append((here, old, new))
    return tuple(moved), tuple(refused)


def require_followed(fetched: Fetched) -> None:
    """That every ref of the remote could be followed.

    Raises:
        ConflictError: some were moved to versions that do not follow those they stood at.
    """
    if fetched.refused:
        names = ", ".join(ref.split("/", 2)[2] for ref in fetched.refused[:5])
        raise ConflictError(
            f"{names} at {fetched.address} was moved to versions that do not follow those before",
            why="somebody pushed with force, or moved a tag; what was there before is still here",
            hint="weigh fetch --force to follow the branches; delete a tag here to take the other",
        )


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What a pull did to the branch that is checked out.

    Attributes:
        branch: its name.
        old: id before, "" for a new branch.
        new: id now.
        files: what was put in place, None when nothing had to be.
        ahead: the branch has versions that the remote lacks.
    """

    branch: str
    old: str
    new: str
    files: CheckedOutNow | None
    ahead: bool = False


def fast_forward(history: History, name: str, branch: str, *, time: int, events: EventSink) -> Forwarded:
    """Bring the branch that is checked out, and the working folder, to where the remote's branch stands.

    Raises:
        ConflictError: both have versions that the other lacks.
        NotFoundError: the remote has no such branch.
        RefusedError: a changed file is in the way; the branch is where it was.
    """
    target = history.refs.get(f"{REMOTES}{name}/{branch}")
    if not target:
        raise NotFoundError(f"{name} has no branch {branch!r}", hint=f"weigh push {name} {branch}")
    ref = HEADS + branch
    old = history.refs.get(ref)
    if old == target or (old and target in ancestors_here(history, old)):
        return Forwarded(branch, old, old, _caught_up(history, branch, events), ahead=old != target)
    if old and old not in ancestors_here(history, target):
        raise ConflictError(
            f"{branch} and {name}/{branch} went different ways",
            why=f"yours stands at {old[:12]}, the remote's at {target[:12]}",
            hint=f"weigh merge {name}/{branch}",
        )
    history.refs.move(ref, old, target, why=f"pull {name}", time=time)
    try:
        done = checkout(history, branch, events=events)
    except RefusedError:
        history.refs.move(ref, target, old, why="pull: a changed file is in the way", time=time)
        raise
    return Forwarded(branch, old, target, done)


def _caught_up(history: History, branch: str, events: EventSink) -> CheckedOutNow | None:
    """The end of an earlier pull that was cut off after the branch had moved, None when there was none."""
    _, place = require_known(history)
    if not under_way(place) and standing(history, read_checked_out(place)) == history.refs.current():
        return None
    return checkout(history, branch, events=events)
