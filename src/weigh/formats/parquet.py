"""Parquet: that a file is one, and whether reading it would unpickle something.

Source: parquet.apache.org/docs/file-format; the Arrow columnar format, "Extension types". Columns are data:
they are not read here. The footer is, since pyarrow once unpickled what an extension type of it held.
"""

import base64
import binascii
import re

from weigh.core.facts import Anomaly, Coverage, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.descent import BETWEEN, Descent
from weigh.formats.reader import BytesReader

FORMAT = "parquet"
MAX_FOOTER = 64 * 1024**2
"""Bytes of a footer that are read; one of 10,000 columns takes some MB."""
_PICKLED_TYPE = b"arrow.py_extension_type"
_SCHEMA = re.compile(rb"ARROW:schema[^A-Za-z0-9+/]{1,12}([A-Za-z0-9+/\s]{16,}={0,2})")
_PICKLE = re.compile(rb"\x80[\x02-\x05](?=[c}\](\x8c\x95X])")


def read_parquet(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one Parquet file. Never raises for what the file holds.

    Args:
        reader: its bytes; only the footer is read.
        path: of the file inside the snapshot.
        descent: reads pickles in the footer.
    """
    end = reader.read(max(0, reader.size - 8), 8)
    size = int.from_bytes(end[:4], "little")
    if reader.size < 12 or end[4:] not in {b"PAR1", b"PARE"} or size > reader.size - 12:
        why = "it has no footer: it is cut off, or its end is broken"
        return FileFacts(path, FORMAT, Coverage.MALFORMED, why, anomalies=(Anomaly("WGH-EX004", why),))
    if end[4:] == b"PARE":
        return FileFacts(path, FORMAT, Coverage.PARTIAL, "its footer is encrypted")
    if size > MAX_FOOTER:
        return FileFacts(path, FORMAT, Coverage.PARTIAL, f"its footer of {size} bytes is not read")
    footer = reader.read(reader.size - 8 - size, size)
    schemas = [footer, *_schemas(footer)]
    if not any(_PICKLED_TYPE in schema for schema in schemas):
        return FileFacts(path, FORMAT, Coverage.COMPLETE)
    found = Anomaly("WGH-EX005", "its schema names an extension type that pyarrow unpickles")
    members = tuple(
        descent.member(BytesReader(schema[match.start() :]), f"{path}{BETWEEN}(pickle in the schema)")
        for schema in schemas
        if _PICKLED_TYPE in schema
        for match in list(_PICKLE.finditer(schema))[:8]
    )
    return FileFacts(path, FORMAT, Coverage.COMPLETE, anomalies=(found,), members=members)


def _schemas(footer: bytes) -> list[bytes]:
    """The Arrow schema that a footer carries in base 64."""
    found = []
    for match in _SCHEMA.finditer(footer):
        raw = b"".join(match[1].split())
        try:
            found.append(base64.b64decode(raw[: len(raw) // 4 * 4]))
        except binascii.Error:
            continue
    return found
