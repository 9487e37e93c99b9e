"""Check `fairness`: does it treat groups of people alike?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from weigh.checks.case import Asking, Case, NotAsked, Question
from weigh.checks.fairness.answers import counting, groupings_of, with_crossings
from weigh.checks.fairness.gaps import Audit, Gap, audit
from weigh.checks.fairness.group_table import FEWEST_ROWS, MOST_GROUPS
from weigh.checks.fairness.groups import MOST_CROSSED, Grouping, uncrossed
from weigh.checks.fairness.metrics import SELECTION
from weigh.checks.fairness.signed import signed
from weigh.core.check import Check, Context
from weigh.core.evidence import Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.picture import Picture, PictureKind
from weigh.datasets.predictions import Predictions
from weigh.statistics.disclosure import FEWEST_NAMED
from weigh.statistics.interval import Interval
from weigh.statistics.resampling import dependent

ALPHA = 0.05
# A gap from which on a finding is of high, and of medium, severity.
SEVERE_GAP = 0.2
WIDE_GAP = 0.1
# Groups that are named in a sentence; the rest is counted.
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class FairnessSubject:
    """Answers on one test set, and whose groups to compare.

    Attributes:
        predictions: answers, with the values of the protected columns.
        protected: columns whose values are groups of people.
        positive: the class of interest, "" for none.
    """

    predictions: Predictions
    protected: tuple[str, ...]
    positive: str = ""


def run(subject: FairnessSubject, context: Context) -> Evidence:
    """Compare every rate of a confusion matrix between the groups of each column, and of two together."""
    predictions = subject.predictions
    if not subject.protected:
        return context.not_run("no --group column was named")
    clusters = dependent(predictions.groups)
    given = groupings_of(predictions.columns, subject.protected, clusters)
    if predictions.labels.size == 0:
        return context.inconclusive("there are no test rows to compare", needs_n=2 * FEWEST_ROWS)
    columns = [one for one in given if not one.refusal]
    groupings = with_crossings(columns)
    count = counting(predictions.classes, subject.positive, predictions.labels)
    cells = count.cells(predictions.labels, predictions.predicted)
    level = 1 - ALPHA / max(1, len(groupings))
    audits = [
        audit(
            one, cells, count.rates, cells_n=count.cells_n, clusters=clusters, level=level, seed=context.seed
        )
        for one in groupings
    ]
    about = {"test": predictions.test} | ({"positive": count.positive} if count.positive else {})
    measures = tuple(m for found in audits for m in audit_measures(found, about))
    findings = tuple(f for one, found in zip(groupings, audits, strict=True) for f in _findings(one, found))
    findings += tuple(_not_crossed(uncrossed(columns)))
    refusals = [one.refusal for one in given if one.refusal]
    reason, needed = _unanswered(columns, audits, refusals, predictions.labels.size)
    if reason:
        return context.inconclusive(reason, needs_n=needed, findings=findings, measures=measures)
    return context.answered(findings=findings, measures=measures)


def audit_measures(found: Audit, about: dict[str, str]) -> Iterator[Measure]:
    """Return what an audit shows as measures.

    Args:
        found: the audit.
        about: labels of all of them.
    """
    for share in found.shares:
        labels = about | {"protected": found.grouping, "group": share.group}
        labels |= {"compared": "yes" if share.compared else "no"} | _of(share.rate.of)
        yield _measure(share.rate.name, share.interval, share.rate.direction, labels)
    for gap in found.gaps:
        labels = about | {"protected": found.grouping, "group": gap.group, "reference": gap.reference}
        labels |= _of(gap.rate.of if gap.rate else "")
        yield _measure(gap.name, gap.interval, Direction.NEUTRAL, labels)
        yield _p_value(gap.name, gap.p_value, gap.interval.n, "max-t", labels)
    for spread in found.spreads:
        labels = about | {"protected": found.grouping} | _of(spread.of)
        better = Direction.HIGHER if spread.name == "disparate_impact" else Direction.LOWER
        yield _measure(spread.name, spread.interval, better, labels)
        yield _p_value(spread.name, spread.p_value, spread.interval.n, spread.method, labels)


def _of(name: str) -> dict[str, str]:
    return {"class": name} if name else {}


def _measure(name: str, found: Interval, direction: Direction, labels: dict[str, str]) -> Measure:
    return Measure(
        name=name,
        value=found.value,
        unit="fraction",
        n=found.n,
        low=found.low,
        high=found.high,
        level=found.level,
        method=found.method,
        direction=direction,
        labels=labelled(**labels),
    )


def _p_value(of: str, value: float, n: int, method: str, labels: dict[str, str]) -> Measure:
    return Measure(
        "fairness_p_value", value, "probability", n, method=method, labels=labelled(**labels, measure=of)
    )


def _findings(grouping: Grouping, found: Audit) -> Iterator[Finding]:
    shown = [gap for gap in found.gaps if gap.shown and gap.rate is not None and not gap.rate.derived]
    for group in dict.fromkeys(gap.group for gap in shown):
        own = [gap for gap in shown if gap.group == group]
        errors = [gap for gap in own if gap.rate is not SELECTION]
        where = _place(grouping, group)
        if errors:
            yield _unequal_errors(where, errors)
        if len(errors) < len(own):
            yield _unequal_selection(where, next(gap for gap in own if gap.rate is SELECTION))
    if found.unknown or found.partly or found.unnamed:
        yield _too_small(found, crossed=grouping.crossed)
    if len(grouping.names) < 2:
        yield _one_group(found.grouping, "" if found.unnamed else f": {grouping.names[0]}")


def _place(grouping: Grouping, group: str) -> str:
    """`sex=w`, or `sex=w & race=b` for two columns."""
    columns, values = grouping.protected.split(" & "), group.split(" & ")
    if not grouping.crossed or not len(columns) == len(values) == 2:
        return f"{grouping.protected}={group}"
    return " & ".join(f"{c}={v}" for c, v in zip(columns, values, strict=True))


def _unequal_errors(where: str, gaps: list[Gap]) -> Finding:
    worst = max(abs(gap.interval.value) for gap in gaps)
    return Finding(
        rule="WGH-F001",
        severity=Severity.HIGH
        if worst >= SEVERE_GAP
        else (Severity.MEDIUM if worst >= WIDE_GAP else Severity.LOW),
        confidence=Confidence.HIGH,
        where=where,
        message=f"its errors fall differently here than on {gaps[0].reference}: "
        + "; ".join(_told(gap) for gap in gaps),
        why="people of one group bear more of its mistakes, which an overall accuracy hides",
        action="see `mitigation` for what reweighing does; else do not decide about people with it alone",
    )


def _unequal_selection(where: str, gap: Gap) -> Finding:
    return Finding(
        rule="WGH-F002",
        # Groups may differ in truth; the gap alone does not say that the model is at fault.
        severity=Severity.MEDIUM if abs(gap.interval.value) >= WIDE_GAP else Severity.LOW,
        confidence=Confidence.HIGH,
        where=where,
        message=f"it is answered positive more or less often here than on {gap.reference}: {_told(gap)}",
        why="where an answer grants or denies something, groups get it at different rates",
        action="check whether the groups differ in truth; if they do not, or it must not count, mitigate",
    )


def _told(gap: Gap) -> str:
    assert gap.rate is not None  # only rates are told
    found = gap.interval
    ends = f"[{signed(found.low)}, {signed(found.high)}]"
    return f"{gap.rate.words} {signed(found.value)} {ends}, n={found.n:,}"


def _too_small(found: Audit, *, crossed: bool) -> Finding:
    ordered = sorted(found.unknown, key=lambda one: -one[1])
    parts = [f"{name} ({rows:,})" for name, rows in ordered]
    parts += [f"{rate} for {name} ({rows:,})" for name, rate, rows in found.partly]
    shown = ", ".join(parts[:MOST_NAMED])
    shown += f" and {len(parts) - MOST_NAMED:,} more" if len(parts) > MOST_NAMED else ""
    unnamed = [_unnamed(found.unnamed, crossed=crossed)] if found.unnamed else []
    return Finding(
        rule="WGH-F003",
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        where=found.grouping,
        message=f"unknown, too few rows to compare ({FEWEST_ROWS} independent ones are needed, and the "
        f"{MOST_GROUPS} largest groups are compared): {'; '.join([shown, *unnamed] if shown else unnamed)}",
        why="a small group is where harm goes unseen; too few rows is not the same as no gap",
        action="collect test rows of these groups",
    )


def _not_crossed(pairs: list[str]) -> Iterator[Finding]:
    """The finding on pairs of columns that were not looked at together."""
    if not pairs:
        return
    shown = ", ".join(pairs[:MOST_NAMED])
    shown += f" and {len(pairs) - MOST_NAMED:,} more" if len(pairs) > MOST_NAMED else ""
    yield Finding(
        rule="WGH-F003",
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        where="crossed columns",
        message=f"unknown, not compared together (the first {MOST_CROSSED} columns are crossed): {shown}",
        why="a group of two columns together can be treated worse while neither column shows it",
        action="name the columns that matter most first, or fewer of them",
    )


def _unnamed(count: int, *, crossed: bool) -> str:
    noun = "combination" if crossed else "value"
    if count == 1:
        return f"1 {noun} with fewer than {FEWEST_NAMED} rows"
    return f"{count:,} {noun}s with fewer than {FEWEST_NAMED} rows each"


def _one_group(column: str, told: str) -> Finding:
    return Finding(
        rule="WGH-F004",
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        where=column,
        message=f"all test rows are in one group{told}",
        why="a group can only be compared with another",
        action="name another column, or use test rows of other groups",
    )


def _unanswered(
    columns: list[Grouping], audits: list[Audit], refusals: list[str], rows: int
) -> tuple[str, int | None]:
    """Why the question stays open for a named column, "" when it does not, and the rows that would do."""
    open_columns = [
        (one.protected, found.second) for one, found in zip(columns, audits, strict=False) if not found.judged
    ]
    if not open_columns:
        return "; ".join(refusals), None
    names = ", ".join(name for name, _ in open_columns)
    fewest = min(second for _, second in open_columns)
    needed = int(np.ceil(rows * FEWEST_ROWS / fewest)) if fewest > 0 else None
    if needed is not None and needed <= rows:
        needed = 2 * rows
    reason = f"no two groups of {names} have {FEWEST_ROWS} independent rows to compare an error rate in"
    # More rows bring more values of a column that names rows: no number of them would do.
    return "; ".join([reason, *refusals]), None if refusals else needed


CHECK: Check[FairnessSubject] = Check(
    id="fairness",
    question="Does it treat groups of people alike?",
    module=__name__,
    run=run,
    pictures=(
        Picture(
            PictureKind.DOTS,
            measure="true_positive_rate",
            title="Share of positives it finds, by group",
            row="group",
            facet="protected",
        ),
        Picture(
            PictureKind.DOTS,
            measure="false_positive_rate",
            title="Share of negatives it answers positive, by group",
            row="group",
            facet="protected",
        ),
        Picture(
            PictureKind.DOTS,
            measure="selection_rate",
            title="Share it answers positive, by group",
            row="group",
            facet="protected",
        ),
        Picture(
            PictureKind.DOTS,
            measure="group_accuracy",
            title="Share of rows answered right, by group",
            row="group",
            facet="protected",
        ),
    ),
)


def put(case: Case) -> Asking[FairnessSubject] | NotAsked:
    """Ask about the finalist's answers on the in-domain test set."""
    protected, positive = case.declared.protected, case.declared.positive
    if not protected:
        return NotAsked("no --group column was named")
    if case.data is None or case.predictor is None or not case.predictor.tests:
        return NotAsked("no way of answering was fitted")
    predictor = case.predictor
    return Asking(
        predictor.subject,
        lambda: FairnessSubject(predictor.tests[0], protected, positive),
        parameters={"protected": list(protected), "positive": positive},
        inputs=(*predictor.inputs, ("columns", case.data.columns_digest)),
        runtimes=predictor.runtimes,
    )


QUESTION = Question(CHECK, put)
