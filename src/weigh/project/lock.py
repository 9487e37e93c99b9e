"""models.lock: exactly which bytes the declared models and data are.

Deterministic TOML without time stamps and without index addresses: a line for each file with its
size and sha256, and the distribution file (name and sha256) it lies in where there is one.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from weigh.core.digest import is_sha256
from weigh.core.errors import UsageError
from weigh.core.snapshot import SnapshotFile

FILE_NAME = "models.lock"
VERSION = 1
MAX_BYTES = 64 * 1024 * 1024
"""About half a million files; a larger lock is refused before it is parsed."""


@dataclass(frozen=True, slots=True, order=True)
class LockedFile:
    """One locked file.

    Attributes:
        section: `models.NAME` or `data.NAME`.
        path: in the snapshot.
        ref: the file's own ref, distribution file named.
        size: bytes.
        sha256: of the file.
        distribution: name of the distribution file it lies in, "" when it is one itself.
        distribution_sha256: digest of that, "" when there is none.
    """

    section: str
    path: str
    ref: str
    size: int
    sha256: str
    distribution: str = ""
    distribution_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Lock:
    """All locked files by section and path."""

    files: Mapping[tuple[str, str], LockedFile] = field(default_factory=dict)

    def section(self, name: str) -> tuple[LockedFile, ...]:
        """The files of one section, in path order."""
        return tuple(f for key, f in sorted(self.files.items()) if key[0] == name)


class _Line(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
    section: str = msgspec.field(name="for")
    path: str
    ref: str
    size: int
    sha256: str
    distribution: str = ""
    distribution_sha256: str = ""


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    file: tuple[_Line, ...] = ()


def read_lock(path: Path) -> Lock:
    """Read a models.lock; a missing one is an empty lock.

    Raises:
        UsageError: it comes from a newer version, was damaged, or names a file twice.
    """
    if not path.is_file():
        return Lock()
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise UsageError(f"{path.name} is larger than {MAX_BYTES} bytes", hint="weigh lock")
        table = tomllib.loads(raw.decode("utf-8"))
        if isinstance(table.get("version"), int) and table["version"] > VERSION:
            raise UsageError(
                f"cannot read {path.name}",
                why=f"it has version {table['version']}, this weigh reads up to {VERSION}",
                hint="upgrade weigh",
            )
        document = msgspec.convert(table, _Document)
    except OSError as error:
        raise UsageError(f"cannot read {path.name}", why=str(error.strerror)) from error
    except RecursionError as error:
        raise UsageError(f"cannot read {path.name}", why="it is nested too deeply") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise UsageError(f"cannot read {path.name}", why=str(error), hint="weigh lock") from error
    return _checked(path, document)


def _checked(path: Path, document: _Document) -> Lock:
    files: dict[tuple[str, str], LockedFile] = {}
    for line in document.file:
        locked = LockedFile(
            line.section, line.path, line.ref, line.size, line.sha256, line.distribution,
            line.distribution_sha256,
        )  # fmt: skip
        key = (locked.section, locked.path)
        SnapshotFile(locked.path, locked.size, locked.sha256)
        if key in files or (locked.distribution_sha256 and not is_sha256(locked.distribution_sha256)):
            raise UsageError(
                f"cannot read {path.name}",
                why=f"{locked.path} of {locked.section} stands twice or has a malformed digest",
                hint="weigh lock",
            )
        files[key] = locked
    return Lock(files)


def format_lock(files: Iterable[LockedFile]) -> str:
    """The one text of a set of locked files: sorted, so that locking again changes nothing."""
    lines = ["# Made by `weigh lock`; commit it, do not edit it.", f"version = {VERSION}", ""]
    for file in sorted(files):
        lines += ["[[file]]", f"for = {_text(file.section)}", f"path = {_text(file.path)}"]
        lines += [f"ref = {_text(file.ref)}", f"size = {file.size}", f"sha256 = {_text(file.sha256)}"]
        if file.distribution:
            lines += [f"distribution = {_text(file.distribution)}"]
            lines += [f"distribution-sha256 = {_text(file.distribution_sha256)}"]
        lines.append("")
    return "\n".join(lines)


def _text(value: str) -> str:
    # A JSON string is a TOML basic string, but for DEL, which TOML 1.0 does not allow unescaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
