"""Derived values: what was computed from blobs (features, predictions, fitted predictors), by key.

A key names a computation completely, so a value is never changed, only computed again when it was
lost. The bytes are blobs; here is only which blob a key has.

```
ROOT/derived/ab/abcdef….json   {"key": …, "sha256": …, "size": …}; the name is the sha256 of the key
```
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from weigh.core.canonical import dumps
from weigh.core.digest import is_sha256, sha256_hex
from weigh.core.errors import MalformedError, NotFoundError, RefusedError, StorageError
from weigh.core.events import EventSink, Silent, Warned
from weigh.store.arrays import dump_arrays, load_arrays
from weigh.store.blobs import READ_ONLY, Blobs
from weigh.system.atomic import move_aside, storing, write_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAX_INDEX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class DerivedInfo:
    """One line of the index.

    Attributes:
        key: what was computed.
        sha256: of the bytes, 64 hex digits.
        size: of the bytes.
    """

    key: str
    sha256: str
    size: int


class Derived:
    """Computed values by key. Any number of processes may use one root at once.

    Args:
        root: the store's folder, the one that `blobs` has.
        blobs: where the bytes are.
        events: told of values that were found corrupt and will be computed again.
    """

    def __init__(self, root: Path, blobs: Blobs, *, events: EventSink | None = None) -> None:
        self._folder = root / "derived"
        self._blobs = blobs
        self._events = events or Silent()

    def get(self, key: str) -> bytes | None:
        """The bytes of a key, hashed again; None when they were never put, or are lost or corrupt."""
        path = self._path(key)
        info = self._indexed(path)
        if info is None:
            return None
        if info.key != key:
            self._set_aside(path, "it has another key than its name says")
            return None
        return self._content(info)

    def put(self, key: str, data: bytes) -> str:
        """Keep the bytes of a key and return their sha256.

        Raises:
            StorageError: the disk is full or cannot be written.
            ValueError: the key is longer than half a megabyte of JSON.
        """
        sha256 = sha256_hex(data)
        line = dumps(DerivedInfo(key, sha256, len(data)))
        if len(line) > _MAX_INDEX_BYTES:
            raise ValueError("the key is too long to be kept")
        self._blobs.put(data)
        # The index line comes last: a crash in between leaves a blob nobody refers to, never the reverse.
        write_bytes(self._path(key), line, mode=READ_ONLY, scratch=self._blobs.scratch)
        return sha256

    def get_arrays(self, key: str) -> tuple[dict[str, "NDArray[Any]"], dict[str, str]] | None:
        """The arrays and text pairs of a key, as `weigh.store.arrays.load_arrays` gives them."""
        data = self.get(key)
        if data is None:
            return None
        try:
            return load_arrays(data)
        except MalformedError as error:
            self._events.emit(Warned(f"the derived value {key!r} does not hold arrays: {error}"))
            return None

    def put_arrays(
        self, key: str, arrays: Mapping[str, "NDArray[Any]"], metadata: Mapping[str, str] | None = None
    ) -> str:
        """Keep named arrays and text pairs; returns the sha256 of their bytes.

        Raises:
            StorageError: the disk is full or cannot be written.
            TypeError: an array has no safetensors type.
        """
        return self.put(key, dump_arrays(arrays, metadata or {}))

    def ls(self) -> Iterator[DerivedInfo]:
        """Every readable line of the index, in no particular order."""
        for _, info in self.lines():
            yield info

    def lines(self) -> Iterator[tuple[Path, DerivedInfo]]:
        """Every readable line of the index with its file."""
        for path in self._folder.glob("??/*.json"):
            info = self._indexed(path)
            if info is not None:
                yield path, info

    def _path(self, key: str) -> Path:
        name = sha256_hex(key.encode("utf-8", "surrogatepass"))
        return self._folder / name[:2] / f"{name}.json"

    def _indexed(self, path: Path) -> DerivedInfo | None:
        with storing(path):
            try:
                with path.open("rb") as file:
                    line = file.read(_MAX_INDEX_BYTES + 1)
            except FileNotFoundError:
                return None
        try:
            info = msgspec.json.decode(line, type=DerivedInfo)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            self._set_aside(path, str(error))
            return None
        if not is_sha256(info.sha256) or info.size < 0:
            self._set_aside(path, "it names no blob")
            return None
        return info

    def _content(self, info: DerivedInfo) -> bytes | None:
        try:
            if self._blobs.info(info.sha256).size != info.size:
                self._blobs.verify(info.sha256)
            return self._blobs.read(info.sha256, info.size)
        except NotFoundError:
            return None
        except (StorageError, RefusedError) as error:
            self._events.emit(Warned(f"a derived value is computed again: {error}"))
            return None

    def _set_aside(self, path: Path, reason: str) -> None:
        aside = move_aside(path, self._blobs.quarantine)
        self._events.emit(Warned(f"a line of the derived index is corrupt ({reason}); moved to {aside}"))
