"""Recording a version: the files that changed into the store, then a tree, a commit, and last the branch.

Until the branch moves nothing of it can be seen; whoever is killed before leaves objects that the next
attempt finds, and that garbage collection takes away where there is none.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from weigh.core.errors import ConflictError, NotFoundError, RefusedError, StorageError
from weigh.core.events import EventSink, Progress, StepDone
from weigh.core.ports import RangeReader
from weigh.core.tensor import TensorInfo
from weigh.formats.identify import UNKNOWN
from weigh.formats.reader import FileReader
from weigh.formats.table import read_file
from weigh.store.packs.adding import Added, add_file, has_whole
from weigh.store.packs.objects import Objects
from weigh.store.packs.writer import Writer
from weigh.versions.advice import Advising, is_adapter
from weigh.versions.checked_out import CheckedOut, Seen, looks_of, read_checked_out, write_checked_out
from weigh.versions.commit import Commit, Provenance
from weigh.versions.folder_files import executable, is_as, require_plain, walk_files
from weigh.versions.history import History, put_commit, put_tree
from weigh.versions.ignored import read_ignored
from weigh.versions.kept import Kept, kept_of
from weigh.versions.nearest import Earlier
from weigh.versions.partly_here import held, left_behind
from weigh.versions.standing import require_finished, standing
from weigh.versions.tree import Tree, TreeFile
from weigh.versions.working_folder import holding, require_known

STEP = "commit"
_MOST_OLDER = 16
"""Versions before the last that a new one is held against."""
_SMALL = 4096
"""Bytes below which a file is kept whole: a tensor in it saves less than it costs."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a version shall say.

    Attributes:
        message: its first line is the title.
        author: as `Name <address>`.
        time: seconds since the epoch.
        provenance: how it was made.
        bases: versions of any history that it was made from, the nearest first.
        merged: id of a second parent, "" when there is none.
    """

    message: str
    author: str
    time: int
    provenance: Provenance = field(default_factory=Provenance)
    bases: tuple[Earlier, ...] = ()
    merged: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A version that was recorded.

    Attributes:
        id: of the commit.
        branch: that moved, "" when none is checked out.
        changed: paths that are new or have other content, with their bytes.
        removed: paths that are gone.
        kept: how the files that changed are kept.
        stored: bytes that the store grew by.
        against: (file of a version, bytes of tensors) that what is new was held against, most first.
    """

    id: str
    branch: str
    changed: tuple[tuple[str, int], ...]
    removed: tuple[str, ...]
    kept: Kept
    stored: int
    against: tuple[tuple[str, int], ...]


def record_version(
    history: History, wanted: Wanted, paths: Sequence[str] | None, *, events: EventSink
) -> Recorded:
    """Record the working folder, or some paths of it, as the next version.

    Args:
        history: opened from a working folder that it knows.
        wanted: what the version says.
        paths: relative paths of files and folders, "" for everything; None for the files of the version
            before, or for every file when there is none.
        events: told about the progress.

    Raises:
        ConflictError: the branch has moved since the folder was checked out.
        RefusedError: nothing changed, or a path cannot be kept.
        NotFoundError: a path does not exist.
        StorageError: a file changed while it was read, or the disk is full.
    """
    folder, place = require_known(history)
    with holding(place):
        require_finished(history, place)
        return _recorded(history, wanted, paths, (folder, place), events)


def _recorded(
    history: History,
    wanted: Wanted,
    paths: Sequence[str] | None,
    where: tuple[Path, Path],
    events: EventSink,
) -> Recorded:
    folder, place = where
    parent = history.refs.current()
    checked = read_checked_out(place)
    require_here(history, parent, checked)
    before = history.tree_of(parent) if parent else Tree()
    chosen = _chosen(folder, before, paths)
    names = chosen - left_behind(history, folder, chosen)
    same, fresh, gone = _sorted_out(folder, before, names, checked)
    if paths is not None:
        # Whoever names a file that is as before may have it taken in again, after the store lost parts of it.
        lost = [path for path, seen in same.items() if not has_whole(history.objects, bytes.fromhex(seen.id))]
        fresh += lost
        same = {path: seen for path, seen in same.items() if path not in lost}
    if not fresh and not gone and not wanted.merged:
        raise RefusedError(
            "there is nothing to record",
            why="every file is as in the version before" if parent else "the folder holds no file",
            hint="" if paths is not None or not parent else "a new file is taken in by naming it",
        )
    packs = history.objects.index.packs()
    with history.objects.writing() as writer:
        with closing(Keeping(history.objects, writer, _earlier(history, parent, wanted), events)) as keeping:
            added = keeping.folder_files(folder, fresh)
        name = put_version(history, writer, _replaced(before, added, gone), wanted, parent)
        written = writer.written
    traces = {p: s for p, s in checked.files.items() if p not in gone} | same | keeping.traces
    # Noted before the branch moves: a note without the move is seen through, a move without it is not.
    write_checked_out(place, name, traces)
    try:
        branch = move_to(history, name, parent, wanted)
    except ConflictError:
        write_checked_out(place, checked.commit, traces)
        raise
    kept = kept_of(history.objects, {bytes.fromhex(f.id) for f in added}, before=packs)
    changed = tuple(sorted((f.path, f.size) for f in added))
    return Recorded(name, branch, changed, tuple(sorted(gone)), kept, written, keeping.against)


