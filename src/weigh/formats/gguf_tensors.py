"""GGUF tensor entries: form, place, and whether the places fit the file and each other."""

from collections.abc import Iterable
from dataclasses import dataclass

from weigh.core.errors import MalformedError
from weigh.core.ports import RangeReader
from weigh.core.tensor import TensorInfo
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.gguf_cursor import Cursor
from weigh.formats.gguf_types import MOST_TYPE, block, described

MAX_DIMENSIONS = 4
"""ggml keeps sizes in an array of four."""
MAX_NAME = 256
"""Bytes. ggml keeps 64; some builds of it 128."""
MOST_BYTES = 1 << 40
"""Of one tensor. The largest in use, stacked experts, are below 2^36."""
MOST_OFFSET = 1 << 48
_COUNTABLE = 1 << 63

_FILES = (
    b"PK\x03\x04",
    b"\x7fELF",
    b"MZ",
    b"#!",
    b"\x80\x02",
    b"\x80\x03",
    b"\x80\x04",
    b"\x80\x05",
    b"7z\xbc\xaf",
)
"""How files begin that have no place between tensors."""
_LOOKED_AT = 4096
"""Bytes looked at of a region that belongs to no tensor."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One tensor as the header states it.

    Attributes:
        name: hostile text.
        dims: sizes, innermost first.
        kind: type number.
        offset: from the start of the tensors' bytes.
        at: where the entry stands.
        size: bytes; -1 where they cannot be known.
    """

    name: str
    dims: tuple[int, ...]
    kind: int
    offset: int
    at: int
    size: int


def read_entry(cursor: Cursor, found: AnomalyList) -> Entry:
    """Read one tensor's entry.

    Raises:
        MalformedError: the file ends, or claims what no reader takes.
    """
    start = cursor.position
    name, length = cursor.text("a tensor's name", MAX_NAME)
    if length > MAX_NAME:
        raise MalformedError(
            f"a tensor's name has {length} bytes", why="readers keep 64", offset=start, rule="WGH-GG007"
        )
    count = cursor.whole("I")
    if count > MAX_DIMENSIONS:
        raise MalformedError(
            f"the tensor {quoted(name)} has {count} dimensions",
            why="the format has at most 4, and readers keep them in an array of that size",
            offset=start,
            rule="WGH-GG009",
        )
    dims = tuple(cursor.whole("Q" if cursor.wide else "I") for _ in range(count))
    kind = cursor.whole("I")
    offset = cursor.whole("Q")
    return Entry(name, dims, kind, offset, start, _size(name, dims, kind, start, found))


def _size(name: str, dims: tuple[int, ...], kind: int, start: int, found: AnomalyList) -> int:
    count = 1
    for size in dims:
        if size >= _COUNTABLE:
            count = _COUNTABLE
        count = min(count * size, _COUNTABLE) if count < _COUNTABLE else count
    form = block(kind)
    if form is None and kind >= MOST_TYPE:
        detail = f"the tensor {quoted(name)} has the type {kind}, which no version knows"
        found.add("WGH-GG016", detail, offset=start)
    values, size = form[1:] if form else (1, 1)
    total = count // values * size
    if count >= _COUNTABLE or total > MOST_BYTES:
        detail = f"the tensor {quoted(name)} of {list(dims)} has more values than any file holds"
        found.add("WGH-GG010", detail, offset=start)
        return -1
    if 0 in dims:
        found.add("WGH-GG018", f"the tensor {quoted(name)} has a size of 0", offset=start)
    elif form and (dims[0] if dims else 1) % values:
        detail = (
            f"rows of the tensor {quoted(name)} have {dims[0] if dims else 1} values, blocks have {values}"
        )
        found.add("WGH-GG017", detail, offset=start)
    return total if form else -1


def judge_entries(
    reader: RangeReader, entries: list[Entry], start: int, alignment: int, found: AnomalyList
) -> None:
    """Hold all tensors against the file and against each other.

    Args:
        reader: the file.
        entries: in file order.
        start: first byte that may belong to a tensor.
        alignment: bytes every tensor begins at a multiple of.
        found: where anomalies go.
    """
    names: set[str] = set()
    for entry in entries:
        if entry.name in names:
            found.add("WGH-GG015", f"the tensor {quoted(entry.name)} stands twice", offset=entry.at)
        names.add(entry.name)
        if entry.offset % alignment:
            detail = f"the tensor {quoted(entry.name)} begins at {entry.offset}, no multiple of {alignment}"
            found.add("WGH-GG014", detail, offset=entry.at)
    if all(entry.size >= 0 for entry in entries):
        _judge_places(reader, entries, start, alignment, found)
    else:
        known = [e for e in entries if e.offset > MOST_OFFSET]
        for entry in known:
            _beyond(entry, reader.size, found, absurd=True)


def _judge_places(
    reader: RangeReader, entries: list[Entry], start: int, alignment: int, found: AnomalyList
) -> None:
    room = max(0, reader.size - start)
    in_order = _follow_each_other(entries, alignment)
    reached = 0
    for entry in sorted(entries, key=lambda e: (e.offset, e.size)):
        if entry.offset + entry.size > room:
            _beyond(entry, room, found, absurd=not in_order or entry.offset > MOST_OFFSET)
            continue
        if entry.offset < reached and entry.size:
            found.add("WGH-GG013", f"the tensor {quoted(entry.name)} shares bytes", offset=entry.at)
        elif entry.offset - reached >= alignment:
            where = f"before the tensor {quoted(entry.name)}"
            _judge_region(reader, start + reached, start + entry.offset, where, found)
        reached = max(reached, entry.offset + entry.size)
    padded = -(-reached // alignment) * alignment
    if room > padded:
        _judge_region(reader, start + padded, reader.size, "after the last tensor", found)


def _follow_each_other(entries: Iterable[Entry], alignment: int) -> bool:
    """Whether every tensor begins where the one before ends, padded: what all writers do.

    A file of which only the end is missing still has this order.
    """
    reached = 0
    for entry in entries:
        if entry.offset not in (reached, reached + (-reached) % alignment):
            return False
        reached = entry.offset + entry.size
    return True


def _beyond(entry: Entry, room: int, found: AnomalyList, *, absurd: bool) -> None:
    place = f"lies at [{entry.offset}, {entry.offset + max(entry.size, 0)}) of {room} bytes"
    rule = "WGH-GG012" if absurd else "WGH-GG011"
    found.add(rule, f"the tensor {quoted(entry.name)} {place}", offset=entry.at)


def _judge_region(reader: RangeReader, start: int, end: int, where: str, found: AnomalyList) -> None:
    """Bytes that belong to no tensor."""
    head = reader.read(start, min(end - start, _LOOKED_AT))
    body = head.lstrip(b"\0")
    if not body and end == reader.size and end - start <= _LOOKED_AT:
        return  # filled up to a page
    if body.startswith(_FILES):
        found.add("WGH-GG020", f"another file of {end - start} bytes lies {where}", offset=start)
    else:
        found.add("WGH-GG019", f"{end - start} bytes {where} belong to none", offset=start)


def tensor_info(entry: Entry, path: str, start: int, *, big: bool) -> TensorInfo:
    """What other rooms see of an entry; sizes outermost first."""
    dtype, encoding = described(entry.kind, big=big)
    known = entry.size >= 0
    shape = tuple(reversed(entry.dims)) if known else (-1,)
    offset = start + entry.offset if entry.offset <= MOST_OFFSET else -1
    return TensorInfo(entry.name, dtype, shape, path, offset, max(entry.size, 0), encoding)
