"""What lies in a tar file: every member, its place, and where readers could disagree.

Source: POSIX.1-2017, `pax` (ustar and pax interchange formats); the GNU tar manual, "Basic Tar Format".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from weigh.core.facts import Coverage
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import MAX_MEMBERS

BLOCK = 512
MAX_RECORD = 1024 * 1024
"""Bytes of one extended header that are read; a path has at most some thousand."""
ABSURD = 2**48
"""Bytes; no honest file has members beyond 256 TiB."""
USTAR_MOST = 8**11
"""Sizes that eleven octal digits cannot state; only for these a pax header has to state them."""

_REGULAR = frozenset(b"0\x007")
_LONG_NAME, _LONG_LINK = ord("L"), ord("K")
_PAX, _PAX_GLOBAL, _PAX_SOLARIS = ord("x"), ord("g"), ord("X")
HARD_LINK, LINK, FOLDER, SPARSE = ord("1"), ord("2"), ord("5"), ord("S")
SPECIAL = frozenset(b"346")
"""Character device, block device, pipe."""
_WITHOUT_DATA = frozenset((HARD_LINK, LINK, FOLDER, *SPECIAL))
_DIGITS = re.compile(rb"[0-7]{0,12}")
_RECORD = re.compile(rb"([0-9]{1,9}) ([^=\n]{1,256})=")


@dataclass(frozen=True, slots=True)
class TarEntry:
    """One member.

    Attributes:
        name: hostile text.
        kind: type flag as a byte; `FILE` for every kind of plain file.
        start: offset of the data.
        size: bytes of the data.
        target: of a link, hostile text.
        other_name: the name in the plain header where an extended one replaces it.
        hidden: it stands after the archive's end, or behind a broken header.
    """

    name: str
    kind: int
    start: int
    size: int
    target: str = ""
    other_name: str = ""
    hidden: bool = False

    @property
    def file(self) -> bool:
        """Whether it has content of its own."""
        return self.kind not in _WITHOUT_DATA


FILE = ord("0")


@dataclass(slots=True)
class TarFileFacts:
    """A tar file that was opened. Readers add what they see to `anomalies`.

    Attributes:
        entries: in file order; a later one of the same name is what an extraction leaves.
        damage: why the archive counts as malformed, "" for not.
        missing: why a part of it was not read, "" for nothing.
    """

    entries: tuple[TarEntry, ...]
    anomalies: AnomalyList
    damage: str = ""
    missing: str = ""

    @property
    def coverage(self) -> Coverage:
        """How much of the archive's own structure was understood."""
        if self.damage:
            return Coverage.MALFORMED
        return Coverage.PARTIAL if self.missing else Coverage.COMPLETE

    @property
    def reason(self) -> str:
        """Why coverage is not complete, "" where it is."""
        return self.damage or self.missing

    def entry(self, name: str) -> TarEntry | None:
        """The member of that name that an extraction leaves: the last one. `./` before a name is ignored."""
        wanted = name.removeprefix("./")
        return next((e for e in reversed(self.entries) if e.name.removeprefix("./") == wanted), None)


def open_tar(reader: RangeReader) -> TarFileFacts:
    """Everything any reader could see in a tar file. Never raises for what it holds."""
    facts = TarFileFacts((), AnomalyList())
    entries: list[TarEntry] = []
    for entry in _Walk(reader, facts).entries():
        if len(entries) >= MAX_MEMBERS:
            facts.missing = f"it has more than {MAX_MEMBERS} members"
            facts.anomalies.add("WGH-AR024", facts.missing)
            break
        entries.append(entry)
    facts.entries = tuple(entries)
    return facts


@dataclass(slots=True)
class _Extended:
    """What extended headers say about the next member."""

    name: bytes | None = None
    link: bytes | None = None
    size: int | None = None
    sparse: bool = False


