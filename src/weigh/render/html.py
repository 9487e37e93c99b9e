"""report.html: one file that shows the whole report, without script, font or request to anywhere."""

from importlib.resources import files

from weigh.core.report import Report
from weigh.render import page_answer, page_checks, page_origin, page_ways
from weigh.render.markup import Markup, join, raw, tag

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""Content Security Policy (CSP level 3): even if something slipped through, it could not load or run."""

_NAV = (
    ("reasons", "For and against"),
    ("policy", "Policy"),
    ("ways", "Ways"),
    ("learning", "Curves"),
    ("tests", "Test sets"),
    ("checks", "Checks"),
    ("data", "Data"),
    ("model", "Model"),
    ("evidence", "Evidence"),
)


def page(report: Report, *, command: str = "") -> str:
    """The report as a self-contained HTML page.

    Args:
        report: what to show.
        command: the command line that makes the report again, shown with the evidence.
    """
    sections = _sections(report, command)
    body = (
        tag("a", "Skip to the answer", href="#answer", class_="skip"),
        page_answer.heading(report),
        _navigation(sections),
        tag("main", page_answer.answer(report), *sections.values()),
        tag("footer", tag("p", f"{report.schema} · exit {int(report.exit_code)}")),
    )
    document = tag("html", _head(report), tag("body", *body), lang="en")
    return f"<!doctype html>\n{document}\n"


def _sections(report: Report, command: str) -> dict[str, Markup]:
    r = report.recommendation
    made = {
        "reasons": page_answer.reasons(report),
        "change": page_answer.change(report),
        "policy": page_answer.policy(report.verdict),
        "ways": page_ways.ways(r) if r is not None and r.arms else None,
        "learning": page_ways.learning(r) if r is not None else None,
        "tests": page_ways.shift(r) if r is not None else None,
        "checks": page_checks.checks(report),
        "data": page_origin.data(report.data),
        "model": page_origin.model(report.model),
        "conduct": page_origin.conduct(report),
        "evidence": page_checks.index(report, command=command),
    }
    return {name: section for name, section in made.items() if section is not None}


def _navigation(sections: dict[str, Markup]) -> Markup:
    links = (tag("a", title, href=f"#{name}") for name, title in _NAV if name in sections)
    return tag("nav", join(links, " "), aria_label="Sections")


def _head(report: Report) -> Markup:
    style = (files("weigh.render") / "page.css").read_text(encoding="utf-8")
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", report.title),
        tag("style", raw(style)),
    )