def require_here(history: History, parent: str, checked: CheckedOut) -> None:
    """That the files of the folder came from the version that its branch stands at.

    Raises:
        ConflictError: the branch was moved since, or the folder was never checked out.
    """
    if not parent or standing(history, checked) == parent:
        return
    if not checked.commit:
        raise ConflictError(
            f"this folder was never checked out of {history.name}",
            why=f"its branch has a version already, {parent[:12]}, which would be thrown away",
            hint="weigh checkout HEAD",
        )
    raise ConflictError(
        "the branch was moved since this folder was checked out",
        why=f"it stands at {parent[:12]}, the files here are those of {checked.commit[:12]}",
        hint="weigh checkout HEAD brings the folder there if no file of yours is in the way; to commit "
        f"elsewhere: weigh branch mine {checked.commit[:12]}, then weigh checkout mine",
    )


def _chosen(folder: Path, before: Tree, paths: Sequence[str] | None) -> set[str]:
    ignored = read_ignored(folder)
    tracked = {file.path for file in before.files}
    if paths is None:
        return tracked or set(walk_files(folder, ignored))
    chosen: set[str] = set()
    for path in paths:
        inside = {t for t in tracked if not path or t == path or t.startswith(f"{path}/")}
        if (folder / path).is_dir() and not (folder / path).is_symlink():
            inside |= set(walk_files(folder, ignored, path))
        elif looks_of(folder, path) is not None:
            # Whoever names a file wants it, ignored or not.
            require_plain(folder, path)
            inside.add(path)
        elif not inside:
            raise NotFoundError(f"there is no file {path!r} here, nor in the version before")
        chosen |= inside
    return chosen


def _sorted_out(
    folder: Path, before: Tree, names: Iterable[str], checked: CheckedOut
) -> tuple[dict[str, Seen], list[str], set[str]]:
    """What is as before, what has to be kept, and what is gone."""
    known = {file.path: file for file in before.files}
    same: dict[str, Seen] = {}
    fresh: list[str] = []
    gone: set[str] = set()
    for path in sorted(names):
        if looks_of(folder, path) is None:
            gone.add(path)
            continue
        require_plain(folder, path)
        seen = is_as(folder, known[path], checked) if path in known else None
        if seen is None:
            fresh.append(path)
        else:
            same[path] = seen
    _require_apart({*known, *fresh} - gone)
    return same, fresh, gone


def _require_apart(paths: set[str]) -> None:
    for path in paths:
        above = path.rpartition("/")[0]
        while above:
            if above in paths:
                raise RefusedError(f"{above!r} would be a file and a folder", hint=f"name {above!r}, too")
            above = above.rpartition("/")[0]


def _replaced(before: Tree, added: Iterable[TreeFile], gone: set[str]) -> Tree:
    files = {file.path: file for file in before.files if file.path not in gone}
    files.update((file.path, file) for file in added)
    return Tree(tuple(sorted(files.values())))


def _earlier(history: History, parent: str, wanted: Wanted) -> tuple[Earlier, ...]:
    parents = [p for p in (parent, wanted.merged) if p]
    older = itertools.islice(history.log(*parents), 1, _MOST_OLDER) if parents else ()
    near = (*(Earlier(p[:12], held(history, history.tree_of(p))) for p in parents), *wanted.bases)
    # What follows from the version before last, as a cast of it does, is found as well.
    far = (
        Earlier(o.id[:12], held(history, history.tree(o.commit.tree))) for o in older if o.id not in parents
    )
    return (*near, *far)


def put_version(history: History, writer: Writer, tree: Tree, wanted: Wanted, parent: str) -> str:
    """Keep a tree and a commit of it; returns the id of the commit. No branch moves."""
    del history
    root = put_tree(writer, tree)
    parents = tuple(p for p in (parent, wanted.merged) if p)
    told = replace(wanted.provenance, made_by=_as_text(wanted.provenance.made_by))
    made = Commit(root, parents, _as_text(wanted.author), wanted.time, _as_text(wanted.message), told)
    return put_commit(writer, made)


