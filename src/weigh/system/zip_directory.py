"""Reading a zip through random access, so that one member of a remote archive costs its own bytes.

APPNOTE.TXT 6.3.10 (PKWARE): 4.3.16 end of central directory, 4.3.14 zip64, 4.3.12 central directory,
4.3.7 local header. Stored and deflated members; one disk; nothing before the first member.

Everything here is untrusted: sizes are compared with the file's own size before anything is
allocated, members may not overlap, and the local header must tell the same story as the directory.
"""

import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from weigh.core.errors import IntegrityError, MalformedError, RefusedError
from weigh.core.ports import RangeReader

MAX_DIRECTORY = 64 * 1024 * 1024
"""Bytes of central directory; about half a million members."""
TAIL = 16 * 1024
"""Bytes read first: holds the whole directory of an ordinary wheel."""
_MAX_COMMENT = 0xFFFF
_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_STORED, _DEFLATED = 0, 8
_DEFLATE_LIMIT = 1032
"""No deflate stream expands further than this factor (zlib, "Maximum Compression Factor")."""
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One member as the central directory tells it.

    Attributes:
        name: decoded name; ends with "/" for a folder.
        raw_name: the name's bytes, which the local header must repeat.
        size: uncompressed bytes.
        compressed: bytes in the archive.
        crc: CRC-32 of the uncompressed bytes; guards against damage, not against malice.
        method: 0 stored, 8 deflated.
        flags: general purpose bits.
        offset: of the local header.
        span: bytes from `offset` to the next member or the directory.
        link: marked as a symbolic link or another special file by a Unix archiver.
    """

    name: str
    raw_name: bytes
    size: int
    compressed: int
    crc: int
    method: int
    flags: int
    offset: int
    span: int
    link: bool

    @property
    def reach(self) -> int:
        """Bytes from `offset` that hold header, data and descriptor, and little else.

        The length of the local header's extra field is not in the directory, so this is bounded by
        the next member and by the largest header and descriptor there is.
        """
        return min(self.span, _LOCAL.size + len(self.raw_name) + 0xFFFF + self.compressed + 24)

    @property
    def encrypted(self) -> bool:
        """Whether reading it would need a password."""
        return bool(self.flags & 0x41)


def read_directory(reader: RangeReader) -> tuple[ZipEntry, ...]:
    """The members in the order of their bytes.

    Raises:
        MalformedError: the archive breaks a rule or claims more than it holds.
    """
    start, size, count = _locate(reader)
    raw = _exactly(reader, start, size)
    entries: list[ZipEntry] = []
    at = 0
    while at < size:
        entry, at = _central(raw, at, start)
        entries.append(entry)
    if len(entries) != count:
        raise _malformed(f"its directory holds {len(entries)} members, its end says {count}", start)
    return _apart(entries, start)


def read_entry(reader: RangeReader, entry: ZipEntry, *, max_size: int) -> Iterator[bytes]:
    """The uncompressed bytes of one member, in chunks, its CRC checked at the end.

    Raises:
        RefusedError: it is encrypted, a link, or packed by another method.
        IntegrityError: it claims to be larger than `max_size`.
        MalformedError: its bytes are not what the directory says.
    """
    _readable(entry, max_size)
    begin, packed = _packed(reader, entry)
    expander = zlib.decompressobj(-zlib.MAX_WBITS) if entry.method == _DEFLATED else None
    done, crc = 0, 0
    for chunk in _expanded(packed, expander, begin):
        done += len(chunk)
        if done > entry.size:
            raise _malformed(f"{entry.name!r} is longer than the {entry.size} bytes it claims", begin)
        crc = zlib.crc32(chunk, crc)
        yield chunk
    unfinished = expander is not None and (not expander.eof or bool(expander.unused_data))
    if done != entry.size or crc != entry.crc or unfinished:
        raise _malformed(f"{entry.name!r} does not have the size and CRC it claims", begin)


def _expanded(packed: Iterator[bytes], expander: "zlib._Decompress | None", offset: int) -> Iterator[bytes]:
    for chunk in packed:
        if expander is None:
            yield chunk
            continue
        if chunk and expander.eof:
            raise _malformed("a deflated member goes on after its end", offset)
        rest = chunk
        while rest and not expander.eof:
            try:
                out = expander.decompress(rest, _CHUNK)
            except zlib.error as error:
                raise _malformed(f"a deflated member is damaged: {error}", offset) from error
            rest = expander.unconsumed_tail
            if out:
                yield out
    while expander is not None and not expander.eof:
        # Output that did not fit into the last chunk; a stream that gives nothing more is cut short.
        out = expander.decompress(b"", _CHUNK)
        if not out:
            return
        yield out


def _readable(entry: ZipEntry, max_size: int) -> None:
    if entry.encrypted:
        raise RefusedError(f"cannot read the member {entry.name!r}", why="it is encrypted")
    if entry.link:
        raise RefusedError(f"will not read the member {entry.name!r}", why="it is a link or special file")
    if entry.method not in {_STORED, _DEFLATED}:
        raise RefusedError(
            f"cannot read the member {entry.name!r}", why=f"packed by method {entry.method}, not deflate"
        )
    if entry.size > max_size:
        raise IntegrityError(
            f"will not unpack the member {entry.name!r}",
            why=f"it claims {entry.size:,} bytes, {max_size:,} are expected at most",
        )


def _packed(reader: RangeReader, entry: ZipEntry) -> tuple[int, Iterator[bytes]]:
    first = _exactly(reader, entry.offset, min(entry.reach, _CHUNK))
    begin = _data_offset(first, entry)
    end = begin + entry.compressed
    if end > entry.offset + entry.span:
        raise _malformed(f"{entry.name!r} runs into the next member", begin)

    def pieces() -> Iterator[bytes]:
        yield first[begin - entry.offset : end - entry.offset]
        at = entry.offset + len(first)
        while at < end:
            piece = _exactly(reader, at, min(_CHUNK, end - at))
            at += len(piece)
            yield piece

    return begin, pieces()


def _data_offset(raw: bytes, entry: ZipEntry) -> int:
    if len(raw) < _LOCAL.size or raw[:4] != b"PK\x03\x04":
        raise _malformed(f"{entry.name!r} has no local header", entry.offset)
    fields: tuple[int, ...] = _LOCAL.unpack_from(raw)[1:]
    _, flags, method, _, _, crc, compressed, size, name_size, extra_size = fields
    name_end = _LOCAL.size + name_size
    told = (raw[_LOCAL.size : name_end], method, flags & 0x41)
    if told != (entry.raw_name, entry.method, entry.flags & 0x41):
        raise _malformed(f"{entry.name!r} is another member in its local header", entry.offset)
    deferred = bool(flags & 0x08)
    wide = 0xFFFFFFFF in {compressed, size}
    if not deferred and not wide and (crc, compressed, size) != (entry.crc, entry.compressed, entry.size):
        raise _malformed(f"{entry.name!r} has another size in its local header", entry.offset)
    return entry.offset + name_end + extra_size


def _locate(reader: RangeReader) -> tuple[int, int, int]:
    """Offset, size and member count of the central directory."""
    total = reader.size
    for length in (TAIL, _MAX_COMMENT + _END.size):
        base = max(0, total - length)
        tail = _exactly(reader, base, total - base)
        at = _find_end(tail)
        if at >= 0:
            return _end_record(reader, tail, at, base)
        if base == 0:
            break
    raise _malformed("it has no end of central directory", max(0, total - _END.size))


def _find_end(tail: bytes) -> int:
    at = tail.rfind(b"PK\x05\x06")
    while at >= 0:
        # A record counts only when its comment ends exactly where the file does.
        if at + _END.size <= len(tail):
            comment = int.from_bytes(tail[at + 20 : at + 22], "little")
            if len(tail) - at == _END.size + comment:
                return at
        at = tail.rfind(b"PK\x05\x06", 0, at)
    return -1


def _end_record(reader: RangeReader, tail: bytes, at: int, base: int) -> tuple[int, int, int]:
    _, disk, first_disk, here, count, size, start, _ = _END.unpack_from(tail, at)
    end = base + at
    if 0xFFFF in {here, count} or 0xFFFFFFFF in {size, start}:
        locator = _exactly(reader, end - _LOCATOR.size, _LOCATOR.size) if end >= _LOCATOR.size else b""
        if locator[:4] == b"PK\x06\x07":
            return _zip64_record(reader, locator, end - _LOCATOR.size)
    if disk or first_disk or here != count:
        raise _malformed("it is spread over several disks", end)
    return _checked(start, size, count, end)


def _zip64_record(reader: RangeReader, locator: bytes, limit: int) -> tuple[int, int, int]:
    _, disk, offset, disks = _LOCATOR.unpack(locator)
    if disk or disks > 1 or offset + _END64.size > limit:
        raise _malformed("its zip64 locator points nowhere", limit)
    raw = _exactly(reader, offset, _END64.size)
    magic, length, _, _, disk, first_disk, here, count, size, start = _END64.unpack(raw)
    if magic != b"PK\x06\x06" or disk or first_disk or here != count or offset + 12 + length != limit:
        raise _malformed("its zip64 end record is damaged", offset)
    return _checked(start, size, count, offset)


def _checked(start: int, size: int, count: int, end: int) -> tuple[int, int, int]:
    if start + size != end:
        raise _malformed("its directory does not end where the end record begins", end)
    if size > MAX_DIRECTORY or count * _CENTRAL.size > size:
        raise _malformed(f"its directory claims {count} members in {size} bytes", end)
    return start, size, count


def _central(raw: bytes, at: int, base: int) -> tuple[ZipEntry, int]:
    if at + _CENTRAL.size > len(raw) or raw[at : at + 4] != b"PK\x01\x02":
        raise _malformed("its central directory is damaged", base + at)
    fields = _CENTRAL.unpack_from(raw, at)
    _, made_by, _, flags, method, _, _, crc, compressed, size = fields[:10]
    name_size, extra_size, comment_size, disk, _, attributes, offset = fields[10:]
    name_at = at + _CENTRAL.size
    extra_at = name_at + name_size
    end = extra_at + extra_size + comment_size
    if end > len(raw) or disk not in {0, 0xFFFF}:
        raise _malformed("a directory record runs past the directory", base + at)
    raw_name = raw[name_at:extra_at]
    extra = raw[extra_at : extra_at + extra_size]
    size, compressed, offset = _wide(extra, size, compressed, offset, base + extra_at)
    too_dense = method == _DEFLATED and size > _DEFLATE_LIMIT * (compressed + 1)
    if too_dense or (method == _STORED and size != compressed):
        raise _malformed(f"a member claims {size} bytes packed into {compressed}", base + at)
    mode = attributes >> 16 if made_by >> 8 == 3 else 0
    kind = stat.S_IFMT(mode)
    link = kind not in {0, stat.S_IFREG, stat.S_IFDIR}
    name = _name(raw_name, flags, base + at)
    return ZipEntry(name, raw_name, size, compressed, crc, method, flags, offset, 0, link), end


def _name(raw: bytes, flags: int, offset: int) -> str:
    try:
        return raw.decode("utf-8" if flags & 0x800 else "cp437")
    except UnicodeDecodeError as error:
        raise _malformed("a member's name is not the UTF-8 it claims to be", offset) from error


def _wide(extra: bytes, size: int, compressed: int, start: int, offset: int) -> tuple[int, int, int]:
    """Replace 32-bit placeholders by the zip64 extra field's values (4.5.3), in their fixed order."""
    values = [size, compressed, start]
    if 0xFFFFFFFF not in values:
        return size, compressed, start
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, at)
        body = extra[at + 4 : at + 4 + length]
        at += 4 + length
        if tag != 1:
            continue
        for index, value in enumerate(values):
            if value == 0xFFFFFFFF:
                if len(body) < 8:
                    raise _malformed("a zip64 field is too short", offset)
                values[index], body = int.from_bytes(body[:8], "little"), body[8:]
        return values[0], values[1], values[2]
    return size, compressed, start


