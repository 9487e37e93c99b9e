"""Check `calibration`: when it says 90 %, is it right nine times in ten?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from weigh.checks.calibration.remedy import (
    Effect,
    Remedy,
    TrainingRows,
    effect,
    from_test,
    from_training,
)
from weigh.checks.calibration.temperature import FloatArray, IntArray, tempered
from weigh.checks.case import Asking, Case, DataCase, NotAsked, PredictorCase, Question
from weigh.core.check import Check, Context
from weigh.core.evidence import Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.picture import Picture, PictureKind
from weigh.core.recommendation import ArmKind
from weigh.datasets.predictions import Predictions
from weigh.statistics.bootstrap import mean_bootstrap
from weigh.statistics.calibration import CalibrationError, calibration_error, equal_mass_bins
from weigh.statistics.classification import brier_each, log_loss_each
from weigh.statistics.interval import Interval
from weigh.statistics.multiplicity import holm
from weigh.statistics.resampling import dependent

# Five bins of 20 rows: fewer cannot show the shape of an error.
FEWEST_UNITS = 100
# Below this nothing can be resampled.
LEAST_UNITS = 2
ALPHA = 0.01
# A smaller error changes no decision; more rows make any error significant.
SMALLEST_ERROR = 0.02
MEDIUM_ERROR, SEVERE_ERROR = 0.05, 0.15
# The error is one-sided when this share of it is the difference of the two means.
ONE_SIDED = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationSubject:
    """The answers of one predictor, and what a temperature may be fitted on.

    Attributes:
        tests: at least one; the first is the in-domain test.
        training: for each test set the rows that the answers to it were fitted on, and a way to fit on them
            again; empty for a predictor that does not learn.
    """

    tests: tuple[Predictions, ...]
    training: tuple[TrainingRows, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    test: Predictions
    confidence: FloatArray
    hits: FloatArray
    groups: IntArray | None
    error: CalibrationError
    gap: Interval
    remedy: Remedy | None
    after: Effect | None


def run(subject: CalibrationSubject, context: Context) -> Evidence:
    """Hold stated confidence against what came true, then try the cheapest remedy."""
    units = [int(np.unique(test.groups).size) for test in subject.tests]
    if not units or units[0] < LEAST_UNITS:
        return context.inconclusive(
            "there are not even two independent in-domain test rows", needs_n=FEWEST_UNITS
        )
    # The first set says what it can however small it is; the answer is then inconclusive.
    judged = [place for place, n in enumerate(units) if place == 0 or n >= FEWEST_UNITS]
    remedies = _remedies(subject, judged, seed=context.seed)
    seen = [
        _look(subject.tests[place], remedy, first=place == 0, seed=context.seed)
        for place, remedy in zip(judged, remedies, strict=True)
    ]
    adjusted = holm([one.error.p_value for one in seen]).tolist()
    measures = tuple(
        measure for one, p in zip(seen, adjusted, strict=True) for measure in _measures(one, p, context.seed)
    )
    measures += (*_temperatures(seen), *(m for one in seen for m in _after(one)))
    findings = tuple(
        found
        for one, p in zip(seen, adjusted, strict=True)
        if p < ALPHA and one.error.ece.value >= SMALLEST_ERROR
        for found in _misleading(one, p)
    )
    few = [(subject.tests[place], n) for place, n in enumerate(units) if place not in judged]
    measures += tuple(_unmeasured(test, n) for test, n in few)
    findings += tuple(_too_few(test, n) for test, n in few)
    first, independent = subject.tests[0], units[0]
    if independent < FEWEST_UNITS:
        return context.inconclusive(
            f"{independent} independent rows in {first.test} are too few: {FEWEST_UNITS} are needed",
            needs_n=int(np.ceil(FEWEST_UNITS * first.labels.size / independent)),
            findings=findings,
            measures=measures,
        )
    return context.answered(findings=findings, measures=measures)


def _advice(after: Effect | None, remedy: Remedy | None) -> str:
    """What to do, with what temperature scaling was measured to do."""
    if after is None or remedy is None:
        return "do not put a threshold on its confidence; choose thresholds on labelled rows of your own"
    change = after.log_loss_change
    tried = (
        f"temperature {remedy.temperature.value:.2f} (fitted on {remedy.fitted_on}) changes the log loss by "
        f"{change.difference.value:+.3f} [{change.difference.low:+.3f}, {change.difference.high:+.3f}] and "
        f"leaves a calibration error of {after.ece.value:.3f}"
    )
    if change.difference.high < 0:
        return f"raise its probabilities to the power 1/T and scale them to 1: {tried}"
    return f"do not put a threshold on its confidence here: temperature scaling does not help, {tried}"


def _unmeasured(test: Predictions, independent: int) -> Measure:
    labels = labelled(test=test.test)
    return Measure(
        "expected_calibration_error", None, "fraction", independent, direction=Direction.LOWER, labels=labels
    )


def _too_few(test: Predictions, independent: int) -> Finding:
    return Finding(
        rule="WGH-Q004",
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        where=test.test,
        message=f"{independent} independent rows, {FEWEST_UNITS} needed: its confidence was not judged here",
        why="a few rows can look calibrated or not by chance",
        action="collect more labelled rows of this test set",
    )


def _remedies(subject: CalibrationSubject, judged: Sequence[int], *, seed: int) -> list[Remedy | None]:
    """The temperature for each judged test set, fitted on rows that its answers were fitted on too.

    Test sets whose answers come from the same fit share one. Without any fit the first test set is divided.
    """
    if not subject.training:
        return [from_test(subject.tests[0], seed=seed)] * len(judged)
    made: dict[bytes, Remedy | None] = {}
    found = []
    for place in judged:
        rows = subject.training[place]
        key = rows.train.tobytes()
        if key not in made:
            made[key] = from_training(rows)
        found.append(made[key])
    return found


def _tempered(test: Predictions, remedy: Remedy | None, *, first: bool) -> FloatArray | None:
    """Return what a test's probabilities become, by temperatures that its rows did not choose."""
    if remedy is None:
        return None
    if first and remedy.crossed is not None:
        return remedy.crossed
    return tempered(test.proba, remedy.temperature.value)


