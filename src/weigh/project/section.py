"""The table of one section in a lock, and whether it is what the manifest expects."""

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from weigh.core.errors import RefusedError
from weigh.project.cache_keys import cache_keys
from weigh.project.edges import REMOTE_CODE, parameters, same_artifact, told_by
from weigh.project.lock import Edge, Lock, LockedFile, LockedModel, tree_digest
from weigh.project.manifest import Declaration, RemoteCode
from weigh.project.owners import Meaning
from weigh.project.resolve import declared_digest
from weigh.sources.source import StoredFiles

_COMPARISONS: Mapping[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
}


def locked_model(
    declaration: Declaration, lines: tuple[LockedFile, ...], found: Iterable[Meaning], sink: StoredFiles
) -> LockedModel:
    """The table of a section whose files are in the store.

    Raises:
        RefusedError: it is not what the manifest expects.
        UsageError: it cannot be put where the manifest says.
    """
    told = told_by(lines, sink)
    _require_expected(declaration, told.licence, told.library, lines, sink)
    meanings = tuple(found)
    model = LockedModel(
        section=declaration.section,
        requested=tuple(m.requested for m in meanings),
        exact=tuple(m.exact for m in meanings),
        owner=tuple(m.owner for m in meanings),
        tree=tree_digest(lines),
        licence=told.licence,
        licence_files=told.licence_files,
        code=told.code,
        base=_without_self(told.base, meanings),
    )
    return kept_model(declaration, lines, model)


def kept_model(declaration: Declaration, lines: tuple[LockedFile, ...], old: LockedModel) -> LockedModel:
    """The table of a section whose files did not change: only what the manifest alone decides is new."""
    return replace(
        old,
        declared=declared_digest(declaration),
        signer=declaration.signer,
        materialise=cache_keys(declaration, lines),
    )


def _without_self(edges: tuple[Edge, ...], meanings: tuple[Meaning, ...]) -> tuple[Edge, ...]:
    """Edges to others: many settings name the very repository they lie in."""
    return tuple(e for e in edges if not any(same_artifact(e.ref, m.requested) for m in meanings))


def _require_expected(
    declaration: Declaration, licence: str, library: str, lines: tuple[LockedFile, ...], sink: StoredFiles
) -> None:
    expected = declaration.expect
    stated = {part.strip().casefold() for part in licence.split(",")}
    if expected.licences and not stated & {x.casefold() for x in expected.licences}:
        raise _other(declaration, "licence", " or ".join(expected.licences), licence or "none is declared")
    if expected.library and library.casefold() != expected.library.casefold():
        raise _other(declaration, "library", expected.library, library or "none is declared")
    if expected.params is not None:
        sign, wanted = expected.params
        count = parameters(lines, sink)
        if count is None or not _COMPARISONS[sign](count, wanted):
            told = f"{count:,}" if count is not None else "its formats do not tell"
            raise _other(declaration, "params", f"{sign} {wanted:,}", told)


def _other(declaration: Declaration, what: str, wanted: str, found: str) -> RefusedError:
    return RefusedError(
        f"{declaration.section} is not what is expected of it",
        why=f"expect.{what} is {wanted}; found: {found}",
        hint=f"choose another model or revision, or change [{declaration.section}.expect]",
    )


def missing_code(lock: Lock) -> tuple[tuple[str, Edge], ...]:
    """(section, edge) of code in other repositories that loading would run and that is not locked."""
    held: dict[str, set[str]] = {}
    for section, model in lock.models.items():
        held[section] = {f.path for f in lock.section(section)} if model.requested else set()
    return tuple(
        (section, edge)
        for section, model in sorted(lock.models.items())
        for edge in model.base
        if edge.relation == REMOTE_CODE and not _is_held(edge, lock, held)
    )


def _is_held(edge: Edge, lock: Lock, held: Mapping[str, set[str]]) -> bool:
    path = edge.ref.partition("#")[2]
    return any(
        path in held[section]
        for section, model in lock.models.items()
        if any(same_artifact(requested, edge.ref) for requested in model.requested)
    )


def require_code(lock: Lock, declarations: Iterable[Declaration]) -> tuple[str, ...]:
    """Refuse code of other repositories that may run and is not locked; returns what is left to be told.

    Raises:
        RefusedError: a model with `remote-code = "pinned"` needs it.
    """
    pinned = {d.section for d in declarations if d.remote_code is RemoteCode.PINNED}
    notes: list[str] = []
    for section, edge in missing_code(lock):
        repository, _, path = edge.ref.partition("#")
        if section in pinned:
            raise RefusedError(
                f"{section} runs code of {repository}, which is not locked",
                why=f"its settings name {path} there, and remote-code is pinned",
                hint=f"weigh add {repository} --include '*.py'",
            )
        notes.append(f"{section} names code of {repository} ({path}); it is not locked, remote-code is deny")
    for section, model in sorted(lock.models.items()):
        if model.code and section not in pinned:
            count = f"{len(model.code)} file{'' if len(model.code) == 1 else 's'} of code"
            notes.append(f"{section} carries {count} that a loader may run; remote-code is deny")
    return tuple(notes)
