"""The records of a torch archive: members of a zip below one folder, each readable as ranges.

Source: caffe2/serialize/inline_container.cc. The folder is that of the archive's first member; a record is
looked up without regard to upper and lower case, so two that differ in case only are one to the loader.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from weigh.core.ports import RangeReader
from weigh.formats.descent import BETWEEN, Descent
from weigh.formats.torch_storage import Place
from weigh.formats.zip_members import ZipEntry, open_entry, open_zip, read_entry

MAX_SMALL = 64 * 1024
"""Bytes of a record that is read whole, such as `version`."""
_MARKS = ("data.pkl", "constants.pkl", "archive_format", "serialized_exported_program.json", "version")
_METHODS = {8: "deflate", 12: "bzip2", 14: "lzma"}


@dataclass(frozen=True, slots=True)
class Record:
    """One record.

    Attributes:
        name: below the archive's folder, e.g. `data/0`.
        path: as a member of the archive.
        entry: as the zip has it.
    """

    name: str
    path: str
    entry: ZipEntry


class Records:
    """All records of one archive; what is wrong with the zip itself stands in `zip`.

    Args:
        reader: the archive.
        path: of the archive inside the snapshot.
        descent: what unpacking may cost.
    """

    __slots__ = ("_by_name", "_descent", "_path", "_reader", "all", "folder", "zip")

    def __init__(self, reader: RangeReader, path: str, descent: Descent) -> None:
        self._reader = reader
        self._path = path
        self._descent = descent
        self.zip = open_zip(reader)
        entries = [e for e in self.zip.entries if not e.folder]
        self.folder = _folder(entries)
        self.all = [Record(e.name.removeprefix(self.folder), f"{path}{BETWEEN}{e.name}", e) for e in entries]
        self._by_name = {r.name: r for r in self.all if not r.entry.hidden}

    def named(self, name: str) -> Record | None:
        """The record of that name, or None."""
        return self._by_name.get(name)

    @contextmanager
    def opened(self, record: Record) -> Iterator[RangeReader | None]:
        """A record's content, readable at any place while the block lasts; None where it cannot be had."""
        with open_entry(self._reader, record.entry, self.zip, self._descent) as content:
            yield content

    def small(self, name: str) -> bytes | None:
        """The content of a record of a few bytes, or None where there is none or it is large."""
        record = self.named(name)
        if record is None:
            return None
        return read_entry(self._reader, record.entry, self.zip, self._descent, limit=MAX_SMALL)

    def place(self, record: Record, order: str) -> Place:
        """Where a record's bytes lie: in the archive itself when they are stored.

        Args:
            record: the record.
            order: byte order of its numbers where it is not the usual one, else "".
        """
        entry = record.entry
        if entry.plain:
            return Place(self._path, entry.start, entry.size, order)
        words = ", ".join(filter(None, (order, _METHODS.get(entry.method, f"method {entry.method}"))))
        return Place(record.path, 0, entry.size, words)

    def pairs_alike(self) -> Iterator[tuple[str, str]]:
        """Names that differ in upper and lower case only, each with the one before it."""
        seen: dict[str, str] = {}
        for record in self.all:
            other = seen.setdefault(record.name.lower(), record.name)
            if other != record.name:
                yield other, record.name


def _folder(entries: list[ZipEntry]) -> str:
    """`archive/`: the folder of the member that makes the zip a torch archive, the shortest such."""
    for mark in _MARKS:
        found = [e.name[: -len(mark)] for e in entries if e.name == mark or e.name.endswith(f"/{mark}")]
        if found:
            return min(found, key=len)
    return ""