def _look(test: Predictions, remedy: Remedy | None, *, first: bool, seed: int) -> _Seen:
    after = _tempered(test, remedy, first=first)
    confidence = np.minimum(test.proba.max(axis=1), 1.0)
    hits, groups = np.asarray(test.correct, dtype=np.float64), dependent(test.groups)
    return _Seen(
        test,
        confidence,
        hits,
        groups,
        calibration_error(confidence, hits, seed=seed, groups=groups),
        mean_bootstrap(confidence - hits, seed=seed, groups=groups),
        remedy,
        None if after is None else effect(test, after, seed=seed),
    )


def _measures(seen: _Seen, p_value: float, seed: int) -> Iterator[Measure]:
    test, error, groups = seen.test, seen.error, seen.groups
    brier = mean_bootstrap(brier_each(test.labels, test.proba), seed=seed, groups=groups)
    loss = mean_bootstrap(log_loss_each(test.labels, test.proba), seed=seed, groups=groups)
    lower, neutral, higher = Direction.LOWER, Direction.NEUTRAL, Direction.HIGHER
    for name, found, unit, direction in (
        ("expected_calibration_error", error.ece, "fraction", lower),
        ("calibration_error_rms", error.rms, "fraction", lower),
        ("calibration_error_by_chance", error.noise, "fraction", neutral),
        ("confidence_gap", seen.gap, "fraction", neutral),
        ("brier", _from_zero(brier), "fraction", lower),
        ("log_loss", _from_zero(loss), "nats", lower),
        ("brier_reliability", error.brier.reliability, "fraction", lower),
        ("brier_resolution", error.brier.resolution, "fraction", higher),
        ("brier_uncertainty", error.brier.uncertainty, "fraction", neutral),
    ):
        yield _measure(name, found, unit, direction, test.test)
    yield Measure(
        "calibration_p_value",
        p_value,
        "probability",
        test.labels.size,
        method="holm",
        labels=labelled(test=test.test),
    )
    yield from _reliability(seen, seed)


def _reliability(seen: _Seen, seed: int) -> Iterator[Measure]:
    """One point of the reliability diagram for each bin."""
    bins = equal_mass_bins(seen.confidence)
    for one in range(int(bins.max()) + 1):
        inside = bins == one
        found = _share(seen.hits[inside], None if seen.groups is None else seen.groups[inside], seed=seed)
        yield Measure(
            "observed_frequency",
            found.value,
            "fraction",
            found.n,
            found.low,
            found.high,
            found.level,
            found.method,
            labels=labelled(
                bin=f"{one + 1:02d}",
                confidence=f"{float(seen.confidence[inside].mean()):.3f}",
                test=seen.test.test,
            ),
        )


def _share(hits: FloatArray, groups: IntArray | None, *, seed: int) -> Interval:
    if groups is not None and np.unique(groups).size < 2:
        return Interval(float(hits.mean()), 0.0, 1.0, 0.95, hits.size, "degenerate")
    return mean_bootstrap(hits, seed=seed, groups=groups)


def _temperatures(seen: Sequence[_Seen]) -> Iterator[Measure]:
    """The temperature for the first test set, and any other that a test set has of its own."""
    told: list[Remedy] = []
    for place, one in enumerate(seen):
        if one.remedy is not None and not any(one.remedy is other for other in told):
            told.append(one.remedy)
            yield _temperature(one.remedy, "" if place == 0 else one.test.test)


