"""JavaScript and TypeScript as tokens, with the line of each. Types and JSX pass through as ordinary tokens.

Source: ECMA-262 (12, lexical grammar). Whether `/` divides or opens a regular expression is told from the
token before it, which is right but for rare code.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass

from weigh.code.word_lists import words

MAX_TOKENS = 400_000

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n\f\v\u00a0\ufeff]+|//[^\n]*|/\*.*?(?:\*/|$(?!\n))|<!--[^\n]*)
  | (?P<name>(?:\#|@)?[A-Za-z_$\u00a1-\uffff][\w$\u00a1-\uffff]*)
  | (?P<number>\.?\d[\w.]*)
  | (?P<string>"(?:[^"\\\n]|\\.|\\\n)*"|'(?:[^'\\\n]|\\.|\\\n)*')
  |
  (?P<mark>=>|\.\.\.|\?\?=|\|\|=|&&=|\?\?|\?\.(?!\d)|\|\||&&|[=!]==?|[<>]=|\+\+|--|\+=|[-*/%+<>=!~^&|?:;,.(){}\[\]@\#])
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "\n": ""}
_VALUES = frozenset({"name", "number", "string", "template", "regex"})
_BEFORE_REGEX = words(
    """
    return typeof case in of delete void throw new else do await yield
    """
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        kind: name, number, string, template, regex or mark.
        text: as it stands; of a string its value.
        line: counted from 1.
        parts: of a template, its texts and between them the tokens of its expressions.
        fresh: it is the first of its line.
    """

    kind: str
    text: str
    line: int
    fresh: bool = False
    parts: tuple["str | tuple[Token, ...]", ...] = ()


def unescaped(text: str) -> str:
    """The value of the inside of a string."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(_one, text)


def _one(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code:
        return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else ""
    return _ESCAPED.get(match[4], match[4])


def tokens_of(text: str, *, line: int = 1, depth: int = 0) -> tuple[Token, ...]:
    """The tokens of a text. Never raises; a character that begins no token is passed over."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    found: list[Token] = []
    at, last_row = 0, -1
    while at < len(text) and len(found) < MAX_TOKENS:
        row = bisect_right(starts, at) - 1
        token, end = _next(text, at, found, line + row, depth)
        if token is not None:
            found.append(Token(token.kind, token.text, token.line, row != last_row, token.parts))
            last_row = row
        at = end
    return tuple(found)


def _next(text: str, at: int, found: list[Token], line: int, depth: int) -> tuple[Token | None, int]:
    character = text[at]
    if character == "`":
        return _template(text, at, line, depth)
    if character == "/" and _may_be_regex(found) and (match := _REGEX.match(text, at)):
        return Token("regex", match[0], line), match.end()
    match = _TOKEN.match(text, at)
    if match is None:
        return None, at + 1
    kind = match.lastgroup or ""
    if kind == "space":
        return None, match.end()
    value = unescaped(match[0][1:-1]) if kind == "string" else match[0]
    return Token(kind, value, line), match.end()


def _may_be_regex(found: list[Token]) -> bool:
    if not found:
        return True
    last = found[-1]
    if last.kind == "name":
        return last.text in _BEFORE_REGEX
    return last.kind not in _VALUES and last.text not in {")", "]", "}"}


def _template(text: str, at: int, line: int, depth: int) -> tuple[Token, int]:
    """A template from its first backtick."""
    start = at
    at += 1
    parts: list[str | tuple[Token, ...]] = []
    held = ""
    while at < len(text) and text[at] != "`":
        if text[at] == "\\":
            held += text[at : at + 2]
            at += 2
        elif text.startswith("${", at):
            end = _closing(text, at + 2)
            row = line + text.count("\n", start, at)
            inner = tokens_of(text[at + 2 : end], line=row, depth=depth + 1) if depth < 6 else ()
            parts += [unescaped(held), inner]
            held = ""
            at = end + 1
        else:
            following = min((e for e in (text.find(c, at + 1) for c in "`\\$") if e >= 0), default=len(text))
            held += text[at:following]
            at = following
    parts.append(unescaped(held))
    whole = "".join(part if isinstance(part, str) else "${}" for part in parts)
    return Token("template", whole, line, parts=tuple(parts)), at + 1


def _closing(text: str, at: int) -> int:
    """Where the brace that opened before `at` closes; braces in strings inside are rare and not followed."""
    depth = 1
    for match in re.compile(r"[{}]|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'").finditer(text, at):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return match.start()
    return len(text)
