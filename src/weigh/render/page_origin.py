"""What it was all made from: the data, the model and what is known of it, the limits of the run."""

import json

from weigh.core.facts import Fact
from weigh.core.report import DataSummary, ModelSummary, Report
from weigh.render import numbers
from weigh.render.markup import Markup, Node, join, tag
from weigh.render.page_parts import Column, digest, facts_list, section, table


def data(summary: DataSummary | None) -> Markup | None:
    """The rows, from reading to splitting."""
    if summary is None:
        return None
    rows: list[list[Node]] = [[what, numbers.count(n)] for what, n in summary.counts]
    return section(
        "data",
        "The data",
        facts_list(
            [
                ("name", summary.name),
                ("digest", digest(summary.digest)),
                ("classes", ", ".join(summary.classes)),
            ]
        ),
        table("Rows, in the order they were handled", (Column("step"), Column("rows", number=True)), rows),
        tag("ul", *(tag("li", note) for note in summary.notes)) if summary.notes else None,
    )


def model(summary: ModelSummary | None) -> Markup | None:
    """The model, and why each fact about it is believed."""
    if summary is None:
        return None
    columns = (Column("fact"), Column("value"), Column("basis"), Column("read from"))
    rows: list[list[Node]] = [[f.name, _value(f), f.basis.value, f.where] for f in summary.facts]
    return section(
        "model",
        "The model",
        facts_list(
            [
                ("name", summary.name),
                ("in short", summary.sentence),
                ("digest", tag("code", summary.digest, class_="digest")),
                ("files", f"{numbers.count(summary.files)}, {numbers.size(summary.size)}"),
                ("from", join((tag("code", ref) for ref in summary.refs), " ")),
            ]
        ),
        table("Facts and their basis: nothing of the model was executed to read them", columns, rows),
    )


def _value(fact: Fact) -> str:
    if fact.value is None:
        return "?"
    if isinstance(fact.value, str):
        return fact.value
    if isinstance(fact.value, int) and not isinstance(fact.value, bool):
        return numbers.count(fact.value) if abs(fact.value) >= 10_000 else str(fact.value)
    return json.dumps(fact.value, ensure_ascii=False, default=str)


def conduct(report: Report) -> Markup | None:
    """What was done in order, and what could not be held to."""
    steps = [(s.step, s.text) for s in report.steps]
    limits = [tag("li", text) for text in report.limits]
    if not steps and not limits:
        return None
    return section(
        "conduct",
        "How it was done",
        facts_list(steps),
        tag("h3", "Limits of this run") if limits else None,
        tag("ul", *limits) if limits else None,
    )
