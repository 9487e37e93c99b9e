"""The prose of a model card cut at its headings. Markdown is read as text; nothing of it is rendered.

Source: CommonMark 0.31.2, sections 4.2 (ATX headings), 4.3 (setext headings) and 4.5 (fenced code),
as far as a table of contents needs them.
"""

import re
from collections.abc import Iterator
from typing import Any

MAX_SECTIONS = 200
MAX_TITLE = 200
MAX_SECTION_TEXT = 4_000
"""Characters kept of one section; the fact says that it was cut."""

_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.*)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})[ \t]*")
_PLACEHOLDER = re.compile(
    r"\b(more information needed|needs? more information|to be (added|determined)|todo|tbd|n/a)\b",
    re.IGNORECASE,
)
_MARKS = re.compile(r"[*\-_:#>|\[\].\s]+")


def sections(text: str) -> list[dict[str, Any]]:
    """Sections of a card without its front matter.

    Args:
        text: the Markdown. Words before the first heading are a section of level 0 without a title.

    Returns:
        JSON values in the card's order: `title` (hostile), `level` 0 to 6, `line` (1-based in `text`),
        `text` of the section without those below it, `empty` (it says nothing, or only that
        something is missing), `cut` (more was there than is kept).
    """
    found: list[dict[str, Any]] = [{"title": "", "level": 0, "line": 1}]
    body: list[str] = []
    for number, level, title, line in _lines(text):
        if level:
            if line:
                # The title of an underlined heading was taken for a line of the section before it.
                body.pop()
            if len(found) == MAX_SECTIONS:
                break
            _close(found, body)
            found.append({"title": title[:MAX_TITLE], "level": level, "line": number})
            body = []
        else:
            body.append(line)
    _close(found, body)
    return found if found[0]["text"] else found[1:]


def _close(found: list[dict[str, Any]], body: list[str]) -> None:
    if "text" in found[-1]:
        return
    text = "\n".join(body).strip()
    found[-1] |= {
        "text": text[:MAX_SECTION_TEXT],
        "empty": _says_nothing(text[:MAX_SECTION_TEXT]),
        "cut": len(text) > MAX_SECTION_TEXT,
    }


def _says_nothing(text: str) -> bool:
    """Whether nothing is left but marks, comments and words for "missing"."""
    first, *others = text.split("<!--")
    shown = " ".join([first, *(piece.partition("-->")[2] for piece in others)])
    return not _MARKS.sub("", _PLACEHOLDER.sub("", shown))


def _lines(text: str) -> Iterator[tuple[int, int, str, str]]:
    """(number, heading level or 0, title, line or underline); a heading inside fenced code is code."""
    fence = ""
    before = ""
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip("\r")
        mark = _FENCE.match(line)
        if mark is not None and (not fence or line.strip().startswith(fence)):
            fence = "" if fence else mark[1]
            before = ""
        heading = None if fence or mark is not None else _ATX.fullmatch(line)
        if heading is not None:
            yield number, len(heading[1]), _title(heading[2]), ""
            before = ""
        elif not fence and before and _UNDERLINE.fullmatch(line):
            yield number, 1 if "=" in line else 2, _title(before), line
            before = ""
        else:
            yield number, 0, "", line
            # A table row or list item above a line of dashes is no heading.
            before = "" if fence or line.lstrip().startswith(("|", "-", "*", ">")) else line.strip()


def _title(text: str) -> str:
    plain = re.sub(r"[ \t]+#+[ \t]*$", "", text[: 4 * MAX_TITLE])
    return re.sub(r"[*_`]", "", plain).strip()
