"""Plain text: vocabularies, merges, licences. Inert; only checked to be text."""

import codecs

from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader

FORMAT = "text"
MAX_TEXT_FILE = 256 * 1024 * 1024
MAX_LINE = 200
"""Characters of the first line that are kept."""

_CHUNK = 1024 * 1024


def read_text(reader: RangeReader, path: str) -> FileFacts:
    """The facts of a text file: complete when every byte of it is UTF-8 text.

    Facts: `text.first_line`, the first line that is not blank, cut at 200 characters.
    """
    if reader.size > MAX_TEXT_FILE:
        reason = f"it has {reader.size} bytes, text is read up to {MAX_TEXT_FILE}"
        return FileFacts(path, FORMAT, Coverage.UNREAD, reason)
    decoder = codecs.getincrementaldecoder("utf-8")()
    first = ""
    try:
        for offset in range(0, reader.size, _CHUNK):
            piece = decoder.decode(reader.read(offset, _CHUNK), offset + _CHUNK >= reader.size)
            if "\0" in piece:
                return FileFacts(path, FORMAT, Coverage.UNREAD, "it holds zero bytes, which text does not")
            first = first or next((line.strip() for line in piece.split("\n") if line.strip()), "")
    except UnicodeDecodeError:
        return FileFacts(path, FORMAT, Coverage.UNREAD, "it is not UTF-8 text")
    facts = (Fact("text.first_line", first[:MAX_LINE], Basis.DETECTED, path),) if first else ()
    return FileFacts(path, FORMAT, Coverage.COMPLETE, metadata=facts)
