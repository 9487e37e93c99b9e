"""What the store and the ledger take on the disk, and what of it can go."""

from collections.abc import Iterator, Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import StorageError
from weigh.core.ports import Clock
from weigh.store.blobs import Blobs
from weigh.store.derived import Derived
from weigh.system.atomic import storing
from weigh.system.clock import SystemClock
from weigh.system.locks import locked
from weigh.system.places import Places

DAY = 86_400.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one kind of file takes.

    Attributes:
        files: how many.
        size: bytes.
    """

    files: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What weigh keeps on this disk.

    Attributes:
        blobs: verified files, those of derived values and of evidence included.
        derived: the index of derived values, without their bytes.
        unfinished: files being written and interrupted fetches.
        quarantine: files of store and ledger found corrupt.
        ledger: records.
    """

    blobs: Share
    derived: Share
    unfinished: Share
    quarantine: Share
    ledger: Share

    @property
    def size(self) -> int:
        """Bytes in all."""
        shares = (self.blobs, self.derived, self.unfinished, self.quarantine, self.ledger)
        return sum(share.size for share in shares)


def usage(places: Places) -> Usage:
    """Count the files of one user. Sizes are lengths, not blocks on the disk."""
    store, ledger = places.store, places.ledger
    return Usage(
        blobs=_share(store / "blobs"),
        derived=_share(store / "derived"),
        unfinished=_share(store / "tmp", store / "partial", ledger / "tmp"),
        quarantine=_share(store / "quarantine", ledger / "quarantine"),
        ledger=_share(ledger / "records"),
    )


def prune(
    store: Blobs,
    *,
    keep: AbstractSet[str],
    older_than_days: float,
    drop_derived: bool = False,
    quarantined: bool = False,
    dry_run: bool = False,
    clock: Clock | None = None,
) -> int:
    """Delete what nothing refers to any more, and return the bytes freed.

    Goes: files that neither `keep` nor the derived index names and that were not used for
    `older_than_days`; interrupted fetches and half-written files older than a day. A file deleted
    while another process decides to use it is fetched or computed again; nothing becomes wrong.

    Args:
        store: the blobs.
        keep: sha256 of files to keep: those of lock files, and `Ledger.artifacts()`.
        older_than_days: days since a file was last written or, where the file system says, read.
        drop_derived: also forget derived values that were written that long ago.
        quarantined: also delete corrupt files that were set aside that long ago.
        dry_run: delete nothing, only add up.
        clock: what is now; the machine's clock by default.

    Raises:
        StorageError: a file cannot be deleted.
    """
    now = (clock or SystemClock()).now()
    before = now - older_than_days * DAY
    freed = 0
    referenced = set(keep)
    for path, info in Derived(store.root, store).lines():
        if drop_derived and _old(path, before):
            freed += _delete(path, dry_run=dry_run)
        else:
            referenced.add(info.sha256)
    for blob in store.ls():
        if blob.sha256 not in referenced and blob.used < before:
            freed += blob.size if dry_run else store.remove(blob.sha256)
    freed += _prune_partials(store, now - DAY, dry_run=dry_run)
    freed += _prune_folder(store.scratch, now - DAY, dry_run=dry_run)
    if quarantined:
        freed += _prune_folder(store.quarantine, before, dry_run=dry_run)
    return freed


def _prune_folder(folder: Path, before: float, *, dry_run: bool) -> int:
    return sum(_delete(path, dry_run=dry_run) for path in _files(folder) if _old(path, before))


def _prune_partials(store: Blobs, before: float, *, dry_run: bool) -> int:
    """Interrupted fetches nobody has gone on with; one that is being fetched is locked and stays."""
    freed = 0
    stems = {path.with_suffix("") for path in _files(store.partials)}
    for partial in sorted(stems):
        lock = partial.with_suffix(".lock")
        newest = partial if partial.exists() else lock
        if not _old(newest, before):
            continue
        with suppress(StorageError), locked(lock, timeout=0, what="fetching the same file"):
            freed += _delete(partial, dry_run=dry_run)
            # Only whoever holds a lock may delete it; a waiter notices and makes a new one.
            _delete(lock, dry_run=dry_run)
    return freed


def _old(path: Path, before: float) -> bool:
    try:
        return path.stat(follow_symlinks=False).st_mtime < before
    except FileNotFoundError:
        return False


def _delete(path: Path, *, dry_run: bool) -> int:
    with storing(path):
        try:
            size = path.stat(follow_symlinks=False).st_size
            if not dry_run:
                path.unlink()
        except FileNotFoundError:
            return 0
    return size


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _share(*folders: Path) -> Share:
    files, size = 0, 0
    for folder in folders:
        # An empty file that only says who writes is nothing that is kept.
        for path in (p for p in _files(folder) if p.suffix != ".lock"):
            with suppress(FileNotFoundError):
                size += path.stat().st_size
                files += 1
    return Share(files, size)
