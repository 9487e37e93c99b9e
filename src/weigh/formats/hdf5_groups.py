"""The links of an HDF5 group, in all three forms: symbol table, link messages, fractal heap.

Source: "HDF5 File Format Specification Version 3.0", III.A (B-trees), III.B and III.C (symbol tables),
III.D (local heap), III.G (fractal heap), IV.A.2.c and IV.A.2.g (link messages).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from weigh.formats.hdf5_file import CYCLE, Fields, Hdf5File, Message
from weigh.formats.hdf5_heap import heap_messages

MAX_LINKS = 500_000
"""Links of one file."""
MAX_LEVELS = 64
_LOCAL_HEAP = 16 * 1024 * 1024


class LinkKind(Enum):
    """Where a link leads."""

    HARD = "an object of this file"
    SOFT = "a path in this file"
    EXTERNAL = "an object of another file"
    OTHER = "what only an application knows"


@dataclass(frozen=True, slots=True)
class Link:
    """One name of a group.

    Attributes:
        address: of the object header; of a hard link only.
        target: the path of a soft link; the file of an external one.
        offset: of the link in the file.
    """

    name: str
    kind: LinkKind
    address: int = 0
    target: str = ""
    offset: int = -1


def links(file: Hdf5File, messages: list[Message]) -> Iterator[Link]:
    """The links of a group, told by its messages.

    Raises:
        MalformedError: its structure is broken.
    """
    for message in messages:
        if message.kind == 17:
            yield from _symbol_table(file, message)
        elif message.kind == 6:
            yield read_link(file, file.fields(message.body, message.offset))
        elif message.kind == 2:
            yield from _dense(file, message)


def read_link(file: Hdf5File, cursor: Fields) -> Link:
    """The link message at a cursor.

    Raises:
        MalformedError: it is broken.
    """
    start = cursor.offset + cursor.at
    version, flags = cursor.byte(), cursor.byte()
    if version != 1:
        raise file.bad(f"a link has the unknown version {version}", start)
    kind = cursor.byte() if flags & 8 else 0
    cursor.skip((8 if flags & 4 else 0) + (1 if flags & 16 else 0))
    name = _text(cursor.take(cursor.number(1 << (flags & 3))))
    if kind == 0:
        return Link(name, LinkKind.HARD, cursor.address(), offset=start)
    value = file.fields(cursor.take(cursor.number(2)), start)
    if kind == 1:
        return Link(name, LinkKind.SOFT, target=_text(value.rest()), offset=start)
    if kind == 64:
        value.skip(min(1, value.left))
        return Link(name, LinkKind.EXTERNAL, target=_text(value.text()), offset=start)
    return Link(name, LinkKind.OTHER, target=f"link type {kind}", offset=start)


def _dense(file: Hdf5File, message: Message) -> Iterator[Link]:
    """Links that stand in a fractal heap (link info message, IV.A.2.c)."""
    cursor = file.fields(message.body, message.offset, 1)
    flags = cursor.byte()
    cursor.skip(8 if flags & 1 else 0)
    heap, index = cursor.address(), cursor.address()
    if heap == file.undefined:
        return
    for block in heap_messages(file, heap, index, 5):
        yield read_link(file, block)


def _symbol_table(file: Hdf5File, message: Message) -> Iterator[Link]:
    """Links of a group of the first form: a B-tree of symbol table nodes, names in a local heap."""
    cursor = file.fields(message.body, message.offset)
    tree, heap = cursor.address(), cursor.address()
    names = _local_heap(file, heap)
    for node in tree_leaves(file, tree, 0, file.length_size):
        head = file.fields(file.block(node[1], 8), file.base + node[1])
        if head.take(4) != b"SNOD":
            raise file.bad("there is no symbol table node", file.base + node[1])
        head.skip(2)
        count = head.number(2)
        entry = 2 * file.offset_size + 24
        body = file.fields(file.block(node[1] + 8, count * entry), file.base + node[1] + 8)
        for _ in range(count):
            yield _symbol(file, body, names)


def _symbol(file: Hdf5File, cursor: Fields, names: bytes) -> Link:
    start = cursor.offset + cursor.at
    at, address, cache = cursor.number(file.offset_size), cursor.address(), cursor.number(4)
    cursor.skip(4)
    scratch = cursor.take(16)
    if at >= len(names):
        raise file.bad("a link's name lies outside the heap", start)
    name = _text(names[at : names.find(b"\0", at)])
    if cache == 2:
        place = int.from_bytes(scratch[:4], "little")
        target = _text(names[place : names.find(b"\0", place)]) if place < len(names) else ""
        return Link(name, LinkKind.SOFT, target=target, offset=start)
    return Link(name, LinkKind.HARD, address, offset=start)


def _local_heap(file: Hdf5File, address: int) -> bytes:
    head = file.fields(file.block(address, 8 + 2 * file.length_size + file.offset_size), file.base + address)
    if head.take(4) != b"HEAP":
        raise file.bad("there is no local heap", file.base + address)
    head.skip(4)
    size = head.length()
    head.length()
    if size > _LOCAL_HEAP:
        raise file.bad(f"a local heap claims {size} bytes", file.base + address)
    return file.block(head.address(), size) + b"\0"


def tree_leaves(file: Hdf5File, root: int, kind: int, key: int) -> Iterator[tuple[bytes, int]]:
    """The (key, child) pairs of the leaves of a B-tree of version 1, by depth (III.A.1).

    Args:
        file: the file.
        root: address of the outermost node.
        kind: 0 for a group's tree, 1 for chunks of raw data.
        key: bytes of a key.

    Raises:
        MalformedError: it is broken, or comes back to a node it has passed.
    """
    stack: list[tuple[int, int]] = [(root, MAX_LEVELS)]
    seen: set[int] = set()
    pair = key + file.offset_size
    while stack:
        address, above = stack.pop()
        if address in seen:
            raise file.bad("a tree comes back to a node", file.base + address, CYCLE)
        seen.add(address)
        if len(seen) > MAX_LINKS:
            raise file.bad("a tree has too many nodes", file.base + address, CYCLE)
        head = file.fields(file.block(address, 8 + 2 * file.offset_size), file.base + address)
        if head.take(4) != b"TREE" or head.byte() != kind:
            raise file.bad("there is no tree node of the right kind", file.base + address)
        level, count = head.byte(), head.number(2)
        if level >= above:
            raise file.bad("a tree's levels do not fall", file.base + address, CYCLE)
        body = file.fields(file.block(address + 8 + 2 * file.offset_size, count * pair), file.base + address)
        children = [(body.take(key), body.address()) for _ in range(count)]
        if level:
            stack += [(child, level) for _, child in reversed(children)]
        else:
            yield from children


def _text(raw: bytes) -> str:
    return raw.rstrip(b"\0").decode("utf-8", "backslashreplace")
