"""Taking in what exists already: snapshots of a Hugging Face cache, or folders, as versions of a history.

Files are read where they lie; nothing of them is copied but what the packs keep. A cache is laid out as
`models--org--name/{blobs,refs,snapshots/<commit>}`, where a snapshot's files are links into `blobs`
(huggingface_hub, "Manage your cache").
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import NotFoundError, RefusedError
from weigh.core.events import EventSink, Warned
from weigh.system.atomic import storing
from weigh.versions.commit import Provenance
from weigh.versions.folder_files import check_path, walk_files
from weigh.versions.history import History, Logged
from weigh.versions.ignored import Ignored, read_ignored
from weigh.versions.nearest import Earlier
from weigh.versions.record_version import Keeping, Wanted, put_version
from weigh.versions.refs import FIRST, HEADS, is_name
from weigh.versions.tree import Tree

_REPOSITORY = re.compile(r"(models|datasets)--([A-Za-z0-9._-]+?)(?:--([A-Za-z0-9._-]+))?\Z")
_COMMIT = re.compile(r"[0-9a-f]{40}\Z")
_MOST_FILES = 100_000
_MADE_BY = "import "


@dataclass(frozen=True, slots=True)
class Found:
    """Something that can become a version.

    Attributes:
        title: of the version.
        made_by: says what it was; what has been taken in once is known by it.
        time: seconds since the epoch.
        places: where each of its files lies.
        names: branches that shall point to it.
    """

    title: str
    made_by: str
    time: int
    places: tuple[tuple[str, Path], ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CachedRepository:
    """One repository of a cache.

    Attributes:
        name: that its history gets, `org--name`.
        ref: `hf:org/name`.
        folder: where it lies.
    """

    name: str
    ref: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Imported:
    """What was taken in.

    Attributes:
        history: its name.
        versions: (id of the commit, title) of what is new, oldest first.
        known: how many were there already.
        size: bytes of the new versions' files.
        stored: bytes that the store grew by.
        branches: that were set, with what they stand at.
    """

    history: str
    versions: tuple[tuple[str, str], ...]
    known: int
    size: int
    stored: int
    branches: tuple[tuple[str, str], ...]


def repositories(path: Path) -> tuple[CachedRepository, ...]:
    """The repositories of a Hugging Face cache: its hub folder, the folder above, or one repository of it."""
    for folder in (path, path / "hub"):
        if folder.is_dir():
            found = tuple(r for p in sorted(folder.iterdir()) if (r := _repository(p)) is not None)
            if found:
                return found
    one = _repository(path)
    return (one,) if one is not None else ()


def _repository(path: Path) -> CachedRepository | None:
    named = _REPOSITORY.match(path.name)
    if named is None or not (path / "snapshots").is_dir():
        return None
    kind, first, second = named[1], named[2], named[3]
    title = f"{first}/{second}" if second else first
    own = f"{first}--{second}" if second else first
    data = kind == "datasets"
    return CachedRepository(
        f"datasets--{own}" if data else own, f"hf:{'datasets/' if data else ''}{title}", path
    )


def snapshots_of(repository: CachedRepository) -> tuple[Found, ...]:
    """The snapshots of a cached repository, the one cached first first; that of `main` comes last.

    Raises:
        RefusedError: a link leads out of the cache.
    """
    refs = dict(_refs(repository.folder / "refs"))
    found = []
    for folder in (repository.folder / "snapshots").iterdir():
        if not _COMMIT.match(folder.name) or folder.is_symlink() or not folder.is_dir():
            continue
        places = tuple(sorted(_cached_files(folder, repository.folder.parent.resolve())))
        names = tuple(sorted(name for name, commit in refs.items() if commit == folder.name))
        text = f"{repository.ref}/{folder.name}"
        found.append(Found(text, f"{_MADE_BY}{text}", int(folder.stat().st_mtime), places, names))
    return tuple(sorted(found, key=lambda f: (FIRST in f.names, f.time, f.title)))


def _refs(folder: Path) -> Iterator[tuple[str, str]]:
    if not folder.is_dir():
        return
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()):
        name = path.relative_to(folder).as_posix()
        with storing(path), path.open("rb") as file:
            commit = file.read(64).decode("ascii", "replace").strip()
        if is_name(name) and _COMMIT.match(commit):
            yield name, commit


def _cached_files(snapshot: Path, cache: Path) -> Iterator[tuple[str, Path]]:
    """(path, where it lies) of the files of a snapshot; links are followed only inside the cache."""
    count = 0
    for top, folders, names in os.walk(snapshot):
        if any((Path(top) / folder).is_symlink() for folder in folders):
            raise RefusedError(f"a folder of {snapshot} is a link", why="it may lead anywhere")
        for name in names:
            path = Path(top) / name
            place = path.resolve()
            count += 1
            if not place.exists():
                # What was not downloaded whole is no part of what the cache can give.
                raise NotFoundError(
                    f"{path} leads to nothing", why="its download was interrupted or its blob was deleted"
                )
            if not place.is_relative_to(cache) or not stat.S_ISREG(place.stat().st_mode):
                raise RefusedError(f"{path} leads out of the cache", why=f"to {place}")
            if count > _MOST_FILES:
                raise RefusedError(f"{snapshot} has more than {_MOST_FILES} files")
            yield check_path(path.relative_to(snapshot).as_posix()), place


def folder_as_found(folder: Path) -> Found:
    """A folder, or one file, as one version.

    Raises:
        NotFoundError: there is none.
        RefusedError: it holds what no version can hold.
    """
    if folder.is_symlink() or not folder.exists():
        raise NotFoundError(f"there is no folder {str(folder)!r}")
    if folder.is_file():
        places: tuple[tuple[str, Path], ...] = ((check_path(folder.name), folder),)
    else:
        inside = walk_files(folder, read_ignored(folder))
        places = tuple((path, folder / path) for path in sorted(inside))
    if not places:
        raise RefusedError(f"{folder} holds no file")
    newest = max(int(place.stat().st_mtime) for _, place in places)
    return Found(folder.name or folder.resolve().name, "", newest, places)


def folders_in(folder: Path) -> tuple[Path, ...]:
    """The folders and files of a folder in the order people count: `step-900` before `step-1000`."""
    ignored = Ignored()
    with storing(folder):
        inside = [p for p in folder.iterdir() if not ignored(p.name, folder=p.is_dir())]
    chosen = [p for p in inside if not p.name.startswith(".")]
    return tuple(sorted(chosen, key=lambda p: [_counted(t) for t in re.split(r"(\d+)", p.name)]))


def _counted(text: str) -> tuple[int, int, str]:
    return (0, int(text), "") if text.isdigit() and len(text) < 20 else (1, 0, text)


def take_in(
    history: History, found: Sequence[Found], *, author: str, branch: str, events: EventSink
) -> Imported:
    """Record what was found as versions on a branch, one after the other; what is known is passed over.

    Args:
        history: any; it need not exist yet.
        found: oldest first.
        author: of the versions.
        branch: that grows.
        events: told about the progress.

    Raises:
        ConflictError: somebody else moved the branch; the versions before are kept.
        StorageError: a file changed while it was read, or the disk is full.
    """
    ref = HEADS + branch
    tip = history.refs.get(ref)
    known = {
        one.commit.provenance.made_by: one for one in (history.log(tip) if tip else ()) if _is_import(one)
    }
    made: list[tuple[str, str]] = []
    at = {name: logged.id for name, logged in known.items()}
    size = stored = 0
    for one in found:
        if one.made_by and one.made_by in at:
            continue
        new, written = _one(history, one, tip, author, events)
        history.refs.move(ref, tip, new, why=f"import: {one.title}", time=one.time)
        tip = new
        at[one.made_by] = new
        made.append((new, one.title))
        size += sum(place.stat().st_size for _, place in one.places)
        stored += written
    if not history.refs.get(f"{HEADS}{FIRST}") and tip:
        history.refs.point_head(ref)
    named = tuple(_name(history, found, at, branch, events))
    return Imported(history.name, tuple(made), len(found) - len(made), size, stored, named)


def _is_import(logged: Logged) -> bool:
    return logged.commit.provenance.made_by.startswith(_MADE_BY)


def _one(history: History, one: Found, tip: str, author: str, events: EventSink) -> tuple[str, int]:
    earlier = (Earlier(tip[:12], history.tree_of(tip)),) if tip else ()
    wanted = Wanted(one.title, author, one.time, Provenance(made_by=one.made_by))
    with history.objects.writing() as writer:
        with closing(Keeping(history.objects, writer, earlier, events)) as keeping:
            tree = Tree(tuple(sorted(keeping.files(dict(one.places)))))
        return put_version(history, writer, tree, wanted, tip), writer.written


def _name(
    history: History, found: Iterable[Found], at: dict[str, str], own: str, events: EventSink
) -> Iterator[tuple[str, str]]:
    """Branches of the names that pointed to a snapshot; one that stands elsewhere is left, and said."""
    for one in found:
        for name in one.names:
            wanted = at.get(one.made_by, "")
            if name == own or not wanted:
                continue
            stands = history.refs.get(HEADS + name)
            if stands and stands != wanted and stands not in history.ancestors(wanted):
                events.emit(Warned(f"the branch {name} has versions of its own and was left as it is"))
                continue
            if stands != wanted:
                history.refs.move(HEADS + name, stands, wanted, why="import", time=one.time)
            yield name, wanted
