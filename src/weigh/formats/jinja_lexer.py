"""Jinja templates as tokens.

Source: jinja.palletsprojects.com, "Template Designer Documentation", and the defaults that Transformers and
llama.cpp use (no line statements, no custom delimiters).
"""

import re
from dataclasses import dataclass
from enum import Enum

from weigh.core.errors import MalformedError

MAX_TEMPLATE = 1024 * 1024
"""Characters; the longest published chat templates have some 30,000."""
MAX_TOKENS = 200_000


class TemplateError(MalformedError):
    """The text is no template that this reader can follow."""


class Kind(Enum):
    """What a token is."""

    DATA = "text between the tags"
    VARIABLE = "{{"
    VARIABLE_END = "}}"
    BLOCK = "{%"
    BLOCK_END = "%}"
    NAME = "name"
    TEXT = "text constant"
    NUMBER = "number"
    SIGN = "operator"


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        kind: what it is.
        value: its text; of a text constant what it stands for, of a number the number.
        at: character offset in the template.
    """

    kind: Kind
    value: str | int | float
    at: int


_OPEN = re.compile(r"\{(?:%[-+]?|\{[-+]?|#)")
_RAW_END = re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")
_RAW = re.compile(r"\{%[-+]?\s*raw\s*[-+]?%\}")
_SPACE = re.compile(r"\s+")
_NAME = re.compile(r"[^\W\d]\w*")
_NUMBER = re.compile(
    r"0[xX][0-9a-fA-F_]{1,64}|0[oO][0-7_]{1,64}|0[bB][01_]{1,256}"
    r"|\d[\d_]{0,300}(?:\.\d[\d_]{0,300})?(?:[eE][+-]?\d{1,4})?"
)
_TEXT = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"", re.DOTALL)
_SIGN = re.compile(r"//|\*\*|==|!=|<=|>=|[-+*/%~<>=.,:|()\[\]{};!]")
_ESCAPE = re.compile(
    r"\\(?:[0-7]{1,3}|[\n\\'\"abfnrtv]|x[0-9A-Fa-f]{0,2}|u[0-9A-Fa-f]{0,4}|U[0-9A-Fa-f]{0,8}"
    r"|N(?:\{[A-Za-z0-9 -]{0,99}\})?)"
)
_CLOSES = {"(": ")", "[": "]", "{": "}"}


def lex(text: str) -> list[Token]:
    """All tokens of a template.

    Raises:
        TemplateError: it is no template, or longer than is read.
    """
    if len(text) > MAX_TEMPLATE:
        raise TemplateError("the template is too long", why=f"{MAX_TEMPLATE} characters are read", offset=0)
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        if len(tokens) > MAX_TOKENS:
            raise TemplateError(
                "the template is too long", why=f"{MAX_TOKENS} tokens are read", offset=position
            )
        found = _OPEN.search(text, position)
        if found is None:
            tokens.append(Token(Kind.DATA, text[position:], position))
            break
        if found.start() > position:
            tokens.append(Token(Kind.DATA, text[position : found.start()], position))
        position = _tag(text, found, tokens)
    return tokens


def _tag(text: str, found: re.Match[str], tokens: list[Token]) -> int:
    """Read one tag, comment or raw block; the offset after it."""
    start = found.start()
    if text.startswith("{#", start):
        end = text.find("#}", start + 2)
        if end < 0:
            raise TemplateError("a comment does not end", offset=start)
        return end + 2
    raw = _RAW.match(text, start)
    if raw:
        end_of_raw = _RAW_END.search(text, raw.end())
        if end_of_raw is None:
            raise TemplateError("a raw block does not end", offset=start)
        tokens.append(Token(Kind.DATA, text[raw.end() : end_of_raw.start()], raw.end()))
        return end_of_raw.end()
    if text[start + 1] == "{":
        tokens.append(Token(Kind.VARIABLE, "{{", start))
        return _inside(text, found.end(), tokens, "}}", Kind.VARIABLE_END)
    tokens.append(Token(Kind.BLOCK, "{%", start))
    return _inside(text, found.end(), tokens, "%}", Kind.BLOCK_END)


def _inside(text: str, position: int, tokens: list[Token], end: str, kind: Kind) -> int:
    """Tokens up to the end of a tag. An end inside brackets is an operator."""
    open_brackets: list[str] = []
    while position < len(text):
        space = _SPACE.match(text, position)
        if space:
            position = space.end()
            continue
        signed = text[position] in "-+" and text.startswith(end, position + 1)
        if not open_brackets and (signed or text.startswith(end, position)):
            tokens.append(Token(kind, end, position))
            return position + len(end) + signed
        position = _token(text, position, tokens)
        _match(tokens[-1], open_brackets)
        if len(tokens) > MAX_TOKENS:
            break
    raise TemplateError("a tag does not end", offset=position)


def _match(token: Token, open_brackets: list[str]) -> None:
    if token.kind is not Kind.SIGN:
        return
    if token.value in _CLOSES:
        open_brackets.append(_CLOSES[str(token.value)])
    elif token.value in _CLOSES.values() and (not open_brackets or open_brackets.pop() != token.value):
        raise TemplateError("brackets do not match", offset=token.at)


def _token(text: str, position: int, tokens: list[Token]) -> int:
    for pattern, kind in ((_NAME, Kind.NAME), (_NUMBER, Kind.NUMBER), (_TEXT, Kind.TEXT), (_SIGN, Kind.SIGN)):
        found = pattern.match(text, position)
        if found is None:
            continue
        value: str | int | float = found.group()
        if kind is Kind.NUMBER:
            value = _number(found.group(), position)
        elif kind is Kind.TEXT:
            value = _unescaped(found.group()[1:-1], position)
        tokens.append(Token(kind, value, position))
        return found.end()
    raise TemplateError("a character stands where none is allowed", offset=position)


def _number(text: str, at: int) -> int | float:
    plain = text.replace("_", "")
    try:
        if plain[:2].lower() in {"0x", "0o", "0b"}:
            return int(plain, 0)
        return int(plain) if plain.isdigit() else float(plain)
    except ValueError as error:
        raise TemplateError("a number is broken", offset=at) from error


def _unescaped(text: str, at: int) -> str:
    """What a text constant stands for, by Python's escapes; what is no escape stays as it is."""
    if "\\" not in text:
        return text
    try:
        return _ESCAPE.sub(_one_escape, text)
    except (UnicodeDecodeError, ValueError) as error:
        raise TemplateError("a text constant has a broken escape", offset=at) from error


def _one_escape(found: re.Match[str]) -> str:
    escape = found.group()
    if escape[1:].isdigit():
        return chr(int(escape[1:], 8))
    return escape.encode("ascii").decode("unicode-escape")
