"""The records of a zip file as bytes: end records, directory records, local headers. Nothing is judged here.

Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 to 4.5.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from weigh.core.errors import MalformedError
from weigh.core.ports import RangeReader

END_MARK = b"PK\x05\x06"
END64_MARK = b"PK\x06\x06"
LOCATOR_MARK = b"PK\x06\x07"
CENTRAL_MARK = b"PK\x01\x02"
LOCAL_MARK = b"PK\x03\x04"
DESCRIPTOR_MARK = b"PK\x07\x08"

END_SIZE = 22
TAIL = END_SIZE + 65_535
"""An end record and its longest comment."""
LOCAL_SIZE = 30
CENTRAL_SIZE = 46
WINDOW = 256 * 1024
"""Bytes of the directory read at once; above the largest record (46 + 3 · 65,535)."""

FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF
ZIP64_EXTRA = 0x0001
UNICODE_EXTRA = 0x7075

_END = struct.Struct("<4sHHHHIIH")
_END64 = struct.Struct("<4sQHHIIQQQQ")
_LOCATOR = struct.Struct("<4sIQI")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_LOCAL = struct.Struct("<4sHHHHHIIIHH")


@dataclass(frozen=True, slots=True)
class EndRecord:
    """What an end record states, with the values of its 64-bit record where there is one.

    Attributes:
        at: offset of the record.
        count: members.
        size: bytes of the directory.
        offset: first byte of the directory, as stated.
        ends: where the directory has to end: this record, or its 64-bit one.
        comment: bytes of the comment, as stated.
        lie: what is wrong with its 64-bit part, "" for nothing.
    """

    at: int
    count: int
    size: int
    offset: int
    ends: int
    comment: int
    lie: str = ""


@dataclass(frozen=True, slots=True)
class CentralRecord:
    """One record of the directory.

    Attributes:
        at: offset of the record.
        made_by: the system that wrote it (3: Unix).
        mode: Unix file mode, 0 where the record carries none.
        oddity: what is wrong with its extra fields, "" for nothing.
    """

    at: int
    name: bytes
    made_by: int
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    header: int
    mode: int
    unicode_name: bytes = b""
    oddity: str = ""


@dataclass(frozen=True, slots=True)
class LocalRecord:
    """One local header; `start` is the first byte of the member's data."""

    at: int
    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    start: int
    unicode_name: bytes = b""
    oddity: str = ""


def end_records(reader: RangeReader) -> Iterator[EndRecord]:
    """The end records in the last 65,557 bytes of a file, the last one first."""
    base = max(0, reader.size - TAIL)
    tail = reader.read(base, TAIL)
    at = tail.rfind(END_MARK)
    while at >= 0:
        if at + END_SIZE <= len(tail):
            yield _end_record(reader, base + at, tail[at : at + END_SIZE])
        at = tail.rfind(END_MARK, 0, at + 3) if at else -1


def _end_record(reader: RangeReader, at: int, raw: bytes) -> EndRecord:
    _, _, _, _, count, size, offset, comment = _END.unpack(raw)
    plain = EndRecord(at, count, size, offset, at, comment)
    locator = reader.read(at - 20, 20) if at >= 20 else b""
    if locator[:4] != LOCATOR_MARK:
        return plain
    stated = _LOCATOR.unpack(locator)[2]
    for place in dict.fromkeys((at - 76, stated)):
        record = reader.read(place, 56)
        if record[:4] == END64_MARK and len(record) == 56:
            break
    else:
        return EndRecord(at, count, size, offset, at, comment, "its 64-bit record is missing")
    _, length, _, _, _, _, _, count64, size64, offset64 = _END64.unpack(record)
    lie = ""
    if place + 12 + length != at - 20 and place + 56 != at - 20:
        lie = f"its 64-bit record does not end at its locator but {at - 20 - place - 12 - length} bytes off"
    elif place == at - 76 and stated != place and reader.read(stated, 4) == END64_MARK:
        lie = "it has two 64-bit records"
    elif any(
        short not in {full, long}
        for short, long, full in (
            (count, count64, FULL16),
            (size, size64, FULL32),
            (offset, offset64, FULL32),
        )
    ):
        lie = "its 64-bit record states other values than itself"
    return EndRecord(at, count64, size64, offset64, place, comment, lie)


