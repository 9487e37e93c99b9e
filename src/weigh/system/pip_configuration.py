"""What pip itself is configured to use, read the way pip reads it but without running pip.

Order (pip documentation, "Configuration", "Location" and "Precedence"): global, user, site, then the
file that PIP_CONFIG_FILE names; a later file overrides an earlier one. A command's own section
overrides `[global]`, and PIP_* variables override every file. While PIP_CONFIG_FILE names a file that
exists the user's files are skipped; when it names the null device no file is read at all.
"""

import configparser
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import UsageError

_SECTIONS = ("global", "install", "download")
"""Weak to strong; weigh does what `pip download` does."""
_TRUE = frozenset({"1", "y", "yes", "t", "true", "on"})
_FALSE = frozenset({"", "0", "n", "no", "f", "false", "off"})


@dataclass(frozen=True, slots=True)
class PipConfiguration:
    """pip's settings that say where packages come from.

    Attributes:
        index_url: main index, "" when none is configured and pip's own default holds.
        extra_index_urls: further indexes, in order.
        find_links: folders, files and pages that list distribution files.
        cert: PEM file or folder of certificate authorities, "" for the system's.
        client_cert: PEM file with a client key and certificate, "" for none.
        trusted_hosts: `host` or `host:port` used without certificate check.
        proxy: for all requests, "" for the *_PROXY variables.
        no_index: only `find_links` are used.
        timeout: seconds, 0 when not configured.
    """

    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    cert: str = ""
    client_cert: str = ""
    trusted_hosts: tuple[str, ...] = ()
    proxy: str = ""
    no_index: bool = False
    timeout: float = 0.0

    def __repr__(self) -> str:
        # Addresses may hold passwords; a configuration in a traceback must not show them.
        return f"PipConfiguration(indexes={bool(self.index_url) + len(self.extra_index_urls)}, …)"


def read_pip_configuration(
    environ: Mapping[str, str],
    *,
    prefix: Path | None = None,
    platform: str = sys.platform,
    root: Path = Path("/"),
) -> PipConfiguration:
    """Read pip's configuration files and variables.

    Args:
        environ: the environment; HOME (or USERPROFILE) and the XDG variables are taken from it too.
        prefix: of the environment whose `pip.conf` counts as the site's; this interpreter's if None.
        platform: as `sys.platform`.
        root: of the file system in which `/etc` and `/Library` are looked for.

    Raises:
        UsageError: a configuration file or a value in it cannot be read.
    """
    merged: dict[str, dict[str, str]] = {section: {} for section in _SECTIONS}
    for path in _files(environ, prefix or Path(sys.prefix), platform, root):
        for section, key, value in _file_values(path):
            merged[section][key] = value
    values: dict[str, str] = {}
    for section in _SECTIONS:
        values.update(merged[section])
    values.update(_environment_values(environ))
    return _configuration(values, environ)


def _configuration(values: Mapping[str, str], environ: Mapping[str, str]) -> PipConfiguration:
    return PipConfiguration(
        index_url=values.get("index-url", values.get("pypi-url", "")).strip(),
        extra_index_urls=tuple(values.get("extra-index-url", "").split()),
        find_links=tuple(_at_home(link, environ) for link in values.get("find-links", "").split()),
        # pip's own HTTP library reads these two when nothing else names a certificate file.
        cert=values.get("cert") or environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE", ""),
        client_cert=values.get("client-cert", ""),
        trusted_hosts=tuple(values.get("trusted-host", "").split()),
        proxy=values.get("proxy", "").strip(),
        no_index=_truth("no-index", values.get("no-index", "")),
        timeout=_seconds(values.get("timeout") or values.get("default-timeout", "")),
    )


def _files(environ: Mapping[str, str], prefix: Path, platform: str, root: Path) -> Iterator[Path]:
    named = environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return
    name = "pip.ini" if platform == "win32" else "pip.conf"
    for folder in _global_folders(environ, platform, root):
        yield folder / name
    if not named or not Path(named).exists():
        for folder in _user_folders(environ, platform):
            yield folder / name
    yield prefix / name
    if named:
        yield Path(named)


def _global_folders(environ: Mapping[str, str], platform: str, root: Path) -> tuple[Path, ...]:
    if platform == "win32":
        return (Path(environ.get("PROGRAMDATA", r"C:\ProgramData")) / "pip",)
    if platform == "darwin":
        return (root / "Library/Application Support/pip",)
    listed = environ.get("XDG_CONFIG_DIRS") or str(root / "etc/xdg")
    folders = [Path(part) / "pip" for part in listed.split(os.pathsep) if part]
    return (*folders, root / "etc")


def _user_folders(environ: Mapping[str, str], platform: str) -> tuple[Path, ...]:
    """The old place first, because the new one overrides it."""
    home = _home(environ)
    if platform == "win32":
        roaming = environ.get("APPDATA", "")
        return (home / "pip", Path(roaming) / "pip") if roaming else (home / "pip",)
    modern = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip"
    if platform == "darwin":
        library = home / "Library" / "Application Support" / "pip"
        modern = library if library.is_dir() else home / ".config" / "pip"
    return (home / ".pip", modern)


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or environ.get("USERPROFILE") or Path("~").expanduser())


def _file_values(path: Path) -> Iterator[tuple[str, str, str]]:
    if not path.is_file():
        return
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text(encoding="utf-8"), source=str(path))
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        raise UsageError(
            f"cannot read pip's configuration file {path}",
            why=type(error).__name__,
            hint="correct it: pip reads the same file; `pip config debug` lists all of them",
        ) from error
    for section in _SECTIONS:
        if parser.has_section(section):
            for key, value in parser.items(section):
                yield section, _key(key), value


def _environment_values(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        _key(name.removeprefix("PIP_")): value
        for name, value in environ.items()
        if name.startswith("PIP_") and value
    }


def _key(name: str) -> str:
    return name.lower().replace("_", "-").removeprefix("--")


def _at_home(link: str, environ: Mapping[str, str]) -> str:
    return str(_home(environ) / link[2:]) if link.startswith("~/") else link


def _truth(name: str, value: str) -> bool:
    lowered = value.strip().lower()
    if lowered in _TRUE | _FALSE:
        return lowered in _TRUE
    raise UsageError(f"cannot read pip's setting {name}", why=f"{value!r} is neither true nor false")


def _seconds(value: str) -> float:
    if not value:
        return 0.0
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 86_400:
        raise UsageError("cannot read pip's setting timeout", why=f"{value!r} is no number of seconds")
    return seconds
