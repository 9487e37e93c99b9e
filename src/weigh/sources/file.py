"""`file:` refs and plain paths: a folder, a single file, or members of an archive on this machine."""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from io import BufferedReader
from pathlib import Path
from typing import NoReturn

from weigh.core.errors import NotFoundError, RefusedError, StorageError, UsageError
from weigh.core.events import EventSink, Progress
from weigh.core.ref import ArtifactRef
from weigh.sources.members import copy_member, naming, pour, selected
from weigh.sources.source import STEP, Entry, FetchCost, Fetched, Locked, Origin, StoredFiles
from weigh.system.archives import nested_members

_CHUNK = 1024 * 1024
_VERSION_CONTROL = frozenset({".git", ".hg", ".svn"})
MAX_FILES = 200_000
"""A folder with more files is surely not a model or a data set but a disk."""


class FileSource:
    """Answers for `file:` refs. Relative paths start at the current folder.

    Args:
        events: told about progress in bytes.
    """

    def __init__(self, *, events: EventSink) -> None:
        self._events = events
        self._digests: dict[tuple[str, int, int], str] = {}

    def entries(self, ref: ArtifactRef) -> tuple[Entry, ...]:
        """Every file of a folder in path order, the single file, or members of an archive.

        Version control's own folders (`.git`) are left out.

        Raises:
            RefusedError: a link leaves the folder or leads to a folder, or a file is a device.
        """
        path, members = _inside(ref)
        if members:
            outer = members[:-1]
            head = replace(ref, name=_joined(ref, path), members=())
            return selected(nested_members(path, outer), members[-1], lambda name: head.member(*outer, name))
        if path.is_dir():
            return tuple(_entry(ref, path, file) for file in _walk(path))
        return (Entry(path.name, ref, _regular(path).st_size),)

    def papers(self, ref: ArtifactRef) -> tuple[Entry, ...]:  # noqa: ARG002 - nothing local says which package it is
        """None: a folder brings its own licence files, and an archive on disk is no release."""
        return ()

    def fetch(self, entry_ref: ArtifactRef, sink: StoredFiles, *, locked: Locked | None = None) -> Fetched:
        """Copy one file, or one member of an archive, into `sink`."""
        if locked is not None and sink.has(locked.sha256):
            around = locked.file_sha256 if entry_ref.members else locked.sha256
            return Fetched(locked.sha256, locked.size, 0, "present", locked.file, around)
        path, members = _inside(entry_ref)
        size = _regular(path).st_size
        if members:
            around = self._digest(path)
            sha256, size = copy_member(path, members, sink, entry_ref, locked)
            return Fetched(sha256, size, 0, "local", path.name, around, promised=locked is not None)
        promise = (locked.sha256, locked.size) if locked else ("", size)
        with naming(entry_ref), _opened(path) as file:
            sha256, size = pour(self._chunks(file, size), sink, sha256=promise[0], size=promise[1])
        return Fetched(sha256, size, 0, "local", path.name, sha256, promised=locked is not None)

    def cost(self, ref: ArtifactRef, locked_refs: Mapping[ArtifactRef, Locked]) -> FetchCost:  # noqa: ARG002 - nothing local depends on a lock
        """No byte crosses the network; `bytes_whole` is what will be copied."""
        return FetchCost(0, sum(max(0, entry.size) for entry in self.entries(ref)), "local")

    def origin(self, ref: ArtifactRef) -> Origin:
        """The ref itself. A folder has no versions: whoever may write into it may change what it means."""
        _inside(ref)
        return Origin(ref, moving=True)

    def _chunks(self, file: BufferedReader, total: int) -> Iterator[bytes]:
        done = 0
        while chunk := file.read(_CHUNK):
            done += len(chunk)
            yield chunk
            self._events.emit(Progress(STEP, done, total, "bytes"))

    def _digest(self, path: Path) -> str:
        """Digest of an archive, computed once for its path, size and time of change."""
        known = _regular(path)
        key = (str(path), known.st_size, known.st_mtime_ns)
        if key not in self._digests:
            with _opened(path) as file:
                self._digests[key] = hashlib.file_digest(file, "sha256").hexdigest()
        return self._digests[key]


def _inside(ref: ArtifactRef) -> tuple[Path, tuple[str, ...]]:
    """The file or folder on disk, and the members inside it that remain.

    `file:folder#archive.whl!/member` and `file:folder/archive.whl#member` mean the same.
    """
    path = Path(ref.name).expanduser()
    members = ref.members
    if members and path.is_dir():
        root = path.resolve()
        path = path / members[0]
        members = members[1:]
        if path.exists() and not path.resolve().is_relative_to(root):
            raise _leaves(path)
    if not path.exists():
        raise NotFoundError(
            f"there is no file or folder {str(path)!r}",
            hint="check the path; it starts at the current folder",
        )
    if members and not path.is_file():
        raise UsageError(f"cannot look inside {str(path)!r}", why="it is a folder, not an archive")
    return path, members


def _joined(ref: ArtifactRef, path: Path) -> str:
    """The path as the user began it, so that a relative ref stays relative."""
    return ref.name if Path(ref.name).expanduser() == path else str(path)


def _entry(ref: ArtifactRef, root: Path, file: Path) -> Entry:
    relative = file.relative_to(root).as_posix()
    size = _regular(file).st_size
    if "#" in relative:
        # In a ref the first `#` ends the path, so such a name goes behind it.
        return Entry(relative, ref.member("/".join((*ref.members, relative))), size)
    name = f"{ref.name.rstrip('/')}/{'/'.join((*ref.members, relative))}"
    return Entry(relative, replace(ref, name=name, members=()), size)


def _walk(root: Path) -> list[Path]:
    real = root.resolve()
    found: list[Path] = []
    for folder, names, files in os.walk(root, onerror=_unreadable):
        here = Path(folder)
        names[:] = sorted(n for n in names if n not in _VERSION_CONTROL)
        for name in names:
            if (here / name).is_symlink():
                raise RefusedError(
                    f"will not follow {str(here / name)!r}",
                    why="it is a link to a folder",
                    hint="copy the folder with its links resolved",
                )
        for name in files:
            path = here / name
            if path.is_symlink() and not path.resolve().is_relative_to(real):
                raise _leaves(path)
            found.append(path)
            if len(found) > MAX_FILES:
                raise RefusedError(
                    f"will not read {str(root)!r}", why=f"it holds more than {MAX_FILES:,} files"
                )
    return sorted(found, key=lambda p: p.relative_to(root).as_posix())


def _regular(path: Path) -> os.stat_result:
    try:
        known = path.stat()
    except OSError as error:
        raise NotFoundError(f"cannot read {str(path)!r}", why=str(error.strerror)) from error
    if not stat.S_ISREG(known.st_mode):
        raise RefusedError(f"will not read {str(path)!r}", why="it is not a regular file")
    return known


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    _regular(path)
    try:
        file = path.open("rb")
    except OSError as error:
        _unreadable(error)
    with file:
        yield file


def _leaves(path: Path) -> RefusedError:
    return RefusedError(
        f"will not read {str(path)!r}",
        why="it is a link that leaves its folder",
        hint="copy the folder with its links resolved",
    )


def _unreadable(error: OSError) -> NoReturn:
    raise StorageError(
        f"cannot read {str(error.filename)!r}",
        why=str(error.strerror),
        hint="check who may read it",
    ) from error
