"""7z archives: the header, and every member unpacked and read.

Source: the LZMA SDK's 7zFormat.txt. The rules stand in docs/formats/archives.md.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from weigh.core.errors import MalformedError
from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.archive_members import empty_member
from weigh.formats.archive_paths import MAX_LINK, LinkedFolders, link_fault, name_faults, plain_path
from weigh.formats.descent import BETWEEN, BudgetError, Descent
from weigh.formats.seven_zip_coders import unpacked_folder
from weigh.formats.seven_zip_header import (
    ABSURD,
    ENCODED,
    Cursor,
    Folder,
    SevenZipFile,
    bad,
    read_header,
    read_streams,
)

FORMAT = "7z"
SIGNATURE = b"7z\xbc\xaf\x27\x1c"
START = 32
"""Bytes of the signature header; packed streams are counted from its end."""
MAX_HEADER = 32 * 1024**2
"""Bytes of a header, packed or not: 100,000 files with names of 100 characters take 25 MB."""
MAX_NESTED = 4
"""Packed headers inside packed headers; 7-Zip writes one."""
BOMB_SIZE, BOMB_RATIO = 10 * 1024**2, 200


@dataclass(slots=True)
class _Archive:
    """What is known while one archive is read."""

    found: AnomalyList = field(default_factory=AnomalyList)
    position: int = 0
    folders: list[Folder] = field(default_factory=list)
    files: list[SevenZipFile] = field(default_factory=list)
    damage: str = ""
    missing: str = ""


def read_seven_zip(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one 7z archive. Never raises for what the file holds.

    Args:
        reader: its bytes; members are unpacked as a stream, nothing is written to a folder.
        path: of the file inside the snapshot.
        descent: reads the members.
    """
    archive = _Archive()
    members: list[FileFacts] = []
    try:
        _open(reader, archive, descent)
        _judge_names(archive)
        members += _members(reader, path, archive, descent)
    except BudgetError as error:
        archive.missing = str(error)
    except MalformedError as error:
        archive.found.add_error(error)
        if error.rule in {"WGH-AR011", "WGH-AR012", "WGH-AR024"}:
            archive.missing = str(error)
        else:
            archive.damage = str(error)
    coverage = Coverage.PARTIAL if archive.missing else Coverage.COMPLETE
    return FileFacts(
        path,
        FORMAT,
        Coverage.MALFORMED if archive.damage else coverage,
        archive.damage or archive.missing,
        metadata=(Fact("archive.members", len(archive.files), Basis.DETECTED, path),),
        anomalies=archive.found.as_tuple(),
        members=tuple(members),
    )


def _open(reader: RangeReader, archive: _Archive, descent: Descent) -> None:
    """Read the header, unpacking it as often as it is packed."""
    cursor = _first_header(reader, archive)
    if cursor is None:
        return
    kind = cursor.byte()
    for _ in range(MAX_NESTED):
        if kind != ENCODED:
            break
        cursor = Cursor(_unpacked_header(reader, cursor, descent))
        kind = cursor.byte()
    if kind != 1:
        raise bad(f"its header begins with {kind}")
    archive.position, archive.folders, archive.files = read_header(cursor)


def _first_header(reader: RangeReader, archive: _Archive) -> Cursor | None:
    """The header the signature points to; None where the archive is empty."""
    start = reader.read(0, START)
    if len(start) < START or start[:6] != SIGNATURE:
        raise bad("the file is shorter than its signature")
    place, size = int.from_bytes(start[12:20], "little"), int.from_bytes(start[20:28], "little")
    if zlib.crc32(start[12:32]) != int.from_bytes(start[8:12], "little"):
        _note_checksum(archive, "its first header")
    elif max(place, size) > ABSURD:
        # only with a right checksum is this not damage
        raise bad(f"its header claims {size} bytes at byte {place}", "WGH-AR041")
    if not size and not place:
        return None
    if size > MAX_HEADER or START + place + size > reader.size:
        raise bad(f"its header claims {size} bytes at byte {START + place} of {reader.size}")
    raw = reader.read(START + place, size)
    if zlib.crc32(raw) != int.from_bytes(start[28:32], "little"):
        _note_checksum(archive, "its header")
    behind = reader.size - START - place - size
    if behind:
        archive.found.add("WGH-AR023", f"{behind} bytes follow its end", offset=reader.size - behind)
    return Cursor(raw)


