"""Lineage: what came from what, among versions, folders, files and refs; or a question about two of them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from weigh.core.errors import UsageError
from weigh.core.events import Progress, StepDone, StepStarted
from weigh.core.lineage import Declared, Lineage
from weigh.jobs.adopt.bring import Project, open_project
from weigh.jobs.diff_models import Named, is_revision, name_thing, require_comparing, side_of
from weigh.jobs.workbench import Workbench
from weigh.store.compare.side import Side
from weigh.versions.history import History
from weigh.versions.lineage import relate
from weigh.versions.lineage_declared import declared_in
from weigh.versions.lineage_graph import graph_of_history, graph_of_models, graph_of_question
from weigh.versions.working_folder import open_history, working_folder_of

STEP = "lineage"
MOST_MODELS = 12
"""Models that are compared each with each."""


def lineage(
    bench: Workbench, things: tuple[str, ...], *, is_from: str = "", folder: Path, project: Path
) -> Lineage:
    """What came from what.

    With `is_from`, whether the one thing named (by default HEAD) came from it. Without, the graph: of the
    folder's history when nothing or one version is named, else of the models named, the oldest first.

    Args:
        bench: where to work.
        things: versions, paths, refs, declared names.
        is_from: another one.
        folder: where the person stands; tells which history is meant.
        project: folder of models.toml.

    Raises:
        UsageError: too many things, or a word that means two.
        NotFoundError: one of them does not exist.
        MissingExtraError: values cannot be compared without the libraries for it.
    """
    require_comparing()
    history = open_history(bench, folder) if working_folder_of(folder) is not None else None
    declarations = open_project(project if (project / "models.toml").is_file() else None)
    if is_from:
        if len(things) > 1:
            raise UsageError("one model is asked about", hint="weigh lineage MODEL --is-from OTHER")
        return _answered(bench, history, declarations, things[0] if things else "HEAD", is_from)
    if history is not None and (not things or (len(things) == 1 and is_revision(history, things[0]))):
        return _of_history(bench, history, things)
    if not things:
        raise UsageError(
            "nothing is named, and this folder has no history",
            hint="weigh lineage MODEL --is-from OTHER, or weigh lineage OLDEST … NEWEST",
        )
    return _of_models(bench, history, declarations, things)


def _answered(
    bench: Workbench, history: History | None, project: Project, thing: str, is_from: str
) -> Lineage:
    child, parent = (name_thing(history, text) for text in (thing, is_from))
    bench.events.emit(StepStarted(STEP, f"{child.text} and {parent.text}"))
    sides = _alike_named(bench, history, project, (child, parent))
    stored = history.objects if history is not None and child.revision and parent.revision else None
    relation = relate(sides[0], sides[1], said=_said(history, child), objects=stored)
    bench.events.emit(StepDone(STEP, relation.descent.value))
    return graph_of_question(relation, sides[0])


def _said(history: History | None, named: Named) -> Sequence[Declared]:
    if history is None or not named.revision:
        return ()
    return declared_in(history.commit(history.find(named.revision)).provenance)


def _alike_named(
    bench: Workbench, history: History | None, project: Project, named: Sequence[Named]
) -> list[Side]:
    """The sides; files that are named alone go by one name, so that their tensors are compared."""
    single = [n.path for n in named if n.path is not None and n.path.is_file()]
    alone = single[-1].name if len(single) == len(named) else ""
    sides = [side_of(bench, history, n, project, alone=alone) for n in named]
    return [replace(side, name=name) for side, name in zip(sides, _told_apart(sides), strict=True)]


def _told_apart(sides: Sequence[Side]) -> list[str]:
    """The names without the folders that all of them lie in."""
    parts = [PurePath(side.name).parts for side in sides]
    shared = 0
    while len(parts) > 1 and all(len(p) > shared + 1 and p[shared] == parts[0][shared] for p in parts):
        shared += 1
    return [str(PurePath(*p[shared:])) if shared else side.name for p, side in zip(parts, sides, strict=True)]


def _of_history(bench: Workbench, history: History, things: tuple[str, ...]) -> Lineage:
    starts = [history.find(things[0])] if things else sorted({stands for _, stands in history.refs.all()})
    bench.events.emit(StepStarted(STEP, f"of {history.name}"))

    def tell(done: int, total: int) -> None:
        bench.events.emit(Progress(STEP, done, total, "versions"))

    found = graph_of_history(history, starts, progress=tell)
    bench.events.emit(StepDone(STEP, f"{len(found.edges)} edges"))
    return replace(found, subject=things[0] if things else history.name)


def _of_models(
    bench: Workbench, history: History | None, project: Project, things: tuple[str, ...]
) -> Lineage:
    if len(things) > MOST_MODELS:
        raise UsageError(f"{len(things)} models are named", why=f"at most {MOST_MODELS} are compared")
    if len(set(things)) < len(things):
        raise UsageError("a model is named twice")
    named = [name_thing(history, thing) for thing in things]
    bench.events.emit(StepStarted(STEP, f"{len(things)} models"))
    sides = _alike_named(bench, history, project, named)
    found = graph_of_models(sides, said=[_said(history, n) for n in named])
    bench.events.emit(StepDone(STEP, f"{len(found.edges)} edges"))
    return found