def _as_text(typed: str) -> str:
    """What was typed, or read from a file name, with a sign for each byte that is no text."""
    return "".join("\ufffd" if "\ud800" <= sign <= "\udfff" else sign for sign in typed)


def move_to(history: History, name: str, parent: str, wanted: Wanted) -> str:
    """Move what is checked out from `parent` to `name`; returns the branch that moved, "" without one.

    Raises:
        ConflictError: somebody else moved the branch. The version is kept; nothing points to it.
    """
    branch = history.refs.head
    title = wanted.message.strip().split("\n", 1)[0]
    if branch:
        history.refs.move(branch, parent, name, why=f"commit: {title}", time=wanted.time)
        history.refs.point_head(branch)
    else:
        history.refs.point_head(name)
    return branch.removeprefix("refs/heads/")


class Keeping:
    """Puts files into the store, one after the other.

    Args:
        objects: the store.
        writer: its one writer.
        earlier: versions that the new one may be near to.
        events: told about the bytes that were read.
    """

    def __init__(
        self, objects: Objects, writer: Writer, earlier: Sequence[Earlier], events: EventSink
    ) -> None:
        self._objects, self._writer, self._events = objects, writer, events
        self._advising = Advising(objects, writer, earlier)
        self.traces: dict[str, Seen] = {}

    @property
    def against(self) -> tuple[tuple[str, int], ...]:
        """(file of a version, bytes) that new tensors were held against, most first."""
        return self._advising.used()

    def close(self) -> None:
        """Let go of what advice needs."""
        self._advising.close()

    def folder_files(self, folder: Path, paths: Sequence[str]) -> list[TreeFile]:
        """Keep files of a folder.

        Raises:
            StorageError: one of them changed while it was read.
            RefusedError: one of them is a link.
        """
        for path in paths:
            require_plain(folder, path)
        return self.files({path: folder / path for path in paths})

    def files(self, places: Mapping[str, Path]) -> list[TreeFile]:
        """Keep files, wherever they lie.

        Args:
            places: where each file is that is to be called so.

        Raises:
            StorageError: one of them changed while it was read.
        """
        tensors = tensors_in(places)
        total = sum(place.stat().st_size for place in places.values())
        done = 0
        kept: list[TreeFile] = []
        # Adapters first: what they were merged into may be among the other files.
        ordered = sorted(places, key=lambda path: not is_adapter(path, places))
        for path in ordered:
            place = places[path]
            before = place.stat()
            with FileReader(place) as reader:
                added = self.one(_Watched(reader, self._watch(done, total)), path, tensors)
            after = place.stat()
            if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
                raise StorageError(f"{path!r} changed while it was read", hint="commit again when it rests")
            file = TreeFile(path, added.id.hex(), added.sha256, added.size, executable(before))
            self.traces[path] = Seen.of(after, file)
            kept.append(file)
            if is_adapter(path, places):
                self._advising.learn_adapters(kept)
            done += before.st_size
        self._events.emit(StepDone(STEP, f"{len(kept)} files read"))
        return kept

    def one(self, reader: RangeReader, path: str, tensors: Sequence[TensorInfo]) -> Added:
        """Keep one file."""
        advise = self._advising.for_file(path)
        added = add_file(self._objects, self._writer, reader, path=path, tensors=tensors, advise=advise)
        self._advising.learn(added.id, path, added.size)
        return added

    def _watch(self, before: int, total: int) -> Callable[[int], None]:
        return lambda read: self._events.emit(Progress(STEP, before + read, total, "bytes"))


class _Watched:
    """A reader that says how far it is. Files are read twice, once to hash and once to keep them."""

    def __init__(self, reader: RangeReader, tell: Callable[[int], None]) -> None:
        self._reader, self._tell = reader, tell
        self._read = 0

    @property
    def size(self) -> int:
        """Total bytes."""
        return self._reader.size

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`."""
        data = self._reader.read(offset, length)
        self._read += len(data)
        self._tell(min(self._read // 2, self._reader.size))
        return data


def tensors_in(places: Mapping[str, Path]) -> tuple[TensorInfo, ...]:
    """Where tensors lie in files, as far as their formats tell. Nothing is executed.

    Args:
        places: where each file is that is called so.
    """
    found: list[TensorInfo] = []
    for path, place in places.items():
        if place.stat().st_size < _SMALL:
            continue
        with FileReader(place) as reader:
            facts = read_file(reader, path)
        if facts.format != UNKNOWN:
            found.extend(facts.tensors)
    return tuple(found)
