"""CatBoost models (.cbm): a magic number, a FlatBuffer with trees, and parts that it names.

Source: catboost/catboost, catboost/libs/model/flatbuffers/*.fbs, model.cpp (the file around it) and
evaluation_interface (how splits and leaves are looked up). FlatBuffers: flatbuffers.dev, "internals".
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from weigh.core.errors import MalformedError
from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.core.tensor import TensorInfo
from weigh.formats.anomalies import AnomalyList
from weigh.formats.descent import Descent, SliceReader

FORMAT = "catboost"
UNSOUND, ABSURD = "WGH-XB001", "WGH-XB002"
CHILD, SPLIT, LENGTHS, PARAMETER, BEYOND = "WGH-XB005", "WGH-XB007", "WGH-XB008", "WGH-XB015", "WGH-XB016"
OUTSIDE = "WGH-XB017"
MAX_NUMBERS = 8_000_000
"""Splits and trees of one model that are looked at: 32 MB at most."""
MAX_FEATURES = 1_000_000
MAX_DEPTH = 32
"""Splits of one symmetric tree; CatBoost allows 16."""
MAX_DIMENSION = 1 << 20
_STATIC = "static_provider_v1"


def read_catboost(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one CatBoost model. Never raises for what the file holds."""
    del descent
    found = AnomalyList()
    reason = ""
    tensors: tuple[TensorInfo, ...] = ()
    stated: dict[str, object] = {}
    try:
        size = _core_size(reader)
        model = _Core(_Flat(SliceReader(reader, 8, size)), found)
        tensors = tuple(
            TensorInfo(name, dtype, (count,), path, 8 + at, count * width)
            for name, dtype, count, at, width in model.values()
        )
        stated = model.judge()
        reason = _parts(reader, 8 + size, model.parts(), found)
    except MalformedError as error:
        if not error.rule:
            return FileFacts(path, FORMAT, Coverage.PARTIAL, str(error), tensors, anomalies=found.as_tuple())
        found.add_error(error)
    bad = len(found) > 0
    coverage = Coverage.MALFORMED if bad else Coverage.PARTIAL if reason else Coverage.COMPLETE
    return FileFacts(
        path,
        FORMAT,
        coverage,
        "it breaks the rules of its format" if bad else reason,
        tensors=tensors,
        metadata=tuple(Fact(f"catboost.{n}", v, Basis.DECLARED, path) for n, v in stated.items()),
        anomalies=found.as_tuple(),
    )


def _core_size(reader: RangeReader) -> int:
    """Bytes of the FlatBuffer that follows the head."""
    size = int.from_bytes(reader.read(4, 4), "little")
    if reader.size < 8 or size > reader.size - 8:
        why = f"the model claims {size} bytes, {max(0, reader.size - 8)} follow"
        raise MalformedError("the file ends early", why=why, offset=4, rule=UNSOUND)
    return size


def _parts(reader: RangeReader, start: int, names: list[str], found: AnomalyList) -> str:
    """What follows the model: nothing, or the parts it names. Why they are not read whole, or ""."""
    if not names:
        if start != reader.size:
            found.add(
                BEYOND, f"{reader.size - start} bytes follow the model, which names no part", offset=start
            )
        return ""
    if names != [_STATIC]:
        return "parts for texts and embeddings are not read"
    at = start + 4
    for number in range(int.from_bytes(reader.read(start, 4), "little")):
        size = int.from_bytes(reader.read(at, 4), "little")
        if size > reader.size - at - 4 or reader.size < at + 4:
            why = f"table {number} claims {size} bytes, {max(0, reader.size - at - 4)} follow"
            raise MalformedError("a table of categories is cut", why=why, offset=at, rule=UNSOUND)
        flat = _Flat(SliceReader(reader, at + 4, size))
        table = flat.root()
        for field in (1, 2):
            flat.vector(table, field, 1)
        at += 4 + size
    if at != reader.size:
        found.add(BEYOND, f"{reader.size - at} bytes follow the tables of categories", offset=at)
    return ""


@dataclass(frozen=True, slots=True)
class _Vector:
    """A vector's place.

    Attributes:
        at: offset of its first element inside the FlatBuffer.
        count: elements.
    """

    at: int
    count: int