def _temperature(remedy: Remedy, test: str) -> Measure:
    found = remedy.temperature.interval
    labels = labelled(**{"fitted_on": remedy.fitted_on} | ({"test": test} if test else {}))
    if found is None:
        return Measure("temperature", remedy.temperature.value, "ratio", remedy.rows, labels=labels)
    return Measure(
        "temperature",
        found.value,
        "ratio",
        found.n,
        found.low,
        found.high,
        found.level,
        found.method,
        labels=labels,
    )


def _after(seen: _Seen) -> Iterator[Measure]:
    """What temperature scaling does to one test set."""
    if seen.after is None:
        return
    for name, found, unit in (
        ("log_loss_tempered", _from_zero(seen.after.log_loss), "nats"),
        ("log_loss_change", seen.after.log_loss_change.difference, "nats"),
        ("expected_calibration_error_tempered", seen.after.ece, "fraction"),
        ("expected_calibration_error_change", seen.after.ece_change, "fraction"),
    ):
        yield _measure(name, found, unit, Direction.LOWER, seen.test.test)


def _measure(name: str, found: Interval, unit: str, direction: Direction, test: str) -> Measure:
    return Measure(
        name,
        found.value,
        unit,
        found.n,
        found.low,
        found.high,
        found.level,
        found.method,
        direction,
        labels=labelled(test=test),
    )


def _from_zero(found: Interval) -> Interval:
    """Losses are not negative, whatever a symmetric interval says."""
    low = min(found.value, max(0.0, found.low))
    return Interval(found.value, low, found.high, found.level, found.n, found.method)


def _misleading(seen: _Seen, p_value: float) -> Iterator[Finding]:
    """The finding for a test set on which calibration is excluded, by the side it errs to."""
    error, gap = seen.error.ece, seen.gap
    medium, severe = error.value >= MEDIUM_ERROR, error.value >= SEVERE_ERROR
    numbers = (
        f"says {float(seen.confidence.mean()):.3f} on average, is right on {float(seen.hits.mean()):.3f}; "
        f"calibration error {error.value:.3f} [{error.low:.3f}, {error.high:.3f}], n={error.n:,}, "
        f"Holm p={p_value:.2g}"
    )
    action = _advice(seen.after, seen.remedy)
    if gap.value >= ONE_SIDED * error.value:
        yield Finding(
            rule="WGH-Q001",
            severity=Severity.HIGH if severe else Severity.MEDIUM if medium else Severity.LOW,
            confidence=Confidence.HIGH,
            where=seen.test.test,
            message=f"over-confident: {numbers}",
            why="whoever lets sure answers pass unread lets more errors pass than the numbers promise",
            action=action,
        )
    elif -gap.value >= ONE_SIDED * error.value:
        yield Finding(
            rule="WGH-Q002",
            severity=Severity.MEDIUM if medium else Severity.LOW,
            confidence=Confidence.HIGH,
            where=seen.test.test,
            message=f"under-confident: {numbers}",
            why="answers that could be relied on are sent to people to be looked at again",
            action=action,
        )
    else:
        yield Finding(
            rule="WGH-Q003",
            severity=Severity.HIGH if severe else Severity.MEDIUM if medium else Severity.LOW,
            confidence=Confidence.HIGH,
            where=seen.test.test,
            message=f"confidence misleads both ways: {numbers}",
            why="a threshold on the confidence does not divide the answers as it seems to",
            action=action,
        )


CHECK: Check[CalibrationSubject] = Check(
    id="calibration",
    question="When it says 90 %, is it right nine times in ten?",
    module=__name__,
    run=run,
    pictures=(
        Picture(
            PictureKind.RELIABILITY,
            measure="observed_frequency",
            title="Share answered right, over the confidence stated",
            row="test",
            column="confidence",
        ),
    ),
)


def put(case: Case) -> Asking[CalibrationSubject] | NotAsked:
    """Ask about the finalist's answers on every test set."""
    if case.data is None or case.predictor is None:
        return NotAsked("no way of answering was fitted")
    data, predictor, seed = case.data, case.predictor, case.declared.seed
    if predictor.kind is ArmKind.CONSTANT:
        return NotAsked(
            "the finalist answers always the same, so its confidence tells no two rows apart", applies=False
        )
    return Asking(
        predictor.subject,
        lambda: CalibrationSubject(predictor.tests, _training(data, predictor, seed)),
        parameters={"rows": int(data.train.size)},
        inputs=(*predictor.inputs, ("rows", data.digest)),
        runtimes=predictor.runtimes,
    )


def _training(data: DataCase, predictor: PredictorCase, seed: int) -> tuple[TrainingRows, ...]:
    refit, table = predictor.refit, data.table
    if refit is None:
        return ()
    return tuple(
        TrainingRows(refit, data.train_for(test), table.labels, table.groups, seed)
        for test in range(len(predictor.tests))
    )


QUESTION = Question(CHECK, put)
