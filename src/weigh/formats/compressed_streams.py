"""The unpacked bytes of a compressed file, whose streams may follow each other.

Checksums are compared here and not by the decoders: those throw away the bytes before a wrong one, and a
loader may have run them by then.
"""

import zlib
from collections.abc import Callable, Iterator

from weigh.core.errors import MalformedError
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList
from weigh.formats.compressed_lz4 import MAGIC as LZ4_MAGIC, Lz4Frames
from weigh.formats.zip_unpack import MAX_DICTIONARY, PIECE, Inflate, Stepped, broken_stream

BROKEN, CUT, CHECKSUM = "WGH-AR016", "WGH-AR016", "WGH-AR015"
_ZFILE_HEADER = 21
"""`ZF` and the size as hexadecimal digits, padded to the length of hex(2**64)."""
_MEMORY = MAX_DICTIONARY + 16 * 1024**2
"""Bytes a decoder of xz may take."""
_SMALL = 64 * 1024
"""Packed bytes up to which xz and bzip2 are fed byte by byte: nothing before a wrong checksum is lost."""
_ZLIB_FIRST = frozenset({0x01, 0x5E, 0x9C, 0xDA})


def kind_of(reader: RangeReader) -> str:
    """`gzip`, `bzip2`, `xz`, `lzma`, `zlib`, `lz4`, `zfile`, `zstd`; "" for none."""
    head = reader.read(0, 13)
    for mark, kind in (
        (b"\x1f\x8b", "gzip"),
        (b"BZh", "bzip2"),
        (b"\xfd7zXZ\0", "xz"),
        (LZ4_MAGIC, "lz4"),
        (b"ZF0x", "zfile"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"]\0\0", "lzma"),
    ):
        if head.startswith(mark):
            return kind
    return "zlib" if head[:1] == b"\x78" and head[1:2] and head[1] in _ZLIB_FIRST else ""


