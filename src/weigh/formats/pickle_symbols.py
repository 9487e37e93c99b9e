"""Symbols of values: what a judge of callables sees of an argument, bounded; and when two look alike."""

from typing import TYPE_CHECKING, Any

from weigh.core.symbol import MOST_DEPTH, MOST_ITEMS, MOST_TEXT, Symbol, SymbolKind
from weigh.formats.pickle_values import (
    Blob,
    Buffer,
    Call,
    DictNode,
    Global,
    How,
    ListNode,
    Literal,
    Persistent,
    SetNode,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_BYTES = MOST_TEXT // 2
"""Bytes of a literal shown, two hexadecimal digits each."""
MOST_ARGUMENTS = 64
"""Arguments of one call that are compared and kept."""
_NOT_KNOWN = Symbol(SymbolKind.UNKNOWN)
_GETATTR = frozenset({("builtins", "getattr"), ("__builtin__", "getattr")})
_SOURCE = frozenset({str, Blob, type(None), Unknown})
MOST_ATTRIBUTES = 16
"""Attributes of attributes that are followed."""
COMPUTED = "(computed)"
"""Stands for a name that a call computes, or that is not followed."""

Likeness = Any
"""A hashable value, equal for values that no contract could tell apart."""


def symbol_of(value: Value, depth: int = 0) -> Symbol:
    """The symbol of a value; `depth` levels lie above it."""
    kind = type(value)
    if kind in _CONSTANTS:
        return Symbol(_CONSTANTS[kind], _number(value), (), 0)
    if kind is str:
        return Symbol(SymbolKind.TEXT, value[:MOST_TEXT], (), len(value))
    if kind is Blob:
        return _blob(value)
    if kind is Global:
        return Symbol(SymbolKind.GLOBAL, f"{value.module} {value.name}"[: 2 * MOST_TEXT])
    if depth > MOST_DEPTH or kind is Unknown or kind is Buffer:
        return _NOT_KNOWN
    if kind is Call:
        return _call(value, depth)
    if kind is Persistent:
        return Symbol(SymbolKind.PERSISTENT, "", (symbol_of(value.id, depth + 1),), 1)
    return _container(value, depth)


def name_of_call(call: Call) -> tuple[str, str]:
    """Module and name of what a call calls, as uses name it."""
    module, name = name_of(call.function)
    return module, f"{name}.__new__" if call.how is How.NEW else name


def name_of(function: Value) -> tuple[str, str]:
    """Module and name of what is called.

    `getattr(Global, "text")` is followed; so is torch's id of a class that is kept with its source, which
    loads as the class.
    """
    attributes: list[str] = []
    while type(function) is Call and len(attributes) < MOST_ATTRIBUTES:
        made_by = function.called
        given = function.arguments
        known = type(given) is tuple and len(given) >= 2 and type(given[1]) is str
        if not known or made_by not in _GETATTR:
            return made_by[0], ".".join([f"{made_by[1] or COMPUTED}()", *reversed(attributes)])
        attributes.append(given[1])
        function = given[0]
    if type(function) is Persistent and type(function.id) is tuple and len(function.id) == 4:
        kind, function, *source = function.id
        if kind != "module" or not _SOURCE.issuperset(map(type, source)):
            return "", COMPUTED
    if type(function) is not Global:
        return "", COMPUTED
    return function.module, ".".join([function.name, *reversed(attributes)])


def _call(call: Call, depth: int) -> Symbol:
    module, name = name_of_call(call)
    arguments = call.arguments if type(call.arguments) is tuple else (call.arguments,)
    items = tuple(symbol_of(item, depth + 1) for item in arguments[:MOST_ITEMS])
    return Symbol(SymbolKind.CALL, f"{module} {name}"[: 2 * MOST_TEXT], items, len(arguments))


def _blob(blob: Blob) -> Symbol:
    if blob.literal is Literal.TEXT or blob.literal is Literal.STRING:
        coding = "utf-8" if blob.literal is Literal.TEXT else "latin-1"
        text = blob.head.decode(coding, "replace")
        size = len(text) if blob.whole else blob.length
        return Symbol(SymbolKind.TEXT, text[:MOST_TEXT], (), max(size, len(text)))
    return Symbol(SymbolKind.BYTES, blob.head[:MOST_BYTES].hex(), (), blob.length)


def _container(value: Value, depth: int) -> Symbol:
    values: Sequence[Value]
    match value:
        case tuple():
            kind, values, size = SymbolKind.TUPLE, value[:MOST_ITEMS], len(value)
        case ListNode():
            kind, values, size = SymbolKind.LIST, value.items[:MOST_ITEMS], len(value.items) + value.dropped
        case SetNode():
            kind, values, size = SymbolKind.SET, value.items[:MOST_ITEMS], len(value.items) + value.dropped
        case DictNode():
            values = value.pairs[: 2 * MOST_ITEMS]
            kind, size = SymbolKind.DICT, len(value.pairs) // 2 + value.dropped
        case _:
            return _NOT_KNOWN
    if depth == MOST_DEPTH and values:
        return _NOT_KNOWN
    return Symbol(kind, "", tuple(symbol_of(item, depth + 1) for item in values), size)


def _number(value: Any) -> str:
    if type(value) is int and not -(2**256) < value < 2**256:
        return f"{'-' if value < 0 else ''}(integer of {value.bit_length()} bits)"
    return str(value)


_CONSTANTS = {
    type(None): SymbolKind.NONE,
    bool: SymbolKind.BOOL,
    int: SymbolKind.INT,
    float: SymbolKind.FLOAT,
}


CLASS_OF_CALL, _PERSISTENT, _UNFOLLOWED, _LONG_TEXT = range(21, 25)
"""What a likeness that is no constant begins with."""


def likeness_of(arguments: Value, work: list[int]) -> Likeness:
    """The likeness of a call's arguments: as `likeness`, in a hurry."""
    if type(arguments) is not tuple:
        return likeness(arguments, work)
    work[0] += 1 + len(arguments)
    like: list[Likeness] = [len(arguments)]
    for item in arguments if len(arguments) <= MOST_ARGUMENTS else arguments[:MOST_ARGUMENTS]:
        kind = type(item)
        if kind is str:
            like.append(item)
        elif kind is Global:
            like.append(item.like)
        elif kind is Call and item.depth <= MOST_DEPTH:
            like.append((CLASS_OF_CALL, item.use))
        else:
            like.append(likeness(item, work, 1))
    return tuple(like)


def likeness(value: Value, work: list[int], depth: int = 0) -> Likeness:
    """What a contract could look at: kinds, texts, names, sizes of numbers; not the numbers themselves.

    Texts stand for themselves, so that no text is ever merged with another; other values are small integers,
    or tuples that begin with one, and no text equals these.

    Args:
        value: what is looked at.
        work: its one number grows by the values looked at.
        depth: levels above it.
    """
    kind = type(value)
    if kind is tuple:
        if depth >= MOST_DEPTH and value:
            return (tuple,)
        most = MOST_ITEMS if depth else MOST_ARGUMENTS
        work[0] += len(value)
        return (len(value), *[likeness(item, work, depth + 1) for item in value[:most]])
    if kind is str:
        return value
    if kind is int:
        return 1 if 0 <= value < 2**31 else 2 if value < 0 else 3 if value < 2**48 else 4
    if kind in _FIXED:
        return (13 + value) if kind is bool else _FIXED[kind]
    if kind is Global:
        return value.like
    if kind is Call:
        # the number of the inner call's own use tells everything about it, down to its own bounds
        return (CLASS_OF_CALL, value.use if value.depth <= MOST_DEPTH else name_of_call(value))
    if kind is Blob:
        return _like_blob(value)
    if kind is Persistent:
        return _like_persistent(value, work, depth)
    return _like_container(value, work, depth)


def _like_blob(value: Blob) -> Likeness:
    if value.literal is Literal.TEXT or value.literal is Literal.STRING:
        return (_LONG_TEXT, value.head[:MOST_TEXT])
    return 15 if value.length < 2**31 else 16


def _like_persistent(value: Persistent, work: list[int], depth: int) -> Likeness:
    shape = value.id
    if type(shape) is tuple and tuple(map(type, shape[:5])) == (str, Global, str, str, int):
        # ("storage", class, key, location, elements): every tensor has its own key
        head = (shape[0], shape[1].module, shape[1].name, shape[3], likeness(shape[4], work))
        return (_PERSISTENT, head, tuple(likeness(v, work, depth + 1) for v in shape[5:8]))
    return (_PERSISTENT, likeness(shape, work, depth + 1))


def _like_container(value: Value, work: list[int], depth: int) -> Likeness:
    kind = type(value)
    if kind is DictNode:
        values, most = value.pairs, 2 * MOST_ITEMS
    elif kind is ListNode or kind is SetNode:
        values, most = value.items, MOST_ITEMS
    else:
        return (_UNFOLLOWED,)
    if depth >= MOST_DEPTH:
        return (kind, bool(values))
    work[0] += len(values[:most])
    return (kind, min(len(values), most + 1), *[likeness(item, work, depth + 1) for item in values[:most]])


_FIXED = {type(None): 10, float: 11, bool: 13}
