"""What an expression of JavaScript may stand for: found from constants, fields, defaults and arguments.

An unknown part gives a text with `{}`, so that whoever asks sees that the known ones are not all.
"""

from collections.abc import Iterator
from dataclasses import replace

from weigh.project.discover.javascript_program import (
    OPENING,
    UNKNOWN,
    Parameter,
    Program,
    Text,
    arguments,
    expression_end,
    properties,
)
from weigh.project.discover.javascript_words import Token

MAX_DEPTH = 12
MAX_ALTERNATIVES = 64
MAX_STEPS = 2_000
"""Expressions that are looked at for one question."""
MAX_WORK = 100_000
"""Expressions that are looked at for all questions about one file; what is asked later stays unresolved."""
MAX_MEANINGS = 400
"""Places where one name gets a value; a name with more of them stays unresolved."""

_WORDS = frozenset(["await", "new", "as", "satisfies", "typeof"])
_NOTHING = frozenset(["null", "undefined", "false", "void"])


def texts(program: Program, start: int, end: int, depth: int = 0) -> list[Text]:
    """The texts that an expression may stand for; [] when nothing at all is known of it."""
    tokens = program.tokens
    program.steps = 0 if depth == 0 else program.steps + 1
    program.work += 1
    if _is_spent(program):
        return []
    while start < end and tokens[start].kind == "name" and tokens[start].text in _WORDS:
        start += 1
    typed = (i for i in range(start + 1, end) if tokens[i].text in {"as", "satisfies"})
    end = next((i for i in typed if tokens[i].kind == "name"), end)
    if end - 1 > start and tokens[end - 1].text == "!":
        end -= 1
    if depth > MAX_DEPTH or start >= end:
        return []
    if tokens[start].text == "(" and program.ends.get(start) == end - 1:
        return texts(program, start + 1, end - 1, depth + 1)
    split = _split(program, start, end)
    if split is not None:
        return _joined(program, split, start, end, depth)
    if end - start == 1:
        return _single(program, tokens[start], start, depth)
    return _member(program, start, end, depth)


def _is_spent(program: Program) -> bool:
    """Whether what may be looked at is used up: for this question, or for all of them."""
    return program.steps > MAX_STEPS or program.work > MAX_WORK


def _step(program: Program) -> bool:
    """Take one step; whether it may still be taken."""
    program.steps += 1
    program.work += 1
    return not _is_spent(program)


def _or_unknown(program: Program, start: int, end: int, depth: int) -> list[Text]:
    """The texts of one of several choices: an unknown one stays visible, `null` is no choice."""
    found = texts(program, start, end, depth)
    if found or start >= end:
        return found
    token = program.tokens[start]
    nothing = end - start == 1 and (token.text in _NOTHING or token.kind == "number")
    return [] if nothing else [UNKNOWN]


def _level(program: Program, start: int, end: int) -> Iterator[tuple[int, Token]]:
    """The marks of an expression outside its brackets."""
    at = start
    while at < end:
        token = program.tokens[at]
        if token.kind == "mark" and token.text in OPENING:
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
        colon = _colon(program, at + 1, end)
        left = _or_unknown(program, at + 1, colon, depth + 1)
        return _how(left, "branch") + _how(_or_unknown(program, colon + 1, end, depth + 1), "branch")
    if operator in {"||", "??"}:
        right = _how(_or_unknown(program, at + 1, end, depth + 1), "default")
        if _is_environment(program, start):
            return _how(right, "environment") if right[:1] != [UNKNOWN] else right
        return _or_unknown(program, start, at, depth + 1) + right
    if operator == "&&":
        return _how(texts(program, at + 1, end, depth + 1), "branch")
    left = texts(program, start, at, depth + 1) or [UNKNOWN]
    right = texts(program, at + 1, end, depth + 1) or [UNKNOWN]
    return [_concatenated(a, b, "concatenation") for a in left for b in right][:MAX_ALTERNATIVES]


def _colon(program: Program, start: int, end: int) -> int:
    """Where the second choice of `a ? b : c` begins; `b` may hold such choices itself."""
    open_choices = 0
    for at, token in _level(program, start, end):
        if token.text == "?":
            open_choices += 1
        elif token.text == ":" and not open_choices:
            return at
        elif token.text == ":":
            open_choices -= 1
    return end


