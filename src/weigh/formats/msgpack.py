"""MessagePack as spaCy, thinc and Flax write it: a bounded walk, arrays by place, nested payloads.

Source: msgpack.org, spec.md; arrays: msgpack-numpy 0.4.8 (`nd`, `type`, `kind`, `shape`, `data`, also inside
srsly), which unpickles `data` where `kind` is `O`; flax.serialization (extension types 1 to 3).
"""

import math
import struct
from dataclasses import dataclass
from typing import Any

from weigh.core.errors import MalformedError
from weigh.core.facts import Anomaly, Basis, CallableUse, Coverage, Fact, FileFacts, Use
from weigh.core.ports import RangeReader
from weigh.core.tensor import DTYPE_BITS, TensorInfo
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import BETWEEN, Descent, SliceReader
from weigh.formats.msgpack_dtypes import DTYPE_NAMES, dtype_of, is_object, width_of
from weigh.formats.text_files import read_text

FORMAT = "msgpack"
BROKEN, ABSURD, DEEP, OBJECTS, SIZE = "WGH-MP001", "WGH-MP002", "WGH-MP003", "WGH-MP004", "WGH-MP005"
MORE, EXTENSION, TWICE, DTYPE = "WGH-MP006", "WGH-MP007", "WGH-MP008", "WGH-MP009"
MAX_DEPTH = 64
MAX_VALUES = 4_000_000
"""Values walked in one file, some 5 seconds; the string table of a large spaCy model has a million."""
MAX_KEYS = 200_000
"""Keys of all open maps that are held to find one that stands twice."""
MAX_TENSORS = 100_000
ABSURD_SIZE = 1 << 48
_KEPT = 64
"""Items of a list, and pairs of a map, that are kept while its owner is read."""
_ARRAY = frozenset({"nd", "type", "kind", "shape", "data"})
"""Keys of an array, kept wherever they stand."""
_MAX_TEXT = 256
_NESTED = 4
"""MessagePack inside byte strings of MessagePack: thinc packs each attribute by itself."""
_LEAST_NESTED = 8
_WINDOW = 64 * 1024
_FLAX = {1: "array", 2: "complex number", 3: "scalar"}
_TIME = 255  # -1, in the specification
_CARRIERS = frozenset(
    {"zip", "pickle", "torch-legacy", "tar", "7z", "compressed", "npy", "hdf5", "executable", "joblib"}
    | {"gguf", "safetensors", "parquet", "keras", "torch", "executorch", "tflite"}
)
"""Formats that a byte string is read as; others would be found in weights by chance."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A text or byte string, left in the file.

    Attributes:
        at: offset of its first byte.
        size: bytes.
        is_text: whether it is marked as text.
    """

    at: int
    size: int
    is_text: bool


@dataclass(frozen=True, slots=True)
class Cut:
    """A container that is longer than is kept, or a value that nobody asks for."""

    size: int


