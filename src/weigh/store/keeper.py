"""Keeps what answers produce: bytes in the blobs, arrays in the safetensors layout.

Never pickled: a file of named arrays with text metadata is all there is to read back.
"""

import io
from collections.abc import Mapping
from typing import Any

from weigh.core.errors import StorageError
from weigh.core.evidence import Artifact
from weigh.formats.safetensors import load_with_metadata, write_safetensors
from weigh.store.blobs import Blobs

_NAMES = {
    "b1": "BOOL",
    "u1": "U8",
    "i1": "I8",
    "i4": "I32",
    "i8": "I64",
    "u4": "U32",
    "f4": "F32",
    "f8": "F64",
}
_TYPES = {name: code for code, name in _NAMES.items()}


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
        import numpy as np

        tensors = {}
        for key, value in arrays.items():
            array = np.ascontiguousarray(value)
            array = array.astype(array.dtype.newbyteorder("<"), copy=False)
            tensors[key] = (_NAMES[array.dtype.str[1:]], tuple(array.shape), array.tobytes())
        stream = io.BytesIO()
        write_safetensors(stream, tensors, dict(metadata or {}))
        return self.keep_bytes(name, stream.getvalue())

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
        import numpy as np

        data = self.load_bytes(artifact)
        tensors, metadata = load_with_metadata(data)
        arrays = {}
        for key, (dtype, shape, payload) in tensors.items():
            if dtype not in _TYPES:
                raise StorageError(f"the kept arrays {artifact.name!r} hold an unknown type {dtype}")
            arrays[key] = np.frombuffer(payload, dtype=np.dtype("<" + _TYPES[dtype])).reshape(shape)
        return arrays, metadata
