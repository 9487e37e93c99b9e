"""The pieces every section of the page is made of: sections, tables, badges, digests, lists."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from weigh.core.digest import short
from weigh.core.finding import Severity
from weigh.core.outcome import OutcomeKind
from weigh.core.recommendation import Statement
from weigh.core.verdict import VerdictKind
from weigh.render import numbers
from weigh.render.markup import Markup, Node, join, tag

MAX_ROWS = 200
"""Rows of one table on the page; report.json has them all."""

_TONE = {
    VerdictKind.PASS.value: "good",
    VerdictKind.UNKNOWN.value: "open",
    VerdictKind.FAIL.value: "bad",
    # An answer is not yet a good one: only policy says so.
    OutcomeKind.ANSWERED.value: "calm",
    OutcomeKind.INCONCLUSIVE.value: "open",
    OutcomeKind.NOT_RUN.value: "open",
    OutcomeKind.ERROR.value: "bad",
    Severity.INFO.value: "calm",
    Severity.LOW.value: "calm",
    Severity.MEDIUM.value: "open",
    Severity.HIGH.value: "bad",
    Severity.CRITICAL.value: "bad",
    "signed": "good",
    "missing": "open",
    "ended": "open",
    "for other bytes": "open",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; numbers stand to the right."""

    head: str
    number: bool = False


def section(name: str, title: str, *children: Node, lead: str = "") -> Markup:
    """A section with its anchor and heading; `lead` is the sentence under it."""
    return tag(
        "section",
        tag("h2", title, id=f"{name}-h"),
        tag("p", lead, class_="lead") if lead else None,
        *children,
        id=name,
        aria_labelledby=f"{name}-h",
    )


def table(caption: str, columns: Sequence[Column], rows: Sequence[Sequence[Node]]) -> Markup | None:
    """A table whose first cell of each row is its header; None when there are no rows.

    A row shorter than the columns lets its last cell span the rest.
    """
    if not rows:
        return None
    head = tag("tr", *(tag("th", c.head, scope="col", class_="num" if c.number else None) for c in columns))
    body = [_row(columns, row) for row in rows[:MAX_ROWS]]
    hidden = len(rows) - MAX_ROWS
    note = f" {numbers.count(hidden)} more rows are in report.json." if hidden > 0 else ""
    return tag(
        "div",
        tag("table", tag("caption", tag("span", caption + note)), tag("thead", head), tag("tbody", *body)),
        class_="scroll",
        tabindex="0",
        role="region",
        aria_label=caption,
    )


def _row(columns: Sequence[Column], row: Sequence[Node]) -> Markup:
    cells: list[Node] = [tag("th", row[0], scope="row")]
    for i, cell in enumerate(row[1:], start=1):
        rest = len(columns) - len(row) + 1 if i == len(row) - 1 else 1
        style = "num" if columns[i].number and rest == 1 else None
        cells.append(tag("td", cell, class_=style, colspan=str(rest) if rest > 1 else None))
    return tag("tr", *cells)


def badge(word: str) -> Markup:
    """A word of a closed set in its tone; the word itself says it, the colour repeats it."""
    return tag("span", word.replace("_", " "), class_=f"badge {_TONE.get(word, 'calm')}")


def digest(value: str) -> Markup | None:
    """A digest in short, in full on hover and when copied from the title."""
    return tag("code", short(value), title=value, class_="digest") if value else None


def statements(items: Iterable[Statement], *, nothing: str) -> Markup:
    """Sentences with the evidence they rest on."""
    entries = [tag("li", item.text, _cited(item.evidence)) for item in items]
    return tag("ul", *entries) if entries else tag("p", nothing, class_="quiet")


def _cited(evidence: Sequence[str]) -> Markup | None:
    return join((" ", join((digest(e) for e in evidence), " "))) if evidence else None


def details(summary: Node, *children: Node, opened: bool = False) -> Markup:
    """Something that folds."""
    return tag("details", tag("summary", summary), *children, open="" if opened else None)


def facts_list(pairs: Iterable[tuple[str, Node]]) -> Markup:
    """Terms and what they are."""
    return tag(
        "dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs if value is not None)
    )
