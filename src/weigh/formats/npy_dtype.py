"""What a NumPy type in a file means: bytes of an item, byte order, and our own word for it.

Source: numpy "The array interface protocol" (typestr) and numpy.dtype's list of fields.
"""

import re
from dataclasses import dataclass
from typing import Any

MAX_FIELDS = 20_000
MAX_LEVELS = 12
_SIMPLE = re.compile(r"([<>|=]?)([?bBhHiIlLqQefdgFDGSaUVOMmcput])([0-9]{0,12})(\[[^\]]{1,20}\])?")
_KINDS = {
    ("b", 1): "BOOL", ("i", 1): "I8", ("i", 2): "I16", ("i", 4): "I32", ("i", 8): "I64",
    ("u", 1): "U8", ("u", 2): "U16", ("u", 4): "U32", ("u", 8): "U64",
    ("f", 2): "F16", ("f", 4): "F32", ("f", 8): "F64", ("c", 8): "C64", ("c", 16): "C128",
}  # fmt: skip
_CHARACTERS = {
    "?": ("b", 1), "b": ("i", 1), "B": ("u", 1), "h": ("i", 2), "H": ("u", 2), "i": ("i", 4), "I": ("u", 4),
    "l": ("i", 8), "L": ("u", 8), "q": ("i", 8), "Q": ("u", 8), "e": ("f", 2), "f": ("f", 4), "d": ("f", 8),
    "F": ("c", 8), "D": ("c", 16), "g": ("f", 16), "G": ("c", 32),
}  # fmt: skip
_KIND_LETTERS = frozenset("biufcSaUVOMmtT")
_NAMES = {
    "bool": "b1", "int8": "i1", "int16": "i2", "int32": "i4", "int64": "i8", "uint8": "u1", "uint16": "u2",
    "uint32": "u4", "uint64": "u8", "float16": "f2", "float32": "f4", "float64": "f8", "complex64": "c8",
    "complex128": "c16", "object": "O",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NpyType:
    """One type of items.

    Attributes:
        size: bytes an item takes in the file.
        dtype: a key of core.tensor.DTYPE_BITS.
        encoding: what `dtype` alone does not say: byte order, characters, fields.
        has_objects: items are Python objects, so the payload is a pickle.
        shape: sizes that every item adds to the array's own.
    """

    size: int
    dtype: str
    encoding: str = ""
    has_objects: bool = False
    shape: tuple[int, ...] = ()


def type_of(descr: Any) -> NpyType | None:
    """What a `descr` means; None where it is no type of numpy."""
    return _Types().read(descr, 0)


class _Types:
    """Reads one descr; fields are counted over all levels."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = MAX_FIELDS

    def read(self, descr: Any, level: int) -> NpyType | None:
        if isinstance(descr, str):
            return _simple(descr)
        if level >= MAX_LEVELS:
            return None
        if isinstance(descr, list):
            return self._record(descr, level)
        if isinstance(descr, tuple) and len(descr) == 2:
            item = self.read(descr[0], level + 1)
            return _repeated(item, descr[1])
        return None

    def _record(self, fields: list[Any], level: int) -> NpyType | None:
        size = 0
        objects = False
        names: dict[str, None] = {}
        for field in fields:
            self._left -= 1
            if self._left < 0 or not isinstance(field, tuple) or len(field) not in {2, 3}:
                return None
            name = field[0][1] if isinstance(field[0], tuple) and len(field[0]) == 2 else field[0]
            if not isinstance(name, str) or (name and name in names):
                return None
            item = self.read(field[1], level + 1)
            item = _repeated(item, field[2]) if len(field) == 3 else item
            if item is None:
                return None
            names[name] = None
            size += item.size
            objects = objects or item.has_objects
        kept = [name for name in names if name]
        shown = ", ".join(kept[:8]) + (", …" if len(kept) > 8 else "")
        return NpyType(size, "BLOCKS", f"record of {len(kept)} fields in {size} bytes: {shown}", objects)


def _repeated(item: NpyType | None, shape: Any) -> NpyType | None:
    sizes = (shape,) if type(shape) is int else shape
    if item is None or not isinstance(sizes, tuple) or len(sizes) > 64:
        return None
    total = item.size
    for size in sizes:
        if type(size) is not int or size < 0 or total > 2**40:
            return None
        total *= size
    return NpyType(total, item.dtype, item.encoding, item.has_objects, (*sizes, *item.shape))


def _simple(text: str) -> NpyType | None:
    found = _SIMPLE.fullmatch(_NAMES.get(text, text))
    if found is None:
        return None
    order, letter, digits, unit = found.groups()
    big = "big-endian" if order == ">" else ""
    if digits and letter in _KIND_LETTERS:
        return _sized(letter, int(digits), unit or "", big)
    if letter == "O":
        return NpyType(8, "UNKNOWN", "python objects", has_objects=True)
    if letter in "Mm" or letter in "SaUV":
        return _sized(letter, 8 if letter in "Mm" else 0, unit or "", big)
    if digits or unit or letter not in _CHARACTERS:
        return None
    kind, size = _CHARACTERS[letter]
    return _sized(kind, size, "", big)


def _sized(kind: str, size: int, unit: str, big: str) -> NpyType | None:
    if kind == "O":
        return NpyType(size, "UNKNOWN", "python objects", has_objects=True)
    if kind == "t":
        return None
    if size > 2**40:
        return None
    if kind in "SaU":
        wide = size * 4 if kind == "U" else size
        words = f"{size} UTF-32 characters" if kind == "U" else f"{size} bytes of text"
        return NpyType(wide, "STRING", ", ".join(filter(None, (words, big if kind == "U" else ""))))
    if kind == "V":
        return NpyType(size, "BLOCKS", f"{size} raw bytes")
    if kind in "Mm":
        return _time(kind, size, unit, big)
    dtype = _KINDS.get((kind, size))
    if dtype is None:
        known = (kind, size) in {("f", 12), ("f", 16), ("c", 24), ("c", 32)}
        return NpyType(size, "UNKNOWN", f"long double, {size} bytes an item") if known else None
    return NpyType(size, dtype, big if size > 1 else "")


def _time(kind: str, size: int, unit: str, big: str) -> NpyType | None:
    if size != 8:
        return None
    words = f"{'datetime64' if kind == 'M' else 'timedelta64'}{unit}"
    return NpyType(8, "I64", ", ".join(filter(None, (words, big))))
