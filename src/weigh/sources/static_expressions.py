"""Operators, subscripts and methods of constants, followed without running anything of the code."""

import ast
import operator
import posixpath
import re
from collections.abc import Callable
from itertools import islice, product
from typing import Any

from weigh.sources.static_values import (
    MAX_CHOICES,
    MAX_TEXT,
    UNKNOWN,
    External,
    Unknown,
    each,
    is_plain,
    one_of,
)

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Mod: operator.mod,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
_REFUSED = (TypeError, ValueError, KeyError, IndexError, ZeroDivisionError, OverflowError, AttributeError)
_TEXT_METHODS = frozenset(
    [
        "capitalize",
        "endswith",
        "format",
        "join",
        "lower",
        "lstrip",
        "partition",
        "removeprefix",
        "removesuffix",
        "replace",
        "rpartition",
        "rsplit",
        "rstrip",
        "split",
        "startswith",
        "strip",
        "title",
        "upper",
    ]
)
_DICT_METHODS = frozenset(["get", "items", "keys", "values"])
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "len": len,
    "list": list,
    "tuple": tuple,
    "sorted": sorted,
    "os.path.join": posixpath.join,
    "os.path.basename": posixpath.basename,
    "posixpath.join": posixpath.join,
    "urllib.parse.urljoin": lambda a, b: a if not b else posixpath.join(a.rpartition("/")[0], b),
}
_PERCENT = re.compile(r"%[^a-zA-Z%]*")
_BRACES = re.compile(r"\{[^{}]*\}")
_NESTED = re.compile(r"\{[^{}]*\{")
_DIGITS = re.compile(r"[0-9]+")
_WIDEST = 200
"""Width a conversion may ask for: beyond it a short format makes a huge text."""


def combine(make: Callable[..., Any], *values: Any) -> Any:
    """`make` of every combination of what the values may be; unknown where it cannot be told."""
    made = []
    for parts in islice(product(*(tuple(each(v)) for v in values)), MAX_CHOICES + 1):
        if any(isinstance(p, Unknown | External) for p in parts):
            made.append(UNKNOWN)
            continue
        try:
            made.append(make(*parts))
        except _REFUSED:
            made.append(UNKNOWN)
    return one_of(made)


def binary(node: ast.operator, left: Any, right: Any) -> Any:
    """`left node right`."""
    made = _OPERATORS.get(type(node))
    if made is None:
        return UNKNOWN
    return combine(lambda a, b: _bounded(made, a, b), left, right)


def _bounded(make: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    if not (is_plain(a) or isinstance(a, list | tuple)):
        return UNKNOWN
    if make is operator.mul and (_long(a, b) or _long(b, a)):
        return UNKNOWN
    if make is operator.mod and isinstance(a, str) and (_wide(_percents(a)) or not is_plain(b)):
        return UNKNOWN
    return _short(make(a, b))


def _long(a: Any, b: Any) -> bool:
    return isinstance(a, str | bytes | list | tuple) and isinstance(b, int) and len(a) * b > MAX_TEXT


def _wide(specs: list[str]) -> bool:
    """Whether one of these parts of a format asks for a width so large that its text would be too."""
    digits = [d for spec in specs for d in _DIGITS.findall(spec)]
    return any("*" in spec for spec in specs) or any(len(d) > 9 or int(d) > _WIDEST for d in digits)


def _percents(template: str) -> list[str]:
    return _PERCENT.findall(template)


def _braces(template: str) -> list[str]:
    """The parts in braces; one inside another takes its width from a value and counts as too wide."""
    plain = template.replace("{{", "").replace("}}", "")
    return ["*"] if _NESTED.search(plain) else _BRACES.findall(plain)


def _short(value: Any) -> Any:
    if isinstance(value, str | bytes | list | tuple) and len(value) > MAX_TEXT:
        return UNKNOWN
    return value if not isinstance(value, int) or abs(value) < 2**64 else UNKNOWN


def compare(node: ast.cmpop, left: Any, right: Any) -> Any:
    """`left node right`."""
    made = _COMPARISONS[type(node)]
    return combine(lambda a, b: _compared(made, a, b), left, right)


def _compared(make: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    if make in {_COMPARISONS[ast.In], _COMPARISONS[ast.NotIn]}:
        return make(a, b) if is_plain(a) and isinstance(b, str | list | tuple | dict) else UNKNOWN
    if a is None or b is None:
        return make(a, b)
    return make(a, b) if is_plain(a) and is_plain(b) else UNKNOWN


def subscript(container: Any, key: Any) -> Any:
    """`container[key]`; every value of a dict whose key is not known."""
    return one_of(_item(holder, wanted) for holder in each(container) for wanted in each(key))


def _item(holder: Any, wanted: Any) -> Any:
    if isinstance(holder, dict):
        if isinstance(wanted, str | int | tuple) and is_plain(wanted):
            return holder.get(wanted, UNKNOWN)
        return one_of(list(holder.values())) if holder else UNKNOWN
    if isinstance(holder, list | tuple | str) and isinstance(wanted, int | slice):
        try:
            return holder[wanted]
        except _REFUSED:
            return UNKNOWN
    return UNKNOWN


def method(owner: Any, name: str, args: list[Any], named: dict[str, Any]) -> Any:
    """`owner.name(*args, **named)` for texts, dicts and lists."""
    if isinstance(owner, str) and name in _TEXT_METHODS:
        count = len(args)

        def call(*values: Any) -> Any:
            return _text_method(owner, name, values[:count], dict(zip(named, values[count:], strict=True)))

        return combine(call, *args, *named.values())
    if isinstance(owner, dict) and name in _DICT_METHODS:
        return _dict_method(owner, name, args)
    return UNKNOWN


def _text_method(owner: str, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    if name == "format" and (_wide(_braces(owner)) or not all(is_plain(v) for v in (*args, *named.values()))):
        return UNKNOWN
    if name == "format" and any(sign in owner for sign in (".__", "[__")):
        return UNKNOWN
    return _short(getattr(owner, name)(*args, **named))


def _dict_method(owner: dict[Any, Any], name: str, args: list[Any]) -> Any:
    if name == "get":
        fallback = args[1] if len(args) > 1 else None
        key = args[0] if args else UNKNOWN
        if isinstance(key, str | int):
            return owner.get(key, fallback)
        return one_of([*owner.values(), fallback])
    made: dict[str, Callable[[], Any]] = {
        "items": lambda: list(owner.items()),
        "keys": lambda: list(owner),
        "values": lambda: list(owner.values()),
    }
    return made[name]()


def builtin(name: str, args: list[Any]) -> Any:
    """A function of the standard library on constants; unknown for any other."""
    made = _FUNCTIONS.get(name.removeprefix("builtins."))
    if made is None or not all(is_plain(v) for a in args for v in each(a)):
        return UNKNOWN
    return combine(lambda *v: _short(made(*v)), *args)


def formatted(parts: list[Any]) -> Any:
    """Texts put together; a part that is not known makes the whole unknown."""
    return combine(_joined, *parts)


def _joined(*parts: Any) -> Any:
    return _short("".join(map(str, parts))) if all(map(is_plain, parts)) else UNKNOWN


def with_format(value: Any, spec: str, conversion: int) -> Any:
    """One `{value!conversion:spec}` of an f-string."""
    if _wide([spec]):
        return UNKNOWN
    converters: dict[int, Callable[[Any], Any]] = {ord("r"): repr, ord("s"): str, ord("a"): ascii}
    changed = converters.get(conversion, lambda v: v)
    return combine(lambda v: format(changed(v), spec) if is_plain(v) else UNKNOWN, value)
