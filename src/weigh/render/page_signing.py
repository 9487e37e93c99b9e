"""Who must sign what: questions no measurement can answer, with the people who answered for them."""

from datetime import date

from weigh.core.evidence import Evidence
from weigh.core.measure import Measure
from weigh.core.report import Report
from weigh.core.sign_off import ASKED, CHECK_ID, MEASURE, SignOffQuestion
from weigh.core.verdict import Reason, VerdictKind
from weigh.render.markup import Markup, Node, tag
from weigh.render.page_answer import day
from weigh.render.page_parts import Column, badge, digest, section, table

OTHER, ENDED = "for other bytes", "ended"


def signing(report: Report) -> Markup | None:
    """Every signature there is and every one a line of the policy still waits for; None for neither."""
    lines = (r for r in report.verdict.reasons if r.sign_off and r.kind is not VerdictKind.PASS)
    waited = {reason.sign_off: reason for reason in lines}
    missing = [_missing(question, reason) for question, reason in waited.items()]
    given = [row for a in report.answers for row in _given(report, a.evidence, frozenset(waited))]
    columns = (
        Column("question"),
        Column("signed"),
        Column("who and why"),
        Column("until, or asked by"),
        Column("evidence"),
    )
    lead = (
        "What no measurement can answer, a named person answers for. A signature is attested, "
        "not measured; it counts for these bytes of the model only."
    )
    made = table("Sign-offs the policy asks for, and those given", columns, [*missing, *given])
    return made and section("signing", "Who must sign what", made, lead=lead)


def _given(report: Report, evidence: Evidence, waited: frozenset[str]) -> list[list[Node]]:
    if evidence.check != CHECK_ID:
        return []
    here = report.model is not None and evidence.subject.digest == report.model.digest
    said = " ".join(f.message for f in evidence.findings) or "the evidence does not say"
    return [
        [
            _question(m.label("question")),
            badge(_state(report, m, here=here, waited=waited)),
            said,
            m.label("expires") or "no end",
            digest(evidence.digest),
        ]
        for m in evidence.measures
        if m.name == MEASURE
    ]


def _state(report: Report, signature: Measure, *, here: bool, waited: frozenset[str]) -> str:
    """Whether a signature counts: for these bytes, these data, and on the day of the report.

    One the policy still waits for does not count either, whatever it says itself. A day that cannot be read
    is no day, and where the report's own day is not known, nothing that ends is known to last.
    """
    data = signature.label("data")
    if not here or (data and (report.data is None or data != report.data.digest)):
        return OTHER
    if signature.value != 1.0 or signature.label("question") in waited:
        return ENDED
    last = dict(signature.labels).get("expires")
    return "signed" if last == "" or _lasts(last or "", day(report)) else ENDED


def _lasts(last: str, today: str) -> bool:
    """Whether a signature holds up to and including today."""
    try:
        return date.fromisoformat(last) >= date.fromisoformat(today)
    except ValueError:
        return False


def _missing(question: str, reason: Reason) -> list[Node]:
    wanted = "required" if reason.required else "advisory"
    return [_question(question), badge("missing"), reason.text, f"{wanted} by {reason.requirement}", None]


def _question(name: str) -> Node:
    if name not in list(SignOffQuestion):
        return name
    asked = ASKED[SignOffQuestion(name)].text
    return tag("span", tag("strong", name), tag("span", asked, class_="sub"))
