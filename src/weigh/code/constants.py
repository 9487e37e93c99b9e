"""What is known of a value without running code: a constant, what a name stands for, where it comes from."""

import ast
import base64
import binascii
import codecs
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

MOST_CONSTANT = 512 * 1024
"""Characters or bytes of a constant that folding may make."""
HOLE = "{}"
"""Stands in folded text for a part that is not known."""


class Tag(StrEnum):
    """Where a value comes from."""

    NETWORK = "network"
    DECODED = "decoded"
    FOLDED = "folded"
    PARTIAL = "partial"
    ENVIRONMENT = "environment"
    SECRET = "secret"  # noqa: S105 - the name of a tag
    HOST = "host"
    DISGUISED = "disguised"
    SOCKET = "socket"
    CODE = "code"


NO_TAGS: frozenset[Tag] = frozenset()


class _Unknown:
    __slots__ = ()


UNKNOWN_CONSTANT = _Unknown()


@dataclass(frozen=True, slots=True)
class Value:
    """One value.

    Attributes:
        constant: text, bytes, a number, None or a truth value; UNKNOWN_CONSTANT where it is none of these.
        name: dotted name of a module, function or class it is, or was made by (`requests.get()`).
        tags: where it comes from.
        items: of a list, tuple, set or dict (values only) its items.
        local: a function or class of this source.
        choices: other values it may have.
    """

    constant: Any = UNKNOWN_CONSTANT
    name: str = ""
    tags: frozenset[Tag] = NO_TAGS
    items: "tuple[Value, ...] | None" = None
    local: Any = None
    choices: "tuple[Value, ...]" = ()

    def each(self) -> "Iterator[Value]":
        """This value and the others it may be."""
        yield self
        yield from self.choices

    @property
    def known(self) -> bool:
        """Whether it is a constant."""
        return self.constant is not UNKNOWN_CONSTANT

    @property
    def text(self) -> str | None:
        """It as text, None where it is none; bytes count when they are UTF-8."""
        if isinstance(self.constant, str):
            return self.constant
        if isinstance(self.constant, bytes):
            return self.constant.decode("utf-8", "replace")
        return None

    def tagged(self, *tags: Tag) -> "Value":
        """The same value, also from these places."""
        return self if self.tags.issuperset(tags) else replace(self, tags=self.tags.union(tags))


UNKNOWN = Value()


def merged(values: list[Value]) -> Value:
    """A value that is one of several: the last one, knowing the others, from all their places."""
    if not values:
        return UNKNOWN
    if len(values) == 1:
        return values[0]
    last = values[-1]
    tags = frozenset[Tag]().union(*(v.tags for v in values))
    others = [c for v in values[:-1] for c in v.each()] + list(last.choices)
    kept = [replace(v, choices=()) for v in others if v.known or v.name or v.local is not None][:8]
    return replace(last, tags=tags, choices=tuple(kept))


def tags_of(*values: Value) -> frozenset[Tag]:
    """The places any of some values comes from, items included."""
    found: set[Tag] = set()
    waiting = list(values)
    for _ in range(20_000):
        if not waiting:
            break
        value = waiting.pop()
        found |= value.tags
        waiting += value.items or ()
        waiting += value.choices
    return frozenset(found)


def folded(value: Any, *parts: Value) -> Value:
    """A constant made of parts, from the places of all of them."""
    if isinstance(value, str | bytes) and len(value) > MOST_CONSTANT:
        return Value(tags=tags_of(*parts))
    return Value(value, tags=tags_of(*parts) | {Tag.FOLDED})


def binary(  # noqa: C901 - one case an operator
    operator: ast.operator, left: Value, right: Value
) -> Value:
    """`left operator right` of constants, where that is cheap; else only where it comes from."""
    tags = tags_of(left, right)
    a, b = left.constant, right.constant
    if isinstance(operator, ast.Add):
        if isinstance(a, str) and isinstance(b, str):
            return folded(a + b, left, right)
        if isinstance(a, bytes) and isinstance(b, bytes):
            return folded(a + b, left, right)
        if isinstance(a, str) or isinstance(b, str):
            one = a if isinstance(a, str) else HOLE
            two = b if isinstance(b, str) else HOLE
            return replace(folded(one + two, left, right), tags=tags | {Tag.PARTIAL})
        if left.items is not None and right.items is not None and len(left.items) + len(right.items) < 10_000:
            return Value(items=left.items + right.items, tags=tags)
    if isinstance(operator, ast.Mod) and isinstance(a, str):
        return _percent(a, right, tags)
    if (
        isinstance(operator, ast.Div)
        and (isinstance(a, str) or left.name.startswith("pathlib"))
        and isinstance(b, str)
    ):
        return replace(folded(f"{a if isinstance(a, str) else HOLE}/{b}", left, right), tags=tags)
    if _small(a) and _small(b):
        made = _number(operator, a, b)
        if made is not None:
            return Value(made, tags=tags | {Tag.DECODED} if isinstance(operator, ast.BitXor) else tags)
    if (
        isinstance(operator, ast.Mult)
        and isinstance(a, str | bytes)
        and isinstance(b, int)
        and 0 <= b * len(a) <= 65536
    ):
        return folded(a * b, left, right)
    return Value(tags=tags)


