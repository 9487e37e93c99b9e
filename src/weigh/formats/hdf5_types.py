"""HDF5 datatypes, dataspaces and attribute values.

Source: "HDF5 File Format Specification Version 3.0", IV.A.2.b (dataspace), IV.A.2.d (datatype),
IV.A.2.m (attribute).
"""

import math
from dataclasses import dataclass
from enum import Enum

from weigh.core.errors import MalformedError
from weigh.formats.hdf5_file import ABSURD, FAR, Fields, Hdf5File, Message

MAX_ATTRIBUTE = 16 * 1024 * 1024
"""Bytes of one attribute's value that are read: `model_config` of the largest models has a few MiB."""
MAX_STRINGS = 100_000
MAX_NESTED = 8
"""Datatypes inside datatypes."""


class Kind(Enum):
    """What a value is, as far as it matters here."""

    NUMBER = "number"
    TEXT = "text of fixed size"
    LONG_TEXT = "text of any size, in a global heap"
    OTHER = "something else"


@dataclass(frozen=True, slots=True)
class Datatype:
    """A datatype.

    Attributes:
        dtype: a key of DTYPE_BITS; UNKNOWN for what has none.
        size: bytes of one element.
        kind: what it holds.
        encoding: "big-endian" where it is, what it is where dtype is UNKNOWN.
    """

    dtype: str
    size: int
    kind: Kind
    encoding: str = ""


_INTEGERS = {
    (1, 1): "I8",
    (2, 1): "I16",
    (4, 1): "I32",
    (8, 1): "I64",
    (1, 0): "U8",
    (2, 0): "U16",
    (4, 0): "U32",
    (8, 0): "U64",
}
_FLOATS = {(2, 5): "F16", (2, 8): "BF16", (4, 8): "F32", (8, 11): "F64", (1, 4): "F8_E4M3", (1, 5): "F8_E5M2"}
_NAMES = {
    2: "time",
    4: "bits",
    5: "opaque",
    6: "compound",
    7: "reference",
    8: "enumeration",
    9: "sequence",
    10: "array",
}


def read_datatype(cursor: Fields, nested: int = 0) -> Datatype:
    """The datatype at a cursor; of compound types no more than needed to know complex numbers.

    Raises:
        MalformedError: it is broken.
    """
    head = cursor.take(8)
    kind, bits, size = head[0] & 15, head[1:4], int.from_bytes(head[4:8], "little")
    big = "big-endian" if bits[0] & 1 and size > 1 else ""
    if kind == 0:
        cursor.skip(min(4, cursor.left))
        return Datatype(_INTEGERS.get((size, bits[0] >> 3 & 1), "UNKNOWN"), size, Kind.NUMBER, big)
    if kind == 1:
        exponent = cursor.take(12)[5]
        return Datatype(_FLOATS.get((size, exponent), "UNKNOWN"), size, Kind.NUMBER, big)
    if kind == 3:
        return Datatype("STRING", size, Kind.TEXT)
    if kind == 9 and bits[0] & 15 == 1:
        return Datatype("STRING", size, Kind.LONG_TEXT)
    if kind == 8 and nested < MAX_NESTED:
        inner = read_datatype(cursor, nested + 1)
        # h5py writes truth values as an enumeration of FALSE and TRUE over one byte
        truth = inner.size == 1 and b"FALSE" in cursor.rest()[:32]
        return (
            Datatype("BOOL", 1, Kind.NUMBER)
            if truth
            else Datatype(inner.dtype, size, Kind.NUMBER, inner.encoding)
        )
    if kind == 6:
        found = cursor.rest()
        pair = int.from_bytes(bits[:2], "little") == 2 and found[:1] == b"r" and b"i\0" in found
        if pair and size in {8, 16}:
            return Datatype("C64" if size == 8 else "C128", size, Kind.NUMBER)
    if kind == 11:
        return Datatype({8: "C64", 16: "C128"}.get(size, "UNKNOWN"), size, Kind.NUMBER)
    return Datatype("UNKNOWN", size, Kind.OTHER, _NAMES.get(kind, f"datatype class {kind}"))


