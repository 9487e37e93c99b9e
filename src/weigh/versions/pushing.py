"""Pushing: objects that the remote lacks go there in packs, then refs are moved by compare-and-swap.

A push that is cut off leaves packs that the next one finds and does not send again. No ref is moved before
everything it leads to has arrived, and none is moved that somebody else moved meanwhile.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from weigh.core.errors import ConflictError, NotFoundError
from weigh.core.events import EventSink, Progress
from weigh.store.packs.pack_file import MOST_BYTES, PackWriter
from weigh.store.packs.record import Kind
from weigh.store.remotes.layout import Remote, index_name, pack_name, require_writable
from weigh.store.remotes.pack_index import Line, dump_index
from weigh.system.atomic import TEMPORARY, make_folder
from weigh.versions.exchange import (
    RemoteState,
    ancestors_here,
    exchanging,
    links_of,
    record_here,
    write_listing,
)
from weigh.versions.history import History
from weigh.versions.refs import HEADS, REMOTES, TAGS
from weigh.versions.remotes import place_for

STEP = "push"


class Force(StrEnum):
    """When a branch of the remote may be moved to a version that does not follow it."""

    NEVER = "never"
    WITH_LEASE = "with-lease"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Moved:
    """A ref that was moved.

    Attributes:
        ref: its name.
        old: id it stood at, "" when it is new.
        new: id it stands at.
    """

    ref: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did.

    Attributes:
        address: of the remote.
        moved: refs that stand elsewhere now.
        objects: that were sent.
        size: bytes that were sent.
        packs: they were sent in.
    """

    address: str
    moved: tuple[Moved, ...]
    objects: int
    size: int
    packs: int


def push(
    history: History,
    remote: Remote,
    name: str,
    refs: Sequence[str],
    *,
    time: int,
    events: EventSink,
    force: Force = Force.NEVER,
) -> Pushed:
    """Bring refs of a history, and what they lead to, to a remote.

    Args:
        history: where they are.
        remote: where they go.
        name: of the remote.
        refs: full names of branches and tags.
        time: now, seconds since the epoch.
        events: told about bytes.
        force: whether branches may be moved elsewhere than forward.

    Raises:
        ConflictError: the remote has versions that these do not follow, or a ref was moved meanwhile.
        RefusedError: the remote cannot be written, or not safely.
        OfflineError: it went away; the same push goes on where this one ended.
    """
    with exchanging(history):
        require_writable(remote)
        place = place_for(history.root, remote.address)
        state = RemoteState(remote, place / "indexes")
        moves = [move for ref in refs if (move := _move(history, state, name, ref, force)) is not None]
        missing = _missing(history, state, [bytes.fromhex(move.new) for move in moves])
        sent = _Sending(history, state, place / "outgoing", events).send(missing)
        for move in moves:
            before = state.refs.get(move.ref)
            remote.swap(move.ref, before.held if before else None, f"{move.new}\n".encode())
            _track(history, name, move, time)
        write_listing(remote)
    return Pushed(remote.address, tuple(moves), len(missing), *sent)


def _move(history: History, state: RemoteState, name: str, ref: str, force: Force) -> Moved | None:
    new = history.refs.get(ref)
    if not new:
        raise NotFoundError(f"there is no {ref}", hint="weigh branch")
    old = state.refs[ref].id if ref in state.refs else ""
    if old == new:
        return None
    if old and force is not Force.ALWAYS:
        tracked = history.refs.get(_tracking(name, ref))
        leased = force is Force.WITH_LEASE and tracked == old
        if ref.startswith(TAGS) or not (leased or old in ancestors_here(history, new)):
            raise _not_forward(state, name, ref, old, force)
    return Moved(ref, old, new)