class Streams:
    """Everything a compressed file unpacks to.

    Attributes:
        end: one past the last packed byte that belongs to a stream.
        given: bytes unpacked so far.
        damage: why the file counts as malformed, "" for not.
    """

    __slots__ = ("_found", "_kind", "_reader", "damage", "end", "given")

    def __init__(self, reader: RangeReader, kind: str, found: AnomalyList) -> None:
        self._reader = reader
        self._kind = kind
        self._found = found
        self.end = 0
        self.given = 0
        self.damage = ""

    def note(self, error: MalformedError) -> None:
        """The stream broke off; once."""
        if not self.damage:
            self.damage = str(error)
            self._found.add_error(error, fatal=False)

    def chunks(self) -> Iterator[bytes]:
        """The unpacked bytes of all streams, in pieces of at most 4 MiB.

        Raises:
            MalformedError: a stream breaks its format or is cut off.
        """
        streams: dict[str, Callable[[], Iterator[bytes]]] = {
            "gzip": self._gzip,
            "zlib": self._zlib,
            "zfile": self._zfile,
            "lz4": self._lz4,
        }
        for piece in streams.get(self._kind, self._stepped)():
            self.given += len(piece)
            yield piece

    def _gzip(self) -> Iterator[bytes]:
        """Members one after another. Source: RFC 1952."""
        while self.end < self._reader.size and self._reader.read(self.end, 2) == b"\x1f\x8b":
            start = self._after_gzip_header(self.end)
            crc, size = 0, 0
            for piece in self._inflated(start):
                crc, size = zlib.crc32(piece, crc), size + len(piece)
                yield piece
            trailer = self._reader.read(self.end, 8)
            if len(trailer) < 8:
                raise self._cut()
            self.end += 8
            self._compare(int.from_bytes(trailer[:4], "little"), crc)
            if int.from_bytes(trailer[4:], "little") != size & 0xFFFFFFFF:
                self._damaged("a gzip member states another size")

    def _after_gzip_header(self, at: int) -> int:
        head = self._reader.read(at, 10 + 65_537 + 8192)
        if len(head) < 10:
            raise self._cut()
        if head[2] != 8:
            raise MalformedError("the stream is broken", why="gzip's method is not 8", rule=BROKEN)
        flags, position = head[3], 10
        if flags & 4:
            position += 2 + int.from_bytes(head[10:12], "little")
        for flag in (8, 16):  # a name and a comment, each ended by a nought
            if flags & flag:
                position = head.find(b"\0", position) + 1
                if not position:
                    raise MalformedError("the stream is broken", why="gzip's name has no end", rule=BROKEN)
        return at + position + (2 if flags & 2 else 0)

    def _zlib(self) -> Iterator[bytes]:
        if self._reader.read(self.end, 2)[1:] and self._reader.read(self.end + 1, 1)[0] & 0x20:
            raise MalformedError("the stream is broken", why="it needs a dictionary", rule=BROKEN)
        adler = 1
        for piece in self._inflated(self.end + 2):
            adler = zlib.adler32(piece, adler)
            yield piece
        trailer = self._reader.read(self.end, 4)
        if len(trailer) < 4:
            raise self._cut()
        self.end += 4
        self._compare(int.from_bytes(trailer, "big"), adler)

    def _zfile(self) -> Iterator[bytes]:
        """Joblib's first compressed format; a blank may follow its header."""
        stated = self._reader.read(2, _ZFILE_HEADER - 2).strip()
        self.end = _ZFILE_HEADER + (self._reader.read(_ZFILE_HEADER, 1) == b" ")
        before = self.given
        yield from self._zlib()
        try:
            size = int(stated, 16)
        except ValueError:
            size = -1
        if size != self.given - before:
            self._damaged("its header states another size")

    def _lz4(self) -> Iterator[bytes]:
        frames = Lz4Frames(self._reader, self.end)
        try:
            yield from frames.chunks()
        finally:
            self.end = frames.end

    def _inflated(self, start: int) -> Iterator[bytes]:
        """One raw deflate stream; sets `end` behind it."""
        decoder, position = Inflate(), start
        while not decoder.eof:
            data = self._reader.read(position, PIECE) if decoder.hungry else b""
            if not data and decoder.hungry:
                self.end = self._reader.size
                raise self._cut()
            position += len(data)
            with broken_stream(BROKEN, position):
                piece = decoder.step(data)
            self.end = position
            if piece:
                yield piece
        self.end = position - len(decoder.unused)

    def _stepped(self) -> Iterator[bytes]:
        """Streams of bzip2, xz or lzma, one after another."""
        while True:
            yield from self._one_stepped()
            padded = self._after_padding()
            mark = {"bzip2": b"BZh", "xz": b"\xfd7zXZ\0"}.get(self._kind, b"")
            if not mark or self._reader.read(padded, len(mark)) != mark:
                return
            self.end = padded

    def _after_padding(self) -> int:
        """Where a next stream begins; between streams of xz noughts may stand, four by four."""
        at = self.end
        while self._kind == "xz" and self._reader.read(at, 4) == b"\0\0\0\0":
            at += 4
        return at

    def _one_stepped(self) -> Iterator[bytes]:
        decoder, position = _stepped_decoder(self._kind), self.end
        size = self._reader.size
        while not decoder.eof:
            wanted = 1 if size <= _SMALL else PIECE
            data = self._reader.read(position, wanted) if decoder.hungry else b""
            if not data and decoder.hungry:
                self.end = size
                raise self._cut()
            position += len(data)
            self.end = position
            with broken_stream(BROKEN, position):
                piece = decoder.step(data)
            if piece:
                yield piece
        self.end = position - len(decoder.unused)

    def _compare(self, stated: int, seen: int) -> None:
        if stated != seen:
            self._damaged("its content has another checksum", CHECKSUM)

    def _damaged(self, why: str, rule: str = CHECKSUM) -> None:
        self._found.add(rule, why, offset=self.end)
        self.damage = self.damage or why

    def _cut(self) -> MalformedError:
        return MalformedError("the stream is cut off", why="its end is missing", offset=self.end, rule=CUT)


def _stepped_decoder(kind: str) -> Stepped:
    if kind == "bzip2":
        import bz2

        return Stepped(bz2.BZ2Decompressor())
    import lzma

    form = lzma.FORMAT_XZ if kind == "xz" else lzma.FORMAT_ALONE
    return Stepped(lzma.LZMADecompressor(form, memlimit=_MEMORY))
