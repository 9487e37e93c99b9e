"""What an expression of JavaScript may stand for, found from the constants, fields and defaults of its file.

Scopes are not told apart: a name that is set in two places stands for both. An unknown part gives a text
with `{}`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from weigh.code.word_lists import words
from weigh.project.discover.javascript_words import Token

MAX_DEPTH = 12
MAX_ALTERNATIVES = 64
MAX_STEPS = 2_000
"""Expressions that are looked at for one question."""

_OPEN = {"(": ")", "[": "]", "{": "}"}
_CLOSE = frozenset(_OPEN.values())
_STOPS = frozenset({",", ";"})
_CONTINUES = words(
    """
    + - * / % || && ?? ? : . ?. = => == === != !== < > <= >= ( [ , & |
    """
)
_WORDS = frozenset(["await", "new", "as", "satisfies", "typeof"])
_LEFT = words(
    """
    ( , { ; } [ const let var static readonly public private protected export this
    """
)


@dataclass(frozen=True, slots=True)
class Text:
    """One text that an expression may stand for, the way it was found, and the line of the literal."""

    text: str
    how: tuple[str, ...]
    line: int
    known: bool = True


@dataclass(slots=True)
class Program:
    """The tokens of a file, and where its names get values.

    Attributes:
        tokens: all of them.
        ends: for each opening bracket, where it closes.
        values: for each name, where an expression begins that it is set to, and how.
        parameters: for each name, the functions that have it as a parameter, with its position.
        classes: names of its classes.
        calls: for each name of a function, where the brackets of its calls open.
        outside: values of names that other files export.
        busy: names that are being looked up, so that one that depends on itself ends.
        steps: taken for the expression that is asked now, bounded by MAX_STEPS.
    """

    tokens: tuple[Token, ...]
    ends: dict[int, int] = field(default_factory=dict)
    values: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    parameters: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    calls: dict[str, list[int]] = field(default_factory=dict)
    classes: set[str] = field(default_factory=set)
    outside: Mapping[str, Sequence[Text]] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    steps: int = 0


def program_of(tokens: tuple[Token, ...]) -> Program:
    """A file made ready to be asked."""
    program = Program(tokens)
    stack: list[int] = []
    for index, token in enumerate(tokens):
        if token.kind != "mark":
            continue
        if token.text in _OPEN:
            stack.append(index)
        elif token.text in _CLOSE and stack:
            program.ends[stack.pop()] = index
    for index in stack:
        program.ends[index] = len(tokens)
    for index, token in enumerate(tokens):
        if token.kind == "name":
            _note(program, index)
    return program


def _note(program: Program, at: int) -> None:
    """Note what a name at some place says of itself."""
    tokens, token = program.tokens, program.tokens[at]
    after = tokens[at + 1].text if at + 1 < len(tokens) and tokens[at + 1].kind == "mark" else ""
    before = tokens[at - 1].text if at else ""
    if after == "(" and before != "function":
        program.calls.setdefault(token.text, []).append(at + 1)
    if token.text in {"function", "constructor"} or after == "(":
        _parameters(program, at)
    if before == "class":
        program.classes.add(token.text)
    if token.text == "enum" and at + 2 < len(tokens):
        program.values.setdefault(tokens[at + 1].text, []).append((at + 2, "enum"))
        return
    start = _after_type(program, at + 1)
    if start < len(tokens) and tokens[start].text in {"=", "||=", "??="} and tokens[start].kind == "mark":
        fits = before in _LEFT or before == "." or token.fresh or not at
        if fits:
            name = token.text.lstrip("#")
            inside_call = before in {"(", ","}
            how = "default" if inside_call or tokens[start].text != "=" else "constant"
            program.values.setdefault(name, []).append((start + 1, how))
            if start + 1 < len(tokens) and _arrow(program, start + 1) is not None:
                _arrow_parameters(program, token.text, start + 1)


def _after_type(program: Program, at: int) -> int:
    """Behind a type such as `: string` or `?: Record<string, string>`."""
    tokens = program.tokens
    if (
        at < len(tokens)
        and tokens[at].text in {"?", "!"}
        and at + 1 < len(tokens)
        and tokens[at + 1].text == ":"
    ):
        at += 1
    if at >= len(tokens) or tokens[at].text != ":" or tokens[at].kind != "mark":
        return at
    limit = min(len(tokens), at + 60)
    step, angles = at + 1, 0
    while step < limit:
        token = tokens[step]
        angles += {"<": 1, ">": -1}.get(token.text, 0) if token.kind == "mark" else 0
        if token.kind == "mark" and token.text in {"=", ",", ";", ")", "=>"} and angles <= 0:
            return step
        step = program.ends.get(step, step) + 1 if token.kind == "mark" and token.text in _OPEN else step + 1
    return at


def _arrow(program: Program, at: int) -> int | None:
    """Where the parameters of an arrow function that begins here open; None for another expression."""
    tokens = program.tokens
    if at < len(tokens) and tokens[at].text == "async":
        at += 1
    if at < len(tokens) and tokens[at].text == "(" and at in program.ends:
        end = program.ends[at]
        behind = _after_type(program, end + 1)
        if behind < len(tokens) and tokens[behind].text == "=>":
            return at
    return None


def _arrow_parameters(program: Program, name: str, at: int) -> None:
    opened = _arrow(program, at)
    if opened is not None:
        _listed(program, name, opened)


def _parameters(program: Program, at: int) -> None:
    """Note the parameters of a function or method that is declared here."""
    tokens = program.tokens
    name, opened = at, at + 1
    if tokens[at].text == "function":
        if opened < len(tokens) and tokens[opened].text == "*":
            opened += 1
        name, opened = opened, opened + 1
    if opened >= len(tokens) or tokens[opened].text != "(" or opened not in program.ends:
        return
    behind = _after_type(program, program.ends[opened] + 1)
    keyword = tokens[at].text in {"if", "for", "while", "switch", "catch", "with"}
    if behind < len(tokens) and tokens[behind].text == "{" and not keyword:
        _listed(program, tokens[name].text, opened)


def _listed(program: Program, function: str, opened: int) -> None:
    for position, start in enumerate(arguments(program, opened)):
        token = program.tokens[start]
        if token.kind == "name":
            program.parameters.setdefault(token.text, []).append((function, position))


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
        if token.kind == "mark" and token.text in _OPEN:
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
        at = program.ends.get(at, len(tokens)) + 1 if token.kind == "mark" and token.text in _OPEN else at + 1
    return len(tokens)


def _goes_on(before: Token, token: Token) -> bool:
    joined = before.kind == "mark" and before.text in _CONTINUES
    return joined or (token.kind == "mark" and token.text in _CONTINUES and token.text not in {"(", "["})


def source(program: Program, start: int, end: int) -> str:
    """The text of some tokens, near to how it was written."""
    words = []
    for token in program.tokens[start : min(end, start + 80)]:
        words.append(  # noqa: PERF401 - reads best in one piece
            f'"{token.text}"'
            if token.kind == "string"
            else f"`{token.text}`"
            if token.kind == "template"
            else token.text
        )
    return (
        " ".join(words)
        .replace(" . ", ".")
        .replace(" (", "(")
        .replace("( ", "(")
        .replace(" )", ")")
        .replace(" ,", ",")
    )


def texts(program: Program, start: int, end: int, depth: int = 0) -> list[Text]:
    """The texts that an expression may stand for; [] when nothing at all is known of it."""
    tokens = program.tokens
    program.steps = 0 if depth == 0 else program.steps + 1
    if program.steps > MAX_STEPS:
        return []
    while start < end and tokens[start].kind == "name" and tokens[start].text in _WORDS:
        start += 1
    end = next(
        (i for i in range(start, end) if tokens[i].text in {"as", "satisfies"} and tokens[i].kind == "name"),
        end,
    )
    if end - 1 > start and tokens[end - 1].text == "!":
        end -= 1
    if depth > MAX_DEPTH or start >= end:
        return []
    if tokens[start].text == "(" and program.ends.get(start) == end - 1:
        return texts(program, start + 1, end - 1, depth + 1)
    split = _split(program, start, end)
    if split is not None:
        return _joined(program, split, start, end, depth)
    token = tokens[start]
    if end - start == 1:
        return _single(program, token, depth)
    return _member(program, start, end, depth)


def _level(program: Program, start: int, end: int) -> Iterator[tuple[int, Token]]:
    """The marks of an expression outside its brackets."""
    at = start
    while at < end:
        token = program.tokens[at]
        if token.kind == "mark" and token.text in _OPEN:
            at = program.ends.get(at, end)
        elif token.kind == "mark":
            yield at, token
        at += 1


def _split(program: Program, start: int, end: int) -> tuple[str, int] | None:
    """The loosest operator of an expression and its place."""
    marks = list(_level(program, start, end))
    if any(token.text == "=>" for _, token in marks):
        return ("=>", start)
    for group in ({"?"}, {"||", "??"}, {"&&"}, {"+"}):
        for at, token in marks:
            if token.text in group and at > start:
                return (token.text, at)
    return None


def _joined(program: Program, split: tuple[str, int], start: int, end: int, depth: int) -> list[Text]:
    operator, at = split
    if operator == "=>":
        return []
    if operator == "?":
        colon = next((i for i, t in _level(program, at + 1, end) if t.text == ":"), end)
        return _how(texts(program, at + 1, colon, depth + 1), "branch") + _how(
            texts(program, colon + 1, end, depth + 1), "branch"
        )
    if operator in {"||", "??"}:
        left = [text for text in texts(program, start, at, depth + 1) if text.known]
        return left + _how(texts(program, at + 1, end, depth + 1), "default")
    if operator == "&&":
        return _how(texts(program, at + 1, end, depth + 1), "branch")
    left = texts(program, start, at, depth + 1) or [Text("{}", ("unknown",), 0, known=False)]
    right = texts(program, at + 1, end, depth + 1) or [Text("{}", ("unknown",), 0, known=False)]
    return [_concatenated(a, b) for a in left for b in right][:MAX_ALTERNATIVES]


def _concatenated(a: Text, b: Text) -> Text:
    return Text(a.text + b.text, ("concatenation",), a.line or b.line, a.known and b.known)


def _how(found: list[Text], word: str) -> list[Text]:
    return [
        Text(text.text, (word,) if text.how == ("literal",) else (word, *text.how), text.line, text.known)
        for text in found
    ]


def _single(program: Program, token: Token, depth: int) -> list[Text]:
    if token.kind == "string":
        return [Text(token.text, ("literal",), token.line)]
    if token.kind == "template":
        return _template(program, token, depth)
    if token.kind == "name":
        return named(program, token.text, depth)
    return []


def _template(program: Program, token: Token, depth: int) -> list[Text]:
    found = [Text("", ("literal",), token.line)]
    for part in token.parts:
        if isinstance(part, str):
            found = [Text(text.text + part, text.how, text.line, text.known) for text in found]
            continue
        inner = Program(part, values=program.values, parameters={}, outside=program.outside)
        values = _within(program, inner, depth) or [Text("{}", ("unknown",), 0, known=False)]
        found = [
            Text(a.text + b.text, ("template",), token.line, a.known and b.known)
            for a in found
            for b in values
        ][:MAX_ALTERNATIVES]
    return found


def _within(program: Program, inner: Program, depth: int) -> list[Text]:
    """What the expression inside a template stands for: a name or a chain of names."""
    tokens = inner.tokens
    if len(tokens) == 1:
        return _single(program, tokens[0], depth + 1)
    chain = [t.text for t in tokens if t.kind == "name"]
    if len(chain) * 2 - 1 == len(tokens) and all(t.text in {".", "?."} for t in tokens[1::2]):
        return _chain(program, chain, depth + 1)
    return []


def named(program: Program, name: str, depth: int = 0) -> list[Text]:
    """The texts that a name may stand for."""
    if depth > MAX_DEPTH or name in program.busy:
        return []
    program.busy.add(name)
    found: list[Text] = []
    for start, how in program.values.get(name, ()):
        found += _how(texts(program, start, expression_end(program, start), depth + 1), how)
    found += _how(list(program.outside.get(name, ())), "import")
    for function, position in program.parameters.get(name, ()):
        found += _passed(program, function, position, depth)
    program.busy.discard(name)
    known = [text for text in found if text.known]
    return list(dict.fromkeys(known or found))[:MAX_ALTERNATIVES]


def _passed(program: Program, function: str, position: int, depth: int) -> list[Text]:
    """What the calls of a function pass as one of its arguments."""
    found: list[Text] = []
    opened = list(program.calls.get(function, ()))
    if function == "constructor":
        tokens = program.tokens
        opened = [i + 2 for i, t in enumerate(tokens[:-2]) if t.text == "new" and tokens[i + 2].text == "("]
    for at in opened[:200]:
        places = arguments(program, at)
        if position < len(places):
            start = places[position]
            end = min(expression_end(program, start), program.ends.get(at, len(program.tokens)))
            found += _how(texts(program, start, end, depth + 1), "wrapper")
    return found


def _member(program: Program, start: int, end: int, depth: int) -> list[Text]:
    """`A.b.c`, `A[b]`, `this.b`, `process.env.B`."""
    tokens = program.tokens
    chain: list[str] = []
    at = start
    while at < end:
        token = tokens[at]
        if token.kind == "name":
            chain.append(token.text)
        elif token.text == "[" and at in program.ends and at > start:
            closing = program.ends[at]
            inner = tokens[at + 1] if closing == at + 2 else None
            chain.append(inner.text if inner is not None and inner.kind in {"string", "number"} else "*")
            at = closing
        elif token.text not in {".", "?.", "!"}:
            return []
        at += 1
    return _chain(program, chain, depth)


def _chain(program: Program, chain: list[str], depth: int) -> list[Text]:
    if not chain or depth > MAX_DEPTH or chain[:2] == ["process", "env"] or chain[:2] == ["import", "meta"]:
        return []
    own = chain[0] in {"this", "self"} or chain[0] in program.classes or chain[0] in program.values
    if chain[0] in {"this", "self"} and len(chain) > 1:
        chain = chain[1:]
    root = chain[0]
    places = [(start, "constant") for start, _ in program.values.get(root, ())]
    found = [text for start, _ in places for text in _dug(program, start, chain[1:], depth + 1)]
    if not found and own and (len(chain) > 1 or chain[0] in program.values):
        # a field: `static model = "…"`, `config.model = "…"`
        found = [
            text
            for start, _ in program.values.get(chain[-1], ())
            for text in texts(program, start, expression_end(program, start), depth + 1)
        ]
        found = _how(found, "attribute")
    elif len(chain) > 1:
        found = _how(found, "dict")
    return list(dict.fromkeys(found))[:MAX_ALTERNATIVES]


def _dug(program: Program, start: int, path: list[str], depth: int) -> list[Text]:
    """What stands under some keys of the object or list that begins here."""
    tokens = program.tokens
    if not path:
        return texts(program, start, expression_end(program, start), depth)
    if depth > MAX_DEPTH or start >= len(tokens):
        return []
    token = tokens[start]
    if token.text == "Object" and start + 4 < len(tokens) and tokens[start + 3].text == "(":
        return _dug(program, start + 4, path, depth + 1)
    if token.text == "{" and start in program.ends:
        members = properties(program, start)
        picked = (
            [members[path[0]]] if path[0] in members else list(members.values()) if path[0] == "*" else []
        )
        return [text for at in picked for text in _dug(program, at, path[1:], depth + 1)]
    if token.text == "[" and start in program.ends:
        items = arguments(program, start)
        if path[0].isdigit():
            items = items[int(path[0]) : int(path[0]) + 1]
        elif path[0] != "*":
            return []
        return [text for at in items for text in _dug(program, at, path[1:], depth + 1)]
    if token.kind == "name":
        places = [at for at, _ in program.values.get(token.text, ()) if at != start]
        return [text for at in places for text in _dug(program, at, path, depth + 1)]
    return []


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
