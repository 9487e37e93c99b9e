"""Add: declare a model after looking that it exists, and lock it."""

from dataclasses import dataclass, replace
from pathlib import Path

from weigh.core.errors import RefusedError, UsageError, WeighError
from weigh.core.gate import Word
from weigh.core.ref import parse_ref
from weigh.core.snapshot import SnapshotFile
from weigh.jobs.lock import Locking, lock
from weigh.jobs.names import is_text
from weigh.jobs.scan import Target, scan_files
from weigh.jobs.workbench import Workbench
from weigh.project.lock import FILE_NAME as LOCK_NAME, Lock, LockedModel, read_lock
from weigh.project.locking import changing
from weigh.project.manifest import FILE_NAME, parse_manifest
from weigh.project.manifest_edit import NewModel, read_text, with_models, write_text
from weigh.project.owners import meanings, refuse_moves
from weigh.project.resolve import resolve
from weigh.project.section import locked_model


@dataclass(frozen=True, slots=True)
class Added:
    """What was added.

    Attributes:
        name: of the section.
        model: as it was found.
        files: how many.
        size: bytes of all of them.
        review: paths of files that a scan wants a person to look at.
        locking: what locking then did; None where it was left out.
    """

    name: str
    model: LockedModel
    files: int
    size: int
    review: tuple[str, ...]
    locking: Locking | None


def add(bench: Workbench, folder: Path, entry: NewModel, *, locking: bool = True) -> Added:
    """Fetch what a ref names, look at it without running it, declare it in models.toml and lock it.

    Nothing is written before the files are here and none of them is found malicious.

    Args:
        bench: where to work.
        folder: of models.toml, which is made when missing.
        entry: what to declare.
        locking: whether models.lock is written, too.

    Raises:
        UsageError: it is declared already, or cannot be.
        NotFoundError: there is nothing by that name.
        RefusedError: a file is malicious, or the name has another owner than the lock knows.
    """
    if not all(map(is_text, (entry.ref, entry.name, entry.title, *entry.include, *entry.exclude))):
        raise UsageError("cannot declare this model", why="its name is not UTF-8")
    path = folder / FILE_NAME
    with changing(folder):
        before = read_text(path)
        text, names = with_models(path, before, [entry])
        if not names:
            raise _declared_already(path, before, entry)
        added = _looked_at(bench, folder, text, names[0])
        write_text(path, text)
    # A lock of its own: what is declared now stays declared, whatever becomes of the other models.
    return replace(added, locking=_lock_of_all(bench, folder, added.name)) if locking else added


def _lock_of_all(bench: Workbench, folder: Path, name: str) -> Locking:
    try:
        return lock(bench, folder)
    except WeighError as error:
        # What stands in the way may be another model; nobody would guess that this one is declared.
        after = f"then weigh lock: models.{name} is declared in models.toml and not locked yet"
        error.hint = f"{error.hint}; {after}" if error.hint else after
        raise


def _declared_already(path: Path, text: str, entry: NewModel) -> UsageError:
    models = parse_manifest(path, text.encode("utf-8")).models
    hint = "weigh tree shows what it declares; weigh remove NAME takes one out"
    if entry.name in models:
        return UsageError(f"models.toml declares a model called {entry.name} already", hint=hint)
    ref = parse_ref(entry.ref)
    name = next((n for n, d in models.items() if [part.ref for part in d.parts] == [ref]), "")
    return UsageError(f"models.toml declares {ref} already", why=f"it is models.{name}", hint=hint)


def _looked_at(bench: Workbench, folder: Path, text: str, name: str) -> Added:
    declaration = parse_manifest(folder / FILE_NAME, text.encode("utf-8")).models[name]
    old = read_lock(folder / LOCK_NAME)
    found, moves = meanings(declaration, old, bench.source_of, upgrade=True)
    refuse_moves(moves, frozenset())
    pins = {meaning.requested: meaning.exact for meaning in found}
    resolved = resolve(declaration, Lock(), bench.source_of, bench.blobs, pins=pins)
    review = _scanned(bench, resolved.snapshot.files, str(parse_ref(found[0].requested)))
    model = locked_model(declaration, resolved.files, found, bench.blobs)
    return Added(name, model, len(resolved.files), resolved.snapshot.size, review, None)


def _scanned(bench: Workbench, files: tuple[SnapshotFile, ...], name: str) -> tuple[str, ...]:
    targets = [Target(bench.blobs.path(f.sha256), f.path, root=name) for f in files]
    seen = scan_files(targets, bench.events).files
    bad = next((f for f in seen if f.word is Word.MALICIOUS), None)
    if bad is not None:
        why = next((f.message for f in bad.findings), "")
        raise RefusedError(
            f"{name} holds a malicious file: {bad.path}",
            why=why,
            hint=f"weigh scan {name} shows everything; nothing was written",
        )
    return tuple(f.path for f in seen if f.word is not Word.CLEAN)