def _unpacked_header(reader: RangeReader, cursor: Cursor, descent: Descent) -> bytes:
    position, folders = read_streams(cursor)
    if not folders or folders[0].size > MAX_HEADER:
        raise bad("its packed header is empty, or larger than is read")
    data = bytearray()
    for piece in unpacked_folder(reader, folders[0], START + position):
        descent.budget.take_bytes(len(piece))
        data += piece
        if len(data) > MAX_HEADER:
            raise bad("its packed header is larger than is read")
    return bytes(data[: folders[0].size])


def _note_checksum(archive: _Archive, what: str) -> None:
    archive.found.add("WGH-AR015", f"{what} has another checksum")
    archive.damage = f"{what} has another checksum"


def _judge_names(archive: _Archive) -> None:
    found, links, seen = archive.found, LinkedFolders(), set()
    for file in archive.files:
        for rule, why in name_faults(file.name):
            found.add(rule, why)
        name = plain_path(file.name)
        if name in seen and not file.folder:
            found.add("WGH-AR005", f"the name {quoted(file.name)} stands twice")
        seen.add(name)
        if file.anti:
            found.add("WGH-AR042", f"the entry {quoted(file.name)} deletes a file")
        if links.behind(file.name):
            found.add("WGH-AR028", f"the member {quoted(file.name)} would be written through a link")
        if _is_link(file):
            links.add(file.name)


def _is_link(file: SevenZipFile) -> bool:
    return file.mode & 0o170000 == 0o120000


def _members(reader: RangeReader, path: str, archive: _Archive, descent: Descent) -> Iterator[FileFacts]:
    streamed = [file for file in archive.files if file.has_stream]
    for file in archive.files:
        if not file.has_stream and not file.folder:
            yield empty_member(f"{path}{BETWEEN}{file.name}")
    if sum(len(folder.parts) for folder in archive.folders) != len(streamed):
        archive.found.add("WGH-AR041", "its streams are not as many as its files")
        archive.damage = "its streams are not as many as its files"
    place = 0
    for folder in archive.folders:
        files = streamed[place : place + len(folder.parts)]
        place += len(folder.parts)
        _judge_ratio(folder, archive)
        try:
            yield from _of_folder(reader, path, folder, files, archive, descent)
        except BudgetError:
            raise
        except MalformedError as error:
            archive.found.add_error(error, fatal=False)
            if error.rule in {"WGH-AR011", "WGH-AR012"}:
                archive.missing = archive.missing or str(error)
            else:
                archive.damage = archive.damage or str(error)


def _judge_ratio(folder: Folder, archive: _Archive) -> None:
    packed = max(1, sum(size for _, size in folder.packed))
    if folder.size > BOMB_SIZE and folder.size > BOMB_RATIO * packed:
        archive.found.add("WGH-AR014", f"{packed} bytes unpack to {folder.size}")


def _of_folder(
    reader: RangeReader,
    path: str,
    folder: Folder,
    files: list[SevenZipFile],
    archive: _Archive,
    descent: Descent,
) -> Iterator[FileFacts]:
    """The members of one folder, cut one after another from its unpacked stream."""
    stream = _Parts(unpacked_folder(reader, folder, START + archive.position))
    for file, size, checksum in zip(files, folder.parts, folder.checksums, strict=False):
        with descent.unpacked(stream.take(size)) as content:
            if _is_link(file):
                target = content.read(0, MAX_LINK).decode("utf-8", "backslashreplace")
                archive.found.add(*link_fault(file.name, target))
            elif content.size:
                yield descent.member(content, f"{path}{BETWEEN}{file.name}")
        if stream.taken != size or (checksum is not None and stream.crc != checksum):
            archive.found.add("WGH-AR015", f"the member {quoted(file.name)} is not what its checksum says")
            archive.damage = archive.damage or f"the member {quoted(file.name)} is damaged"


class _Parts:
    """Cuts a stream into pieces of stated sizes.

    Attributes:
        crc: CRC-32 of the last part.
        taken: bytes of the last part that came.
    """

    __slots__ = ("_chunks", "_held", "crc", "taken")

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = b""
        self.crc = 0
        self.taken = 0

    def take(self, size: int) -> Iterator[bytes]:
        """The next `size` bytes, or what is left."""
        self.crc = self.taken = 0
        while self.taken < size:
            piece = self._held or next(self._chunks, b"")
            if not piece:
                return
            piece, self._held = piece[: size - self.taken], piece[size - self.taken :]
            self.taken += len(piece)
            self.crc = zlib.crc32(piece, self.crc)
            yield piece
