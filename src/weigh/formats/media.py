"""Pictures, sounds, films, fonts and PDF: told by structure, and what follows their end.

Nothing is decoded. What stands behind a medium is not the medium's: it is read by what it is, and archives,
programs and pickles there are a finding. The rules stand in docs/formats/media.md.
"""

from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList
from weigh.formats.archive_members import plain_member
from weigh.formats.descent import Descent
from weigh.formats.media_walk import BROKEN, NONE, UNKNOWN_END, walk_of

FORMAT = "media"
_CODE = frozenset(
    {"zip", "7z", "tar", "executable", "script", "torch-legacy", "pyc", "torch", "skops", "nemo"}
)
"""What has no business behind a picture."""
_MAYBE = frozenset({"pickle", "compressed", "joblib"})
"""Formats told by a byte or two: they count where they could be read."""
_STRICT = frozenset({"png", "gif"})
"""Formats whose writers put nothing behind the end; cameras and phones do behind a JPEG or a film."""
_SOME = 16
"""Bytes behind the end that are left alone whatever they are."""


def read_media(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one medium. Never raises for what the file holds.

    Args:
        reader: its bytes; only the structure is walked.
        path: of the file inside the snapshot.
        descent: reads what follows its end.
    """
    found = AnomalyList()
    name, end = _walked(reader, found)
    if end == NONE or not name:
        return FileFacts(path, "unknown", Coverage.UNREAD, "this version does not read files of this kind")
    members: tuple[FileFacts, ...] = ()
    damage = ""
    if end == BROKEN:
        damage = f"it breaks off, or breaks the structure of {name}"
        found.add("WGH-MD004", damage)
    elif end != UNKNOWN_END and end < reader.size:
        members = _tail(reader, path, name, end, descent, found)
    return FileFacts(
        path,
        FORMAT,
        Coverage.MALFORMED if damage else Coverage.COMPLETE,
        damage,
        metadata=(Fact("media.kind", name, Basis.DETECTED, path),),
        anomalies=found.as_tuple(),
        members=members,
    )


def _walked(reader: RangeReader, found: AnomalyList) -> tuple[str, int]:
    """The kind of medium and where it ends."""
    head = reader.read(0, 16)
    if head.startswith(b"%PDF-"):
        from weigh.formats.media_pdf import actions, end_of

        runs, files = actions(reader)
        if runs:
            found.add("WGH-MD005", f"it has actions that run something: {', '.join(sorted(runs))}")
        if files:
            found.add("WGH-MD006", "it has files inside")
        return "pdf", end_of(reader)
    kind = walk_of(head)
    if kind is None:
        return "", NONE
    return kind[0], kind[1](reader)


def _tail(
    reader: RangeReader, path: str, name: str, end: int, descent: Descent, found: AnomalyList
) -> tuple[FileFacts, ...]:
    """What follows the end: noted, and kept as a member where it is something by itself."""
    size = reader.size - end
    if not reader.read(end, min(size, 1024 * 1024)).strip(b"\0 \r\n\t\xff"):
        return ()
    tail = plain_member(descent, reader, path, f"(bytes at {end})", (end, size))
    read = tail.coverage in {Coverage.COMPLETE, Coverage.PARTIAL} or bool(tail.members or tail.callables)
    if tail.format in _CODE or (tail.format in _MAYBE and read):
        found.add("WGH-MD001", f"a file of the kind {tail.format} follows the end of the {name}", offset=end)
        return (tail,)
    rule = "WGH-MD003" if name in _STRICT and size > _SOME else "WGH-MD002"
    found.add(rule, f"{size} bytes follow the end of the {name}", offset=end)
    return ()
