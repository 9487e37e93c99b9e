"""LZ4 frames, unpacked block by block with bounded memory.

Source: the LZ4 frame format 1.6.4 and block format descriptions of the lz4 project (doc/lz4_Frame_format.md,
doc/lz4_Block_format.md). Checksums (xxHash) are not compared: no loader's behaviour hangs on them.
"""

from collections.abc import Iterator

from weigh.core.errors import MalformedError
from weigh.core.ports import RangeReader

MAGIC = b"\x04\x22\x4d\x18"
HISTORY = 64 * 1024
"""Bytes a match may reach back."""
_SIZES = {4: 64 * 1024, 5: 256 * 1024, 6: 1024 * 1024, 7: 4 * 1024 * 1024}
"""Most bytes a block unpacks to, by the frame's code for it."""
_SKIPPABLE = frozenset(bytes((low, 0x2A, 0x4D, 0x18)) for low in range(0x50, 0x60))
BROKEN = "WGH-AR016"


class Lz4Frames:
    """The unpacked bytes of consecutive frames.

    Args:
        reader: where the frames lie.
        start: first byte of the first frame.

    Attributes:
        end: one past the last byte that belongs to a frame, once `chunks` has ended.
    """

    __slots__ = ("_reader", "end")

    def __init__(self, reader: RangeReader, start: int = 0) -> None:
        self._reader = reader
        self.end = start

    def chunks(self) -> Iterator[bytes]:
        """Pieces of at most 4 MiB.

        Raises:
            MalformedError: a frame breaks the format; what came before stands.
        """
        while True:
            mark = self._reader.read(self.end, 4)
            if mark == MAGIC:
                yield from self._frame()
            elif mark in _SKIPPABLE:
                size = int.from_bytes(self._reader.read(self.end + 4, 4), "little")
                if self.end + 8 + size > self._reader.size:
                    raise self._broken("a skippable frame is longer than the file")
                self.end += 8 + size
            else:
                return

    def _frame(self) -> Iterator[bytes]:
        linked, block_sums, content_sum, most, position = self._header()
        history = b""
        while True:
            word = self._reader.read(position, 4)
            if len(word) < 4:
                raise self._broken("a frame has no end mark")
            position += 4
            stated = int.from_bytes(word, "little")
            if not stated:
                break
            size = stated & 0x7FFFFFFF
            data = self._reader.read(position, size) if size <= most else b""
            if len(data) != size:
                raise self._broken(f"a block claims {size} bytes")
            position += size + 4 * block_sums
            self.end = position
            piece = data if stated >> 31 else unpack_block(data, history if linked else b"", most)
            history = (history + piece)[-HISTORY:] if linked else b""
            yield piece
        self.end = min(position + 4 * content_sum, self._reader.size)

    def _header(self) -> tuple[bool, bool, bool, int, int]:
        """Whether blocks are linked, have checksums, the content has one; bytes of a block; its start."""
        head = self._reader.read(self.end, 19)
        flags, block = (head[4], head[5]) if len(head) >= 7 else (0, 0)
        most = _SIZES.get(block >> 4 & 7, 0)
        if flags >> 6 != 1 or not most:
            raise self._broken("the frame's descriptor is not of version 1")
        start = self.end + 7 + 8 * (flags >> 3 & 1) + 4 * (flags & 1)
        return not flags & 0x20, bool(flags & 0x10), bool(flags & 0x04), most, start

    def _broken(self, why: str) -> MalformedError:
        return MalformedError("the lz4 stream is broken", why=why, offset=self.end, rule=BROKEN)


def unpack_block(data: bytes, history: bytes, most: int) -> bytes:
    """The content of one block.

    Args:
        data: the packed bytes.
        history: up to 64 KiB that came before, which matches may reach into.
        most: bytes it may unpack to.

    Raises:
        MalformedError: the block breaks the format or is larger than `most`.
    """
    out = bytearray(history)
    most += len(history)
    at, end = 0, len(data)
    while at < end:
        token = data[at]
        at += 1
        count, at = _length(data, at, token >> 4)
        if at + count > end or len(out) + count > most:
            raise _bad_block("literals beyond the block")
        out += data[at : at + count]
        at += count
        if at == end:
            return bytes(out[len(history) :])
        back = int.from_bytes(data[at : at + 2], "little")
        count, at = _length(data, at + 2, token & 15)
        count += 4
        if not 0 < back <= len(out) or len(out) + count > most or at > end:
            raise _bad_block("a match beyond what was unpacked")
        if back >= count:
            out += out[-back : len(out) - back + count]
        else:
            # the match overlaps itself: its first `back` bytes repeat
            out += (bytes(out[-back:]) * (count // back + 1))[:count]
    if data:
        raise _bad_block("it does not end in literals")
    return b""


def _length(data: bytes, at: int, nibble: int) -> tuple[int, int]:
    """A length that a nibble begins and bytes of 255 go on."""
    if nibble < 15:
        return nibble, at
    while at < len(data):
        nibble += data[at]
        at += 1
        if data[at - 1] != 255:
            break
    return nibble, at


def _bad_block(why: str) -> MalformedError:
    return MalformedError("an lz4 block is broken", why=why, rule=BROKEN)
