"""HDF5's fractal heaps, where groups with many links and objects with many attributes keep them.

The heap is read through the B-tree of version 2 that indexes it by name: every record carries the place of
its object. Source: "HDF5 File Format Specification Version 3.0", III.A.2 (B-tree) and III.G (fractal heap).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from weigh.formats.hdf5_file import CYCLE, Fields, Hdf5File

MAX_RECORDS = 500_000
_ID_AT = {5: 4, 6: 8, 8: 0, 9: 0}
"""Where the heap id stands in a record: links by name and by order, attributes by name and by order."""
_ID_SIZE = {5: 7, 6: 7, 8: 8, 9: 8}


@dataclass(frozen=True, slots=True)
class _Heap:
    """What the header of a fractal heap says of the places in it."""

    offset_bytes: int
    length_bytes: int
    width: int
    start_block: int
    max_direct: int
    first_rows: int
    root: int
    rows: int
    heap_bits: int
    filters: int
    checksums: bool

    def row_size(self, row: int) -> int:
        """Bytes of each block in a row of the doubling table."""
        return self.start_block << max(0, row - 1)


def heap_messages(file: Hdf5File, heap: int, index: int, kind: int) -> Iterator[Fields]:
    """A cursor at each message that lies in a fractal heap.

    Args:
        file: the file.
        heap: address of the heap's header.
        index: address of the B-tree that names its objects.
        kind: the type of the tree's records: 5 links by name, 8 attributes by name.

    Raises:
        MalformedError: heap or tree is broken, or of a form that is not read.
    """
    header = _header(file, heap)
    if header.filters:
        raise file.bad("a heap's blocks are packed, which is not read", file.base + heap, "")
    for record in _records(file, index, kind):
        start = _ID_AT[kind]
        place = record[start : start + _ID_SIZE[kind]]
        if place[:1] and place[0] >> 4 & 3:
            raise file.bad(
                "a heap keeps an object outside its blocks, which is not read", file.base + heap, ""
            )
        offset = int.from_bytes(place[1 : 1 + header.offset_bytes], "little")
        size = int.from_bytes(
            place[1 + header.offset_bytes : 1 + header.offset_bytes + header.length_bytes], "little"
        )
        address = _locate(file, header, header.root, header.rows, offset, 0)
        yield file.fields(file.block(address, size), file.base + address)


def _header(file: Hdf5File, address: int) -> _Heap:
    size = 22 + 12 * file.length_size + 3 * file.offset_size
    cursor = file.fields(file.block(address, size), file.base + address)
    if cursor.take(4) != b"FRHP":
        raise file.bad("there is no fractal heap", file.base + address)
    cursor.skip(3)
    filters, flags = cursor.number(2), cursor.byte()
    largest = cursor.number(4)
    cursor.skip(file.length_size + file.offset_size + file.length_size + file.offset_size)
    cursor.skip(8 * file.length_size)
    width = cursor.number(2)
    start_block, max_direct = cursor.length(), cursor.length()
    bits, first_rows = cursor.number(2), cursor.number(2)
    root, rows = cursor.address(), cursor.number(2)
    powers = all(n > 0 and n & (n - 1) == 0 for n in (start_block, max_direct, width))
    if not powers or bits > 64 or max_direct > 1 << 32:
        raise file.bad("a fractal heap's sizes are no powers of two", file.base + address)
    # the length of an object is written in as few bytes as the largest block, or object, needs
    by_block = max_direct.bit_length() + 6 >> 3
    by_object = max(0, largest.bit_length() - 1 >> 3) + 1
    return _Heap(
        -(-bits // 8), min(by_block, by_object), width, start_block, max_direct, first_rows,
        root, rows, bits, filters, bool(flags & 2),
    )  # fmt: skip


def _locate(file: Hdf5File, heap: _Heap, block: int, rows: int, offset: int, depth: int) -> int:
    """The address of the byte at `offset` of the heap's space, found through its indirect blocks."""
    start = 0
    while rows:
        depth += 1
        if depth > 16:
            raise file.bad("a fractal heap's blocks are nested too deeply", file.base + block, CYCLE)
        row, column, inside = _cell(file, heap, rows, offset - start)
        entries = 5 + file.offset_size + -(-heap.heap_bits // 8)
        head = file.fields(file.block(block, entries), file.base + block)
        if head.take(4) != b"FHIB":
            raise file.bad("there is no indirect block", file.base + block)
        at = block + entries + (row * heap.width + column) * file.offset_size
        child = file.fields(file.block(at, file.offset_size), file.base + at).address()
        size = heap.row_size(row)
        start += (offset - start) - inside
        block, rows = child, 0 if size <= heap.max_direct else _rows_of(heap, size)
    return block + offset - start


def _rows_of(heap: _Heap, size: int) -> int:
    """Rows of an indirect block that spans `size` bytes of the heap."""
    return size.bit_length() - (heap.start_block * heap.width).bit_length() + 1


def _cell(file: Hdf5File, heap: _Heap, rows: int, offset: int) -> tuple[int, int, int]:
    """Row, column, and the offset inside the block there."""
    before = 0
    for row in range(rows):
        size = heap.row_size(row)
        if offset < before + size * heap.width:
            column, inside = divmod(offset - before, size)
            return row, column, inside
        before += size * heap.width
    raise file.bad("an object lies outside its heap", file.base)


@dataclass(frozen=True, slots=True)
class _Tree:
    """The header of a B-tree of version 2.

    Attributes:
        root: address of the outermost node; count: its records; depth: levels below it.
        node_size: bytes of every node; record: bytes of every record.
    """

    root: int
    count: int
    depth: int
    node_size: int
    record: int


def _tree(file: Hdf5File, address: int, kind: int) -> _Tree:
    head_size = 16 + file.offset_size + 2 + file.length_size
    cursor = file.fields(file.block(address, head_size), file.base + address)
    if cursor.take(4) != b"BTHD":
        raise file.bad("there is no B-tree", file.base + address)
    cursor.skip(1)
    if cursor.byte() != kind:
        raise file.bad("a B-tree has records of another kind", file.base + address)
    node_size, record, depth = cursor.number(4), cursor.number(2), cursor.number(2)
    cursor.skip(2)
    if not 0 < record <= node_size or depth > 16:
        raise file.bad("a B-tree's sizes make no sense", file.base + address)
    return _Tree(cursor.address(), cursor.number(2), depth, node_size, record)


def _records(file: Hdf5File, address: int, kind: int) -> Iterator[bytes]:
    """The records of a B-tree of version 2, leaves and inner nodes alike."""
    tree = _tree(file, address, kind)
    if tree.root == file.undefined or not tree.count:
        return
    sizes = _child_fields(file, tree)
    stack = [(tree.root, tree.count, tree.depth)]
    seen: set[int] = set()
    total = 0
    while stack:
        node, records, level = stack.pop()
        total += records
        if node in seen or total > MAX_RECORDS:
            raise file.bad("a B-tree comes back to a node, or has too many records", file.base + node, CYCLE)
        seen.add(node)
        body = file.fields(file.block(node, tree.node_size), file.base + node)
        if body.take(4) != (b"BTIN" if level else b"BTLF"):
            raise file.bad("there is no B-tree node", file.base + node)
        body.skip(2)
        for _ in range(records):
            yield body.take(tree.record)
        for _ in range(records + 1 if level else 0):
            child, inner = body.address(), body.number(sizes[level][0])
            body.skip(sizes[level][1])
            stack.append((child, inner, level - 1))


def _child_fields(file: Hdf5File, tree: _Tree) -> dict[int, tuple[int, int]]:
    """Bytes of a child's record count and of its total, by the parent's level (III.A.2, "Internal Node")."""
    sizes: dict[int, tuple[int, int]] = {}
    total = (tree.node_size - 10) // tree.record
    width = _bytes_of(total)
    for level in range(1, tree.depth + 1):
        whole = _bytes_of(total) if level > 1 else 0
        sizes[level] = (width, whole)
        pointer = file.offset_size + width + whole
        inner = max(1, (tree.node_size - 10 - pointer) // (tree.record + pointer))
        total = (inner + 1) * total + inner
    return sizes


def _bytes_of(number: int) -> int:
    return max(1, (number.bit_length() + 7) // 8)
