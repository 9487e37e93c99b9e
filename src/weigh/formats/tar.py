"""tar files: what kind of archive it is by its members, and every member read.

Source: POSIX.1-2017, `pax`; the GNU tar manual. The rules stand in docs/formats/archives.md.
"""

import zlib
from collections.abc import Iterator
from dataclasses import replace

from weigh.core.facts import Anomaly, Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import quoted
from weigh.formats.archive_members import plain_member
from weigh.formats.archive_paths import LinkedFolders, link_fault, name_faults, plain_path
from weigh.formats.descent import Descent
from weigh.formats.tar_members import FOLDER, HARD_LINK, LINK, SPECIAL, TarEntry, TarFileFacts, open_tar

FORMAT = "tar"
_LEAST = (Coverage.COMPLETE, Coverage.PARTIAL, Coverage.UNREAD, Coverage.MALFORMED)
_WINDOW = 1024 * 1024
_NEMO = "model_config.yaml"
_OLD_TORCH = frozenset({"sys_info", "pickle", "storages"})
"""Members of what torch.save wrote before version 0.1.10."""


def read_tar(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one tar file. Never raises for what the file holds.

    Args:
        reader: its bytes; nothing is written to a folder.
        path: of the file inside the snapshot.
        descent: reads the members.
    """
    archive = open_tar(reader)
    judge_entries(reader, archive)
    names = {entry.name.removeprefix("./") for entry in archive.entries}
    if names >= _OLD_TORCH:
        from weigh.formats.torch_legacy import read_torch_tar

        return _joined(read_torch_tar(reader, path, descent), archive)
    members = tuple(_members(reader, path, archive, descent))
    facts = FileFacts(
        path,
        FORMAT,
        archive.coverage,
        archive.reason,
        metadata=(Fact("archive.members", len(archive.entries), Basis.DETECTED, path),),
        anomalies=archive.anomalies.as_tuple(),
        members=members,
    )
    if _NEMO in names:
        from weigh.formats.nemo import as_nemo

        return as_nemo(facts)
    return facts


def _joined(special: FileFacts, archive: TarFileFacts) -> FileFacts:
    """What a special reader saw together with what the archive itself showed."""
    coverage = max(special.coverage, archive.coverage, key=_LEAST.index)
    anomalies: tuple[Anomaly, ...] = tuple(dict.fromkeys((*special.anomalies, *archive.anomalies.as_tuple())))
    return replace(special, coverage=coverage, reason=special.reason or archive.reason, anomalies=anomalies)


def _members(reader: RangeReader, path: str, archive: TarFileFacts, descent: Descent) -> Iterator[FileFacts]:
    for entry in archive.entries:
        if entry.file:
            yield plain_member(descent, reader, path, entry.name, (entry.start, entry.size))


def judge_entries(reader: RangeReader, archive: TarFileFacts) -> None:
    """Add to the archive's anomalies what its names, links and kinds break."""
    found, links = archive.anomalies, LinkedFolders()
    first: dict[str, TarEntry] = {}
    for entry in archive.entries:
        at = entry.start
        for name in (entry.name, entry.other_name):
            for rule, why in name_faults(name):
                found.add(rule, why, offset=at)
        if links.behind(entry.name):
            why = f"the member {quoted(entry.name)} would be written through a link"
            found.add("WGH-AR028", why, offset=at)
        if entry.kind in SPECIAL:
            found.add("WGH-AR025", f"the member {quoted(entry.name)} is a device or pipe", offset=at)
        if entry.kind in {LINK, HARD_LINK}:
            rule, why = link_fault(entry.name, entry.target, hard=entry.kind == HARD_LINK)
            found.add(rule, why, offset=at)
        if entry.kind == LINK:
            links.add(entry.name)
        other = first.setdefault(plain_path(entry.name), entry)
        if other is not entry and not (other.kind == entry.kind == FOLDER):
            same = _alike(reader, other, entry)
            why = (
                f"the name {quoted(entry.name)} stands twice, with {'the same' if same else 'other'} content"
            )
            found.add("WGH-AR027" if same else "WGH-AR005", why, offset=at)


def _alike(reader: RangeReader, one: TarEntry, other: TarEntry) -> bool:
    if (one.kind, one.size, one.target) != (other.kind, other.size, other.target):
        return False
    return _checksum(reader, one) == _checksum(reader, other)


def _checksum(reader: RangeReader, entry: TarEntry) -> int:
    """CRC-32 of the content, in windows."""
    crc = 0
    for at in range(entry.start, entry.start + entry.size, _WINDOW):
        crc = zlib.crc32(reader.read(at, min(_WINDOW, entry.start + entry.size - at)), crc)
    return crc
