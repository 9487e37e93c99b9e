"""Markdown: the report as a summary for a pull request or a build page (GitHub-flavoured).

Names and sentences hold strangers' text. In Markdown such text could draw a table, a link or an image,
call people by name (`@team`) or refer to issues (`#1`); here it is only ever text. Reference: the GitHub
Flavored Markdown Spec, version 0.29; the host's own mentions and references are described in its manual.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from weigh.core.digest import short
from weigh.core.outcome import OutcomeKind
from weigh.core.recommendation import ArmResult, Recommendation, Statement
from weigh.core.report import Answer, Report
from weigh.core.verdict import Reason
from weigh.render import numbers
from weigh.render.escape import visible
from weigh.render.terminal import nothing_listed

MOST_ROWS = 200
"""Rows of one table; a summary is for reading, report.json has all."""

MOST_TEXT = 500
"""Characters of one hostile text."""

BREAK = "&#8203;"
"""A zero-width space, as an entity: between two characters it keeps a host from seeing a reference."""

_MARKS = re.compile(r"[\\`*_{}\[\]|~$!]")
_REFERENCE = re.compile(r"(@|#|:(?=//)|(?i:www)(?=\.)|(?<![A-Za-z0-9])(?i:GH)(?=-[0-9]))")
_OPENING = re.compile(r"^(?:[-+=:#]|[0-9]{1,9}(?=[.)](?: |$)))")


def to_markdown(report: Report) -> bytes:
    """The report as GitHub-flavoured Markdown, UTF-8; the same bytes for the same report."""
    parts = (
        _head(report),
        _statements("For", report.reasons_for, "Nothing speaks for it."),
        _statements("Against", report.reasons_against, "Nothing was found against it."),
        _statements("Unknown", report.unknown, nothing_listed(report)),
        _policy(report),
        _ways(report.recommendation),
        _checks(report.answers),
        _list("Limits of this run", report.limits),
        _next(report),
        _foot(report),
    )
    return ("\n".join(line for part in parts for line in part).rstrip("\n") + "\n").encode("utf-8")


def text(value: str, *, limit: int = MOST_TEXT) -> str:
    """Hostile text as Markdown that shows it and does nothing else.

    Control and bidirectional characters become visible escapes, markup is escaped, HTML becomes
    entities, and nothing in it is a link, a mention or a reference.
    """
    shown = visible(value, limit=limit)
    shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = _MARKS.sub(lambda found: "\\" + found[0], shown)
    shown = _REFERENCE.sub(lambda found: found[0] + BREAK, shown)
    return _OPENING.sub(lambda found: BREAK + found[0], shown)


def code(value: str, *, limit: int = MOST_TEXT) -> str:
    """Hostile text as a code span, for what is copied; never in a table, where a bar would end the cell.

    Its fence is longer than any run of backticks in it.
    """
    shown = visible(value, limit=limit)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    # A space at both ends is taken off again by the reader, and parts the text's own backticks from ours.
    return f"{fence} {shown} {fence}" if longest or not shown.strip() else f"{fence}{shown}{fence}"


def _head(report: Report) -> Iterator[str]:
    yield f"# {text(report.headline)}"
    yield ""
    verdict = report.verdict
    waived = f" · {verdict.waived} waived" if verdict.waived else ""
    yield (
        f"{text(report.title)} · policy **{text(verdict.policy)}**: **{verdict.kind.value}**{waived}"
        f" · exit {int(report.exit_code)}"
    )
    yield ""
    if report.recommendation is not None and report.recommendation.because:
        yield from (text(report.recommendation.because), "")
    if report.model is not None:
        model = report.model
        size = f"{numbers.count(model.files)} files · {numbers.size(model.size)}"
        yield f"- model: {text(model.name)} · {text(model.sentence)} · {size} · {code(short(model.digest))}"
    if report.data is not None:
        counted = " · ".join(f"{text(what)} {numbers.count(n)}" for what, n in report.data.counts[:12])
        yield f"- data: {text(report.data.name)} · {counted} · {code(short(report.data.digest))}"
    yield ""


def _statements(title: str, items: Sequence[Statement], nothing: str) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    if not items:
        yield nothing
    for item in items[:MOST_ROWS]:
        yield f"- {text(item.text)}"
    yield from _more(len(items))
    yield ""


def _policy(report: Report) -> Iterator[str]:
    yield f"## Policy {text(report.verdict.policy)}"
    yield ""
    rows = [_policy_row(reason) for reason in report.verdict.reasons]
    yield from _table(("line", "says", "counts", "because"), rows)


def _policy_row(reason: Reason) -> tuple[str, ...]:
    waived = f" · waived by {text(reason.waiver)}" if reason.waiver else ""
    return (
        text(reason.requirement),
        f"**{reason.kind.value}**",
        "required" if reason.required else "advisory",
        text(reason.text) + waived,
    )


def _ways(found: Recommendation | None) -> Iterator[str]:
    if found is None or not found.arms:
        return
    yield "## Ways of using it"
    yield ""
    rows = [_way(arm, found) for arm in found.arms]
    yield from _table(("way", text(found.metric), "labels", "training", "one row", "disk"), rows)


def _way(arm: ArmResult, found: Recommendation) -> tuple[str, ...]:
    name = text(arm.arm)
    if arm.arm == found.arm:
        name = f"**{name}**"
    if arm.not_run:
        return (name, f"not run: {text(arm.not_run)}", "", "", "", "")
    score = "?" if arm.score is None else text(numbers.measure(arm.score))
    if arm.cost is None:
        return (name, score, "", "", "", "")
    cost = arm.cost
    return (
        name,
        score,
        numbers.count(cost.labels),
        numbers.seconds(cost.fit_seconds),
        numbers.milliseconds(cost.predict_ms),
        numbers.size(cost.disk_bytes),
    )


def _checks(answers: Iterable[Answer]) -> Iterator[str]:
    asked = [a for a in answers if a.evidence.check != "trial"]
    if not asked:
        return
    yield "## Checks"
    yield ""
    rows = [_check(answer) for answer in asked]
    yield from _table(("check", "question", "outcome", "findings", "evidence"), rows)


def _check(answer: Answer) -> tuple[str, ...]:
    evidence = answer.evidence
    outcome = evidence.outcome.kind.value.replace("_", " ")
    if evidence.outcome.kind is not OutcomeKind.ANSWERED:
        outcome = f"**{outcome}**: {text(evidence.outcome.reason)}"
    return (
        text(evidence.check),
        text(answer.question),
        outcome,
        _severities(answer) or ("none" if evidence.answered else "–"),
        code(short(evidence.digest)),
    )


def _severities(answer: Answer) -> str:
    """`2 high · 1 low`; the worst first."""
    found = [f.severity for f in answer.evidence.findings]
    worst_first = sorted(set(found), key=lambda severity: -severity.rank)
    return " · ".join(f"{found.count(severity)} {severity.value}" for severity in worst_first)


def _list(title: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield from (f"## {title}", "")
        yield from (f"- {text(item)}" for item in items[:MOST_ROWS])
        yield from _more(len(items))
        yield ""


def _next(report: Report) -> Iterator[str]:
    if report.next_commands:
        yield from ("## Next", "")
        for offered in report.next_commands:
            yield f"- {code(offered.command)}" + (f": {text(offered.text)}" if offered.text else "")
        yield ""


def _foot(report: Report) -> Iterator[str]:
    yield f"weigh {text(report.tool)} · {text(report.schema)} · seed {report.seed}"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield "|" + "---|" * len(columns)
    yield from (f"| {' | '.join(row)} |" for row in rows[:MOST_ROWS])
    yield ""
    yield from _more(len(rows))


def _more(count: int) -> Iterator[str]:
    if count > MOST_ROWS:
        yield from (f"… and {numbers.count(count - MOST_ROWS)} more, in report.json", "")
