r"""Hostile text made harmless: names, labels, cards and findings come from strangers.

A terminal obeys control characters (ECMA-48) and, like a page, reorders lines that hold bidirectional
overrides (Unicode UAX #9; CVE-2021-42574). What cannot be seen is therefore written out, so that it
cannot act and cannot hide: `\x1b`, `\u202e`, `\n`.
"""

import html
import unicodedata
from collections.abc import Iterator

MAX_TEXT = 4000
"""Characters of one hostile text that any renderer shows; the rest is counted, not shown."""

MAX_MARKS = 4
"""Combining marks in a row; written languages stay below, stacks of them climb over other lines."""

ELLIPSIS = "…"


def visible(text: str, *, limit: int = MAX_TEXT) -> str:
    """One line that shows every character: invisible and acting ones as escapes.

    Args:
        text: anything.
        limit: characters of `text` that are looked at; how many more there are is said.
    """
    shown = "".join(_units(text[:limit]))
    hidden = len(text) - limit
    return shown if hidden <= 0 else f"{shown}{ELLIPSIS} ({hidden} more characters)"


def terminal(text: str, *, width: int = 0) -> str:
    """Text for a terminal: `visible`, and at most `width` cells wide when `width` is given."""
    return clip(text, width) if width > 0 else visible(text)


def page(text: str) -> str:
    """Text for HTML, inside an element or a quoted attribute: `visible`, then the markup escaped."""
    return html.escape(visible(text), quote=True)


def cells(text: str) -> int:
    """Terminal cells that already visible text takes: wide characters two, combining marks none."""
    return sum(_cells(c) for c in text)


def clip(text: str, width: int) -> str:
    """The beginning of `text`, escaped, in at most `width` cells; an escape is never cut in two."""
    out: list[str] = []
    used = 0
    for unit in _units(text):
        out.append(unit)
        used += cells(unit)
        if used > width:
            break
    else:
        return "".join(out)
    while out and used > width - 1:
        used -= cells(out.pop())
    return "".join(out) + (ELLIPSIS if width > 0 else "")


def interoperable(text: str) -> str:
    """Text as JSON may carry it: lone surrogates, which have no UTF-8 form, as escapes (RFC 8259, 8.2)."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def json_text(text: str) -> str:
    """JSON for a terminal: what acts or hides, and may stand in a JSON string as it is, as escapes.

    Outside strings JSON holds none of them, so the value is the same.
    """
    return "".join(c if c in "\n\t" or c.isprintable() else _json_escape(c) for c in text)


def _json_escape(c: str) -> str:
    pair = c.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{pair[i : i + 4]}" for i in range(0, len(pair), 4))


def _units(text: str) -> Iterator[str]:
    """The visible form of each character in turn."""
    marks = 0
    for c in text:
        marks = marks + 1 if unicodedata.category(c) in {"Mn", "Me"} else 0
        if c == " " or (c.isprintable() and marks <= MAX_MARKS):
            yield c
        elif unicodedata.category(c) == "Zs":
            yield " "
        else:
            yield _escape(c)


def _escape(c: str) -> str:
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(c)
    if named:
        return named
    code = ord(c)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _cells(c: str) -> int:
    if unicodedata.combining(c) or unicodedata.category(c) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(c) in {"W", "F"} else 1
