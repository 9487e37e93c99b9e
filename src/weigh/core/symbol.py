"""Symbol: a value that loading a file would make, known without making it.

A reader of pickles follows a stream and keeps for every callable what it would be called with. A symbol is
bounded: text is cut, long sequences keep their first items, deep ones end in UNKNOWN.
"""

from dataclasses import dataclass
from enum import StrEnum

MOST_TEXT = 200
"""Characters kept of one text."""
MOST_ITEMS = 16
"""Items kept of one sequence."""
MOST_DEPTH = 4
"""Levels kept below a callable's arguments."""


class SymbolKind(StrEnum):
    """What a symbol stands for."""

    NONE = "none"
    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    TEXT = "text"
    BYTES = "bytes"
    TUPLE = "tuple"
    LIST = "list"
    DICT = "dict"
    SET = "set"
    GLOBAL = "global"
    CALL = "call"
    PERSISTENT = "persistent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Symbol:
    """One value.

    Attributes:
        kind: what it is.
        text: the constant in words: `True`, `12`, the text itself (hostile, cut), bytes in hexadecimal
            (cut); `module name` of a global; of a call `module name` of what is called.
        items: of a tuple, list or set its items; of a dict its keys and values by turns; of a call its
            arguments; of a persistent id the one value it is.
        size: items or characters or bytes that there really are; more than kept when something was cut.
    """

    kind: SymbolKind
    text: str = ""
    items: "tuple[Symbol, ...]" = ()
    size: int = 0

    @property
    def whole(self) -> bool:
        """Whether nothing was cut, here or below."""
        kept = len(self.text) if self.kind is SymbolKind.TEXT else len(self.items)
        cut = self.kind in _SIZED and self.size > kept
        return self.kind is not SymbolKind.UNKNOWN and not cut and all(item.whole for item in self.items)


_SIZED = frozenset(
    {SymbolKind.TEXT, SymbolKind.TUPLE, SymbolKind.LIST, SymbolKind.SET, SymbolKind.CALL}
)  # a dict's items are counted by twos, bytes by their hexadecimal digits: neither is compared here
