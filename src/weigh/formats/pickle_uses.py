"""Uses of callables, alike ones merged: what a judge could tell apart never is, and the list is bounded."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from weigh.core.facts import CallableUse, Use
from weigh.core.symbol import Symbol, SymbolKind
from weigh.formats.pickle_coarse import Texts, coarse_key, shown
from weigh.formats.pickle_symbols import MOST_ARGUMENTS, Likeness, likeness, likeness_of, symbol_of
from weigh.formats.pickle_values import DictNode, Value

MOST_EXACT = 256
"""Different arguments of one callable kept as they are. Real checkpoints stay far below: what differs between
their calls is numbers and storage keys, which are alike."""
MOST_COARSE = 256
"""More of them, told apart by kinds and short texts only."""
MOST_USES = 20_000
"""Uses of one stream kept with their arguments."""
MOST_SYMBOLS = 150_000
"""Symbols kept of one stream, about 25 MB; later arguments are not known."""
MOST_WORK = 8_000_000
"""Values looked at to tell uses apart, a few seconds. Real files need a few for each call; a hostile one
makes each call look at thousands, and its later uses are then only counted by name."""

_UNKNOWN = Symbol(SymbolKind.UNKNOWN)


@dataclass(slots=True)
class Row:
    """The uses of one callable in one way: `exact` and `coarse` hold their numbers by what they look like."""

    how: Use
    module: str
    name: str
    exact: dict[Likeness, int] = field(default_factory=dict)
    coarse: dict[Likeness, int] | None = None
    texts: Texts | None = None
    rest: int = -1


class UseTable:
    """Collects what a stream would import, call and change.

    Attributes:
        work: one number, the values looked at to tell uses apart.
    """

    __slots__ = ("_counts", "_rows", "_symbols", "_uses", "work")

    def __init__(self) -> None:
        self._rows: dict[tuple[Use, str, str], Row] = {}
        self._uses: list[CallableUse] = []
        self._counts: list[int] = []
        self._symbols = 0
        self.work = [0]

    @property
    def tired(self) -> bool:
        """Whether uses are no longer told apart by their arguments."""
        return self.work[0] > MOST_WORK

    def row(self, how: Use, module: str, name: str) -> Row:
        """Where uses of a callable in one way are counted."""
        row = self._rows.get((how, module, name))
        if row is None:
            row = self._rows[how, module, name] = Row(how, module, name)
        return row

    def add(self, how: Use, name: tuple[str, str], offset: int, arguments: Value = ()) -> int:
        """Count one use; returns its number, which alike uses share.

        Args:
            how: what loading would do.
            name: module and name.
            offset: of the opcode.
            arguments: a tuple of values; anything else stands for arguments that are not known.
        """
        return self.count(self.row(how, *name), offset, arguments)

    def count(self, row: Row, offset: int, arguments: Value, keywords: DictNode | None = None) -> int:
        """The same in a row that is known; `keywords` are those of NEWOBJ_EX."""
        if self.work[0] > MOST_WORK:
            return self._rest(row, offset)
        like = likeness_of(arguments, self.work)
        if keywords is not None:
            like = (like, likeness(keywords, self.work))
        number = row.exact.get(like)
        if number is None:
            if len(row.exact) >= MOST_EXACT or len(self._uses) >= MOST_USES:
                return self._past_bound(row, offset, arguments)
            number = row.exact[like] = self._new(row, offset, arguments, keywords)
        self._counts[number] += 1
        return number

    def __iter__(self) -> Iterator[CallableUse]:
        for use, count in zip(self._uses, self._counts, strict=True):
            yield replace(use, count=count) if count != 1 else use

    def __len__(self) -> int:
        return len(self._uses)

    def _new(self, row: Row, offset: int, arguments: Value, keywords: DictNode | None) -> int:
        symbols: tuple[Symbol, ...] = (_UNKNOWN,)
        if type(arguments) is tuple and self._symbols < MOST_SYMBOLS:
            symbols = tuple(map(symbol_of, arguments[:MOST_ARGUMENTS]))
            self._symbols += sum(map(_count, symbols))
        pairs: tuple[tuple[str, Symbol], ...] = ()
        if keywords is not None:
            pairs = tuple(
                (key if type(key) is str else "(key)", symbol_of(value))
                for key, value in list(keywords.entries())[:MOST_ARGUMENTS]
            )
        return self._keep(row, offset, symbols, pairs)

    def _keep(
        self,
        row: Row,
        offset: int,
        arguments: tuple[Symbol, ...],
        keywords: tuple[tuple[str, Symbol], ...] = (),
    ) -> int:
        self._uses.append(CallableUse(row.module, row.name, offset, row.how, arguments, keywords))
        self._counts.append(0)
        return len(self._uses) - 1

    def _past_bound(self, row: Row, offset: int, arguments: Value) -> int:
        """A use of a callable that has very many: told apart by kinds and short texts, or not at all."""
        if type(arguments) is not tuple or len(arguments) > MOST_ARGUMENTS:
            return self._rest(row, offset)
        if row.coarse is None or row.texts is None:
            row.coarse = {}
            row.texts = Texts(self._uses[number].arguments for number in row.exact.values())
        texts = row.texts
        key = tuple([coarse_key(texts, place, value) for place, value in enumerate(arguments)])
        self.work[0] += len(key)
        number = row.coarse.get(key)
        if number is None:
            if len(row.coarse) >= MOST_COARSE or len(self._uses) >= 2 * MOST_USES:
                return self._rest(row, offset)
            number = row.coarse[key] = self._keep(row, offset, tuple(map(shown, key)))
        self._counts[number] += 1
        return number

    def _rest(self, row: Row, offset: int) -> int:
        """One use with unknown arguments stands for all that are not told apart."""
        if row.rest < 0:
            row.rest = self._keep(row, offset, (_UNKNOWN,))
        self._counts[row.rest] += 1
        return row.rest


def _count(symbol: Symbol) -> int:
    return 1 + sum(map(_count, symbol.items))
