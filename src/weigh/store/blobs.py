"""Blobs: whole files under the sha256 of their content, verified before anybody sees them.

```
ROOT/blobs/sha256/ab/abcdef…   verified files, mode 0444; the name is the content's sha256
ROOT/tmp/.….tmp                files being written, swept when a day old
ROOT/partial/<key>             interrupted fetches that can go on; <key>.lock beside it
ROOT/quarantine/<sha256>.…     files that no longer had the content their name says; never deleted
```
"""

import hashlib
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from weigh.core.digest import is_sha256, sha256_hex
from weigh.core.errors import IntegrityError, NotFoundError, RefusedError, StorageError, UntrustedError
from weigh.core.ports import BlobWriter
from weigh.store.draft import Draft
from weigh.system.atomic import make_folder, move_aside, storing, temporary
from weigh.system.hashing import chunks
from weigh.system.locks import locked

READ_ONLY = 0o444


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """One stored file.

    Attributes:
        sha256: 64 hex digits.
        size: bytes.
        used: last written or, where the file system keeps track, last read; seconds since the epoch.
    """

    sha256: str
    size: int
    used: float


class Blobs:
    """The store of verified files. Satisfies `weigh.core.ports.BlobSink`.

    Any number of threads and processes may use one root at once. What `has` says is there was
    verified when it was written; `read` and `verify` hash it again.

    Args:
        root: the store's folder, made when the first file is written.
        patience: seconds to wait for another process that fetches the same thing.
    """

    def __init__(self, root: Path, *, patience: float = 3600.0) -> None:
        self.root = root
        self._patience = patience
        self._published = threading.local()

    @property
    def scratch(self) -> Path:
        """Folder of files under construction."""
        return self.root / "tmp"

    @property
    def partials(self) -> Path:
        """Folder of interrupted fetches."""
        return self.root / "partial"

    @property
    def quarantine(self) -> Path:
        """Folder of files found corrupt."""
        return self.root / "quarantine"

    def has(self, sha256: str) -> bool:
        """Whether the verified file is there already."""
        return is_sha256(sha256) and self._place(sha256).is_file()

    def path(self, sha256: str) -> Path:
        """Where the file is, for reading and linking only.

        Raises:
            NotFoundError: it is not in the store.
        """
        return self._found(sha256)[0]

    def info(self, sha256: str) -> BlobInfo:
        """Size and last use of a file; its content is not looked at.

        Raises:
            NotFoundError: it is not in the store.
        """
        return _info(sha256, self._found(sha256)[1])

    def ls(self) -> tuple[BlobInfo, ...]:
        """Every stored file, sorted by digest."""
        return tuple(self._listed())

    def put(self, data: bytes) -> str:
        """Store bytes and return their sha256.

        Raises:
            StorageError: the disk is full or cannot be written.
        """
        sha256 = sha256_hex(data)
        with self.writer(sha256=sha256, size=len(data)) as writer:
            writer.write(data)
        return sha256

    def read(self, sha256: str, max_size: int) -> bytes:
        """The bytes of a file, hashed again on the way.

        Args:
            sha256: 64 hex digits.
            max_size: bytes the caller is ready to hold.

        Raises:
            NotFoundError: it is not in the store.
            RefusedError: it is larger than `max_size`; nothing was read.
            StorageError: its content changed on the disk; it was moved to the quarantine.
        """
        path, state = self._found(sha256)
        if state.st_size > max_size:
            raise RefusedError(
                f"the stored file {sha256} is too large to be read whole",
                why=f"it has {state.st_size} bytes, at most {max_size} are expected",
            )
        with storing(path), path.open("rb") as file:
            data = file.read(state.st_size + 1)
        if sha256_hex(data) != sha256:
            raise self._condemned(sha256)
        return data

    def verify(self, sha256: str) -> BlobInfo:
        """Hash a file of any size again, in bounded memory.

        Raises:
            NotFoundError: it is not in the store.
            StorageError: its content changed on the disk; it was moved to the quarantine.
        """
        path, state = self._found(sha256)
        digest = hashlib.sha256()
        with storing(path):
            for chunk in chunks(path):
                digest.update(chunk)
        if digest.hexdigest() != sha256:
            raise self._condemned(sha256)
        return _info(sha256, state)

    def remove(self, sha256: str) -> int:
        """Delete a file and return the bytes it had; 0 when it was not there."""
        if not is_sha256(sha256):
            return 0
        path = self._place(sha256)
        with storing(path):
            try:
                size = path.stat().st_size
                path.unlink()
            except FileNotFoundError:
                return 0
        return size

    def last_sha256(self) -> str:
        """Digest of the file that this thread published last; "" before the first."""
        return getattr(self._published, "sha256", "")

    @contextmanager
    def writer(self, *, sha256: str = "", size: int = -1, resume_key: str = "") -> Iterator[BlobWriter]:
        """Open a writer. Leaving the block without an error verifies and publishes the file.

        With a `resume_key` the bytes of an interrupted attempt are kept and hashed again before
        the next one goes on. Two processes with one key take turns; the second finds the whole
        file there: its writer starts at the full size, and needs nothing but to be left.

        Args:
            sha256: promised digest, "" when none is known.
            size: promised size in bytes, -1 when none is known; also the bound on what is accepted.
            resume_key: name of the fetch, the same in every attempt; "" when it cannot resume.

        Raises:
            IntegrityError: digest or size differ; nothing becomes visible, and no wrong byte is
                kept for the next attempt.
            StorageError: the disk is full or cannot be written, or another process held the key
                for longer than `patience`.
        """
        if sha256 and not is_sha256(sha256):
            raise IntegrityError(f"{sha256!r} cannot be the sha256 of a file")
        if resume_key:
            with self._resumed(sha256, size, resume_key) as draft:
                yield draft
        else:
            with self._draft(temporary(self.scratch), sha256, size) as draft:
                yield draft

    @contextmanager
    def _resumed(self, sha256: str, size: int, resume_key: str) -> Iterator[Draft]:
        path = self.partial(resume_key)
        lock = path.with_suffix(".lock")
        with (
            locked(lock, timeout=self._patience, what="fetching the same file"),
            self._draft(path, sha256, size, keep=True) as draft,
        ):
            yield draft

    @contextmanager
    def _draft(self, path: Path, sha256: str, size: int, *, keep: bool = False) -> Iterator[Draft]:
        """A draft at `path` that is published at the end; on failure it goes, unless `keep`."""
        make_folder(path.parent)
        standing = self._standing(sha256, size) if keep else None
        try:
            with closing(Draft(path, sha256=sha256, size=size, standing=standing)) as draft:
                yield draft
                self._publish(draft)
            keep = False
        except UntrustedError:
            keep = False
            raise
        finally:
            if not keep:
                with suppress(OSError):
                    path.unlink()

    def _standing(self, sha256: str, size: int) -> int | None:
        """Bytes of the file when it is there already as promised."""
        if not self.has(sha256):
            return None
        with suppress(NotFoundError):
            found = self.info(sha256).size
            return found if size in {-1, found} else None
        return None

    def _publish(self, draft: Draft) -> None:
        sha256 = draft.finish()
        target = self._place(sha256)
        make_folder(target.parent)
        if self._standing(sha256, draft.size) is None:
            draft.publish(target, mode=READ_ONLY)
        else:
            # A young file is not pruned, so the one that stands must look as young as this one.
            with suppress(FileNotFoundError), storing(target):
                os.utime(target)
        self._published.sha256 = sha256

    def partial(self, resume_key: str) -> Path:
        """Where the bytes of an interrupted fetch are kept."""
        return self.partials / sha256_hex(resume_key.encode("utf-8", "surrogatepass"))

    def _place(self, sha256: str) -> Path:
        return self.root / "blobs" / "sha256" / sha256[:2] / sha256

    def _found(self, sha256: str) -> tuple[Path, os.stat_result]:
        if not is_sha256(sha256):
            raise NotFoundError(f"{sha256!r} is not the sha256 of a file")
        path = self._place(sha256)
        with storing(path):
            try:
                state = path.stat(follow_symlinks=False)
            except FileNotFoundError as error:
                raise NotFoundError(
                    f"no file {sha256} in the store",
                    why=f"{path} does not exist",
                    hint="fetch it again",
                ) from error
        if not stat.S_ISREG(state.st_mode):
            raise self._condemned(sha256)
        return path, state

    def _listed(self) -> Iterator[BlobInfo]:
        for path in sorted((self.root / "blobs" / "sha256").glob("??/*")):
            if is_sha256(path.name) and path.parent.name == path.name[:2]:
                with suppress(FileNotFoundError):
                    yield _info(path.name, path.stat(follow_symlinks=False))

    def _condemned(self, sha256: str) -> StorageError:
        aside = move_aside(self._place(sha256), self.quarantine)
        return StorageError(
            f"the stored file {sha256} is corrupt",
            why=f"its content no longer has that sha256; it was moved to {aside}",
            hint="fetch or compute it again; if this repeats, check the disk",
        )


def _info(sha256: str, state: os.stat_result) -> BlobInfo:
    return BlobInfo(sha256, state.st_size, max(state.st_mtime, state.st_atime))
