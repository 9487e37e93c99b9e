"""Discover: which models a code base uses, which of them nobody pinned or declared, and writing them down."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import UsageError
from weigh.core.ref import ArtifactRef, RefKind, parse_ref
from weigh.core.usage import Certainty, Discovery, ModelUse, Role, Unread, UnresolvedUse
from weigh.project.discover.discover import discover as read_project, is_pinned, with_roles
from weigh.project.discover.roles import role_of

_UNDECLARED_KINDS = frozenset({"file"})
"""Refs of what already lies in the project: nothing has to be fetched for them."""


@dataclass(frozen=True, slots=True)
class Discovering:
    """What discovering did.

    Attributes:
        found: uses, unresolved calls and files left out, of the roles asked for.
        declared: refs of the uses that models.toml declares.
        loose: uses at run time that are neither pinned nor declared.
        open: loader calls at run time that could not be resolved.
        unread: files at run time that could not be read; what they load is not known.
        written: sections that were added to models.toml.
    """

    found: Discovery
    declared: frozenset[str]
    loose: tuple[ModelUse, ...]
    open: tuple[UnresolvedUse, ...]
    unread: tuple[Unread, ...] = ()
    written: tuple[str, ...] = ()


def discover(folder: Path, *, roles: frozenset[Role], data: bool = False, write: bool = False) -> Discovering:
    """Read a code base.

    Args:
        folder: the project, or one file of it.
        roles: of the files whose uses are told.
        data: calls that load data sets count, too.
        write: add what is used and not declared to models.toml.

    Raises:
        NotFoundError: there is no such folder.
        UsageError: models.toml cannot be read, or there is no folder to write it to.
    """
    whole = read_project(folder, data=data)
    found = with_roles(whole, roles)
    manifest = _manifest_path(folder)
    declared = _declared(manifest)
    written: tuple[str, ...] = ()
    if write:
        written = _write(manifest, found, declared)
        declared = _declared(manifest)
    known = frozenset(use.ref for use in found.uses if _is_declared(use.ref, declared))
    runtime = with_roles(whole, frozenset({Role.RUNTIME}))
    loose = tuple(
        use
        for use in runtime.uses
        if not is_pinned(use) and not _is_declared(use.ref, declared) and use.certainty is not Certainty.LOOKS
    )
    unread = tuple(one for one in whole.unread if one.failed and role_of(one.path) is Role.RUNTIME)
    return Discovering(found, known, loose, runtime.unresolved, unread, written)


def _manifest_path(folder: Path) -> Path:
    from weigh.project.manifest import FILE_NAME

    return (folder if folder.is_dir() else folder.parent) / FILE_NAME


def _declared(manifest: Path) -> frozenset[tuple[str, str]]:
    """What models.toml declares, as kind and name without revision."""
    if not manifest.is_file():
        return frozenset()
    from weigh.project.manifest import read_manifest

    read = read_manifest(manifest)
    refs = [part.ref for declaration in read.models.values() for part in declaration.parts]
    aliases = [alias for declaration in read.models.values() for alias in declaration.aliases]
    named = {_identity(ref) for ref in refs}
    return frozenset(named | {("alias", alias) for alias in aliases})


def _identity(ref: ArtifactRef) -> tuple[str, str]:
    return (ref.kind.value, ref.name)


def _is_declared(ref: str, declared: frozenset[tuple[str, str]]) -> bool:
    parsed = parse_ref(ref)
    return _identity(parsed) in declared or ("alias", parsed.name) in declared


def model_of(ref: str) -> str:
    """A ref without its members and its revision: what uses of one model have in common."""
    parsed = parse_ref(ref)
    return str(ArtifactRef(parsed.kind, parsed.name))


def _write(manifest: Path, found: Discovery, declared: frozenset[tuple[str, str]]) -> tuple[str, ...]:
    from weigh.project.manifest_edit import NewModel, add_models

    entries = [
        NewModel(ref=ref, used_by=places, include=include, remote_code="deny")
        for ref, places, include in _entries(found.uses)
        if not _is_declared(ref, declared)
    ]
    if not entries:
        return ()
    if not manifest.parent.is_dir():
        raise UsageError(f"there is no folder {manifest.parent}", hint="weigh discover FOLDER --write")
    return add_models(manifest, entries)


def _entries(uses: Iterable[ModelUse]) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """One entry a model and revision: its ref, the places that use it, the files that are enough."""
    groups: dict[str, list[ModelUse]] = {}
    for use in uses:
        if use.certainty is Certainty.LOOKS or use.ref.partition(":")[0] in _UNDECLARED_KINDS:
            continue
        parsed = parse_ref(use.ref)
        whole = parsed.kind is not RefKind.HF or not parsed.members
        groups.setdefault(use.ref if whole else use.ref.partition("#")[0], []).append(use)
    for ref, group in sorted(groups.items()):
        members = [parse_ref(use.ref).members for use in group]
        some = parse_ref(ref).kind is RefKind.HF and all(members)
        include = tuple(sorted({member[0] for member in members if member})) if some else ()
        places = tuple(dict.fromkeys(f"{use.place.path}:{use.place.line}" for use in group))
        yield ref, places, include
