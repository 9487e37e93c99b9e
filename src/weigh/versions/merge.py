"""Merging: another version into the one that is checked out.

First everything is decided; where something is not, the conflicts are told and nothing was written. Then
the files that have to be made go into the store, then a tree and a commit with two parents; then the branch
moves, and last the working folder is checked out there. Whoever is killed before the branch moves leaves
objects that garbage collection takes away; after it, `weigh checkout HEAD` brings the folder along.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from weigh.core.errors import RefusedError, UsageError
from weigh.core.events import EventSink, Progress
from weigh.formats.reader import BytesReader
from weigh.store.packs.adding import add_file
from weigh.store.packs.writer import Writer
from weigh.versions.checked_out import CheckedOut, read_checked_out
from weigh.versions.checkout import CheckedOutNow, checkout, require_room
from weigh.versions.commit import Provenance
from weigh.versions.conflicts import Conflict, named
from weigh.versions.folder_files import is_as
from weigh.versions.history import History
from weigh.versions.kept import Kept, kept_of
from weigh.versions.merge_bases import merge_bases
from weigh.versions.merge_files import Decided, MakeTensors, MakeText, Plan, plan_merge
from weigh.versions.merged_file import MergedFile, layout_of
from weigh.versions.record_version import Wanted, move_to, put_version, require_here
from weigh.versions.refs import HEADS
from weigh.versions.remotes import read_partial
from weigh.versions.standing import require_finished
from weigh.versions.strategies.settings import Settings
from weigh.versions.tree import Tree, TreeFile
from weigh.versions.working_folder import holding, require_known

STEP = "merge"


class Outcome(StrEnum):
    """How a merge ended."""

    NOTHING_NEW = "nothing new"
    FORWARD = "fast-forward"
    MERGED = "merged"
    CONFLICTS = "conflicts"


class Forward(StrEnum):
    """What is done where ours has nothing that theirs lacks."""

    USUAL = "usual"
    NEVER = "never"
    ONLY = "only"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a merge was asked.

    Attributes:
        revision: theirs, however it is named: `tune`, `origin/main`, `HEAD~2`, the first digits of an id.
        settings: strategies and their numbers.
        message: of the new version, "" for the usual one.
        author: as `Name <address>`.
        time: seconds since the epoch.
        forward: whether the branch is only moved where that is enough.
    """

    revision: str
    settings: Settings
    message: str
    author: str
    time: int
    forward: Forward = Forward.USUAL


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did.

    Attributes:
        outcome: how it ended; of CONFLICTS nothing was written.
        ours: id of the version that was checked out.
        theirs: id of the other one.
        bases: ids of the versions both follow, the one that was taken first; several where they crossed.
        id: of what is checked out now.
        branch: that moved, "" when none is checked out.
        decided: what became of files that theirs changed.
        conflicts: what has to be decided.
        made: (path, bytes) of files that are in neither side.
        kept: how those are kept.
        stored: bytes that the store grew by.
        made_by: the merge with every parameter.
        files: what was put in place, None when nothing had to be.
    """

    outcome: Outcome
    ours: str
    theirs: str
    bases: tuple[str, ...] = ()
    id: str = ""
    branch: str = ""
    decided: tuple[Decided, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    made: tuple[tuple[str, int], ...] = ()
    kept: Kept = field(default_factory=Kept)
    stored: int = 0
    made_by: str = ""
    files: CheckedOutNow | None = None


def merge(history: History, asked: Asked, *, events: EventSink) -> Merged:
    """Merge another version into the one that is checked out.

    Args:
        history: opened from a working folder that it knows.
        asked: what and how.
        events: told about the progress.

    Raises:
        NotFoundError: there is no such version.
        UsageError: nothing is checked out yet, or the history holds only some of its files or versions.
        RefusedError: the working folder holds changes that no version has; nothing was done.
        ConflictError: the branch has moved since the folder was checked out, or moved meanwhile.
    """
    folder, place = require_known(history)
    if read_partial(history.root).only:
        raise UsageError(
            "this history holds only some files of each version",
            hint="clone it whole to merge in it",
        )
    with holding(place):
        require_finished(history, place)
        ours, theirs = history.refs.current(), history.find(asked.revision)
        if not ours:
            raise UsageError(
                "there is no version here to merge into", hint=f"weigh checkout {asked.revision}"
            )
        checked = read_checked_out(place)
        require_here(history, ours, checked)
        done = _without_making(history, asked, ours, theirs)
        if done is None:
            _require_clean(history, folder, ours, checked)
            done = _made(history, asked, (ours, theirs), events)
    if done.id == ours or not done.id:
        return done
    return replace(done, files=_brought(history, done, events))


def _without_making(history: History, asked: Asked, ours: str, theirs: str) -> Merged | None:
    """A merge for which no version has to be made; None when one has."""
    branch = history.refs.head
    if theirs in history.ancestors(ours):
        return Merged(Outcome.NOTHING_NEW, ours, theirs, (theirs,), ours, branch.removeprefix(HEADS))
    forward = ours in history.ancestors(theirs)
    if forward and asked.forward is not Forward.NEVER:
        require_room(history, history.tree_of(theirs))
        if branch:
            history.refs.move(branch, ours, theirs, why=f"merge {asked.revision}", time=asked.time)
            history.refs.point_head(branch)
        else:
            history.refs.point_head(theirs)
        return Merged(Outcome.FORWARD, ours, theirs, (ours,), theirs, branch.removeprefix(HEADS))
    if asked.forward is Forward.ONLY:
        raise RefusedError(
            f"{asked.revision} does not follow the version that is checked out",
            why="each side has versions that the other lacks",
            hint=f"weigh merge {asked.revision} merges them",
        )
    return None


def _require_clean(history: History, folder: Path, ours: str, checked: CheckedOut) -> None:
    """That every file of the version is in the folder as it is in the version."""
    tree = history.tree_of(ours)
    changed = [file.path for file in tree.files if is_as(folder, file, checked) is None]
    if changed:
        raise RefusedError(
            f"the working folder holds changes that no version has: {named(changed)}",
            why="a merge would overwrite them",
            hint="commit them first, or give them up: weigh checkout --force HEAD",
        )


def _made(history: History, asked: Asked, sides: tuple[str, str], events: EventSink) -> Merged:
    ours, theirs = sides
    bases = merge_bases(history, ours, theirs)
    if not bases and read_partial(history.root).ends:
        raise UsageError(
            "the version that both sides follow is not here",
            why="the history was cloned without its past",
            hint="clone it without --depth",
        )
    base = history.tree_of(bases[0]) if bases else Tree()
    trees = (base, history.tree_of(ours), history.tree_of(theirs))
    plan = plan_merge(history.objects, trees, asked.settings)
    told = Merged(Outcome.MERGED, ours, theirs, bases, decided=tuple(plan.decided))
    if plan.conflicts:
        return replace(told, outcome=Outcome.CONFLICTS, conflicts=tuple(sorted(plan.conflicts)))
    # Told before anything is written: a file that is in the way of one that has to be made, too.
    stand_ins = (TreeFile(path, "0" * 64, "0" * 64, 0) for path in plan.make)
    require_room(history, Tree(tuple(sorted((*plan.kept.files, *stand_ins)))))
    return _written(history, asked, told, plan, events)


def _written(history: History, asked: Asked, told: Merged, plan: Plan, events: EventSink) -> Merged:
    made_by = f"{asked.settings.told()} {told.theirs}"
    told_by = Provenance(made_by=made_by)
    message = asked.message or f"Merge {asked.revision}{_into(history)}"
    wanted = Wanted(message, asked.author, asked.time, told_by, merged=told.theirs)
    packs = history.objects.index.packs()
    with history.objects.writing() as writer:
        made = tuple(_make(history, writer, path, plan, asked.settings, events) for path in plan.make)
        tree = Tree(tuple(sorted((*plan.kept.files, *made))))
        name = put_version(history, writer, tree, wanted, told.ours)
        written = writer.written
    branch = move_to(history, name, told.ours, wanted)
    kept = kept_of(history.objects, {bytes.fromhex(f.id) for f in made}, before=packs)
    sizes = tuple((file.path, file.size) for file in made)
    return replace(told, id=name, branch=branch, made=sizes, kept=kept, stored=written, made_by=made_by)


def _into(history: History) -> str:
    return f" into {history.refs.head.removeprefix(HEADS)}" if history.refs.head else ""


def _make(
    history: History, writer: Writer, path: str, plan: Plan, settings: Settings, events: EventSink
) -> TreeFile:
    """Put one file into the store that is in neither side."""
    wanted = plan.make[path]
    match wanted:
        case MakeTensors():
            layout = layout_of(wanted.sides, wanted.parts)
            merged = MergedFile(
                layout, wanted.parts, settings,
                lambda done, total: events.emit(Progress(STEP, done, total, "bytes")),
            )  # fmt: skip
            added = merged.add(history.objects, writer, path)
        case MakeText():
            added = add_file(history.objects, writer, BytesReader(wanted.data), path=path)
    return TreeFile(path, added.id.hex(), added.sha256, added.size, wanted.executable)


def _brought(history: History, done: Merged, events: EventSink) -> CheckedOutNow:
    """Bring the folder to the version; where a file got in the way meanwhile, the branch goes back."""
    try:
        return checkout(history, done.branch or done.id, events=events)
    except RefusedError:
        ref = HEADS + done.branch
        if done.branch:
            time = history.commit(done.id).time
            history.refs.move(ref, done.id, done.ours, why="merge: a changed file is in the way", time=time)
        else:
            history.refs.point_head(done.ours)
        raise
