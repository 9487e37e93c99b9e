"""Storages of a torch checkpoint: the persistent ids that name them, their types, and where their bytes lie.

Source: torch/serialization.py (`persistent_load` of `_load` and `_legacy_load`), torch/storage.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.pickle_values import Blob, Global, Persistent, Value

SIZE_RULE = "WGH-TO001"
SHAPE_RULE = "WGH-TO002"
MISSING_RULE = "WGH-TO003"
PERSISTENT_RULE = "WGH-TO005"
CONFLICT_RULE = "WGH-TO007"
COUNT_RULE = "WGH-TO017"

COUNTABLE = 2**63 - 1
MAX_STORAGES = 2_000_000
"""Storages of one file."""
MAX_KEY = 256
"""Characters of a storage's key; writers use decimal numbers."""

STORAGES: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "DoubleStorage": ("F64", 8), "FloatStorage": ("F32", 4), "HalfStorage": ("F16", 2),
        "BFloat16Storage": ("BF16", 2), "LongStorage": ("I64", 8), "IntStorage": ("I32", 4),
        "ShortStorage": ("I16", 2), "CharStorage": ("I8", 1), "ByteStorage": ("U8", 1),
        "BoolStorage": ("BOOL", 1), "ComplexDoubleStorage": ("C128", 16), "ComplexFloatStorage": ("C64", 8),
        "QInt8Storage": ("I8", 1), "QUInt8Storage": ("U8", 1), "QInt32Storage": ("I32", 4),
        "QUInt4x2Storage": ("BLOCKS", 1), "QUInt2x4Storage": ("BLOCKS", 1), "UntypedStorage": ("U8", 1),
    }
)  # fmt: skip
"""Class of a storage → our type of its elements, and bytes of one."""

DTYPES: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "float64": ("F64", 8), "double": ("F64", 8), "float32": ("F32", 4), "float": ("F32", 4),
        "float16": ("F16", 2), "half": ("F16", 2), "bfloat16": ("BF16", 2), "int64": ("I64", 8),
        "long": ("I64", 8), "int32": ("I32", 4), "int": ("I32", 4), "int16": ("I16", 2), "short": ("I16", 2),
        "int8": ("I8", 1), "uint8": ("U8", 1), "bool": ("BOOL", 1), "uint16": ("U16", 2),
        "uint32": ("U32", 4), "uint64": ("U64", 8), "complex64": ("C64", 8), "complex128": ("C128", 16),
        "cfloat": ("C64", 8), "cdouble": ("C128", 16), "float8_e4m3fn": ("F8_E4M3", 1),
        "float8_e5m2": ("F8_E5M2", 1), "float8_e4m3fnuz": ("F8_E4M3FNUZ", 1),
        "float8_e5m2fnuz": ("F8_E5M2FNUZ", 1), "float8_e8m0fnu": ("F8_E8M0", 1),
        "float4_e2m1fn_x2": ("BLOCKS", 1), "complex32": ("BLOCKS", 4), "qint8": ("I8", 1),
        "quint8": ("U8", 1), "qint32": ("I32", 4), "quint4x2": ("BLOCKS", 1), "quint2x4": ("BLOCKS", 1),
        **{f"{kind}{n}": ("BLOCKS", 1) for kind in ("int", "uint", "bits") for n in range(1, 8)},
        "bits1x8": ("BLOCKS", 1), "bits2x4": ("BLOCKS", 1), "bits4x2": ("BLOCKS", 1), "bits8": ("U8", 1),
        "bits16": ("U16", 2),
    }
)  # fmt: skip
"""`torch.NAME` → our type, and bytes of one element."""

_QUANTISED = frozenset({"QInt8Storage", "QUInt8Storage", "QInt32Storage"})


@dataclass(frozen=True, slots=True)
class Storage:
    """One storage as a persistent id names it.

    Attributes:
        key: its name in the file.
        kind: name of its class, e.g. `FloatStorage`.
        dtype: our type of its elements.
        item: bytes of one element.
        location: device it was saved from, e.g. `cpu`, `cuda:0`.
        count: elements.
        first: elements of the root storage before this one (views of the legacy layout).
        offset: of the persistent id in its stream.
    """

    key: str
    kind: str
    dtype: str
    item: int
    location: str
    count: int
    first: int
    offset: int

    @property
    def nbytes(self) -> int:
        """Bytes it claims."""
        return self.count * self.item