def _is_environment(program: Program, start: int) -> bool:
    front = (program.word(start), program.word(start + 2))
    return front in {("process", "env"), ("import", "meta"), ("Deno", "env"), ("Bun", "env")}


def _concatenated(a: Text, b: Text, how: str) -> Text:
    return Text(a.text + b.text, (how,), a.line or b.line, a.known and b.known, a.path or b.path)


def _how(found: list[Text], word: str) -> list[Text]:
    return [
        replace(text, how=(word,) if text.how == ("literal",) else (word, *text.how)) if text.known else text
        for text in found
    ]


def _single(program: Program, token: Token, at: int, depth: int) -> list[Text]:
    if token.kind == "string":
        return [Text(token.text, ("literal",), token.line)]
    if token.kind == "template":
        return _template(program, token, at, depth)
    if token.kind == "name":
        return named(program, token.text, at, depth)
    return []


def _template(program: Program, token: Token, at: int, depth: int) -> list[Text]:
    found = [Text("", ("literal",), token.line)]
    for part in token.parts:
        if isinstance(part, str):
            found = [replace(text, text=text.text + part) for text in found]
            continue
        values = _within(program, part, at, depth) or [UNKNOWN]
        found = [
            replace(_concatenated(a, b, "template"), line=token.line, path="") for a in found for b in values
        ][:MAX_ALTERNATIVES]
    return found


def _within(program: Program, tokens: tuple[Token, ...], at: int, depth: int) -> list[Text]:
    """What the expression inside a template stands for: a name or a chain of names."""
    if len(tokens) == 1:
        return _single(program, tokens[0], at, depth + 1)
    chain = [t.text for t in tokens if t.kind == "name"]
    if len(chain) * 2 - 1 == len(tokens) and all(t.text in {".", "?."} for t in tokens[1::2]):
        return _chain(program, chain, at, depth + 1)
    return []


def named(program: Program, name: str, at: int, depth: int = 0) -> list[Text]:
    """The texts that a name may stand for at some place."""
    if depth > MAX_DEPTH or (name, 0) in program.busy or not _step(program):
        return []
    program.busy.add((name, 0))
    values, parameters = _visible(program, name, at)
    found: list[Text] = []
    for start, how in values:
        found += _how(_value(program, start, how, depth), how)
    found += _how(list(program.outside.texts.get(name, ())), "import")
    for parameter in parameters:
        found += _passed(program, parameter, depth)
    program.busy.discard((name, 0))
    useful = any(text.text != UNKNOWN.text for text in found)
    return list(dict.fromkeys(found))[:MAX_ALTERNATIVES] if useful else []


def _value(program: Program, start: int, how: str, depth: int) -> list[Text]:
    end = expression_end(program, start)
    if how == "loop":
        return _dug(program, start, ["*"], depth + 1) or [UNKNOWN]
    return _or_unknown(program, start, end, depth + 1)


def _visible(program: Program, name: str, at: int) -> tuple[list[tuple[int, str]], list[Parameter]]:
    """What the innermost declaration of a name around a place, and what sets it without declaring it, say."""
    rows = program.parameters.get(name, [])
    if len(program.values.get(name, ())) + len(rows) > MAX_MEANINGS:
        return [], []
    every = [row for row in program.values.get(name, []) if row[0] not in program.fields]
    spans = [program.spans[start] for start, _ in every if start in program.spans]
    spans += [program.bodies[row.opened] for row in rows if row.opened in program.bodies]
    around = [span for span in spans if span[0] <= at < span[1]]
    if not around:
        return [(start, how) for start, how in every if start not in program.spans], []
    first, last = max(around)
    values = [
        (start, how)
        for start, how in every
        if program.spans.get(start) == (first, last) or (start not in program.spans and first <= start < last)
    ]
    return values, [row for row in rows if program.bodies.get(row.opened) == (first, last)]


