"""Expression text → tokens, each with its place.

```
number   12   0.5   1e-3
string   'it''s'   "two words"       (the quote doubled stands for itself)
name     valence   `hours-per-week`  (backticks for names that are not a plain word)
symbol   ( ) , + - * / = == != <> < <= > >=
```
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from weigh.core.errors import UsageError
from weigh.datasets.wording import shown

LONGEST = 4096
"""Characters of one expression; nobody writes more by hand, and it bounds the text."""

MOST = 400
"""Tokens of one expression: the tree can be no deeper, so walking it cannot exhaust the stack."""

_TOKEN = re.compile(
    r"""(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?!\w))
      | (?P<string>'(?:[^']|'')*'|"(?:[^"]|"")*")
      | (?P<quoted>`(?:[^`]|``)+`)
      | (?P<word>[^\W\d]\w*)
      | (?P<symbol><=|>=|<>|!=|==|[-(),+*/=<>])""",
    re.VERBOSE,
)
_SPACE = re.compile(r"\s*")


class Kind(StrEnum):
    """What a token is."""

    NUMBER = "number"
    STRING = "string"
    QUOTED = "quoted"
    WORD = "word"
    SYMBOL = "symbol"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        kind: what it is.
        text: its content, without quotes.
        at: place of its first character, from 1.
    """

    kind: Kind
    text: str
    at: int


def tokens(source: str) -> list[Token]:
    """Split an expression into tokens; the last one is `END`.

    Raises:
        UsageError: a character that begins nothing, an unclosed quote, or too long a text.
    """
    if len(source) > LONGEST:
        raise UsageError(
            f"the expression {shown(source)} is too long",
            why=f"it has {len(source):,} characters, at most {LONGEST:,} are read",
        )
    found: list[Token] = []
    place = _skip(source, 0)
    while place < len(source):
        token, end = _one(source, place)
        found.append(token)
        if len(found) > MOST:
            raise unreadable(source, token.at, f"more than {MOST} words and symbols")
        place = _skip(source, end)
    return [*found, Token(Kind.END, "", len(source) + 1)]


def unreadable(source: str, at: int, why: str, hint: str = "") -> UsageError:
    """The error for an expression that breaks the grammar at character `at` (from 1)."""
    return UsageError(
        f"cannot read the expression {shown(source, limit=200)}",
        why=f"at character {at}: {why}",
        hint=hint or "the grammar is in docs/reference/expressions.md",
    )


def _skip(source: str, place: int) -> int:
    space = _SPACE.match(source, place)
    return space.end() if space else place


def _one(source: str, place: int) -> tuple[Token, int]:
    match = _TOKEN.match(source, place)
    if match is None or match.lastgroup is None:
        raise _stray(source, place)
    kind, text = Kind(match.lastgroup), match[0]
    if kind in {Kind.STRING, Kind.QUOTED}:
        text = text[1:-1].replace(text[0] * 2, text[0])
    return Token(kind, text, place + 1), match.end()


def _stray(source: str, place: int) -> UsageError:
    character = source[place]
    if character in "'\"`":
        return unreadable(source, place + 1, f"the quote {character} is never closed")
    if character.isdigit() or character == ".":
        return unreadable(
            source, place + 1, "this is neither a number nor a name", "put `backticks` round it"
        )
    return unreadable(source, place + 1, f"{shown(character)} has no meaning here")
