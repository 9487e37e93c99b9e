"""The frame of an HDF5 file: superblock, object headers and their messages, the global heap.

Every address is checked before it is followed and every block is read once, by offset, within limits.
Source: "HDF5 File Format Specification Version 3.0", sections II (superblock), III.E (global heap) and IV.A.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from weigh.core.errors import MalformedError
from weigh.core.ports import RangeReader
from weigh.formats.reader import read_exact

SIGNATURE = b"\x89HDF\r\n\x1a\n"
BROKEN = "WGH-HD001"
BEYOND = "WGH-HD002"
CYCLE = "WGH-HD005"
ABSURD = "WGH-HD006"

FAR = 1 << 48
"""An address above this is no damage: it is 2,000 times the largest files there are."""
MAX_BLOCK = 4 * 1024 * 1024
"""Bytes of one object header block, heap or tree node."""
MAX_TEXT = 32 * 1024 * 1024
"""Bytes of one text in a heap: `model_config` of the largest models has a few MiB."""
MAX_BYTES = 128 * 1024 * 1024
"""Bytes of structure that are read of one file; payloads are not counted."""
MAX_HEAPS = 64
"""Global heaps whose lists of objects are kept at a time; each has at most 65,535."""
MAX_MESSAGES = 20_000
"""Messages of one object: attributes are messages, and few objects have a thousand."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of an object header.

    Attributes:
        kind: its number (IV.A.2).
        flags: bit 1: the body is the place of a message that is shared.
        body: its bytes.
        offset: of the body in the file.
    """

    kind: int
    flags: int
    body: bytes
    offset: int


class Hdf5File:
    """Reads blocks of one file.

    Args:
        reader: its bytes.

    Attributes:
        base: the offset all addresses count from.
        end: the end of the file as it was written.
        root: address of the root group's object header.

    Raises:
        MalformedError: there is no superblock, or it is broken.
    """

    __slots__ = (
        "_heaps",
        "_left",
        "_reader",
        "base",
        "end",
        "length_size",
        "offset_size",
        "root",
        "undefined",
    )

    def __init__(self, reader: RangeReader) -> None:
        self._reader = reader
        self._left = MAX_BYTES
        self._heaps: dict[int, dict[int, tuple[int, int]]] = {}
        at = self._find()
        self.base = at
        version = self._raw(at + 8, 1)[0]
        if version in {0, 1}:
            sizes = self._raw(at + 13, 2)
        elif version in {2, 3}:
            sizes = self._raw(at + 9, 2)
        else:
            raise self.bad(f"the superblock has the unknown version {version}", at + 8)
        self.offset_size, self.length_size = sizes[0], sizes[1]
        if not {self.offset_size, self.length_size} <= {2, 4, 8}:
            raise self.bad(f"addresses of {self.offset_size} bytes are not allowed", at + 9)
        self.undefined = (1 << 8 * self.offset_size) - 1
        first = at + (12 if version >= 2 else 24 + 4 * version)
        if version >= 2 and at + 12 + 6 * self.offset_size > reader.size:
            raise self.bad("the file ends in its superblock", at, BEYOND)
        block = self._raw(first, 6 * self.offset_size)
        places = [
            int.from_bytes(block[i : i + self.offset_size], "little")
            for i in range(0, len(block), self.offset_size)
        ]
        self.end = places[2]
        # version 0 and 1 end in the root group's symbol table entry, which begins with the offset of its name
        self.root = places[3] if version >= 2 else places[5]
        if places[0] not in {0, at}:
            raise self.bad(f"the base address is {places[0]}, the superblock lies at {at}", first)

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._reader.size

    def _find(self) -> int:
        """The superblock lies at 0, 512, 1024 and so on by doubling."""
        at = 0
        while at + 8 <= min(self._reader.size, 1 << 30):
            if self._reader.read(at, 8) == SIGNATURE:
                return at
            at = max(512, at * 2)
        raise self.bad("there is no superblock", 0)

    def bad(self, why: str, offset: int, rule: str = BROKEN) -> MalformedError:
        """The error for a broken structure."""
        return MalformedError("the HDF5 structure is broken", why=why, offset=offset, rule=rule)

    def place(self, address: int, size: int) -> int:
        """The offset in the file of `size` bytes at an address.

        Raises:
            MalformedError: they do not lie in the file.
        """
        offset = self.base + address
        if address >= FAR or size >= FAR:
            raise self.bad(f"{size} bytes at address {address} lie absurdly far outside", 0, ABSURD)
        if offset + size > self._reader.size:
            raise self.bad(f"{size} bytes at address {address} lie beyond the file", offset, BEYOND)
        return offset

    def block(self, address: int, size: int) -> bytes:
        """`size` bytes at an address.

        Raises:
            MalformedError: they do not lie in the file, or are more than is read.
        """
        return self._raw(self.place(address, size), size)

    def _raw(self, offset: int, size: int, limit: int = MAX_BLOCK) -> bytes:
        self._left -= size
        if self._left < 0:
            raise self.bad("its structure is larger than what is read", offset, "")
        return read_exact(self._reader, offset, size, rule=BEYOND, limit=limit)

    def fields(self, data: bytes, offset: int, at: int = 0) -> "Fields":
        """A cursor over a block."""
        return Fields(self, data, offset, at)

    def messages(self, address: int) -> list[Message]:
        """All messages of the object header at an address, continuation blocks included.

        Raises:
            MalformedError: it is broken.
        """
        head = self.block(address, min(16, self.size - self.base - address) if address < self.size else 16)
        if head[:4] == b"OHDR":
            return list(self._bounded(self._second(address), address))
        if head[:1] == b"\x01":
            return list(self._bounded(self._first(address, head), address))
        raise self.bad("there is no object header", self.base + address)

    def _bounded(self, messages: Iterator[Message], address: int) -> Iterator[Message]:
        for count, message in enumerate(messages):
            if count >= MAX_MESSAGES:
                raise self.bad("an object has too many messages", self.base + address, CYCLE)
            yield message

    def _first(self, address: int, head: bytes) -> Iterator[Message]:
        """Version 1: a prefix of 12 bytes, padded to 16; messages of 8 bytes and a body."""
        count = int.from_bytes(head[2:4], "little")
        blocks = [(address + 16, int.from_bytes(head[8:12], "little"))]
        seen: set[int] = set()
        while blocks and count > 0:
            start, size = blocks.pop(0)
            if start in seen:
                raise self.bad("an object header continues in itself", self.base + start, CYCLE)
            seen.add(start)
            data, at = self.block(start, size), 0
            while at + 8 <= size and count > 0:
                kind, length = (
                    int.from_bytes(data[at : at + 2], "little"),
                    int.from_bytes(data[at + 2 : at + 4], "little"),
                )
                body = data[at + 8 : at + 8 + length]
                if len(body) < length:
                    raise self.bad("a message leaves its block", self.base + start + at)
                count -= 1
                if kind == 16:
                    blocks.append(self._continuation(body, self.base + start + at))
                yield Message(kind, data[at + 4], body, self.base + start + at + 8)
                at += 8 + length

    def _second(self, address: int) -> Iterator[Message]:
        """Version 2: `OHDR`, flags, optional times and bounds, the size of the first block."""
        head = self.fields(
            self.block(address, min(64, self.size - self.base - address)), self.base + address, 5
        )
        flags = head.byte()
        head.skip((16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0))
        size = head.number(1 << (flags & 3))
        blocks = [(address + head.at, size)]
        extra = 2 if flags & 4 else 0
        seen: set[int] = set()
        while blocks:
            start, size = blocks.pop(0)
            if start in seen:
                raise self.bad("an object header continues in itself", self.base + start, CYCLE)
            seen.add(start)
            data, at = self.block(start, size), 0
            while at + 4 + extra <= size:
                length = int.from_bytes(data[at + 1 : at + 3], "little")
                begin = at + 4 + extra
                body = data[begin : begin + length]
                if len(body) < length:
                    raise self.bad("a message leaves its block", self.base + start + at)
                if data[at] == 16:
                    there, room = self._continuation(body, self.base + start + at)
                    if self.block(there, 4) != b"OCHK" or room < 8:
                        raise self.bad("a continuation block has no signature", self.base + there)
                    blocks.append((there + 4, room - 8))
                yield Message(data[at], data[at + 3], body, self.base + start + begin)
                at = begin + length

    def _continuation(self, body: bytes, offset: int) -> tuple[int, int]:
        place = self.fields(body, offset)
        return place.address(), place.length()

    def heap_object(self, address: int, index: int, size: int) -> bytes:
        """Up to `size` bytes of an object in a global heap collection.

        Raises:
            MalformedError: the collection is broken, or has no such object.
        """
        if address not in self._heaps:
            if len(self._heaps) >= MAX_HEAPS:
                self._heaps.clear()
            self._heaps[address] = dict(self._collection(address))
        place = self._heaps[address].get(index)
        if place is None:
            raise self.bad(f"a global heap has no object {index}", self.base + address)
        wanted = min(place[1], size, MAX_TEXT)
        return self._raw(self.place(place[0], wanted), wanted, MAX_TEXT)

    def _collection(self, address: int) -> Iterator[tuple[int, tuple[int, int]]]:
        """The objects of a global heap collection: index, address and size."""
        head = self.fields(self.block(address, 8 + self.length_size), self.base + address)
        if head.take(4) != b"GCOL":
            raise self.bad("there is no global heap", self.base + address)
        head.skip(4)
        whole = head.length()
        if whole > self.size:
            raise self.bad(f"a global heap claims {whole} bytes", self.base + address, BEYOND)
        at, end = address + 8 + self.length_size, address + whole
        while at + 8 + self.length_size <= end:
            entry = self.fields(self.block(at, 8 + self.length_size), self.base + at)
            number = entry.number(2)
            entry.skip(6)
            length = entry.length()
            at += 8 + self.length_size
            if not number:
                return
            yield number, (at, length)
            at += length + -length % 8


class Fields:
    """A cursor over the bytes of one block.

    Args:
        file: what the block is of.
        data: its bytes.
        offset: where they lie in the file.
        at: where the cursor starts.
    """

    __slots__ = ("_data", "_file", "at", "offset")

    def __init__(self, file: Hdf5File, data: bytes, offset: int, at: int = 0) -> None:
        self._file = file
        self._data = data
        self.offset = offset
        self.at = at

    @property
    def left(self) -> int:
        """Bytes after the cursor."""
        return len(self._data) - self.at

    def take(self, count: int) -> bytes:
        """The next bytes.

        Raises:
            MalformedError: the block ends before.
        """
        end = self.at + count
        if count < 0 or end > len(self._data):
            raise self._file.bad("a structure ends early", self.offset + self.at)
        piece = self._data[self.at : end]
        self.at = end
        return piece

    def skip(self, count: int) -> None:
        """Pass bytes over."""
        self.take(count)

    def number(self, size: int) -> int:
        """An unsigned number of `size` bytes."""
        return int.from_bytes(self.take(size), "little")

    def byte(self) -> int:
        """One byte."""
        return self.take(1)[0]

    def address(self) -> int:
        """An address; the file's `undefined` where there is none."""
        return self.number(self._file.offset_size)

    def length(self) -> int:
        """A length."""
        return self.number(self._file.length_size)

    def text(self) -> bytes:
        """Bytes up to a zero byte, which is passed over."""
        end = self._data.find(b"\0", self.at)
        end = len(self._data) if end < 0 else end
        piece = self._data[self.at : end]
        self.at = min(end + 1, len(self._data))
        return piece

    def rest(self) -> bytes:
        """All bytes after the cursor."""
        return self.take(self.left)