def _passed(program: Program, parameter: Parameter, depth: int) -> list[Text]:
    """What the calls of a function pass as one of its arguments."""
    found: list[Text] = []
    place = (parameter.function, parameter.position)
    if not parameter.key:
        found += _how(list(program.outside.passed.get(place, ())), "wrapper")
    for at in _calls_of(program, parameter.function)[:200]:
        places = arguments(program, at)
        if parameter.position >= len(places):
            continue
        start = places[parameter.position]
        end = min(expression_end(program, start), program.ends.get(at, len(program.tokens)))
        if parameter.key:
            found += _how(_dug(program, start, [parameter.key], depth + 1), "wrapper")
        else:
            handed = _how(_or_unknown(program, start, end, depth + 1), "wrapper")
            # a call from within passes on what it got, or belongs to another object's method of this name
            first, last = program.bodies.get(parameter.opened, (0, 0))
            found += [text for text in handed if text.known or not first < at < last]
    return found


def _calls_of(program: Program, function: str) -> list[int]:
    every = program.calls.get(function, []) if function else []
    return [at for at in every[:2_000] if not _is_of_another(program, at)]


def _is_of_another(program: Program, opened: int) -> bool:
    """Whether a call is one of a method of something imported, not of the function of its name here."""
    return program.mark(opened - 2) == "." and program.word(opened - 3) in program.imported


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
    return _chain(program, chain, start, depth)


def _chain(program: Program, chain: list[str], at: int, depth: int) -> list[Text]:
    if not chain or depth > MAX_DEPTH or chain[:2] in (["process", "env"], ["import", "meta"]):
        return []
    if chain[0] in {"this", "self"} and len(chain) > 1:
        return _field(program, chain[-1], depth)
    values, _ = _visible(program, chain[0], at)
    found = [text for start, _ in values for text in _dug(program, start, chain[1:], depth + 1)]
    if not found and len(chain) > 1:
        keys = (".".join(chain), f"{chain[0]}.*" if "*" in chain else "")
        found = _how([text for key in keys for text in program.outside.texts.get(key, ())], "import")
    if not found and (chain[0] in program.classes or chain[0] in program.values):
        return _field(program, chain[-1], depth)
    return list(dict.fromkeys(_how(found, "dict") if len(chain) > 1 else found))[:MAX_ALTERNATIVES]


def _field(program: Program, name: str, depth: int) -> list[Text]:
    """The texts of a field: `static model = "…"`, `this.model = …`, a parameter of a constructor."""
    if (name, 1) in program.busy or len(program.values.get(name, ())) > MAX_MEANINGS:
        return []
    program.busy.add((name, 1))
    found: list[Text] = []
    for start, how in program.values.get(name, ()):
        found += _value(program, start, how, depth)
    for row in program.parameters.get(name, ()):
        if row.function == "constructor" and not found:
            found += _passed(program, row, depth)
    program.busy.discard((name, 1))
    known = any(text.known for text in found)
    return list(dict.fromkeys(_how(found, "attribute")))[:MAX_ALTERNATIVES] if known else []


def _dug(program: Program, start: int, path: list[str], depth: int) -> list[Text]:
    """What stands under some keys of the object or list that begins here."""
    tokens = program.tokens
    if not path:
        return texts(program, start, expression_end(program, start), depth)
    if depth > MAX_DEPTH or start >= len(tokens) or not _step(program):
        return []
    token = tokens[start]
    if token.text == "Object" and program.mark(start + 3) == "(":
        return _dug(program, start + 4, path, depth + 1)
    places = _inner(program, start, path[0])
    if places is not None:
        if len(path) > 1:
            return [text for at in places for text in _dug(program, at, path[1:], depth + 1)]
        ends = [(at, expression_end(program, at)) for at in places]
        return [text for at, end in ends for text in _or_unknown(program, at, end, depth + 1)]
    if token.kind == "name" and (token.text, 2) not in program.busy:
        program.busy.add((token.text, 2))
        values, _ = _visible(program, token.text, start)
        found = [text for at, _ in values if at != start for text in _dug(program, at, path, depth + 1)]
        program.busy.discard((token.text, 2))
        return found
    return []


def _inner(program: Program, start: int, key: str) -> list[int] | None:
    """Where the values under a key of an object or list begin; None for what is neither."""
    if start not in program.ends:
        return None
    if program.mark(start) == "{":
        members = properties(program, start)
        return list(members.values()) if key == "*" else [members[key]] if key in members else []
    if program.mark(start) == "[":
        items = arguments(program, start)
        return items[int(key) : int(key) + 1] if key.isdigit() else items if key == "*" else []
    return None
