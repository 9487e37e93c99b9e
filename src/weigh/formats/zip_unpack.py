"""Unpacking a member of a zip file, piece by piece, with its checksum and size compared at the end."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from weigh.core.errors import MalformedError
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import quoted
from weigh.formats.zip_members import BZIP2, DEFLATED, LZMA, STORED, ZipEntry, ZipFileFacts

PIECE = 256 * 1024
"""Bytes given at once; also the most one step of a decoder may produce."""
MAX_STORED_CHECK = 1024 * 1024
"""Bytes of a stored member whose checksum is still compared: code is small, and weights are many."""
CLOAKED = 0x2061
"""Bits 0, 5, 6 and 13: encrypted, patched, strongly encrypted, headers masked."""
SLACK = 16 * 1024**2
"""Bytes unpacked past the size a member states before it is left: enough to see what is hidden there."""


class Decoder(Protocol):
    """A decoder of packed bytes that never gives more than it is asked for at once."""

    @property
    def eof(self) -> bool:
        """Whether the packed stream has ended."""
        ...

    def step(self, data: bytes) -> bytes:
        """At most PIECE bytes; called with b"" it goes on with what it holds."""
        ...

    @property
    def hungry(self) -> bool:
        """Whether it needs more packed bytes to go on."""
        ...


class Inflate:
    """Deflate, raw or within zlib's or gzip's frame."""

    def __init__(self, window_bits: int = -15) -> None:
        self._decoder = zlib.decompressobj(window_bits)
        self._full = False

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return self._decoder.eof

    @property
    def hungry(self) -> bool:
        """Whether nothing is held back, neither packed bytes nor unpacked ones."""
        return not self._decoder.unconsumed_tail and not self._full

    @property
    def unused(self) -> bytes:
        """Packed bytes that were given and lie past the end of the stream."""
        return self._decoder.unused_data

    def step(self, data: bytes) -> bytes:
        """At most PIECE bytes."""
        got = self._decoder.decompress(self._decoder.unconsumed_tail + data, PIECE)
        # zlib takes all input although output is left inside it when the piece is exactly full
        self._full = len(got) == PIECE and not self._decoder.eof
        return got


class Stepped:
    """The decoders of bz2 and lzma, which keep what they were given."""

    def __init__(self, decoder: "_Steps") -> None:
        self._decoder = decoder

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return self._decoder.eof

    @property
    def hungry(self) -> bool:
        """Whether it needs more packed bytes."""
        return self._decoder.needs_input

    @property
    def unused(self) -> bytes:
        """Packed bytes that were given and lie past the end of the stream."""
        return self._decoder.unused_data

    def step(self, data: bytes) -> bytes:
        """At most PIECE bytes."""
        return self._decoder.decompress(data, PIECE)


class _Steps(Protocol):
    """What bz2's and lzma's decompressors have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most `max_length` bytes."""
        ...


def chunks(reader: RangeReader, entry: ZipEntry, facts: ZipFileFacts) -> Iterator[bytes]:
    """The unpacked bytes of a member; see `zip_members.entry_chunks`."""
    found = facts.anomalies
    crc, given = 0, 0
    for piece in _pieces(reader, entry, facts):
        crc = zlib.crc32(piece, crc)
        given += len(piece)
        yield piece
        if given > entry.size + SLACK:
            break
    name, whole = quoted(entry.name), (given, crc) == (entry.size, entry.crc)
    if whole and entry.flags & CLOAKED:
        why = f"the member {name} claims to be encrypted or patched and is neither"
        found.add("WGH-AR010", why, offset=entry.header)
    elif given > entry.size:
        # what a loader that trusts the stated size never sees, another one loads
        why = f"the member {name} unpacks to more than the {entry.size} bytes it states"
        found.add("WGH-AR017", why, offset=entry.header)
    elif not whole and entry.flags & CLOAKED:
        _note_encrypted(entry, facts)
    elif not whole:
        why = f"gives {given} bytes of {entry.size}" if given != entry.size else "has another checksum"
        found.add("WGH-AR015", f"the member {name} {why}", offset=entry.header)
        facts.damage = facts.damage or f"the member {name} is damaged"


def check_stored(reader: RangeReader, entry: ZipEntry, facts: ZipFileFacts) -> None:
    """Compare the checksum of a small stored member, and of any that claims to be encrypted."""
    cloaked = entry.flags & CLOAKED
    if (entry.packed > MAX_STORED_CHECK and not cloaked) or entry.folder:
        return
    name, crc = quoted(entry.name), 0
    for piece in _pieces(reader, entry, facts):
        crc = zlib.crc32(piece, crc)
    if cloaked and crc == entry.crc:
        why = f"the member {name} claims to be encrypted or patched and is neither"
        facts.anomalies.add("WGH-AR010", why, offset=entry.header)
    elif cloaked:
        _note_encrypted(entry, facts)
    elif crc != entry.crc and entry.crc and entry.start + entry.packed <= reader.size:
        # torch.save writes no checksum when it is told to save time; that is nought
        facts.anomalies.add("WGH-AR015", f"the member {name} has another checksum", offset=entry.header)
        facts.damage = facts.damage or f"the member {name} is damaged"


def _note_encrypted(entry: ZipEntry, facts: ZipFileFacts) -> None:
    why = f"the member {quoted(entry.name)} is encrypted"
    facts.anomalies.add("WGH-AR011", why, offset=entry.header)
    facts.missing = facts.missing or why


def _pieces(reader: RangeReader, entry: ZipEntry, facts: ZipFileFacts) -> Iterator[bytes]:
    if entry.method == STORED:
        for at in range(0, entry.packed, PIECE):
            yield reader.read(entry.start + at, min(PIECE, entry.packed - at))
        return
    position, end = entry.start, min(entry.start + entry.packed, reader.size)
    decoder: Decoder
    if entry.method == LZMA:
        decoder, position = _zip_lzma(reader, entry)
    else:
        decoder = _decoder(entry)
    try:
        while not decoder.eof:
            data = reader.read(position, min(PIECE, end - position)) if decoder.hungry else b""
            if not data and decoder.hungry:
                return
            position += len(data)
            with broken_stream("WGH-AR016", position):
                piece = decoder.step(data)
            if piece:
                yield piece
    except MalformedError as error:
        if not entry.flags & CLOAKED:
            why = f"the packed bytes of {quoted(entry.name)} are broken: {error.why}"
            facts.anomalies.add("WGH-AR016", why, offset=entry.header)


@contextmanager
def broken_stream(rule: str, offset: int) -> Iterator[None]:
    """What a decoder raises for bytes that are not its own, as a MalformedError of that rule."""
    import lzma

    try:
        yield
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
        raise MalformedError("packed bytes are broken", why=str(error), offset=offset, rule=rule) from error


def _decoder(entry: ZipEntry) -> Decoder:
    if entry.method == DEFLATED:
        return Inflate()
    if entry.method == BZIP2:
        import bz2

        return Stepped(bz2.BZ2Decompressor())
    raise MalformedError(
        "its method of packing is not read",
        why=f"method {entry.method}; stored, deflate, bzip2 and lzma are",
        offset=entry.header,
        rule="WGH-AR012",
    )


def _zip_lzma(reader: RangeReader, entry: ZipEntry) -> tuple[Decoder, int]:
    """A decoder from the properties before the data, and where the data starts. Source: APPNOTE 5.8.8."""
    import lzma

    head = reader.read(entry.start, 9)
    length = int.from_bytes(head[2:4], "little")
    properties = lzma_properties(head[4:9]) if length == 5 and len(head) == 9 else None
    if properties is None:
        raise MalformedError(
            "its lzma properties are broken",
            why=f"{length} bytes of them",
            offset=entry.start,
            rule="WGH-AR016",
        )
    return Stepped(lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[properties])), entry.start + 9


MAX_DICTIONARY = 64 * 1024**2
"""Bytes of a decoder's dictionary: the largest preset of xz; more would break our memory goal."""


def lzma_properties(raw: bytes) -> dict[str, int] | None:
    """The filter that five bytes of LZMA properties describe; None where they describe none we would run.

    Source: LZMA SDK, lzma-specification.txt. The dictionary is cut to what we spend: a decoder needs no more
    than the data it has given so far, and data that reaches back further breaks off with an error.
    """
    import lzma

    if len(raw) != 5 or raw[0] >= 9 * 5 * 5:
        return None
    rest, lc = divmod(raw[0], 9)
    pb, lp = divmod(rest, 5)
    if lc + lp > 4:
        return None
    size = min(max(int.from_bytes(raw[1:5], "little"), 4096), MAX_DICTIONARY)
    return {"id": lzma.FILTER_LZMA1, "dict_size": size, "lc": lc, "lp": lp, "pb": pb}
