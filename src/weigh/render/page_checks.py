"""Every question with its pictures, findings, numbers and evidence."""

from collections.abc import Sequence

from weigh.core.evidence import Evidence
from weigh.core.finding import Finding, Severity
from weigh.core.measure import Measure
from weigh.core.outcome import OutcomeKind
from weigh.core.report import Answer, Report
from weigh.render import numbers
from weigh.render.figure import figure
from weigh.render.markup import Markup, Node, join, tag
from weigh.render.page_parts import Column, badge, details, digest, facts_list, section, table
from weigh.render.pictures import drawings
from weigh.render.vega import shown

MAX_BLOCKS = 40
"""Questions told in full; all stand in the index, and in report.json."""

MAX_FINDINGS = 100
MAX_PICTURES = 12
MAX_LABEL = 160
MAX_OPEN_ROWS = 8
"""Rows of numbers that stand open under a picture; more are folded."""

MAX_ALIKE = 3
"""Answers to one question (a trial of each arm and size) that stand side by side; more are folded."""

# Asked for every way, size and refit: last, so that they crowd out nothing else.
_MANY = "trial"
_URGENT = {
    OutcomeKind.ERROR: Severity.HIGH.rank,
    OutcomeKind.NOT_RUN: Severity.LOW.rank,
    OutcomeKind.INCONCLUSIVE: Severity.LOW.rank,
}
"""What has no answer stands before plain answers; what broke, beside grave findings."""

_LISTED_FIRST = ("slices", "accuracy", "compatibility", "security")


def checks(report: Report, *, command: str = "") -> Markup | None:
    """Every question: what came out, findings, measures, and how to cite it."""
    if not report.answers:
        return None
    blocks = [
        block for check, same in asked(report) for block in _together(report, check, same, command=command)
    ]
    lead = "Each answer is kept under its digest; the same question asked again gives the same digest."
    return section("checks", "Every question and its answer", *blocks, lead=lead)


def asked(report: Report) -> list[tuple[str, list[int]]]:
    """Check id → numbers of its answers told in full, in the order they stand on the page."""
    out: dict[str, list[int]] = {}
    for i in told(report):
        out.setdefault(report.answers[i].evidence.check, []).append(i)
    return list(out.items())


def anchor(report: Report, same: Sequence[int]) -> str:
    """Id of the element that holds the answers to one question."""
    check = report.answers[same[0]].evidence.check
    return f"answer-{same[0]}" if len(same) <= MAX_ALIKE or not check else f"answers-{same[0]}"


def _together(report: Report, check: str, same: Sequence[int], *, command: str) -> Sequence[Markup]:
    """The answers to one question: each by itself, or folded when they are many."""
    blocks = [_block(report.answers[i], i, command=command) for i in same]
    if len(blocks) <= MAX_ALIKE:
        return blocks
    question = tag("span", report.answers[same[0]].question, class_="question")
    said = tag("span", f"{check}, asked {numbers.count(len(blocks))} times", class_="quiet")
    folded = details(join((question, said), " "), *blocks)
    return [tag("article", folded, id=anchor(report, same), class_="folded")]


def told(report: Report) -> list[int]:
    """Numbers of the answers told in full: what was found first, then what everybody asks."""
    ranked = sorted(range(len(report.answers)), key=lambda i: _rank(report.answers[i].evidence))
    return ranked[:MAX_BLOCKS]


def _rank(evidence: Evidence) -> tuple[int, int]:
    worst = max((f.severity.rank for f in evidence.findings), default=-1)
    named = _LISTED_FIRST.index(evidence.check) if evidence.check in _LISTED_FIRST else len(_LISTED_FIRST)
    named += evidence.check == _MANY
    urgent = worst if worst >= Severity.MEDIUM.rank else 0
    return (-max(urgent, _URGENT.get(evidence.outcome.kind, 0)), named)


def _block(answer: Answer, i: int, *, command: str) -> Markup:
    evidence = answer.evidence
    findings = sorted(evidence.findings, key=lambda f: -f.severity.rank)
    worth_seeing = evidence.check != _MANY
    figures = _figures(answer)
    summary = join(
        (
            tag("span", answer.question, class_="question"),
            tag("span", join((evidence.check, evidence.subject.name or None), " · "), class_="quiet"),
            badge(evidence.outcome.kind.value),
            badge(findings[0].severity.value) if findings else None,
        ),
        " ",
    )
    return tag(
        "article",
        details(
            summary,
            _outcome(evidence),
            *(_finding(f) for f in findings[:MAX_FINDINGS]),
            _hidden(len(findings) - MAX_FINDINGS),
            *figures,
            _measures(evidence, drawn=bool(figures)),
            _circumstances(answer, command),
            opened=worth_seeing,
        ),
        id=f"answer-{i}",
    )


