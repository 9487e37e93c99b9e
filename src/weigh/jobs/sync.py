"""Sync: the locked models lie, verified, where unmodified programs look for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import NotFoundError, RefusedError, UnknownAnswerError, UsageError
from weigh.core.events import StepDone, StepStarted
from weigh.jobs.admit import Denied, admissions, denied
from weigh.jobs.lock import lock as lock_job
from weigh.jobs.workbench import Workbench
from weigh.project.lock import FILE_NAME, Lock, read_lock
from weigh.project.manifest import FILE_NAME as MANIFEST, Manifest, read_manifest
from weigh.project.materialise.check import Checked, Trouble, check
from weigh.project.materialise.fetch import bring
from weigh.project.materialise.place import Put, place_of, prune as remove_extras, put, syncing, traces
from weigh.project.materialise.plan import Plan, plan
from weigh.project.materialise.record import Record, read_record, write_record
from weigh.project.resolve import in_step


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """What is asked of one sync.

    Attributes:
        names: of models or data sets; empty for all.
        groups: of models.toml; empty for all.
        prune: delete what is not locked.
        locked: refuse a lock that models.toml has left behind, instead of locking again.
        frozen: take the lock as it is and do not look at models.toml.
    """

    names: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    prune: bool = False
    locked: bool = False
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did.

    Attributes:
        place: the project's `.weigh`.
        sections: of the lock, that are in place now, with the families each lies in.
        made: roots of what was placed or repaired, below `place`.
        methods: how many files came there how, by the method's name.
        files: that are in place.
        size: their bytes.
        transferred: bytes that came over the network.
        extra: what lies there and is not locked.
        pruned: what was deleted.
        notes: what cannot be pinned.
        relocked: models.lock was written anew.
    """

    place: Path
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    made: tuple[str, ...]
    methods: Mapping[str, int]
    files: int
    size: int
    transferred: int
    extra: tuple[str, ...]
    pruned: tuple[str, ...]
    notes: tuple[str, ...]
    relocked: bool


def sync(bench: Workbench, folder: Path, options: SyncOptions) -> Synced:
    """Fetch what is missing and place every chosen model in the caches of the project.

    Args:
        bench: where to work; offline when the network is forbidden.
        folder: of models.toml and models.lock.
        options: what is asked.

    Raises:
        UsageError: no such model or group, or the lock and models.toml disagree and may not be changed.
        IntegrityError: a source gives other bytes than those that were locked.
        RefusedError: a model is malicious, or the project's policy forbids it; the others are in place.
        UnknownAnswerError: the policy cannot tell; likewise.
        StorageError: the disk is full, or another sync does not end.
    """
    place = place_of(folder)
    lock, relocked = _current(bench, folder, options)
    chosen = _chosen(lock, folder, options)
    with syncing(place):
        record = read_record(place)
        partial = bool(options.names or options.groups)
        kept = record.sections if record is not None and partial else ()
        # What was placed once and is locked no longer lies there as an extra.
        every = sorted({*chosen, *(s for s in kept if s in lock.models)})
        known = record.admitted if record is not None else {}
        admitted = admissions(folder, lock, every)
        asked = [s for s in every if known.get(s) != admitted[s]]
        transferred = _bring_sections(bench, lock, folder, asked)
        refused = denied(bench, folder, lock, asked)
        gone = {no.section for no in refused}
        wanted = plan(lock, [s for s in every if s not in gone])
        found = check(place, wanted, trust=record)
        transferred += _bring(bench, lock, folder, wanted, found)
        done = put(place, wanted, found, bench.blobs)
        # What may no longer be loaded goes, whether or not anything else is to be deleted.
        forbidden = plan(lock, sorted(gone)).files() if gone else {}
        extras = [d for d in found.differences if options.prune or d.path in forbidden]
        pruned = remove_extras(place, extras)
        write_record(
            place,
            Record(wanted.sections, traces(place, wanted), {s: admitted[s] for s in wanted.sections}),
        )
    if refused:
        raise _not_admitted(refused)
    return _told(place, lock, wanted, found, done, transferred, pruned, relocked=relocked)


def _not_admitted(refused: Sequence[Denied]) -> RefusedError | UnknownAnswerError:
    first = refused[0]
    others = f", and {len(refused) - 1} more" if len(refused) > 1 else ""
    kind = UnknownAnswerError if all(no.unknown for no in refused) else RefusedError
    return kind(
        f"{first.section} may not be loaded here{others}; it is not in place, the rest is",
        why=first.why,
        hint=f"weigh remove {first.section.partition('.')[2]}, another version of it{_waiver(first)}",
    )


def _waiver(no: Denied) -> str:
    return f", or a waiver for {no.subject}" if no.subject else ""


