"""npy: arrays that numpy.save writes, one after another, and the pickle that stands for Python objects.

Source: numpy/lib/format.py. numpy.load reads the first array; numpy.save into an open file appends more. An
array of Python objects has a pickle in the place of its payload, and is read as one whatever it looks like.
"""

import math
from dataclasses import dataclass, replace

from weigh.core.errors import MalformedError
from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.core.tensor import TensorInfo
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import BETWEEN, Descent, SliceReader
from weigh.formats.identify import UNKNOWN, identify
from weigh.formats.npy_dtype import NpyType, type_of
from weigh.formats.npy_header import (
    ABSURD,
    COUNTABLE,
    MAGIC,
    SHAPE_RULE,
    NpyHeader,
    read_header,
)

FORMAT = "npy"
PAYLOAD_RULE = "WGH-NP006"
TAIL_RULE = "WGH-NP007"
SMUGGLED_RULE = "WGH-NP008"
OBJECTS_RULE = "WGH-NP009"
TYPE_RULE = "WGH-NP010"
LONG_RULE = "WGH-NP011"

LONG_HEADER = 10_000
"""Bytes of a header that numpy.load reads without being told to; numpy.lib.format, max_header_size."""
MAX_ARRAYS = 10_000
"""Arrays in one file."""
_HARMLESS_TAILS = frozenset({UNKNOWN, "text"})


@dataclass(frozen=True, slots=True)
class NpyArray:
    """One array of a file.

    Attributes:
        header: what it says of itself.
        kind: its type; None where there is no such type.
        nbytes: bytes of its payload; of Python objects all that follows.
        end: offset after the payload.
    """

    header: NpyHeader
    kind: NpyType | None
    nbytes: int
    end: int


def read_npy(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one array file. Never raises for what the file holds.

    Args:
        reader: its bytes; payloads of plain numbers are not read.
        path: of the file inside the snapshot.
        descent: reads the pickle of an array of objects, and what follows the last array.
    """
    reading = _Reading(reader, path, descent)
    try:
        reading.run()
    except MalformedError as error:
        reading.found.add_error(error)
        reading.coverage, reading.reason = Coverage.MALFORMED, str(error)
    return reading.facts()


def array_at(reader: RangeReader, at: int) -> NpyArray:
    """The array that begins at `at`.

    Raises:
        MalformedError: its header is broken, or its payload cannot be there.
    """
    header = read_header(reader, at)
    kind = type_of(header.descr)
    if kind is None:
        why = f"{quoted(str(header.descr)[:200])} is no type of numpy"
        raise MalformedError("this is not a sound array file", why=why, offset=at, rule=TYPE_RULE)
    if kind.has_objects:
        return NpyArray(header, kind, max(0, reader.size - header.start), reader.size)
    nbytes = math.prod(header.shape) * kind.size
    if math.prod(size or 1 for size in header.shape) > COUNTABLE or nbytes > ABSURD:
        why = f"its shape {list(header.shape[:8])} needs {nbytes} bytes, more than any file has"
        raise MalformedError("this is not a sound array file", why=why, offset=at, rule=SHAPE_RULE)
    if header.start + nbytes > reader.size:
        why = f"the payload has {nbytes} bytes, {reader.size - header.start} follow the header"
        raise MalformedError("this is not a sound array file", why=why, offset=at, rule=PAYLOAD_RULE)
    return NpyArray(header, kind, nbytes, header.start + nbytes)


def tensor_of(array: NpyArray, name: str, path: str) -> TensorInfo:
    """The array as a tensor whose payload lies in `path` where the array's own file has it."""
    kind = array.kind or NpyType(0, "UNKNOWN")
    shape = (*array.header.shape, *kind.shape)
    column_major = array.header.column_major and sum(size > 1 for size in array.header.shape) > 1
    words = (kind.encoding, "column-major" if column_major else "")
    encoding = ", ".join(filter(None, words))
    return TensorInfo(name, kind.dtype, shape, path, array.header.start, array.nbytes, encoding)


class _Reading:
    """What is known while one file is read."""

    __slots__ = ("arrays", "coverage", "descent", "found", "members", "path", "reader", "reason")

    def __init__(self, reader: RangeReader, path: str, descent: Descent) -> None:
        self.reader = reader
        self.path = path
        self.descent = descent
        self.found = AnomalyList()
        self.arrays: list[NpyArray] = []
        self.members: list[FileFacts] = []
        self.coverage = Coverage.COMPLETE
        self.reason = ""

    def run(self) -> None:
        """Every array, then what follows the last.

        Raises:
            MalformedError: an array is broken.
        """
        at = 0
        while True:
            array = array_at(self.reader, at)
            self.arrays.append(array)
            if array.header.length > LONG_HEADER:
                self.found.add(LONG_RULE, f"the header has {array.header.length} bytes", offset=at)
            if array.kind is not None and array.kind.has_objects:
                self._objects(array)
                return
            at = array.end
            if self.reader.read(at, len(MAGIC)) != MAGIC:
                break
            if len(self.arrays) >= MAX_ARRAYS:
                self.coverage, self.reason = Coverage.PARTIAL, f"only {MAX_ARRAYS} arrays are read"
                return
        if at < self.reader.size:
            self._tail(at)

    def _objects(self, array: NpyArray) -> None:
        at = array.header.start
        self.found.add(OBJECTS_RULE, "the items are Python objects, kept as a pickle", offset=at)
        rest = SliceReader(self.reader, at, self.reader.size - at)
        self.members.append(as_pickle(self.descent).member(rest, f"{self.path}{BETWEEN}objects"))

    def _tail(self, at: int) -> None:
        tail = SliceReader(self.reader, at, self.reader.size - at)
        kind = identify(tail, "tail")
        if kind in _HARMLESS_TAILS:
            self.found.add(TAIL_RULE, f"{tail.size} bytes follow the last array", offset=at)
            return
        self.found.add(SMUGGLED_RULE, f"{tail.size} bytes of {kind} follow the last array", offset=at)
        self.members.append(self.descent.member(tail, f"{self.path}{BETWEEN}tail"))

    def facts(self) -> FileFacts:
        """What was read."""
        named = [(f"array{i}" if len(self.arrays) > 1 else "array", a) for i, a in enumerate(self.arrays)]
        plain = [tensor_of(a, name, self.path) for name, a in named if a.kind and not a.kind.has_objects]
        orders = ["column-major" if a.header.column_major else "row-major" for a in self.arrays]
        stated = Fact("numpy.order", orders[0], Basis.DECLARED, self.path) if orders else None
        return FileFacts(
            self.path,
            FORMAT,
            self.coverage,
            self.reason,
            tensors=tuple(plain),
            metadata=(stated,) if stated else (),
            anomalies=self.found.as_tuple(),
            members=tuple(self.members),
        )


def as_pickle(descent: Descent) -> Descent:
    """A descent whose next member is read as a pickle, whatever it looks like to others.

    The loader calls the unpickler without looking, so neither may we.
    """

    def read(reader: RangeReader, path: str, inner: Descent) -> FileFacts:
        from weigh.formats.pickle import read_pickle

        return read_pickle(reader, path, replace(inner, read=descent.read))

    return replace(descent, read=read)
