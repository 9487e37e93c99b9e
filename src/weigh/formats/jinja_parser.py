"""Jinja templates as syntax trees: expressions. Nothing is evaluated.

The grammar is that of Jinja 3.1 with the statements that Transformers adds (`generation`, loop controls).
"""

from typing import Any

from weigh.formats.jinja_lexer import Kind, TemplateError, Token
from weigh.formats.jinja_syntax import Form, Node

MAX_DEPTH = 100
"""Levels of a tree; published templates have below 40."""
MAX_NESTING = 40
"""Brackets and blocks inside each other; each takes several of Python's own stack frames."""

_BINARY: tuple[frozenset[str], ...] = (
    frozenset({"or"}),
    frozenset({"and"}),
    frozenset({"==", "!=", "<", ">", "<=", ">=", "in", "not in"}),
    frozenset({"+", "-"}),
    frozenset({"~"}),
    frozenset({"*", "/", "//", "%"}),
)
"""Operators from loosest to tightest; `not` stands between the second and third row."""
_COMPARE = 2
_CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "none": None, "None": None}
_CHAINS = {"~": Form.CONCAT, "+": Form.SUM, "and": Form.OPERATION, "or": Form.OPERATION}


class ExpressionParser:
    """Reads expressions off a list of tokens.

    Args:
        tokens: of the whole template.
    """

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self.place = 0
        self.nesting = 0

    # tokens

    def peek(self, ahead: int = 0) -> Token | None:
        """The next token, or one further ahead; None at the end."""
        place = self.place + ahead
        return self._tokens[place] if place < len(self._tokens) else None

    def next(self) -> Token:
        """Take the next token."""
        token = self.peek()
        if token is None:
            raise TemplateError("the template ends in the middle", offset=self.at)
        self.place += 1
        return token

    @property
    def at(self) -> int:
        """Character offset of the next token."""
        token = self.peek() or (self._tokens[-1] if self._tokens else None)
        return token.at if token else 0

    def is_sign(self, *signs: str) -> bool:
        """Whether the next token is one of these operators."""
        token = self.peek()
        return token is not None and token.kind is Kind.SIGN and token.value in signs

    def is_name(self, *names: str) -> bool:
        """Whether the next token is one of these names."""
        token = self.peek()
        return token is not None and token.kind is Kind.NAME and token.value in names

    def skip_sign(self, *signs: str) -> bool:
        """Take the next token if it is one of these operators."""
        if self.is_sign(*signs):
            self.place += 1
            return True
        return False

    def skip_name(self, *names: str) -> bool:
        """Take the next token if it is one of these names."""
        if self.is_name(*names):
            self.place += 1
            return True
        return False

    def expect(self, kind: Kind, value: str = "") -> Token:
        """Take a token that must be there."""
        token = self.next()
        if token.kind is not kind or (value and token.value != value):
            raise TemplateError(f"{value or kind.value} is missing", offset=token.at)
        return token

    def node(self, form: Form, at: int, text: str = "", parts: tuple[Node, ...] = (), **more: Any) -> Node:
        """A node, with its depth checked."""
        depth = 1 + max((part.depth for part in parts), default=0)
        if depth > MAX_DEPTH:
            raise TemplateError(
                "the template is nested too deep", why=f"{MAX_DEPTH} levels are read", offset=at
            )
        return Node(form, at, text, parts, depth=depth, **more)

    def enter(self) -> None:
        """One bracket or block deeper."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise TemplateError(
                "the template is nested too deep",
                why=f"{MAX_NESTING} brackets or blocks are read",
                offset=self.at,
            )

    # expressions

    def tuple_expression(self, *, choice: bool = True) -> Node:
        """An expression, or several with commas between."""
        at = self.at
        first = self.expression(choice=choice)
        if not self.is_sign(","):
            return first
        parts = [first]
        while self.skip_sign(","):
            if self._ends():
                break
            parts.append(self.expression(choice=choice))
        return self.node(Form.TUPLE, at, parts=tuple(parts))

    def expression(self, *, choice: bool = True) -> Node:
        """One expression."""
        self.enter()
        result = self._binary(0)
        while choice and self.is_name("if"):
            at = self.next().at
            condition = self._binary(0)
            other = self.expression() if self.skip_name("else") else self.node(Form.NOTHING, at)
            result = self.node(Form.CHOICE, at, parts=(condition, result, other))
        self.nesting -= 1
        return result

    def _ends(self) -> bool:
        token = self.peek()
        if token is None or token.kind in {Kind.VARIABLE_END, Kind.BLOCK_END}:
            return True
        return self.is_sign(")", "]", "}", "=") or self.is_name("in", "recursive", "if")

    def _binary(self, level: int) -> Node:
        """Operators of one row of the table and tighter ones."""
        if level == _COMPARE and self.is_name("not"):
            return self._not()
        if level == len(_BINARY):
            return self._unary()
        run, sign = [self._binary(level + 1)], ""
        while operator := self._operator(level):
            at = self.at
            self.place += 2 if operator == "not in" else 1
            if operator != sign:
                run = [self._chain(run, sign, at)]
            run.append(self._binary(level + 1))
            sign = operator
            if operator not in _CHAINS:
                run, sign = [self.node(Form.OPERATION, at, operator, tuple(run))], ""
        return self._chain(run, sign, self.at)

    def _chain(self, run: list[Node], sign: str, at: int) -> Node:
        """Operands between which the same operator stands, as one node: such chains can be long."""
        return run[0] if len(run) == 1 else self.node(_CHAINS[sign], at, sign, tuple(run))

    def _operator(self, level: int) -> str:
        token = self.peek()
        if token is None or token.kind not in {Kind.SIGN, Kind.NAME}:
            return ""
        if token.kind is Kind.NAME and token.value == "not" and level == _COMPARE:
            after = self.peek(1)
            return "not in" if after and after.kind is Kind.NAME and after.value == "in" else ""
        return str(token.value) if token.value in _BINARY[level] else ""

    def _not(self) -> Node:
        at = self.next().at
        self.enter()
        operand = self._binary(_COMPARE)
        self.nesting -= 1
        return self.node(Form.OPERATION, at, "not", (operand,))

    def _unary(self) -> Node:
        at = self.at
        if self.skip_sign("-"):
            return self.node(Form.OPERATION, at, "-", (self._nested_unary(),))
        if self.skip_sign("+"):
            return self.node(Form.OPERATION, at, "+1", (self._nested_unary(),))
        result = self._primary()
        result = self._after(result)
        if self.skip_sign("**"):
            return self.node(Form.OPERATION, at, "**", (result, self._nested_unary()))
        return self._filtered(result)

    def _nested_unary(self) -> Node:
        self.enter()
        result = self._unary()
        self.nesting -= 1
        return result

    def _primary(self) -> Node:
        token = self.next()
        if token.kind is Kind.NAME:
            if token.value in _CONSTANTS:
                return self.node(Form.CONSTANT, token.at, value=_CONSTANTS[str(token.value)])
            return self.node(Form.NAME, token.at, str(token.value))
        if token.kind is Kind.NUMBER:
            return self.node(Form.CONSTANT, token.at, value=token.value)
        if token.kind is Kind.TEXT:
            text = [str(token.value)]
            while (after := self.peek()) is not None and after.kind is Kind.TEXT:
                text.append(str(self.next().value))
            return self.node(Form.CONSTANT, token.at, value="".join(text))
        if token.kind is Kind.SIGN and token.value == "(":
            if self.skip_sign(")"):
                return self.node(Form.TUPLE, token.at)
            inner = self.tuple_expression()
            self.expect(Kind.SIGN, ")")
            return inner
        if token.kind is Kind.SIGN and token.value == "[":
            return self.node(Form.LIST, token.at, parts=tuple(self._items("]")))
        if token.kind is Kind.SIGN and token.value == "{":
            return self.node(Form.DICT, token.at, parts=tuple(self._items("}")))
        raise TemplateError("an expression is missing", offset=token.at)

    def _items(self, end: str) -> list[Node]:
        """Items of a list, or keys and values of a dictionary."""
        items: list[Node] = []
        while not self.skip_sign(end):
            if items:
                self.expect(Kind.SIGN, ",")
                if self.skip_sign(end):
                    break
            items.append(self.expression())
            if end == "}":
                self.expect(Kind.SIGN, ":")
                items.append(self.expression())
        return items

    def _after(self, result: Node) -> Node:
        """Attributes, items and calls after a value."""
        while True:
            at = self.at
            if self.skip_sign("."):
                token = self.next()
                if token.kind is Kind.NAME:
                    result = self.node(Form.ATTRIBUTE, at, str(token.value), (result,))
                elif token.kind is Kind.NUMBER:
                    index = self.node(Form.CONSTANT, token.at, value=token.value)
                    result = self.node(Form.ITEM, at, parts=(result, index))
                else:
                    raise TemplateError("a name is missing after the point", offset=token.at)
            elif self.skip_sign("["):
                result = self.node(Form.ITEM, at, parts=(result, self._subscript()))
            elif self.is_sign("("):
                arguments, keywords = self.arguments(1)
                result = self.node(Form.CALL, at, parts=(result, *arguments), keywords=keywords)
            else:
                return result

    def _subscript(self) -> Node:
        at = self.at
        parts: list[Node] = []
        while not self.skip_sign("]"):
            if parts:
                self.expect(Kind.SIGN, ",")
            parts.append(self._index())
        if not parts:
            raise TemplateError("an index is missing", offset=at)
        return parts[0] if len(parts) == 1 else self.node(Form.TUPLE, at, parts=tuple(parts))

    def _index(self) -> Node:
        at = self.at
        bounds: list[Node] = [self._bound(at)]
        if not self.is_sign(":"):
            return bounds[0]
        while len(bounds) < 3 and self.skip_sign(":"):
            bounds.append(self._bound(at))
        return self.node(Form.SLICE, at, parts=tuple(bounds))

    def _bound(self, at: int) -> Node:
        return self.node(Form.NOTHING, at) if self.is_sign(":", "]", ",") else self.expression()

    def arguments(self, before: int) -> tuple[list[Node], tuple[tuple[str, int], ...]]:
        """Arguments in brackets, and the keywords among them with their places.

        Args:
            before: parts that stand before the arguments.
        """
        self.expect(Kind.SIGN, "(")
        found: list[Node] = []
        keywords: list[tuple[str, int]] = []
        while not self.skip_sign(")"):
            if found:
                self.expect(Kind.SIGN, ",")
                if self.skip_sign(")"):
                    break
            token, after = self.peek(), self.peek(1)
            starred = self.skip_sign("*", "**")
            named = token is not None and token.kind is Kind.NAME and not starred
            if named and after is not None and after.kind is Kind.SIGN and after.value == "=":
                keywords.append((str(self.next().value), len(found) + before))
                self.place += 1
            found.append(self.expression())
        return found, tuple(keywords)

    def _filtered(self, result: Node) -> Node:
        """Filters and tests, and what stands after them."""
        while True:
            if self.is_sign("|"):
                result = self.filters(result)
            elif self.is_name("is"):
                result = self._test(result)
            elif self.is_sign(".", "[", "("):
                result = self._after(result)
            else:
                return result

    def filters(self, result: Node) -> Node:
        """`|name(arguments)`, any number of them."""
        while self.is_sign("|"):
            at = self.next().at
            name = self._dotted()
            arguments, keywords = self.arguments(1) if self.is_sign("(") else ([], ())
            result = self.node(Form.FILTER, at, name, (result, *arguments), keywords=keywords)
        return result

    def _dotted(self) -> str:
        name = str(self.expect(Kind.NAME).value)
        while self.skip_sign("."):
            name += "." + str(self.expect(Kind.NAME).value)
        return name

    def _test(self, result: Node) -> Node:
        at = self.next().at
        negated = self.skip_name("not")
        name = self._dotted()
        arguments: list[Node] = []
        keywords: tuple[tuple[str, int], ...] = ()
        token = self.peek()
        if self.is_sign("("):
            arguments, keywords = self.arguments(1)
        elif token is not None and self._is_argument(token):
            self.enter()
            arguments = [self._after(self._primary())]
            self.nesting -= 1
        tested = self.node(Form.TEST, at, name, (result, *arguments), keywords=keywords)
        return self.node(Form.OPERATION, at, "not", (tested,)) if negated else tested

    def _is_argument(self, token: Token) -> bool:
        if token.kind is Kind.SIGN:
            return token.value in {"[", "{"}
        if token.kind is Kind.NAME:
            return token.value not in {"else", "or", "and", "is", "if", "in", "not", "recursive"}
        return token.kind in {Kind.TEXT, Kind.NUMBER}