def _not_forward(state: RemoteState, name: str, ref: str, old: str, force: Force) -> ConflictError:
    short = ref.split("/", 2)[2]
    if ref.startswith(TAGS):
        why, hint = "a tag is not moved", "give the version another tag"
    elif force is Force.WITH_LEASE:
        why, hint = "somebody moved it since you last looked", f"weigh fetch {name}, look, then push again"
    else:
        why, hint = (
            "pushing would throw those versions away",
            f"weigh pull {name}, then push again; or --force-with-lease to lose them",
        )
    return ConflictError(
        f"{short} at {state.remote.address} stands at {old[:12]}, which yours does not follow",
        why=why,
        hint=hint,
    )


def _tracking(name: str, ref: str) -> str:
    return f"{REMOTES}{name}/{ref.removeprefix(HEADS)}"


def _track(history: History, name: str, move: Moved, time: int) -> None:
    if move.ref.startswith(HEADS):
        ref = _tracking(name, move.ref)
        with suppress(ConflictError):
            # Another process that looked meanwhile knows it as well.
            history.refs.move(ref, history.refs.get(ref), move.new, why="push", time=time)


def _missing(history: History, state: RemoteState, tips: Sequence[bytes]) -> list[bytes]:
    """Ids of objects that the tips lead to and the remote lacks: chunks first, commits last.

    What the remote has is followed in its own indexes, so an object that was lost there is found.
    """
    seen: set[bytes] = set()
    missing: dict[Kind, list[bytes]] = {kind: [] for kind in Kind}
    waiting = list(reversed(tips))
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in state.lines:
            links = state.lines[name][1].links
        elif (record := record_here(history.objects, name)) is not None:
            links = links_of(history.objects, record)
            missing[record.kind].append(name)
        else:
            raise NotFoundError(
                f"the object {name.hex()[:16]} is neither here nor at {state.remote.address}",
                why="this history was cloned in part, or the store is damaged",
                hint="push from a whole clone; `weigh fsck` tells whether the store is damaged",
            )
        waiting.extend(link for link in reversed(links) if link not in seen)
    return [name for kind in sorted(Kind) for name in missing[kind]]


class _Sending:
    """Packs on their way. One at a time lies on the disk here."""

    def __init__(self, history: History, state: RemoteState, folder: Path, events: EventSink) -> None:
        self._objects = history.objects
        self._state = state
        self._folder = folder
        self._events = events
        self._total = 0

    def send(self, names: Sequence[bytes]) -> tuple[int, int]:
        """Send objects; returns bytes and packs."""
        make_folder(self._folder)
        self._sweep()
        self._total = sum(found.spot.length for name in names if (found := self._objects.index.find(name)))
        sent = packs = 0
        at = 0
        while at < len(names):
            at, size = self._pack(names, at, sent)
            sent += size
            packs += 1
        return sent, packs

    def _sweep(self) -> None:
        for path in self._folder.iterdir():
            if path.suffix in {".pack", TEMPORARY}:
                path.unlink(missing_ok=True)

    def _pack(self, names: Sequence[bytes], at: int, sent: int) -> tuple[int, int]:
        writer = PackWriter(self._folder)
        lines = []
        try:
            while at < len(names) and writer.size < MOST_BYTES:
                record = self._objects.record(names[at])
                spot = writer.add(record)
                links = links_of(self._objects, record)
                lines.append(Line(record.id, record.kind, spot, record.size, record.depth, links))
                at += 1
            size = writer.size
            path = writer.seal()
        finally:
            writer.drop()
        try:
            return at, self._upload(path, size, lines, sent)
        finally:
            path.unlink(missing_ok=True)

    def _upload(self, path: Path, size: int, lines: Sequence[Line], sent: int) -> int:
        """Bytes that travelled: none of a pack that an earlier push brought there before it was cut off."""
        index = dump_index(size, lines)
        travelled = len(index)
        if self._state.listed.get(pack_name(path.stem)) != size:
            self._state.remote.put_file(pack_name(path.stem), path)
            travelled += size
        self._state.remote.put(index_name(path.stem), index)
        self._events.emit(Progress(STEP, sent + size, max(self._total, sent + size), "bytes"))
        return travelled
