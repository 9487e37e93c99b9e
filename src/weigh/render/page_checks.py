"""The page's second half for who examines: every question with its picture, numbers and evidence."""

from collections.abc import Sequence

from weigh.core.evidence import Evidence
from weigh.core.finding import Finding, Severity
from weigh.core.measure import Measure
from weigh.core.outcome import OutcomeKind
from weigh.core.report import Answer, Report
from weigh.render import charts, numbers
from weigh.render.charts import DotRow
from weigh.render.markup import Markup, Node, join, tag
from weigh.render.page_parts import Column, badge, details, digest, facts_list, plot, section, table

MAX_BLOCKS = 40
"""Questions told in full; all stand in the index, and in report.json."""

MAX_FINDINGS = 100
MAX_DOTS = 30
MAX_ALIKE = 3
"""Answers to one question (a trial of each arm and size) that stand side by side; more are folded."""

_STYLE = 0
# Asked for every way, size and refit: last, so that they crowd out nothing else.
_MANY = "trial"
_LISTED_FIRST = ("slices", "accuracy", "compatibility", "security")


def checks(report: Report) -> Markup | None:
    """Every question: what came out, findings, measures, and how to cite it."""
    if not report.answers:
        return None
    asked: dict[str, list[int]] = {}
    for i in _told(report):
        asked.setdefault(report.answers[i].evidence.check, []).append(i)
    blocks = [block for same in asked.values() for block in _together(report, same)]
    lead = "Each answer is kept under its digest; the same question asked again gives the same digest."
    return section("checks", "Every question and its answer", *blocks, lead=lead)


def _together(report: Report, same: Sequence[int]) -> Sequence[Markup]:
    """The answers to one question: each by itself, or folded when they are many."""
    blocks = [_block(report.answers[i], i) for i in same]
    if len(blocks) <= MAX_ALIKE:
        return blocks
    question = tag("span", report.answers[same[0]].question, class_="question")
    said = tag("span", f"asked {numbers.count(len(blocks))} times", class_="quiet")
    return [tag("article", details(join((question, said), " "), *blocks))]


def _told(report: Report) -> list[int]:
    """Numbers of the answers told in full: what was found first, then what everybody asks."""
    ranked = sorted(range(len(report.answers)), key=lambda i: _rank(report.answers[i].evidence))
    return ranked[:MAX_BLOCKS]


def _rank(evidence: Evidence) -> tuple[int, int]:
    worst = max((f.severity.rank for f in evidence.findings), default=-1)
    named = _LISTED_FIRST.index(evidence.check) if evidence.check in _LISTED_FIRST else len(_LISTED_FIRST)
    named += evidence.check == _MANY
    return (-worst if worst >= Severity.MEDIUM.rank else 0, named)


def _block(answer: Answer, i: int) -> Markup:
    evidence = answer.evidence
    findings = sorted(evidence.findings, key=lambda f: -f.severity.rank)
    worth_seeing = bool(findings) or evidence.check in _LISTED_FIRST or not evidence.answered
    summary = join(
        (
            tag("span", answer.question, class_="question"),
            tag("span", evidence.subject.name, class_="quiet") if evidence.subject.name else None,
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
            _picture(evidence, i),
            _measures(evidence),
            _circumstances(answer),
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


def _picture(evidence: Evidence, i: int) -> Markup | None:
    """Dots for the first family of measures that has intervals to compare."""
    families: dict[str, list[Measure]] = {}
    for m in evidence.measures:
        if m.low is not None and m.high is not None and m.labels:
            families.setdefault(m.name, []).append(m)
    name, family = max(families.items(), key=lambda f: len(f[1]), default=("", []))
    if len(family) < 2:
        return None
    telling = _telling(family)
    rows = [DotRow(_values(m, telling), _STYLE, m) for m in family[:MAX_DOTS]]
    drawing = charts.dots(f"{name}, with intervals", rows, name=f"dots-{i}")
    return drawing and tag("figure", tag("figcaption", name), plot(drawing))


def _telling(family: Sequence[Measure]) -> frozenset[str]:
    """Label keys whose values tell the measures of a family apart."""
    values: dict[str, set[str]] = {}
    for m in family:
        for key, value in m.labels:
            values.setdefault(key, set()).add(value)
    return frozenset(key for key, seen in values.items() if len(seen) > 1)


def _values(m: Measure, telling: frozenset[str]) -> str:
    shown = [value for key, value in m.labels if key in telling] or [value for _, value in m.labels]
    return " · ".join(shown)


def _measures(evidence: Evidence) -> Markup | None:
    columns = (
        Column("measure"),
        Column("of"),
        Column("value", number=True),
        Column("n", number=True),
        Column("how"),
    )
    rows = [_measure_row(m) for m in evidence.measures]
    return table(f"Measures of {evidence.check}", columns, rows)


def _measure_row(m: Measure) -> Sequence[Node]:
    # n has its own column here, so the phrase is asked for without it.
    value = numbers.measure(m).rpartition(" n=")[0] or numbers.measure(m)
    how = [m.method] if m.method else []
    how += [f"{numbers.percent(m.level)} interval"] if m.low is not None else []
    how += ["observed"] if m.observed else []
    return [m.name, ", ".join(f"{k}={v}" for k, v in m.labels), value, numbers.count(m.n), " · ".join(how)]


def _circumstances(answer: Answer) -> Markup:
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
    return details("Evidence", facts_list(pairs))


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
    told = set(_told(report))
    rows: list[list[Node]] = [
        [
            tag("a", a.question, href=f"#answer-{i}") if i in told else a.question,
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