def read_dataspace(file: Hdf5File, cursor: Fields) -> tuple[int, ...] | None:
    """The shape at a cursor; () for one value, None for a dataspace without values.

    Raises:
        MalformedError: it is broken, or more values than can be counted.
    """
    start = cursor.offset + cursor.at
    version, rank, flags, kind = cursor.take(4)
    if version == 1:
        cursor.skip(4)
    elif version != 2:
        raise file.bad(f"a dataspace has the unknown version {version}", start)
    elif kind == 2:
        return None
    if rank > 32:
        raise file.bad(f"a dataspace has {rank} dimensions, 32 are allowed", start)
    shape = tuple(cursor.length() for _ in range(rank))
    if flags & 1:
        for _ in range(rank):
            cursor.length()
    if math.prod(shape) >= 1 << 63 or any(d >= FAR for d in shape):
        raise file.bad(f"the shape {list(shape)} has more elements than can be counted", start, ABSURD)
    return shape


def shared_body(file: Hdf5File, message: Message, kind: int) -> Fields:
    """A cursor over a message's body, wherever it lies (IV.A.2: shared messages).

    Raises:
        MalformedError: the message it points to is not there.
    """
    if not message.flags & 2:
        return file.fields(message.body, message.offset)
    return _follow(file, file.fields(message.body, message.offset), kind)


def _follow(file: Hdf5File, cursor: Fields, kind: int) -> Fields:
    """The message that a shared message's place points to: in another object header, or in a heap."""
    start = cursor.offset
    version, where = cursor.byte(), cursor.byte()
    if version == 1:
        cursor.skip(6)
    if version == 3 and where == 1:
        raise file.bad("a message lies in the shared message heap, which is not read", start)
    address = cursor.address()
    for message in file.messages(address):
        if message.kind == kind and not message.flags & 2:
            return file.fields(message.body, message.offset)
    raise file.bad("a shared message is not where it should be", start)


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute's name and how its value lies.

    Attributes:
        value: the texts of a text attribute; None for another, or one that is too long.
        raw: the bytes of the first text, or of a value without a type.
    """

    name: str
    value: tuple[str, ...] | None
    raw: bytes = b""


def read_attribute(file: Hdf5File, message: Message) -> Attribute:
    """The attribute of a message.

    Raises:
        MalformedError: it is broken.
    """
    cursor = shared_body(file, message, 12)
    start = cursor.offset
    version, flags = cursor.byte(), cursor.byte()
    sizes = [cursor.number(2) for _ in range(3)]
    if version == 3:
        cursor.byte()
    elif version not in {1, 2}:
        raise file.bad(f"an attribute has the unknown version {version}", start)
    padded = [size + (-size % 8 if version == 1 else 0) for size in sizes]
    name = cursor.take(padded[0]).partition(b"\0")[0].decode("utf-8", "backslashreplace")
    types = file.fields(cursor.take(padded[1]), cursor.offset)
    space = file.fields(cursor.take(padded[2]), cursor.offset)
    if version > 1 and flags & 1:
        types = _follow(file, types, 3)
    if version > 1 and flags & 2:
        space = _follow(file, space, 1)
    datatype, shape = read_datatype(types), read_dataspace(file, space)
    if datatype.encoding == "opaque" and shape is not None and math.prod(shape) == 1:
        return Attribute(name, None, cursor.take(min(datatype.size, cursor.left)))
    raws = _texts(file, datatype, shape, cursor)
    if raws is None:
        return Attribute(name, None)
    texts = tuple(raw.rstrip(b"\0").decode("utf-8", "backslashreplace") for raw in raws)
    return Attribute(name, texts, raws[0] if raws else b"")


def _texts(
    file: Hdf5File, datatype: Datatype, shape: tuple[int, ...] | None, cursor: Fields
) -> tuple[bytes, ...] | None:
    count = 0 if shape is None else math.prod(shape)
    if datatype.kind not in {Kind.TEXT, Kind.LONG_TEXT} or count > MAX_STRINGS:
        return None
    texts: list[bytes] = []
    room = MAX_ATTRIBUTE
    for _ in range(count):
        raw = cursor.take(datatype.size)
        if datatype.kind is Kind.LONG_TEXT:
            place = file.fields(raw, cursor.offset)
            size, address, index = place.number(4), place.address(), place.number(4)
            absent = not size or address in {0, file.undefined}
            raw = b"" if absent else long_text(file, address, index, size)
        room -= len(raw)
        if room < 0:
            return None
        texts.append(raw)
    return tuple(texts)


def long_text(file: Hdf5File, address: int, index: int, size: int) -> bytes:
    """The bytes of a text in a global heap, cut at what is read.

    Raises:
        MalformedError: the heap is broken.
    """
    try:
        return file.heap_object(address, index, size)
    except MalformedError as error:
        if error.rule:
            raise
        raise file.bad("a text lies outside its heap", file.base) from error