def read_msgpack(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one MessagePack file. Never raises for what the file holds."""
    walk = _Walk(reader, path, descent)
    objects = 0
    try:
        while walk.position < reader.size:
            walk.value(0, "")
            objects += 1
    except MalformedError as error:
        if objects == 0 and error.rule == BROKEN and not walk.structured:
            return _other(reader, path)
        if not error.rule:
            return _facts(path, walk, Coverage.PARTIAL, str(error), objects)
        walk.found.add_error(error)
    if not objects and not reader.size:
        walk.found.add(BROKEN, "the file is empty")
    if objects > 1 and not any(a.fatal for a in walk.found.as_tuple()):
        walk.found.add(MORE, f"{objects} objects follow one another")
    broken = any(a.rule in {BROKEN, ABSURD, DEEP, SIZE, TWICE} for a in walk.found.as_tuple())
    coverage = Coverage.MALFORMED if broken else Coverage.COMPLETE
    return _facts(path, walk, coverage, "it breaks the rules of its format" if broken else "", objects)


def _other(reader: RangeReader, path: str) -> FileFacts:
    """Bytes that only begin like a map: stated as not read."""
    facts = read_text(reader, path)
    if facts.coverage is Coverage.COMPLETE:
        return facts
    return FileFacts(path, "unknown", Coverage.UNREAD, "it begins like MessagePack and is none")


def _facts(path: str, walk: "_Walk", coverage: Coverage, reason: str, objects: int) -> FileFacts:
    return FileFacts(
        path,
        FORMAT,
        coverage,
        reason,
        tensors=tuple(walk.tensors),
        callables=tuple(walk.callables),
        metadata=(
            Fact("msgpack.objects", objects, Basis.DETECTED, path),
            Fact("msgpack.values", walk.values, Basis.DETECTED, path),
        ),
        anomalies=walk.found.as_tuple(),
        members=tuple(walk.members),
    )


class _Walk:
    """Walks values one by one; keeps little of them.

    Attributes:
        structured: whether a container with something in it was met.
    """

    __slots__ = (
        "_at", "_chunk", "_descent", "_keys", "_level", "_path", "_reader", "_start",
        "callables", "found", "members", "position", "structured", "tensors", "values",
    )  # fmt: skip

    def __init__(
        self, reader: RangeReader, path: str, descent: Descent, *, start: int = 0, level: int = 0
    ) -> None:
        self._reader = reader
        self._path = path
        self._descent = descent
        self._start = start  # offset of this reader inside the file
        self._level = level
        self._keys = 0
        self._chunk = b""
        self._at = 0
        self.position = 0
        self.values = 0
        self.structured = False
        self.found = AnomalyList()
        self.tensors: list[TensorInfo] = []
        self.callables: list[CallableUse] = []
        self.members: list[FileFacts] = []

    def value(self, depth: int, name: str) -> Any:
        """Walk one value; what is kept of it.

        Raises:
            MalformedError: a rule is broken; without one: a limit of this reader.
        """
        self.values += 1
        if self.values > MAX_VALUES:
            raise MalformedError("it holds more values than are walked", why=f"{MAX_VALUES} are")
        at = self.position
        first = self._take(1)[0]
        if first < 0x80:
            return first
        if first >= 0xE0:
            return first - 256
        if first < 0x90:
            return self._map(first & 15, depth, name)
        if first < 0xA0:
            return self._list(first & 15, depth, name)
        if first < 0xC0:
            return self._blob(first & 31, is_text=True)
        return self._wide(first, depth, name, at)

    def _wide(self, first: int, depth: int, name: str, at: int) -> Any:
        if first == 0xC0:
            return None
        if first in {0xC2, 0xC3}:
            return first == 0xC3
        if first in _NUMBERS:
            layout = _NUMBERS[first]
            return struct.unpack(layout, self._take(struct.calcsize(layout)))[0]
        if first in _LENGTHS:
            length = int.from_bytes(self._take(_LENGTHS[first]), "big")
            if first >= 0xDE:
                return self._map(length, depth, name)
            if first >= 0xDC:
                return self._list(length, depth, name)
            if first in {0xC7, 0xC8, 0xC9}:
                return self._extension(length, name)
            return self._blob(length, is_text=first >= 0xD9)
        if 0xD4 <= first <= 0xD8:
            return self._extension(1 << (first - 0xD4), name)
        raise MalformedError(
            "this is not MessagePack", why="0xc1 is never used", offset=self._start + at, rule=BROKEN
        )

    def _blob(self, size: int, *, is_text: bool) -> Blob:
        self._room(size, "a text" if is_text else "a byte string")
        blob = Blob(self.position, size, is_text)
        self.position += size
        return blob

    def _list(self, count: int, depth: int, name: str) -> Any:
        self._enter(count, 1, depth)
        kept: list[Any] = []
        for number in range(count):
            inner = self.value(depth + 1, f"{name}.{number}" if number < _KEPT else name)
            self._probe(inner, name)
            if number < _KEPT:
                kept.append(inner)
        return kept if count <= _KEPT else Cut(count)

    def _map(self, count: int, depth: int, name: str) -> Any:
        self._enter(count, 2, depth)
        kept: dict[Any, Any] = {}
        seen: set[Any] | None = set()
        for number in range(count):
            at = self.position
            key = self.value(depth + 1, name)
            plain = self._key(key)
            if seen is not None:
                self._keys += 1
                if self._keys > MAX_KEYS:
                    self._keys -= len(seen) + 1
                    seen = None
                elif plain in seen:
                    self.found.add(TWICE, f"the key {quoted(str(plain))}", offset=self._start + at)
                else:
                    seen.add(plain)
            shown = plain if isinstance(plain, str) else str(plain)
            inner = self.value(depth + 1, f"{name}.{shown[:80]}".lstrip("."))
            if shown in _ARRAY or (number < _KEPT and len(shown) <= _MAX_TEXT):
                kept[shown] = inner
        self._keys -= len(seen) if seen is not None else 0
        if self._array(kept, name):
            return Cut(count)
        for inner in kept.values():
            self._probe(inner, name)
        return kept if count <= 4 else Cut(count)

    def _key(self, key: Any) -> Any:
        """A key that can be compared: short texts as text, long ones by their digest."""
        if not isinstance(key, Blob):
            return key if isinstance(key, int | float | bool | None) else id(key)
        data = self._reader.read(key.at, min(key.size, 1 << 20))
        if key.size <= _MAX_TEXT:
            return data.decode("utf-8", "backslashreplace")
        import hashlib

        return hashlib.sha256(data).hexdigest()

    def _enter(self, count: int, each: int, depth: int) -> None:
        """Refuse a container that is too deep, or longer than the file."""
        if depth >= MAX_DEPTH:
            why = f"more than {MAX_DEPTH}"
            raise MalformedError("it is nested too deeply", why=why, offset=self._here, rule=DEEP)
        if count * each > self._reader.size - self.position:
            why = f"{count * each} values are promised, {self._reader.size - self.position} bytes are left"
            rule = ABSURD if count >= 1 << 31 else BROKEN
            raise MalformedError("the file ends early", why=why, offset=self._here, rule=rule)
        self.structured = self.structured or count > 0

    @property
    def _here(self) -> int:
        return self._start + self.position

    def _room(self, size: int, what: str) -> None:
        left = self._reader.size - self.position
        if size > left:
            rule = ABSURD if size >= 0xFFFF_FFF0 else BROKEN
            why = f"{what} claims {size} bytes, {left} are left"
            raise MalformedError("the file ends early", why=why, offset=self._here, rule=rule)

    def _take(self, length: int) -> bytes:
        index = self.position - self._at
        if index < 0 or index + length > len(self._chunk):
            self._chunk, self._at, index = self._reader.read(self.position, _WINDOW), self.position, 0
        data = self._chunk[index : index + length]
        if len(data) < length:
            why = f"{length} bytes are needed"
            raise MalformedError("the file ends early", why=why, offset=self._here, rule=BROKEN)
        self.position += length
        return data

    def _text(self, blob: Any) -> str:
        if not isinstance(blob, Blob) or blob.size > _MAX_TEXT:
            return ""
        return self._reader.read(blob.at, blob.size).decode("utf-8", "backslashreplace")

    # arrays -------------------------------------------------------------------------------------

    def _array(self, owner: dict[Any, Any], name: str) -> bool:
        """Whether the map is an array of msgpack-numpy; it is then taken."""
        if "nd" not in owner or "data" not in owner:
            return False
        data, kind = owner["data"], self._text(owner.get("kind"))
        stated = owner.get("type")
        texts = self._types(stated)
        at = self._start + (data.at if isinstance(data, Blob) else self.position)
        if kind == "O" or any(is_object(text) for text in texts):
            self._objects(data, name, at)
            return True
        if not isinstance(data, Blob) or not texts:
            return False
        shape = owner.get("shape")
        if owner["nd"] is not True and shape is None:
            shape = []
        width = sum(width_of(text) for text in texts)
        if not isinstance(shape, list) or not all(type(n) is int for n in shape) or not width:
            why = f"{quoted(name)} is an array of {quoted(texts[0])}"
            self.found.add(DTYPE, f"{why}, which is not understood", offset=at)
            return True
        dtype, encoding = dtype_of(texts)
        self._tensor(name, dtype, shape, width, data, encoding)
        return True

    def _types(self, stated: Any) -> list[str]:
        """The type of an array; of a structured one the types of its fields."""
        if isinstance(stated, Blob):
            return [self._text(stated)]
        found: list[str] = []
        for field in stated if isinstance(stated, list) else []:
            if isinstance(field, list) and len(field) > 1:
                inner = self._types(field[1])
                times = field[2] if len(field) > 2 and isinstance(field[2], list) else []
                count = math.prod(t for t in times if type(t) is int) if times else 1
                found += inner * max(1, min(count, 64))
        return found[:1024]

    def _objects(self, data: Any, name: str, at: int) -> None:
        size = data.size if isinstance(data, Blob) else 0
        why = f"loading {quoted(name)} with msgpack-numpy unpickles {size} bytes"
        self.found.add(OBJECTS, why, offset=at)
        self.callables.append(CallableUse("pickle", "loads", at, Use.CALL))
        if isinstance(data, Blob):
            inside = SliceReader(self._reader, data.at, data.size)
            self.members.append(self._descent.member(inside, f"{self._path}{BETWEEN}{name or 'data'}.pkl"))

    def _tensor(self, name: str, dtype: str, shape: list[int], width: int, data: Blob, encoding: str) -> None:
        count = math.prod(shape)
        at = self._start + data.at
        if any(n < 0 for n in shape) or count * width >= ABSURD_SIZE:
            self.found.add(ABSURD, f"{quoted(name)} has the shape {shape[:8]}", offset=at)
            return
        if count * width != data.size:
            why = f"{quoted(name)} of {shape[:8]} needs {count * width} bytes and has {data.size}"
            self.found.add(SIZE, why, offset=at)
        if len(self.tensors) < MAX_TENSORS:
            self.tensors.append(TensorInfo(name, dtype, tuple(shape), self._path, at, data.size, encoding))

    # extensions and nested payloads ---------------------------------------------------------------

    def _extension(self, size: int, name: str) -> Any:
        code = self._take(1)[0]
        self._room(size, "an extension")
        at = self.position
        self.position += size
        if code in _FLAX and self._flax(at, size, name):
            return Cut(size)
        if code != _TIME:
            self.found.add(EXTENSION, f"extension type {code} of {size} bytes", offset=self._start + at)
            self._probe(Blob(at, size, is_text=False), name)
        return Cut(size)

    def _flax(self, at: int, size: int, name: str) -> bool:
        """Whether the extension is a value of Flax: shape, type and bytes, packed by themselves."""
        inner = self._inner(at, size)
        try:
            value = inner.value(0, name)
        except MalformedError:
            return False
        if not isinstance(value, list) or inner.position != size:
            return False
        if len(value) == 2 and all(isinstance(v, float) for v in value):
            return True
        if len(value) != 3 or not isinstance(value[0], list) or not isinstance(value[2], Blob):
            return False
        kind, shape = inner._text(value[1]), value[0]  # noqa: SLF001 - the same class
        if kind not in DTYPE_NAMES or not all(type(n) is int for n in shape):
            self.found.add(DTYPE, f"{quoted(name)} is an array of {quoted(kind)}", offset=self._start + at)
            return True
        blob = Blob(at + value[2].at, value[2].size, is_text=False)
        self._tensor(name, DTYPE_NAMES[kind], shape, DTYPE_BITS[DTYPE_NAMES[kind]] // 8, blob, "")
        return True

    def _inner(self, at: int, size: int) -> "_Walk":
        part = SliceReader(self._reader, at, size)
        walk = _Walk(part, self._path, self._descent, start=self._start + at, level=self._level + 1)
        walk.values = self.values
        return walk

    def _probe(self, blob: Any, name: str) -> None:
        """Look into a byte string that may be a file or MessagePack itself."""
        if not isinstance(blob, Blob) or blob.is_text or blob.size < _LEAST_NESTED:
            return
        from weigh.formats.identify import identify

        inside = SliceReader(self._reader, blob.at, blob.size)
        first = inside.read(0, 1)[0]
        if identify(inside, "payload") in _CARRIERS:
            self.members.append(self._descent.member(inside, f"{self._path}{BETWEEN}{name or 'payload'}"))
        elif self._level < _NESTED and (0x80 < first <= 0x9F or 0xDC <= first <= 0xDF):
            self._nested(blob, name)

    def _nested(self, blob: Blob, name: str) -> None:
        """MessagePack inside a byte string counts where all of it reads so."""
        inner = self._inner(blob.at, blob.size)
        try:
            inner.value(0, name)
        except MalformedError:
            if not any(a.rule == OBJECTS for a in inner.found.as_tuple()):
                return
        self.values = inner.values
        whole = inner.position == blob.size
        for anomaly in inner.found.as_tuple():
            if whole or anomaly.rule == OBJECTS:
                self._take_over(anomaly)
        if whole:
            self.tensors += inner.tensors[: MAX_TENSORS - len(self.tensors)]
        self.callables += inner.callables
        self.members += inner.members

    def _take_over(self, anomaly: Anomaly) -> None:
        self.found.add(anomaly.rule, anomaly.detail, offset=anomaly.offset)


_NUMBERS = {
    0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
    0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q",
}  # fmt: skip
"""First byte → layout of a number."""
_LENGTHS = {
    0xC4: 1, 0xC5: 2, 0xC6: 4, 0xC7: 1, 0xC8: 2, 0xC9: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4,
    0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4,
}  # fmt: skip
"""First byte → bytes of the length that follows it."""