class _Walk:
    """From header to header through one archive."""

    def __init__(self, reader: RangeReader, facts: TarFileFacts) -> None:
        self._reader = reader
        self._facts = facts
        self._found = facts.anomalies
        self._all = _Extended()
        self._next = _Extended()
        self._hidden = False
        self._chunk = b""
        self._base = 0

    def entries(self) -> Iterator[TarEntry]:
        """All members. After the end, and after a broken header, further ones are looked for."""
        position, zeros, broken = 0, 0, False
        while position + BLOCK <= self._reader.size:
            head = self._block(position)
            if not head.strip(b"\0"):
                zeros += 1
                position += BLOCK
                continue
            if not _sound(head):
                broken = self._judge_broken(position, zeros, broken=broken)
                position += BLOCK
                continue
            self._hidden = self._hidden or zeros >= 1 or broken
            entry, position = self._member(head, position)
            if entry is not None:
                if self._hidden:
                    why = f"the member {quoted(entry.name)} stands after the archive's end"
                    self._found.add("WGH-AR032", why, offset=entry.start - BLOCK)
                yield entry
        self._judge_end(position, zeros, broken=broken)

    def _judge_end(self, position: int, zeros: int, *, broken: bool) -> None:
        rest = self._reader.size - min(position, self._reader.size)
        if rest and not broken and self._reader.read(position, rest).strip(b"\0"):
            self._found.add("WGH-AR023", f"{rest} bytes follow its last block", offset=position)
            if not zeros:
                self._facts.damage = self._facts.damage or "it ends in the middle of a block"
        if not zeros and not broken and not self._facts.damage:
            self._found.add("WGH-AR033", "no empty block closes it")

    def _judge_broken(self, position: int, zeros: int, *, broken: bool) -> bool:
        """Note a block that is no header, once for a run of them."""
        if zeros and not broken:
            rest = self._reader.size - position
            self._found.add("WGH-AR023", f"{rest} bytes follow its end", offset=position)
        elif not broken:
            self._found.add("WGH-AR030", "a header's checksum is wrong", offset=position)
            self._facts.damage = self._facts.damage or f"the header at byte {position} is broken"
        return True

    def _block(self, position: int) -> bytes:
        at = position - self._base
        if not 0 <= at <= len(self._chunk) - BLOCK:
            self._chunk, self._base, at = self._reader.read(position, 8 * BLOCK), position, 0
        return self._chunk[at : at + BLOCK]

    def _member(self, head: bytes, position: int) -> tuple[TarEntry | None, int]:
        """The member of a header (None for an extended header), and where the next header is."""
        kind, start = head[156], position + BLOCK
        size = number(head[124:136])
        extended = kind in {_LONG_NAME, _LONG_LINK, _PAX, _PAX_GLOBAL, _PAX_SOLARIS}
        if extended:
            self._extend(kind, start, min(size, self._reader.size - start))
            return None, start + _rounded(max(0, size), self._reader.size)
        told, self._next = self._next, _Extended(size=None)
        stated = told.size if told.size is not None else self._all.size
        own_data = kind not in _WITHOUT_DATA or (kind == HARD_LINK and size > 0)
        if stated is not None and own_data:
            if stated != size and stated < USTAR_MOST:
                why = f"its header states {size} bytes, its extended header {stated}"
                self._found.add("WGH-AR031", why, offset=position)
            size = stated
        if kind not in _REGULAR and kind not in _WITHOUT_DATA and kind != SPARSE:
            self._found.add("WGH-AR037", f"a member is of the unusual kind {chr(kind)!r}", offset=position)
        if kind == SPARSE or told.sparse:
            self._found.add("WGH-AR038", "a member is stored with holes", offset=position)
            self._facts.missing = self._facts.missing or "a member is stored with holes, which are not filled"
        entry = self._entry(head, kind, start, self._judged_size(size, start) if own_data else 0, told)
        if kind == SPARSE:
            start = self._after_sparse(head, start)
            entry = TarEntry(entry.name, FILE, start, entry.size, hidden=self._hidden)
        return entry, start + _rounded(entry.size, self._reader.size)

    def _entry(self, head: bytes, kind: int, start: int, size: int, told: _Extended) -> TarEntry:
        plain = _field(head[:100])
        if head[257:263] == b"ustar\0" and head[345]:
            plain = _field(head[345:500]) + b"/" + plain
        name = told.name if told.name is not None else self._all.name
        link = told.link if told.link is not None else _field(head[157:257])
        chosen = _text(plain if name is None else name)
        if kind in _REGULAR and chosen.endswith("/") and not size:
            kind = FOLDER  # how tar told folders before there was a kind for them
        return TarEntry(
            chosen,
            FILE if kind in _REGULAR or kind not in _WITHOUT_DATA else kind,
            start,
            size,
            _text(link) if kind in {LINK, HARD_LINK} else "",
            "" if name is None else _text(plain),
            self._hidden,
        )

    def _judged_size(self, size: int, start: int) -> int:
        left = self._reader.size - start
        if size < 0 or size > ABSURD:
            self._found.add("WGH-AR036", f"a member claims {size} bytes", offset=start - BLOCK)
            self._facts.damage = self._facts.damage or "a member has a size that no file has"
        elif size > left:
            why = f"a member claims {size} bytes, {left} are left"
            self._found.add("WGH-AR034", why, offset=start - BLOCK)
            self._facts.damage = self._facts.damage or "its last member is cut off"
        return max(0, min(size, left))

    def _after_sparse(self, head: bytes, start: int) -> int:
        """Where data starts behind the blocks of a GNU sparse map. Source: GNU tar manual, struct sparse."""
        more = head[482]
        while more and start + BLOCK <= self._reader.size:
            more = self._block(start)[504]
            start += BLOCK
        return start

    def _extend(self, kind: int, start: int, size: int) -> None:
        """Take in a long name or a pax header."""
        if size < 0 or size > MAX_RECORD:
            self._found.add("WGH-AR035", f"an extended header has {size} bytes", offset=start - BLOCK)
            self._facts.missing = self._facts.missing or "an extended header is too large to be read"
            return
        data = self._reader.read(start, size)
        if kind == _LONG_NAME:
            self._next.name = data.partition(b"\0")[0]
        elif kind == _LONG_LINK:
            self._next.link = data.partition(b"\0")[0]
        else:
            self._take_pax(data, self._all if kind == _PAX_GLOBAL else self._next, start)

    def _take_pax(self, data: bytes, into: _Extended, start: int) -> None:
        at = 0
        while at < len(data) and data[at]:
            mark = _RECORD.match(data, at)
            length = int(mark[1]) if mark else 0
            value = data[mark.end() : at + length - 1] if mark else b""
            if mark is None or data[at + length - 1 : at + length] != b"\n" or at + length <= mark.end():
                self._found.add("WGH-AR035", "a record of a pax header is broken", offset=start + at)
                self._facts.damage = self._facts.damage or "a pax header is broken"
                return
            self._take_record(mark[2], value, into, start + at)
            at += length

    def _take_record(self, key: bytes, value: bytes, into: _Extended, offset: int) -> None:
        match key:
            case b"path" | b"GNU.sparse.name":
                into.name = value
            case b"linkpath":
                into.link = value
            case b"size":
                if value.isdigit() and len(value) < 20:
                    into.size = int(value)
                else:
                    self._found.add("WGH-AR036", "a pax header states no number as size", offset=offset)
            case _ if key.startswith(b"GNU.sparse."):
                into.sparse = True


def _sound(head: bytes) -> bool:
    """Whether a header's checksum is right, counted as POSIX does or with signed bytes."""
    stated = number(head[148:156])
    if stated < 0:
        return False
    own = sum(head[148:156])
    plain = sum(head) - own + 256
    if plain == stated:
        return True
    above = sum(1 for byte in head[:148] + head[156:] if byte >= 0x80)
    return plain - 256 * above == stated


def number(field: bytes) -> int:
    """A number of a header: octal digits, or base 256 behind a set first bit; -1 where it is neither."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big") & ((1 << (8 * len(field) - 2)) - 1)
        return value if not field[0] & 0x40 else -1
    digits = field.split(b"\0", 1)[0].strip(b" ")
    return int(digits or b"0", 8) if _DIGITS.fullmatch(digits) else -1


def _rounded(size: int, most: int) -> int:
    """Bytes of whole blocks; no further than the file, whatever was claimed."""
    return min((size + BLOCK - 1) // BLOCK * BLOCK, most + BLOCK)


def _field(raw: bytes) -> bytes:
    return raw.partition(b"\0")[0]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
