"""word2vec: not read yet."""

from weigh.core.facts import Coverage, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.descent import Descent


def read_word2vec(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one file. Never raises for what the file holds."""
    del reader, descent
    return FileFacts(path, "word2vec", Coverage.UNREAD, "this version does not read word2vec files")
