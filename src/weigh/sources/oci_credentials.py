"""Logins for OCI registries, as `docker login`, `podman login` and `oras login` leave them.

Read are the `auths` of `$REGISTRY_AUTH_FILE`, `$XDG_RUNTIME_DIR/containers/auth.json`,
`$DOCKER_CONFIG/config.json` and `~/.docker/config.json`. Helper programs that such a file names
(`credsStore`, `credHelpers`) are not run: a file does not decide which program starts.
Source: https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from weigh.core.errors import UsageError
from weigh.system.credentials import Login

MAX_FILE = 1024 * 1024
"""Bytes of a file of logins."""
_DOCKER_HUB = ("docker.io", "index.docker.io", "registry-1.docker.io")


class _Auth(msgspec.Struct):
    auth: str = ""
    identitytoken: str = ""


class _File(msgspec.Struct):
    auths: dict[str, _Auth] = {}


def registry_login(registry: str, environ: Mapping[str, str], path: str = "") -> Login | None:
    """The user's login for a registry, None without one.

    Args:
        registry: `host` or `host:port`.
        environ: says where the files lie.
        path: of the repository; a login may be bound to a part of it.

    Raises:
        UsageError: a file of logins is malformed.
    """
    for file in _files(environ):
        auths = _read(file)
        for key in _keys(registry, path):
            found = _login(file, auths[key]) if key in auths else None
            if found is not None:
                return found
    return None


def _files(environ: Mapping[str, str]) -> Iterator[Path]:
    if environ.get("REGISTRY_AUTH_FILE"):
        yield Path(environ["REGISTRY_AUTH_FILE"])
        return
    if environ.get("XDG_RUNTIME_DIR"):
        yield Path(environ["XDG_RUNTIME_DIR"]) / "containers" / "auth.json"
    home = environ.get("HOME") or environ.get("USERPROFILE")
    if environ.get("DOCKER_CONFIG"):
        yield Path(environ["DOCKER_CONFIG"]) / "config.json"
    elif home:
        yield Path(home) / ".docker" / "config.json"


def _read(path: Path) -> dict[str, _Auth]:
    try:
        if not path.is_file():
            return {}
        with path.open("rb") as file:
            found = msgspec.json.decode(file.read(MAX_FILE), type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        # What the parser says could repeat a part of the file.
        raise UsageError(f"cannot read {path}", why="it is no file of registry logins") from error
    return {_plain(key): auth for key, auth in found.auths.items()}


def _plain(key: str) -> str:
    """`https://host/v1/` is an old way to write `host`."""
    bare = key.removeprefix("https://").removeprefix("http://").rstrip("/")
    return bare.removesuffix("/v1").removesuffix("/v2")


def _keys(registry: str, path: str) -> Iterator[str]:
    parts = path.split("/") if path else []
    for end in range(len(parts), 0, -1):
        yield "/".join((registry, *parts[:end]))
    yield registry
    if registry in _DOCKER_HUB:
        yield from _DOCKER_HUB


def _login(path: Path, auth: _Auth) -> Login | None:
    if auth.identitytoken or not auth.auth:
        # An identity token is exchanged by a protocol of its own, which is not spoken here.
        return None
    try:
        user, colon, secret = base64.b64decode(auth.auth, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}", why="a login in it is not written in base 64") from error
    if not colon or not (user + secret).isprintable():
        raise UsageError(f"cannot use a login in {path}", why="it holds characters that no header may carry")
    return Login(user, secret.rstrip("\0"))
