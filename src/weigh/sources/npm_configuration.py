"""What npm itself is configured to use, read the way npm reads it but without running npm.

Order (npm documentation, "config" and "npmrc"): variables `npm_config_*`, the user's `.npmrc`, the global
one. The `.npmrc` of a project is left out: a project does not decide where this user's logins go, nor which
registry a name means. The address that holds when nothing is configured is npm's own, read out of the npm
that is installed; it is written in no file of weigh.
"""

import base64
import binascii
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from weigh.core.errors import UsageError
from weigh.system.addresses import is_loopback
from weigh.system.credentials import Login
from weigh.system.urls import port_of, split, without_credentials

MAX_FILE = 4 * 1024 * 1024
"""Bytes read of a configuration file, or of npm's own definitions."""
_VARIABLE = re.compile(r"\$\{([^}?]+)\??\}")
_DEFAULT = re.compile(r"Definition\(\s*'registry',\s*\{\s*default:\s*'(https?://[^'\s]+)'")
_DEFINITIONS = "@npmcli/config/lib/definitions/definitions.js"


@dataclass(frozen=True, slots=True)
class NpmConfiguration:
    """npm's settings that say where packages come from.

    Attributes:
        registry: address, "" when none is configured and npm's own default holds.
        scoped: registries of scopes, by `@scope`.
        logins: by `//host[:port]/path/`, as npm writes it.
        cafile: PEM file of certificate authorities, "" for the system's.
        proxy: for all requests, "" for the *_PROXY variables.
    """

    registry: str = ""
    scoped: Mapping[str, str] = field(default_factory=dict)
    logins: Mapping[str, Login] = field(default_factory=dict, repr=False)
    cafile: str = ""
    proxy: str = field(default="", repr=False)

    def registry_for(self, name: str) -> str:
        """The address of the registry that a package name belongs to, with a slash at the end.

        Raises:
            UsageError: none is configured, and no npm is installed whose default could be read.
        """
        scope = name.partition("/")[0] if name.startswith("@") else ""
        found = self.scoped.get(scope, "") or self.registry or default_registry()
        parts = split(found)
        port_of(parts)
        if parts.username is not None or parts.query or parts.fragment:
            raise UsageError(
                f"cannot use the registry {without_credentials(found)}",
                why="its address carries a user, a query or a fragment",
                hint="npm keeps a login as //HOST/:_authToken in your .npmrc",
            )
        return found.rstrip("/") + "/"

    def login(self, url: str) -> str:
        """The Authorization header for an address: of the longest configured path around it, or ""."""
        parts = split(url)
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            return ""
        place = f"//{parts.netloc.rpartition('@')[2].lower()}{parts.path}"
        fitting = [around for around in self.logins if place.startswith(around)]
        return self.logins[max(fitting, key=len)].header() if fitting else ""


def read_npm_configuration(environ: Mapping[str, str]) -> NpmConfiguration:
    """Read npm's configuration files and variables, a project's excepted.

    Raises:
        UsageError: a configuration file cannot be read, or a login in it is malformed.
    """
    values: dict[str, str] = {}
    for path in (_global_file(environ), _user_file(environ)):
        if path is not None:
            values.update(_file_values(path, environ))
    for name, value in environ.items():
        if name.lower().startswith("npm_config_") and value:
            values[_key(name[len("npm_config_") :])] = value
    scoped = {
        k.removesuffix(":registry"): v for k, v in values.items() if re.fullmatch(r"@[^:]+:registry", k)
    }
    return NpmConfiguration(
        registry=values.get("registry", ""),
        scoped=scoped,
        logins=_logins(values),
        cafile=values.get("cafile", ""),
        proxy=values.get("https-proxy", "") or values.get("proxy", ""),
    )


