"""What still tells the uses of a callable apart once there are very many of them.

A key holds kinds, names and short texts. Numbers lose their value; of texts the first few hundred stay, and
later only those that look like code, paths or addresses; what is nested keeps its kind. The symbol shown for
such a use is made from the key alone, so it says no more than is true of every use it stands for.
"""

import re
from collections.abc import Callable, Iterable

from weigh.core.symbol import MOST_ITEMS, MOST_TEXT, Symbol, SymbolKind
from weigh.formats.pickle_symbols import CLASS_OF_CALL, Likeness, name_of_call
from weigh.formats.pickle_values import (
    CLASS_OF_GLOBAL,
    Blob,
    Call,
    DictNode,
    Global,
    ListNode,
    Literal,
    Persistent,
    SetNode,
    Value,
)

MOST_TEXTS = 256
"""Different texts kept of one argument."""
KEYS = -1
"""The place of the keys of dicts: values must not use up their room."""

_LOUD = re.compile(
    r"import|exec|eval|system|popen|subprocess|socket|https?:|/bin/|/etc/|\.\.[/\\]|powershell|cmd\.exe|base64"
    r"|compile|__\w+__|lambda|open\(|os\.|sh -c|curl|wget|\bnc\b|/dev/"
)
"""Texts that are kept whatever the bounds are: volume must not hide them."""

_QUIET, _BYTES, _PERSISTENT, _OTHER = range(30, 34)


class Texts:
    """Which texts stay, by the place of the argument they stand in.

    Args:
        known: arguments of uses that are kept as they are.
    """

    __slots__ = ("_known", "_loud")

    def __init__(self, known: Iterable[tuple[Symbol, ...]]) -> None:
        self._known: dict[int, set[str]] = {}
        self._loud = 0
        for arguments in known:
            for place, symbol in enumerate(arguments):
                self._learn(place, symbol)

    def _learn(self, place: int, symbol: Symbol) -> None:
        if symbol.kind is SymbolKind.TEXT:
            self._known.setdefault(place, set()).add(symbol.text)
        elif symbol.kind is SymbolKind.DICT:
            for key in symbol.items[::2]:
                self._learn(KEYS, key)

    def key(self, place: int, text: str) -> Likeness:
        """The text itself where it stays, else what stands for all others."""
        head = text[:MOST_TEXT]
        known = self._known.setdefault(place, set())
        if head in known:
            return head
        if len(known) < MOST_TEXTS:
            known.add(head)
            return head
        if self._loud < MOST_TEXTS and _LOUD.search(head):
            self._loud += 1
            known.add(head)
            return head
        return (_QUIET, len(text) > MOST_TEXT)


def coarse_key(texts: Texts, place: int, value: Value, depth: int = 0) -> Likeness:
    """A hashable key that many values share.

    Args:
        texts: of the callable.
        place: of the argument.
        value: the argument, or at depth 1 something in it.
        depth: 0 or 1; what lies deeper only shows its kind.
    """
    kind = type(value)
    if kind is str:
        return texts.key(place, value)
    if kind in _NUMBERED:
        return _NUMBERED[kind](value)
    if kind is Global:
        return value.like
    if kind is Call:
        return (CLASS_OF_CALL, *name_of_call(value))
    if kind is Blob:
        if value.literal is Literal.TEXT or value.literal is Literal.STRING:
            return texts.key(place, value.head.decode("utf-8", "replace"))
        return (_BYTES, value.length >= 2**31)
    return (_PERSISTENT,) if kind is Persistent else _container_key(texts, place, value, depth)


def _container_key(texts: Texts, place: int, value: Value, depth: int) -> Likeness:
    kind = type(value)
    if kind is DictNode:
        if depth:
            return (DictNode, bool(value.pairs))
        return (DictNode, len(value.pairs) > 2 * MOST_ITEMS, *_pair_keys(texts, place, value))
    if kind is not tuple and kind is not ListNode and kind is not SetNode:
        return (_OTHER,)
    items = value if kind is tuple else value.items
    if depth:
        return (kind, bool(items))
    some = frozenset([coarse_key(texts, place, item, 1) for item in items[:MOST_ITEMS]])
    return (kind, len(items) > MOST_ITEMS, *sorted(some, key=repr))


def _pair_keys(texts: Texts, place: int, value: DictNode) -> list[Likeness]:
    pairs = value.pairs[: 2 * MOST_ITEMS]
    keys = [coarse_key(texts, KEYS if n % 2 == 0 else place, item, 1) for n, item in enumerate(pairs)]
    return keys[: len(keys) // 2 * 2]


def _number_class(value: int) -> int:
    return 1 if 0 <= value < 2**31 else 2 if value < 0 else 3 if value < 2**48 else 4


_NUMBERED: dict[type, Callable[[Value], int]] = {
    int: _number_class,
    float: lambda _: 11,
    type(None): lambda _: 10,
    bool: lambda v: 13 + v,
}
_UNKNOWN = Symbol(SymbolKind.UNKNOWN)
_SHOWN = {
    1: Symbol(SymbolKind.INT, "0"),
    2: Symbol(SymbolKind.INT, "-1"),
    3: Symbol(SymbolKind.INT, str(2**31)),
    4: Symbol(SymbolKind.INT, str(2**48)),
    10: Symbol(SymbolKind.NONE, "None"),
    11: Symbol(SymbolKind.FLOAT, "0.0"),
    13: Symbol(SymbolKind.BOOL, "False"),
    14: Symbol(SymbolKind.BOOL, "True"),
}
_CONTAINERS = {
    tuple: SymbolKind.TUPLE,
    ListNode: SymbolKind.LIST,
    SetNode: SymbolKind.SET,
    DictNode: SymbolKind.DICT,
}


def shown(key: Likeness) -> Symbol:
    """The symbol that stands for every value of a key; where something is not told it is not whole."""
    if type(key) is int:
        return _SHOWN[key]
    if type(key) is str:
        return Symbol(SymbolKind.TEXT, key, (), len(key))
    first = key[0]
    if first == CLASS_OF_GLOBAL:
        return Symbol(SymbolKind.GLOBAL, f"{key[1]} {key[2]}"[: 2 * MOST_TEXT])
    if first == CLASS_OF_CALL:
        return Symbol(SymbolKind.CALL, f"{key[1]} {key[2]}"[: 2 * MOST_TEXT], (_UNKNOWN,), 1)
    if first == _QUIET:
        return Symbol(SymbolKind.TEXT, "", (), MOST_TEXT + 1 if key[1] else 1)
    if first == _BYTES:
        return Symbol(SymbolKind.BYTES, "", (), 2**31 if key[1] else 1)
    if first == _PERSISTENT:
        return Symbol(SymbolKind.PERSISTENT, "", (_UNKNOWN,), 1)
    if first not in _CONTAINERS:
        return _UNKNOWN
    if len(key) == 2 and key[1]:  # something nested that is not empty
        return Symbol(_CONTAINERS[first], "", (_UNKNOWN, _UNKNOWN), 3)
    items = tuple(map(shown, key[2:]))
    size = len(items) // 2 if first is DictNode else len(items)
    return Symbol(_CONTAINERS[first], "", items, size + key[1])
