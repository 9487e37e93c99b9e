"""Outdated: what a project's models are today at their sources, held against the lock."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from weigh.core.errors import NotFoundError, UnknownAnswerError, UsageError, WeighError
from weigh.core.ref import ArtifactRef, RefKind, parse_ref
from weigh.jobs.tree import read_project
from weigh.jobs.workbench import Workbench
from weigh.project.lock import Lock
from weigh.project.manifest import Declaration, Manifest
from weigh.project.owners import meanings, origin_of
from weigh.project.resolve import SourceOf, asked

VERSIONED = frozenset({RefKind.HF, RefKind.PYPI, RefKind.NPM, RefKind.TORCHHUB})
"""Kinds whose name without a revision means the newest one."""


class State(StrEnum):
    """How a locked ref stands to its source."""

    CURRENT = "current"
    BRANCH = "branch moved"
    TAG = "tag moved"
    OWNER = "other owner"
    NEWER = "newer version"
    UNLOCKED = "not locked"
    UNKNOWN = "could not be asked"


@dataclass(frozen=True, slots=True)
class Standing:
    """One ref of the project.

    Attributes:
        section: `models.NAME` or `data.NAME`.
        requested: as declared.
        state: how it stands.
        locked: what it was locked as.
        now: what it is at its source; for an owner, who that is now.
        why: why it could not be asked.
    """

    section: str
    requested: str
    state: State
    locked: str = ""
    now: str = ""
    why: str = ""


def outdated(bench: Workbench, folder: Path, names: tuple[str, ...] = ()) -> tuple[Standing, ...]:
    """Ask the source of every declared ref what it means today. Fetches and changes nothing.

    Args:
        bench: where to work.
        folder: of models.toml.
        names: of the models and data sets that are asked for; all by default.

    Raises:
        NotFoundError: there is no models.toml, or it declares no such name.
    """
    manifest, lock = read_project(folder)
    chosen = _chosen(manifest, names)
    return tuple(standing for d in chosen for standing in _standings(d, lock, bench.source_of))


def _chosen(manifest: Manifest, names: tuple[str, ...]) -> list[Declaration]:
    every = manifest.declarations
    known = {d.name for d in every}
    sections = {d.section for d in every}
    for name in names:
        if name not in known | sections:
            raise NotFoundError(
                f"models.toml declares nothing called {name!r}",
                why=f"it declares: {', '.join(sorted(known))}",
            )
    return [d for d in every if not names or {d.name, d.section} & set(names)]


def _standings(declaration: Declaration, lock: Lock, source_of: SourceOf) -> Iterator[Standing]:
    for part in declaration.parts:
        if part.ref.kind is RefKind.FILE:
            continue
        requested = asked(declaration, part)
        one = replace(declaration, parts=(part,))
        if not _is_locked(declaration.section, requested, lock):
            yield Standing(declaration.section, requested, State.UNLOCKED)
            continue
        try:
            yield _standing(one, requested, lock, source_of)
        except WeighError as error:
            yield Standing(declaration.section, requested, State.UNKNOWN, why=f"{error.what}: {error.why}")


def _is_locked(section: str, requested: str, lock: Lock) -> bool:
    model = lock.models.get(section)
    return requested in model.requested if model is not None else bool(lock.section(section))


def _standing(declaration: Declaration, requested: str, lock: Lock, source_of: SourceOf) -> Standing:
    """How the one part of a declaration stands; a changed owner outweighs everything else."""
    (before,), _ = meanings(declaration, lock, source_of, upgrade=False)
    (now,), moves = meanings(declaration, lock, source_of, upgrade=True)
    kinds = {move.what: move for move in moves}
    section = declaration.section
    for what, state in (("owner", State.OWNER), ("tag", State.TAG), ("branch", State.BRANCH)):
        if what in kinds:
            return Standing(section, requested, state, kinds[what].old, kinds[what].new)
    newest = _newest(declaration.parts[0].ref, source_of)
    if newest and _version(newest) != _version(now.exact):
        return Standing(section, requested, State.NEWER, before.exact, newest)
    return Standing(section, requested, State.CURRENT, before.exact, now.exact)


def _newest(ref: ArtifactRef, source_of: SourceOf) -> str:
    """What the name means without its revision, "" where there is no such thing."""
    bare = _without_version(ref)
    if bare is None:
        return ""
    here = origin_of(ref, source_of)
    if here.moving and not here.tag:
        # Somebody chose this branch; that another one has other commits is no news.
        return ""
    try:
        origin = origin_of(bare, source_of)
    except (NotFoundError, UsageError, UnknownAnswerError):
        return ""
    return str(origin.exact)


def _without_version(ref: ArtifactRef) -> ArtifactRef | None:
    """The ref that means the newest version, None where there is none or none was named."""
    if ref.kind is RefKind.KAGGLE:
        handle, _, version = ref.name.rpartition("/")
        return replace(ref, name=handle, members=()) if version.isdecimal() else None
    if ref.kind not in VERSIONED or not ref.revision:
        return None
    return replace(ref, revision="", file="", members=())


def _version(text: str) -> str:
    """The commit or version in an exact ref."""
    ref = parse_ref(text)
    if ref.kind is RefKind.KAGGLE:
        return ref.name.rpartition("/")[2]
    return (ref.file or ref.revision) if ref.kind is RefKind.HF else ref.revision
