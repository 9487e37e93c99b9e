"""Putting stored files into a folder: each appears whole and verified, or not at all."""

import os
import shutil
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from enum import StrEnum
from pathlib import Path

from weigh.core.errors import NotFoundError, RefusedError, StorageError
from weigh.store.blobs import Blobs
from weigh.store.packs.objects import Objects
from weigh.store.packs.restoring import restore
from weigh.system.atomic import make_folder, publish, storing, temporary, write_all
from weigh.versions.checked_out import Seen
from weigh.versions.folder_files import check_path
from weigh.versions.tree import Tree, TreeFile
from weigh.versions.working_folder import FOLDER

SCRATCH = "placing"
Link = Callable[[Path, Path], object]
"""Puts the content of one path at another that does not exist, sharing what can be shared."""


class How(StrEnum):
    """Where the bytes of a file came from."""

    PACKS = "packs"
    LINK = "link"


class Placer:
    """Writes files of a version.

    Args:
        objects: where they are.
        folder: where they go.
        blobs: whole files that may be linked; asked only with `link`.
        link: makes a link to one of them; None to write every file out of the packs.
        scratch: where files are made, on the same file system; by default in `.weigh` of the folder.
    """

    def __init__(
        self,
        objects: Objects,
        folder: Path,
        *,
        blobs: Blobs | None = None,
        link: Link | None = None,
        scratch: Path | None = None,
    ) -> None:
        self._objects, self._folder = objects, folder
        self._blobs, self._link = blobs, link
        self._scratch = scratch or folder / FOLDER / SCRATCH
        self._umask = _umask()

    def put(self, file: TreeFile) -> tuple[Seen, How]:
        """Put one file in its place; what stood there is replaced in one step.

        Raises:
            RefusedError: a link or a folder is in the way.
            IntegrityError: what is stored is not what the version says; the old file still stands.
            StorageError: the disk is full or cannot be written; likewise.
        """
        target = self._folder / check_path(file.path)
        self._make_way(file.path)
        make_folder(self._scratch)
        draft = temporary(self._scratch)
        try:
            how = self._fill(draft, file)
            with storing(target):
                draft.replace(target)
                state = target.lstat()
        finally:
            with suppress(OSError):
                draft.unlink()
        return Seen.of(state, file), how

    def _fill(self, draft: Path, file: TreeFile) -> How:
        # A link has the store's own mode, which cannot say that a file may be run.
        if self._link is not None and self._blobs is not None and not file.executable:
            with suppress(NotFoundError, StorageError):
                self._blobs.verify(file.sha256)
                self._link(self._blobs.path(file.sha256), draft)
                return How.LINK
            draft.unlink(missing_ok=True)
        mode = _mode(self._umask, executable=file.executable)
        write_object(self._objects, bytes.fromhex(file.id), draft, mode=mode, durable=True)
        return How.PACKS

    def _make_way(self, path: str) -> None:
        """The folders above a file, none of them a link."""
        at = self._folder
        for part in path.split("/")[:-1]:
            at /= part
            if at.is_symlink() or (at.exists() and not at.is_dir()):
                raise RefusedError(
                    f"{at} is no folder of its own",
                    why=f"{path!r} would land somewhere else",
                    hint="move it away, and run the same command again",
                )
            make_folder(at)
        target = at / path.rpartition("/")[2]
        if target.is_dir() and not target.is_symlink():
            # A folder that holds nothing any more gives way.
            with storing(target):
                try:
                    target.rmdir()
                except OSError as error:
                    raise RefusedError(
                        f"a folder stands where the file {path!r} belongs", hint="move it away first"
                    ) from error

    def take_away(self, path: str) -> None:
        """Delete a file of the folder, and the folders that this empties.

        Raises:
            RefusedError: a link is in the way.
            StorageError: it cannot be deleted.
        """
        target = self._folder / check_path(path)
        for above in target.parents:
            if above == self._folder:
                break
            if above.is_symlink():
                raise RefusedError(f"{above} is a link", why=f"{path!r} lies somewhere else")
        with storing(target):
            target.unlink(missing_ok=True)
        for above in target.parents:
            if above == self._folder:
                break
            with suppress(OSError):
                above.rmdir()

    def clean(self) -> None:
        """Take away what an interrupted run left."""
        if self._scratch.is_dir() and not self._scratch.is_symlink():
            for path in self._scratch.glob(".*.tmp"):
                with suppress(OSError):
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def write_object(objects: Objects, name: bytes, target: Path, *, mode: int, durable: bool) -> None:
    """Write a stored file to a path that does not exist; verified when this returns, gone when it raises.

    Raises:
        IntegrityError: it is not what its id says.
        StorageError: the disk is full or cannot be written.
    """
    with storing(target):
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with ExitStack() as undo:
        undo.callback(_take_away, target)
        try:
            with storing(target):
                restore(objects, name, lambda part: write_all(descriptor, part))
                os.fchmod(descriptor, mode)
                if durable:
                    os.fsync(descriptor)
        finally:
            os.close(descriptor)
        undo.pop_all()


def _take_away(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def write_parts(target: Path, parts: Iterable["bytes | memoryview"], *, executable: bool = False) -> int:
    """Write a file that is seen whole or not at all; returns its bytes. Who may read it is as the umask says.

    Raises:
        StorageError: the disk is full or cannot be written.
    """
    make_folder(target.parent)
    draft = temporary(target.parent)
    size = 0
    try:
        with storing(target):
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            for part in parts:
                with storing(target):
                    write_all(descriptor, part)
                size += len(part)
            with storing(target):
                publish(descriptor, draft, target, mode=_mode(_umask(), executable=executable))
        finally:
            os.close(descriptor)
    finally:
        with suppress(OSError):
            draft.unlink()
    return size


def require_placeable(tree: Tree) -> None:
    """A tree that can be put into a folder.

    Raises:
        RefusedError: it names a file that may not be written, or one path as a file and as a folder.
    """
    paths = {check_path(file.path) for file in tree.files}
    for path in paths:
        above = path.rpartition("/")[0]
        while above:
            if above in paths:
                raise RefusedError(f"{above!r} is a file and a folder in this version")
            above = above.rpartition("/")[0]


def _mode(umask: int, *, executable: bool) -> int:
    return (0o777 if executable else 0o666) & ~umask


def _umask() -> int:
    value = os.umask(0o077)
    os.umask(value)
    return value
