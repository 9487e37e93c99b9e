"""Diff of two models: versions of a history, files, folders, refs or declared names, in any mixture."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from weigh.core.errors import NotFoundError, UsageError
from weigh.core.events import Progress, StepDone, StepStarted
from weigh.core.model_diff import ModelDiff
from weigh.core.snapshot import Snapshot, SnapshotFile
from weigh.formats.reader import FileReader
from weigh.jobs.adopt.bring import Project, declared, open_project
from weigh.jobs.inspect import NOT_HASHED
from weigh.jobs.scan import targets_in
from weigh.jobs.workbench import Workbench
from weigh.project.lock import Lock
from weigh.project.resolve import resolve
from weigh.store.compare.side import Side
from weigh.store.compare.whole import compare_models
from weigh.store.view import ModelView
from weigh.versions.compare_versions import folder_side, version_side
from weigh.versions.history import History
from weigh.versions.working_folder import open_history, working_folder_of

STEP = "compare"
_STEPS = re.compile(r"\A(?:HEAD|@)\b|[~^][0-9]*\Z")
"""How a version is named, and no file or model."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a person named, found.

    Attributes:
        text: as it was written.
        revision: of the history, "" when it is none; `below` the path inside that version.
        path: a file or folder on this machine.
    """

    text: str
    revision: str = ""
    below: str = ""
    path: Path | None = None


def diff_models(bench: Workbench, things: tuple[str, ...], *, folder: Path, project: Path) -> ModelDiff:
    """Compare two models.

    Without anything named, HEAD is compared with the working folder; with one thing, that is.

    Args:
        bench: where to work.
        things: revisions (`HEAD~1`, `main`, `v1:model.safetensors`), paths, refs, declared names, `NAME@REV`.
        folder: where the person stands; tells which history is meant.
        project: folder of models.toml.

    Raises:
        UsageError: more than two things, or one that could be a revision and a path.
        NotFoundError: one of them does not exist.
        MissingExtraError: values cannot be compared without the libraries for it.
    """
    require_comparing()
    if len(things) > 2:
        raise UsageError(f"diff compares two models, {len(things)} are named")
    history = open_history(bench, folder) if working_folder_of(folder) is not None else None
    sides = _sides(bench, things, history, project)
    bench.events.emit(StepStarted(STEP, f"{sides[0].name} and {sides[1].name}"))
    found = compare_models(*sides, progress=_progress(bench))
    bench.events.emit(StepDone(STEP, f"{len(found.tensors)} tensors are not the same"))
    return found


def require_comparing() -> None:
    """Whether values can be compared here.

    Raises:
        MissingExtraError: the library for it is not installed.
    """
    from importlib.util import find_spec

    from weigh.core.errors import MissingExtraError

    if find_spec("numpy") is None:
        raise MissingExtraError("numpy is not installed", extra="versions")


def is_revision(history: History | None, thing: str) -> bool:
    """Whether this names a version of the history, with or without a path inside it."""
    if history is None or not thing:
        return False
    try:
        history.find(thing.partition(":")[0])
    except NotFoundError:
        return False
    return True


def refs_of(bench: Workbench, things: tuple[str, ...], *, folder: Path) -> tuple[str, str]:
    """Both things as refs that a runtime can be brought: a version of the history as `weigh:NAME@REV`.

    Raises:
        UsageError: not two things; or a path inside a version, or the working folder, is meant.
    """
    if len(things) != 2:
        raise UsageError("the answers of two versions are compared", hint="weigh diff OLD NEW --data …")
    history = open_history(bench, folder) if working_folder_of(folder) is not None else None
    old, new = (_ref_of(history, name_thing(history, thing)) for thing in things)
    return old, new


def _ref_of(history: History | None, named: Named) -> str:
    if named.below:
        raise UsageError(f"{named.text!r} is a file of a version", why="a whole version is needed to answer")
    if named.revision and history is not None:
        # The id, because a name may hold signs that mean something in a ref.
        return f"weigh:{history.name}@{history.find(named.revision)}"
    if named.path is not None and not named.text.startswith((".", "/")):
        return f"./{named.text}"
    return named.text


def _progress(bench: Workbench) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        bench.events.emit(Progress(STEP, done, total, "bytes"))

    return tell


def _sides(
    bench: Workbench, things: tuple[str, ...], history: History | None, project: Path
) -> tuple[Side, Side]:
    if len(things) < 2:
        if history is None or history.folder is None:
            raise UsageError(
                "diff compares two things", hint="weigh diff OLD NEW, or stand in a folder with versions"
            )
        revision = things[0] if things else "HEAD"
        if not is_revision(history, revision):
            raise NotFoundError(f"there is no version {revision!r}", hint="weigh log")
        name, below = _parted(revision)
        if below:
            raise UsageError(
                "one file of a version needs another to compare with", hint="weigh diff REV:A REV:B"
            )
        return version_side(history, name), folder_side(history.folder, history.tree_of(name))
    named = [name_thing(history, thing) for thing in things]
    paths = [n.path for n in named]
    alone = paths[0] is not None and paths[0].is_file() and paths[1] is not None and paths[1].is_file()
    declarations = open_project(project if (project / "models.toml").is_file() else None)
    old, new = (
        side_of(bench, history, n, declarations, alone=paths[1].name if alone and paths[1] else "")
        for n in named
    )
    return _same_single(old, new)


def name_thing(history: History | None, thing: str) -> Named:
    """What a word means: a path that says it is one, a revision, a path, or something to resolve.

    Raises:
        UsageError: it is both a revision and a path.
    """
    path = Path(thing)
    exists = path.exists()
    if exists and thing.startswith((".", "/", "~")):
        return Named(thing, path=path)
    if is_revision(history, thing):
        if exists:
            raise UsageError(
                f"{thing!r} is a version and a path",
                hint=f"write ./{thing} for the path, refs/heads/{thing} for the version",
            )
        revision, below = _parted(thing)
        return Named(thing, revision=revision, below=below)
    if not exists and history is not None and _STEPS.search(thing.partition(":")[0]):
        # Nothing else is written like this; the history says what it lacks.
        history.find(thing.partition(":")[0])
    return Named(thing, path=path if exists else None)


def _parted(thing: str) -> tuple[str, str]:
    revision, _, below = thing.partition(":")
    return revision, below


def side_of(
    bench: Workbench, history: History | None, named: Named, project: Project, *, alone: str = ""
) -> Side:
    """What a person named, as a side of a comparison; refs and declared names are fetched and verified.

    Args:
        bench: where to work.
        history: of the folder, if it has one.
        named: what was named.
        project: its declarations.
        alone: what to call the file where a single one is named.
    """
    if named.revision and history is not None:
        return version_side(history, named.revision, below=named.below)
    if named.path is not None:
        return path_side(named.path, alone=alone)
    return _resolved(bench, project, named.text)


def path_side(path: Path, *, alone: str = "") -> Side:
    """A file or folder on this machine; its files are hashed only where that tells two apart.

    Args:
        path: where.
        alone: what to call the file, so that two files of other names are compared as one.

    Raises:
        NotFoundError: there is nothing.
        UsageError: a name could stand in no snapshot.
    """
    targets = list(targets_in(path))
    broken = [target for target in targets if target.problem]
    if broken:
        raise UsageError(f"cannot look at {broken[0].path!r}", why=broken[0].problem)
    places = {alone or target.path: target.place for target in targets}
    files = [SnapshotFile(name, place.stat().st_size, NOT_HASHED) for name, place in places.items()]
    view = ModelView(Snapshot.of(files), lambda file: FileReader(places[file.path]))
    return Side(str(path), view, lambda name: FileReader(places[name]))


def _resolved(bench: Workbench, project: Project, thing: str) -> Side:
    """A declared model, one of its revisions, or a ref: fetched and verified."""
    name, at, revision = thing.rpartition("@")
    if at and name in project.manifest.models:
        declaration = project.manifest.models[name]
        if len(declaration.parts) != 1:
            raise UsageError(f"{name} is composed of several refs", hint="name two refs instead of revisions")
        part = declaration.parts[0]
        moved = replace(part, ref=replace(part.ref, revision=revision, file=""))
        found = resolve(replace(declaration, parts=(moved,)), Lock(), bench.source_of, bench.blobs)
    else:
        found = resolve(declared(project, thing, data=False), project.lock, bench.source_of, bench.blobs)
    files = {file.path: file for file in found.snapshot.files}
    view = ModelView(found.snapshot, lambda file: FileReader(bench.blobs.path(file.sha256)))
    return Side(
        thing,
        view,
        lambda path: FileReader(bench.blobs.path(files[path].sha256)),
        {file.path: file.sha256 for file in found.snapshot.files},
    )


def _same_single(old: Side, new: Side) -> tuple[Side, Side]:
    """Fill in digests of files that only one side knows, where sizes leave it open whether they are equal."""
    return _hashed(old, new), _hashed(new, old)


def _hashed(side: Side, other: Side) -> Side:
    there = {path: file.size for path, file in other.files.items() if path in other.digests}
    open_ = [p for p, f in side.files.items() if p not in side.digests and there.get(p) == f.size]
    if not open_:
        return side
    return replace(side, digests={**side.digests, **{path: _sha256(side, path) for path in open_}})


def _sha256(side: Side, path: str) -> str:
    import hashlib

    digest = hashlib.sha256()
    with side.reading(path) as reader:
        for at in range(0, reader.size, 1 << 20):
            digest.update(reader.read(at, 1 << 20))
    return digest.hexdigest()
