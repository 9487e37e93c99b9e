"""Check `mitigation`: what does reweighing the training rows mend, and what does it cost?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weigh.checks.case import Asking, Case, DataCase, NotAsked, PredictorCase, Question
from weigh.checks.fairness.answers import Counting, counting, groupings_of
from weigh.checks.fairness.fairness import audit_measures
from weigh.checks.fairness.gaps import audit
from weigh.checks.fairness.group_table import FEWEST_ROWS, second_largest
from weigh.checks.fairness.groups import Grouping
from weigh.checks.fairness.reweighing import reweighing
from weigh.checks.fairness.signed import signed
from weigh.checks.fairness.vector import MORE_IS_BETTER, Change, changes
from weigh.core.check import Check, Context
from weigh.core.evidence import Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.picture import Picture, PictureKind
from weigh.datasets.predictions import Predictions
from weigh.statistics.bootstrap import mean_bootstrap, paired_bootstrap
from weigh.statistics.classification import log_loss_each
from weigh.statistics.interval import Interval
from weigh.statistics.resampling import dependent

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
StrArray = NDArray[np.str_]

ALPHA = 0.05
# A tenth of the error rate goes to each of accuracy, balanced accuracy and log loss, the rest to all gaps.
QUALITY_SHARE = 0.1
QUALITIES = 3
# A measure that moves this much the wrong way is a serious harm.
SEVERE_CHANGE = 0.05
WHAT = "reweighing (Kamiran and Calders)"


@dataclass(frozen=True, slots=True, eq=False)
class MitigationSubject:
    """Rows to fit again on, rows to be asked about, and whose groups to weigh up.

    Attributes:
        test: the test set with its true classes and protected columns; its own answers are not used.
        labels: int64 [m] class codes of the training rows.
        columns: str [m] protected columns of the training rows.
        fit: fits with sample weights (None for equal ones) and answers the test rows, [n, classes].
        protected: columns whose values are groups of people.
        positive: the class of interest, "" for none.
    """

    test: Predictions
    labels: IntArray
    columns: dict[str, StrArray]
    fit: Callable[[FloatArray | None], FloatArray]
    protected: tuple[str, ...]
    positive: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """One column's before and after."""

    grouping: Grouping
    weights: FloatArray
    changes: list[Change]
    measures: tuple[Measure, ...]


def run(subject: MitigationSubject, context: Context) -> Evidence:
    """Fit with and without weights, and compare every measure on the same test rows."""
    test = subject.test
    groupings = groupings_of(test.columns, subject.protected, dependent(test.groups))
    training = {one.protected: one for one in groupings_of(subject.columns, subject.protected)}
    few = [one for one in groupings if one.refusal or not _comparable(one, test.groups)]
    if len(few) == len(groupings):
        return context.inconclusive(_reason(few), needs_n=_needed(few))
    count = counting(test.classes, subject.positive, test.labels)
    before = subject.fit(None)
    trials = []
    for grouping in groupings:
        if grouping in few:
            continue
        weights = reweighing(training[grouping.protected].codes, subject.labels)
        after = subject.fit(weights)
        trials.append(
            _trial(test, grouping, count, weights, (before, after), columns=len(groupings), seed=context.seed)
        )
    measures = tuple(m for one in trials for m in one.measures)
    findings = tuple(f for one in trials for f in _findings(one))
    if few:
        return context.inconclusive(_reason(few), needs_n=_needed(few), findings=findings, measures=measures)
    return context.answered(findings=findings, measures=measures)


def _comparable(grouping: Grouping, rows: IntArray) -> bool:
    """Whether two groups have independent rows enough."""
    pairs = np.unique(np.stack([grouping.codes, rows]), axis=1)
    return int(np.count_nonzero(np.bincount(pairs[0]) >= FEWEST_ROWS)) > 1


def _reason(few: list[Grouping]) -> str:
    names = ", ".join(one.protected for one in few if not one.refusal)
    small = f"no two groups of {names} have {FEWEST_ROWS} independent test rows to compare"
    return "; ".join([*([small] if names else []), *(one.refusal for one in few if one.refusal)])


