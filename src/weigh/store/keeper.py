"""Keeps what answers produce: bytes in the blobs, arrays in the safetensors layout. Never pickled."""

from collections.abc import Mapping
from typing import Any

from weigh.core.errors import MalformedError, StorageError
from weigh.core.evidence import Artifact
from weigh.store.arrays import dump_arrays, load_arrays
from weigh.store.blobs import Blobs


class BlobKeeper:
    """A Keeper over the blob store."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def keep_bytes(self, name: str, data: bytes) -> Artifact:
        """Keep bytes."""
        return Artifact(name, self._blobs.put(data), len(data))

    def keep_arrays(
        self, name: str, arrays: Mapping[str, Any], metadata: Mapping[str, str] | None = None
    ) -> Artifact:
        """Keep numeric arrays; the same arrays always give the same bytes."""
        return self.keep_bytes(name, dump_arrays(arrays, metadata or {}))

    def load_bytes(self, artifact: Artifact) -> bytes:
        """The bytes, re-hashed.

        Raises:
            StorageError: they are gone or corrupt.
        """
        return self._blobs.read(artifact.sha256, artifact.size)

    def load_arrays(self, artifact: Artifact) -> tuple[dict[str, Any], dict[str, str]]:
        """The arrays, read-only views on the verified bytes.

        Raises:
            StorageError: the artifact is gone, corrupt, or does not hold arrays.
        """
        try:
            return load_arrays(self.load_bytes(artifact))
        except MalformedError as error:
            raise StorageError(f"the kept arrays {artifact.name!r} cannot be read", why=error.what) from error
