"""The bytes of a tensor as safetensors wants them: row-major, little-endian, without gaps, a piece at a time.

What lies in one piece is copied in windows. What has strides is gathered through a map of the file, since a
transposed matrix takes every one of its rows from the whole of its range. Packed members are unpacked into a
temporary file first, one at a time.
"""

import math
import mmap
import tempfile
from array import array
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from weigh.core.errors import MalformedError
from weigh.core.tensor import DTYPE_BITS, TensorInfo
from weigh.formats.descent import BETWEEN
from weigh.formats.reader import FileReader
from weigh.formats.zip_members import entry_chunks, open_zip

WINDOW = 4 * 1024 * 1024
"""Bytes copied at once; a multiple of every element's size."""
_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
"""Letters of array and memoryview for unsigned numbers of so many bytes."""


class Payloads:
    """Payloads of the tensors of one file.

    Args:
        path: the file.
        name: under which its facts know it.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._name = name
        self._reader = FileReader(path)
        self._file: IO[bytes] = path.open("rb")
        self._member = ""
        self._unpacked: IO[bytes] | None = None

    def pieces(self, tensor: TensorInfo) -> Iterator[bytes]:
        """The tensor's values.

        Raises:
            MalformedError: its bytes cannot be unpacked, or end early.
        """
        swap = "big-endian" in tensor.encoding
        item = DTYPE_BITS[tensor.dtype] // 8
        width = item // 2 if tensor.dtype in {"C64", "C128"} else item
        gathered = self._gathered(tensor, item) if _strides(tensor) else self._copied(tensor)
        done = 0
        for piece in gathered:
            done += len(piece)
            yield _swapped(piece, width) if swap and width > 1 else piece
        if done != tensor.count * item:
            raise MalformedError(f"the tensor {tensor.name!r} ends early", why=f"{done} bytes came")

    def _copied(self, tensor: TensorInfo) -> Iterator[bytes]:
        file = self._open(tensor)
        at, end = tensor.offset, tensor.offset + tensor.nbytes
        while at < end:
            file.seek(at)
            piece = file.read(min(WINDOW, end - at))
            if not piece:
                return
            yield piece
            at += len(piece)

    def _gathered(self, tensor: TensorInfo, item: int) -> Iterator[bytes]:
        file = self._open(tensor)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole, memoryview(whole) as view:
            part = view[tensor.offset : tensor.offset + tensor.nbytes]
            width = min(item, 8)
            typed = _typed(part[: len(part) // width * width], width)
            try:
                yield from _runs(typed, tensor.shape, _strides(tensor), item)
            finally:
                typed.release()
                part.release()

    def _open(self, tensor: TensorInfo) -> IO[bytes]:
        """The file in which the tensor's offset counts."""
        if tensor.file == self._name:
            return self._file
        if tensor.file != self._member:
            self._unpack(tensor.file)
        assert self._unpacked is not None
        return self._unpacked

    def _unpack(self, member: str) -> None:
        wanted = member.removeprefix(f"{self._name}{BETWEEN}")
        archive = open_zip(self._reader)
        entry = archive.entry(wanted)
        if entry is None:
            raise MalformedError(f"there is no member {wanted!r}")
        self._close_member()
        self._unpacked = tempfile.TemporaryFile()  # noqa: SIM115 - closed by _close_member
        for chunk in entry_chunks(self._reader, entry, archive):
            self._unpacked.write(chunk)
        self._unpacked.flush()
        self._member = member

    def _close_member(self) -> None:
        if self._unpacked is not None:
            self._unpacked.close()
        self._unpacked, self._member = None, ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close_member()
        self._file.close()
        self._reader.close()


def _strides(tensor: TensorInfo) -> tuple[int, ...]:
    """Values between neighbours in each dimension; empty where the payload is one row-major piece."""
    if tensor.strides or "column-major" not in tensor.encoding:
        return tensor.strides
    steps = []
    step = 1
    for size in tensor.shape:
        steps.append(step)
        step *= size
    return tuple(steps)


def _runs(
    typed: "memoryview[int]", shape: tuple[int, ...], strides: tuple[int, ...], item: int
) -> Iterator[bytes]:
    """The elements of `typed` in row-major order of `shape`, in pieces of about a window."""
    if not math.prod(shape):
        return
    pairs = [(n, s) for n, s in zip(shape, strides, strict=True) if n != 1]
    if item == 16:
        pairs = [*((n, s * 2) for n, s in pairs), (2, 1)]
    pairs = _folded(pairs)
    *outer, (count, step) = pairs or [(1, 1)]
    waiting = bytearray()
    for places in product(*(range(0, n * s, s) if s else (0,) * n for n, s in outer)):
        at = sum(places)
        if step:
            waiting += typed[at : at + (count - 1) * step + 1 : step].tobytes()
        else:
            waiting += typed[at : at + 1].tobytes() * count
        if len(waiting) >= WINDOW:
            whole = len(waiting) // 16 * 16
            yield bytes(waiting[:whole])
            del waiting[:whole]
    yield bytes(waiting)


def _folded(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Neighbouring dimensions that lie one behind the other, as one."""
    folded: list[tuple[int, int]] = []
    for size, step in pairs:
        if folded and folded[-1][1] == size * step and step:
            folded[-1] = (folded[-1][0] * size, step)
        else:
            folded.append((size, step))
    return folded


def _typed(part: memoryview, width: int) -> "memoryview[int]":
    """The same bytes as unsigned numbers of `width` bytes each."""
    match width:
        case 2:
            return part.cast("H")
        case 4:
            return part.cast("I")
        case 8:
            return part.cast("Q")
        case _:
            return part.cast("B")


def _swapped(piece: bytes, width: int) -> bytes:
    values = array(_CODES[width], piece)
    values.byteswap()
    return values.tobytes()
