"""From a declaration to a snapshot: which files, from where, verified by what."""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from weigh.core.digest import of_value
from weigh.core.errors import NotFoundError, UsageError
from weigh.core.ref import ArtifactRef, RefKind, parse_ref
from weigh.core.snapshot import Snapshot, SnapshotFile
from weigh.project.lock import Lock, LockedFile
from weigh.project.manifest import Declaration, Part, inside
from weigh.project.papers import fetch_papers, has_papers, without_papers
from weigh.sources.inner_ref import inner_path
from weigh.sources.source import Entry, Fetched, Locked, Source, StoredFiles
from weigh.system.hashing import sha256_file

OWN_FOLDERS = frozenset({"weigh-report", ".weigh"})
"""Where reports and caches go by default; lying in a model's folder they are no part of the model."""

NO_FILES = frozenset({RefKind.ENDPOINT})
"""Kinds that name a hosted model: there is nothing to fetch, only a version to hold on to."""

SourceOf = Callable[[RefKind], Source]


@dataclass(frozen=True, slots=True)
class Resolved:
    """A declaration whose bytes are in the store.

    Attributes:
        snapshot: the verified files.
        files: a lock line for each file, whether or not there was a lock.
        transferred: bytes that came over the network.
        locked: every file was named by the lock.
    """

    snapshot: Snapshot
    files: tuple[LockedFile, ...]
    transferred: int
    locked: bool


def ad_hoc(text: str, *, section: str, folder: Path) -> Declaration:
    """The declaration of a ref given on the command line instead of a name."""
    ref = parse_ref(text)
    if ref.kind is RefKind.FILE:
        place = Path(ref.name)
        ref = ArtifactRef(
            ref.kind, str(place if place.is_absolute() else folder / place), members=ref.members
        )
        if not Path(ref.name).exists():
            raise NotFoundError(
                f"there is no {text!r} here",
                why="it is neither declared in models.toml nor a file or folder",
                hint="name a declared model, a path, or a ref such as pypi:NAME==VERSION#PATH",
            )
    return Declaration(section, text, (Part(ref),), folder=folder)


def resolve(
    declaration: Declaration,
    lock: Lock,
    source_of: SourceOf,
    sink: StoredFiles,
    *,
    pins: Mapping[str, str] | None = None,
) -> Resolved:
    """Fetch what is not in the store yet and return the snapshot.

    Locked files are verified against the lock; files without a lock line are fetched whole and
    their own digest is recorded.

    Args:
        declaration: what is wanted.
        lock: what is locked.
        source_of: gives the source of a kind of ref.
        sink: holds the files.
        pins: what declared refs mean, by their text as `asked` writes it; the others mean what their
            source says now.

    Raises:
        UsageError: the lock does not match the declaration.
        NotFoundError: a wanted file does not exist at its source.
    """
    locked = lock.section(declaration.section)
    if locked or declaration.section in lock.models:
        _require_in_step(declaration, lock)
        return _from_lock(declaration.folder, locked, source_of, sink)
    return _from_sources(declaration, source_of, sink, pins or {})


def asked(declaration: Declaration, part: Part) -> str:
    """The text of a part's ref as a lock writes it: without a path of this machine when it can be helped."""
    return str(_unanchored(part.ref, declaration.folder))


def declared_digest(declaration: Declaration) -> str:
    """Which files are asked for, where they go and what is expected of them, as 64 hex digits."""
    parts = [[asked(declaration, p), p.to, list(p.only), list(p.exclude)] for p in declaration.parts]
    said = declaration.expect
    expected = [list(said.licences), list(said.params or ()), said.library]
    return of_value([parts, expected]).removeprefix("sha256:")


def in_step(declaration: Declaration, lock: Lock) -> bool:
    """Whether the lock holds what the declaration asks for, as far as the two files tell.

    A lock of version 1 has no digest of the declaration; there the names of its files are held against it.
    """
    model = lock.models.get(declaration.section)
    if model is not None and model.declared:
        return model.declared == declared_digest(declaration)
    return matches(declaration, lock.section(declaration.section))


