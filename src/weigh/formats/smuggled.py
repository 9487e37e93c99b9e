"""Files that begin among bytes that belong to nothing: behind the end of a file, in its comment.

What reads the container never sees them, what is told where they begin does: a pickle behind a pickle, an
archive's comment that is a program.
"""

import re
from collections.abc import Iterable

from weigh.core.facts import FileFacts
from weigh.core.ports import RangeReader
from weigh.core.tensor import TensorInfo
from weigh.formats.descent import Descent, SliceReader
from weigh.formats.pickle_inside import Inside
from weigh.formats.pickle_literals import SHORTEST, looks_like_file

WINDOW = 64 * 1024
"""Bytes searched for a beginning; who must find the payload again keeps it near."""
MOST_PLACES = 8
"""Beginnings that are tried."""
MOST_TRIES = 300
"""Values of one file that are read as files; trying one may cost twenty milliseconds."""
TOO_MANY = f"more than {MOST_TRIES} of its values begin like files"
DEEPEST = 2
"""Containers around the bytes that are searched: the tries of each level multiply."""
_BEGINS = re.compile(
    rb"\x80[\x02-\x05]|PK\x03\x04|\x7fELF|\x1f\x8b\x08|[ci](?:os|posix|nt|builtins|__builtin__|subprocess|sys)\n"
)
_ZIP = b"PK\x03\x04"
_PADDING = b"\0\r\n \t"


def smuggled(
    reader: RangeReader, path: str, descent: Descent, start: int, end: int, *, zips: bool = True
) -> tuple[FileFacts, ...]:
    """The first file that begins in some bytes of a file, as a member; none where they are no file.

    Args:
        reader: the whole file.
        path: of it.
        descent: what reading inside may cost.
        start: first of the bytes that belong to nothing.
        end: one past the last.
        zips: whether a zip counts; where it ends the file, the table reads it already.
    """
    if end - start < 8 or descent.depth > DEEPEST:
        return ()
    inside = Inside(reader, path, descent)
    for at in _places(reader.read(start, min(end - start, WINDOW))):
        if not zips and reader.read(start + at, 4) == _ZIP:
            continue
        inside.keep(SliceReader(reader, start + at, end - start - at), start + at)
        if inside.members:
            break
    return tuple(inside.members)


def carried(
    reader: RangeReader, path: str, descent: Descent, tensors: Iterable[TensorInfo]
) -> tuple[tuple[FileFacts, ...], bool]:
    """Pickles and archives that lie where a file of weights has bytes without a type; whether all were read.

    Args:
        reader: the whole file.
        path: of it.
        descent: what reading inside may cost.
        tensors: of the file; those of single bytes that lie plainly in it are looked at.
    """
    inside = Inside(reader, path, descent)
    tried = 0
    for tensor in tensors:
        plain = tensor.file == path and tensor.offset >= 0 and tensor.encoding in {"", "opaque"}
        if tensor.dtype in _BYTES and plain and tensor.nbytes >= SHORTEST:
            tried += keep_file(inside, reader, tensor.offset, tensor.nbytes)
        if tried >= MOST_TRIES:
            return tuple(inside.members), False
    return tuple(inside.members), True


def keep_file(inside: Inside, reader: RangeReader, start: int, size: int) -> bool:
    """Read some bytes as a file when they begin like a pickle or an archive; whether they do."""
    begins = looks_like_file(reader.read(start, min(size, 512))) in _CARRIED
    if begins:
        inside.keep(SliceReader(reader, start, size), start)
    return begins


_BYTES = frozenset({"U8", "I8", "UNKNOWN"})
_CARRIED = frozenset({"pickle", "zip", "gzip", "7z", "executable"})


def _places(window: bytes) -> list[int]:
    first = len(window) - len(window.lstrip(_PADDING))
    places = [first] if first < len(window) and looks_like_file(window[first : first + 512]) else []
    for match in _BEGINS.finditer(window):
        if len(places) >= MOST_PLACES:
            break
        if match.start() not in places:
            places.append(match.start())
    return places