def _current(bench: Workbench, folder: Path, options: SyncOptions) -> tuple[Lock, bool]:
    """The lock to work from, and whether it had to be written anew."""
    path, manifest_path = folder / FILE_NAME, folder / MANIFEST
    if options.frozen or (options.locked and path.is_file() and not manifest_path.is_file()):
        if not path.is_file():
            raise NotFoundError(f"there is no models.lock in {folder}", hint="weigh lock")
        return _usable(read_lock(path)), False
    if not manifest_path.is_file():
        raise NotFoundError(
            f"there is no models.toml in {folder}", hint="weigh init, or --frozen for a lock alone"
        )
    lock = read_lock(path)
    stale = first_disagreement(read_manifest(manifest_path), lock)
    if not stale:
        return lock, False
    if options.locked:
        raise UsageError("models.lock and models.toml disagree", why=stale, hint="weigh lock")
    changed = lock_job(bench, folder).changed
    return _usable(read_lock(path)), changed


def _usable(lock: Lock) -> Lock:
    if lock.files and not lock.models:
        raise UsageError(
            "models.lock is of an older version",
            why="it does not say where models are placed",
            hint="weigh lock",
        )
    return lock


def first_disagreement(manifest: Manifest, lock: Lock) -> str:
    """Why the lock is not that of this models.toml; "" when it is."""
    declared = {d.section: d for d in (*manifest.models.values(), *manifest.data.values())}
    for section, declaration in declared.items():
        if section not in lock.models:
            return f"{section} is declared and not locked"
        if not in_step(declaration, lock):
            return f"{section} was changed since it was locked"
    gone = sorted(set(lock.models) - set(declared))
    return f"{gone[0]} is locked and no longer declared" if gone else ""


def _chosen(lock: Lock, folder: Path, options: SyncOptions) -> tuple[str, ...]:
    """Sections of the lock that names and groups mean."""
    if not options.names and not options.groups:
        return tuple(sorted(lock.models))
    found = set(named_sections(lock, options.names))
    if options.groups:
        path = folder / MANIFEST
        manifest = read_manifest(path) if path.is_file() else Manifest(folder)
        known = {group for d in manifest.models.values() for group in d.groups}
        for group in sorted(set(options.groups) - known):
            raise UsageError(
                f"no model is in a group {group!r}", why=f"there are: {', '.join(sorted(known)) or 'none'}"
            )
        # A model without a group belongs to all of them.
        members = (d for d in manifest.models.values() if not d.groups or set(d.groups) & set(options.groups))
        found |= {d.section for d in members if d.section in lock.models}
    return tuple(sorted(found))


def named_sections(lock: Lock, names: Sequence[str]) -> tuple[str, ...]:
    """The sections of the lock that these names mean.

    Raises:
        UsageError: there is no such model.
    """
    found = []
    for name in names:
        section = next((s for s in (name, f"models.{name}", f"data.{name}") if s in lock.models), "")
        if not section:
            known = ", ".join(sorted(s.partition(".")[2] for s in lock.models)) or "nothing"
            raise UsageError(
                f"{name!r} is not locked", why=f"models.lock holds: {known}", hint=f"weigh add {name}"
            )
        found.append(section)
    return tuple(found)


def _bring_sections(bench: Workbench, lock: Lock, folder: Path, sections: Sequence[str]) -> int:
    """Put whole sections into the store, to be looked at before anything of them is placed."""
    digests = {f.sha256 for s in sections for f in lock.section(s)}
    return _fetch(bench, lock, folder, {d for d in digests if not bench.blobs.has(d)})


def _bring(bench: Workbench, lock: Lock, folder: Path, wanted: Plan, found: Checked) -> int:
    files = wanted.files()
    wrong = {d.path for d in found.differences if d.trouble is not Trouble.EXTRA}
    return _fetch(bench, lock, folder, {files[path].sha256 for path in wrong if files[path].data is None})


def _fetch(bench: Workbench, lock: Lock, folder: Path, needed: set[str]) -> int:
    if not needed:
        return 0
    bench.events.emit(StepStarted("fetch", f"{len(needed)} files"))
    transferred = bring(lock, needed, folder, bench.source_of, bench.blobs, bench.events)
    bench.events.emit(StepDone("fetch", f"{len(needed)} files verified"))
    return transferred


def _told(
    place: Path, lock: Lock, wanted: Plan, found: Checked, done: Put, transferred: int,
    pruned: tuple[str, ...], *, relocked: bool,
) -> Synced:  # fmt: skip
    files = wanted.files()
    extra = tuple(d.path for d in found.differences if d.trouble is Trouble.EXTRA and d.path not in pruned)
    families = {s: tuple(sorted({m.family for m in lock.models[s].materialise})) for s in wanted.sections}
    return Synced(
        place=place,
        sections=tuple(sorted(families.items())),
        made=done.units,
        methods={method.value: count for method, count in sorted(done.methods.items())},
        files=len(files),
        size=sum(file.size for file in files.values()),
        transferred=transferred,
        extra=extra,
        pruned=pruned,
        notes=wanted.notes,
        relocked=relocked,
    )
