"""Where an HDF5 dataset's values lie: in its header, in one piece, in chunks, or in other files.

Source: "HDF5 File Format Specification Version 3.0", IV.A.2.h (external files), IV.A.2.i (layout),
IV.A.2.l (filters).
"""

import math
import re
from dataclasses import dataclass

from weigh.core.tensor import TensorInfo
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.hdf5_file import ABSURD, BEYOND, BROKEN, Fields, Hdf5File, Message
from weigh.formats.hdf5_groups import tree_leaves
from weigh.formats.hdf5_types import read_dataspace, read_datatype, shared_body

EXTERNAL_STORAGE = "WGH-HD003"
BOMB = "WGH-HD007"
ELSEWHERE = "WGH-HD010"
CODE_FILTER = "WGH-HD011"

LEAST_BOMB = 256 * 1024**2
MOST_RATIO = 1100
"""Above what deflate can pack (1,032 to 1): such values are in no file, a reader would make them up."""

_FILTERS = {
    1: "deflate", 2: "shuffle", 3: "fletcher32", 4: "szip", 5: "nbit", 6: "scaleoffset", 32000: "lzf",
    32001: "blosc", 32004: "lz4", 32008: "bitshuffle", 32013: "zfp", 32015: "zstd", 32026: "blosc2",
}  # fmt: skip
_INDEXES = {1: "single chunk", 2: "implicit", 3: "fixed array", 4: "extensible array", 5: "B-tree"}
_OUTSIDE = re.compile(
    rb"^[\\/~]|^[A-Za-z]:[\\/]|://|(?:^|[\\/\0])\.\.[\\/]|\0/(?:etc|home|root|proc|var|tmp|usr)/"
)
"""A file's name that leaves the folder; behind the first name, those of system folders."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Where values lie.

    Attributes:
        offset: of one plain piece, -1 where there is none.
        nbytes: bytes in the file, -1 where only reading an index would tell.
        encoding: how, "" for one plain piece.
    """

    offset: int
    nbytes: int
    encoding: str


def read_dataset(
    file: Hdf5File, name: str, path: str, messages: list[Message], found: AnomalyList
) -> TensorInfo | None:
    """The tensor of a dataset, or None where it holds no values.

    Args:
        file: the file.
        name: path of the dataset in it.
        path: of the file inside the snapshot.
        messages: of its object header.
        found: takes what is wrong.

    Raises:
        MalformedError: its header is broken.
    """
    by_kind = {message.kind: message for message in reversed(messages)}
    if 3 not in by_kind or 1 not in by_kind or 8 not in by_kind:
        return None
    datatype = read_datatype(shared_body(file, by_kind[3], 3))
    shape = read_dataspace(file, shared_body(file, by_kind[1], 1))
    if 7 in by_kind:
        _external(file, name, by_kind[7], found)
    filters = _filters(file, by_kind[11]) if 11 in by_kind else []
    if shape is None:
        return None
    need = math.prod(shape) * datatype.size
    if need >= 1 << 63:
        raise file.bad(f"the shape {list(shape)} needs more bytes than can be counted", 0, ABSURD)
    stored = _layout(file, name, by_kind[8], need, found)
    most = file.size if stored.nbytes < 0 else stored.nbytes
    unwritten = need > LEAST_BOMB and need > most * MOST_RATIO
    if unwritten and 7 not in by_kind and "virtual" not in stored.encoding:
        why = f"has the shape {list(shape)} of {need} bytes, {most} can be in the file"
        found.add(BOMB, f"the dataset {quoted(name)} {why}", offset=by_kind[1].offset)
    if any(f.startswith("filter ") for f in filters):
        found.add(CODE_FILTER, f"the dataset {quoted(name)} is packed by {', '.join(filters)[:200]}")
    encoding = ", ".join(part for part in (datatype.encoding, stored.encoding, *filters) if part)
    return TensorInfo(name, datatype.dtype, shape, path, stored.offset, max(0, stored.nbytes), encoding[:300])


def _filters(file: Hdf5File, message: Message) -> list[str]:
    cursor = shared_body(file, message, 11)
    version, count = cursor.byte(), cursor.byte()
    if version == 1:
        cursor.skip(6)
    names: list[str] = []
    for _ in range(min(count, 32)):
        number = cursor.number(2)
        length = cursor.number(2) if version == 1 or number >= 256 else 0
        cursor.skip(2)
        values = cursor.number(2)
        cursor.skip(length + (-length % 8 if version == 1 else 0))
        cursor.skip(4 * values + (4 if version == 1 and values % 2 else 0))
        names.append(_FILTERS.get(number, f"filter {number}"))
    return names


def _external(file: Hdf5File, name: str, message: Message, found: AnomalyList) -> None:
    """Raw values in other files: each has a name in a local heap."""
    cursor = file.fields(message.body, message.offset)
    cursor.skip(6)
    count, heap = cursor.number(2), cursor.address()
    head = file.fields(file.block(heap, 8 + 2 * file.length_size + file.offset_size), file.base + heap)
    head.skip(8)
    size = head.length()
    head.length()
    start = head.address()
    names = file.block(start, min(size, 65_536))
    for _ in range(min(count, 100)):
        at = cursor.length()
        cursor.length()
        cursor.length()
        target = names[at : names.find(b"\0", at)].decode("utf-8", "backslashreplace")
        found.add(EXTERNAL_STORAGE, f"the values of {quoted(name)} lie in the file {quoted(target)}")


