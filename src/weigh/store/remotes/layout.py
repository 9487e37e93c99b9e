"""What lies at a remote, and what a place must be able to do to be one.

```
weigh.json                  says that this is a remote of weigh
packs/<blake3>.pack         records, as in the packs of a store; never changed
packs/<blake3>.idx          what the pack of the same name holds, and what each object leads to; never changed
refs/heads/<branch>         id of a commit, moved by compare-and-swap only
refs/tags/<tag>             likewise
listing.json                the packs and refs as they were after the last push, for servers that cannot list
```

A pack comes before its index, an index before a ref that needs it: whoever follows a ref finds everything.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from weigh.core.canonical import dumps
from weigh.core.errors import ConflictError, MalformedError, RefusedError

MARK = "weigh.json"
LISTING = "listing.json"
PACKS = "packs/"
REFS = "refs/"
INDEX_SUFFIX = ".idx"
MARK_DATA = b'{"schema":"weigh.remote/1"}\n'
LISTING_SCHEMA = "weigh.listing/1"
MOST_REF = 256
"""Bytes of a ref."""
MOST_LISTING = 32 * 1024 * 1024
MOST_NAMES = 200_000
"""Packs or refs of one remote; more are surely a mistake, or an attack."""
_PACK = re.compile(r"packs/[0-9a-f]{64}\.(?:pack|idx)\Z")
_REF = re.compile(r"refs/(?:heads|tags)/[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}\Z")


@dataclass(frozen=True, slots=True)
class Held:
    """A small object of a remote.

    Attributes:
        data: its content.
        tag: the remote's name for exactly this content, used to replace it and nothing newer.
    """

    data: bytes
    tag: str


class Remote(Protocol):
    """A place that packs and refs are read from and perhaps written to. Names are relative, with `/`.

    What it gives is not to be believed: whoever reads compares hashes.
    """

    @property
    def address(self) -> str:
        """Where it is, without secrets."""
        ...

    def names(self, prefix: str) -> Iterator[tuple[str, int]]:
        """(name, bytes) of what lies below a prefix, in order; bytes are -1 where they are not told."""
        ...

    def get(self, name: str, most: int) -> Held | None:
        """A small object, None when there is none.

        Raises:
            IntegrityError: it is larger than `most` bytes.
        """
        ...

    def parts(self, name: str, spans: Sequence[tuple[int, int]]) -> Iterator[bytes]:
        """Exactly the bytes from begin to before end of each span, in order.

        Raises:
            NotFoundError: there is no such object.
            IntegrityError: other parts come than were asked for, or too few bytes.
        """
        ...

    def put(self, name: str, data: bytes) -> None:
        """Write an object that is seen whole or not at all."""
        ...

    def put_file(self, name: str, path: Path) -> None:
        """The same out of a file of any size."""
        ...

    def swap(self, name: str, held: Held | None, data: bytes) -> None:
        """Replace a small object that is still `held`, or make one that is still missing.

        Raises:
            ConflictError: somebody else was first; nothing was changed.
        """
        ...

    def close(self) -> None:
        """End the connections."""
        ...


def require_writable(remote: Remote) -> None:
    """Make sure that a remote keeps what compare-and-swap promises, and mark it as ours.

    Raises:
        RefusedError: it replaces objects though it was asked not to; two pushers would lose versions.
    """
    for attempt in range(2):
        try:
            remote.swap(MARK, None, MARK_DATA)
        except ConflictError:
            break
        if attempt:
            raise _careless(remote)
    held = remote.get(MARK, MOST_REF)
    if held is None or held.data != MARK_DATA:
        raise RefusedError(
            f"{remote.address} holds something else", why="its weigh.json is not one that this weigh wrote"
        )
    try:
        remote.swap(MARK, Held(MARK_DATA, "0" * 32), MARK_DATA)
    except ConflictError:
        return
    raise _careless(remote)


def _careless(remote: Remote) -> RefusedError:
    return RefusedError(
        f"will not push to {remote.address}",
        why="it ignores the conditions of a write (If-Match, If-None-Match): two pushers would lose versions",
        hint="use a store that knows conditional writes, or a folder",
    )


class _Listing(msgspec.Struct, forbid_unknown_fields=True):
    schema: str
    packs: dict[str, int]
    refs: dict[str, str]


def dump_listing(packs: Mapping[str, int], refs: Mapping[str, str]) -> bytes:
    """The listing as it is stored: canonical JSON.

    Args:
        packs: bytes by name, packs and their indexes.
        refs: ids by name.
    """
    return dumps({"schema": LISTING_SCHEMA, "packs": dict(packs), "refs": dict(refs)})


def load_listing(data: bytes) -> tuple[dict[str, int], dict[str, str]]:
    """The inverse.

    Raises:
        MalformedError: it is no listing, or names what no remote holds.
    """
    try:
        document = msgspec.convert(json.loads(data), _Listing)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise MalformedError("listing.json of the remote is damaged", why=str(error)) from error
    if document.schema != LISTING_SCHEMA or max(len(document.packs), len(document.refs)) > MOST_NAMES:
        raise MalformedError(
            "listing.json of the remote is damaged", why="it is of another kind, or too long"
        )
    for name in (*document.packs, *document.refs):
        require_name(name)
    return document.packs, document.refs


def require_name(name: str) -> str:
    """A name of an object of a remote, as it was given.

    Raises:
        MalformedError: no remote holds something of that name.
    """
    if _PACK.match(name) or (_REF.match(name) and ".." not in name and "//" not in name):
        return name
    raise MalformedError("the remote lists what no remote holds", why=f"it is called {name[:200]!r}")


def index_names(listed: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Bytes of each pack index, by the pack's hexadecimal name.

    Raises:
        MalformedError: there are too many.
    """
    found: dict[str, int] = {}
    for name, size in listed:
        if _PACK.match(name) and name.endswith(INDEX_SUFFIX):
            found[name.removeprefix(PACKS).removesuffix(INDEX_SUFFIX)] = size
            if len(found) > MOST_NAMES:
                raise MalformedError("the remote lists too many packs", why=f"more than {MOST_NAMES:,}")
    return found


def pack_name(pack: str) -> str:
    """Name of a pack at a remote."""
    return f"{PACKS}{pack}.pack"


def index_name(pack: str) -> str:
    """Name of a pack's index at a remote."""
    return f"{PACKS}{pack}{INDEX_SUFFIX}"