def _apart(entries: list[ZipEntry], directory: int) -> tuple[ZipEntry, ...]:
    """Sort by offset and refuse members that share bytes: the densest bombs are made that way."""
    ordered = sorted(entries, key=lambda e: e.offset)
    ends = [*(e.offset for e in ordered), directory][1:]
    result: list[ZipEntry] = []
    for entry, end in zip(ordered, ends, strict=True):
        least = _LOCAL.size + len(entry.raw_name) + entry.compressed
        if entry.offset + least > end:
            raise _malformed(f"{entry.name!r} overlaps another member", entry.offset)
        result.append(
            ZipEntry(
                entry.name, entry.raw_name, entry.size, entry.compressed, entry.crc, entry.method,
                entry.flags, entry.offset, end - entry.offset, entry.link,
            )
        )  # fmt: skip
    by_name = sorted(e.name for e in result)
    twice = next((a for a, b in pairwise(by_name) if a == b), None)
    if twice is not None:
        raise _malformed(f"the name {twice!r} stands twice", directory)
    return tuple(result)


def _exactly(reader: RangeReader, offset: int, length: int) -> bytes:
    if offset < 0 or length < 0 or offset + length > reader.size:
        raise _malformed("it points outside itself", max(0, offset))
    raw = reader.read(offset, length)
    if len(raw) != length:
        raise _malformed(f"it ends after {offset + len(raw)} bytes", offset + len(raw))
    return raw


def _malformed(why: str, offset: int) -> MalformedError:
    return MalformedError("a zip archive is malformed", why=why, offset=offset, rule="zip")