def _layout(file: Hdf5File, name: str, message: Message, need: int, found: AnomalyList) -> Stored:
    cursor = shared_body(file, message, 8)
    version = cursor.byte()
    if version in {1, 2}:
        return _old_layout(file, name, cursor, need, found)
    if version not in {3, 4, 5}:
        raise file.bad(f"a layout has the unknown version {version}", message.offset)
    kind = cursor.byte()
    if kind == 0:
        size = cursor.number(2)
        start = message.offset + cursor.at
        cursor.skip(size)
        return _piece(file, name, start, size, need, found)
    if kind == 1:
        address, size = cursor.address(), cursor.length()
        return _contiguous(file, name, address, size, need, found)
    if kind == 2:
        return _chunks(file, cursor) if version == 3 else _new_chunks(file, cursor)
    if kind == 3:
        return _virtual(file, name, cursor, found)
    raise file.bad(f"a layout of the unknown class {kind}", message.offset)


def _old_layout(file: Hdf5File, name: str, cursor: Fields, need: int, found: AnomalyList) -> Stored:
    """Versions 1 and 2: rank, class, reserved bytes, address, dimensions."""
    rank, kind = cursor.byte(), cursor.byte()
    cursor.skip(5)
    address = cursor.address() if kind else 0
    sizes = [cursor.number(4) for _ in range(rank)]
    if kind == 0:
        size = cursor.number(4)
        start = cursor.offset + cursor.at
        cursor.skip(size)
        return _piece(file, name, start, size, need, found)
    if kind == 1:
        return _contiguous(file, name, address, need, need, found)
    if address == file.undefined:
        return Stored(-1, 0, "chunked")
    return _chunk_tree(file, address, len(sizes))


def _piece(file: Hdf5File, name: str, start: int, size: int, need: int, found: AnomalyList) -> Stored:
    if size < need:
        found.add(BROKEN, f"the dataset {quoted(name)} needs {need} bytes and has {size}", offset=start)
    if start + size > file.size:
        found.add(BEYOND, f"the dataset {quoted(name)} lies beyond the file", offset=start)
    return Stored(start, min(size, need) if size >= need else size, "")


def _contiguous(file: Hdf5File, name: str, address: int, size: int, need: int, found: AnomalyList) -> Stored:
    if address == file.undefined:
        return Stored(-1, 0, "not written" if need else "")
    if size and size < need:
        found.add(BROKEN, f"the dataset {quoted(name)} needs {need} bytes and has {size}")
    start = file.place(address, max(size, need))
    return Stored(start, need, "")


def _chunks(file: Hdf5File, cursor: Fields) -> Stored:
    rank, address = cursor.byte(), cursor.address()
    if address == file.undefined:
        return Stored(-1, 0, "chunked")
    return _chunk_tree(file, address, rank)


def _chunk_tree(file: Hdf5File, address: int, rank: int) -> Stored:
    """Chunks that a B-tree of version 1 finds: every key begins with the bytes of its chunk."""
    total, last = 0, -1
    count = 0
    for key, child in tree_leaves(file, address, 1, 8 + 8 * rank):
        size = int.from_bytes(key[:4], "little")
        last = file.place(child, size)
        total += size
        count += 1
    return Stored(-1 if count != 1 else last, total, f"{count} chunks")


def _new_chunks(file: Hdf5File, cursor: Fields) -> Stored:
    """Version 4 and 5: the size in the file stands in the header only for a single packed chunk."""
    flags, rank, width = cursor.byte(), cursor.byte(), cursor.byte()
    cursor.skip(rank * width)
    kind = cursor.byte()
    encoding = f"chunks, {_INDEXES.get(kind, 'unknown index')}"
    if kind == 1 and flags & 2:
        size = cursor.length()
        cursor.skip(4)
        address = cursor.address()
        if address == file.undefined:
            return Stored(-1, 0, encoding)
        return Stored(file.place(address, size), size, encoding)
    cursor.skip({3: 1, 4: 5, 5: 6}.get(kind, 0))
    address = cursor.address()
    if address == file.undefined:
        return Stored(-1, 0, encoding)
    file.place(address, 1)
    return Stored(-1, -1, encoding)


def _virtual(file: Hdf5File, name: str, cursor: Fields, found: AnomalyList) -> Stored:
    """A dataset put together from others, which may lie in other files (III.E, "Virtual Dataset")."""
    address, index = cursor.address(), cursor.number(4)
    if address == file.undefined:
        return Stored(-1, 0, "virtual")
    raw = file.heap_object(address, index, 1024 * 1024)
    source = raw[1 + file.length_size :].partition(b"\0")[0]
    if _OUTSIDE.search(raw[1 + file.length_size :]):
        found.add(EXTERNAL_STORAGE, f"the values of {quoted(name)} lie in {quoted(_text(source))}")
    elif source != b".":
        found.add(ELSEWHERE, f"the values of {quoted(name)} lie in {quoted(_text(source))}")
    return Stored(-1, 0, "virtual")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
