"""What a working folder had when weigh last looked: the version its files came from, and how they looked.

It lies in HOME, not in the folder. A file whose inode, size and times are as they were then is not read
again; one that was written about when the record was made is, because a later write may carry the same times.
"""

import os
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from weigh.system.atomic import storing, write_bytes
from weigh.versions.tree import TreeFile

FILE_NAME = "checked-out"
_VERSION = 1
_MARGIN = 20_000_000
"""Nanoseconds; coarse file system clocks tick every 4 to 10 ms."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One file as the file system saw it when it was found to be `id`.

    Attributes:
        size: bytes.
        modified: time of the last write, nanoseconds since the epoch.
        changed: time of the last change of the inode, nanoseconds since the epoch.
        inode: its number.
        id: BLAKE3 of what was read then.
        sha256: of the same.
    """

    size: int
    modified: int
    changed: int
    inode: int
    id: str
    sha256: str

    @classmethod
    def of(cls, state: os.stat_result, file: TreeFile) -> "Seen":
        """The trace of a file that was found to be this one."""
        return cls(state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino, file.id, file.sha256)


@dataclass(frozen=True, slots=True)
class CheckedOut:
    """The record.

    Attributes:
        commit: that the files came from, "" when none was recorded.
        at: when it was written, nanoseconds since the epoch.
        files: by path.
    """

    commit: str = ""
    at: int = 0
    files: Mapping[str, Seen] = field(default_factory=dict)

    def known(self, path: str, state: os.stat_result) -> Seen | None:
        """What a file is, when it looks untouched since; None when it has to be read."""
        seen = self.files.get(path)
        if seen is None:
            return None
        looks = (state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino)
        same = looks == (seen.size, seen.modified, seen.changed, seen.inode)
        settled = max(seen.modified, seen.changed) < self.at - _MARGIN
        return seen if same and settled else None


class _Document(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    version: int
    commit: str
    at: int
    files: dict[str, tuple[int, int, int, int, str, str]]


def read_checked_out(place: Path | None) -> CheckedOut:
    """The record of a working folder; an empty one when there is none that can be used."""
    if place is None:
        return CheckedOut()
    try:
        document = msgspec.msgpack.decode((place / FILE_NAME).read_bytes(), type=_Document)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # It only saves reading: without it every file is looked at.
        return CheckedOut()
    if document.version != _VERSION:
        return CheckedOut()
    files = {path: Seen(*line) for path, line in document.files.items()}
    return CheckedOut(document.commit, document.at, files)


def write_checked_out(place: Path, commit: str, files: Mapping[str, Seen]) -> None:
    """Keep the record.

    Raises:
        StorageError: it cannot be written.
    """
    lines = {p: (s.size, s.modified, s.changed, s.inode, s.id, s.sha256) for p, s in files.items()}
    data = msgspec.msgpack.encode(_Document(_VERSION, commit, time.time_ns(), lines))
    write_bytes(place / FILE_NAME, data)


def looks_of(folder: Path, path: str) -> os.stat_result | None:
    """The file system's view of a file, links not followed; None when none is there, or a folder is."""
    target = folder / path
    with storing(target):
        try:
            state = target.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
    return None if stat.S_ISDIR(state.st_mode) else state