def central_records(reader: RangeReader, start: int, end: int) -> Iterator[CentralRecord]:
    """The records of the directory in `[start, end)`, read in windows.

    Raises:
        MalformedError: a record is cut off or is none.
    """
    window, base, position = b"", start, start
    while position < end:
        at = position - base
        if len(window) - at < CENTRAL_SIZE + 3 * FULL16 and base + len(window) < end:
            window, base, at = reader.read(position, min(WINDOW, end - position)), position, 0
        if window[at : at + 4] != CENTRAL_MARK or at + CENTRAL_SIZE > len(window):
            raise MalformedError("the zip directory is broken", why="no record stands here", offset=position)
        fields = _CENTRAL.unpack_from(window, at)
        names, extras, comments = fields[10:13]
        length = CENTRAL_SIZE + names + extras + comments
        if at + length > len(window):
            raise MalformedError(
                "the zip directory is broken", why="a record is longer than it", offset=position
            )
        after_name = at + CENTRAL_SIZE + names
        name = window[at + CENTRAL_SIZE : after_name]
        yield _central(position, fields, name, window[after_name : after_name + extras])
        position += length


def _central(at: int, fields: tuple[int, ...], name: bytes, extra: bytes) -> CentralRecord:
    _, made, _, flags, method, _, _, crc, packed, size, _, _, _, _, _, attributes, header = fields
    values, unicode_name, oddity = _extra((size, packed, header), extra)
    size, packed, header = values
    mode = attributes >> 16 if made >> 8 in {3, 19} else 0
    return CentralRecord(
        at, name, made >> 8, flags, method, crc, packed, size, header, mode, unicode_name, oddity
    )


def local_record(reader: RangeReader, at: int) -> LocalRecord | None:
    """The local header at a place, or None where none stands there whole."""
    head = reader.read(at, LOCAL_SIZE + 226)
    if head[:4] != LOCAL_MARK or len(head) < LOCAL_SIZE:
        return None
    _, _, flags, method, _, _, crc, packed, size, names, extras = _LOCAL.unpack_from(head)
    whole = LOCAL_SIZE + names + extras
    if whole > len(head):
        head = reader.read(at, whole)
        if len(head) < whole:
            return None
    name = head[LOCAL_SIZE : LOCAL_SIZE + names]
    (size, packed), unicode_name, oddity = _extra((size, packed), head[LOCAL_SIZE + names : whole])
    return LocalRecord(at, name, flags, method, crc, packed, size, at + whole, unicode_name, oddity)


def _extra(values: tuple[int, ...], extra: bytes) -> tuple[tuple[int, ...], bytes, str]:
    """The sizes with what a 64-bit extra field says instead, a Unicode name, and what is wrong.

    Fields that do not parse are padding: writers fill the space before aligned data with whatever fits.
    """
    if not extra:
        return values, b"", ""
    oddity, unicode_name, seen = "", b"", False
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        body = extra[at + 4 : at + 4 + length]
        if len(body) < length:
            break
        if kind == ZIP64_EXTRA and seen:
            oddity = "it has two 64-bit fields"
        elif kind == ZIP64_EXTRA:
            seen = True
            values, oddity = _widened(values, body)
        elif kind == UNICODE_EXTRA and length > 5 and body[0] == 1:
            unicode_name = body[1:]
        at += 4 + length
    return values, unicode_name, oddity


def _widened(values: tuple[int, ...], body: bytes) -> tuple[tuple[int, ...], str]:
    """Every saturated value replaced by the next 64-bit one. Source: APPNOTE 4.5.3."""
    wide, at = list(values), 0
    for place, value in enumerate(values):
        if value != FULL32:
            continue
        if at + 8 > len(body):
            return tuple(wide), "its 64-bit field is too short for the values that are left to it"
        wide[place] = int.from_bytes(body[at : at + 8], "little")
        at += 8
    return tuple(wide), ""
