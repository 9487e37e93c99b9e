"""The JSON header of a safetensors file, read token by token.

A header may be 100 MB of hostile JSON, so nothing is built that the format has no use for: one
tensor entry at a time, each at most `MAX_ENTRY` characters, every key checked for a second one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]  # the strict string reader of the standard json
from typing import Any

from weigh.core.errors import MalformedError

METADATA_KEY = "__metadata__"
MAX_ENTRY = 4096
MAX_TENSORS = 200_000
MAX_PAIRS = 10_000
MAX_METADATA = 16 * 1024 * 1024
"""Characters of metadata that are read; published files have a few hundred."""

SHAPE_RULE = "WGH-S009"
_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,19}")
_ENTRY = re.compile(r"\{[^{}]*\}")
_FIELDS = ("dtype", "shape", "data_offsets")


@dataclass(frozen=True, slots=True)
class Entry:
    """One tensor as the header states it.

    Attributes:
        name: hostile text.
        dtype: as written.
        shape: no negative sizes.
        begin: first byte of its payload, counted from the end of the header.
        end: one past the last byte.
        at: byte offset of the entry in the file.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int
    at: int


class HeaderScanner:
    """Walks one header.

    Args:
        text: the header's JSON, padding included.
        base: byte offset of the header in the file.

    Attributes:
        metadata: the `__metadata__` pairs, once they were met.
    """

    def __init__(self, text: str, base: int) -> None:
        self._text = text
        self._base = base
        self._at = 0
        self.metadata: dict[str, str] = {}

    def entries(self) -> Iterator[Entry]:
        """Every tensor entry, in the order they stand.

        Raises:
            MalformedError: with the rule of the format that is broken, and where.
        """
        seen: set[str] = set()
        if self._text[:1] != "{":
            raise self._bad("WGH-S004", "the header does not start with '{'")
        for key in self._keys("WGH-S004"):
            if key in seen:
                raise self._bad("WGH-S005", f"the key {key[:80]!a} stands twice")
            seen.add(key)
            if len(seen) > MAX_TENSORS:
                raise self._bad("WGH-S007", f"more than {MAX_TENSORS} tensors")
            if key == METADATA_KEY:
                self._read_metadata()
            else:
                yield self._entry(key)
        if self._text[self._at :].strip(" "):
            raise self._bad("WGH-S015", "something other than spaces follows the header's object")

    def _keys(self, rule: str) -> Iterator[str]:
        """The keys of the object at the cursor; the caller reads each value."""
        self._expect("{", rule)
        if self._take("}"):
            return
        while True:
            key = self._string(rule)
            self._expect(":", rule)
            yield key
            if self._take("}"):
                return
            self._expect(",", rule)

    def _read_metadata(self) -> None:
        start = self._at
        for key in self._keys("WGH-S006"):
            if key in self.metadata:
                raise self._bad("WGH-S005", f"the metadata key {key[:80]!a} stands twice")
            self.metadata[key] = self._string("WGH-S006")
            if len(self.metadata) > MAX_PAIRS or self._at - start > MAX_METADATA:
                raise self._bad("WGH-S006", "there is more metadata than is read")

    def _entry(self, name: str) -> Entry:
        self._skip()
        start = self._at
        match = _ENTRY.match(self._text, start, start + MAX_ENTRY)
        if match is None:
            raise self._bad("WGH-S007", f"{name[:80]!a} is not described by a small flat object")
        fields: dict[str, Any] = {}
        for key in self._keys("WGH-S007"):
            if key in fields:
                raise self._bad("WGH-S005", f"{name[:80]!a} states {key[:80]!a} twice")
            fields[key] = self._string("WGH-S008") if key == "dtype" else self._numbers(key)
        if set(fields) != set(_FIELDS) or len(fields["data_offsets"]) != 2:
            raise self._bad("WGH-S007", f"{name[:80]!a} needs dtype, shape and two data_offsets")
        begin, end = fields["data_offsets"]
        return Entry(name, fields["dtype"], fields["shape"], begin, end, self._base + start)

    def _numbers(self, field: str) -> tuple[int, ...]:
        rule = {"shape": SHAPE_RULE, "data_offsets": "WGH-S017"}.get(field, "WGH-S007")
        self._expect("[", rule)
        numbers: list[int] = []
        if self._take("]"):
            return ()
        while True:
            self._skip()
            match = _NUMBER.match(self._text, self._at)
            if match is None:
                raise self._bad(rule, "a whole number that is not negative was expected")
            numbers.append(int(match.group()))
            self._at = match.end()
            if self._take("]"):
                return tuple(numbers)
            self._expect(",", rule)

    def _string(self, rule: str) -> str:
        self._expect('"', rule)
        try:
            text, self._at = scanstring(self._text, self._at, True)  # positional only
            text.encode()
        except ValueError as error:
            # half of a surrogate pair cannot be written back as UTF-8
            raise self._bad(rule, "a text is not closed, or has a character JSON forbids") from error
        return str(text)

    def _skip(self) -> None:
        match = _SPACE.match(self._text, self._at)
        if match is not None:
            self._at = match.end()

    def _take(self, character: str) -> bool:
        self._skip()
        if self._text[self._at : self._at + 1] != character:
            return False
        self._at += 1
        return True

    def _expect(self, character: str, rule: str) -> None:
        if not self._take(character):
            raise self._bad(rule, f"{character!r} was expected")

    def _bad(self, rule: str, why: str) -> MalformedError:
        offset = self._base + len(self._text[: self._at].encode("utf-8", "surrogatepass"))
        return MalformedError("the safetensors header is broken", why=why, offset=offset, rule=rule)
