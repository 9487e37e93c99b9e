"""A small sink on disk that keeps the promises of `core.ports.BlobSink`."""

import hashlib
from contextlib import contextmanager
from pathlib import Path

from weigh.core.errors import IntegrityError, NotFoundError


class DiskWriter:
    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._limit = limit
        self._file = path.open("ab")
        self.size = self._file.tell()

    def write(self, chunk: bytes) -> None:
        if 0 <= self._limit < self.size + len(chunk):
            raise IntegrityError("more bytes than promised", why=f"promised {self._limit}")
        self._file.write(chunk)
        self.size += len(chunk)

    def restart(self) -> None:
        self._file.truncate(0)
        self.size = 0

    def close(self) -> None:
        self._file.close()


class DiskSink:
    """Files by digest in one folder; interrupted ones by resume key in another."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._partial = root / "partial"
        self._partial.mkdir(parents=True)
        self._last = ""

    def has(self, sha256: str) -> bool:
        return bool(sha256) and (self.root / sha256).is_file()

    def path(self, sha256: str) -> Path:
        if not self.has(sha256):
            raise NotFoundError(f"no blob {sha256}")
        return self.root / sha256

    def last_sha256(self) -> str:
        return self._last

    def partials(self) -> list[Path]:
        return sorted(self._partial.iterdir())

    def blobs(self) -> list[str]:
        return sorted(p.name for p in self.root.iterdir() if p.is_file())

    @contextmanager
    def writer(self, *, sha256: str = "", size: int = -1, resume_key: str = ""):
        name = hashlib.sha256((resume_key or "no key").encode()).hexdigest()
        path = self._partial / name
        if not resume_key:
            path.unlink(missing_ok=True)
        writer = DiskWriter(path, size)
        try:
            yield writer
        except BaseException as error:
            writer.close()
            if not resume_key or isinstance(error, IntegrityError):
                path.unlink()
            raise
        writer.close()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if (sha256 and digest != sha256) or (size >= 0 and writer.size != size):
            path.unlink()
            raise IntegrityError(
                "digest or size differ", why=f"promised {sha256[:12]} {size}, got {digest[:12]} {writer.size}"
            )
        path.rename(self.root / digest)
        self._last = digest
