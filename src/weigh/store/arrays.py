"""Named arrays as bytes, in the safetensors layout. Equal arrays give equal bytes; never a pickle."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from weigh.core.errors import MalformedError
from weigh.formats.safetensors import load_with_metadata, write_safetensors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NUMPY = {
    "BOOL": "|b1",
    "U8": "|u1",
    "I8": "|i1",
    "U16": "<u2",
    "I16": "<i2",
    "F16": "<f2",
    "U32": "<u4",
    "I32": "<i4",
    "F32": "<f4",
    "U64": "<u8",
    "I64": "<i8",
    "F64": "<f8",
}
"""safetensors dtype name → numpy type code, little-endian as the format is."""

_NAMES = {code: name for name, code in _NUMPY.items()}


def dump_arrays(arrays: Mapping[str, "NDArray[Any]"], metadata: Mapping[str, str]) -> bytes:
    """Bytes of named arrays and text pairs.

    Args:
        arrays: any shape, zero dimensions included; booleans, integers and floats of 16 to 64 bits.
        metadata: text pairs.

    Raises:
        TypeError: an array holds objects, text, complex or other values without a safetensors type.
    """
    import numpy as np

    tensors = {}
    for name, array in arrays.items():
        plain = np.asarray(array)
        code = plain.dtype.newbyteorder("<").str
        if code not in _NAMES:
            raise TypeError(f"the array {name!r} of {plain.dtype} has no safetensors type")
        tensors[name] = (_NAMES[code], plain.shape, plain.astype(code, copy=False).tobytes(order="C"))
    stream = io.BytesIO()
    write_safetensors(stream, tensors, dict(metadata))
    return stream.getvalue()


def load_arrays(data: bytes) -> tuple[dict[str, "NDArray[Any]"], dict[str, str]]:
    """The arrays and text pairs of `dump_arrays`.

    Returns:
        Read-only arrays over the given bytes, nothing copied; and the text pairs.

    Raises:
        MalformedError: the bytes are not a valid safetensors file, or hold a type numpy lacks.
    """
    import numpy as np

    tensors, metadata = load_with_metadata(data)
    arrays = {}
    for name, (dtype, shape, payload) in tensors.items():
        if dtype not in _NUMPY:
            raise MalformedError(f"the array {name!r} cannot be read", why=f"numpy has no type {dtype}")
        arrays[name] = _aligned(np.frombuffer(payload, dtype=_NUMPY[dtype]).reshape(shape))
    return arrays, metadata


def _aligned(array: "np.ndarray[Any, Any]") -> "NDArray[Any]":
    """Compiled readers refuse arrays that do not lie on their own element size."""
    return array if array.flags.aligned else array.copy()
