"""Jinja templates as syntax trees: statements."""

from weigh.formats.jinja_lexer import Kind, TemplateError, Token, lex
from weigh.formats.jinja_parser import ExpressionParser
from weigh.formats.jinja_syntax import Form, Node

_LOADS = frozenset({"include", "import", "extends", "from"})
_SIMPLE = frozenset({"break", "continue", "debug"})
_BLOCKS = frozenset({"generation", "call", "filter", "with", "autoescape", "block", "trans"})


def parse(text: str) -> Node:
    """The tree of a whole template.

    Raises:
        TemplateError: it is no template that this reader can follow; `offset` says where.
    """
    return _Parser(lex(text)).template()


class _Parser(ExpressionParser):
    def template(self) -> Node:
        body = self._body(())
        if self.peek() is not None:
            raise TemplateError("a block ends that did not begin", offset=self.at)
        return body

    def _body(self, ends: tuple[str, ...]) -> Node:
        """Statements up to a tag whose name is one of `ends`; that tag's name is taken."""
        at = self.at
        self.enter()
        parts: list[Node] = []
        while (token := self.peek()) is not None:
            if token.kind is Kind.DATA:
                parts.append(self.node(Form.DATA, token.at, value=self.next().value))
            elif token.kind is Kind.VARIABLE:
                self.next()
                parts.append(self.node(Form.OUTPUT, token.at, parts=(self.tuple_expression(),)))
                self.expect(Kind.VARIABLE_END)
            else:
                self.expect(Kind.BLOCK)
                name = str(self.expect(Kind.NAME).value)
                if name in ends:
                    self.nesting -= 1
                    self._ended_by = name
                    return self.node(Form.BODY, at, parts=tuple(parts))
                parts.append(self._statement(name, token.at))
        if ends:
            raise TemplateError(f"{ends[-1]} is missing", offset=at)
        self.nesting -= 1
        return self.node(Form.BODY, at, parts=tuple(parts))

    _ended_by = ""

    def _end(self) -> Token:
        return self.expect(Kind.BLOCK_END)

    def _statement(self, name: str, at: int) -> Node:
        match name:
            case "for":
                return self._for(at)
            case "if":
                return self._if(at)
            case "set":
                return self._set(at)
            case "macro":
                return self._macro(at)
            case "do":
                result = self.node(Form.STATEMENT, at, "do", (self.tuple_expression(),))
                self._end()
                return result
        if name in _LOADS:
            return self._load(name, at)
        if name in _SIMPLE:
            self._end()
            return self.node(Form.STATEMENT, at, name)
        if name in _BLOCKS:
            return self._block(name, at)
        raise TemplateError(f"the tag {name!r} is not known", offset=at)

    def _target(self) -> Node:
        """What a loop or assignment sets."""
        at = self.at
        parts = [self._one_target()]
        while self.skip_sign(","):
            if self.is_name("in") or self.is_sign("="):
                break
            parts.append(self._one_target())
        return parts[0] if len(parts) == 1 else self.node(Form.TUPLE, at, parts=tuple(parts))

    def _one_target(self) -> Node:
        if self.skip_sign("("):
            self.enter()
            inner = self._target()
            self.nesting -= 1
            self.expect(Kind.SIGN, ")")
            return inner
        token = self.expect(Kind.NAME)
        target = self.node(Form.NAME, token.at, str(token.value))
        if self.skip_sign("."):
            target = self.node(Form.ATTRIBUTE, token.at, str(self.expect(Kind.NAME).value), (target,))
        return target

    def _for(self, at: int) -> Node:
        target = self._target()
        self.expect(Kind.NAME, "in")
        iterable = self.tuple_expression(choice=False)
        wanted = self.expression() if self.skip_name("if") else self.node(Form.NOTHING, at)
        self.skip_name("recursive")
        self._end()
        body = self._body(("else", "endfor"))
        other = self.node(Form.NOTHING, at)
        if self._ended_by == "else":
            self._end()
            other = self._body(("endfor",))
        self._end()
        return self.node(Form.FOR, at, parts=(target, iterable, wanted, body, other))

    def _if(self, at: int) -> Node:
        """All branches; an elif is the else of the one before."""
        branches: list[tuple[int, Node, Node]] = []
        other = self.node(Form.NOTHING, at)
        while True:
            condition = self.tuple_expression()
            self._end()
            branches.append((at, condition, self._body(("elif", "else", "endif"))))
            if self._ended_by != "elif":
                break
            at = self.at
        if self._ended_by == "else":
            self._end()
            other = self._body(("endif",))
        self._end()
        parts = [part for _, condition, body in branches for part in (condition, body)]
        return self.node(Form.IF, branches[0][0], parts=(*parts, other))

    def _set(self, at: int) -> Node:
        target = self._target()
        if self.skip_sign("="):
            value = self.tuple_expression()
            self._end()
            return self.node(Form.SET, at, parts=(target, value))
        filters = self.filters(self.node(Form.NOTHING, at))
        self._end()
        body = self._body(("endset",))
        self._end()
        return self.node(Form.SET_BLOCK, at, parts=(target, body, filters))

    def _parameters(self) -> tuple[tuple[str, ...], list[Node]]:
        names: list[str] = []
        defaults: list[Node] = []
        self.expect(Kind.SIGN, "(")
        while not self.skip_sign(")"):
            if names:
                self.expect(Kind.SIGN, ",")
            names.append(str(self.expect(Kind.NAME).value))
            if self.skip_sign("="):
                defaults.append(self.expression())
        return tuple(names), defaults

    def _macro(self, at: int) -> Node:
        name = str(self.expect(Kind.NAME).value)
        names, defaults = self._parameters()
        self._end()
        body = self._body(("endmacro",))
        self._finish(name)
        return self.node(Form.MACRO, at, name, (body, *defaults), value=names)

    def _finish(self, name: str) -> None:
        """The end of a block, which may repeat the block's name."""
        if name:
            self.skip_name(name)
        self._end()

    def _load(self, name: str, at: int) -> Node:
        target = self.expression()
        while (token := self.peek()) is not None and token.kind is not Kind.BLOCK_END:
            self.next()
        self._end()
        return self.node(Form.LOAD, at, name, (target,))

    def _block(self, name: str, at: int) -> Node:
        head: list[Node] = []
        names: list[str] = []
        if name == "call" and self.is_sign("("):
            names, defaults = map(list, self._parameters())  # type: ignore[assignment]  # a pair of lists
            head += defaults  # type: ignore[arg-type]
        if name == "filter":
            self.place -= 1
            self._tokens[self.place] = Token(Kind.SIGN, "|", at)
            head.append(self.filters(self.node(Form.NOTHING, at)))
        elif name == "with":
            while not self._at_end():
                target = self._one_target()
                self.expect(Kind.SIGN, "=")
                head.append(self.node(Form.SET, at, parts=(target, self.expression())))
                self.skip_sign(",")
        else:
            while not self._at_end():
                head.append(self.expression())
                self.skip_sign(",")
        self._end()
        body = self._body((f"end{name}",))
        while not self._at_end():
            self.next()
        self._end()
        return self.node(Form.STATEMENT, at, name, (*head, body), value=tuple(names))

    def _at_end(self) -> bool:
        token = self.peek()
        return token is None or token.kind is Kind.BLOCK_END
