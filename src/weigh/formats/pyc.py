"""Compiled Python: the header and a bounded walk over the marshalled code; nothing is loaded.

Source: PEP 552 for the header, CPython's `Python/marshal.c` for the types. Code objects differ between
versions
in their fields; the names and constants of all of them are collected, whatever the version, by type alone.
"""

from weigh.core.errors import MalformedError
from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, malformed
from weigh.formats.descent import Descent
from weigh.formats.marshal_walk import BROKEN, MarshalWalk
from weigh.formats.python_source import add_effect

FORMAT = "pyc"
MAX_PYC = 16 * 1024 * 1024
"""Bytes of one file that are read."""
_LONE = "WGH-PY032"


def read_pyc(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one compiled file. Never raises for what the file holds."""
    del descent
    if reader.size > MAX_PYC:
        reason = f"it has {reader.size} bytes, compiled Python is read up to {MAX_PYC}"
        return FileFacts(path, FORMAT, Coverage.PARTIAL, reason)
    data = reader.read(0, reader.size)
    try:
        version, start = _header(data)
        walk = MarshalWalk(data, start, version)
        walk.run()
    except MalformedError as error:
        return malformed(path, FORMAT, error)
    found = AnomalyList()
    from weigh.code.compiled_names import effects_of_names

    for effect in effects_of_names(walk.codes):
        add_effect(found, effect, place="code object")
    if "__pycache__" not in path:
        found.add(_LONE, "it lies outside a __pycache__ folder")
    facts = (
        Fact("pyc.magic", version, Basis.DETECTED, path),
        Fact("pyc.code_objects", len(walk.codes), Basis.DETECTED, path),
    )
    return FileFacts(
        path,
        FORMAT,
        Coverage.PARTIAL if walk.unread else Coverage.COMPLETE,
        walk.unread,
        metadata=facts,
        anomalies=found.as_tuple(),
    )


def _header(data: bytes) -> tuple[int, int]:
    """The magic number, and where the code begins: after 8, 12 or (since 3.7) 16 bytes."""
    if len(data) < 9 or data[2:4] != b"\r\n":
        raise MalformedError(
            "this is no compiled Python", why="its first four bytes are no magic number", rule=BROKEN
        )
    magic = int.from_bytes(data[:2], "little")
    if 3390 <= magic < 20_000:
        flags = int.from_bytes(data[4:8], "little")
        if flags & ~0b11:
            raise MalformedError(
                "this is no compiled Python", why=f"the flags are {flags:#x}", rule=BROKEN, offset=4
            )
        return magic, 16
    return magic, 12 if 3190 <= magic < 3390 else 8