class _Flat:
    """Reads a FlatBuffer field by field; whatever leaves it is an error."""

    __slots__ = ("_chunk", "_chunk_at", "reader")

    def __init__(self, reader: SliceReader) -> None:
        self.reader = reader
        self._chunk = b""
        self._chunk_at = 0

    def number(self, at: int, width: int, *, signed: bool = False) -> int:
        """A little-endian number."""
        if at < 0 or at + width > self.reader.size:
            raise self._outside(f"a number at byte {at}", at)
        index = at - self._chunk_at
        if index < 0 or index + width > len(self._chunk):
            self._chunk, self._chunk_at, index = self.reader.read(at, 65_536), at, 0
        return int.from_bytes(self._chunk[index : index + width], "little", signed=signed)

    def root(self) -> int:
        """The place of the outermost table."""
        return self.number(0, 4)

    def field(self, table: int, field: int) -> int:
        """The place of a table's field; -1 where it has its default."""
        vtable = table - self.number(table, 4, signed=True)
        size = self.number(vtable, 2)
        if size < 4 or size % 2:
            raise self._outside(f"a table of fields of {size} bytes", vtable)
        if 4 + 2 * field + 2 > size:
            return -1
        offset = self.number(vtable + 4 + 2 * field, 2)
        return table + offset if offset else -1

    def child(self, table: int, field: int) -> int:
        """The place of the table, vector or text that a field points to; -1 where there is none."""
        at = self.field(table, field)
        return at if at < 0 else at + self.number(at, 4)

    def vector(self, table: int, field: int, width: int) -> _Vector:
        """A vector's place, held against the buffer."""
        at = self.child(table, field)
        if at < 0:
            return _Vector(0, 0)
        count = self.number(at, 4)
        if count * width > self.reader.size - at - 4:
            raise self._outside(f"a list of {count} elements at byte {at}", at)
        return _Vector(at + 4, count)

    def text(self, at: int) -> str:
        """A text; its first 200 bytes."""
        length = self.number(at, 4)
        if length > self.reader.size - at - 4:
            raise self._outside(f"a text of {length} bytes at byte {at}", at)
        return self.reader.read(at + 4, min(length, 200)).decode("utf-8", "backslashreplace")

    def numbers(self, vector: _Vector, code: str) -> "array[int]":
        """The elements of a vector of whole numbers."""
        if vector.count > MAX_NUMBERS:
            raise MalformedError("it has more splits than are read", why=f"{vector.count}, {MAX_NUMBERS} are")
        found = array(code)
        found.frombytes(self.reader.read(vector.at, vector.count * found.itemsize))
        return found

    def tables(self, owner: int, field: int) -> Iterator[int]:
        """The tables a vector points to."""
        vector = self.vector(owner, field, 4)
        if vector.count > MAX_FEATURES:
            raise MalformedError("it has more features than are read", why=f"{MAX_FEATURES} are")
        for place in range(vector.count):
            at = vector.at + 4 * place
            yield at + self.number(at, 4)

    def _outside(self, why: str, at: int) -> MalformedError:
        full = f"{why} of {self.reader.size}"
        return MalformedError("the model points outside itself", why=full, offset=8 + at, rule=OUTSIDE)


