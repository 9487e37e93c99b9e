"""Where a picture, sound, film or font ends, by its own structure.

Sources: PNG 1.2 §5; ITU T.81 annex B (JPEG); GIF89a; RIFF 1.0; RFC 3533 (Ogg); ISO/IEC 14496-12 (boxes);
OpenType 1.9 §"Font file"; WOFF 1.0 and 2.0; the ICO layout of Windows. Nothing is decoded.
"""

from collections.abc import Callable

from weigh.core.ports import RangeReader

UNKNOWN_END = -1
"""The structure does not tell; the whole file is the medium."""
BROKEN = -2
"""It breaks its own structure."""
NONE = -3
"""It only begins like this format and is none."""
MAX_STEPS = 2_000_000
"""Chunks, segments or boxes walked; a film of hours has some hundred thousand."""
_WINDOW = 64 * 1024

Walk = Callable[[RangeReader], int]


def walk_of(head: bytes) -> tuple[str, Walk] | None:
    """The name of a format and its walk, by the first bytes."""
    for at, mark, name, walk in _MARKS:
        if head[at : at + len(mark)] == mark:
            return name, walk
    return None


def _png(reader: RangeReader) -> int:
    at = 8
    for _ in range(MAX_STEPS):
        head = reader.read(at, 8)
        if len(head) < 8:
            return BROKEN
        at += 12 + int.from_bytes(head[:4], "big")
        if not head[4:].isalpha() or at > reader.size:
            return BROKEN
        if head[4:] == b"IEND":
            return at
    return BROKEN


def _jpeg(reader: RangeReader) -> int:
    at = 2
    for _ in range(MAX_STEPS):
        head = reader.read(at, 4)
        if len(head) < 2 or head[0] != 0xFF:
            return BROKEN
        kind = head[1]
        if kind == 0xD9:
            return at + 2
        if kind == 0xFF or 0xD0 <= kind <= 0xD7 or kind in {0x01, 0xD8}:
            at += 1 if kind == 0xFF else 2
            continue
        at += 2 + int.from_bytes(head[2:4], "big")
        if kind == 0xDA:
            at = _after_scan(reader, at)
            if at < 0:
                return BROKEN
    return BROKEN


def _after_scan(reader: RangeReader, at: int) -> int:
    """The next marker behind coded data: 0xFF not followed by nought or a restart; -1 where there is none."""
    while at < reader.size:
        window = reader.read(at, _WINDOW)
        place = window.find(b"\xff")
        while 0 <= place < len(window) - 1:
            if window[place + 1] not in _IN_SCAN:
                return at + place
            place = window.find(b"\xff", place + 1)
        if len(window) < _WINDOW:
            return -1
        at += len(window) if place < 0 else place
    return -1


_IN_SCAN = frozenset((0x00, *range(0xD0, 0xD8)))


def _gif(reader: RangeReader) -> int:
    head = reader.read(0, 13)
    if len(head) < 13 or head[:6] not in {b"GIF87a", b"GIF89a"}:
        return BROKEN
    at = 13 + (3 << (head[10] & 7) + 1 if head[10] & 0x80 else 0)
    for _ in range(MAX_STEPS):
        kind = reader.read(at, 10)
        if kind[:1] == b"\x3b":
            return at + 1
        if kind[:1] == b"\x21":
            at = _after_blocks(reader, at + 2)
        elif kind[:1] == b"\x2c" and len(kind) == 10:
            table = 3 << (kind[9] & 7) + 1 if kind[9] & 0x80 else 0
            at = _after_blocks(reader, at + 11 + table)
        else:
            return BROKEN
        if at < 0:
            return BROKEN
    return BROKEN


def _after_blocks(reader: RangeReader, at: int) -> int:
    """Behind a run of blocks that each state their size, -1 where it does not end."""
    while True:
        window = reader.read(at, _WINDOW)
        if not window:
            return -1
        place = 0
        while place < len(window):
            size = window[place]
            place += 1 + size
            if not size:
                return at + place
        at += place


