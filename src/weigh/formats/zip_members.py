"""What lies in a zip file: every member that any reader could see, and where readers could disagree.

`open_zip` holds the directory against the local headers and looks into what neither of them owns. The
readers of torch, Keras, skops and NumPy archives use it as well; `docs/formats/archives.md` lists the rules.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from weigh.core.errors import MalformedError
from weigh.core.facts import Coverage
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import BudgetError, Descent, SliceReader

STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One member.

    Attributes:
        name: hostile text; `/` between its parts, at its end for a folder.
        method: 0 stored, 8 deflated, 12 bzip2, 14 lzma; others are not read.
        flags: general purpose bits.
        crc: CRC-32 of the unpacked bytes, as stated.
        packed: bytes in the archive.
        size: bytes unpacked, as stated.
        header: offset of the local header.
        start: offset of the data.
        mode: Unix mode, 0 where there is none.
        hidden: no directory names it; only a reader that walks from header to header sees it.
    """

    name: str
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    header: int
    start: int
    mode: int = 0
    hidden: bool = False

    @property
    def folder(self) -> bool:
        """Whether it is a folder."""
        return self.name.endswith("/") and not self.size

    @property
    def link(self) -> bool:
        """Whether it is a symbolic link; its data is the target."""
        return self.mode & 0o170000 == 0o120000

    @property
    def plain(self) -> bool:
        """Whether its bytes lie in the archive as they are."""
        return self.method == STORED


@dataclass(slots=True)
class ZipFileFacts:
    """A zip file that was opened. Readers add what they see to `anomalies`.

    Attributes:
        entries: in the order of the directory; hidden ones last.
        anomalies: what was wrong so far.
        damage: why the archive counts as malformed, "" for not.
        missing: why a part of it was not read, "" for nothing.
        tail: from where to where its comment and what follows it lie.
    """

    entries: tuple[ZipEntry, ...]
    anomalies: AnomalyList
    damage: str = ""
    missing: str = ""
    tail: tuple[int, int] = (0, 0)

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

    def entry(self, name: str) -> ZipEntry | None:
        """The member of that name that most readers give: the last one in the directory."""
        return next((e for e in reversed(self.entries) if e.name == name and not e.hidden), None)


def open_zip(reader: RangeReader) -> ZipFileFacts:
    """Everything any reader could see in a zip file. Never raises for what it holds."""
    from weigh.formats.zip_listing import opened

    return opened(reader)


def entry_slice(reader: RangeReader, entry: ZipEntry) -> SliceReader:
    """The bytes of a member as they lie in the archive; of a stored member, its content."""
    return SliceReader(reader, entry.start, entry.packed)


def checked_slice(reader: RangeReader, entry: ZipEntry, facts: ZipFileFacts) -> SliceReader:
    """The content of a stored member; of a small one the checksum is compared, and noted where it differs."""
    from weigh.formats.zip_unpack import check_stored

    check_stored(reader, entry, facts)
    return entry_slice(reader, entry)


def entry_chunks(reader: RangeReader, entry: ZipEntry, facts: ZipFileFacts) -> Iterator[bytes]:
    """The unpacked bytes of a member, in pieces of at most 256 KiB.

    A wrong checksum or size, and packed data that breaks off, are added to `facts`; what came before is
    given all the same, since many loaders look at none of it.

    Raises:
        MalformedError: the method is not one that is read; noted in `facts` as well.
    """
    from weigh.formats.zip_unpack import chunks

    return chunks(reader, entry, facts)


@contextmanager
def open_entry(
    reader: RangeReader, entry: ZipEntry, facts: ZipFileFacts, descent: Descent
) -> Iterator[RangeReader | None]:
    """The content of a member as a reader, while the block lasts; None where it cannot be had.

    None is given, and noted in `facts`, for an unknown method and for content beyond the budget.
    """
    with ExitStack() as held:
        content: RangeReader | None = None
        try:
            if entry.plain:
                content = checked_slice(reader, entry, facts)
            else:
                content = held.enter_context(descent.unpacked(entry_chunks(reader, entry, facts)))
        except (BudgetError, MalformedError) as error:
            if error.rule:
                facts.anomalies.add_error(error, fatal=False)
            facts.missing = facts.missing or f"the member {quoted(entry.name)} is not read: {error}"
        yield content


def read_entry(
    reader: RangeReader, entry: ZipEntry, facts: ZipFileFacts, descent: Descent, *, limit: int
) -> bytes | None:
    """The whole content of a small member; None where it cannot be had or is larger than `limit` bytes."""
    with open_entry(reader, entry, facts, descent) as content:
        if content is None or content.size > limit:
            return None
        return content.read(0, content.size)
