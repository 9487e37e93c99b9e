"""Check `slices`: does it work on all of the data, or is there a part on which it is worse?"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weigh.checks.case import Asking, Case, NotAsked, Question
from weigh.checks.slices.partition import Partition, by_value, partition
from weigh.checks.slices.rates import IntArray, share_right, tail
from weigh.checks.slices.search import FEWEST_ROWS, Slice, search
from weigh.core.check import Check, Context
from weigh.core.errors import UsageError
from weigh.core.evidence import Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.picture import Picture, PictureKind
from weigh.datasets.predictions import Predictions
from weigh.statistics.disclosure import FEWEST_NAMED, independent_rows, names_rows
from weigh.statistics.multiplicity import holm
from weigh.statistics.resampling import dependent

ALPHA = 0.05
# Below this many rows the two halves of a search cannot hold two slices of `FEWEST_ROWS` each.
FEWEST_FOR_SEARCH = 4 * FEWEST_ROWS
# Values that a sentence names; the rest is counted.
MOST_NAMED = 5
# An error rate this much higher than the rest's is severe.
SEVERE_GAP = 0.2


@dataclass(frozen=True, slots=True)
class SliceSubject:
    """Answers on one test set, and the columns to look at.

    Attributes:
        predictions: answers, with the values of the slice columns.
        named: columns the user named; each of their values is a question.
        searched: columns to search for weak slices; None for all the predictions carry.
    """

    predictions: Predictions
    named: tuple[str, ...] = ()
    searched: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Named:
    """What one named column shows, or all of them.

    Attributes:
        parts: values that can be judged.
        remarks: on what cannot.
        still: columns without a value to judge: always the same, too small or naming rows.
    """

    parts: list["_Part"]
    remarks: list[Finding]
    still: list["_Open"]


@dataclass(frozen=True, slots=True)
class _Open:
    """A named column that stays open.

    Attributes:
        column: its name.
        nearest: independent rows, inside or outside, of the value nearest to being judged; 0 for none.
        refusal: why it has no values to judge: each names a row; else "".
    """

    column: str
    nearest: int = 0
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    member: NDArray[np.bool_]
    accuracy: Measure
    rest: float
    p_value: float

    @property
    def gap(self) -> float:
        assert self.accuracy.value is not None  # a part has rows
        return self.rest - self.accuracy.value


def run(subject: SliceSubject, context: Context) -> Evidence:
    """Test every value of the named columns, then search for slices nobody named."""
    predictions = subject.predictions
    searched = tuple(predictions.columns) if subject.searched is None else subject.searched
    for name in (*subject.named, *searched):
        _require(name, predictions.columns)
    if not searched and not subject.named:
        return context.not_run("the data has no column to slice by; name one with --slice")
    named = _named(subject, seed=context.seed)
    findings = [*_weak_named(named.parts), *named.remarks]
    measures = [m for part in named.parts for m in _part_measures(part, predictions.test)]
    rows = predictions.labels.size
    if searched and rows >= FEWEST_FOR_SEARCH:
        columns = {name: predictions.columns[name] for name in searched}
        found, tried = search(columns, predictions.correct, predictions.groups, seed=context.seed)
        findings += [_weak_found(one) for one in found]
        measures += [m for one in found for m in _found_measures(one, predictions, seed=context.seed)]
        measures.append(Measure("slices_tried", tried, "count", rows, labels=labelled(test=predictions.test)))
    reason, needed = _unanswered(subject, named, rows)
    if reason:
        return context.inconclusive(
            reason, needs_n=needed, findings=tuple(findings), measures=tuple(measures)
        )
    return context.answered(findings=tuple(findings), measures=tuple(measures))


def _require(name: str, columns: Mapping[str, NDArray[np.str_]]) -> None:
    if name not in columns:
        raise UsageError(
            f'slice column "{name}" not found',
            why=f"the rows carry: {', '.join(columns) or 'no slice columns'}",
            hint="name a column of the data with --slice",
        )


def _named(subject: SliceSubject, *, seed: int) -> _Named:
    each = [_of_column(column, subject.predictions, seed=seed) for column in subject.named]
    parts = [part for one in each for part in one.parts]
    adjusted = holm([part.p_value for part in parts])
    return _Named(
        parts=[
            _Part(part.name, part.member, part.accuracy, part.rest, p)
            for part, p in zip(parts, adjusted.tolist(), strict=True)
        ],
        remarks=[remark for one in each for remark in one.remarks],
        still=[one for column in each for one in column.still],
    )


def _of_column(column: str, predictions: Predictions, *, seed: int) -> _Named:
    values = predictions.columns[column]
    if not np.any(values != ""):
        remark = _unjudged(column, f'column "{column}" is empty in every test row')
        return _Named([], [remark], [_Open(column)])
    clusters = dependent(predictions.groups)
    cut, refusal = _cut(column, values, clusters)
    if refusal:
        return _Named([], [], [_Open(column, refusal=refusal)])
    units = independent_rows(cut.codes, clusters, len(cut.names))
    if len(cut.names) == 1:
        told = cut.names[0] if units[0] >= FEWEST_NAMED else f"one value of {column}"
        remark = _unjudged(column, f"all test rows have {told}: there is no rest")
        return _Named([], [remark], [_Open(column)])
    wrong = ~np.asarray(predictions.correct, dtype=np.bool_)
    # A slice that leaves too few rows outside has nothing to be held against.
    fewer = np.minimum(units, _outside(cut.codes, clusters, len(cut.names)))
    small = np.flatnonzero((units > 0) & (fewer < FEWEST_ROWS))
    judged = np.flatnonzero(fewer >= FEWEST_ROWS).tolist()
    sizes = np.bincount(cut.codes, minlength=len(cut.names))
    return _Named(
        parts=[_part(cut.names[code], cut.codes == code, wrong, predictions, seed=seed) for code in judged],
        remarks=[_too_small(column, cut.names, sizes, units, small)] if small.size else [],
        still=[] if judged else [_Open(column, int(fewer.max()))],
    )


def _outside(codes: IntArray, clusters: IntArray | None, parts_n: int) -> IntArray:
    """Return the independent rows that are not in each part, [parts_n]."""
    if clusters is None:
        return codes.size - np.bincount(codes, minlength=parts_n)
    total = np.unique(clusters).size
    pairs = np.unique(np.stack([clusters, codes]), axis=1)
    _, place, parts = np.unique(pairs[0], return_inverse=True, return_counts=True)
    # Only a cluster that lies in one part altogether is not outside it.
    whole = np.bincount(pairs[1][parts[place.ravel()] == 1], minlength=parts_n)
    return np.asarray(total - whole, dtype=np.int64)


def _cut(column: str, values: NDArray[np.str_], clusters: IntArray | None) -> tuple[Partition, str]:
    """The values of a column, quarters of numbers that hardly repeat; and why they are no parts, else ""."""
    rows = np.arange(values.size)
    cut = by_value(column, values, rows, most=values.size)
    if names_rows(np.bincount(cut.codes)):
        count = len(cut.names)
        cut = partition(column, values, rows, clusters)
        if not cut.ranges:
            return cut, f"{column} has {count:,} values in {rows.size:,} rows: it names rows, not groups"
    return cut, ""


def _part(
    name: str, member: NDArray[np.bool_], wrong: NDArray[np.bool_], predictions: Predictions, *, seed: int
) -> _Part:
    accuracy = _accuracy(predictions, member, name, "named", seed=seed)
    rest = 1.0 - float(wrong[~member].mean())
    return _Part(name, member, accuracy, rest, tail(member, wrong, predictions.groups, seed=seed))


def _accuracy(
    predictions: Predictions, member: NDArray[np.bool_] | IntArray, name: str, origin: str, *, seed: int
) -> Measure:
    found = share_right(predictions.correct[member], predictions.groups[member], seed=seed)
    return Measure(
        name="slice_accuracy",
        value=found.value,
        unit="fraction",
        n=found.n,
        low=found.low,
        high=found.high,
        level=found.level,
        method=found.method,
        direction=Direction.HIGHER,
        labels=labelled(slice=name, origin=origin, test=predictions.test),
    )


def _part_measures(part: _Part, test: str) -> tuple[Measure, ...]:
    labels = labelled(slice=part.name, origin="named", test=test)
    n = part.accuracy.n
    return (
        part.accuracy,
        Measure("slice_gap", part.gap, "fraction", n, direction=Direction.LOWER, labels=labels),
        Measure("slice_p_value", part.p_value, "probability", n, method="holm", labels=labels),
    )


def _found_measures(one: Slice, predictions: Predictions, *, seed: int) -> tuple[Measure, ...]:
    labels = labelled(slice=one.name, origin="found", test=predictions.test)
    n = one.rows.size
    gap = one.rest - one.accuracy
    return (
        _accuracy(predictions, one.rows, one.name, "found", seed=seed),
        Measure("slice_gap", gap, "fraction", n, direction=Direction.LOWER, labels=labels),
        Measure("slice_p_value", one.p_value, "probability", n, method="benjamini-hochberg", labels=labels),
    )


def _weak_named(parts: list[_Part]) -> list[Finding]:
    return [
        _weak(
            part.name,
            f"accuracy {part.accuracy.value:.3f} [{part.accuracy.low:.3f}, {part.accuracy.high:.3f}] "
            f"against {part.rest:.3f} on the rest, n={part.accuracy.n:,}, Holm p={part.p_value:.2g}",
            part.gap,
            Confidence.HIGH,
        )
        for part in parts
        if part.p_value < ALPHA and part.gap > 0
    ]


def _weak_found(one: Slice) -> Finding:
    return _weak(
        one.name,
        f"accuracy {one.accuracy:.3f} against {one.rest:.3f} on the rest, n={one.rows.size:,}, "
        f"found on one half of the test rows and confirmed on the other, BH p={one.p_value:.2g}",
        one.rest - one.accuracy,
        Confidence.MEDIUM,
    )


def _weak(name: str, message: str, gap: float, confidence: Confidence) -> Finding:
    return Finding(
        rule="WGH-L001",
        severity=Severity.HIGH if gap >= SEVERE_GAP else Severity.MEDIUM,
        confidence=confidence,
        where=name,
        message=f"worse here: {message}",
        why="an average hides the part of the data on which it fails, and somebody depends on that part",
        action="add training rows from this part, or do not use the answers there",
    )


def _unjudged(column: str, message: str) -> Finding:
    return Finding(
        rule="WGH-L002",
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        where=column,
        message=message,
        why="a slice can only be judged against other rows",
        action="name another column, or use test rows in which this one varies",
    )


def _too_small(
    column: str, names: tuple[str, ...], sizes: IntArray, units: IntArray, small: IntArray
) -> Finding:
    told = small[units[small] >= FEWEST_NAMED]
    shown = ", ".join(f"{names[code]} ({sizes[code]:,})" for code in told[:MOST_NAMED].tolist())
    shown += f" and {told.size - MOST_NAMED:,} more" if told.size > MOST_NAMED else ""
    unnamed = small.size - told.size
    if unnamed:
        count = "1 value" if unnamed == 1 else f"{unnamed:,} values"
        each = "" if unnamed == 1 else " each"
        shown += f"{'; ' if shown else ''}{count} with fewer than {FEWEST_NAMED} rows{each}"
    return Finding(
        rule="WGH-L003",
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        where=column,
        message=f"too few rows to judge, inside or outside ({FEWEST_ROWS} independent ones are needed): "
        f"{shown}",
        why="a few rows can look perfect or terrible by chance",
        action="use more test rows, or join small values into one",
    )


def _unanswered(subject: SliceSubject, named: _Named, rows: int) -> tuple[str, int | None]:
    """Why the question stays open, and how many test rows would let it be answered; "" when it is."""
    if named.still:
        return _open_columns(named.still, rows)
    if not subject.named and rows < FEWEST_FOR_SEARCH:
        return f"{rows:,} test rows are too few to search for weak slices", FEWEST_FOR_SEARCH
    return "", None


def _open_columns(still: list[_Open], rows: int) -> tuple[str, int | None]:
    """Why named columns stay open, and the test rows that would do; None where no number is known to."""
    reasons = [one.refusal for one in still if one.refusal]
    same = [one.column for one in still if not one.refusal and not one.nearest]
    small = [one for one in still if one.nearest]
    if same:
        verb = "varies" if len(same) == 1 else "vary"
        reasons.append(f"no slice can be judged where {', '.join(same)} never {verb} in the test rows")
    if small:
        names = ", ".join(one.column for one in small)
        reasons.append(
            f"every slice of {names} is too small, inside or outside: {FEWEST_ROWS} independent rows needed"
        )
    # More rows bring more values of a column that names rows, and no others of one that never varies.
    if len(small) < len(still):
        return "; ".join(reasons), None
    needed = max(-(-FEWEST_ROWS * rows // min(one.nearest for one in small)), 2 * FEWEST_ROWS)
    return "; ".join(reasons), needed


CHECK: Check[SliceSubject] = Check(
    id="slices",
    question="Is there a part of your data on which it is worse?",
    module=__name__,
    run=run,
    pictures=(
        Picture(
            PictureKind.DOTS,
            measure="slice_accuracy",
            title="Share of rows answered right, in each slice",
            row="slice",
            facet="origin",
        ),
    ),
)


def put(case: Case) -> Asking[SliceSubject] | NotAsked:
    """Ask about the columns the user named with --slice, on the in-domain test."""
    if case.data is None or case.predictor is None:
        return NotAsked("no way of answering was fitted")
    columns, predictor = case.data.roles.slices, case.predictor
    if not columns:
        return NotAsked("no --slice column was named")
    return Asking(
        predictor.subject,
        lambda: SliceSubject(predictor.tests[0], named=columns, searched=columns),
        parameters={"columns": list(columns)},
        inputs=(*predictor.inputs, ("columns", case.data.columns_digest)),
        runtimes=predictor.runtimes,
    )


QUESTION = Question(CHECK, put)
