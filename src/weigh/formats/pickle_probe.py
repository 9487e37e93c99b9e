"""Whether bytes without a magic number are a pickle."""

from collections.abc import Iterable

from weigh.core.facts import CallableUse, Coverage, Use
from weigh.core.ports import RangeReader
from weigh.formats.pickle_opcodes import COUNTED, FIXED, LINES

PROBED = 256 * 1024
"""Bytes of which a pickle must show that it is one."""
OPENERS = frozenset(b"".join((*FIXED, *LINES, *COUNTED)))
"""Bytes that an opcode begins with."""
_FEW = 8
"""Opcodes of plain data that may be chance when other bytes follow them."""


def looks_like_pickle(reader: RangeReader, head: bytes) -> bool:
    """Whether the content is a pickle, whatever its protocol; also one that breaks after it has acted.

    The machine itself follows the beginning. Bytes count as a pickle when the stream reaches its STOP, or
    when something was imported and called before an error. Text hardly ever gets past a few opcodes.

    Args:
        reader: the bytes.
        head: the first of them.
    """
    if not head or head[0] not in OPENERS:
        return False
    from weigh.formats.pickle_machine import PickleLimits, run_pickle

    run = run_pickle(_Beginning(reader), limits=PickleLimits(opcodes=20_000), on_persistent=lambda _: None)
    if run.end >= 0:
        rest = reader.read(run.end, 64)
        return _named(run.uses) if run.uses else run.opcodes > _FEW or not rest.strip()
    if any(use.how is not Use.IMPORT for use in run.uses):
        return names_hold(run.uses)
    survived = run.coverage is Coverage.PARTIAL or run.last >= min(reader.size, PROBED) - 64
    return survived and run.opcodes > 64 and any(mark in head for mark in _MEMO_MARKS)


_MEMO_MARKS = (b"q\x00", b"q\x01", b"\x94", b"p0\n", b"p1\n")
"""One of these stands near the beginning of what any pickler writes; rows of letters do not hold them."""


def _named(uses: Iterable[CallableUse]) -> bool:
    """Whether anything is called or can be imported; columns of a table that begins with `c` cannot."""
    return any(
        use.how is not Use.IMPORT or use.module == "copyreg" or (_dotted(use.module) and _dotted(use.name))
        for use in uses
    )


def _dotted(text: str) -> bool:
    return all(part.removesuffix("()").isidentifier() for part in text.split("."))


def names_hold(uses: Iterable[CallableUse]) -> bool:
    """Whether something is called, and the first names called are names: bytes read by chance have others."""
    acted = [use for use in uses if use.how is not Use.IMPORT][:3]
    return bool(acted) and all(_is_name(use.module) and _is_name(use.name) for use in acted)


def _is_name(text: str) -> bool:
    return all(part.isidentifier() or part.endswith("()") for part in text.split(".")) or text.startswith("(")


class _Beginning:
    """The first PROBED bytes of a reader; the file's true size, so that long literals are known to fit."""

    __slots__ = ("_reader", "size")

    def __init__(self, reader: RangeReader) -> None:
        self._reader = reader
        self.size = reader.size

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes; none past the beginning."""
        return self._reader.read(offset, min(length, PROBED - offset)) if offset < PROBED else b""
