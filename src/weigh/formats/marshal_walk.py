"""A bounded walk over marshalled Python objects: names, texts and code objects, nothing made of them.

Source: CPython's `Python/marshal.c` (versions 0 to 5) and the `w_complex_object` order of code objects'
fields.
"""

from dataclasses import dataclass, field
from typing import Any

from weigh.core.errors import MalformedError

BROKEN = "WGH-PY030"
ABSURD = "WGH-PY031"
MAX_OBJECTS = 1_000_000
"""Objects in one file; a compiled module of 16 MiB has fewer."""
MAX_DEPTH = 200
"""Objects inside one another; the interpreter stops at 2,000, compilers write fewer than 100."""
_REF = 0x80


@dataclass(slots=True)
class CodeNames:
    """What is known of one code object.

    Attributes:
        name: of the function, `<module>` for the outermost.
        names: names it loads, stores and reaches (co_names and the like), in order.
        constants: texts and bytes among its constants.
        depth: code objects around it.
    """

    name: str = ""
    names: list[str] = field(default_factory=list)
    constants: list[str | bytes] = field(default_factory=list)
    depth: int = 0


class MarshalWalk:
    """Walks the objects from `start`.

    Args:
        data: the whole file.
        start: first byte of the outermost object.
        magic: of the interpreter that wrote it, tells which fields a code object has.
    """

    def __init__(self, data: bytes, start: int, magic: int) -> None:
        self.codes: list[CodeNames] = []
        self.unread = ""
        self._data = data
        self._at = start
        self._magic = magic
        self._count = 0
        self._refs: list[Any] = []
        self._codes_around = 0
        self._interned: list[str] = []

    def run(self) -> None:
        """Walk to the end.

        Raises:
            MalformedError: the bytes are no marshalled object (rule PY030), or lie about their size (PY031).
        """
        self._object(0)
        if not self.codes:
            raise self._bad("the outermost object is no code")
        left = len(self._data) - self._at
        if left:
            self.unread = f"{left} bytes follow the code"

    def _bad(self, why: str, rule: str = BROKEN) -> MalformedError:
        return MalformedError("the compiled code cannot be read", why=why, rule=rule, offset=self._at)

    def _take(self, count: int) -> bytes:
        if count < 0 or count > 2**31 - 1:
            raise self._bad(f"a size of {count}", ABSURD)
        if self._at + count > len(self._data):
            raise self._bad(f"{count} bytes are promised, {len(self._data) - self._at} are left")
        made = self._data[self._at : self._at + count]
        self._at += count
        return made

    def _long(self) -> int:
        return int.from_bytes(self._take(4), "little", signed=True)

    def _object(self, depth: int) -> Any:
        self._count += 1
        if depth > MAX_DEPTH or self._count > MAX_OBJECTS:
            raise self._bad("objects are nested too deeply, or there are too many", ABSURD)
        tag = self._take(1)[0]
        kind = chr(tag & ~_REF)
        place = -1
        if tag & _REF:
            place = len(self._refs)
            self._refs.append(None)
        made = self._of_kind(kind, depth)
        if place >= 0:
            self._refs[place] = made
        return made

    def _of_kind(self, kind: str, depth: int) -> Any:
        if kind in "0NFTS.":
            return None
        if kind in "ilyfgx":
            return self._number(kind)
        if kind in "stuRaAzZ":
            return self._text(kind)
        if kind in "([<>)":
            size = self._take(1)[0] if kind == ")" else self._size()
            return tuple(self._object(depth + 1) for _ in range(size))
        if kind == "{":
            return self._mapping(depth)
        if kind == ":":
            return tuple(self._object(depth + 1) for _ in range(3))
        if kind == "r":
            at = self._long()
            if not 0 <= at < len(self._refs):
                raise self._bad(f"it refers to object {at} of {len(self._refs)}", ABSURD)
            return self._refs[at]
        if kind == "c":
            return self._code(depth)
        raise self._bad(f"type {kind!a} is not known")

    def _size(self) -> int:
        size = self._long()
        if size < 0:
            raise self._bad(f"a size of {size}", ABSURD)
        if size > len(self._data) - self._at:  # each object takes a byte at least
            raise self._bad(f"{size} objects are promised, {len(self._data) - self._at} bytes are left")
        return size

    def _number(self, kind: str) -> None:
        match kind:
            case "i":
                self._take(4)
            case "g":
                self._take(8)
            case "y":
                self._take(16)
            case "f" | "x":
                for _ in range(2 if kind == "x" else 1):
                    self._take(self._take(1)[0])
            case "l":
                digits = self._long()
                self._take(2 * abs(digits))

    def _text(self, kind: str) -> str | bytes | None:
        if kind == "R":  # Python 2: an interned text again
            at = self._long()
            return self._interned[at] if 0 <= at < len(self._interned) else None
        size = self._take(1)[0] if kind in "zZ" else self._size()
        data = self._take(size)
        if kind == "s":
            return data
        made = data.decode("utf-8" if kind in "tu" else "latin-1", "replace")
        if kind == "t":
            self._interned.append(made)
        return made

    def _mapping(self, depth: int) -> None:
        while self._at < len(self._data):
            if self._data[self._at] & ~_REF == ord("0"):
                self._at += 1
                return
            self._object(depth + 1)
            self._object(depth + 1)
        raise self._bad("a dict does not end")

    def _code(self, depth: int) -> None:
        """A code object: numbers first, then its parts; which ones depends on the version."""
        code = CodeNames(depth=self._codes_around)
        self.codes.append(code)
        self._codes_around += 1
        numbers, parts = _layout(self._magic)
        self._take(4 * numbers)
        for part in parts:
            if part == "firstlineno":
                self._take(4)
                continue
            made = self._object(depth + 1)
            if part == "consts" and isinstance(made, tuple):
                code.constants += _texts(made)
            elif part == "names" and isinstance(made, tuple):
                code.names += (n for n in made if isinstance(n, str))
            elif part == "name" and isinstance(made, str):
                code.name = made
        self._codes_around -= 1


_OLD_PARTS = (
    "code", "consts", "names", "varnames", "freevars", "cellvars", "filename", "name",
    "firstlineno", "lnotab",
)  # fmt: skip
_NEW_PARTS = (
    "code", "consts", "names", "localsplusnames", "localspluskinds", "filename", "name", "qualname",
    "firstlineno", "linetable", "exceptiontable",
)  # fmt: skip


def _layout(magic: int) -> tuple[int, tuple[str, ...]]:
    """Numbers before the parts of a code object, and the parts in order, by magic number of the version."""
    if magic >= 20_000:  # Python 2
        return 4, _OLD_PARTS
    if magic < 3410:  # up to 3.7
        return 5, _OLD_PARTS
    if magic < 3450:  # 3.8 to 3.10 add the number of positional-only arguments
        return 6, _OLD_PARTS
    return 5, _NEW_PARTS


def _texts(values: tuple[Any, ...]) -> list[str | bytes]:
    """Texts and bytes among constants, those in tuples included."""
    found: list[str | bytes] = []
    for value in values:
        if isinstance(value, str | bytes):
            found.append(value)
        elif isinstance(value, tuple):
            found += (v for v in value if isinstance(v, str | bytes))
    return found
