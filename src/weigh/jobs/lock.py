"""Lock: fetch everything the project declares and write down exactly which bytes it is."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from weigh.core.errors import NotFoundError
from weigh.core.ref import RefKind
from weigh.core.usage import Role
from weigh.jobs.names import check_names
from weigh.jobs.workbench import Workbench
from weigh.project.lock import (
    FILE_NAME,
    Lock,
    LockedFile,
    LockedModel,
    LockedUnresolved,
    format_lock,
    read_lock,
)
from weigh.project.locking import changing
from weigh.project.manifest import FILE_NAME as MANIFEST_NAME, Declaration, Manifest, read_manifest
from weigh.project.owners import Move, changed_bytes, meanings, refuse_moves
from weigh.project.resolve import in_step, resolve
from weigh.project.section import kept_model, locked_model, require_code
from weigh.system.atomic import write_bytes

ROLES = frozenset({Role.RUNTIME, Role.TRAINING})
"""Unresolved calls of these stand in the lock; tests and documents load nothing in production."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """Which sections are asked for anew, and whom a person vouches for.

    Attributes:
        everything: all sections.
        names: of the models and data sets that are, as `NAME` or as `models.NAME`.
        accepted: names whose moved tag or changed owner is followed; they are asked for anew, too.
    """

    everything: bool = False
    names: frozenset[str] = frozenset()
    accepted: frozenset[str] = frozenset()

    def wants(self, declaration: Declaration) -> bool:
        """Whether a declaration is asked for anew."""
        return self.everything or bool({declaration.name, declaration.section} & (self.names | self.accepted))


@dataclass(frozen=True, slots=True)
class Locking:
    """What locking did.

    Attributes:
        path: the lock file.
        sections: `models.NAME` and `data.NAME`, in order, with the number of files of each.
        changed: the file's text is another one than before.
        differences: what is added, gone or other, a line each.
        transferred: bytes that came over the network.
        lock: as it is now, or would be.
        moves: branches, tags and owners that are others than before.
        notes: what a person should know, a line each.
    """

    path: Path
    sections: tuple[tuple[str, int], ...]
    changed: bool
    differences: tuple[str, ...]
    transferred: int
    lock: Lock = field(default_factory=Lock)
    moves: tuple[Move, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Section:
    files: tuple[LockedFile, ...]
    model: LockedModel
    transferred: int = 0
    moves: tuple[Move, ...] = ()


def lock(bench: Workbench, folder: Path, *, check: bool = False, upgrade: Upgrade | None = None) -> Locking:
    """Resolve every declaration and write models.lock beside models.toml.

    What is locked already and still declared stays as it is; the rest is fetched whole and hashed.

    Args:
        bench: where to work.
        folder: folder of models.toml.
        check: write nothing, only say whether the lock would change; what is locked is not fetched.
        upgrade: what is asked for anew; nothing by default.

    Raises:
        NotFoundError: there is no models.toml, or something declared does not exist.
        RefusedError: a tag or an owner changed, or a model is not what is expected of it.
    """
    if not (folder / MANIFEST_NAME).is_file():
        raise NotFoundError(f"there is no models.toml in {folder}", hint="run this where models.toml lies")
    # Whoever only looks needs no right to write, and a file that is replaced whole can be read any time.
    with nullcontext() if check else changing(folder):
        return _lock(bench, folder, check=check, upgrade=upgrade or Upgrade())


def _lock(bench: Workbench, folder: Path, *, check: bool, upgrade: Upgrade) -> Locking:
    manifest = read_manifest(folder / MANIFEST_NAME)
    _require_names(manifest, upgrade)
    path = folder / FILE_NAME
    old = read_lock(path)
    before = path.read_bytes() if path.is_file() else b""
    done = [_section(bench, d, old, check=check, upgrade=upgrade) for d in manifest.declarations]
    new = Lock.of(
        (line for section in done for line in section.files),
        (section.model for section in done),
        unresolved_calls(folder),
    )
    notes = require_code(new, manifest.declarations)
    text = format_lock(new).encode("utf-8")
    if text != before and not check:
        write_bytes(path, text)
    return Locking(
        path,
        tuple((section.model.section, len(section.files)) for section in done),
        text != before,
        tuple(_differences(old, new)),
        sum(section.transferred for section in done),
        new,
        tuple(move for section in done for move in section.moves),
        notes,
    )


def _require_names(manifest: Manifest, upgrade: Upgrade) -> None:
    known = {d.name for d in manifest.declarations}
    sections = {d.section for d in manifest.declarations}
    for name in sorted((upgrade.names | upgrade.accepted) - sections):
        if name not in known:
            raise NotFoundError(
                f"models.toml declares nothing called {name!r}",
                why=f"it declares: {', '.join(sorted(known))}",
            )


def _section(
    bench: Workbench, declaration: Declaration, old: Lock, *, check: bool, upgrade: Upgrade
) -> _Section:
    # A file on this machine may have changed; only what a registry froze stays without a look.
    local = any(part.ref.kind is RefKind.FILE for part in declaration.parts)
    wanted = upgrade.wants(declaration)
    model = old.models.get(declaration.section)
    if model is not None and in_step(declaration, old) and not local and not wanted:
        return _kept(bench, declaration, old, model, check=check)
    found, moves = meanings(declaration, old, bench.source_of, upgrade=wanted)
    refuse_moves(moves, upgrade.accepted)
    # Lines of version 1 stay what they are; the table they lack is made out of their files.
    first = model is None and not local and not wanted and in_step(declaration, old)
    pins = {meaning.requested: meaning.exact for meaning in found}
    kept = Lock(old.files) if first else Lock()
    resolved = resolve(declaration, kept, bench.source_of, bench.blobs, pins=pins)
    check_names(declaration.section, resolved.snapshot)
    made = locked_model(declaration, resolved.files, found, bench.blobs)
    if not local:
        refuse_moves(changed_bytes(model, made), upgrade.accepted)
    return _Section(resolved.files, made, resolved.transferred, moves)


def _kept(
    bench: Workbench, declaration: Declaration, old: Lock, model: LockedModel, *, check: bool
) -> _Section:
    lines = old.section(declaration.section)
    transferred = 0
    if not check:
        transferred = resolve(declaration, old, bench.source_of, bench.blobs).transferred
    return _Section(lines, kept_model(declaration, lines, model), transferred)


def unresolved_calls(folder: Path) -> tuple[LockedUnresolved, ...]:
    """The loader calls of a project's code whose model reading does not tell, each kind once a file."""
    from weigh.project.discover.discover import discover

    found = discover(folder).unresolved
    counted = Counter((u.place.path, u.loader, u.expression) for u in found if u.role in ROLES)
    return tuple(LockedUnresolved(*key, count=count) for key, count in sorted(counted.items()))


