"""Bring the model and the data onto this machine: declared by name, or given as a path or ref."""

from dataclasses import dataclass, replace
from pathlib import Path

from weigh.core.data import DataFile, DataSpec
from weigh.core.errors import RefusedError, UsageError
from weigh.core.ref import RefKind
from weigh.core.snapshot import Snapshot
from weigh.jobs.names import check_names
from weigh.jobs.workbench import Workbench
from weigh.project.lock import FILE_NAME as LOCK_NAME, Lock, read_lock
from weigh.project.manifest import Declaration, Manifest, find_manifest, read_manifest
from weigh.project.resolve import Resolved, ad_hoc, resolve


@dataclass(frozen=True, slots=True)
class Project:
    """The declarations in force; both empty where there is no models.toml."""

    manifest: Manifest
    lock: Lock


@dataclass(frozen=True, slots=True)
class Brought:
    """Something declared whose bytes are here and verified.

    Attributes:
        name: as the user calls it.
        refs: where it comes from, in declared order.
        snapshot: the files.
        resolved: how they were found.
        spec: how to read the rows; None for a model.
    """

    name: str
    refs: tuple[str, ...]
    snapshot: Snapshot
    resolved: Resolved
    spec: DataSpec | None


def open_project(folder: Path | None) -> Project:
    """The project in `folder`, or the nearest one from the working folder upwards.

    Raises:
        UsageError: `folder` has no models.toml, or the manifest or lock cannot be read.
    """
    place = find_manifest(Path.cwd()) if folder is None else folder / "models.toml"
    if folder is not None and place is not None and not place.is_file():
        raise UsageError(f"no models.toml in {folder}", hint="name the folder that holds it with --project")
    if place is None:
        return Project(Manifest(Path.cwd()), Lock())
    return Project(read_manifest(place), read_lock(place.parent / LOCK_NAME))


def declared(project: Project, name: str, *, data: bool) -> Declaration:
    """The declaration called `name`, or one made up for a path or ref given instead.

    Raises:
        NotFoundError: neither a declared name nor something that exists.
    """
    table = project.manifest.data if data else project.manifest.models
    if name in table:
        return table[name]
    return ad_hoc(name, section=("data." if data else "models.") + name, folder=Path.cwd())


def bring(bench: Workbench, project: Project, name: str, *, data: bool) -> Brought:
    """Resolve and fetch one model or data set; what the store has already is not fetched again.

    Raises:
        UsageError: a file has a name that no lock or report could carry, or data on this machine holds a
            link or something else that is not read.
        RefusedError: a safety rule keeps the files away, such as a link in the folder of a model.
    """
    declaration = declared(project, name, data=data)
    try:
        resolved = resolve(declaration, project.lock, bench.source_of, bench.blobs)
    except RefusedError as error:
        # Of a model it is a reason not to adopt it. A folder of one's own rows says nothing about the model.
        if not data or any(part.ref.kind is not RefKind.FILE for part in declaration.parts):
            raise
        raise UsageError(error.what, why=error.why, hint=error.hint) from error
    check_names(name, resolved.snapshot)
    spec = _spec(declaration, resolved.snapshot) if data else None
    refs = tuple(dict.fromkeys(str(part.ref) for part in declaration.parts))
    return Brought(name, refs, resolved.snapshot, resolved, spec)


def _spec(declaration: Declaration, snapshot: Snapshot) -> DataSpec:
    """A declared spec, its files expanded; for a bare path the defaults over all its files."""
    spec = declaration.spec or DataSpec(())
    constants = {f.path: f.constants for f in spec.files}
    return replace(spec, files=tuple(DataFile(f.path, constants.get(f.path, ())) for f in snapshot.files))
