"""The bytes a plan needs, verified in the store: those that are there are read again, the rest is fetched."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from weigh.core.errors import IntegrityError, NotFoundError, StorageError, UsageError
from weigh.core.events import EventSink, Warned
from weigh.core.ref import parse_ref
from weigh.project.lock import Lock, LockedFile
from weigh.project.resolve import SourceOf, anchored
from weigh.sources.source import Locked
from weigh.store.blobs import Blobs


def bring(
    lock: Lock, digests: Iterable[str], folder: Path, source_of: SourceOf, blobs: Blobs, events: EventSink
) -> int:
    """Have every one of these files in the store, its bytes read and right; returns bytes transferred.

    Args:
        lock: says where each file comes from.
        digests: sha256 of what is needed.
        folder: of models.lock, where its relative paths start.
        source_of: the source for a kind of ref.
        blobs: the store.
        events: told of a stored file that was corrupt.

    Raises:
        IntegrityError: a source gives other bytes than those that were locked.
        OfflineError: a file is missing and the network is not there or forbidden.
    """
    lines: dict[str, LockedFile] = {}
    for file in lock.files.values():
        lines.setdefault(file.sha256, file)
    transferred = 0
    for sha256 in sorted(set(digests), key=lambda digest: lines[digest]):
        line = lines[sha256]
        if not _stands(line, blobs, events):
            transferred += _fetch(line, folder, source_of, blobs)
    return transferred


def _stands(line: LockedFile, blobs: Blobs, events: EventSink) -> bool:
    """Whether the store has the file, whole and right. A corrupt one is in the quarantine afterwards."""
    if not blobs.has(line.sha256):
        return False
    try:
        info = blobs.verify(line.sha256)
    except NotFoundError:
        return False
    except StorageError as error:
        events.emit(Warned(f"{line.path} of {line.section}: {error.what}; it is fetched again"))
        return False
    if info.size != line.size:
        raise UsageError(
            f"models.lock states another size for {line.path}",
            why="size and sha256 do not belong together",
            hint="weigh lock",
        )
    return True


def _fetch(line: LockedFile, folder: Path, source_of: SourceOf, blobs: Blobs) -> int:
    ref = anchored(parse_ref(line.ref), folder)
    promise = Locked(line.distribution, line.distribution_sha256, line.size, line.sha256)
    transferred = source_of(ref.kind).fetch(ref, blobs, locked=promise).transferred
    with suppress(NotFoundError):
        if blobs.info(line.sha256).size == line.size:
            return transferred
    raise IntegrityError(
        f"{line.path} of {line.section} did not come as it was locked",
        why=f"{line.ref} gave other bytes than sha256 {line.sha256}",
        hint="do not use it; weigh lock --upgrade takes what is there now, after a look",
    )
