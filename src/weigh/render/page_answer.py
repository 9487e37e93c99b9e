"""The answer: the head of the page, its numbers, for and against, what would change it, the policy."""

from datetime import UTC, datetime

from weigh.core.errors import ExitCode
from weigh.core.recommendation import LabelsWorth, Recommendation
from weigh.core.report import Report
from weigh.core.verdict import Reason, Verdict
from weigh.render import numbers
from weigh.render.markup import Markup, Node, join, tag
from weigh.render.page_parts import Column, badge, digest, facts_list, section, statements, table
from weigh.render.standing import Standing, standings
from weigh.render.terminal import nothing_listed, policy_line

_TONE = {ExitCode.FINE: "good", ExitCode.UNKNOWN: "open"}


def heading(report: Report) -> Markup:
    """The question, its answer, and what it was asked about."""
    model, data = report.model, report.data
    about: list[tuple[str, Node]] = []
    if model is not None:
        about.append(("model", join((model.name, digest(model.digest)), " ")))
    if data is not None:
        about.append(("data", join((data.name, digest(data.digest)), " ")))
    about += [
        ("policy", join((report.verdict.policy, digest(report.verdict.policy_digest)), " ")),
        ("date", day(report)),
        ("made by", f"weigh {report.tool}, seed {report.seed}"),
    ]
    return tag(
        "header",
        tag("p", "weigh report", class_="kicker"),
        tag("h1", report.title),
        tag("p", report.headline, class_="headline"),
        facts_list(about),
        class_=tone(report),
    )


def tone(report: Report) -> str:
    """Good, open or bad: what the exit code says."""
    return _TONE.get(report.exit_code, "bad")


def day(report: Report) -> str:
    """The day of the latest answer, UTC; `?` when nothing was asked."""
    latest = max((a.envelope.started for a in report.answers), default=None)
    try:
        return "?" if latest is None else datetime.fromtimestamp(latest, tz=UTC).strftime("%Y-%m-%d")
    except (OverflowError, ValueError, OSError):
        return "?"


def answer(report: Report) -> Markup:
    """What the verdict rests on, in one sentence and a few numbers."""
    r = report.recommendation
    because = tag("p", r.because, class_="because") if r is not None and r.because else None
    return tag(
        "section",
        tag("h2", "The answer", id="answer-h", class_="unseen"),
        because,
        tag("p", policy_line(report.verdict), class_="policy"),
        _tiles(r) if r is not None else None,
        id="answer",
        class_=f"answer {tone(report)}",
        aria_labelledby="answer-h",
    )


def _tiles(r: Recommendation) -> Markup:
    tiles = [_score_tile(s, r.metric) for s in standings(r)]
    chosen = r.result(r.arm) if r.arm else None
    if r.worth is not None:
        tiles.append(_worth_tile(r.worth))
    if chosen is not None and chosen.cost is not None:
        cost = chosen.cost
        spent = f"{numbers.count(cost.labels)} labels · {numbers.milliseconds(cost.predict_ms)} a row"
        tiles.append(_tile("time to train", numbers.seconds(cost.fit_seconds), spent))
    return tag("div", *tiles, class_="tiles")


def _score_tile(standing: Standing, metric: str) -> Markup:
    score = standing.score
    value, _, interval = numbers.with_interval(score.value, score.low, score.high, score.n).partition(" ")
    label = f"{metric}, {standing.label}" if standing.recommended else standing.label
    return _tile(label, value, interval)


def _worth_tile(worth: LabelsWorth) -> Markup:
    used = f"from scratch; it used {numbers.count(worth.used)}"
    if worth.value is None:
        return _tile("worth in labels", f"over {numbers.compact(worth.more_than)}", used)
    low = "?" if worth.low is None else numbers.count(worth.low)
    high = "beyond reach" if worth.high is None else numbers.count(worth.high)
    return _tile("worth in labels", f"about {numbers.count(worth.value)}", f"[{low}, {high}] {used}")


def _tile(label: str, value: str, note: str) -> Markup:
    return tag(
        "div",
        tag("span", label, class_="label"),
        tag("strong", value),
        tag("span", note, class_="note"),
        class_="tile",
    )


def reasons(report: Report) -> Markup:
    """For, against and unknown, side by side."""
    sides = (
        ("for", "For", report.reasons_for, "Nothing speaks for it."),
        ("against", "Against", report.reasons_against, "Nothing was found against it."),
        ("unknown", "Unknown", report.unknown, nothing_listed(report)),
    )
    columns = [
        tag("div", tag("h3", title), statements(items, nothing=nothing), class_=f"side {name}")
        for name, title, items, nothing in sides
    ]
    return section("reasons", "For, against, unknown", tag("div", *columns, class_="sides"))


def change(report: Report) -> Markup | None:
    """What would change the answer, and what may be typed next."""
    r = report.recommendation
    would = [tag("li", text) for text in r.would_change] if r is not None else []
    if r is not None and r.needs_n is not None:
        would.append(
            tag("li", f"{numbers.count(r.needs_n)} test rows, to see the smallest gain that matters to you")
        )
    offered = [
        tag("li", tag("code", n.command), f" {n.text}" if n.text else None) for n in report.next_commands
    ]
    if not would and not offered:
        return None
    return section(
        "change",
        "What would change the answer",
        tag("ul", *would) if would else None,
        tag("h3", "Next") if offered else None,
        tag("ul", *offered, class_="commands") if offered else None,
    )


def policy(verdict: Verdict) -> Markup:
    """Every line of the policy and what it rests on."""
    columns = (Column("line"), Column("says"), Column("counts"), Column("because"), Column("evidence"))
    rows = [row for reason in verdict.reasons for row in _policy_rows(reason, 0)]
    lead = (
        "A line passes only when evidence shows that it holds. What could not be found out is unknown, "
        "and an unknown is never a pass."
    )
    return section("policy", "What the policy says", table(policy_line(verdict), columns, rows), lead=lead)


def _policy_rows(reason: Reason, depth: int) -> list[list[Node]]:
    because: Node = reason.text
    if reason.waiver:
        because = join((reason.text, tag("br"), tag("em", f"waived by {reason.waiver}")))
    name: Node = reason.requirement if depth == 0 else tag("span", "part of it", class_="part")
    row: list[Node] = [
        name,
        badge(reason.kind.value),
        "required" if reason.required else "advisory",
        because,
        join((digest(e) for e in reason.evidence), " "),
    ]
    return [row, *(r for child in reason.children for r in _policy_rows(child, depth + 1))]
