"""report.html: one file that shows the whole report, without font, cookie or request to anywhere.

Two views, Decide and Examine. Scripts of our own package only open views and draw charts; without
them both views stand one after the other and every chart has its table.
"""

from importlib.resources import files

from weigh.core.report import Report
from weigh.render import embedded, page_answer, page_decide, page_examine, vega
from weigh.render.markup import Markup, raw, tag

_VIEWS = (("decide", "Decide"), ("examine", "Examine"))
_CHART = 'class="chart"'


def page(report: Report, *, command: str = "") -> str:
    """The report as a self-contained HTML page.

    Args:
        report: what to show.
        command: the command line that makes the report again, shown with the evidence.
    """
    main = tag("main", _tabs(), page_decide.decide(report), page_examine.examine(report, command=command))
    scripts = _scripts(charts=_CHART in main)
    body = (
        tag("a", "Skip to the answer", href="#answer", class_="skip"),
        page_answer.heading(report),
        main,
        tag("footer", tag("p", f"{report.schema} · exit {int(report.exit_code)}")),
        embedded.data(vega.config(), name="chart-config") if _CHART in main else None,
        *(tag("script", raw(text)) for text in scripts),
    )
    document = tag("html", _head(report, scripts), tag("body", *body), lang="en")
    return f"<!doctype html>\n{document}\n"


def policy(scripts: tuple[str, ...]) -> str:
    """Content Security Policy (CSP level 3): only these scripts run, and nothing is loaded from anywhere."""
    allowed = " ".join(embedded.source(text) for text in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _scripts(*, charts: bool) -> tuple[str, ...]:
    """The scripts of the page; a report without charts carries no library."""
    own = embedded.script(*embedded.OWN)
    return (embedded.script(*embedded.LIBRARY), own) if charts else (own,)


def _tabs() -> Markup:
    links = (tag("a", title, href=f"#{name}", id=f"tab-{name}") for name, title in _VIEWS)
    return tag("nav", *links, class_="tabs", aria_label="Views")


def _head(report: Report, scripts: tuple[str, ...]) -> Markup:
    style = (files("weigh.render") / "page.css").read_text(encoding="utf-8")
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy(scripts)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", report.title),
        tag("style", raw(style)),
    )
