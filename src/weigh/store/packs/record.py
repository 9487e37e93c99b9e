"""A record: one object in a pack, described completely, so that an index can always be made again.

```
u32 magic · u8 kind · u8 codec · u8 width · u8 flags · u64 size · u32 length · u32 refs · u32 params
u8 depth · 3 zero bytes · 32 bytes id · refs x 32 bytes · params bytes · length bytes of body
u32 crc32 of all before it
```

All numbers are little-endian. The id is the BLAKE3 hash of the content, whichever way it is kept.
"""

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum

from weigh.core.errors import MalformedError

MAGIC = 0x63725767  # "gWrc"
HEAD = struct.Struct("<IBBBBQIIIB3x32s")
TAIL = struct.Struct("<I")
SIGNED = 1
"""Flag: the elements are sign and magnitude."""
MOST_SIZE = 1 << 50
"""Bytes of one object's content. Lists stand for payloads of any size; nothing is allocated by it."""


class Kind(IntEnum):
    """What an object is. The numbers stand in packs and never change their meaning."""

    CHUNK = 1
    LIST = 2
    FILE = 3
    TREE = 4
    COMMIT = 5


@dataclass(frozen=True, slots=True)
class Record:
    """One object as it is kept.

    Attributes:
        id: BLAKE3 of the content, 32 bytes.
        kind: what it is.
        codec: how a chunk is kept, a number of `codecs.ladder.Codec`; the others are kept as ZSTD or RAW.
        width: bytes of an element, for the codec.
        signed: the elements are sign and magnitude.
        size: bytes of the content.
        depth: how many other chunks must be decoded first, at most.
        refs: ids of what is needed to decode it, or of what it lists.
        params: of a recipe.
        body: the bytes kept.
    """

    id: bytes
    kind: Kind
    codec: int
    width: int
    signed: bool
    size: int
    depth: int
    refs: tuple[bytes, ...]
    params: bytes
    body: "bytes | memoryview"

    def packed(self) -> "tuple[bytes, bytes | memoryview, bytes]":
        """The record as it stands in a pack: what comes before the body, the body, and what follows it."""
        flags = SIGNED if self.signed else 0
        head = HEAD.pack(
            MAGIC, self.kind, self.codec, self.width, flags, self.size, len(self.body), len(self.refs),
            len(self.params), self.depth, self.id,
        )  # fmt: skip
        before = b"".join((head, *self.refs, self.params))
        return before, self.body, TAIL.pack(zlib.crc32(self.body, zlib.crc32(before)))


def length_of(head: bytes) -> int:
    """Bytes of the whole record that begins with `head`.

    Raises:
        MalformedError: no record begins so.
    """
    magic, _, _, _, _, size, length, refs, params, _, _ = HEAD.unpack(head)
    if magic != MAGIC or size > MOST_SIZE:
        raise MalformedError("a pack is damaged", why="no record begins where one should")
    return int(HEAD.size + 32 * refs + params + length + TAIL.size)


def unpacked(data: bytes, *, checked: bool = True) -> Record:
    """The record that these bytes are. Its body is a view on them.

    Args:
        data: the whole record.
        checked: compare its checksum; whoever hashes what is decoded may go without.

    Raises:
        MalformedError: they are damaged.
    """
    if len(data) < HEAD.size + TAIL.size or length_of(data[: HEAD.size]) != len(data):
        raise MalformedError("a pack is damaged", why="a record is cut off")
    view = memoryview(data)
    if checked and TAIL.unpack_from(data, len(data) - TAIL.size)[0] != zlib.crc32(view[: -TAIL.size]):
        raise MalformedError("a pack is damaged", why="the checksum of a record is another one")
    _, kind, codec, width, flags, size, length, refs, params, depth, name = HEAD.unpack_from(data)
    at = HEAD.size
    listed = tuple(data[at + 32 * i : at + 32 * i + 32] for i in range(refs))
    at += 32 * refs
    try:
        what = Kind(kind)
    except ValueError as error:
        raise MalformedError("a pack is damaged", why=f"there is no kind {kind} of object") from error
    return Record(
        name, what, codec, width, bool(flags & SIGNED), size, depth, listed, data[at : at + params],
        view[at + params : at + params + length],
    )  # fmt: skip