@dataclass(frozen=True, slots=True)
class Place:
    """Where the bytes of a storage lie.

    Attributes:
        file: path inside the snapshot.
        offset: first byte in `file`; -1 where the bytes are not plainly there.
        nbytes: bytes there are.
        encoding: how they lie there, "" for plainly.
    """

    file: str
    offset: int
    nbytes: int
    encoding: str = ""


class StorageTable:
    """Collects the storages that one stream names; its `meet` is the machine's `on_persistent`.

    Args:
        found: notes ids that no writer makes.
        legacy: whether the stream is of the layout before torch 1.6, whose ids have one part more.
    """

    __slots__ = ("_found", "_legacy", "locations", "roots", "sources")

    def __init__(self, found: AnomalyList, *, legacy: bool = False) -> None:
        self._found = found
        self._legacy = legacy
        self.roots: dict[str, Storage] = {}
        self.locations: dict[str, int] = {}
        self.sources = 0

    def meet(self, persistent: Persistent) -> Storage | Value | None:
        """The storage that an id names; of the source of a class the class; None for another id."""
        parts = persistent.id
        if self._legacy and isinstance(parts, tuple) and len(parts) == 4 and text_of(parts[0]) == "module":
            self.sources += 1
            if type(parts[1]) is not Global:
                why = "the class of a module is no class"
                self._found.add(PERSISTENT_RULE, why, offset=persistent.offset)
            return parts[1]
        storage = self._storage(parts, persistent.offset)
        if storage is None:
            self._found.add(PERSISTENT_RULE, "an id names no storage", offset=persistent.offset)
            return None
        return self._kept(storage)

    def _storage(self, parts: Value, offset: int) -> Storage | None:
        if not isinstance(parts, tuple) or text_of(parts[0] if parts else None) != "storage":
            return None
        if len(parts) not in ({5, 6} if self._legacy else {5}):
            return None
        _, kind, key, location, count = parts[:5]
        name = class_name(kind)
        key = str(key) if type(key) is int else text_of(key)
        place = text_of(location)
        if name not in STORAGES or key is None or place is None or type(count) is not int:
            return None
        if len(key) > MAX_KEY:
            return None
        dtype, item = STORAGES[name]
        if not 0 <= count * item <= COUNTABLE:
            why = f"a storage claims {count} elements"
            self._found.add(COUNT_RULE, why, offset=offset)
            count = 0
        view = parts[5] if len(parts) == 6 else None
        first = 0
        if isinstance(view, tuple) and len(view) == 3 and type(view[1]) is int and type(view[2]) is int:
            first, own = view[1], view[2]
            if first < 0 or own < 0 or first + own > count:
                self._found.add(SHAPE_RULE, "a view leaves its storage", offset=offset)
                first, own = 0, 0
            return Storage(key, name, dtype, item, place, count, first, offset)
        return Storage(key, name, dtype, item, place, count, 0, offset)

    def _kept(self, storage: Storage) -> Storage:
        known = self.roots.get(storage.key)
        if known is None:
            if len(self.roots) < MAX_STORAGES:
                self.roots[storage.key] = storage
            self.locations[storage.location] = self.locations.get(storage.location, 0) + 1
        elif known.nbytes != storage.nbytes:
            why = f"the storage {quoted(storage.key)} has {known.nbytes} bytes here, {storage.nbytes} there"
            self._found.add(CONFLICT_RULE, why, offset=storage.offset)
        return storage

    @property
    def quantised(self) -> bool:
        """Whether any storage holds quantised numbers."""
        return any(s.kind in _QUANTISED for s in self.roots.values())


def text_of(value: Value) -> str | None:
    """A short text, also where Python 2 or a writer of bytes made it; None for anything else."""
    if type(value) is str:
        return value
    if type(value) is Blob and value.whole and value.length <= MAX_KEY:
        return value.head.decode("utf-8", "replace")
    return None


def class_name(kind: Value) -> str:
    """The name of a class of storages, wherever torch keeps it; "" for what is no class."""
    if type(kind) is not Global:
        return ""
    name = kind.name.rpartition(".")[2]
    return "UntypedStorage" if name == "_UntypedStorage" else name