def default_registry() -> str:
    """The registry that npm falls back to, read out of the installed npm's own files.

    Raises:
        UsageError: there is no npm here.
    """
    for path in _definitions():
        if path.is_file():
            with path.open("rb") as file:
                found = _DEFAULT.search(file.read(MAX_FILE).decode("utf-8", errors="replace"))
            if found:
                return found.group(1)
    raise UsageError(
        "no npm registry is known",
        why="npm is not configured with one, and there is no npm here whose default could be read",
        hint="set NPM_CONFIG_REGISTRY to the address of your registry",
    )


def _definitions() -> Iterator[Path]:
    program = shutil.which("npm")
    if program is None:
        return
    home = Path(program).resolve().parent.parent
    yield home / "node_modules" / _DEFINITIONS
    # Distributions take npm's parts out of its own folder and lay them beside it.
    yield home.parent / _DEFINITIONS
    yield home / "lib" / "node_modules" / "npm" / "node_modules" / _DEFINITIONS


def _user_file(environ: Mapping[str, str]) -> Path | None:
    named = _variable(environ, "userconfig")
    home = environ.get("HOME") or environ.get("USERPROFILE")
    return Path(named) if named else Path(home) / ".npmrc" if home else None


def _global_file(environ: Mapping[str, str]) -> Path | None:
    named = _variable(environ, "globalconfig")
    if named:
        return Path(named)
    prefix = _variable(environ, "prefix") or environ.get("PREFIX", "")
    return Path(prefix) / "etc" / "npmrc" if prefix else None


def _variable(environ: Mapping[str, str], name: str) -> str:
    return next((v for k, v in environ.items() if k.lower() == f"npm_config_{name}"), "")


def _key(name: str) -> str:
    # npm turns underscores of its variables into dashes, those of a login's own keys excepted.
    return name if name.startswith("//") else name.lower().replace("_", "-")


def _file_values(path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    try:
        if not path.is_file():
            return {}
        with path.open("rb") as file:
            text = file.read(MAX_FILE).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"cannot read {path}", why=getattr(error, "strerror", "") or "it is no text"
        ) from error
    found = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if not equals or name.startswith((";", "#", "[")):
            continue
        found[name.strip()] = _VARIABLE.sub(lambda m: environ.get(m.group(1), ""), value.strip().strip("\"'"))
    return found


def _logins(values: Mapping[str, str]) -> dict[str, Login]:
    around: dict[str, dict[str, str]] = {}
    for name, value in values.items():
        place, colon, what = name.rpartition(":")
        if colon and place.startswith("//") and what in {"_authToken", "_auth", "username", "_password"}:
            around.setdefault(_slashed(place), {})[what] = value
    made = {place: _login(place, given) for place, given in around.items()}
    return {place: login for place, login in made.items() if login is not None}


def _slashed(place: str) -> str:
    host, slash, path = place.removeprefix("//").partition("/")
    return f"//{host.lower()}{slash}{path}".rstrip("/") + "/"


def _login(place: str, given: Mapping[str, str]) -> Login | None:
    if given.get("_authToken"):
        return _printable(place, Login("", given["_authToken"]))
    if given.get("_auth"):
        user, _, secret = _decoded(place, given["_auth"]).partition(":")
        return _printable(place, Login(user, secret))
    if given.get("username") and given.get("_password"):
        return _printable(place, Login(given["username"], _decoded(place, given["_password"])))
    return None


def _decoded(place: str, text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise UsageError(
            f"cannot read npm's login for {place}", why="it is not written in base 64 as npm writes it"
        ) from error


def _printable(place: str, login: Login) -> Login:
    if not login.secret.isprintable() or not login.username.isprintable():
        raise UsageError(
            f"cannot use npm's login for {place}", why="it holds characters that no header may carry"
        )
    return login


def private_hosts(configuration: NpmConfiguration) -> frozenset[str]:
    """`host:port` of the registries that the user named, which may therefore be inside a network."""
    named = (configuration.registry, *configuration.scoped.values())
    found = (split(url) for url in named if url.startswith(("http://", "https://")))
    return frozenset(f"{parts.hostname}:{port_of(parts)}" for parts in found)
