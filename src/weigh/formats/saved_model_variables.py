"""The variables of a SavedModel: the index file that says where each lies in the data files beside it.

The index is a sorted table of LevelDB's form whose values are protobuf messages. Source:
tensorflow/core/util/tensor_bundle/tensor_bundle.h, tensorflow/core/protobuf/tensor_bundle.proto, and
github.com/google/leveldb, doc/table_format.md.
"""

import math
from collections.abc import Iterator

from weigh.core.errors import MalformedError
from weigh.core.facts import Coverage, FileFacts
from weigh.core.ports import RangeReader
from weigh.core.tensor import DTYPE_BITS, TensorInfo
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import Descent
from weigh.formats.reader import BytesReader, read_exact
from weigh.formats.saved_model_messages import BUNDLE_ENTRY, BUNDLE_HEADER, DIM, DTYPES, SHAPE
from weigh.formats.wire import Wire

FORMAT = "tensor-bundle"
BROKEN = "WGH-SM009"
ABSURD = "WGH-SM010"

FOOTER = 48
MAGIC = bytes.fromhex("57fb808b247547db")
"""Last eight bytes of a table."""
MAX_BLOCK = 16 * 1024 * 1024
MAX_ENTRIES = 500_000
MAX_BYTES = 256 * 1024 * 1024
FAR = 1 << 48
_OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


def read_tensor_bundle(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one `variables.index` or `*.ckpt.index`. Never raises for what the file holds.

    Args:
        reader: its bytes.
        path: of the file inside the snapshot; the data files' paths follow from it.
        descent: not needed.
    """
    del descent
    found = AnomalyList()
    tensors: list[TensorInfo] = []
    coverage, reason = Coverage.COMPLETE, ""
    try:
        shards, big = 1, False
        for key, value in _pairs(reader):
            if not key:
                shards, big = _header(value)
            else:
                tensors.append(_entry(key, value, path, shards, big=big))
        _overlaps(tensors, found)
    except MalformedError as error:
        coverage = Coverage.MALFORMED if error.rule else Coverage.PARTIAL
        reason = str(error)
        if error.rule:
            found.add_error(error)
    return FileFacts(path, FORMAT, coverage, reason, tensors=tuple(tensors), anomalies=found.as_tuple())


def _bad(why: str, offset: int = 0, rule: str = BROKEN) -> MalformedError:
    return MalformedError("the index of the variables is broken", why=why, offset=offset, rule=rule)


def _pairs(reader: RangeReader) -> Iterator[tuple[bytes, bytes]]:
    """Every key and value of the table, in the order of its index block."""
    if reader.size < FOOTER:
        raise _bad("it is shorter than its footer")
    footer = read_exact(reader, reader.size - FOOTER, FOOTER, rule=BROKEN)
    if footer[-8:] != MAGIC:
        raise _bad("its footer has no magic number", reader.size - 8)
    # the first handle is that of an index of other blocks, which TensorFlow leaves empty
    second = _varint(footer, _varint(footer, 0)[1])[1]
    count, left = 0, MAX_BYTES
    seen: set[int] = set()
    for _, handle in _block(reader, *_handle(footer, second)):
        start, size = _handle(handle, 0)
        left -= size
        if start in seen or left < 0:
            raise _bad("its blocks are more than the file can hold", start, ABSURD)
        seen.add(start)
        for pair in _block(reader, start, size):
            count += 1
            if count > MAX_ENTRIES:
                raise _bad(f"it has more than {MAX_ENTRIES} entries", start, "")
            yield pair


def _handle(data: bytes, at: int) -> tuple[int, int]:
    start, at = _varint(data, at)
    size, _ = _varint(data, at)
    return start, size


def _block(reader: RangeReader, start: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """The entries of a block: each key shares its beginning with the one before."""
    if max(start, size) >= FAR:
        raise _bad(f"a block of {size} bytes at byte {start} lies absurdly far outside", 0, ABSURD)
    data = read_exact(reader, start, size + 5, rule=BROKEN, limit=MAX_BLOCK)
    if data[size]:
        raise _bad("a block is packed, which is not read", start, "")
    if size < 4:
        raise _bad("a block is too short", start)
    end = size - 4 - 4 * int.from_bytes(data[size - 4 : size], "little")
    at, key = 0, b""
    while at < end:
        shared, at = _varint(data, at)
        fresh, at = _varint(data, at)
        length, at = _varint(data, at)
        if shared > len(key) or at + fresh + length > end or shared + fresh > 65_536:
            raise _bad("an entry leaves its block", start + at)
        key = key[:shared] + data[at : at + fresh]
        at += fresh
        yield key, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise _bad("a number does not end")


def _wire(value: bytes) -> Wire:
    return Wire(BytesReader(value), broken=BROKEN, beyond="")


def _header(value: bytes) -> tuple[int, bool]:
    """Number of data files, and whether their values are big-endian."""
    fields = dict(_wire(value).walk((0, len(value)), BUNDLE_HEADER, depth=1))
    shards = fields.get("shards", 1)
    if not 0 <= shards <= 100_000:
        raise _bad(f"it claims {shards} data files", 0, ABSURD)
    return shards, bool(fields.get("endian", 0))


def _entry(key: bytes, value: bytes, path: str, shards: int, *, big: bool) -> TensorInfo:
    name = key.decode("utf-8", "backslashreplace")
    wire = _wire(value)
    fields = wire.collect((0, len(value)), BUNDLE_ENTRY, depth=1)
    shape = []
    for span in fields.get("shape", [])[-1:]:
        for kind, place in wire.walk(span, SHAPE, depth=2):
            if kind == "dim":
                shape.append(dict(wire.walk(place, DIM, depth=3)).get("size", 0))
    shard, offset, size = (fields.get(part, [0])[-1] for part in ("shard", "offset", "size"))
    if (
        min(shard, offset, size, *shape, 0) < 0
        or max(offset, size, *shape, 0) >= FAR
        or math.prod(shape) >= FAR
    ):
        raise _bad(f"the place of {quoted(name)} is absurd", 0, ABSURD)
    if shard >= max(1, shards):
        raise _bad(f"{quoted(name)} lies in the data file {shard} of {shards}", 0, ABSURD)
    dtype = "UNKNOWN" if name == _OBJECT_GRAPH else DTYPES.get(fields.get("dtype", [0])[-1], "UNKNOWN")
    bits = DTYPE_BITS[dtype]
    sliced = bool(fields.get("slice"))
    if bits >= 8 and not sliced and math.prod(shape) * bits // 8 != size:
        raise _bad(f"{quoted(name)} of {dtype} {shape[:8]} has {size} bytes")
    file = f"{path.removesuffix('.index')}.data-{shard:05d}-of-{max(1, shards):05d}"
    encoding = "in slices" if sliced else "big-endian" if big and bits > 8 else ""
    return TensorInfo(name, dtype, tuple(shape), file, -1 if sliced else offset, size, encoding)


def _overlaps(tensors: list[TensorInfo], found: AnomalyList) -> None:
    """Two variables in the same bytes of a data file."""
    ends: dict[str, int] = {}
    for tensor in sorted(
        (t for t in tensors if t.offset >= 0 and t.nbytes), key=lambda t: (t.file, t.offset)
    ):
        if tensor.offset < ends.get(tensor.file, 0):
            found.add(ABSURD, f"{quoted(tensor.name)} shares bytes with another variable")
        ends[tensor.file] = max(ends.get(tensor.file, 0), tensor.offset + tensor.nbytes)
