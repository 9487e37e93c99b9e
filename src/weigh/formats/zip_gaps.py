"""The bytes of a zip file that its directory does not own: hidden members, gaps, overlaps.

Without a directory everything lies in such a gap, and the members are found by their local headers.
"""

from collections.abc import Iterator

from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import MAX_MEMBERS
from weigh.formats.zip_members import ZipEntry, ZipFileFacts
from weigh.formats.zip_records import DESCRIPTOR_MARK, LOCAL_MARK, LocalRecord, local_record

WINDOW = 1024 * 1024
MOST_SEARCHED, SEARCH_RATIO = 64 * 1024**2, 4
"""Bytes looked through for headers: four times the file and this; honest files have nothing to search."""
_SIGNING = b"APK Sig Block 42"
"""Ends the block of signatures that Android puts before the directory. Source: source.android.com, APK v2."""


class _Search:
    """Looks for marks in a file, and stops once it has read too much.

    A window is kept between calls, so that false marks do not cost quadratic time.

    Attributes:
        left: bytes that may still be read.
    """

    __slots__ = ("_base", "_reader", "_window", "left")

    def __init__(self, reader: RangeReader) -> None:
        self._reader = reader
        self._base = 0
        self._window = b""
        self.left = MOST_SEARCHED + SEARCH_RATIO * reader.size

    def find(self, mark: bytes, start: int, end: int) -> int:
        """The first place of a mark in `[start, end)`, -1 where there is none or no more may be read."""
        while start < end:
            if not self._base <= start < self._base + len(self._window) - len(mark) + 1:
                self._window, self._base = self._reader.read(start, WINDOW), start
                self.left -= len(self._window)
                if self.left < 0 or len(self._window) < len(mark):
                    return -1
            at = self._window.find(mark, start - self._base, end - self._base)
            if at >= 0:
                return self._base + at
            start = self._base + len(self._window) - len(mark) + 1
        return -1


def left_over(
    reader: RangeReader, entries: list[ZipEntry], bound: int, facts: ZipFileFacts, *, lost: bool
) -> list[ZipEntry]:
    """Members that no directory names, found in what the listed ones leave free before `bound`.

    Args:
        reader: the archive.
        entries: the listed members.
        bound: where the directory begins, or the file ends.
        facts: takes the anomalies.
        lost: whether the directory is broken, so that unlisted members are no surprise.
    """
    hidden: list[ZipEntry] = []
    search = _Search(reader)
    reached = 0
    for begin, end in (*_extents(reader, entries), (bound, bound)):
        if begin > reached:
            for entry in _in_gap(reader, search, (reached, begin), facts, lost=lost):
                hidden.append(entry)
                if len(entries) + len(hidden) >= MAX_MEMBERS:
                    search.left = -1
                    break
        elif begin < reached:
            what = "a member reaches into the directory" if begin == bound else "two members share bytes"
            facts.anomalies.add("WGH-AR013", f"{what} before byte {reached}", offset=begin)
        if search.left < 0:
            facts.missing = facts.missing or "bytes that belong to no member were not looked through"
            break
        reached = max(reached, end)
    return hidden


def _extents(reader: RangeReader, entries: list[ZipEntry]) -> Iterator[tuple[int, int]]:
    for entry in sorted(entries, key=lambda e: e.header):
        yield entry.header, extent_end(reader, entry)


def extent_end(reader: RangeReader, entry: ZipEntry) -> int:
    """One past the last byte of a member, its data descriptor counted in. Source: APPNOTE 4.3.9."""
    end = entry.start + entry.packed
    if not entry.flags & 8:
        return end
    raw = reader.read(end, 24)
    for at in (4, 0) if raw[:4] == DESCRIPTOR_MARK else (0,):
        for width in (4, 8):
            wanted = entry.packed.to_bytes(8, "little")[:width] + entry.size.to_bytes(8, "little")[:width]
            if raw[at + 4 : at + 4 + 2 * width] == wanted:
                return end + at + 4 + 2 * width
    return end


def _in_gap(
    reader: RangeReader, search: _Search, gap: tuple[int, int], facts: ZipFileFacts, *, lost: bool
) -> Iterator[ZipEntry]:
    """The members in a gap; what lies there besides them is noted."""
    position, end = gap
    free = position
    while position < end:
        at = search.find(LOCAL_MARK, position, end)
        local = local_record(reader, at) if at >= 0 else None
        if at < 0:
            break
        if local is None or local.start > end:
            position = at + 4
            continue
        if at > free and not lost:
            _judge_stray(reader, free, at, facts.anomalies)
        entry, position = _walked(reader, search, local, end, hidden=not lost)
        free = position
        if not lost:
            why = f"the member {quoted(entry.name)} stands in no directory"
            facts.anomalies.add("WGH-AR003", why, offset=at)
        yield entry
    if free < end and not lost:
        _judge_stray(reader, free, end, facts.anomalies)


def _walked(
    reader: RangeReader, search: _Search, local: LocalRecord, end: int, *, hidden: bool
) -> tuple[ZipEntry, int]:
    """A member as its local header has it, and where the next may begin."""
    from weigh.formats.zip_listing import decoded

    crc, packed, size = local.crc, local.packed, local.size
    if local.flags & 8 and not packed:
        crc, packed, size = _streamed(reader, search, local, end)
    packed = min(packed, end - local.start)
    entry = ZipEntry(
        decoded(local.name, local.flags), local.method, local.flags, crc,
        packed, size, local.at, local.start, 0, hidden,
    )  # fmt: skip
    return entry, extent_end(reader, entry)


def _streamed(reader: RangeReader, search: _Search, local: LocalRecord, end: int) -> tuple[int, int, int]:
    """Checksum and sizes from the descriptor behind the data: the first that states the right distance."""
    at = search.find(DESCRIPTOR_MARK, local.start, end)
    while at >= 0:
        raw = reader.read(at + 4, 20)
        for width in (8, 4):
            packed = int.from_bytes(raw[4 : 4 + width], "little")
            if packed == at - local.start:
                size = int.from_bytes(raw[4 + width : 4 + 2 * width], "little")
                return int.from_bytes(raw[:4], "little"), packed, size
        at = search.find(DESCRIPTOR_MARK, at + 4, end)
    following = search.find(LOCAL_MARK, local.start, end)
    packed = (following if following >= 0 else end) - local.start
    return local.crc, packed, packed


def _judge_stray(reader: RangeReader, start: int, end: int, found: AnomalyList) -> None:
    """Note bytes that belong to no member; zeros and Android's signatures are padding."""
    if start == 0:
        found.add("WGH-AR022", f"{end} bytes come before its first member", offset=0)
        return
    signed = reader.read(end - len(_SIGNING), len(_SIGNING)) == _SIGNING
    if signed or _only_zeros(reader, start, end):
        found.add("WGH-AR026", f"{end - start} bytes of padding belong to no member", offset=start)
    else:
        found.add("WGH-AR004", f"{end - start} bytes belong to no member", offset=start)


def _only_zeros(reader: RangeReader, start: int, end: int) -> bool:
    return not any(reader.read(at, min(WINDOW, end - at)).strip(b"\0") for at in range(start, end, WINDOW))
