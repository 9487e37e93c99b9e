"""saved_model: not read yet."""

from weigh.core.facts import Coverage, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.descent import Descent


def read_saved_model(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one file. Never raises for what the file holds."""
    del reader, descent
    return FileFacts(path, "saved-model", Coverage.UNREAD, "this version does not read saved-model files")


def read_keras_metadata(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one file. Never raises for what the file holds."""
    del reader, descent
    return FileFacts(
        path, "keras-metadata", Coverage.UNREAD, "this version does not read keras-metadata files"
    )
