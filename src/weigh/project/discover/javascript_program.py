"""The tokens of one script made ready to be asked: brackets, names that get values, parameters, calls.

A declaration holds in the block around it, as ECMA-262 (14, block statements and scopes) says; a name that is
set without being declared holds everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from weigh.code.word_lists import words
from weigh.project.discover.javascript_words import Token

_OPEN = {"(": ")", "[": "]", "{": "}"}
OPENING = frozenset(_OPEN)
_CLOSE = frozenset(_OPEN.values())
_STOPS = frozenset({",", ";"})
_CONTINUES = words(
    """
    + - * / % || && ?? ? : . ?. = => == === != !== < > <= >= ( [ , & |
    """
)
_LEFT = words(
    """
    ( , { ; } [ const let var static readonly public private protected export this
    """
)
_DECLARING = frozenset({"const", "let", "var"})
_MODIFIERS = frozenset({"public", "private", "protected", "readonly", "override"})
_KEYWORDS = frozenset({"if", "for", "while", "switch", "catch", "with"})


@dataclass(frozen=True, slots=True)
class Text:
    """One text that an expression may stand for.

    Attributes:
        text: with `{}` for each unknown part.
        how: the way it was found, outermost first.
        line: of the literal.
        known: no part of it is unknown.
        path: of the file with the literal, "" for the file that is read.
    """

    text: str
    how: tuple[str, ...]
    line: int
    known: bool = True
    path: str = ""


UNKNOWN = Text("{}", ("unknown",), 0, known=False)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function.

    Attributes:
        function: its name, "" for one without a name.
        position: counted from 0.
        key: of the object that is passed, where the parameter takes it apart; else "".
        opened: where the bracket of its parameters opens.
    """

    function: str
    position: int
    key: str
    opened: int


@dataclass(frozen=True, slots=True)
class Outside:
    """What other files of the project say about this one.

    Attributes:
        texts: of the names that it imports; `name.key` and `name.*` for the keys of an object.
        passed: what other files pass to its functions, by name and position.
    """

    texts: Mapping[str, Sequence[Text]] = field(default_factory=dict)
    passed: Mapping[tuple[str, int], Sequence[Text]] = field(default_factory=dict)


@dataclass(slots=True)
class Program:
    """The tokens of a file, and where its names get values.

    Attributes:
        tokens: all of them.
        ends: for each opening bracket, where it closes.
        holders: for each token the innermost bracket around it, -1 for none.
        blocks: for each token the innermost brace around it, -1 for none.
        values: for each name, where an expression begins that it is set to, and how.
        spans: for the beginning of such an expression, from where to where the name stands for it.
        fields: beginnings of expressions that a field is set to, `this.name = …`; no name stands for them.
        parameters: for each name, the parameters that are called so.
        bodies: for the bracket of parameters, from where to where they hold.
        patterns: for a brace that takes a parameter apart, the bracket of the parameters.
        classes: names of its classes.
        imported: names that come from another file or package.
        calls: for each name of a function, where the brackets of its calls open.
        outside: what other files say.
        busy: names that are being looked up, so that one that depends on itself ends.
        steps: taken for the expression that is asked now.
        work: steps taken for all of them.
    """

    tokens: tuple[Token, ...]
    ends: dict[int, int] = field(default_factory=dict)
    holders: list[int] = field(default_factory=list)
    blocks: list[int] = field(default_factory=list)
    values: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    spans: dict[int, tuple[int, int]] = field(default_factory=dict)
    fields: set[int] = field(default_factory=set)
    parameters: dict[str, list[Parameter]] = field(default_factory=dict)
    bodies: dict[int, tuple[int, int]] = field(default_factory=dict)
    patterns: dict[int, int] = field(default_factory=dict)
    classes: set[str] = field(default_factory=set)
    imported: set[str] = field(default_factory=set)
    calls: dict[str, list[int]] = field(default_factory=dict)
    outside: Outside = field(default_factory=Outside)
    busy: set[tuple[str, int]] = field(default_factory=set)
    steps: int = 0
    work: int = 0

    def mark(self, at: int) -> str:
        """The text of a mark, "" for another token and behind the end."""
        inside = 0 <= at < len(self.tokens) and self.tokens[at].kind == "mark"
        return self.tokens[at].text if inside else ""

    def word(self, at: int) -> str:
        """The text of a token, "" before the first and behind the last one."""
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ""


def program_of(tokens: tuple[Token, ...]) -> Program:
    """A file made ready to be asked."""
    program = Program(tokens)
    _brackets(program)
    for index, token in enumerate(tokens):
        if token.kind == "mark" and token.text == "(" and _is_arrow(program, index):
            _listed(program, _assigned_name(program, index), index)
        elif token.kind == "name":
            _note(program, index)
    return program


def _brackets(program: Program) -> None:
    stack: list[int] = []
    braces: list[int] = []
    for index, token in enumerate(program.tokens):
        closing = token.kind == "mark" and token.text in _CLOSE and bool(stack)
        if closing:
            opened = stack.pop()
            program.ends[opened] = index
            if braces and braces[-1] == opened:
                braces.pop()
        program.holders.append(stack[-1] if stack else -1)
        program.blocks.append(braces[-1] if braces else -1)
        if token.kind == "mark" and token.text in OPENING:
            stack.append(index)
            if token.text == "{":
                braces.append(index)
    for index in stack:
        program.ends[index] = len(program.tokens)


def _note(program: Program, at: int) -> None:
    """Note what a name at some place says of itself."""
    token = program.tokens[at]
    after, before = program.mark(at + 1), program.word(at - 1)
    if token.text in {"function", "constructor"} or after == "(":
        declared = _parameters(program, at)
        if after == "(" and before != "function" and not declared:
            name = "constructor" if before == "new" else token.text
            program.calls.setdefault(name, []).append(at + 1)
            if before == "new":
                program.calls.setdefault(token.text, []).append(at + 1)
    elif after == "=>":
        _single_parameter(program, at)
    if before == "class":
        program.classes.add(token.text)
    if token.text == "import":
        _import(program, at)
    if token.text == "enum" and program.mark(at + 2) == "{":
        program.values.setdefault(program.word(at + 1), []).append((at + 2, "enum"))
    elif before in _DECLARING and program.word(at + 1) == "of":
        program.values.setdefault(token.text, []).append((at + 2, "loop"))
        program.spans[at + 2] = _behind(program, program.holders[at])
    else:
        _assigned(program, at)


def _import(program: Program, at: int) -> None:
    """Note the names of `import a, { b as c } from`."""
    for step in range(at + 1, min(at + 400, len(program.tokens))):
        token = program.tokens[step]
        if token.kind == "string" or token.text in {"from", "(", ";", "="}:
            return
        if token.kind == "name":
            program.imported.add(token.text)


def _assigned(program: Program, at: int) -> None:
    token, before = program.tokens[at], program.word(at - 1)
    start = after_type(program, at + 1)
    mark = program.mark(start)
    if mark not in {"=", "||=", "??="}:
        return
    if not (before in _LEFT or before == "." or token.fresh or not at):
        return
    holder = program.holders[at]
    opened = program.patterns.get(holder, holder)
    inside = before in {"(", ","} or opened in program.bodies
    how = "default" if inside or mark != "=" else "constant"
    program.values.setdefault(token.text.lstrip("#"), []).append((start + 1, how))
    if before == ".":
        program.fields.add(start + 1)
    elif opened in program.bodies:
        program.spans[start + 1] = program.bodies[opened]
    elif before in _DECLARING:
        program.spans[start + 1] = _block(program, at)


def _block(program: Program, at: int) -> tuple[int, int]:
    opened = program.blocks[at]
    return (opened, program.ends[opened]) if opened >= 0 else (-1, len(program.tokens))


def _behind(program: Program, opened: int) -> tuple[int, int]:
    """From a bracket to the end of the statement or block that follows it."""
    end = program.ends.get(opened, opened)
    start = after_type(program, end + 1)
    if program.mark(start) == "=>":
        start += 1
    if program.mark(start) == "{":
        return opened, program.ends[start]
    return opened, expression_end(program, start)


def after_type(program: Program, at: int) -> int:
    """Behind a type such as `: string` or `?: Record<string, string>`."""
    tokens = program.tokens
    if program.word(at) in {"?", "!"} and program.word(at + 1) == ":":
        at += 1
    if program.mark(at) != ":":
        return at
    limit = min(len(tokens), at + 60)
    step, angles = at + 1, 0
    while step < limit:
        mark = program.mark(step)
        angles += {"<": 1, ">": -1}.get(mark, 0)
        if mark in {"=", ",", ";", ")", "=>"} and angles <= 0:
            return step
        if mark == "{" and step > at + 1 and angles <= 0 and program.mark(step - 1) not in {"|", "&"}:
            return step
        step = program.ends.get(step, step) + 1 if mark in OPENING else step + 1
    return at


def _is_arrow(program: Program, at: int) -> bool:
    end = program.ends.get(at)
    return end is not None and program.mark(after_type(program, end + 1)) == "=>"


def _assigned_name(program: Program, at: int) -> str:
    """The name that an arrow function is set to, "" for one that is not."""
    if program.word(at - 1) == "async":
        at -= 1
    named = program.mark(at - 1) in {"=", ":"} and at > 1 and program.tokens[at - 2].kind == "name"
    return program.word(at - 2) if named else ""


def _single_parameter(program: Program, at: int) -> None:
    """`name => …`, without brackets."""
    start = at + 2
    end = program.ends[start] if program.mark(start) == "{" else expression_end(program, start)
    program.bodies[at] = (at, end)
    function = _assigned_name(program, at)
    program.parameters.setdefault(program.tokens[at].text, []).append(Parameter(function, 0, "", at))


def _parameters(program: Program, at: int) -> bool:
    """Note the parameters of a function or method, if one is declared here."""
    name, opened = at, at + 1
    if program.word(at) == "function":
        opened += 1 if program.word(opened) == "*" else 0
        name, opened = opened, opened + 1
        if program.mark(name) == "(":
            name, opened = at, name
    if program.mark(opened) != "(" or opened not in program.ends or program.word(at) in _KEYWORDS:
        return False
    if program.mark(after_type(program, program.ends[opened] + 1)) != "{":
        return False
    _listed(program, "" if name == at and program.word(at) == "function" else program.word(name), opened)
    return True


def _listed(program: Program, function: str, opened: int) -> None:
    program.bodies[opened] = _behind(program, opened)
    for position, first in enumerate(arguments(program, opened)):
        start = first
        while program.word(start) in _MODIFIERS and program.word(start + 1) not in {":", ",", ")", "="}:
            start += 1
        token = program.tokens[start]
        if token.kind == "name":
            row = Parameter(function, position, "", opened)
            program.parameters.setdefault(token.text, []).append(row)
        elif token.kind == "mark" and token.text == "{":
            program.patterns[start] = opened
            for inner in arguments(program, start):
                key = program.tokens[inner]
                name = program.word(inner + 2) if program.mark(inner + 1) == ":" else key.text
                if key.kind in {"name", "string"}:
                    row = Parameter(function, position, key.text, opened)
                    program.parameters.setdefault(name, []).append(row)


def arguments(program: Program, opened: int) -> list[int]:
    """Where each argument between two brackets begins."""
    end = program.ends.get(opened, len(program.tokens))
    found: list[int] = []
    at = opened + 1
    fresh = True
    while at < end:
        token = program.tokens[at]
        if fresh:
            found.append(at)
            fresh = False
        if token.kind == "mark" and token.text in OPENING:
            at = program.ends.get(at, end)
        elif token.kind == "mark" and token.text == ",":
            fresh = True
        at += 1
    return found


def expression_end(program: Program, at: int) -> int:
    """Where the expression that begins here ends."""
    tokens = program.tokens
    start = at
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "mark" and (token.text in _STOPS or token.text in _CLOSE):
            return at
        if at > start and token.fresh and not _goes_on(tokens[at - 1], token):
            return at
        opens = token.kind == "mark" and token.text in OPENING
        at = program.ends.get(at, len(tokens)) + 1 if opens else at + 1
    return len(tokens)


def _goes_on(before: Token, token: Token) -> bool:
    joined = before.kind == "mark" and before.text in _CONTINUES
    return joined or (token.kind == "mark" and token.text in _CONTINUES and token.text not in {"(", "["})


def source(program: Program, start: int, end: int) -> str:
    """The text of some tokens, near to how it was written."""
    shown = {"string": '"{}"', "template": "`{}`"}
    words = [
        shown.get(token.kind, "{}").format(token.text)
        for token in program.tokens[start : min(end, start + 80)]
    ]
    return (
        " ".join(words)
        .replace(" . ", ".")
        .replace(" (", "(")
        .replace("( ", "(")
        .replace(" )", ")")
        .replace(" ,", ",")
    )


def properties(program: Program, opened: int) -> dict[str, int]:
    """Where the value of each key of an object begins; of an enum, too."""
    found: dict[str, int] = {}
    tokens = program.tokens
    for start in arguments(program, opened):
        token = tokens[start]
        if token.kind not in {"name", "string", "number"} or start + 1 >= len(tokens):
            continue
        after = tokens[start + 1]
        if after.kind == "mark" and after.text in {":", "="}:
            found[token.text] = start + 2
        elif after.kind == "mark" and after.text in {",", "}"} and token.kind == "name":
            found[token.text] = start
    return found
