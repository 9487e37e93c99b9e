"""Reading a member that lies in its container as it is, so that its tensors are found in the container.

A tensor's place is told in the outermost file in which its bytes lie plainly. Every container of plain
members moves the tensors that its member states of itself by the member's first byte; a container in
another one is moved again. What lies packed keeps the member's path, and the container stays out of it.
"""

from dataclasses import replace

from weigh.core.facts import Coverage, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.descent import BETWEEN, Descent, SliceReader

EMPTY = "empty"


def plain_member(
    descent: Descent, reader: RangeReader, path: str, name: str, place: tuple[int, int]
) -> FileFacts:
    """The facts of a member that lies as it is in its container.

    Args:
        descent: of the container.
        reader: the container's bytes.
        path: of the container.
        name: of the member inside it.
        place: its first byte in the container, and its size.
    """
    start, size = place
    inner = f"{path}{BETWEEN}{name}"
    if not size:
        return empty_member(inner)
    return moved(descent.member(SliceReader(reader, start, size), inner), inner, path, start)


def empty_member(path: str) -> FileFacts:
    """The facts of a member without a byte."""
    return FileFacts(path, EMPTY, Coverage.COMPLETE)


def moved(facts: FileFacts, inner: str, outer: str, start: int) -> FileFacts:
    """The facts with every tensor that lies in `inner` told as lying in `outer`, `start` bytes further."""
    if not facts.tensors and not facts.members:
        return facts
    tensors = tuple(
        replace(t, file=outer, offset=t.offset + start) if t.file == inner and t.offset >= 0 else t
        for t in facts.tensors
    )
    members = tuple(moved(member, inner, outer, start) for member in facts.members)
    return replace(facts, tensors=tensors, members=members)