def _riff(reader: RangeReader) -> int:
    head = reader.read(0, 12)
    size = int.from_bytes(head[4:8], "big" if head[:4] == b"RIFX" else "little")
    if len(head) < 12 or not head[8:12].isascii():
        return BROKEN
    if head[:4] == b"RF64" or size in {0, 0xFFFFFFFF}:
        return UNKNOWN_END  # what writers leave that cannot go back
    end = 8 + size + (size & 1)
    return end if end - (size & 1) <= reader.size else BROKEN


def _ogg(reader: RangeReader) -> int:
    at = 0
    for _ in range(MAX_STEPS):
        head = reader.read(at, 27 + 255)
        if head[:4] != b"OggS":
            return at or BROKEN
        if len(head) < 27 or len(head) < 27 + head[26]:
            return BROKEN
        at += 27 + head[26] + sum(head[27 : 27 + head[26]])
        if at > reader.size:
            return BROKEN
    return BROKEN


def _boxes(reader: RangeReader) -> int:
    at = 0
    for _ in range(MAX_STEPS):
        head = reader.read(at, 16)
        size = int.from_bytes(head[:4], "big")
        kind = head[4:8]
        if len(head) < 8 or not all(0x20 <= byte < 0x7F or byte == 0xA9 for byte in kind):
            return at or BROKEN
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        if size == 0:
            return reader.size
        if size < 8 or at + size > reader.size:
            return BROKEN if at + size > reader.size else at
        at += size
    return BROKEN


def _font(reader: RangeReader) -> int:
    """The end of the last table of an OpenType font."""
    count = int.from_bytes(reader.read(4, 2), "big")
    table = reader.read(12, 16 * count)
    if not 0 < count <= 4096 or len(table) < 16 * count:
        return NONE
    end = 12 + 16 * count
    for at in range(0, len(table), 16):
        if not table[at : at + 4].isascii():
            return NONE
        start, size = (int.from_bytes(table[at + k : at + k + 4], "big") for k in (8, 12))
        end = max(end, start + size)
    if end > reader.size:
        return BROKEN
    return min(reader.size, end + -end % 4)


def _woff(reader: RangeReader) -> int:
    size = int.from_bytes(reader.read(8, 4), "big")
    return size if 44 <= size <= reader.size else BROKEN


def _icon(reader: RangeReader) -> int:
    count = int.from_bytes(reader.read(4, 2), "little")
    table = reader.read(6, 16 * count)
    if not 0 < count <= 1024 or len(table) < 16 * count:
        return NONE
    end = 0
    for at in range(0, len(table), 16):
        size, start = (int.from_bytes(table[at + k : at + k + 4], "little") for k in (8, 12))
        if start < 6 + 16 * count or not size or start + size > reader.size:
            return NONE
        end = max(end, start + size)
    return end


def _tiff(reader: RangeReader) -> int:
    order = "little" if reader.read(0, 2) == b"II" else "big"
    first = int.from_bytes(reader.read(4, 4), order)  # type: ignore[arg-type]  # one of the two words
    return UNKNOWN_END if 8 <= first < reader.size else NONE


def _bitmap(reader: RangeReader) -> int:
    size = int.from_bytes(reader.read(2, 4), "little")
    return size if 26 < size <= reader.size else NONE


def _whole(reader: RangeReader) -> int:
    del reader
    return UNKNOWN_END


_MARKS: tuple[tuple[int, bytes, str, Walk], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "png", _png),
    (0, b"\xff\xd8\xff", "jpeg", _jpeg),
    (0, b"GIF8", "gif", _gif),
    (0, b"RIFF", "riff", _riff),
    (0, b"RIFX", "riff", _riff),
    (0, b"RF64", "riff", _riff),
    (0, b"OggS", "ogg", _ogg),
    (0, b"fLaC", "flac", _whole),
    (0, b"ID3", "mp3", _whole),
    (0, b"\xff\xfb", "mp3", _whole),
    (0, b"wOFF", "woff", _woff),
    (0, b"wOF2", "woff2", _woff),
    (0, b"\x00\x01\x00\x00\x00", "font", _font),
    (0, b"OTTO", "font", _font),
    (0, b"\x00\x00\x01\x00", "icon", _icon),
    (0, b"II*\x00", "tiff", _tiff),
    (0, b"MM\x00*", "tiff", _tiff),
    (0, b"BM", "bmp", _bitmap),
    (4, b"ftyp", "mp4", _boxes),
)
