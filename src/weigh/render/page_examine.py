"""Examine: the view for who checks the work. Every question, its pictures and numbers, its evidence."""

from collections.abc import Sequence

from weigh.core.finding import Severity
from weigh.core.outcome import OutcomeKind
from weigh.core.report import Answer, Report
from weigh.render import page_answer, page_checks, page_curves, page_origin, page_ways
from weigh.render.markup import Markup, tag
from weigh.render.page_parts import badge

_TITLES = (
    ("policy", "Policy"),
    ("compared", "Ways compared"),
    ("learning", "Learning curves"),
    ("tests", "Test sets"),
    ("checks", "Checks"),
    ("data", "Data"),
    ("model", "Model"),
    ("conduct", "How it was done"),
    ("evidence", "Evidence"),
)

_WORST = (OutcomeKind.ERROR, OutcomeKind.NOT_RUN, OutcomeKind.INCONCLUSIVE, OutcomeKind.ANSWERED)


def examine(report: Report, *, command: str = "") -> Markup:
    """The whole view.

    Args:
        report: what to show.
        command: the command line that makes the report again.
    """
    sections = _sections(report, command)
    return tag(
        "div",
        tag("h2", "Examine", class_="view"),
        tag("div", _index(report, sections), tag("div", *sections.values()), class_="beside"),
        id="examine",
        class_="panel",
    )


def _sections(report: Report, command: str) -> dict[str, Markup]:
    r = report.recommendation
    made = {
        "policy": page_answer.policy(report.verdict),
        "compared": page_ways.compared(r) if r is not None else None,
        "learning": page_curves.learning(r) if r is not None else None,
        "tests": page_curves.shift(r) if r is not None else None,
        "checks": page_checks.checks(report, command=command),
        "data": page_origin.data(report.data),
        "model": page_origin.model(report.model),
        "conduct": page_origin.conduct(report),
        "evidence": page_checks.index(report, command=command),
    }
    return {name: section for name, section in made.items() if section is not None}


def _index(report: Report, sections: dict[str, Markup]) -> Markup:
    """What stands here, and how each question ended."""
    entries: list[Markup] = []
    for name, title in _TITLES:
        if name not in sections:
            continue
        under = _questions(report) if name == "checks" else None
        entries.append(tag("li", tag("a", title, href=f"#{name}"), under))
    return tag("nav", tag("ul", *entries), class_="index", aria_label="In this view")


def _questions(report: Report) -> Markup:
    entries = [
        tag("li", tag("a", check, href=f"#{page_checks.anchor(report, same)}"), " ", *_state(report, same))
        for check, same in page_checks.asked(report)
    ]
    return tag("ul", *entries)


def _state(report: Report, same: Sequence[int]) -> list[Markup]:
    """How the asking ended at worst, and the worst that was found."""
    answers: list[Answer] = [report.answers[i] for i in same]
    kinds = {a.evidence.outcome.kind for a in answers}
    ended = next((kind for kind in _WORST if kind in kinds), OutcomeKind.ANSWERED)
    found = max((f.severity for a in answers for f in a.evidence.findings), key=_rank, default=Severity.INFO)
    shown = (
        [] if ended is OutcomeKind.ANSWERED and found.rank >= Severity.MEDIUM.rank else [badge(ended.value)]
    )
    return [*shown, badge(found.value)] if found.rank >= Severity.MEDIUM.rank else shown


def _rank(severity: Severity) -> int:
    return severity.rank
