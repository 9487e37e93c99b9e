"""YAML's flow style: quoted scalars, `[a, b]` and `{a: b}` on one (joined) line."""

import json
import re
from collections.abc import Callable
from typing import Any

MAX_DEPTH = 16

_DOUBLE = re.compile(r'"(?:[^"\\]|\\.)*"')
_SINGLE = re.compile(r"'(?:[^']|'')*'")
_BARE = re.compile(r"[^,\[\]{}\"'#&*!|>%@`]+(?:[^,\[\]{}]*[^,\[\]{}\s])?")
_REST = re.compile(r"\s*(?:#.*)?")


class UnreadError(Exception):
    """Something stands here that the subset does not cover. Never leaves the YAML reader."""


class FlowReader:
    """Reads one flow value.

    Args:
        text: the value, on one line.
        plain: turns a plain scalar into its value.
    """

    def __init__(self, text: str, plain: Callable[[str], Any]) -> None:
        self._text = text
        self._plain = plain
        self._at = 0

    def whole(self) -> Any:
        """The value; nothing but a comment may follow it.

        Raises:
            UnreadError: it is not of the subset.
        """
        value = self._value(0)
        if not _REST.fullmatch(self._text, self._at):
            raise UnreadError("something follows a closed value")
        return value

    def _value(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise UnreadError("it is nested too deeply")
        self._skip()
        opening = self._text[self._at : self._at + 1]
        if opening == "[":
            return self._list(depth)
        if opening == "{":
            return self._map(depth)
        return self._scalar(key=False)

    def _list(self, depth: int) -> list[Any]:
        self._at += 1
        items: list[Any] = []
        while not self._take("]"):
            items.append(self._value(depth + 1))
            if not self._take(","):
                self._expect("]")
                break
        return items

    def _map(self, depth: int) -> dict[str, Any]:
        self._at += 1
        found: dict[str, Any] = {}
        while not self._take("}"):
            key = str(self._scalar(key=True))
            self._expect(":")
            if key in found:
                raise UnreadError(f"the key {key!r} stands twice")
            found[key] = self._value(depth + 1)
            if not self._take(","):
                self._expect("}")
                break
        return found

    def _scalar(self, *, key: bool) -> Any:
        self._skip()
        for pattern in (_DOUBLE, _SINGLE):
            match = pattern.match(self._text, self._at)
            if match is not None:
                self._at = match.end()
                return _unquote(match.group())
        match = _BARE.match(self._text, self._at)
        if match is None:
            raise UnreadError("an anchor, alias, tag, or an unclosed value")
        text = match.group()
        if key:
            text = text.partition(":")[0]
        self._at += len(text)
        return text.strip() if key else self._plain(text.strip())

    def _skip(self) -> None:
        while self._text[self._at : self._at + 1] in {" ", "\t"}:
            self._at += 1

    def _take(self, character: str) -> bool:
        self._skip()
        if self._text[self._at : self._at + 1] != character:
            return False
        self._at += 1
        return True

    def _expect(self, character: str) -> None:
        if not self._take(character):
            raise UnreadError(f"{character!r} was expected")


def _unquote(text: str) -> str:
    if text[0] == "'":
        return text[1:-1].replace("''", "'")
    try:
        value = str(json.loads(text))
        value.encode()
    except ValueError as error:
        # YAML has more escapes than JSON; cards use none of them
        raise UnreadError("an escape that is not read") from error
    return value
