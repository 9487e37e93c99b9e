"""Update: newer bytes for what moves, looked at before anything is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from weigh.core.change import LockChange
from weigh.core.errors import RefusedError, StorageError
from weigh.core.gate import Word
from weigh.core.scan import Scan
from weigh.jobs.lock import Upgrade, lock
from weigh.jobs.scan import Target, scan_files
from weigh.jobs.workbench import Workbench
from weigh.project.content_diff import StoredContents
from weigh.project.lock import FILE_NAME, format_lock, read_lock
from weigh.project.lock_diff import compare_locks
from weigh.project.locking import changing
from weigh.system.atomic import write_bytes


@dataclass(frozen=True, slots=True)
class Update:
    """What an update is.

    Attributes:
        change: the lock before against the one after.
        words: for each new file, `section path`, the word of the scan and the rules that were met.
        moves: branches, tags and owners that are others than before, in words.
        malicious: files that would do harm; the update was not written when there are any.
        written: whether models.lock was written.
    """

    change: LockChange
    words: dict[str, str]
    moves: tuple[str, ...]
    malicious: tuple[str, ...]
    written: bool


def update(
    bench: Workbench,
    folder: Path,
    names: frozenset[str],
    *,
    accepted: frozenset[str] = frozenset(),
    check: bool = False,
    tell: Callable[[LockChange, Mapping[str, str]], None] | None = None,
) -> Update:
    """Ask anew for what moves, compare, scan the new files, and write the lock if none of them does harm.

    Args:
        bench: where to work.
        folder: of models.toml and models.lock.
        names: of the models to update; all when empty.
        accepted: names whose moved tag or changed owner is followed.
        check: write nothing.
        tell: gets what changed and the words of the scan before the lock is written; afterwards nobody could
            find out any more. What it raises keeps the lock as it is.

    Raises:
        NotFoundError: there is no models.toml, or no such model.
        RefusedError: a tag or an owner changed and was not accepted.
    """
    before = read_lock(folder / FILE_NAME)
    asked = Upgrade(everything=not names, names=names, accepted=accepted)
    found = lock(bench, folder, check=True, upgrade=asked)
    change = compare_locks(
        before, found.lock, (f"{FILE_NAME} before", "after"), StoredContents(bench.blobs).inside
    )
    scanned = _scan(bench, change)
    words = {file.path: _word(scanned, place) for place, file in enumerate(scanned.files)}
    malicious = tuple(file.path for file in scanned.files if file.word is Word.MALICIOUS)
    if tell is not None:
        tell(change, words)
    written = found.changed and not malicious and not check
    if written:
        with changing(folder):
            if read_lock(folder / FILE_NAME) != before:
                raise RefusedError(
                    f"{FILE_NAME} was changed in the meantime", hint="run weigh update once more"
                )
            write_bytes(found.path, format_lock(found.lock).encode("utf-8"))
    return Update(change, words, tuple(str(move) for move in found.moves), malicious, written)


def _scan(bench: Workbench, change: LockChange) -> Scan:
    """Scan the files that are new or other; a model's files are judged together."""
    targets = []
    for model in change.models:
        if not model.section.startswith("models."):
            continue
        for file in model.files:
            if file.new_sha256:
                name = f"{model.section} {file.path}"
                if not bench.blobs.has(file.new_sha256):
                    raise StorageError(f"{name} is not in the store", hint="run weigh update once more")
                targets.append(Target(bench.blobs.path(file.new_sha256), name, root=model.section))
    return scan_files(targets, bench.events)


def _word(scanned: Scan, place: int) -> str:
    file = scanned.files[place]
    rules = ", ".join(dict.fromkeys(finding.rule for finding in file.findings))
    reason = file.error or rules or (file.reason if file.word is not Word.CLEAN else "")
    return f"{file.word.value} ({reason})" if reason else file.word.value
