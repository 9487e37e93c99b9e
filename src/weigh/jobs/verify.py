"""Verify: every byte of every locked file, in the caches and in the store, is the one that was locked."""

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock as Mutex

from weigh.core.errors import NotFoundError, StorageError
from weigh.core.events import EventSink, Progress
from weigh.jobs.sync import named_sections
from weigh.project.lock import FILE_NAME, Lock, read_lock
from weigh.project.materialise.check import Checked, Difference, check
from weigh.project.materialise.place import place_of
from weigh.project.materialise.plan import Plan, plan
from weigh.project.materialise.record import Record, read_record
from weigh.store.blobs import Blobs
from weigh.system.places import places

STEP = "verify"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found.

    Attributes:
        place: the project's `.weigh`.
        differences: places in the caches that are not as locked.
        corrupt: (section, path, what) of stored files whose bytes changed; they were set aside.
        files: in the caches that were looked at.
        stored: files of the store that were read, beyond those that are the same file as one in a cache.
        read: bytes that were hashed.
        trusted: bytes that were taken as unchanged because the file system says so.
        missing: sections that are locked and were not synced.
        fast: whether the file system was believed.
    """

    place: Path
    differences: tuple[Difference, ...]
    corrupt: tuple[tuple[str, str, str], ...]
    files: int
    stored: int
    read: int
    trusted: int
    missing: tuple[str, ...]
    fast: bool

    @property
    def fine(self) -> bool:
        """Whether everything that was looked at is as locked."""
        return not self.differences and not self.corrupt


class _Told:
    """Adds up progress from several threads."""

    def __init__(self, events: EventSink, total: int) -> None:
        self._events = events
        self._total = total
        self._done = 0
        self._mutex = Mutex()

    def __call__(self, size: int) -> None:
        with self._mutex:
            self._done += size
            self._events.emit(Progress(STEP, self._done, self._total, "bytes"))


def verify(folder: Path, events: EventSink, *, names: Sequence[str] = (), fast: bool = False) -> Verified:
    """Hold caches and store against models.lock.

    Args:
        folder: of models.lock.
        events: whoever is watching.
        names: of models; empty for all.
        fast: trust inode, size and times of a file as the last sync saw them, and leave the store out.

    Raises:
        NotFoundError: there is no models.lock.
        UsageError: no such model is locked.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise NotFoundError(f"there is no models.lock in {folder}", hint="weigh lock")
    lock, place = read_lock(path), place_of(folder)
    chosen = set(named_sections(lock, names)) if names else set(lock.models)
    record = read_record(place)
    covered = synced_sections(place, lock, record)
    whole = plan(lock, covered)
    part = plan(lock, [s for s in covered if s in chosen]) if names else whole
    lines = [f for f in lock.files.values() if f.section in chosen]
    told = _Told(
        events, sum(f.size for f in part.files().values()) + sum({f.sha256: f.size for f in lines}.values())
    )
    found = check(place, part, trust=record if fast else None, told=told, whole=whole)
    blobs = Blobs(places(os.environ).store)
    files = () if fast else tuple({f.sha256: (f.section, f.path, f.sha256) for f in lines}.values())
    corrupt, stored, read = _verify_store(blobs, files, place, part, found, told)
    missing = tuple(s for s in sorted(chosen) if lock.models[s].materialise and s not in covered)
    return Verified(
        place,
        found.differences,
        corrupt,
        found.files,
        stored,
        found.read + read,
        found.trusted,
        missing,
        fast,
    )


def synced_sections(place: Path, lock: Lock, record: Record | None) -> tuple[str, ...]:
    """Sections of the lock that are to lie in the caches: those of the last sync, or all if it is unknown."""
    if record is not None:
        return tuple(s for s in record.sections if s in lock.models)
    return tuple(sorted(lock.models)) if (place / "cache").is_dir() else ()


def _verify_store(
    blobs: Blobs, files: Iterable[tuple[str, str, str]], place: Path, part: Plan, found: Checked, told: _Told
) -> tuple[tuple[tuple[str, str, str], ...], int, int]:
    """(corrupt files, files read, bytes read). A stored file that is also in a cache is read once."""
    same = {(t.inode, part.files()[p].sha256): (place / p).stat().st_dev for p, t in found.traces.items()}

    def look(file: tuple[str, str, str]) -> tuple[tuple[str, str, str] | None, int]:
        section, path, sha256 = file
        with suppress(NotFoundError):
            state = blobs.path(sha256).stat()
            told(state.st_size)
            if same.get((state.st_ino, sha256)) == state.st_dev:
                return None, 0
            try:
                return None, blobs.verify(sha256).size
            except NotFoundError:
                return None, 0
            except StorageError as error:
                return (section, path, error.why), state.st_size
        return None, 0

    with ThreadPoolExecutor(max_workers=min(32, os.cpu_count() or 1)) as pool:
        seen = list(pool.map(look, files))
    corrupt = tuple(sorted(problem for problem, _ in seen if problem is not None))
    return corrupt, sum(1 for _, size in seen if size), sum(size for _, size in seen)