def _hidden(count: int) -> Markup | None:
    return tag("p", f"{numbers.count(count)} more findings are in report.json.") if count > 0 else None


def _outcome(evidence: Evidence) -> Markup | None:
    outcome = evidence.outcome
    if outcome.kind is OutcomeKind.ANSWERED:
        return None
    said = [outcome.reason or "no reason was given"]
    said += [f"needs n={numbers.count(outcome.needs_n)}"] if outcome.needs_n is not None else []
    said += [f"the extra [{outcome.extra}] would let it run"] if outcome.extra else []
    said += [f"{outcome.permission} would let it run"] if outcome.permission else []
    return tag("p", " · ".join(said), class_="outcome")


def _finding(finding: Finding) -> Markup:
    about = " · ".join((finding.rule, f"{finding.confidence.value} confidence", *finding.references))
    return tag(
        "div",
        tag("p", badge(finding.severity.value), " ", tag("strong", finding.message)),
        tag("p", tag("code", finding.where), " ", tag("span", about, class_="quiet")),
        tag("p", finding.why),
        tag("p", "What to do: ", finding.action),
        class_="finding",
    )


def _figures(answer: Answer) -> list[Markup]:
    """The pictures the check asked for; the table below them has every number."""
    out: list[Markup] = []
    left = MAX_PICTURES
    for picture in answer.pictures:
        made = [figure(one) for one in drawings(picture, answer.evidence.measures)[:left]]
        left -= len(made)
        out += [tag("div", *made, class_="pair")] if len(made) > 1 else made
    return out


def _measures(evidence: Evidence, *, drawn: bool) -> Markup | None:
    columns = (
        Column("measure"),
        Column("of"),
        Column("value", number=True),
        Column("n", number=True),
        Column("how"),
    )
    rows = [_measure_row(m) for m in evidence.measures]
    made = table(f"Measures of {evidence.check}", columns, rows)
    if made is None or not drawn or len(rows) <= MAX_OPEN_ROWS:
        return made
    return details(f"The {numbers.count(len(rows))} numbers", made)


def _measure_row(m: Measure) -> Sequence[Node]:
    # n has its own column here, so the phrase is asked for without it.
    value = numbers.measure(m).rpartition(" n=")[0] or numbers.measure(m)
    how = [f"{numbers.percent(m.level)} {m.method or 'interval'}"] if m.low is not None else []
    how += [m.method] if m.low is None and m.method else []
    how += ["observed"] if m.observed else []
    return [
        m.name,
        ", ".join(f"{k}={shown(v, MAX_LABEL)}" for k, v in m.labels),
        value,
        numbers.count(m.n),
        " · ".join(how),
    ]


def _circumstances(answer: Answer, command: str) -> Markup:
    e, around = answer.evidence, answer.envelope
    fresh = "asked now" if around.fresh else "from the ledger"
    pairs: list[tuple[str, Node]] = [
        ("evidence", tag("code", e.digest, class_="digest")),
        ("request", tag("code", e.request, class_="digest")),
        ("about", join((e.subject.kind.value, e.subject.name or None, digest(e.subject.digest)), " ")),
        ("made", f"{numbers.seconds(around.seconds)}, {fresh} · {around.host} · weigh {around.tool}"),
    ]
    kept = [f"{a.name} ({numbers.size(a.size)})" for a in e.artifacts]
    if kept:
        pairs.append(("kept", ", ".join(kept)))
    if command:
        pairs.append(("again", tag("code", command, class_="command")))
    said = tag("span", "Evidence ", digest(e.digest))
    return details(said, facts_list(pairs))


def index(report: Report, *, command: str = "") -> Markup | None:
    """All evidence in one table, and how to make it again."""
    columns = (
        Column("question"),
        Column("about"),
        Column("outcome"),
        Column("n", number=True),
        Column("evidence"),
        Column("took", number=True),
    )
    full = set(told(report))
    rows: list[list[Node]] = [
        [
            tag("a", a.question, href=f"#answer-{i}") if i in full else a.question,
            a.evidence.subject.name or a.evidence.subject.kind.value,
            badge(a.evidence.outcome.kind.value),
            numbers.count(max((m.n for m in a.evidence.measures), default=0)),
            digest(a.evidence.digest),
            numbers.seconds(a.envelope.seconds) if a.envelope.fresh else "from the ledger",
        ]
        for i, a in enumerate(report.answers)
    ]
    made = table("Every piece of evidence", columns, rows)
    if made is None:
        return None
    again = tag("p", "All of it again: ", tag("code", command, class_="command")) if command else None
    return section("evidence", "Evidence", again, made)
