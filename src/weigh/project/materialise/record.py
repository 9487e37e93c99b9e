"""What the last sync put where, as the file system saw it: for looking again without reading every byte.

`.weigh/synced.json`. Whoever may write into the caches may write here, too; that is why `verify` reads bytes
unless it is told not to.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from weigh.system.atomic import write_bytes

FILE_NAME = "synced.json"
VERSION = 1
MAX_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Trace:
    """One file as the file system saw it.

    Attributes:
        inode: its number.
        size: bytes.
        modified: time of its last write, nanoseconds since the epoch.
        changed: time of the last change of its inode, nanoseconds since the epoch.
        sha256: of the bytes that were read then.
    """

    inode: int
    size: int
    modified: int
    changed: int
    sha256: str

    @classmethod
    def of(cls, state: os.stat_result, sha256: str) -> "Trace":
        """The trace of a file that was found to have this digest."""
        return cls(state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns, sha256)

    def still(self, state: os.stat_result, sha256: str) -> bool:
        """Whether a file looks untouched since it was found to have this digest."""
        return self == Trace.of(state, sha256)


@dataclass(frozen=True, slots=True)
class Record:
    """What is in place.

    Attributes:
        sections: of the lock that were synced.
        files: by path below `.weigh`.
        admitted: what the admission of each section rested on.
    """

    sections: tuple[str, ...] = ()
    files: Mapping[str, Trace] = field(default_factory=dict)
    admitted: Mapping[str, str] = field(default_factory=dict)


class _Document(msgspec.Struct):
    version: int
    sections: tuple[str, ...]
    files: dict[str, tuple[int, int, int, int, str]]
    admitted: dict[str, str] = {}


def read_record(place: Path) -> Record | None:
    """The record of a project's `.weigh`; None when there is none that can be used."""
    path = place / FILE_NAME
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        document = msgspec.json.decode(path.read_bytes(), type=_Document)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if document.version != VERSION:
        return None
    return Record(document.sections, {p: Trace(*t) for p, t in document.files.items()}, document.admitted)


def write_record(place: Path, record: Record) -> None:
    """Write the record, whole or not at all.

    Raises:
        StorageError: it cannot be written.
    """
    document = _Document(
        VERSION,
        tuple(sorted(record.sections)),
        {p: (t.inode, t.size, t.modified, t.changed, t.sha256) for p, t in sorted(record.files.items())},
        dict(sorted(record.admitted.items())),
    )
    write_bytes(place / FILE_NAME, msgspec.json.encode(document) + b"\n")