def _small(value: Any) -> bool:
    return isinstance(value, int) and abs(value) < 2**32


def _number(operator: ast.operator, a: int, b: int) -> int | None:  # noqa: C901 - one case an operator
    match operator:
        case ast.Add():
            return a + b
        case ast.Sub():
            return a - b
        case ast.Mult():
            return a * b
        case ast.BitXor():
            return a ^ b
        case ast.BitAnd():
            return a & b
        case ast.BitOr():
            return a | b
        case ast.Mod() if b:
            return a % b
        case ast.FloorDiv() if b:
            return a // b
        case ast.LShift() if 0 <= b < 32:
            return a << b
        case ast.RShift() if 0 <= b < 64:
            return a >> b
    return None


def _percent(text: str, right: Value, tags: frozenset[Tag]) -> Value:
    parts = list(right.items) if right.items is not None else [right]
    made, rest = [], text
    for part in [*parts, None]:
        at = rest.find("%")
        if part is None or at < 0:
            made.append(rest)
            break
        made.append(rest[:at] + _shown(part))
        rest = rest[at + 2 :]
    return Value("".join(made)[:MOST_CONSTANT], tags=tags | {Tag.FOLDED, Tag.PARTIAL})


def _shown(value: Value) -> str:
    if isinstance(value.constant, str | int) and not isinstance(value.constant, bool):
        return str(value.constant) if not isinstance(value.constant, int) or _small(value.constant) else HOLE
    return value.text if isinstance(value.constant, bytes) and value.text is not None else HOLE


def joined(parts: list[Value]) -> Value:
    """An f-string, with holes for what is not known."""
    text = "".join(_shown(p) for p in parts)
    tags = tags_of(*parts)
    whole = all(p.known for p in parts)
    extra = {Tag.FOLDED} if whole and len(parts) > 1 else set() if whole else {Tag.PARTIAL}
    return Value(text[:MOST_CONSTANT], tags=tags | extra)


def decoded(name: str, args: list[Value]) -> Value:
    """The result of a decoding function of the standard library; folded where the argument is a constant."""
    tags = tags_of(*args) | {Tag.DECODED}
    if not args or not isinstance(args[0].constant, str | bytes):
        return Value(name=f"{name}()", tags=tags)
    data = args[0].constant
    raw = data.encode("utf-8", "replace") if isinstance(data, str) else data
    second = args[1].constant if len(args) > 1 else None
    try:
        made = _decode(name.rpartition(".")[2], name, raw, data, second)
    except (ValueError, binascii.Error, zlib.error, OSError, EOFError, LookupError, TypeError, OverflowError):
        return Value(name=f"{name}()", tags=tags)
    if made is None or len(made) > MOST_CONSTANT:
        return Value(name=f"{name}()", tags=tags)
    return Value(made, tags=tags)


_BASES: dict[str, Callable[[bytes], bytes]] = {
    "b64decode": lambda raw: base64.b64decode(raw + b"=="),
    "standard_b64decode": lambda raw: base64.b64decode(raw + b"=="),
    "decodebytes": lambda raw: base64.b64decode(raw + b"=="),
    "decodestring": lambda raw: base64.b64decode(raw + b"=="),
    "a2b_base64": lambda raw: base64.b64decode(raw + b"=="),
    "urlsafe_b64decode": lambda raw: base64.urlsafe_b64decode(raw + b"=="),
    "b32decode": base64.b32decode,
    "b16decode": lambda raw: base64.b16decode(raw, casefold=True),
    "b85decode": base64.b85decode,
    "a85decode": base64.a85decode,
    "unhexlify": binascii.unhexlify,
    "a2b_hex": binascii.unhexlify,
}


def _decode(short: str, name: str, raw: bytes, data: str | bytes, second: Any) -> str | bytes | None:
    if short in _BASES:
        return _BASES[short](raw)
    if short == "fromhex":
        return bytes.fromhex(raw.decode("ascii"))
    if short == "decompress":
        return _inflated(name.partition(".")[0], raw)
    if short == "decode" and isinstance(second, str):
        return text_decoded(data, second)
    return None