def _require_in_step(declaration: Declaration, lock: Lock) -> None:
    model = lock.models.get(declaration.section)
    if model is None or not model.declared:
        _same_files(declaration, lock.section(declaration.section))
    elif model.declared != declared_digest(declaration):
        raise UsageError(
            f"models.lock does not match models.toml for {declaration.section}",
            why="what is declared there was changed since it was locked",
            hint="weigh lock",
        )


def _from_lock(
    folder: Path, locked: tuple[LockedFile, ...], source_of: SourceOf, sink: StoredFiles
) -> Resolved:
    transferred = 0
    for line in locked:
        ref = anchored(parse_ref(line.ref), folder)
        if sink.has(line.sha256):
            _require_unchanged(ref, line)
            if sink.path(line.sha256).stat().st_size != line.size:
                raise UsageError(
                    f"models.lock states another size for {line.path}",
                    why="size and sha256 do not belong together",
                    hint="weigh lock",
                )
            continue
        promise = Locked(line.distribution, line.distribution_sha256, line.size, line.sha256)
        transferred += source_of(ref.kind).fetch(ref, sink, locked=promise).transferred
    snapshot = Snapshot.of(SnapshotFile(f.path, f.size, f.sha256) for f in locked)
    return Resolved(snapshot, locked, transferred, locked=True)


def _require_unchanged(ref: ArtifactRef, line: LockedFile) -> None:
    """A file on this machine that was edited since it was locked is never silently left aside."""
    here = Path(ref.name)
    if ref.kind is not RefKind.FILE or ref.members or not here.is_file():
        return
    if here.stat().st_size != line.size or sha256_file(here)[0] != line.sha256:
        raise UsageError(
            f"{here.name} is not the file that was locked",
            why="it was edited since; models.lock names other bytes",
            hint="weigh lock takes the new ones",
        )


def _from_sources(
    declaration: Declaration, source_of: SourceOf, sink: StoredFiles, pins: Mapping[str, str]
) -> Resolved:
    lines: list[LockedFile] = []
    transferred = 0
    parts = [_pinned(declaration, p, pins) for p in declaration.parts if p.ref.kind not in NO_FILES]
    for part in parts:
        source = source_of(part.ref.kind)
        for path, entry in _wanted(part, source.entries(part.ref)):
            fetched = source.fetch(entry.ref, sink)
            transferred += fetched.transferred
            lines.append(_line(declaration, path, entry, fetched))
    taken = {line.path for line in lines}
    for part in parts:
        for line, cost in fetch_papers(declaration, part, source_of(part.ref.kind), sink, taken=taken):
            lines.append(line)
            transferred += cost
    snapshot = Snapshot.of(SnapshotFile(f.path, f.size, f.sha256) for f in lines)
    return Resolved(snapshot, tuple(sorted(lines)), transferred, locked=False)


def _pinned(declaration: Declaration, part: Part, pins: Mapping[str, str]) -> Part:
    exact = pins.get(asked(declaration, part))
    if exact is None or part.ref.kind is RefKind.FILE:
        return part
    return replace(part, ref=parse_ref(exact))


def _line(declaration: Declaration, path: str, entry: Entry, fetched: Fetched) -> LockedFile:
    ref = str(_unanchored(entry.ref, declaration.folder))
    distribution = fetched.file if entry.ref.members else ""
    digest = fetched.file_sha256 if entry.ref.members else ""
    return LockedFile(declaration.section, path, ref, fetched.size, fetched.sha256, distribution, digest)


def anchored(ref: ArtifactRef, folder: Path) -> ArtifactRef:
    """A path in models.toml or models.lock starts at the folder they lie in, and never leaves it.

    Raises:
        UsageError: it leads out of the folder, by its name or by a link.
    """
    if ref.kind is not RefKind.FILE:
        return ref
    name = posixpath.normpath(ref.name)
    here = folder.absolute()
    # A name is held against the folder only after its ".." are gone.
    if Path(name).is_relative_to(here):
        name = Path(name).relative_to(here).as_posix()
    return replace(ref, name=str(inside(folder, name, "models.lock")))


