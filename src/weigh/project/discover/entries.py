"""Entries of a configuration: every scalar of a file with its keys and its line.

What such a file means to its own program is not known here; where a value stands and under which keys is all
that is asked. So each language is read as far as that needs, and never wholly.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

Keys = tuple[str | int, ...]

MAX_ENTRIES = 200_000
"""Entries of one file; a data file beyond it is no configuration."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One scalar.

    Attributes:
        keys: from the outermost; an item of a list stands under its number, counted from 0.
        value: as text, without quotes.
        line: counted from 1, of the value; of a block of text, of its first line.
        column: counted from 1; 0 when not known.
        document: counted from 0; a YAML file may hold several.
        quoted: it was written in quotes.
        block: it is a text of several lines that keeps its line ends.
    """

    keys: Keys
    value: str
    line: int
    column: int = 0
    document: int = 0
    quoted: bool = False
    block: bool = False

    @property
    def key(self) -> str:
        """The innermost key that is a word, "" when there is none."""
        return next((key for key in reversed(self.keys) if isinstance(key, str)), "")


class Lines:
    """Finds the line and column of a place in a text."""

    __slots__ = ("_first", "_starts")

    def __init__(self, text: str, first: int = 1) -> None:
        self._first = first
        self._starts = [0]
        at = text.find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = text.find("\n", at + 1)

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column, both counted from 1."""
        row = bisect_right(self._starts, offset) - 1
        return self._first + row, offset - self._starts[row] + 1


class Table:
    """The entries of one file, and which of them stand beside or below a place."""

    __slots__ = ("_beside", "entries")

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._beside: dict[tuple[int, Keys], dict[str | int, Entry]] = {}
        for entry in self.entries:
            if entry.keys:
                place = (entry.document, entry.keys[:-1])
                self._beside.setdefault(place, {})[entry.keys[-1]] = entry

    def beside(self, entry: Entry) -> Mapping[str | int, Entry]:
        """The scalars of the same map or list, the entry itself among them."""
        return self._beside.get((entry.document, entry.keys[:-1]), {})

    def below(self, document: int, keys: Keys) -> Iterator[Entry]:
        """The entries whose keys begin with some keys."""
        size = len(keys)
        return (e for e in self.entries if e.document == document and e.keys[:size] == keys)

    def top(self) -> frozenset[str | int]:
        """The outermost keys."""
        return frozenset(entry.keys[0] for entry in self.entries if entry.keys)
