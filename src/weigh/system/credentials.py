"""Whom this user is to which host: logins bound to hosts, out of the user's own files only.

`credentials.toml` in the user's configuration folder, then netrc. No file of a project is ever asked, and
a login goes to the host it stands beside and to no other.

```toml
[hosts."models.example.com"]        # or "models.example.com:8443"
token = "…"                         # sent as a bearer token; or username and password
[hosts."git.intern"]                # nothing: only that this host, though inside a network, may be asked
```
"""

import base64
import netrc
import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from weigh.core.errors import UsageError
from weigh.system.addresses import is_loopback
from weigh.system.urls import port_of, split

FILE = "credentials.toml"
MAX_FILE = 1024 * 1024
"""Bytes of a file of logins."""
_KEYS = frozenset({"username", "password", "token"})


@dataclass(frozen=True, slots=True)
class Login:
    """What to tell one host. Shown nowhere: its text form holds no secret.

    Attributes:
        username: "" for a bearer token.
        secret: password or token.
    """

    username: str = ""
    secret: str = field(default="", repr=False)

    def header(self) -> str:
        """The value of an Authorization header (RFC 7617, RFC 6750)."""
        if not self.username:
            return f"Bearer {self.secret}"
        pair = f"{self.username}:{self.secret}".encode()
        return "Basic " + base64.b64encode(pair).decode("ascii")


class Credentials:
    """The logins of one user.

    Args:
        logins: by `host` or `host:port`, in lower case.
        netrc_file: asked for hosts that are not among them, None for none.
    """

    def __init__(self, logins: Mapping[str, Login] | None = None, *, netrc_file: Path | None = None) -> None:
        self._logins = dict(logins or {})
        self._netrc_file = netrc_file

    def __repr__(self) -> str:
        return f"Credentials({len(self._logins)} hosts)"

    @property
    def hosts(self) -> frozenset[str]:
        """`host` or `host:port` of all that `credentials.toml` names: the user knows them."""
        return frozenset(self._logins)

    def for_url(self, url: str) -> Login | None:
        """The login for the host of an address; None for a host without one, and over plain http.

        Raises:
            UsageError: the netrc file that names the host cannot be read, or others can read it.
        """
        parts = split(url)
        host, port = (parts.hostname or "").lower(), port_of(parts)
        if parts.scheme != "https" and not is_loopback(host):
            return None
        named = self._logins.get(f"{host}:{port}") or self._logins.get(host)
        if named is None or not named.secret:
            return self._from_netrc(host)
        return named

    def _from_netrc(self, host: str) -> Login | None:
        if self._netrc_file is None or not self._netrc_file.is_file():
            return None
        try:
            hosts = netrc.netrc(self._netrc_file).hosts
        except (netrc.NetrcParseError, OSError, UnicodeDecodeError) as error:
            # The parser's message repeats the token it stumbled over, which may be a password.
            raise UsageError(f"cannot read {self._netrc_file}", why="it is no netrc file") from error
        # Its `default` entry is left aside: it would tell every host on earth.
        found = hosts.get(host) if host != "default" else None
        if found is None or not found[2]:
            return None
        _require_private(self._netrc_file)
        return _checked(Login(found[0], found[2]), str(self._netrc_file), host)


def read_credentials(folder: Path, environ: Mapping[str, str]) -> Credentials:
    """The logins in a configuration folder and in the netrc file that the environment means.

    Args:
        folder: `system.places.Places.config`.
        environ: NETRC names the file; `~/.netrc` otherwise.

    Raises:
        UsageError: `credentials.toml` is malformed, or others than its owner can read it.
    """
    home = environ.get("HOME") or environ.get("USERPROFILE")
    named = environ.get("NETRC") or (os.path.join(home, ".netrc") if home else "")  # noqa: PTH118 - both are text
    return Credentials(_logins(folder / FILE), netrc_file=Path(named) if named else None)


def _logins(path: Path) -> dict[str, Login]:
    if not path.is_file():
        return {}
    _require_private(path)
    try:
        with path.open("rb") as file:
            values = tomllib.loads(file.read(MAX_FILE).decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        # What the parser says may repeat a line of the file.
        raise UsageError(f"cannot read {path}", why="it is no TOML file") from error
    hosts = values.pop("hosts", {})
    if values or not isinstance(hosts, dict):
        raise UsageError(f"cannot read {path}", why='it has tables [hosts."NAME"] and nothing else')
    return {host.lower(): _login(path, host, entry) for host, entry in hosts.items()}


def _login(path: Path, host: str, entry: object) -> Login:
    if not isinstance(entry, dict) or not all(isinstance(v, str) and v for v in entry.values()):
        raise UsageError(f"cannot read {path}", why=f"what it says of {host!r} is no table of texts")
    given = frozenset(entry)
    if not given:
        return Login()
    if given == {"token"}:
        return _checked(Login("", entry["token"]), str(path), host)
    if given == {"username", "password"}:
        return _checked(Login(entry["username"], entry["password"]), str(path), host)
    unknown = sorted(given - _KEYS)
    why = f"it does not know {unknown[0]!r}" if unknown else "either a token, or a username and a password"
    raise UsageError(f"cannot read what {path} says of {host!r}", why=why)


def _checked(login: Login, place: str, host: str) -> Login:
    text = login.username + login.secret
    if not text.isprintable() or not text.isascii() or (not login.username and " " in login.secret):
        raise UsageError(
            f"cannot use what {place} says of {host!r}",
            why="it holds characters that no header may carry",
        )
    return login


def _require_private(path: Path) -> None:
    """Raise when others than the owner may read a file of secrets; where modes mean nothing, do not."""
    if os.name != "posix":
        return
    known = path.stat()
    if known.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsageError(
            f"will not use {path}",
            why=f"it holds logins, and its mode {stat.S_IMODE(known.st_mode):o} lets others at it",
            hint=f"chmod 600 {path}",
        )
