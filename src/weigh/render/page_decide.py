"""Decide: the view for who answers for the decision. The verdict, its price, and who must sign what."""

from weigh.core.report import Report
from weigh.render import page_answer, page_curves, page_signing, page_ways
from weigh.render.markup import Markup, tag
from weigh.render.page_parts import section


def decide(report: Report) -> Markup:
    """The whole view."""
    r = report.recommendation
    return tag(
        "div",
        tag("h2", "Decide", class_="view"),
        page_answer.answer(report),
        page_answer.reasons(report),
        page_ways.ways(r) if r is not None and r.arms else None,
        _pictures(report),
        page_signing.signing(report),
        page_answer.change(report),
        id="decide",
        class_="panel",
    )


def _pictures(report: Report) -> Markup | None:
    """What more labels would bring, and what happens outside the domain."""
    r = report.recommendation
    if r is None:
        return None
    figures = [f for f in (page_curves.key_curve(r), page_curves.key_shift(r)) if f is not None]
    if not figures:
        return None
    return section("pictures", "In pictures", tag("div", *figures, class_="pair"))
