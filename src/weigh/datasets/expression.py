"""The closed grammar for labels, row filters and group keys: text → syntax tree.

```
expression = conjunction { "or" conjunction }
conjunction = negation { "and" negation }
negation   = "not" negation | comparison
comparison = sum [ ("=" | "!=" | "<" | "<=" | ">" | ">=") sum
                 | ["not"] "in" "(" sum { "," sum } ")"
                 | "is" ["not"] "missing" ]
sum        = product { ("+" | "-") product }
product    = sign { ("*" | "/") sign }
sign       = "-" sign | atom
atom       = number | string | column | function "(" … ")" | "(" expression ")"
```

Nothing else can be said, so nothing else can happen. `weigh.datasets.sql` gives a tree its meaning.
"""

from dataclasses import dataclass
from typing import TypeAlias

from weigh.datasets.tokens import Kind, Token, tokens, unreadable
from weigh.datasets.wording import nearest, shown

DEEPEST = 40
"""Levels of nesting; deeper ones are refused, so the reader's stack is bounded."""

FUNCTIONS: dict[str, tuple[int, int]] = {
    "abs": (1, 1),
    "lower": (1, 1),
    "trim": (1, 1),
    "length": (1, 1),
    "if": (3, 3),
    "concat": (2, 32),
    "before": (2, 2),
    "after": (2, 2),
}
"""Every function with the fewest and the most arguments it takes."""

KEYWORDS = frozenset({"and", "or", "not", "in", "is", "missing"})

_COMPARISONS = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written, e.g. `0.50`."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Text:
    """A string literal."""

    value: str
    at: int


@dataclass(frozen=True, slots=True)
class Column:
    """A column by name."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function of `FUNCTIONS`, or an operator: `not`, `neg`, `missing`, `in`, or a symbol.

    Attributes:
        name: which.
        arguments: operands in order.
        at: place of the operator or name, from 1.
    """

    name: str
    arguments: tuple["Node", ...]
    at: int


Node: TypeAlias = Number | Text | Column | Call


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression.

    Attributes:
        source: what was written.
        root: its tree.
    """

    source: str
    root: Node

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns it reads, in order of first use."""
        names: dict[str, None] = {}
        waiting: list[Node] = [self.root]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Column):
                names.setdefault(node.name)
            elif isinstance(node, Call):
                waiting.extend(reversed(node.arguments))
        return tuple(names)


def column(name: str) -> Expression:
    """The expression that is just this column, whatever characters the name has."""
    return Expression(name, Column(name, 1))


def parse(source: str) -> Expression:
    """Read an expression.

    Raises:
        UsageError: the text breaks the grammar; it says at which character.
    """
    return Expression(source, _Parser(source).whole())


class _Parser:
    """Recursive descent; one method a rule of the grammar."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = tokens(source)
        self._place = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._expression()
        rest = self._now
        if rest.kind is not Kind.END:
            raise self._wrong(rest, f"{self._named(rest)} was not expected after a complete expression")
        return node

    @property
    def _now(self) -> Token:
        return self._tokens[self._place]

    def _next(self) -> Token:
        token = self._now
        self._place += token.kind is not Kind.END
        return token

    def _take(self, *wanted: str) -> Token | None:
        """The next token if it is one of these keywords or symbols."""
        token = self._now
        text = token.text.lower() if token.kind is Kind.WORD else token.text
        if token.kind in {Kind.WORD, Kind.SYMBOL} and text in wanted:
            return self._next()
        return None

    def _need(self, wanted: str) -> Token:
        token = self._take(wanted)
        if token is None:
            raise self._wrong(self._now, f"{wanted!r} was expected, not {self._named(self._now)}")
        return token

    def _expression(self) -> Node:
        self._enter()
        node = self._conjunction()
        while token := self._take("or"):
            node = Call("or", (node, self._conjunction()), token.at)
        self._depth -= 1
        return node

    def _conjunction(self) -> Node:
        node = self._negation()
        while token := self._take("and"):
            node = Call("and", (node, self._negation()), token.at)
        return node

    def _negation(self) -> Node:
        if token := self._take("not"):
            self._enter()
            node = Call("not", (self._negation(),), token.at)
            self._depth -= 1
            return node
        return self._comparison()

    def _comparison(self) -> Node:
        left = self._sum()
        if token := self._take(*_COMPARISONS):
            return Call(_COMPARISONS[token.text], (left, self._sum()), token.at)
        if token := self._take("is"):
            negated = self._take("not")
            self._need("missing")
            return self._maybe_not(negated, Call("missing", (left,), token.at))
        negated = self._take("not")
        token = self._take("in")
        if token:
            return self._maybe_not(negated, Call("in", (left, *self._choices()), token.at))
        if negated:
            raise self._wrong(self._now, "'in' was expected after 'not'")
        return left

    def _choices(self) -> list[Node]:
        self._need("(")
        choices = [self._sum()]
        while self._take(","):
            choices.append(self._sum())
        self._need(")")
        return choices

    @staticmethod
    def _maybe_not(negated: Token | None, node: Node) -> Node:
        return Call("not", (node,), negated.at) if negated else node

    def _sum(self) -> Node:
        node = self._product()
        while token := self._take("+", "-"):
            node = Call(token.text, (node, self._product()), token.at)
        return node

    def _product(self) -> Node:
        node = self._sign()
        while token := self._take("*", "/"):
            node = Call(token.text, (node, self._sign()), token.at)
        return node

    def _sign(self) -> Node:
        if token := self._take("-"):
            self._enter()
            node = Call("neg", (self._sign(),), token.at)
            self._depth -= 1
            return node
        return self._atom()

    def _atom(self) -> Node:
        token = self._next()
        if token.kind is Kind.NUMBER:
            return Number(token.text, token.at)
        if token.kind is Kind.STRING:
            return Text(token.text, token.at)
        if token.kind is Kind.QUOTED:
            return Column(token.text, token.at)
        if token.kind is Kind.WORD and token.text.lower() not in KEYWORDS:
            return self._call(token) if self._take("(") else Column(token.text, token.at)
        if token.kind is Kind.SYMBOL and token.text == "(":
            node = self._expression()
            self._need(")")
            return node
        hint = f"for a column of that name write `{token.text}`" if token.kind is Kind.WORD else ""
        raise self._wrong(token, f"a value was expected, not {self._named(token)}", hint)

    def _call(self, name: Token) -> Node:
        function = name.text.lower()
        if function not in FUNCTIONS:
            close = nearest(function, tuple(FUNCTIONS))
            raise self._wrong(
                name,
                f"there is no function {shown(name.text)}; there are: {', '.join(FUNCTIONS)}",
                f"{close}(…)" if close else "",
            )
        arguments: list[Node] = []
        if not self._take(")"):
            arguments.append(self._expression())
            while self._take(","):
                arguments.append(self._expression())
            self._need(")")
        fewest, most = FUNCTIONS[function]
        if not fewest <= len(arguments) <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
            raise self._wrong(name, f"{function} takes {wanted} arguments, not {len(arguments)}")
        return Call(function, tuple(arguments), name.at)

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._wrong(self._now, f"nested deeper than {DEEPEST} levels")

    def _wrong(self, token: Token, why: str, hint: str = "") -> Exception:
        return unreadable(self._source, token.at, why, hint)

    @staticmethod
    def _named(token: Token) -> str:
        return "the end" if token.kind is Kind.END else repr(shown(token.text))
