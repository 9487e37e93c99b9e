"""The index of one pack of a remote: which objects it holds, where, and what each leads to.

```
16 bytes `weigh index 1` · u64 bytes of the document · zstd frame of it · 32 bytes BLAKE3 of all before
```

With the indexes alone a puller knows every byte range it needs before it asks for the first. They are advice:
what is received is judged by its own hash, and what an index leaves out is missed and named.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from weigh.core.errors import MalformedError
from weigh.store.packs.objects import MOST_DEPTH
from weigh.store.packs.pack_file import START as PACK_START, Spot
from weigh.store.packs.record import HEAD, TAIL, Kind

START = b"weigh index 1\n\0\0"
MOST_BYTES = 64 * 1024 * 1024
"""Bytes of an index file."""
_MOST_DOCUMENT = 256 * 1024 * 1024
_SIZE = struct.Struct("<Q")
_SMALLEST = HEAD.size + TAIL.size


@dataclass(frozen=True, slots=True)
class Line:
    """One object of a pack.

    Attributes:
        id: its name.
        kind: what it is.
        spot: in the pack.
        size: bytes of its content.
        depth: chunks that must be decoded before it, at most.
        links: ids of what it leads to: a commit to its tree, then its parents; a tree to files; a file to
            payloads; a payload to chunks; a chunk to what it is decoded from.
    """

    id: bytes
    kind: Kind
    spot: Spot
    size: int
    depth: int
    links: tuple[bytes, ...]


class _Document(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    version: int
    pack_size: int
    ids: bytes
    lines: list[tuple[int, int, int, int, int, list[int]]]


def dump_index(pack_size: int, lines: Iterable[Line]) -> bytes:
    """The index as it is stored."""
    from blake3 import blake3
    from zstandard import ZstdCompressor

    listed = tuple(lines)
    numbers = {line.id: number for number, line in enumerate(listed)}
    for line in listed:
        for link in line.links:
            numbers.setdefault(link, len(numbers))
    document = _Document(
        1,
        pack_size,
        b"".join(numbers),
        [
            (int(x.kind), x.spot.offset, x.spot.length, x.size, x.depth, [numbers[i] for i in x.links])
            for x in listed
        ],
    )
    raw = msgspec.msgpack.encode(document)
    data = START + _SIZE.pack(len(raw)) + ZstdCompressor(level=3).compress(raw)
    return data + blake3(data).digest()


def load_index(data: bytes, pack: str) -> tuple[Line, ...]:
    """The inverse.

    Args:
        data: of the file.
        pack: hexadecimal name of the pack, for messages.

    Raises:
        MalformedError: it is damaged, or describes what no pack can hold.
    """
    raw = _document_bytes(data, pack)
    try:
        document = msgspec.msgpack.decode(raw, type=_Document)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise _damaged(pack, str(error)) from error
    ids = [document.ids[at : at + 32] for at in range(0, len(document.ids), 32)]
    if document.version != 1 or len(document.ids) % 32 or len(ids) < len(document.lines):
        raise _damaged(pack, "it is of another version, or its ids are cut off")
    try:
        return tuple(_line(ids, number, line, document) for number, line in enumerate(document.lines))
    except (ValueError, IndexError) as error:
        raise _damaged(pack, str(error)) from error


def _line(
    ids: list[bytes], number: int, line: tuple[int, int, int, int, int, list[int]], document: _Document
) -> Line:
    kind, offset, length, size, depth, links = line
    inside = len(PACK_START) <= offset and _SMALLEST <= length <= document.pack_size - offset
    if not inside or not 0 <= depth <= MOST_DEPTH or size < 0 or any(i < 0 for i in links):
        raise ValueError(f"line {number} describes what no pack can hold")
    return Line(ids[number], Kind(kind), Spot(offset, length), size, depth, tuple(ids[i] for i in links))


def _document_bytes(data: bytes, pack: str) -> bytes:
    from blake3 import blake3
    from zstandard import ZstdError

    head = len(START) + _SIZE.size
    if len(data) < head + 32 or not data.startswith(START):
        raise _damaged(pack, "it begins otherwise, or is cut off")
    if blake3(memoryview(data)[:-32]).digest() != data[-32:]:
        raise _damaged(pack, "its hash is another one")
    (size,) = _SIZE.unpack_from(data, len(START))
    if size > _MOST_DOCUMENT:
        raise _damaged(pack, f"it claims {size:,} bytes")
    try:
        raw = _bounded(data[head:-32], size)
    except ZstdError as error:
        raise _damaged(pack, str(error)) from error
    if len(raw) != size:
        raise _damaged(pack, "it holds another number of bytes than it says")
    return raw


def _bounded(frame: bytes, size: int) -> bytes:
    """At most `size` + 1 bytes of a frame, whatever it claims itself."""
    import io

    from zstandard import ZstdDecompressor

    return ZstdDecompressor().stream_reader(io.BytesIO(frame)).read(size + 1)


def _damaged(pack: str, why: str) -> MalformedError:
    return MalformedError(
        f"the index of the pack {pack[:16]} at the remote is damaged",
        why=why,
        hint="delete it there: the next push of its versions writes it again",
    )
