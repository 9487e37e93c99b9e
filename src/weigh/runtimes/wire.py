"""The wire between parent and worker: frames with a bounded length, never pickle.

A frame is `WGH1`, the header's length (32 bits), the payload's length (64 bits), a JSON header
`{"kind", "fields", "arrays": [[name, dtype, shape], …]}` and the arrays' bytes, little-endian, in that
order. Everything is checked before anything of that size is made; both sides read with the same code.
"""

import math
import os
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from weigh.core.canonical import NotCanonicalError, dumps, loads
from weigh.core.errors import WorkerError

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

MAX_HEADER = 1 << 20
MAX_PAYLOAD = 128 << 20
_MAX_ARRAYS = 16
_MAX_DIMENSIONS = 4
_MAX_NAME = 64
_MAGIC = b"WGH1"
_PREFIX = struct.Struct("<4sIQ")
_CHUNK = 1 << 20

DTYPES = MappingProxyType({"U8": ("<u1", 1), "I64": ("<i8", 8), "F32": ("<f4", 4), "F64": ("<f8", 8)})
"""Name on the wire → numpy type and bytes of an element."""


class ClosedError(WorkerError):
    """The other side closed the pipe."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message.

    Attributes:
        kind: what it is about.
        fields: JSON values.
        arrays: name → array; received ones are read-only views of one buffer.
    """

    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, "Array"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Shape:
    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * DTYPES[self.dtype][1]


class Channel:
    """Sends and receives frames over two file descriptors, blocking."""

    def __init__(self, read_from: int, write_to: int) -> None:
        self._read_from = read_from
        self._write_to = write_to

    def send(
        self, kind: str, fields: Mapping[str, Any] | None = None, arrays: Mapping[str, "Array"] | None = None
    ) -> None:
        """Send one frame.

        Raises:
            ClosedError: the other side is gone.
            WorkerError: the frame breaks the bounds; nothing was sent.
        """
        for part in encode(Frame(kind, fields or {}, arrays or {})):
            self._write(part)

    def receive(self) -> Frame:
        """Wait for one frame.

        Raises:
            ClosedError: the other side closed the pipe, between frames or inside one.
            WorkerError: what came is not a frame, or is larger than the bounds.
        """
        header_length, payload_length = _lengths(self._read(_PREFIX.size))
        header = self._read(header_length)
        return decode(header, payload_length, lambda: self._read(payload_length))

    def _read(self, count: int) -> bytearray:
        # Grows with what arrives, so that a lie about the length costs no memory here.
        data = bytearray()
        while len(data) < count:
            try:
                piece = os.read(self._read_from, min(_CHUNK, count - len(data)))
            except OSError as error:
                raise ClosedError("the connection to the worker broke", why=str(error)) from error
            if not piece:
                raise ClosedError("the connection was closed", why=f"{len(data)} of {count} bytes had come")
            data += piece
        return data

    def _write(self, data: bytes | memoryview) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._write_to, rest) :]
            except OSError as error:
                raise ClosedError("the connection to the worker broke", why=str(error)) from error


def encode(frame: Frame) -> list[bytes | memoryview]:
    """The pieces of a frame, in order.

    Raises:
        WorkerError: the frame breaks the bounds, or an array has a type the wire does not carry.
    """
    listed, payload = _laid_out(frame.arrays) if frame.arrays else ([], [])
    try:
        header = dumps({"kind": frame.kind, "fields": frame.fields, "arrays": listed})
    except NotCanonicalError as error:
        raise _broken(str(error)) from error
    total = sum(piece.nbytes for piece in payload)
    _lengths(prefix := _PREFIX.pack(_MAGIC, len(header), total))
    _shapes(listed, total)
    return [prefix, header, *payload]


def _laid_out(arrays: Mapping[str, "Array"]) -> tuple[list[list[Any]], list[memoryview]]:
    import numpy as np

    listed, payload = [], []
    for name, array in arrays.items():
        dtype = next((key for key, (code, _) in DTYPES.items() if array.dtype == np.dtype(code)), "")
        if not dtype:
            raise _broken(f"arrays of type {array.dtype} do not travel")
        listed.append([name, dtype, list(array.shape)])
        flat = np.ascontiguousarray(array, dtype=DTYPES[dtype][0]).reshape(-1)
        payload.append(flat.data.cast("B") if flat.size else memoryview(b""))
    return listed, payload


def _lengths(prefix: bytes | bytearray) -> tuple[int, int]:
    magic, header, payload = _PREFIX.unpack(prefix)
    if magic != _MAGIC:
        raise _broken("what came is not a frame")
    if header > MAX_HEADER:
        raise _broken(f"a header of {header} bytes is more than {MAX_HEADER}")
    if payload > MAX_PAYLOAD:
        raise _broken(f"a payload of {payload} bytes is more than {MAX_PAYLOAD}")
    return header, payload


def decode(header: bytes | bytearray, payload_length: int, read_payload: Callable[[], bytearray]) -> Frame:
    """Check a header, then read and cut the payload.

    Args:
        header: JSON bytes, not trusted.
        payload_length: bytes that follow.
        read_payload: called without arguments once the header is found to be right; returns a buffer of
            `payload_length` bytes.

    Raises:
        WorkerError: the header is malformed or does not account for the payload exactly.
    """
    try:
        document = loads(header.decode("utf-8"))
    except (ValueError, TypeError, RecursionError) as error:
        raise _broken("the header is not JSON") from error
    match document:
        case {"kind": str(kind), "fields": dict(fields), "arrays": list(listed), **rest} if not rest:
            pass
        case _:
            raise _broken("the header has other members than kind, fields and arrays")
    if len(kind) > _MAX_NAME:
        raise _broken("the kind is too long")
    shapes = _shapes(listed, payload_length)
    return Frame(kind, fields, _cut(shapes, read_payload()) if shapes else {})


def _cut(shapes: list[_Shape], payload: bytearray) -> dict[str, "Array"]:
    import numpy as np

    view = memoryview(payload).toreadonly()
    arrays, start = {}, 0
    for one in shapes:
        flat = np.frombuffer(view[start : start + one.nbytes], dtype=DTYPES[one.dtype][0])
        arrays[one.name] = flat.reshape(one.shape)
        start += one.nbytes
    return arrays


def _shapes(listed: list[Any], payload_length: int) -> list[_Shape]:
    if len(listed) > _MAX_ARRAYS:
        raise _broken(f"{len(listed)} arrays are more than {_MAX_ARRAYS}")
    shapes = [_shape(entry) for entry in listed]
    if len({s.name for s in shapes}) != len(shapes):
        raise _broken("two arrays have one name")
    if sum(s.nbytes for s in shapes) != payload_length:
        raise _broken("the arrays do not account for the payload")
    return shapes


def _shape(entry: Any) -> _Shape:
    match entry:
        case [str(name), str(dtype), list(shape)] if dtype in DTYPES and len(name) <= _MAX_NAME:
            pass
        case _:
            raise _broken("an array is described wrongly")
    plain = all(type(d) is int and 0 <= d <= MAX_PAYLOAD for d in shape)
    if not plain or len(shape) > _MAX_DIMENSIONS:
        raise _broken("an array has an impossible shape")
    return _Shape(name, dtype, tuple(shape))


def _broken(why: str) -> WorkerError:
    return WorkerError("the wire between weigh and its worker was misused", why=why)
