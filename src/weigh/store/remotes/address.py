"""The address of a remote, as a person types it, and the way to what lies there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import OfflineError, UsageError
from weigh.core.ref import RefKind
from weigh.core.snapshot import is_safe_path
from weigh.sources.host_http import HostHttp, logins
from weigh.store.remotes.folder import FolderRemote
from weigh.store.remotes.http import HttpRemote
from weigh.store.remotes.layout import Remote
from weigh.store.remotes.objects import ObjectRemote
from weigh.system.addresses import is_loopback
from weigh.system.credentials import Credentials
from weigh.system.urls import port_of, split

_OBJECTS = re.compile(r"(s3|gs|az):(?://)?([a-z0-9][a-z0-9._-]{1,221})(?:/(.*))?\Z")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(?!\\)")


@dataclass(frozen=True, slots=True)
class Reaching:
    """What the way to remotes needs, all of it the user's own.

    Attributes:
        environ: variables.
        credentials: logins bound to hosts.
        offline: touch no network.
        user_agent: what weigh calls itself.
    """

    environ: Mapping[str, str]
    credentials: Credentials
    offline: bool = False
    user_agent: str = "weigh"


def checked_address(typed: str, here: Path) -> str:
    """The address in full, as it is kept.

    Args:
        typed: a folder, `file:FOLDER`, `http(s)://…`, or `s3:`, `gs:`, `az:` with bucket and prefix.
        here: what a relative folder is relative to.

    Raises:
        UsageError: it is no address of a remote, or holds a password.
    """
    if not typed or not typed.isprintable() or len(typed) > 2000:
        raise UsageError("a remote needs an address of printable text")
    if typed.startswith(("http://", "https://")):
        return _web(typed)
    if match := _OBJECTS.match(typed):
        prefix = (match[3] or "").strip("/")
        if prefix and not is_safe_path(prefix):
            raise UsageError(f"{typed!r} is no prefix of a bucket")
        return f"{match[1]}:{match[2]}" + (f"/{prefix}" if prefix else "")
    if typed.startswith("file:"):
        typed = typed.removeprefix("file:").removeprefix("//")
    elif _SCHEME.match(typed):
        raise UsageError(
            f"{typed.partition(':')[0]}: is no kind of remote",
            hint="a folder, http(s)://…, s3:bucket/prefix, gs:bucket/prefix or az:container/prefix",
        )
    return str((here / Path(typed).expanduser()).resolve())


def _web(typed: str) -> str:
    parts = split(typed)
    port_of(parts)
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError(
            "the address of a remote holds no password, query or fragment",
            why="it is kept and shown",
            hint=f'write the login into credentials.toml, under [hosts."{parts.hostname}"]',
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise UsageError("a remote is not read over plain http", why="anyone on the way could change it")
    return typed.rstrip("/")


def open_remote(address: str, reaching: Reaching) -> Remote:
    """The remote at an address that `checked_address` gave.

    Raises:
        OfflineError: it is not a folder, and the network is forbidden.
        MissingExtraError: the library for it is not installed.
        UsageError: the environment does not say how to reach the store.
    """
    if match := _OBJECTS.match(address):
        if reaching.offline:
            raise OfflineError(f"{address} is on the network", why="--offline forbids it")
        return ObjectRemote(RefKind(match[1]), match[2], match[3] or "", reaching.environ)
    if not address.startswith(("http://", "https://")):
        return FolderRemote(Path(address))
    parts = split(address)
    # The address was typed by the user and is kept outside every project: that is their word for the host.
    own = frozenset({f"{parts.hostname}:{port_of(parts)}", *reaching.credentials.hosts})
    http = HostHttp(
        logins(reaching.credentials),
        allowed_private_hosts=own,
        offline=reaching.offline,
        user_agent=reaching.user_agent,
    )
    return HttpRemote(http, address)
