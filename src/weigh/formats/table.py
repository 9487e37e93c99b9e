"""Which format a file is, and its facts: by content first, by name second.

The readers stand in `readers`; docs/formats/index.md lists them. A format that is recognised but not read is
a stated unknown: coverage `unread` with the reason, never a guess. A file that is sound in two formats is
read in both, and that is a finding.
"""

from dataclasses import replace

from weigh.core.facts import Anomaly, Coverage, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.descent import BETWEEN, Descent, begin
from weigh.formats.identify import EMPTY, UNKNOWN, identify, promised, second_reading
from weigh.formats.readers import reader_of

POLYGLOT = "WGH-TY001"
MISNAMED = "WGH-TY002"


def read_file(reader: RangeReader, path: str) -> FileFacts:
    """The facts of one file and of all that lies inside it. Never raises for what the file holds.

    Args:
        reader: its bytes.
        path: of the file inside the snapshot.

    Raises:
        StorageError: the bytes cannot be had at all (disk, network).
    """
    return _read(reader, path, begin(_read, reader.size))


def _read(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    name = identify(reader, path)
    facts = _read_as(name, reader, path, descent)
    wanted = promised(path)
    if wanted and name not in {wanted, UNKNOWN, EMPTY}:
        lie = Anomaly(MISNAMED, f"its name says {wanted}, its content {name}")
        facts = replace(facts, anomalies=(*facts.anomalies, lie))
    other = second_reading(reader, name)
    if not other:
        return facts
    seen = _read_as(other, reader, f"{path}{BETWEEN}(as {other})", descent)
    if not _holds_something(seen):
        return facts
    if (name, other) == ("tflite", "zip"):
        # TensorFlow's own metadata writer appends the files that go with the model, such as its labels.
        return replace(facts, members=(*facts.members, seen))
    twice = Anomaly(POLYGLOT, f"it reads as {name} and as {other}")
    return replace(facts, anomalies=(*facts.anomalies, twice), members=(*facts.members, seen))


def _read_as(name: str, reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    read = reader_of(name)
    if read is not None:
        return read(reader, path, descent)
    if name == EMPTY:
        return FileFacts(path, EMPTY, Coverage.COMPLETE)
    reason = "files of this kind" if name == UNKNOWN else f"{name} files"
    return FileFacts(path, name, Coverage.UNREAD, f"this version does not read {reason}")


def _holds_something(facts: FileFacts) -> bool:
    """Whether a second reading found more than bytes that look like it by chance."""
    return facts.coverage in {Coverage.COMPLETE, Coverage.PARTIAL} or bool(facts.members or facts.callables)
