"""Snapshot: an immutable set of files with one digest. What a ref resolves to."""

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from weigh.core.digest import is_sha256, of_value
from weigh.core.errors import IntegrityError, NotFoundError

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\]")


def is_safe_path(path: str) -> bool:
    """Whether `path` is relative, in POSIX form, and cannot leave the folder it is put in."""
    parts = path.split("/")
    drive = len(parts[0]) == 2 and parts[0].endswith(":")
    return not _FORBIDDEN.search(path) and not drive and all(p not in {"", ".", ".."} for p in parts)


@dataclass(frozen=True, slots=True, order=True)
class SnapshotFile:
    """One file of a snapshot.

    Attributes:
        path: relative POSIX path inside the snapshot.
        size: bytes.
        sha256: 64 hex digits of the file's content.
    """

    path: str
    size: int
    sha256: str

    def __post_init__(self) -> None:
        if not is_safe_path(self.path):
            raise IntegrityError(
                f"the file name {self.path!r} is refused", why="it is not a plain relative path"
            )
        if self.size < 0 or not is_sha256(self.sha256):
            raise IntegrityError(f"{self.path!r} has no valid size and sha256")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Files sorted by path, each path once.

    `digest` is the hash of the canonical JSON of the sorted (path, size, sha256) triples, so it
    depends neither on order nor on where the files came from.
    """

    files: tuple[SnapshotFile, ...]

    @classmethod
    def of(cls, files: Iterable[SnapshotFile]) -> "Snapshot":
        """Sort the files and refuse a path that stands twice."""
        ordered = tuple(sorted(files))
        for before, after in itertools.pairwise(ordered):
            if before.path == after.path:
                raise IntegrityError(f"the path {after.path!r} stands twice in one snapshot")
        return cls(ordered)

    @property
    def digest(self) -> str:
        """`sha256:<hex>` of the sorted file list."""
        return of_value([[f.path, f.size, f.sha256] for f in self.files])

    @property
    def size(self) -> int:
        """Sum of the file sizes in bytes."""
        return sum(f.size for f in self.files)

    def find(self, path: str) -> SnapshotFile | None:
        """The file at `path`, or None."""
        return next((f for f in self.files if f.path == path), None)

    def file(self, path: str) -> SnapshotFile:
        """The file at `path`.

        Raises:
            NotFoundError: no such file.
        """
        found = self.find(path)
        if found is None:
            raise NotFoundError(f"no file {path!r} in this snapshot")
        return found
