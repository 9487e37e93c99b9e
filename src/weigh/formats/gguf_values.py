"""GGUF key-value pairs: read in order, kept when small, counted when long."""

import math
from dataclasses import dataclass, field
from typing import Any

from weigh.core.errors import MalformedError
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.gguf_cursor import Cursor

MAX_KEY = 65_535
"""Bytes of a key; the bound of the specification."""
MAX_KEPT_TEXT = 64 * 1024
MAX_TEMPLATE = 1024 * 1024
"""Bytes of a template that is judged."""
MAX_KEPT_ITEMS = 64
"""Items of a list that are kept; longer lists are counted."""
MAX_ALL_TEXT = 8 * 1024**2
"""Bytes of all texts that are kept of one file."""
MAX_ITEMS = 8_000_000
"""Items of all lists of texts of one file that are walked; the largest vocabularies with merges have 1 M."""
MAX_NESTING = 4
"""Lists in lists; the specification allows them and no known writer makes any."""
MOST_VALUE_TYPE = 32
"""Numbers below may be value types newer than this reader."""

TEXT, LIST, TRUTH = 8, 9, 7
FORMS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", TRUTH: "B", 10: "Q", 11: "q", 12: "d"}
SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, TRUTH: 1, 10: 8, 11: 8, 12: 8}
_FRACTIONS = frozenset({6, 12})

TEMPLATE = "tokenizer.chat_template"


class NewerError(MalformedError):
    """The file uses something that may be newer than this reader; what was read so far counts."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A list that was counted.

    Attributes:
        kind: value type of its items.
        count: items.
        items: the items of a short list.
    """

    kind: int
    count: int
    items: tuple[Any, ...] = ()


@dataclass(slots=True)
class Values:
    """The key-value pairs of one file.

    Attributes:
        kept: key → value: a number, truth, text, or `Listed`.
        kinds: key → value type.
        templates: key → template text.
        skipped: keys of templates that are too long to be judged.
    """

    kept: dict[str, Any] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    text_left: int = MAX_ALL_TEXT
    items_left: int = MAX_ITEMS

    def read(self, cursor: Cursor, found: AnomalyList) -> None:
        """Read one pair.

        Raises:
            MalformedError: the file ends, or claims what no reader takes.
        """
        start = cursor.position
        key, size = cursor.text("a key", min(MAX_KEY, self.text_left))
        if size > MAX_KEY:
            raise MalformedError(
                f"a key has {size} bytes", why="65,535 are allowed", offset=start, rule="WGH-GG007"
            )
        self.text_left -= len(key)
        if size and not key:
            raise NewerError("its texts are longer than is kept", why=f"{MAX_ALL_TEXT} bytes are")
        if key in self.kinds:
            found.add("WGH-GG006", f"the key {quoted(key)} stands twice", offset=start)
        if any(ord(c) < 32 or ord(c) == 127 for c in key):
            found.add("WGH-GG021", f"the key {quoted(key)} holds control characters", offset=start)
        kind = cursor.whole("I")
        self.kinds[key] = kind
        value = self._value(cursor, kind, key, 0)
        self._note(key, value, found, start)

    def _note(self, key: str, value: Any, found: AnomalyList, start: int) -> None:
        self.kept[key] = value
        if not key.startswith("general."):
            return
        texts = value.items if isinstance(value, Listed) else (value,)
        if any(isinstance(text, str) and "\x1b" in text for text in texts):
            detail = f"the value of {quoted(key)} holds terminal control sequences"
            found.add("WGH-GG021", detail, offset=start)

    def _value(self, cursor: Cursor, kind: int, key: str, depth: int) -> Any:
        if kind in FORMS:
            return _plain(cursor.number(FORMS[kind]), kind)
        if kind == TEXT:
            return self._text(cursor, key)
        if kind == LIST:
            return self._list(cursor, key, depth)
        offset = cursor.position - 4
        if kind < MOST_VALUE_TYPE:
            why = f"{quoted(key)} has the value type {kind}"
            raise NewerError("a value type this version does not know", why=why, offset=offset)
        raise MalformedError(
            f"the value of {quoted(key)} has the type {kind}",
            why="the format has types 0 to 12",
            offset=offset,
            rule="WGH-GG005",
        )

    def _text(self, cursor: Cursor, key: str) -> str:
        is_template = key == TEMPLATE or key.startswith(TEMPLATE + ".")
        limit = min(MAX_TEMPLATE if is_template else MAX_KEPT_TEXT, self.text_left)
        text, size = cursor.text(f"the value of {quoted(key)}", limit)
        if size > limit:
            if is_template:
                self.skipped.append(key)
            return f"({size} bytes)"
        self.text_left -= size
        if is_template:
            self.templates[key] = text
            return f"({size} bytes)"
        return text

    def _list(self, cursor: Cursor, key: str, depth: int) -> Listed:
        if depth >= MAX_NESTING:
            raise MalformedError(
                f"the value of {quoted(key)} is lists in lists, {depth} deep",
                why="no writer makes them, and a reader that calls itself for each would overflow its stack",
                offset=cursor.position,
                rule="WGH-GG005",
            )
        kind = cursor.whole("I")
        count = cursor.length(f"the list {quoted(key)}")
        if kind in SIZES:
            return self._numbers(cursor, kind, count)
        self.items_left -= count
        if self.items_left < 0:
            raise NewerError("its lists are longer than is walked", why=f"{MAX_ITEMS} items are")
        if kind != TEXT:
            for _ in range(count):
                self._value(cursor, kind, key, depth + 1)
            return Listed(kind, count)
        if count > MAX_KEPT_ITEMS and key != TEMPLATE:
            cursor.skip_texts(count)
            return Listed(kind, count)
        texts = []
        for place in range(count):
            text = self._text(cursor, key)
            if key == TEMPLATE and key in self.templates:
                self.templates[f"{key}[{place}]"] = self.templates.pop(key)
            texts.append(text)
            if len(texts) > MAX_KEPT_ITEMS:
                texts.pop()
        return Listed(kind, count, tuple(texts))

    def _numbers(self, cursor: Cursor, kind: int, count: int) -> Listed:
        if count > MAX_KEPT_ITEMS:
            cursor.skip(count * SIZES[kind])
            return Listed(kind, count)
        return Listed(kind, count, tuple(_plain(cursor.number(FORMS[kind]), kind) for _ in range(count)))


def _plain(value: float, kind: int) -> Any:
    """A number as JSON can hold it."""
    if kind == TRUTH:
        return bool(value)
    if not math.isfinite(value):
        return str(value)
    return value if abs(value) <= 2**53 or kind in _FRACTIONS else str(value)
