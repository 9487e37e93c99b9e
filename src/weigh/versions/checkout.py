"""Checking out: the files of a version into the working folder, and back to any of them.

No file that differs from the version it came from is overwritten or deleted without `force`. Files appear one
by one, each whole. What is under way is noted before the first of them: after an interruption the same
command goes on, because files that are there already are as wanted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import MalformedError, NotFoundError, RefusedError
from weigh.core.events import EventSink, Progress
from weigh.system.atomic import storing, write_bytes
from weigh.versions.checked_out import CheckedOut, Seen, looks_of, read_checked_out, write_checked_out
from weigh.versions.folder_files import is_as
from weigh.versions.history import History
from weigh.versions.partly_here import placeable, require_held
from weigh.versions.placing import How, Placer, require_placeable
from weigh.versions.refs import HEADS, is_name
from weigh.versions.standing import UNDER_WAY, require_finished, standing, under_way
from weigh.versions.tree import Tree, TreeFile
from weigh.versions.working_folder import holding, require_known

STEP = "checkout"
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class CheckedOutNow:
    """What a checkout did.

    Attributes:
        id: of the version.
        branch: that is checked out, "" when a version is without one.
        written: paths that were put in place, with their bytes.
        removed: paths that were deleted.
        kept: paths whose own content was left as it is.
        linked: how many of `written` are links.
    """

    id: str
    branch: str
    written: tuple[tuple[str, int], ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    linked: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """What has to be done to a folder."""

    put: tuple[TreeFile, ...]
    remove: tuple[str, ...]
    kept: tuple[str, ...]
    same: Mapping[str, Seen]


def checkout(
    history: History,
    revision: str,
    *,
    events: EventSink,
    force: bool = False,
    placer: Callable[[Path], Placer] | None = None,
) -> CheckedOutNow:
    """Make the working folder what a version says, and check that version or branch out.

    Args:
        history: opened from a working folder that it knows.
        revision: however it is named; the name of a branch checks out the branch.
        events: told about the progress.
        force: overwrite and delete files that were changed.
        placer: makes what writes the files; by default everything comes out of the packs.

    Raises:
        NotFoundError: there is no such version.
        RefusedError: a changed file is in the way; nothing was done.
        IntegrityError: a stored file is damaged; files before it are in place, the others as they were.
        StorageError: the disk is full; likewise.
    """
    folder, place = require_known(history)
    branch = _branch(history, revision)
    name = history.find(revision)
    new = placeable(history, history.tree_of(name), folder)
    require_placeable(new)
    putting = placer(folder) if placer is not None else Placer(history.objects, folder)
    with holding(place):
        checked = read_checked_out(place)
        olds = (_old_tree(history, checked, force=force), _unfinished_tree(history, place))
        plan = _planned(folder, olds, new, checked, force=force)
        putting.clean()
        write_bytes(place / UNDER_WAY, f"{name}\n".encode())
        traces, linked = _carry_out(plan, putting, events)
        write_checked_out(place, name, traces)
        history.refs.point_head(f"{HEADS}{branch}" if branch else name)
        with storing(place):
            (place / UNDER_WAY).unlink(missing_ok=True)
    written = tuple((file.path, file.size) for file in plan.put)
    return CheckedOutNow(name, branch, written, plan.remove, plan.kept, linked)


def require_room(history: History, new: Tree) -> None:
    """That a checkout of these files would find none in its way that a person changed.

    Raises:
        RefusedError: one is.
    """
    folder, place = require_known(history)
    require_placeable(new)
    checked = read_checked_out(place)
    olds = (_old_tree(history, checked), _unfinished_tree(history, place))
    _planned(folder, olds, new, checked, force=False)


def _branch(history: History, revision: str) -> str:
    """The branch that a person means to check out, "" when it is a version by itself."""
    name = revision.removeprefix(HEADS)
    if name in {"HEAD", "@"}:
        return history.refs.head.removeprefix(HEADS)
    return name if is_name(name) and history.refs.get(HEADS + name) else ""


def _old_tree(history: History, checked: CheckedOut, *, force: bool = False) -> Tree:
    try:
        before = standing(history, checked)
    except MalformedError:
        # A damaged HEAD is written again, when that is asked for.
        if not force:
            raise
        before = checked.commit
    return history.tree_of(before) if before else Tree()


def _unfinished_tree(history: History, place: Path) -> Tree:
    """The files of a version whose checkout was interrupted: some of them may be in the folder."""
    name = under_way(place)
    try:
        return history.tree_of(name) if name else Tree()
    except NotFoundError:
        return Tree()


def _planned(folder: Path, olds: tuple[Tree, Tree], new: Tree, checked: CheckedOut, *, force: bool) -> _Plan:
    """What differs, held against what the folder really holds.

    Args:
        folder: the working folder.
        olds: the version its files came from, and one that it was to become when that was interrupted.
        new: the version wanted.
        checked: how files looked.
        force: nothing is in the way.
    """
    before, halfway = ({file.path: file for file in tree.files} for tree in olds)
    after = {file.path: file for file in new.files}
    put, remove, kept, in_the_way = [], [], [], []
    same: dict[str, Seen] = {}
    for path in sorted({*before, *halfway, *after}):
        was, want = before.get(path), after.get(path)
        seen = is_as(folder, want, checked) if want is not None else None
        if seen is not None:
            same[path] = seen
        elif looks_of(folder, path) is None:
            if want is not None:
                put.append(want)
        elif force or any(is_as(folder, f, checked) for f in (was, halfway.get(path)) if f is not None):
            if want is not None:
                put.append(want)
            else:
                remove.append(path)
        elif was is not None and was == want:
            # Changed by the user, and the same in both versions: it goes along, as in git.
            kept.append(path)
        else:
            in_the_way.append(path)
    in_the_way += _blocking(folder, put, set(remove))
    _require_free(sorted(set(in_the_way)), force=force)
    return _Plan(tuple(put), tuple(remove), tuple(kept), same)


def _blocking(folder: Path, put: Sequence[TreeFile], going: set[str]) -> list[str]:
    """What stands where a file or the folders above it belong, and does not go."""
    found: list[str] = []
    for file in put:
        above = file.path.rpartition("/")[0]
        while above:
            if looks_of(folder, above) is not None and above not in going:
                found.append(above)
            above = above.rpartition("/")[0]
        inside = folder / file.path
        if inside.is_dir() and not inside.is_symlink():
            held = (p.relative_to(folder).as_posix() for p in inside.rglob("*") if not p.is_dir())
            found += [path for path in held if path not in going]
    return found


def _require_free(in_the_way: Sequence[str], *, force: bool = False) -> None:
    if not in_the_way:
        return
    named = ", ".join(in_the_way[:_MOST_NAMED])
    more = f" and {len(in_the_way) - _MOST_NAMED} more" if len(in_the_way) > _MOST_NAMED else ""
    raise RefusedError(
        f"{named}{more} would be overwritten",
        why="a file stands where a folder belongs, or the other way round; not even --force deletes that"
        if force
        else "their content is in no version that is checked out",
        hint="move them away"
        if force
        else "commit them first, or move them away; weigh checkout --force REV loses them",
    )


def _carry_out(plan: _Plan, placer: Placer, events: EventSink) -> tuple[dict[str, Seen], int]:
    traces = dict(plan.same)
    linked = 0
    # Deleted first: a file may stand where a folder belongs.
    for path in plan.remove:
        placer.take_away(path)
    total, done = sum(file.size for file in plan.put), 0
    for file in plan.put:
        traces[file.path], how = placer.put(file)
        linked += how is How.LINK
        done += file.size
        events.emit(Progress(STEP, done, total, "bytes"))
    return traces, linked


def checkout_paths(
    history: History,
    revision: str,
    paths: Sequence[str],
    *,
    events: EventSink,
    force: bool = False,
    placer: Callable[[Path], Placer] | None = None,
) -> CheckedOutNow:
    """Bring some files of a version into the working folder; what is checked out stays what it is.

    Raises:
        NotFoundError: the version has no such file.
        RefusedError: a changed file is in the way; nothing was done.
    """
    folder, place = require_known(history)
    name = history.find(revision)
    chosen = pick(history.tree_of(name), paths, revision)
    require_held(history, chosen.files)
    require_placeable(chosen)
    putting = placer(folder) if placer is not None else Placer(history.objects, folder)
    with holding(place):
        require_finished(history, place)
        checked = read_checked_out(place)
        current = _old_tree(history, checked)
        wanted = {file.path for file in chosen.files}
        before = Tree(tuple(file for file in current.files if file.path in wanted))
        plan = _planned(folder, (before, Tree()), chosen, checked, force=force)
        # Whoever names a file of a version wants that one: a change of his own is in the way, not kept.
        _require_free(plan.kept)
        putting.clean()
        traces, linked = _carry_out(plan, putting, events)
        write_checked_out(place, checked.commit, dict(checked.files) | traces)
    written = tuple((file.path, file.size) for file in plan.put)
    branch = history.refs.head.removeprefix(HEADS)
    return CheckedOutNow(name, branch, written, (), plan.kept, linked)


def pick(tree: Tree, paths: Sequence[str], revision: str) -> Tree:
    """The files of a version at or below some paths; "" means all.

    Raises:
        NotFoundError: one of the paths names nothing.
    """
    chosen: dict[str, TreeFile] = {}
    for path in paths:
        found = [f for f in tree.files if not path or f.path == path or f.path.startswith(f"{path}/")]
        if not found:
            raise NotFoundError(f"{revision} has no file {path!r}", hint=f"weigh show {revision}")
        chosen.update((file.path, file) for file in found)
    return Tree(tuple(sorted(chosen.values())))