def text_decoded(data: str | bytes, codec: str) -> str | bytes | None:
    """`data` in a codec of the standard library that only transforms text."""
    codec = codec.lower().replace("-", "_")
    raw = data.encode("utf-8", "replace") if isinstance(data, str) else data
    if codec in {"rot13", "rot_13"}:
        return codecs.decode(raw.decode("utf-8", "replace"), "rot13")
    if codec in {"hex", "hex_codec"}:
        return binascii.unhexlify(raw)
    if codec in {"base64", "base64_codec"}:
        return base64.b64decode(raw + b"==")
    if codec in {"zlib", "zip", "zlib_codec"}:
        return _inflated("zlib", raw)
    if codec in {
        "utf_8",
        "utf8",
        "ascii",
        "latin_1",
        "latin1",
        "utf_16",
        "utf_16_le",
        "utf_32",
        "unicode_escape",
        "raw_unicode_escape",
        "utf_7",
    }:
        return raw.decode(codec, "replace")
    return None


def _inflated(module: str, raw: bytes) -> bytes | None:
    """At most MOST_CONSTANT bytes of a compressed constant."""
    if module in {"zlib", "gzip"}:
        return zlib.decompressobj(47).decompress(raw, MOST_CONSTANT)
    if module == "bz2":
        import bz2

        return bz2.BZ2Decompressor().decompress(raw, MOST_CONSTANT)
    if module == "lzma":
        import lzma

        decoder = lzma.LZMADecompressor(memlimit=64 * 1024**2)
        try:
            return decoder.decompress(raw, MOST_CONSTANT)
        except lzma.LZMAError:
            return None
    return None


def method(value: Value, name: str, args: list[Value]) -> Value | None:
    """The result of a harmless method of a constant text or bytes; None where it is not folded."""
    data = value.constant
    given = [a.constant for a in args]
    tags = tags_of(value, *args)
    plain = all(isinstance(g, str | bytes | int) for g in given)
    if name == "join" and isinstance(data, str | bytes) and args and args[0].items is not None:
        return _join(data, args[0], tags)
    if name == "format" and isinstance(data, str):
        text = data
        for arg in args:
            text = text.replace(HOLE, _shown(arg).replace(HOLE, "\0"), 1)
        return Value(text.replace("\0", HOLE)[:MOST_CONSTANT], tags=tags | {Tag.FOLDED, Tag.PARTIAL})
    if name == "decode" and isinstance(data, bytes):
        codec = given[0] if given and isinstance(given[0], str) else "utf-8"
        return _coded(data, codec, tags)
    if name == "encode" and isinstance(data, str):
        return Value(data.encode("utf-8", "replace"), tags=tags)
    if name == "hex" or not plain or not isinstance(data, str | bytes):
        return None
    try:
        made = _METHODS[name](data, *given)
    except (KeyError, TypeError, ValueError):
        return None
    if isinstance(made, list):
        return Value(items=tuple(Value(m, tags=tags) for m in made[:10_000]), tags=tags)
    if len(made) > MOST_CONSTANT:
        return Value(tags=tags)
    changed = {Tag.FOLDED} if made != data and name in {"replace", "translate"} else set()
    return Value(made, tags=tags | changed)


_METHODS: dict[str, Callable[..., Any]] = {
    "replace": lambda data, old, new, *_: (
        data.replace(old, new) if len(new) * (data.count(old) + 1) < MOST_CONSTANT else data
    ),
    "strip": lambda data, *rest: data.strip(*rest),
    "lstrip": lambda data, *rest: data.lstrip(*rest),
    "rstrip": lambda data, *rest: data.rstrip(*rest),
    "lower": lambda data: data.lower(),
    "upper": lambda data: data.upper(),
    "title": lambda data: data.title(),
    "swapcase": lambda data: data.swapcase(),
    "split": lambda data, *rest: data.split(*rest),
    "splitlines": lambda data: data.splitlines(),
    "removeprefix": lambda data, part: data.removeprefix(part),
    "removesuffix": lambda data, part: data.removesuffix(part),
}


def _coded(data: bytes, codec: str, tags: frozenset[Tag]) -> Value:
    try:
        made = text_decoded(data, codec)
    except (ValueError, binascii.Error, zlib.error):
        made = None
    if made is None:
        return Value(tags=tags)
    transformed = codec.lower().replace("-", "_") in {"hex", "rot13", "base64", "zlib", "unicode_escape"}
    return Value(made, tags=tags | ({Tag.DECODED} if transformed else set()))


def _join(data: str | bytes, value: Value, tags: frozenset[Tag]) -> Value:
    items = value.items or ()
    if isinstance(data, str):
        pieces = [i.constant if isinstance(i.constant, str) else HOLE for i in items]
        extra = {Tag.FOLDED} if all(isinstance(i.constant, str) for i in items) else {Tag.PARTIAL}
        made: str | bytes = (
            data.join(pieces) if (sum(map(len, pieces)) + len(data) * len(pieces)) <= MOST_CONSTANT else ""
        )
        return Value(made, tags=tags | extra)
    chunks = [i.constant for i in items if isinstance(i.constant, bytes)]
    if len(chunks) != len(items) or sum(map(len, chunks)) > MOST_CONSTANT:
        return Value(tags=tags)
    return Value(data.join(chunks), tags=tags | {Tag.FOLDED})
