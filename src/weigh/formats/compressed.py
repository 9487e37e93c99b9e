"""Compressed streams: gzip, bzip2, xz, lzma, zlib, lz4 and joblib's old ZFile, unpacked and read further.

Sources: RFC 1950 to 1952; xz-file-format 1.2; joblib/numpy_pickle_utils.py. Zstandard is told and not
unpacked. The rules stand in docs/formats/archives.md.
"""

from collections.abc import Iterator
from dataclasses import replace

from weigh.core.errors import MalformedError
from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.gate import whole_coverage
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList
from weigh.formats.archive_members import plain_member
from weigh.formats.compressed_streams import Streams, kind_of
from weigh.formats.descent import BETWEEN, BudgetError, Descent

FORMAT = "compressed"
BOMB_SIZE, BOMB_RATIO = 10 * 1024**2, 200
"""As in zip files."""
_ENDINGS = {".tgz": ".tar", ".tbz2": ".tar", ".txz": ".tar", ".tbz": ".tar", ".tlz": ".tar"}
_PACKED = frozenset({"gz", "bz2", "xz", "lzma", "lz4", "zst", "z", "zlib", "gzip"})


def read_compressed(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one compressed file. Never raises for what the file holds.

    Args:
        reader: its bytes.
        path: of the file inside the snapshot; without its `.gz` it names what lies inside.
        descent: reads what lies inside.
    """
    kind = kind_of(reader)
    if kind in {"", "zstd"}:
        reason = "Zstandard streams are not unpacked" if kind else "it is no stream this version knows"
        return FileFacts(path, FORMAT, Coverage.PARTIAL if kind else Coverage.UNREAD, reason)
    found = AnomalyList()
    streams = Streams(reader, kind, found)
    inner = f"{path}{BETWEEN}{inner_name(path)}"
    missing = ""
    content: tuple[FileFacts, ...] = ()
    try:
        with descent.unpacked(_steady(streams)) as unpacked:
            if unpacked.size or not streams.damage:
                content = (_content(unpacked, inner, descent),)
    except BudgetError as error:
        missing = str(error)
    if not content and not missing and kind in {"zlib", "lzma"}:
        # two bytes alone do not make a stream
        return FileFacts(path, "unknown", Coverage.UNREAD, "this version does not read files of this kind")
    _judge_ratio(reader, streams, content, found)
    if not missing:
        content += _tail(reader, streams, path, descent, found)
    coverage = Coverage.MALFORMED if streams.damage else Coverage.PARTIAL if missing else Coverage.COMPLETE
    return FileFacts(
        path,
        FORMAT,
        coverage,
        streams.damage or missing,
        metadata=(Fact("compression", kind, Basis.DETECTED, path),),
        anomalies=found.as_tuple(),
        members=content,
    )


def inner_name(path: str) -> str:
    """What lies inside is called: the file's name without the ending that says it is packed."""
    name = path.rpartition("/")[2]
    stem, dot, ending = name.rpartition(".")
    if dot and stem and ending.lower() in _PACKED:
        return stem
    packed_tar = _ENDINGS.get(f".{ending.lower()}", "")
    return stem + packed_tar if packed_tar and stem else name or "content"


def _content(unpacked: RangeReader, inner: str, descent: Descent) -> FileFacts:
    if not unpacked.size:
        return FileFacts(inner, "empty", Coverage.COMPLETE)
    return descent.member(unpacked, inner)


def _steady(streams: Streams) -> Iterator[bytes]:
    """The unpacked bytes; a break in the stream ends them and is noted there."""
    try:
        yield from streams.chunks()
    except MalformedError as error:
        streams.note(error)


def _judge_ratio(
    reader: RangeReader, streams: Streams, content: tuple[FileFacts, ...], found: AnomalyList
) -> None:
    """A bomb, unless what came out is understood whole and is mostly arrays: arrays of zeros are honest."""
    packed = max(1, min(streams.end, reader.size))
    if streams.given <= BOMB_SIZE or streams.given <= BOMB_RATIO * packed:
        return
    whole = all(whole_coverage(facts) is Coverage.COMPLETE for facts in content) and bool(content)
    arrays = sum(max(0, tensor.nbytes) for facts in content for tensor in facts.all_tensors())
    if not whole or arrays * 2 < streams.given:
        found.add("WGH-AR014", f"{packed} bytes unpack to {streams.given} and more")


def _tail(
    reader: RangeReader, streams: Streams, path: str, descent: Descent, found: AnomalyList
) -> tuple[FileFacts, ...]:
    """What follows the stream. Zeros are how tapes and block devices fill up."""
    start = streams.end
    if streams.damage or start >= reader.size or not _something(reader, start):
        return ()
    found.add("WGH-AR023", f"{reader.size - start} bytes follow its end", offset=start)
    name = f"(bytes at {start})"
    tail = plain_member(descent, reader, path, name, (start, reader.size - start))
    return (tail if tail.coverage is not Coverage.UNREAD else replace(tail, reason="it follows the stream"),)


def _something(reader: RangeReader, start: int) -> bool:
    window = 1024 * 1024
    return any(reader.read(at, window).strip(b"\0") for at in range(start, reader.size, window))
