"""The remotes of a history, by name, and what of a history was left at a remote.

```
HOME/versions/<history>/remotes.toml          [remotes.NAME] address = "…"
HOME/versions/<history>/partial.json          files and versions that were left out when it was cloned
HOME/versions/<history>/exchange/<key>/       indexes of the remote's packs, and what is under way
```

They lie in the user's own HOME: no project decides where versions go or which login is used.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from weigh.core.canonical import dumps
from weigh.core.errors import MalformedError, NotFoundError, UsageError
from weigh.core.snapshot import is_safe_path
from weigh.system.atomic import storing, write_bytes
from weigh.system.locks import locked

FILE = "remotes.toml"
PARTIAL = "partial.json"
USUAL = "origin"
"""The remote that is meant when none is named."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}\Z")
_PATIENCE = 60.0


def read_remotes(root: Path) -> Mapping[str, str]:
    """Address of each remote of a history, by name.

    Args:
        root: folder of the history.

    Raises:
        MalformedError: the file is damaged.
    """
    path = root / FILE
    with storing(path):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return {}
    try:
        tables = tomllib.loads(data.decode("utf-8")).get("remotes", {})
        return {check_remote_name(name): _address(table) for name, table in tables.items()}
    except (ValueError, AttributeError, UsageError) as error:
        raise MalformedError(f"{path} is damaged", why=str(error), hint="mend it, or delete it") from error


def _address(table: object) -> str:
    address = table.get("address") if isinstance(table, dict) else None
    if not isinstance(address, str) or not address.isprintable():
        raise ValueError("a remote has no address")
    return address


def check_remote_name(name: str) -> str:
    """The name of a remote, as it was given.

    Raises:
        UsageError: it holds other signs than letters, digits, `_` and `-`.
    """
    if not _NAME.match(name):
        raise UsageError(f"{name!r} cannot be the name of a remote", hint="use letters, digits, _ and -")
    return name


def address_of(root: Path, name: str) -> str:
    """Where a remote of a history is.

    Raises:
        NotFoundError: it has none of that name.
    """
    known = read_remotes(root)
    if name not in known:
        there = ", ".join(sorted(known)) or "none"
        raise NotFoundError(
            f"there is no remote {name!r}", why=f"there are: {there}", hint=f"weigh remote add {name} ADDRESS"
        )
    return known[name]


def add_remote(root: Path, name: str, address: str) -> None:
    """Remember a remote.

    Raises:
        UsageError: there is one of that name at another address.
    """
    check_remote_name(name)
    with locked(root / "remotes.lock", timeout=_PATIENCE, what="changing remotes"):
        known = dict(read_remotes(root))
        if known.get(name, address) != address:
            raise UsageError(
                f"there is a remote {name!r} already", why=f"at {known[name]}", hint=f"weigh remote rm {name}"
            )
        _write(root, known | {name: address})


def remove_remote(root: Path, name: str) -> str:
    """Forget a remote and return where it was; nothing there changes.

    Raises:
        NotFoundError: there is none of that name.
    """
    with locked(root / "remotes.lock", timeout=_PATIENCE, what="changing remotes"):
        known = dict(read_remotes(root))
        address = address_of(root, name)
        del known[name]
        _write(root, known)
    return address


def _write(root: Path, known: Mapping[str, str]) -> None:
    # JSON's escapes of printable text are those of TOML's basic strings.
    lines = (
        f"[remotes.{name}]\naddress = {json.dumps(known[name], ensure_ascii=False)}\n"
        for name in sorted(known)
    )
    write_bytes(root / FILE, "\n".join(lines).encode())


def place_for(root: Path, address: str) -> Path:
    """The folder for what a history knows of the remote at an address."""
    return root / "exchange" / hashlib.sha256(address.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Partial:
    """What a history lacks on purpose.

    Attributes:
        only: paths whose files are here, at or below; empty for all.
        ends: ids of commits whose parents are not here.
    """

    only: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.only or self.ends)

    def wants(self, path: str) -> bool:
        """Whether a file is among those that are here."""
        return not self.only or any(path == p or path.startswith(f"{p}/") for p in self.only)


class _Partial(msgspec.Struct, forbid_unknown_fields=True):
    only: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()


def read_partial(root: Path) -> Partial:
    """What a history lacks on purpose; an empty value for a whole one.

    Raises:
        MalformedError: the record is damaged.
    """
    path = root / PARTIAL
    with storing(path):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return Partial()
    try:
        found = msgspec.json.decode(data, type=_Partial)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(f"{path} is damaged", why=str(error), hint="clone again") from error
    return Partial(found.only, found.ends)


def write_partial(root: Path, partial: Partial) -> None:
    """Keep the record, or take it away where the history is whole."""
    path = root / PARTIAL
    if partial:
        write_bytes(path, dumps({"only": list(partial.only), "ends": list(partial.ends)}))
        return
    with storing(path):
        path.unlink(missing_ok=True)


def check_only(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Paths of files or folders that are wanted, without slashes at their ends.

    Raises:
        UsageError: one of them leaves the version.
    """
    wanted = tuple(sorted({path.strip("/") for path in paths}))
    for path in wanted:
        if not is_safe_path(path):
            raise UsageError(f"{path!r} is no path inside a version")
    return wanted
