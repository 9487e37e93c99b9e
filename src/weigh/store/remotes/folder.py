"""A remote in a folder: a disk, a stick, a network share."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from weigh.core.errors import ConflictError, IntegrityError, NotFoundError, UnknownAnswerError
from weigh.store.remotes.layout import MOST_LISTING, REFS, Held, require_name
from weigh.system.atomic import TEMPORARY, make_folder, publish, storing, temporary, write_all, write_bytes
from weigh.system.locks import locked

_PATIENCE = 600.0
_WINDOW = 4 * 1024 * 1024
_READ_ONLY = 0o444


class FolderRemote:
    """A remote in a folder. Refs are swapped under a lock of the folder.

    Args:
        root: the folder; made by the first write.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def address(self) -> str:
        """Its path."""
        return str(self._root)

    def names(self, prefix: str) -> Iterator[tuple[str, int]]:
        """(name, bytes) of what lies below a prefix."""
        self._require()
        folder = self._root / prefix
        with storing(folder):
            found = sorted(p for p in (folder.rglob("*") if prefix == REFS else folder.glob("*")))
        for path in found:
            # A file that is being written, or was when its writer was killed, is not there yet.
            if path.name.startswith(".") or path.name.endswith((TEMPORARY, ".lock")) or not path.is_file():
                continue
            name = path.relative_to(self._root).as_posix()
            with suppress(FileNotFoundError):
                yield require_name(name), path.stat().st_size

    def _require(self) -> None:
        if not self._root.is_dir():
            raise UnknownAnswerError(
                f"the remote {self._root} is not there", why="there is no such folder",
                hint="mount it, or check the address with `weigh remote`",
            )  # fmt: skip

    def get(self, name: str, most: int) -> Held | None:
        """A small object, None when there is none."""
        self._require()
        path = self._root / name
        with storing(path):
            try:
                with path.open("rb") as file:
                    data = file.read(most + 1)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None
        if len(data) > most:
            raise IntegrityError(f"{path} is not what it should be", why=f"it is larger than {most:,} bytes")
        return Held(data, "its content")

    def parts(self, name: str, spans: Sequence[tuple[int, int]]) -> Iterator[bytes]:
        """The bytes of each span."""
        self._require()
        path = self._root / name
        with storing(path):
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError as error:
                raise NotFoundError(f"the remote {self._root} has no {name} any more") from error
        try:
            for begin, end in spans:
                with storing(path):
                    data = os.pread(descriptor, end - begin, begin)
                if len(data) != end - begin:
                    raise IntegrityError(
                        f"{path} is cut off",
                        why=f"it ends before byte {end:,}",
                        hint="delete it and its index, then push again from where its versions are whole",
                    )
                yield data
        finally:
            os.close(descriptor)

    def put(self, name: str, data: bytes) -> None:
        """Write a file that is seen whole or not at all."""
        write_bytes(self._root / name, data)

    def put_file(self, name: str, path: Path) -> None:
        """The same out of a file of any size."""
        target = self._root / name
        make_folder(target.parent)
        draft = temporary(target.parent)
        with storing(target), path.open("rb") as source:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                while window := source.read(_WINDOW):
                    write_all(descriptor, window)
                publish(descriptor, draft, target, mode=_READ_ONLY)
            finally:
                os.close(descriptor)
                with suppress(OSError):
                    draft.unlink()

    def swap(self, name: str, held: Held | None, data: bytes) -> None:
        """Replace a small object that is still `held`, or make one that is still missing."""
        path = self._root / name
        with locked(self._root / "refs.lock", timeout=_PATIENCE, what="moving a ref of the remote"):
            now = self.get(name, MOST_LISTING)
            if now != held:
                raise ConflictError(
                    f"{name} of {self._root} was moved by somebody else",
                    why="it no longer holds what it held a moment ago",
                    hint="weigh pull, then push again",
                )
            write_bytes(path, data)

    def close(self) -> None:
        """Nothing is open."""
