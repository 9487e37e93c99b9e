"""A side of a comparison: a model's files, wherever their bytes are, and what is known of their tensors."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from weigh.core.facts import FileFacts
from weigh.core.ports import RangeReader
from weigh.core.snapshot import SnapshotFile
from weigh.core.tensor import TensorInfo
from weigh.store.packs.manifest import FileManifest
from weigh.store.packs.objects import Objects
from weigh.store.view import ModelView


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two versions.

    Attributes:
        name: what it is called.
        view: its files and their facts.
        open: gives the bytes of a file by its path.
        digests: a digest of the content by path; equal ones mean equal files. Paths that are not in it have
            to be read to know.
        payload_id: an id of a tensor's bytes, equal exactly where they are; None where it is not known
            without reading them.
    """

    name: str
    view: ModelView
    open: Callable[[str], RangeReader]
    digests: Mapping[str, str] = field(default_factory=dict)
    payload_id: Callable[[TensorInfo], bytes | None] = lambda _: None

    @property
    def files(self) -> dict[str, SnapshotFile]:
        """The files by path."""
        return {file.path: file for file in self.view.snapshot.files}

    def facts(self, path: str) -> FileFacts:
        """What one file says."""
        return self.view.facts(path)

    @contextmanager
    def reading(self, path: str) -> Iterator[RangeReader]:
        """A reader of one file, given back at the end of the block."""
        reader = self.open(path)
        try:
            yield reader
        finally:
            close = getattr(reader, "close", None)
            if close is not None:
                close()


class StoredFile:
    """Ranges of a file that lies in packs. Several threads may read; they take turns.

    Args:
        objects: the store.
        manifest: of the file.
        lock: shared by all readers of these objects.
    """

    def __init__(self, objects: Objects, manifest: FileManifest, lock: Lock) -> None:
        self._objects, self._manifest, self._lock = objects, manifest, lock
        self._starts = [piece.span.begin for piece in manifest.pieces]

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._manifest.size

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`; shorter only at the end of the file."""
        end = min(offset + length, self.size)
        if offset < 0 or end <= offset:
            return b""
        parts: list[memoryview] = []
        with self._lock:
            for piece in self._manifest.pieces[bisect_right(self._starts, offset) - 1 :]:
                begin = piece.span.begin
                if begin >= end:
                    break
                stop = min(end, piece.span.end) - begin
                parts.extend(self._objects.pieces(piece.id, max(offset - begin, 0), stop))
            return b"".join(parts)
