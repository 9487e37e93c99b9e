"""The members of a zip file: its directory held against the local headers, and what neither owns.

Loaders differ: some trust the directory, some the local headers, some walk from header to header. A file on
which they disagree shows one of them what another never sees; every such difference is noted.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from weigh.core.errors import MalformedError
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.archive_paths import AMBIGUOUS, ODD, LinkedFolders, name_faults, plain_path
from weigh.formats.descent import MAX_MEMBERS
from weigh.formats.zip_gaps import left_over
from weigh.formats.zip_members import DEFLATED, STORED, ZipEntry, ZipFileFacts
from weigh.formats.zip_records import (
    CENTRAL_MARK,
    END_SIZE,
    FULL16,
    LOCAL_MARK,
    CentralRecord,
    EndRecord,
    LocalRecord,
    central_records,
    end_records,
    local_record,
)
from weigh.formats.zip_unpack import CLOAKED

ABSURD = 2**48
"""Bytes; no honest file states a size or place beyond 256 TiB."""
BOMB_SIZE, BOMB_RATIO = 10 * 1024**2, 200
"""More than 200 to 1 over 10 MiB is what bombs have: deflate ends at 1,032 to 1, real weights below 20."""
MOST_ARRAY = 2 * 1024**3
"""Bytes of an array that may be packed as tightly: arrays of zeros are honest, and NumPy packs them."""
_TRIVIAL = 0x0806
"""Bits a writer may set in one place only: the compression level and the encoding of an ASCII name."""


@dataclass(frozen=True, slots=True)
class _Directory:
    """Where the chosen directory lies; `shift` is what has to be added to every offset it states."""

    start: int
    end: EndRecord
    shift: int


def opened(reader: RangeReader) -> ZipFileFacts:
    """See `zip_members.open_zip`."""
    found = AnomalyList()
    facts = ZipFileFacts((), found)
    directory = _directory(reader, found)
    entries: list[ZipEntry] = []
    if directory is not None:
        _judge_end(reader, directory, facts)
        try:
            entries += _listed(reader, directory, facts)
        except MalformedError as error:
            found.add("WGH-AR018", f"{error.what}: {error.why}", offset=error.offset or -1)
            facts.damage = "its directory is broken"
    else:
        found.add("WGH-AR018", "it has no directory: the file is cut off, or its end is broken")
        facts.damage = "it has no directory"
    lost = directory is None or bool(facts.damage)
    bound = directory.start if directory is not None else reader.size
    hidden = left_over(reader, entries, bound, facts, lost=lost)
    facts.entries = (*entries, *hidden)
    _judge_names(facts)
    return facts


def _directory(reader: RangeReader, found: AnomalyList) -> _Directory | None:
    """The directory that the last sound end record states. Two of them let readers disagree."""
    chosen: _Directory | None = None
    skipped = 0
    for end in end_records(reader):
        directory = _located(reader, end)
        if directory is None:
            skipped += chosen is None
        elif chosen is None:
            chosen = directory
            if skipped:
                found.add("WGH-AR019", "another end record follows the sound one", offset=end.at)
        elif end.at >= chosen.start:
            found.add("WGH-AR019", "it has two directories, each with its end record", offset=end.at)
        else:
            break
    return chosen


def _located(reader: RangeReader, end: EndRecord) -> _Directory | None:
    """The directory an end record states: directly before it, else at its offset; None where at neither."""
    start = end.ends - end.size
    if start >= 0 and (not end.size or reader.read(start, 4) == CENTRAL_MARK):
        return _Directory(start, end, start - end.offset if end.size else 0)
    if end.size and end.offset + end.size < end.ends and reader.read(end.offset, 4) == CENTRAL_MARK:
        return _Directory(end.offset, end, 0)
    return None


def _judge_end(reader: RangeReader, directory: _Directory, facts: ZipFileFacts) -> None:
    end, start, found = directory.end, directory.start, facts.anomalies
    if end.lie:
        found.add("WGH-AR020", f"at its end record {end.lie}", offset=end.at)
    if end.size and start + end.size != end.ends:
        found.add("WGH-AR019", "its directory does not end where its end record begins", offset=start)
    if directory.shift and end.offset != start and reader.read(end.offset, 4) == CENTRAL_MARK:
        found.add("WGH-AR019", "another directory stands where the end record points to", offset=end.offset)
    facts.tail = (end.at + END_SIZE, reader.size)
    behind = reader.size - end.at - END_SIZE - end.comment
    if behind > 0:
        found.add("WGH-AR023", f"{behind} bytes follow its end", offset=reader.size - behind)
    elif behind < 0:
        found.add("WGH-AR018", "its comment is cut off", offset=end.at)
        facts.damage = "its comment is cut off"


def _listed(reader: RangeReader, directory: _Directory, facts: ZipFileFacts) -> Iterator[ZipEntry]:
    """The members the directory lists and whose local headers are there."""
    count = 0
    end = directory.end
    for record in central_records(reader, directory.start, directory.start + end.size):
        count += 1
        if count > MAX_MEMBERS:
            facts.anomalies.add("WGH-AR024", f"it has more than {MAX_MEMBERS} members")
            facts.missing = f"it has more than {MAX_MEMBERS} members"
            return
        entry = _entry(reader, record, directory.shift, facts)
        if entry is not None:
            yield entry
    if count != end.count:
        # before the 64-bit records, writers let the count run over
        rule = ODD if count & FULL16 == end.count and count > FULL16 else "WGH-AR019"
        facts.anomalies.add(rule, f"its end record counts {end.count} members, its directory has {count}")


def _entry(reader: RangeReader, record: CentralRecord, shift: int, facts: ZipFileFacts) -> ZipEntry | None:
    found = facts.anomalies
    at = record.header + shift
    local = local_record(reader, at) if at >= 0 else None
    name = decoded(record.name, record.flags)
    if local is None and shift and reader.read(record.header, 4) == LOCAL_MARK:
        at, local = record.header, local_record(reader, record.header)
    if local is None or max(record.packed, record.size, record.header) > ABSURD:
        absurd = max(record.packed, record.size, record.header) > ABSURD
        rule = "WGH-AR020" if absurd else "WGH-AR021"
        why = "sizes that no file has" if absurd else "no local header"
        found.add(rule, f"the directory lists {quoted(name)}, which has {why}", offset=record.at)
        facts.damage = facts.damage or f"the member {quoted(name)} is not where the directory says"
        return None
    if record.header + shift != at or (shift and reader.read(record.header, 4) == LOCAL_MARK):
        found.add("WGH-AR019", f"the offset of {quoted(name)} can be taken in two ways", offset=record.at)
    for rule, why in _differences(record, local, name):
        found.add(rule, f"the member {quoted(name)} {why}", offset=local.at)
    if local.start + record.packed > reader.size:
        found.add("WGH-AR021", f"the member {quoted(name)} is larger than the file", offset=local.at)
        facts.damage = facts.damage or f"the member {quoted(name)} is cut off"
    return ZipEntry(
        name, record.method, record.flags | local.flags & CLOAKED, record.crc,
        record.packed, record.size, local.at, local.start, record.mode,
    )  # fmt: skip


def _differences(record: CentralRecord, local: LocalRecord, name: str) -> Iterator[tuple[str, str]]:
    """Where the directory and the local header of a member do not say the same, and where either lies."""
    if local.name != record.name:
        yield "WGH-AR001", f"is called {quoted(decoded(local.name, local.flags))} in its local header"
    for what, here, there in (
        ("method", local.method, record.method),
        ("checksum", local.crc, record.crc),
        ("packed size", local.packed, record.packed),
        ("size", local.size, record.size),
    ):
        streamed = local.flags & 8 and not here and what != "method"
        if here != there and not streamed:
            yield "WGH-AR002", f"has the {what} {there} in the directory and {here} in its local header"
    if (local.flags ^ record.flags) & ~(_TRIVIAL | 8):
        yield (
            "WGH-AR002",
            f"has flags {record.flags:#x} in the directory, {local.flags:#x} in its local header",
        )
    if (local.flags ^ record.flags) & 0x800 and not record.name.isascii():
        yield AMBIGUOUS, "has its name in two encodings"
    if record.method == STORED and record.packed != record.size and not record.flags & 1:
        yield "WGH-AR002", f"is stored as it is in {record.packed} bytes and claims {record.size}"
    oddity = record.oddity or local.oddity
    if oddity:
        yield "WGH-AR020", f"states sizes that contradict each other: {oddity}"
    yield from _other_names(record, local, name)
    if (
        record.size > BOMB_SIZE
        and record.size > BOMB_RATIO * max(1, record.packed)
        and not (name.endswith(".npy") and record.method == DEFLATED and record.size <= MOST_ARRAY)
    ):
        yield "WGH-AR014", f"unpacks {record.packed} bytes to {record.size}"


def _other_names(record: CentralRecord, local: LocalRecord, name: str) -> Iterator[tuple[str, str]]:
    """A Unicode name beside the plain one may spell it in another encoding, not say something else."""
    for field in {record.unicode_name, local.unicode_name} - {b""}:
        other = field[4:].decode("utf-8", "replace")
        if (other != name) if name.isascii() else (other.count("/") != name.count("/")):
            yield AMBIGUOUS, f"has a second name, {quoted(other)}"
        yield from name_faults(other)
    if record.flags & 0x800:
        try:
            record.name.decode("utf-8")
        except UnicodeDecodeError:
            yield AMBIGUOUS, "claims a name in UTF-8 that is none"


def decoded(raw: bytes, flags: int) -> str:
    """A name as Python and most others read it: UTF-8 where flagged, else code page 437."""
    if raw.isascii():
        return raw.decode("ascii")
    if flags & 0x800:
        return raw.decode("utf-8", "backslashreplace")
    return raw.decode("cp437")


def _judge_names(facts: ZipFileFacts) -> None:
    """Names that leave the folder, stand twice, or lie behind a link."""
    found, links = facts.anomalies, LinkedFolders()
    first: dict[str, ZipEntry] = {}
    for entry in facts.entries:
        for rule, why in name_faults(entry.name):
            found.add(rule, why, offset=entry.header)
        if entry.mode and entry.mode & 0o170000 in {0o020000, 0o060000, 0o010000, 0o140000}:
            found.add(
                "WGH-AR025", f"the member {quoted(entry.name)} is a device or pipe", offset=entry.header
            )
        other = first.setdefault(plain_path(entry.name), entry)
        if other is not entry and not entry.hidden:
            same = (other.crc, other.size) == (entry.crc, entry.size)
            why = (
                f"the name {quoted(entry.name)} stands twice, with {'the same' if same else 'other'} content"
            )
            found.add("WGH-AR027" if same else "WGH-AR005", why, offset=entry.header)
        if entry.link:
            links.add(entry.name)
    for entry in facts.entries:
        if links.behind(entry.name):
            why = f"the member {quoted(entry.name)} would be written through a link"
            found.add("WGH-AR028", why, offset=entry.header)
