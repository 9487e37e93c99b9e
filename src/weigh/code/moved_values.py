"""Functions that only move values about: paths, numbers, characters, sequences; folded where it is cheap."""

import re
from collections.abc import Callable
from dataclasses import replace

from weigh.code.constants import UNKNOWN, Tag, Value, folded, merged, tags_of

MOST_UNROLLED = 2048
"""Items of a sequence that are looked at one by one."""

_SECRET_NAME = re.compile(
    r"(?i)token|secret|passw|api_?key|access_?key|credential|private_?key|aws_|session_?id"
)


def moved(name: str, args: list[Value]) -> Value | None:
    """The result of a function that moves its arguments about, None where it is none or nothing is known."""
    make = _MOVES.get(name)
    return make(args) if make is not None and args else Value("~") if name == "pathlib.Path.home" else None


def variable(key: Value) -> Value:
    """One variable of the environment; a loop over all names gives all of them."""
    secret = {Tag.SECRET} if key.text is not None and _SECRET_NAME.search(key.text) else set()
    return Value(name="os.environ[]", tags=(key.tags & {Tag.ENVIRONMENT}) | secret)


def item_of(value: Value) -> Value:
    """What a loop over it would give."""
    items = iterated(value)
    return merged([i.tagged(*value.tags) for i in items[-8:]]) if items else Value(tags=tags_of(value))


def iterated(value: Value) -> tuple[Value, ...] | None:
    """The items of a constant sequence, None where it is none."""
    if value.items is not None:
        return value.items
    if isinstance(value.constant, str | bytes) and len(value.constant) <= MOST_UNROLLED:
        return tuple(Value(c) for c in value.constant)
    return None


def joined_path(parts: list[Value]) -> Value:
    """A path of parts, with holes for those that are not known."""
    return Value("/".join(p.text if p.text is not None else "{}" for p in parts), tags=tags_of(*parts))


def texts_of(values: list[Value]) -> list[str]:
    """The texts in arguments and their items."""
    flat = [i for v in values for i in (v, *(v.items or ()))]
    return [v.text for v in flat[:200] if v.text]


def tells_much(value: Value) -> bool:
    """Whether knowing this argument can change what a function is found to do."""
    if value.tags or value.local is not None or (value.name and value.name != "self"):
        return True
    text = value.text
    known = text is not None and len(text) > 1
    return known or bool(value.items and any(map(tells_much, value.items[:50])))


def _path(args: list[Value]) -> Value | None:
    if len(args) == 1:
        return args[0] if args[0].text is not None else None
    return joined_path(args)


def _chr(args: list[Value]) -> Value | None:
    code = args[0].constant
    if isinstance(code, int) and 0 <= code < 0x110000:
        return folded(chr(code), args[0]).tagged(Tag.DECODED)
    return None


def _ord(args: list[Value]) -> Value | None:
    data = args[0].constant
    return folded(ord(data), args[0]) if isinstance(data, str | bytes) and len(data) == 1 else None


def _int(args: list[Value]) -> Value | None:
    data = args[0].constant
    if isinstance(data, int):
        return args[0]
    base = args[1].constant if len(args) > 1 else 10
    if not isinstance(data, str) or len(data) > 20 or not isinstance(base, int) or not 0 <= base <= 36:
        return None
    try:
        return folded(int(data, base), args[0])
    except ValueError:
        return None


def _bytes(args: list[Value]) -> Value | None:
    first = args[0]
    data = first.constant
    if isinstance(data, bytes | str):
        return Value(data if isinstance(data, bytes) else data.encode("utf-8", "replace"), tags=first.tags)
    numbers = [i.constant for i in first.items or ()]
    if first.items is not None and all(isinstance(n, int) and 0 <= n < 256 for n in numbers):
        extra = {Tag.DECODED} if len(numbers) > 3 else set()
        return Value(bytes(numbers), tags=tags_of(first) | extra)
    return Value(tags=tags_of(first)) if first.tags or first.items else None


def _zip(args: list[Value]) -> Value | None:
    columns = [iterated(a) for a in args]
    if any(c is None for c in columns):
        return None
    rows = zip(*((c or ())[:MOST_UNROLLED] for c in columns), strict=False)
    return Value(items=tuple(Value(items=row) for row in rows))


def _enumerate(args: list[Value]) -> Value | None:
    items = iterated(args[0])
    if items is None:
        return None
    return Value(items=tuple(Value(items=(Value(n), i)) for n, i in enumerate(items[:MOST_UNROLLED])))


def _range(args: list[Value]) -> Value | None:
    numbers = [a.constant for a in args[:3]]
    if not all(isinstance(n, int) for n in numbers) or (len(numbers) == 3 and not numbers[2]):
        return None
    made = range(*numbers)
    return Value(items=tuple(map(Value, made))) if len(made) <= MOST_UNROLLED else None


def _partial(args: list[Value]) -> Value | None:
    return replace(args[0], items=tuple(args[1:])) if args[0].name else None


def _type(args: list[Value]) -> Value | None:
    return UNKNOWN if len(args) == 3 else None


_MOVES: dict[str, Callable[[list[Value]], Value | None]] = {
    **dict.fromkeys(
        ("os.path.expanduser", "os.path.expandvars", "os.path.abspath", "os.path.realpath"), _path
    ),
    **dict.fromkeys(
        ("os.fspath", "os.path.normpath", "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath"), _path
    ),
    "os.path.join": joined_path,
    "os.getenv": lambda args: variable(args[0]),
    "os.environ.get": lambda args: variable(args[0]),
    "chr": _chr,
    "ord": _ord,
    "int": _int,
    "bytes": _bytes,
    "bytearray": _bytes,
    "zip": _zip,
    "enumerate": _enumerate,
    "range": _range,
    "functools.partial": _partial,
    "type": _type,
}