class _Core:
    """The model inside the FlatBuffer: table TModelCore, and in it TModelTrees."""

    __slots__ = ("_flat", "_found", "_root", "_trees")

    def __init__(self, flat: _Flat, found: AnomalyList) -> None:
        self._flat = flat
        self._found = found
        self._root = flat.root()
        self._trees = flat.child(self._root, 1)
        if self._trees < 0:
            raise MalformedError("it holds no trees", offset=8, rule=UNSOUND)

    def parts(self) -> list[str]:
        """Names of the parts that follow the model."""
        vector = self._flat.vector(self._root, 3, 4)
        if vector.count > 16:
            raise MalformedError("it names more parts than are read", why=str(vector.count))
        places = [vector.at + 4 * n for n in range(vector.count)]
        return [self._flat.text(at + self._flat.number(at, 4)) for at in places]

    def values(self) -> list[tuple[str, str, int, int, int]]:
        """Lists of numbers: name, type, count, offset, bytes of one."""
        rows = [("leaf_values", "F64", 8, 8), ("leaf_weights", "F64", 9, 8), ("multi_bias", "F64", 16, 8)]
        found = [(name, dtype, self._flat.vector(self._trees, field, w), w) for name, dtype, field, w in rows]
        return [(name, dtype, v.count, v.at, width) for name, dtype, v, width in found if v.count]

    def judge(self) -> dict[str, object]:
        """Hold trees, splits and leaves against each other. Facts that the model states."""
        flat, trees = self._flat, self._trees
        at = flat.field(trees, 0)
        dimension = flat.number(at, 4, signed=True) if at >= 0 else 0
        splits = flat.numbers(flat.vector(trees, 1, 4), "i")
        sizes = flat.numbers(flat.vector(trees, 2, 4), "i")
        starts = flat.numbers(flat.vector(trees, 3, 4), "i")
        leaves = flat.vector(trees, 8, 8).count
        if not 0 <= dimension <= MAX_DIMENSION or (leaves and not dimension):
            self._found.add(PARAMETER, f"a leaf has {dimension} values")
        steps = flat.vector(trees, 10, 4)
        binary = self._binary_features()
        if any(not 0 <= split < binary for split in splits):
            wrong = next(split for split in splits if not 0 <= split < binary)
            self._found.add(SPLIT, f"a split asks for border {wrong} of {binary}")
        self._layout(sizes, starts, len(splits))
        if steps.count:
            self._by_steps(steps, sizes, len(splits), leaves)
        elif any(size > MAX_DEPTH for size in sizes):
            self._found.add(LENGTHS, f"a symmetric tree has {max(sizes)} splits")
        elif not len(self._found) and sum(1 << size for size in sizes) * max(1, dimension) != leaves:
            needed = sum(1 << size for size in sizes) * max(1, dimension)
            self._found.add(LENGTHS, f"the trees need {needed} leaf values, {leaves} lie there")
        version = flat.child(self._root, 0)
        return {
            "version": flat.text(version) if version >= 0 else "",
            "trees": len(sizes),
            "dimension": dimension,
            "splits": binary,
        }

    def _binary_features(self) -> int:
        """Borders and values that a split may name, over all kinds of features."""
        flat, trees = self._flat, self._trees
        total = 0
        for field, inner, width in ((5, 3, 4), (6, 1, 4), (7, 1, 4), (13, 3, 4)):
            for table in flat.tables(trees, field):
                total += flat.vector(table, inner, width).count
        for field in (4, 12, 18):
            for table in flat.tables(trees, field):
                flat.field(table, 0)
        return total

    def _layout(self, sizes: "array[int]", starts: "array[int]", splits: int) -> None:
        reached = 0
        for number, size in enumerate(sizes):
            if size < 0 or (starts and (number >= len(starts) or starts[number] != reached)):
                self._found.add(LENGTHS, f"tree {number} of {size} splits does not begin where the last ends")
                return
            reached += size
        if reached != splits or (starts and len(starts) != len(sizes)):
            self._found.add(LENGTHS, f"the trees have {reached} splits, {splits} lie there")

    def _by_steps(self, steps: _Vector, sizes: "array[int]", splits: int, leaves: int) -> None:
        """Trees whose nodes say how far away their children lie; every step stays in its tree."""
        flat = self._flat
        ids = flat.numbers(flat.vector(self._trees, 11, 4), "I")
        distances = flat.numbers(_Vector(steps.at, steps.count * 2), "H")
        if sum(sizes) != splits or min(sizes, default=0) < 0:
            return  # told already: the trees do not lie one after another
        if not steps.count == splits == len(ids):
            self._found.add(LENGTHS, f"{splits} nodes have {steps.count} steps and {len(ids)} leaves")
            return
        begin = 0
        for number, size in enumerate(sizes):
            for node in range(begin, begin + size):
                left, right = distances[2 * node], distances[2 * node + 1]
                if node + max(left, right) >= begin + size:
                    self._found.add(CHILD, f"node {node - begin} of tree {number} steps out of it")
                    return
                if (not left or not right) and ids[node] >= max(leaves, 1):
                    self._found.add(
                        CHILD, f"node {node - begin} of tree {number} names leaf {ids[node]} of {leaves}"
                    )
                    return
            begin += size