def _unanchored(ref: ArtifactRef, folder: Path) -> ArtifactRef:
    """The inverse, so that no path of one machine gets into a lock when it can be helped."""
    if ref.kind is RefKind.FILE and Path(ref.name).is_relative_to(folder):
        return replace(ref, name=Path(ref.name).relative_to(folder).as_posix())
    return ref


def _wanted(part: Part, entries: tuple[Entry, ...]) -> Iterator[tuple[str, Entry]]:
    if not entries:
        raise NotFoundError(f"nothing lies at {part.ref}")
    entries = tuple(e for e in entries if e.path.split("/")[0] not in OWN_FOLDERS or part.only)
    single = len(entries) == 1 and not part.only
    chosen = [e for e in entries if _is_chosen(part, e.path)]
    for pattern in part.only:
        if not any(fnmatchcase(e.path, pattern) for e in chosen):
            raise NotFoundError(f"no file {pattern!r} lies at {part.ref}")
    if not chosen:
        raise NotFoundError(f"every file at {part.ref} is left out", why="exclude matches all of them")
    for entry in chosen:
        if single:
            yield part.to or entry.path.rsplit("/", 1)[-1], entry
        else:
            yield f"{part.to}/{entry.path}" if part.to else entry.path, entry


def _is_chosen(part: Part, path: str) -> bool:
    if any(fnmatchcase(path, pattern) for pattern in part.exclude):
        return False
    return not part.only or any(fnmatchcase(path, pattern) for pattern in part.only)


def matches(declaration: Declaration, locked: tuple[LockedFile, ...]) -> bool:
    """Whether these lock lines are what locking again would give, as far as names tell.

    A lock from before packages brought their papers can be used, but locking again adds them.
    """
    return bool(locked) and _first_stray(declaration, locked) is None and has_papers(declaration, locked)


def _same_files(declaration: Declaration, locked: tuple[LockedFile, ...]) -> None:
    stray = _first_stray(declaration, locked)
    if stray is not None:
        raise UsageError(
            f"models.lock does not match models.toml for {declaration.section}",
            why=f"{stray} stands in only one of them",
            hint="weigh lock",
        )


def _first_stray(declaration: Declaration, locked: tuple[LockedFile, ...]) -> str | None:
    """Something that is declared and not locked, or locked and not declared."""
    locked = without_papers(declaration, locked)
    made = {
        (place, name): [f for f in locked if _makes(part, name, f, declaration.folder)]
        for place, part in enumerate(declaration.parts)
        for name in part.only or ("",)
    }
    claimed = {f.path for files in made.values() for f in files}
    unclaimed = [f.path for f in locked if f.path not in claimed]
    if unclaimed:
        return unclaimed[0]
    empty = [key for key, files in made.items() if not files]
    return str(declaration.parts[empty[0][0]].ref) if empty else None


def _makes(part: Part, name: str, file: LockedFile, folder: Path) -> bool:
    """Whether `part` (its wanted file `name`, "" for all) puts this file into the snapshot."""
    ref = anchored(parse_ref(file.ref), folder)
    if (ref.kind, ref.revision) != (part.ref.kind, part.ref.revision):
        return False
    if part.ref.file and part.ref.file != ref.file:
        return False
    below = _below("/".join((part.ref.name, *part.ref.members)), "/".join((ref.name, *ref.members)))
    if below is None:
        return False
    if ref.kind in {RefKind.CATALOGUE, RefKind.TORCHHUB}:
        # Behind # stands an address there, or a path below an entry point, not a path of the snapshot.
        below = inner_path(ref)
    if name:
        prefix = f"{part.to}/" if part.to else ""
        return fnmatchcase(file.path, prefix + name)
    wanted = f"{part.to}/{below}" if part.to and below else part.to or below
    return not wanted or file.path == wanted


def _below(outer: str, inner: str) -> str | None:
    """The path of `inner` below `outer`, "" when they are the same, None when it is elsewhere."""
    if inner == outer:
        return ""
    return inner.removeprefix(outer + "/") if inner.startswith(outer + "/") else None
