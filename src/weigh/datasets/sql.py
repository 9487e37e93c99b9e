"""Syntax trees → parameterised DuckDB SQL. No character of what a person wrote enters the SQL.

Columns are called by place (`"c0"`, `"c1"`, …), literals are parameters, functions and operators come
from closed tables here. A column holds text; it is read as a number where a number is called for.
Missing values spread: anything computed or compared with one is missing, and a filter that is missing
for a row drops the row. An operand stands in its operator's SQL once, never twice: repeated operands
would make the SQL grow exponentially with nesting.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from weigh.core.errors import UsageError
from weigh.datasets.expression import Call, Column, Expression, Node, Number, Text
from weigh.datasets.tokens import unreadable
from weigh.datasets.wording import listed, nearest, shown

NUMBER_PATTERN = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
"""What counts as a number, here and for feature columns: no underscores, hexadecimals or infinities."""

NO_NUMBER = ("na", "n/a", "nan", "null", "none")
"""Lower-cased values that stand for a missing number."""


class Sort(StrEnum):
    """What a piece of an expression yields."""

    TEXT = "text"
    NUMBER = "a number"
    TRUTH = "true or false"
    RAW = "a column"


@dataclass(frozen=True, slots=True)
class Query:
    """One SQL expression over the columns `"c0"` … `"cN"`.

    Attributes:
        sql: text with parameters `$1` …; nothing of the user's in it.
        parameters: their values.
        sort: what it yields.
        numbers: places of the columns that it reads as numbers.
    """

    sql: str
    parameters: tuple[str | float, ...]
    sort: Sort
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    sql: str
    sort: Sort
    at: int


def filter_query(expression: Expression, columns: Sequence[str]) -> Query:
    """The query of a row filter.

    Raises:
        UsageError: an unknown column, operands that do not fit, or something that is no condition.
    """
    translator = _Translator(expression.source, columns)
    piece = translator.translate(expression.root)
    if piece.sort is not Sort.TRUTH:
        raise unreadable(
            expression.source,
            piece.at,
            f"a row filter must be true or false, this is {piece.sort}",
            "compare it with something, e.g. `… > 0` or `… is not missing`",
        )
    return translator.query(piece)


def value_query(expression: Expression, columns: Sequence[str]) -> Query:
    """The query of a label or a group key; it yields text, a whole number without a point.

    Raises:
        UsageError: an unknown column, or operands that do not fit.
    """
    translator = _Translator(expression.source, columns)
    piece = translator.translate(expression.root)
    text = piece.sql if piece.sort is Sort.RAW else translator.textual(piece)
    return translator.query(_Piece(text, piece.sort, piece.at))


def broken_number_query(place: int) -> str:
    """SQL that is true where column `place` holds something that is neither a number nor missing."""
    name = f'"c{place}"'
    missing = ", ".join(f"'{word}'" for word in NO_NUMBER)
    return f"({name} IS NOT NULL AND {_number_of(name)} IS NULL AND lower({name}) NOT IN ({missing}))"


def _number_of(name: str) -> str:
    return f"TRY_CAST(CASE WHEN regexp_full_match({name}, '{NUMBER_PATTERN}') THEN {name} END AS DOUBLE)"


class _Translator:
    """Walks one tree, collecting parameters."""

    def __init__(self, source: str, columns: Sequence[str]) -> None:
        self._source = source
        self._columns = columns
        self._parameters: list[str | float] = []
        self._numbers: dict[int, None] = {}

    def query(self, piece: _Piece) -> Query:
        return Query(piece.sql, tuple(self._parameters), piece.sort, tuple(self._numbers))

    def translate(self, node: Node) -> _Piece:
        if isinstance(node, Number):
            return _Piece(self._parameter(float(node.text), "DOUBLE"), Sort.NUMBER, node.at)
        if isinstance(node, Text):
            return _Piece(self._parameter(node.value, "VARCHAR"), Sort.TEXT, node.at)
        if isinstance(node, Column):
            return _Piece(f'"c{self._place(node)}"', Sort.RAW, node.at)
        return _MEANINGS[node.name](self, node)

    def logic(self, call: Call) -> _Piece:
        parts = [self._truth(self.translate(a)) for a in call.arguments]
        joined = f" {call.name.upper()} ".join(parts)
        return _Piece(f"(NOT {joined})" if call.name == "not" else f"({joined})", Sort.TRUTH, call.at)

    def comparison(self, call: Call) -> _Piece:
        left, right = (self.translate(a) for a in call.arguments)
        sort = self._common((left, right), call, order=call.name not in {"=", "!="})
        symbol = "<>" if call.name == "!=" else call.name
        sql = f"({self._as(left, sort)} {symbol} {self._as(right, sort)})"
        return _Piece(sql, Sort.TRUTH, call.at)

    def membership(self, call: Call) -> _Piece:
        pieces = [self.translate(a) for a in call.arguments]
        sort = self._common(pieces, call)
        value, *choices = (self._as(p, sort) for p in pieces)
        return _Piece(f"({value} IN ({', '.join(choices)}))", Sort.TRUTH, call.at)

    def missing(self, call: Call) -> _Piece:
        piece = self.translate(call.arguments[0])
        if piece.sort is Sort.TEXT:
            return _Piece(f"(coalesce(length({piece.sql}), 0) = 0)", Sort.TRUTH, call.at)
        return _Piece(f"({piece.sql} IS NULL)", Sort.TRUTH, call.at)

    def arithmetic(self, call: Call) -> _Piece:
        left, right = (self._numeric(self.translate(a)) for a in call.arguments)
        return _Piece(f"({left} {call.name} {right})", Sort.NUMBER, call.at)

    def negative(self, call: Call) -> _Piece:
        return _Piece(f"(-{self._numeric(self.translate(call.arguments[0]))})", Sort.NUMBER, call.at)

    def absolute(self, call: Call) -> _Piece:
        return _Piece(f"abs({self._numeric(self.translate(call.arguments[0]))})", Sort.NUMBER, call.at)

    def length(self, call: Call) -> _Piece:
        text = self.textual(self.translate(call.arguments[0]))
        return _Piece(f"CAST(length({text}) AS DOUBLE)", Sort.NUMBER, call.at)

    def text_function(self, call: Call) -> _Piece:
        text = self.textual(self.translate(call.arguments[0]))
        # DuckDB's trim removes spaces only; ours removes every kind of white space.
        sql = f"lower({text})" if call.name == "lower" else f"regexp_replace({text}, '^\\s+|\\s+$', '', 'g')"
        return _Piece(sql, Sort.TEXT, call.at)

    def concatenation(self, call: Call) -> _Piece:
        parts = [self.textual(self.translate(a)) for a in call.arguments]
        return _Piece(f"({' || '.join(parts)})", Sort.TEXT, call.at)

    def cut(self, call: Call) -> _Piece:
        text = self.textual(self.translate(call.arguments[0]))
        mark = call.arguments[1]
        if not isinstance(mark, Text) or not mark.value:
            raise unreadable(
                self._source, mark.at, f"the second argument of {call.name} is a text in quotes", "'_'"
            )
        sign = self._parameter(mark.value, "VARCHAR")
        if call.name == "before":
            return _Piece(f"split_part({text}, {sign}, 1)", Sort.TEXT, call.at)
        sql = f"array_to_string((string_split({text}, {sign}))[2:], {sign})"
        return _Piece(sql, Sort.TEXT, call.at)

    def choice(self, call: Call) -> _Piece:
        condition = self._truth(self.translate(call.arguments[0]))
        yes, no = (self.translate(a) for a in call.arguments[1:])
        sort = self._common((yes, no), call)
        # A condition that is missing decides nothing: CASE would take its ELSE, an index of NULL gives NULL.
        sql = f"list_extract([{self._as(no, sort)}, {self._as(yes, sort)}], CAST({condition} AS INTEGER) + 1)"
        return _Piece(sql, sort, call.at)

    def textual(self, piece: _Piece) -> str:
        """The piece as text; whole numbers are written without a point."""
        if piece.sort in {Sort.RAW, Sort.TEXT}:
            return piece.sql
        if piece.sort is Sort.TRUTH:
            return f"CAST({piece.sql} AS VARCHAR)"
        return f"regexp_replace(CAST({piece.sql} AS VARCHAR), '\\.0$', '')"

    def _place(self, node: Column) -> int:
        try:
            return self._columns.index(node.name)
        except ValueError:
            raise unreadable(
                self._source,
                node.at,
                f'column "{shown(node.name)}" not found; there are: {listed(self._columns)}',
                self._suggestion(node.name),
            ) from None

    def _suggestion(self, name: str) -> str:
        for known in self._columns:
            if known.startswith(name) and known in self._source:
                return f"`{shown(known)}`: a name that is not one plain word stands in backticks"
        close = nearest(name, self._columns)
        return f"{shown(close)} in its place" if close else ""

    def _parameter(self, value: str | float, sql_type: str) -> str:
        self._parameters.append(value)
        return f"CAST(${len(self._parameters)} AS {sql_type})"

    def _common(self, pieces: Sequence[_Piece], call: Call, *, order: bool = False) -> Sort:
        """The sort in which pieces meet. A bare column follows its partners; alone it stays text."""
        sorts = {p.sort for p in pieces} - {Sort.RAW}
        if not sorts:
            return Sort.NUMBER if order else Sort.TEXT
        if len(sorts) > 1 or (Sort.TRUTH in sorts and any(p.sort is Sort.RAW for p in pieces)):
            names = " and ".join(sorted({p.sort for p in pieces}))
            raise unreadable(self._source, call.at, f"{call.name!r} cannot bring together {names}")
        return sorts.pop()

    def _as(self, piece: _Piece, sort: Sort) -> str:
        return self._numeric(piece) if sort is Sort.NUMBER else piece.sql

    def _numeric(self, piece: _Piece) -> str:
        if piece.sort is Sort.RAW:
            self._numbers.setdefault(int(piece.sql.strip('"c')))
            return _number_of(piece.sql)
        if piece.sort is not Sort.NUMBER:
            raise unreadable(self._source, piece.at, f"a number is needed here, this is {piece.sort}")
        return piece.sql

    def _truth(self, piece: _Piece) -> str:
        if piece.sort is not Sort.TRUTH:
            raise unreadable(self._source, piece.at, f"a condition is needed here, this is {piece.sort}")
        return piece.sql


_MEANINGS: dict[str, Callable[[_Translator, Call], _Piece]] = {
    **dict.fromkeys(("and", "or", "not"), _Translator.logic),
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">="), _Translator.comparison),
    **dict.fromkeys(("+", "-", "*", "/"), _Translator.arithmetic),
    **dict.fromkeys(("lower", "trim"), _Translator.text_function),
    **dict.fromkeys(("before", "after"), _Translator.cut),
    "in": _Translator.membership,
    "missing": _Translator.missing,
    "neg": _Translator.negative,
    "abs": _Translator.absolute,
    "length": _Translator.length,
    "concat": _Translator.concatenation,
    "if": _Translator.choice,
}


def broken_number(what: str, column: str, value: str, place: str) -> UsageError:
    """The error for a value that an expression reads as a number although it is none."""
    return UsageError(
        f"cannot read {place}: column {shown(column)!r} holds no number there",
        why=f"{what} uses the column as a number; the value has {len(value)} characters",
        hint="correct the value, or leave such rows out with `where`",
    )
