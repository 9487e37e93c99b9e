"""Folders of verified copies: whole or not there, and every byte hashed on its way."""

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import StorageError, UsageError
from weigh.core.snapshot import is_safe_path
from weigh.store.blobs import Blobs
from weigh.system.atomic import make_folder, storing, sync_folder, write_all

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, order=True)
class Copied:
    """One file: its path in the folder, and where its bytes come from: the store, or `data`."""

    path: str
    sha256: str = ""
    data: bytes | None = None


def write_tree(target: Path, files: Iterable[Copied], blobs: Blobs) -> int:
    """Write a new folder of files; returns their bytes.

    It is built beside the target and renamed, so that it is there whole or not at all.

    Args:
        target: must not exist, or be an empty folder.
        files: by path.
        blobs: the store.

    Raises:
        UsageError: something is at the target, or a path leaves it or stands twice.
        StorageError: a stored file is corrupt, or the disk is full.
    """
    if target.is_symlink() or (target.exists() and (not target.is_dir() or any(target.iterdir()))):
        raise UsageError(f"{target} is there already", hint="name a new folder, or delete this one first")
    make_folder(target.parent.resolve())
    draft = target.parent.resolve() / f".{target.name}.{secrets.token_hex(6)}"
    try:
        with storing(draft):
            draft.mkdir()
        written = _fill(draft, files, blobs)
        with storing(target):
            if target.is_dir():
                target.rmdir()
            draft.rename(target)
            sync_folder(target.parent.resolve())
    finally:
        with suppress(OSError):
            shutil.rmtree(draft)
    return written


def _fill(draft: Path, files: Iterable[Copied], blobs: Blobs) -> int:
    written = 0
    for file in files:
        if not is_safe_path(file.path):
            raise UsageError(f"cannot write {file.path!r}", why="it is not a plain relative path")
        place = draft / file.path
        with storing(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(place):
                raise UsageError(f"two files would be {file.path!r}", hint="rename one of the models")
            written += _copy(place, file, blobs)
    return written


def _copy(place: Path, file: Copied, blobs: Blobs) -> int:
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        if file.data is not None:
            write_all(descriptor, file.data)
        else:
            _pour(descriptor, file, blobs)
        os.fsync(descriptor)
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


def _pour(descriptor: int, file: Copied, blobs: Blobs) -> None:
    digest = hashlib.sha256()
    with blobs.path(file.sha256).open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            write_all(descriptor, chunk)
    if digest.hexdigest() != file.sha256:
        # It hashes the file once more, moves it to the quarantine and says so.
        blobs.verify(file.sha256)
        raise StorageError(f"the stored file {file.sha256} changed while it was read", hint="try again")
