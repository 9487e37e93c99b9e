"""Do the caches hold what the lock says, and nothing else? Bytes read by many threads at once."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path

from weigh.project.materialise.plan import Plan
from weigh.project.materialise.record import Record, Trace
from weigh.project.materialise.unit import CACHE, MODELS, Placed
from weigh.system.hashing import sha256_file

CLIENTS_OWN = (
    f"{CACHE}/hf/hub/.locks/*",
    f"{CACHE}/hf/hub/CACHEDIR.TAG",
    f"{CACHE}/hf/hub/version.txt",
    f"{CACHE}/hf/.check_for_update_done",
    f"{CACHE}/tfhub/*.lock",
    f"{CACHE}/keras/keras.json",
)
"""What clients write beside the models they read; none of it is ever read as part of a model."""

Told = Callable[[int], None]


class Trouble(StrEnum):
    """How a place in a cache differs from the lock."""

    MISSING = "missing"
    OTHER_BYTES = "other bytes"
    NO_FILE = "no file"
    EXTRA = "extra"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One place that is not as locked.

    Attributes:
        path: below `.weigh`; hostile text when it is an extra file.
        trouble: what is wrong.
        detail: in words.
    """

    path: str
    trouble: Trouble
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found.

    Attributes:
        differences: sorted by path.
        traces: of every file that is as locked.
        files: how many were looked at.
        read: bytes that were hashed.
        trusted: bytes that were taken as unchanged because the file system says so.
    """

    differences: tuple[Difference, ...]
    traces: Mapping[str, Trace] = field(default_factory=dict)
    files: int = 0
    read: int = 0
    trusted: int = 0


@dataclass(frozen=True, slots=True)
class _Seen:
    path: str
    difference: Difference | None = None
    trace: Trace | None = None
    read: int = 0


def check(
    place: Path,
    plan: Plan,
    *,
    trust: Record | None = None,
    told: Told | None = None,
    whole: Plan | None = None,
) -> Checked:
    """Hold every file of the plan, and every other file in the caches, against the lock.

    Args:
        place: the project's `.weigh`.
        plan: what is to lie there.
        trust: a file that looks as this record says is not read; None to read every byte.
        told: is told the bytes of each file that is done, from several threads.
        whole: what may lie there besides, when `plan` is only a part of it.
    """
    wanted = plan.files()
    known = trust.files if trust is not None else {}

    def look(item: tuple[str, Placed]) -> _Seen:
        seen = _look(place, item[0], item[1], known.get(item[0]))
        if told is not None:
            told(item[1].size)
        return seen

    # Large files first, so that no thread is left alone with one at the end.
    items = sorted(wanted.items(), key=lambda item: -item[1].size)
    with ThreadPoolExecutor(max_workers=min(32, os.cpu_count() or 1)) as pool:
        seen = list(pool.map(look, items))
    extra = [Difference(path, Trouble.EXTRA) for path in extras(place, whole or plan)]
    read = sum(s.read for s in seen)
    right = sum(wanted[s.path].size for s in seen if s.trace is not None)
    return Checked(
        tuple(sorted([*(s.difference for s in seen if s.difference is not None), *extra])),
        {s.path: s.trace for s in seen if s.trace is not None},
        len(wanted),
        read,
        max(0, right - sum(s.read for s in seen if s.trace is not None)),
    )


def _look(place: Path, path: str, wanted: Placed, known: Trace | None) -> _Seen:
    target = place / path
    try:
        state = target.lstat()
        if not stat.S_ISREG(state.st_mode) or _through_link(place, path):
            return _Seen(path, Difference(path, Trouble.NO_FILE, "a link, a folder or a device stands there"))
        if known is not None and known.still(state, wanted.sha256):
            return _Seen(path, trace=known)
        if state.st_size != wanted.size:
            said = f"{state.st_size} bytes, locked are {wanted.size}"
            return _Seen(path, Difference(path, Trouble.OTHER_BYTES, said))
        found, size = sha256_file(target)
    except (FileNotFoundError, NotADirectoryError):
        return _Seen(path, Difference(path, Trouble.MISSING))
    except OSError as error:
        return _Seen(path, Difference(path, Trouble.UNREADABLE, os.strerror(error.errno or 0)))
    if found != wanted.sha256:
        said = f"sha256 {found}, locked is {wanted.sha256}"
        return _Seen(path, Difference(path, Trouble.OTHER_BYTES, said), read=size)
    return _Seen(path, trace=Trace.of(state, found), read=size)


def _through_link(place: Path, path: str) -> bool:
    """Whether a folder on the way is a link, so that the file lies somewhere else."""
    at = place
    for part in Path(path).parts[:-1]:
        at /= part
        if at.is_symlink():
            return True
    return False


def extras(place: Path, plan: Plan) -> Iterator[str]:
    """Files and links in the caches that the plan does not name, sorted; paths below `.weigh`."""
    wanted = plan.files()
    for path in sorted(_walk(place, (CACHE, MODELS))):
        if path not in wanted and not is_clients_own(path):
            yield path


def is_clients_own(path: str) -> bool:
    """Whether this is something that a client keeps for itself."""
    return any(fnmatchcase(path, pattern) for pattern in CLIENTS_OWN)


def _walk(place: Path, tops: Iterable[str]) -> Iterator[str]:
    """Everything below that is no folder; links are named and not followed."""
    waiting = [place / top for top in tops]
    while waiting:
        folder = waiting.pop()
        if folder.is_symlink():
            yield folder.relative_to(place).as_posix()
            continue
        try:
            entries = list(os.scandir(folder))
        except (FileNotFoundError, NotADirectoryError):
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
            else:
                yield Path(entry.path).relative_to(place).as_posix()
