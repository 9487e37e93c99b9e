"""Contracts: what a callable may be called with, in a small closed grammar, held against symbols.

A contract is a list of arguments, `storage, int, int*, odict, any?`. Each is one or more words joined by `/`
(any of them). It may end in `?` (may be left out), in `*` (a tuple or list of them) or, the last one, in
`...` (any number of them); `...` alone is `any...`. A text in quotes is that very text, `@module.name` that
very global, `@library.**` any global of that library. The words stand in `_WORDS`.

What is nested in an argument (another call, another global) is a use of its own and is judged on its own: a
contract only says how things may be put together.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from weigh.core.symbol import Symbol, SymbolKind

REST = "..."
LIBRARY = ".**"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}\Z")
_LABEL = re.compile(r"[\w.+:-]{0,64}\Z")
_TOKEN = re.compile(r'\s*("[^"]*"|[^,]+?)\s*(?:,|\Z)')
_BYTE_CALLS = frozenset({"_codecs encode", "builtins bytearray", "builtins bytes", "__builtin__ bytearray"})
_STORAGE = re.compile(r"(torch|torch\.cuda|torch\.storage) (_load_from_bytes|_?\w*Storage(\.__new__)?)\Z")
_ORDERED = frozenset({"collections OrderedDict", "collections OrderedDict.__new__"})


@dataclass(frozen=True, slots=True)
class Slot:
    """One argument of a contract.

    Attributes:
        words: any of them satisfies it.
        optional: it may be left out, with all that follow.
        many: a tuple, list or set whose every item satisfies it.
    """

    words: tuple[str, ...]
    optional: bool = False
    many: bool = False

    def accepts(self, symbol: Symbol) -> bool:
        """Whether a value may stand here."""
        if not self.many:
            return any(_fits(word, symbol) for word in self.words)
        if symbol.kind not in {SymbolKind.TUPLE, SymbolKind.LIST, SymbolKind.SET}:
            return False
        return symbol.size <= len(symbol.items) and all(
            any(_fits(word, item) for word in self.words) for item in symbol.items
        )


@dataclass(frozen=True, slots=True)
class Contract:
    """The arguments a callable may be given.

    Attributes:
        slots: in order.
        rest: what any further arguments must be; None when there may be none.
    """

    slots: tuple[Slot, ...]
    rest: Slot | None = None

    def accepts(self, arguments: tuple[Symbol, ...]) -> bool:
        """Whether a callable may be called with these."""
        more = arguments[len(self.slots) :]
        if more and (self.rest is None or not all(map(self.rest.accepts, more))):
            return False
        if any(not slot.optional for slot in self.slots[len(arguments) :]):
            return False
        return all(slot.accepts(given) for slot, given in zip(self.slots, arguments, strict=False))


@lru_cache(maxsize=512)
def contract(text: str) -> Contract:
    """Read a contract.

    Raises:
        ValueError: it is not in the grammar; the table of callables is part of weigh, so this is a defect.
    """
    parts = [part for part in _TOKEN.findall(text) if part]
    if not parts or not parts[-1].endswith(REST):
        return Contract(tuple(map(_slot, parts)))
    return Contract(tuple(map(_slot, parts[:-1])), _slot(parts[-1].removesuffix(REST) or "any"))


def _slot(text: str) -> Slot:
    if text.startswith('"'):
        return Slot((text,))
    optional = text.endswith("?")
    stem = text.removesuffix("?")
    many = stem.endswith("*") and not stem.endswith(LIBRARY)
    words = tuple((stem[:-1] if many else stem).split("/"))
    if unknown := [word for word in words if word[:1] != "@" and word not in _WORDS]:
        raise ValueError(f"no word of the contract grammar: {unknown[0]}")
    return Slot(words, optional, many)


def _fits(word: str, symbol: Symbol) -> bool:
    if word[0] == '"':
        return symbol.kind is SymbolKind.TEXT and symbol.whole and symbol.text == word[1:-1]
    if word[0] == "@":
        return symbol.kind is SymbolKind.GLOBAL and _is_named(word[1:], symbol.text)
    return _WORDS[word](symbol)


def _is_named(wanted: str, text: str) -> bool:
    """Whether `module name` is the global `wanted`, or of the library `wanted` without its `.**`."""
    if wanted.endswith(LIBRARY):
        return text.startswith((wanted[:-2], f"{wanted[:-3]} "))
    module, _, name = wanted.rpartition(".")
    return text == f"{module} {name}"


def _kinds(*kinds: SymbolKind) -> Callable[[Symbol], bool]:
    wanted = frozenset(kinds)
    return lambda symbol: symbol.kind in wanted


def _is_constant(symbol: Symbol) -> bool:
    if symbol.kind in {SymbolKind.TUPLE, SymbolKind.LIST, SymbolKind.SET, SymbolKind.DICT}:
        return all(map(_is_constant, symbol.items))
    return symbol.kind in _PLAIN or _is_bytes(symbol)


def _is_bytes(symbol: Symbol) -> bool:
    return symbol.kind is SymbolKind.BYTES or (symbol.kind is SymbolKind.CALL and symbol.text in _BYTE_CALLS)


def _is_name(symbol: Symbol) -> bool:
    """An identifier that is no dunder: what an enum's member or a public method is called."""
    return symbol.kind is SymbolKind.TEXT and bool(_NAME.match(symbol.text)) and symbol.text[:2] != "__"


def _is_label(symbol: Symbol) -> bool:
    """What an enum's member or an option is called or numbered: nothing that could be a path or a command."""
    if symbol.kind is SymbolKind.TEXT:
        return symbol.whole and bool(_LABEL.match(symbol.text))
    return symbol.kind in _PLAIN or (symbol.kind is SymbolKind.TUPLE and all(map(_is_label, symbol.items)))


def _is_storage(symbol: Symbol) -> bool:
    return symbol.kind is SymbolKind.PERSISTENT or (
        symbol.kind is SymbolKind.CALL and bool(_STORAGE.match(symbol.text))
    )


def _is_ordered(symbol: Symbol) -> bool:
    return symbol.kind in {SymbolKind.NONE, SymbolKind.DICT} or (
        symbol.kind is SymbolKind.CALL and symbol.text in _ORDERED
    )


_K = SymbolKind
_PLAIN = frozenset({_K.NONE, _K.BOOL, _K.INT, _K.FLOAT, _K.TEXT})
_WORDS: Mapping[str, Callable[[Symbol], bool]] = MappingProxyType(
    {
        "none": _kinds(_K.NONE),
        "bool": _kinds(_K.BOOL),
        "int": _kinds(_K.INT, _K.BOOL),
        "number": _kinds(_K.INT, _K.BOOL, _K.FLOAT),
        "text": _kinds(_K.TEXT),
        "name": _is_name,
        "bytes": _is_bytes,
        "const": _is_constant,
        "label": _is_label,
        "tuple": _kinds(_K.TUPLE),
        "list": _kinds(_K.LIST),
        "dict": _kinds(_K.DICT),
        "set": _kinds(_K.SET),
        "class": _kinds(_K.GLOBAL),
        "call": _kinds(_K.CALL),
        "storage": _is_storage,
        "tensor": _kinds(_K.CALL, _K.PERSISTENT),
        "odict": _is_ordered,
        "any": lambda _: True,
    }
)
"""`int` takes truth values too (they are integers, and old writers mixed them); `tensor` is what
some other call makes; `any` takes what is not known as well."""