def _needed(few: list[Grouping]) -> int | None:
    """Test rows that would do for all these columns; None where no number of rows is known to."""
    rows = few[0].codes.size
    second = [second_largest(np.bincount(one.codes)) for one in few]
    if not all(second) or any(one.refusal for one in few):
        return None
    needed = max(2 * FEWEST_ROWS, -(-rows * FEWEST_ROWS // min(second)))
    # Rows enough, but too few that stand alone.
    return needed if needed > rows else 2 * rows


def _trial(
    test: Predictions,
    grouping: Grouping,
    count: Counting,
    weights: FloatArray,
    answers: tuple[FloatArray, FloatArray],
    *,
    columns: int,
    seed: int,
) -> _Trial:
    clusters = dependent(test.groups)
    cells = [count.cells(test.labels, proba.argmax(axis=1)) for proba in answers]
    alpha = ALPHA / columns
    found = changes(
        grouping,
        count,
        cells[0],
        cells[1],
        clusters=clusters,
        level=1 - alpha * (1 - QUALITIES * QUALITY_SHARE),
        seed=seed,
    )
    quality = [_quality(test, proba) for proba in answers]
    found += _quality_changes(quality[0], quality[1], clusters, level=1 - alpha * QUALITY_SHARE, seed=seed)
    about = {"test": test.test, "mitigation": "reweighing", "protected": grouping.protected}
    measures: list[Measure] = []
    for when, own, values in zip(("before", "after"), cells, quality, strict=True):
        shown = audit(
            grouping,
            own,
            count.rates,
            cells_n=count.cells_n,
            clusters=clusters,
            level=1 - ALPHA / columns,
            seed=seed,
        )
        measures += audit_measures(shown, about | {"when": when})
        measures += _quality_measures(values, clusters, about | {"when": when}, seed=seed)
    measures += [_changed(one, test.labels.size, about) for one in found]
    measures += _weighing(weights, about)
    return _Trial(grouping, weights, found, tuple(measures))


def _quality(test: Predictions, proba: FloatArray) -> dict[str, FloatArray]:
    """Values of rows whose means are accuracy, balanced accuracy and log loss over all classes."""
    right = (proba.argmax(axis=1) == test.labels).astype(np.float64)
    return {
        "accuracy": right,
        "balanced_accuracy": _balanced(test.labels, right),
        "log_loss": log_loss_each(test.labels, proba),
    }


def _balanced(labels: IntArray, right: FloatArray) -> FloatArray:
    """Return values whose mean is the balanced accuracy and whose spread is its sampling variance.

    They are the metric plus n times each row's infinitesimal jackknife influence (L. Jaeckel, 1972).
    """
    sizes = np.bincount(labels).astype(np.float64)
    recall = np.bincount(labels, weights=right) / np.maximum(sizes, 1.0)
    present = np.count_nonzero(sizes)
    value = recall.sum() / present
    influence: FloatArray = value + (right - recall[labels]) * labels.size / (
        np.maximum(sizes, 1.0)[labels] * present
    )
    return influence


def _quality_changes(
    before: dict[str, FloatArray],
    after: dict[str, FloatArray],
    clusters: IntArray | None,
    *,
    level: float,
    seed: int,
) -> list[Change]:
    found = []
    for name, values in before.items():
        result = paired_bootstrap(after[name], values, seed=seed, groups=clusters, level=level).difference
        was, became = float(values.mean()), float(after[name].mean())
        found.append(Change(name, was, became, result.low, result.high, level, result.method))
    return found


def _quality_measures(
    values: dict[str, FloatArray], clusters: IntArray | None, about: dict[str, str], *, seed: int
) -> Iterator[Measure]:
    """Accuracy, balanced accuracy and log loss, each with its own interval."""
    for name, own in values.items():
        found = mean_bootstrap(own, seed=seed, groups=clusters)
        better = Direction.HIGHER if name in MORE_IS_BETTER else Direction.LOWER
        yield _measure(name, found, _unit(name), better, about)


def _unit(name: str) -> str:
    return "nats" if name == "log_loss" else "fraction"


def _measure(name: str, found: Interval, unit: str, direction: Direction, labels: dict[str, str]) -> Measure:
    return Measure(
        name=name,
        value=found.value,
        unit=unit,
        n=found.n,
        low=found.low,
        high=found.high,
        level=found.level,
        method=found.method,
        direction=direction,
        labels=labelled(**labels),
    )


def _changed(one: Change, n: int, about: dict[str, str]) -> Measure:
    labels = about | {"measure": one.name} | ({"class": one.of} if one.of else {})
    interval = Interval(
        one.change, min(one.low, one.change), max(one.high, one.change), one.level, n, one.method
    )
    better = Direction.HIGHER if one.name in MORE_IS_BETTER else Direction.LOWER
    return _measure("mitigation_change", interval, _unit(one.name), better, labels)


def _weighing(weights: FloatArray, about: dict[str, str]) -> Iterator[Measure]:
    labels = labelled(**about)
    yield Measure("largest_weight", float(weights.max()), "ratio", weights.size, labels=labels)
    yield Measure("smallest_weight", float(weights.min()), "ratio", weights.size, labels=labels)
    # Weights act on training rows only: whoever uses the predictor need not know anybody's group.
    yield Measure("group_needed_at_inference", 0.0, "count", weights.size, labels=labels)


def _findings(trial: _Trial) -> Iterator[Finding]:
    worse = [one for one in trial.changes if one.worse]
    better = [one for one in trial.changes if one.better]
    where = trial.grouping.protected
    if worse:
        most = max(abs(one.change) for one in worse)
        yield Finding(
            rule="WGH-F008",
            severity=Severity.MEDIUM if most >= SEVERE_CHANGE else Severity.LOW,
            confidence=Confidence.HIGH,
            where=where,
            message=f"{WHAT} makes worse: {_told(worse)}",
            why="mending one gap often widens another, and what was mended is all that is usually shown",
            action="decide which gap counts before using the weights; the measures show all of them",
        )
    if better:
        yield Finding(
            rule="WGH-F009",
            severity=Severity.INFO,
            confidence=Confidence.HIGH,
            where=where,
            message=f"{WHAT} makes better: {_told(better)}; the group is not needed when it is used",
            why="the gap can be made smaller by weighting the training rows alone",
            action="fit with these weights if what it makes worse weighs less",
        )


def _told(found: list[Change]) -> str:
    return "; ".join(
        f"{one.name}{f' of {one.of}' if one.of else ''} {one.before:.3f} to {one.after:.3f} "
        f"({signed(one.change)} [{signed(one.low)}, {signed(one.high)}])"
        for one in found
    )


CHECK: Check[MitigationSubject] = Check(
    id="mitigation",
    question="What does reweighing the training rows mend, and what does it cost?",
    module=__name__,
    run=run,
    pictures=(
        Picture(
            PictureKind.DOTS,
            measure="mitigation_change",
            title="What reweighing changes (after minus before)",
            row="measure",
            facet="protected",
            reference=0.0,
        ),
    ),
)


def put(case: Case) -> Asking[MitigationSubject] | NotAsked:
    """Ask for the finalist to be fitted again with weights."""
    protected, positive = case.declared.protected, case.declared.positive
    if not protected:
        return NotAsked("no --group column was named")
    if case.data is None or case.predictor is None or not case.predictor.tests:
        return NotAsked("no way of answering was fitted")
    if case.predictor.refit is None:
        return NotAsked(
            "the recommended way of answering does not learn, so rows cannot be weighted", applies=False
        )
    data, predictor = case.data, case.predictor
    return Asking(
        predictor.subject,
        lambda: _subject(data, predictor, protected, positive, case.declared.seed),
        parameters={"protected": list(protected), "positive": positive, "mitigation": "reweighing"},
        inputs=(*predictor.inputs, ("rows", data.digest), ("columns", data.columns_digest)),
        runtimes=predictor.runtimes,
    )


def _subject(
    data: DataCase, predictor: PredictorCase, protected: tuple[str, ...], positive: str, seed: int
) -> MitigationSubject:
    refit = predictor.refit
    assert refit is not None  # put has looked
    train, ask = data.train_for(0), data.tests[0][1]
    labels = data.table.labels[train]

    def fit(weights: FloatArray | None) -> FloatArray:
        return refit(train=train, labels=labels, ask=ask, weights=weights, seed=seed)

    columns = {name: values[train] for name, values in data.table.columns.items() if name in protected}
    return MitigationSubject(predictor.tests[0], labels, columns, fit, protected, positive)


QUESTION = Question(CHECK, put)
