"""Pin: write the locked commits into the calls that load models."""

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import NotFoundError, UsageError
from weigh.core.usage import Discovery, ModelUse, Place, Unread
from weigh.project.lock import FILE_NAME, Lock, read_lock
from weigh.project.rewrite.calls import rewrite
from weigh.project.rewrite.pins import Left, Wanted, plan
from weigh.system.atomic import storing, write_bytes

Discover = Callable[[Path], Discovery]


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """One file: the unified diff of its change, and its bytes before and after."""

    path: str
    diff: tuple[str, ...]
    old: bytes
    new: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """A call that stays as it is: where, what it names (or the expression that names it), and why."""

    place: Place
    ref: str
    why: str


@dataclass(frozen=True, slots=True)
class Pinning:
    """What pinning would write.

    Attributes:
        folder: of the project.
        files: those that change.
        pins: (place, ref, commit) of each call that changes.
        kept: calls that stay, with the reason.
        unread: files that were not read.
    """

    folder: Path
    files: tuple[PinnedFile, ...]
    pins: tuple[tuple[Place, str, str], ...]
    kept: tuple[Kept, ...]
    unread: tuple[Unread, ...]


def pin(folder: Path, paths: Sequence[Path], *, discover: Discover | None = None) -> Pinning:
    """Find the calls that can be pinned, and what their files would become. Nothing is written.

    Args:
        folder: of models.lock.
        paths: files or folders of the project to look at; all when empty.
        discover: reads the code base.

    Raises:
        NotFoundError: there is no lock, or a path is not there.
        UsageError: a path lies outside of the project.
        MissingExtraError: LibCST is not installed.
    """
    lock_path = folder / FILE_NAME
    if not lock_path.is_file():
        raise NotFoundError(f"there is no {FILE_NAME} in {folder}", hint="weigh lock writes one")
    prefixes = [_prefix(folder, path) for path in paths]
    found = (discover or _discover)(folder)
    uses = [use for use in found.uses if _below(use.place.path, prefixes)]
    done, again = _files(folder, uses, read_lock(lock_path))
    if again:
        # A file that changed while it was read is read once more, by itself.
        fresh = [u for u in (discover or _discover)(folder).uses if u.place.path in again]
        redone, _ = _files(folder, fresh, read_lock(lock_path))
        done = [file for file in done if file[0] not in again] + redone
    done.sort(key=lambda file: file[0])
    kept = [k for _, _, _, own in done for k in own]
    # A call whose model nobody can tell is one that stays, too.
    kept += [
        Kept(u.place, u.expression, f"its model cannot be told: {u.why}")
        for u in found.unresolved
        if _below(u.place.path, prefixes)
    ]
    return Pinning(
        folder,
        tuple(pinned for _, pinned, _, _ in done if pinned is not None),
        tuple((w.use.place, w.use.ref, w.value) for _, _, written, _ in done for w in written),
        tuple(sorted(kept, key=lambda k: (k.place, k.ref))),
        tuple(unread for unread in found.unread if _below(unread.path, prefixes)),
    )


def write(pinning: Pinning) -> None:
    """Write the files, each whole or not at all.

    Raises:
        UsageError: a file is another one than the diff was made of; those before it are written.
        StorageError: a file cannot be written.
    """
    for file in pinning.files:
        path = (pinning.folder / file.path).resolve()
        with storing(path):
            current, mode = path.read_bytes(), path.stat().st_mode & 0o777
        if current != file.old:
            raise UsageError(f"{file.path} was changed in the meantime", hint="weigh pin --rewrite once more")
        write_bytes(path, file.new, mode=mode)


_File = tuple[str, PinnedFile | None, tuple[Wanted, ...], list[Kept]]


def _files(folder: Path, uses: Iterable[ModelUse], lock: Lock) -> tuple[list[_File], set[str]]:
    """Each file that uses models, and the paths of those that are no longer what was discovered."""
    planned = list(plan(uses, lock))
    done: list[_File] = []
    again: set[str] = set()
    for path in sorted({item.use.place.path for item in planned}):
        own = [item for item in planned if item.use.place.path == path]
        kept = [Kept(item.use.place, item.use.ref, item.why) for item in own if isinstance(item, Left)]
        wanted = list({(w.use.span, w.value): w for w in own if isinstance(w, Wanted)}.values())
        if not wanted:
            done.append((path, None, (), kept))
            continue
        old = _read(folder, path)
        if old is None:
            kept += [Kept(w.use.place, w.use.ref, "the file lies outside, or is gone") for w in wanted]
            done.append((path, None, (), kept))
            continue
        result = rewrite(old, wanted)
        kept += [Kept(w.use.place, w.use.ref, why) for w, why in result.left]
        if result.moved:
            again.add(path)
        changed = PinnedFile(path, _diff(path, old, result.data), old, result.data)
        done.append((path, changed if result.data != old else None, result.done, kept))
    return done, again


def _read(folder: Path, path: str) -> bytes | None:
    place = (folder / path).resolve()
    if not place.is_relative_to(folder.resolve()) or not place.is_file():
        return None
    with storing(place):
        return place.read_bytes()


def _diff(path: str, old: bytes, new: bytes) -> tuple[str, ...]:
    before, after = ([line.rstrip("\r") for line in _text(data).split("\n")] for data in (old, new))
    return tuple(difflib.unified_diff(before, after, f"a/{path}", f"b/{path}", lineterm=""))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _prefix(folder: Path, path: Path) -> str:
    place = (path if path.is_absolute() else folder / path).resolve()
    if not place.exists():
        raise NotFoundError(f"there is no {str(path)!r}")
    if not place.is_relative_to(folder.resolve()):
        raise UsageError(f"{str(path)!r} lies outside of the project", hint="name the project with --project")
    return place.relative_to(folder.resolve()).as_posix()


def _below(path: str, prefixes: Sequence[str]) -> bool:
    return not prefixes or any(p in {".", path} or path.startswith(f"{p}/") for p in prefixes)


def _discover(folder: Path) -> Discovery:
    from weigh.project.discover.discover import discover

    return discover(folder)
