"""What pushing and pulling share: the refs and indexes of a remote, and the graph of objects."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import IntegrityError, MalformedError, NotFoundError
from weigh.store.packs.objects import Objects
from weigh.store.packs.reaching import needs
from weigh.store.packs.record import Record
from weigh.store.remotes.layout import (
    INDEX_SUFFIX,
    LISTING,
    MOST_LISTING,
    MOST_REF,
    PACKS,
    REFS,
    Held,
    Remote,
    dump_listing,
    index_name,
    index_names,
    pack_name,
)
from weigh.store.remotes.pack_index import MOST_BYTES, Line, load_index
from weigh.system.atomic import make_folder, storing, write_bytes
from weigh.system.locks import locked
from weigh.versions.history import History
from weigh.versions.refs import is_name

_PATIENCE = 3600.0
LOCK = "exchange.lock"
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class RemoteRef:
    """A ref of a remote.

    Attributes:
        id: of the commit it points to.
        held: as it was read, to replace exactly this.
    """

    id: str
    held: Held


class RemoteState:
    """What a remote holds, as it was at one moment: first its refs were read, then what they lead to.

    Args:
        remote: the place.
        cache: folder for indexes, which never change.
    """

    def __init__(self, remote: Remote, cache: Path) -> None:
        self.remote = remote
        self.refs = dict(_refs(remote))
        self.listed = dict(remote.names(PACKS))
        self.lines: dict[bytes, tuple[str, Line]] = {}
        make_folder(cache)
        for pack, size in sorted(index_names(self.listed.items()).items()):
            if pack_name(pack) not in self.listed:
                # What was in it is missing; the next push of its versions sends it again.
                continue
            for line in _index(remote, cache, pack, size):
                self.lines.setdefault(line.id, (pack, line))


def _refs(remote: Remote) -> Iterator[tuple[str, RemoteRef]]:
    for name, _ in remote.names(REFS):
        held = remote.get(name, MOST_REF)
        if held is None:
            continue
        text = held.data.decode("ascii", "replace").strip()
        short = name.split("/", 2)[-1]
        if len(text) != 64 or not set(text) <= set("0123456789abcdef") or not is_name(short):
            raise MalformedError(
                f"{name} of {remote.address} is damaged",
                why="it holds no id of a version",
                hint="delete it there, and push it again from where it is whole",
            )
        yield name, RemoteRef(text, held)


def _index(remote: Remote, cache: Path, pack: str, size: int) -> tuple[Line, ...]:
    path = cache / f"{pack}{INDEX_SUFFIX}"
    with storing(path):
        kept = path.read_bytes() if path.is_file() else b""
    if kept and (size < 0 or len(kept) == size):
        try:
            return load_index(kept, pack)
        except MalformedError:
            # The copy here suffered; the remote's own is asked for again.
            kept = b""
    held = remote.get(index_name(pack), MOST_BYTES)
    if held is None:
        raise NotFoundError(
            f"{remote.address} lists the index of the pack {pack[:16]} and does not have it",
            hint="push again from where its versions are whole",
        )
    lines = load_index(held.data, pack)
    write_bytes(path, held.data)
    return lines


def links_of(objects: Objects, record: Record) -> tuple[bytes, ...]:
    """The objects that an object leads to."""
    return tuple(dict.fromkeys(needs(objects, record)))


def record_here(objects: Objects, name: bytes) -> Record | None:
    """An object of the store, None when it is not here."""
    return objects.record(name) if objects.has(name) else None


def ancestors_here(history: History, *starts: str) -> Mapping[str, tuple[str, ...]]:
    """The parents of some commits and of all they follow, as far as they are in the store."""
    found: dict[str, tuple[str, ...]] = {}
    waiting = [name for name in starts if name]
    while waiting:
        name = waiting.pop()
        if name not in found and history.objects.has(bytes.fromhex(name)):
            found[name] = history.commit(name).parents
            waiting.extend(found[name])
    return found


def write_listing(remote: Remote) -> None:
    """Bring `listing.json` up to date, refs first: what it names is there.

    Raises:
        ConflictError: others were faster, again and again; theirs are no older.
    """
    from weigh.core.errors import ConflictError

    for attempt in range(_ATTEMPTS):
        held = remote.get(LISTING, MOST_LISTING)
        refs = {name: ref.id for name, ref in _refs(remote)}
        data = dump_listing(dict(remote.names(PACKS)), refs)
        if held is not None and held.data == data:
            return
        try:
            remote.swap(LISTING, held, data)
        except ConflictError:
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return


@contextmanager
def exchanging(history: History) -> Iterator[None]:
    """One exchange of a history at a time; a killed one does not hold up the next."""
    lock = history.root / LOCK
    with locked(lock, timeout=_PATIENCE, what=f"exchanging versions of {history.name}"):
        yield


def lacking(address: str, name: bytes, why: str) -> IntegrityError:
    """The error for an object that a remote ought to have."""
    return IntegrityError(
        f"{address} lacks the object {name.hex()[:16]}",
        why=why,
        hint="push again from where its versions are whole: what is missing is sent then",
    )