def _differences(old: Lock, new: Lock) -> Iterator[str]:
    for key in sorted({*old.files, *new.files}):
        before, after = old.files.get(key), new.files.get(key)
        name = " ".join(key)
        if before is None:
            yield f"new: {name}"
        elif after is None:
            yield f"gone: {name}"
        elif before.sha256 != after.sha256:
            yield f"other bytes: {name}"
        elif before != after:
            yield f"other origin: {name}"
    yield from _table_differences(old.models, new.models)
    calls = _named(new.unresolved)
    for call, text in sorted(_named(old.unresolved).items()):
        if call not in calls:
            yield f"resolved or gone: {text}"
    for call, text in sorted(calls.items()):
        if call not in _named(old.unresolved):
            yield f"unresolved: {text}"


def _table_differences(old: Mapping[str, LockedModel], new: Mapping[str, LockedModel]) -> Iterator[str]:
    for section in sorted(set(old) & set(new)):
        one, other = old[section], new[section]
        names = [
            name for name in LockedModel.__dataclass_fields__ if getattr(one, name) != getattr(other, name)
        ]
        if names:
            yield f"other {', '.join(names)}: {section}"
    for section in sorted(set(new) - set(old)):
        yield f"new table: {section}"


def _named(calls: Iterable[LockedUnresolved]) -> dict[tuple[str, str, str], str]:
    return {(c.path, c.loader, c.expression): f"{c.path} {c.loader}({c.expression})" for c in calls}
