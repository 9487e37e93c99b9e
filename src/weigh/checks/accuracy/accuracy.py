"""Check `accuracy`: how often is it right on the user's rows, and is that better than not looking at them?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from weigh.checks.accuracy.scores import (
    FloatArray,
    IntArray,
    Metric,
    as_measure,
    mean_interval,
    paired_difference,
    pseudo_values,
    units,
)
from weigh.checks.case import Asking, Case, DataCase, NotAsked, Question
from weigh.core.check import Check, Context
from weigh.core.evidence import Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.picture import Picture, PictureKind
from weigh.datasets.predictions import Predictions
from weigh.statistics.multiplicity import holm
from weigh.statistics.power import n_for_proportion_halfwidth

# Fewer independent rows than this give intervals that exclude hardly anything.
FEWEST_UNITS = 30
# An accuracy known to within 5 points is what `needs_n` asks for.
WANTED_HALFWIDTH = 0.05
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class PredictionSet:
    """The answers of one predictor on every test set.

    Attributes:
        tests: at least one; the first is the in-domain test.
        constants: for each test set the class frequencies, in class order, of the rows that the answers to it
            were fitted on; they are the constant answer, and a class with frequency 0 was never seen.
        positive: the class of interest, whose precision and recall are stated; "" for none.
    """

    tests: tuple[Predictions, ...]
    constants: tuple[tuple[float, ...], ...]
    positive: str = ""


def run(subject: PredictionSet, context: Context) -> Evidence:
    """Score every test set and hold it against the constant answer."""
    pairs = zip(subject.tests, subject.constants, strict=True)
    tests = [(test, constant) for test, constant in pairs if test.labels.size]
    if not tests:
        return context.inconclusive("there are no test rows to score", needs_n=FEWEST_UNITS)
    measures = tuple(m for test, constant in tests for m in _measures(test, constant, seed=context.seed))
    measures += tuple(m for test, _ in tests for m in _of_interest(test, subject.positive, seed=context.seed))
    findings = (
        *_below_constant(tests, seed=context.seed),
        *(found for test, constant in tests for found in _unseen(test, constant)),
    )
    first, _ = tests[0]
    independent = units(first.groups, first.labels.size)
    if independent < FEWEST_UNITS:
        needed = _rows_needed(float(np.mean(first.correct)), first.labels.size / independent)
        reason = (
            f"{independent} independent rows in {first.test} are too few: at least {FEWEST_UNITS} are needed"
        )
        return context.inconclusive(reason, needs_n=needed, findings=findings, measures=measures)
    return context.answered(findings=findings, measures=measures)


def _measures(test: Predictions, constant: tuple[float, ...], *, seed: int) -> list[Measure]:
    result = []
    for metric in Metric:
        values = pseudo_values(metric, test.labels, test.proba)
        found = mean_interval(metric, values, test.groups, seed=seed)
        result.append(as_measure(found, metric, test=test.test))
    skill = _skill(test, constant, seed=seed)
    return result if skill is None else [*result, skill]


def _of_interest(test: Predictions, positive: str, *, seed: int) -> Iterator[Measure]:
    """Precision and recall of one class: how often a hit is right, and how many are found."""
    if positive not in test.classes:
        return
    code = test.classes.index(positive)
    said, true = test.predicted == code, test.labels == code
    for name, among in (("precision", said), ("recall", true)):
        if not among.any():
            continue
        groups = test.groups[among]
        right = (said & true)[among].astype(np.float64)
        found = mean_interval(Metric.ACCURACY, right, groups, seed=seed)
        measure = as_measure(found, Metric.ACCURACY, test=test.test, positive=positive)
        yield replace(measure, name=name)


def _skill(test: Predictions, constant: tuple[float, ...], *, seed: int) -> Measure | None:
    """Return (m - m0) / (1 - m0), m the accuracy and m0 the constant answer's; None where m0 is 1.

    The interval comes from pseudo-values: both accuracies move with the rows drawn.
    """
    hit = np.asarray(test.correct, dtype=np.float64)
    plain = _constant_hits(test, constant)
    accuracy, baseline = float(hit.mean()), float(plain.mean())
    if baseline == 1.0:
        return None
    left = 1.0 - baseline
    values = (
        (accuracy - baseline) / left
        + (hit - accuracy) / left
        - (plain - baseline) * (1.0 - accuracy) / left**2
    )
    # The difference from zero, so that no range cuts the interval at 0: skill can be negative.
    found = paired_difference(
        Metric.LOG_LOSS, values, np.zeros(values.size), test.groups, seed=seed
    ).difference
    return Measure(
        name="skill",
        value=found.value,
        unit="fraction",
        n=found.n,
        low=found.low,
        high=min(found.high, max(1.0, found.value)),
        level=found.level,
        method=found.method,
        direction=Direction.HIGHER,
        labels=labelled(test=test.test),
    )


def _below_constant(tests: Sequence[tuple[Predictions, tuple[float, ...]]], *, seed: int) -> list[Finding]:
    """One finding for each test set on which the constant answer is detectably better (Holm over tests)."""
    results = [
        paired_difference(
            Metric.ACCURACY,
            np.asarray(test.correct, dtype=np.float64),
            _constant_hits(test, constant),
            test.groups,
            seed=seed,
        )
        for test, constant in tests
    ]
    adjusted = holm([result.p_value for result in results])
    found = []
    for (test, constant), result, p in zip(tests, results, adjusted.tolist(), strict=True):
        gain = result.difference
        if p >= ALPHA or gain.value >= 0:
            continue
        commonest = test.classes[int(np.argmax(constant))]
        found.append(
            Finding(
                rule="WGH-A001",
                severity=Severity.HIGH,
                confidence=Confidence.HIGH,
                where=test.test,
                message=(
                    f'always answering "{commonest}" is right more often: by {-gain.value:.3f} '
                    f"[{-gain.high:.3f}, {-gain.low:.3f}], n={gain.n:,}, Holm p={p:.2g}"
                ),
                why="a predictor that does worse than a constant makes every decision that uses it worse",
                action="check that labels are matched to the right classes; else do not use it here",
            )
        )
    return found


def _unseen(test: Predictions, constant: tuple[float, ...]) -> list[Finding]:
    """One finding for each class of the test rows that no row fitted on for them had."""
    counts = np.bincount(test.labels, minlength=len(constant))
    missing = [code for code, share in enumerate(constant) if share == 0 and counts[code] > 0]
    return [
        Finding(
            rule="WGH-A002",
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            where=test.test,
            message=f'{counts[code]:,} rows have the label "{test.classes[code]}", which no training row has',
            why="nothing fitted on the training rows can learn to give it, so these rows count as wrong",
            action="add training rows with this label, or leave it out with a row filter",
        )
        for code in missing
    ]


def _constant_hits(test: Predictions, constant: tuple[float, ...]) -> FloatArray:
    labels: IntArray = test.labels
    return np.asarray(labels == int(np.argmax(constant)), dtype=np.float64)


def _rows_needed(accuracy: float, rows_a_unit: float) -> int:
    # Half way between what was seen and a coin: ten rows that are all right do not make a sure thing.
    expected = (accuracy + 0.5) / 2
    units_needed = max(n_for_proportion_halfwidth(expected, WANTED_HALFWIDTH), FEWEST_UNITS)
    return int(np.ceil(units_needed * rows_a_unit))


CHECK: Check[PredictionSet] = Check(
    id="accuracy",
    question="How often is it right on your rows, and is that better than a constant answer?",
    module=__name__,
    run=run,
    pictures=(
        Picture(
            PictureKind.DOTS,
            measure=Metric.ACCURACY.value,
            title="Share of rows answered right, on each test set",
            row="test",
        ),
    ),
)


def put(case: Case) -> Asking[PredictionSet] | NotAsked:
    """Ask about the finalist's answers on every test set."""
    if case.data is None or case.predictor is None:
        return NotAsked("no way of answering was fitted")
    data, predictor, positive = case.data, case.predictor, case.declared.positive
    return Asking(
        predictor.subject,
        lambda: PredictionSet(
            predictor.tests, tuple(_frequencies(data, i) for i in range(len(predictor.tests))), positive
        ),
        parameters={"rows": int(data.train.size), "positive": positive},
        # The split says which labels the constant answer of each test set may know.
        inputs=(*predictor.inputs, ("rows", data.digest)),
        runtimes=predictor.runtimes,
    )


def _frequencies(data: DataCase, test: int) -> tuple[float, ...]:
    """Class frequencies of the rows that may be fitted on for a test set."""
    counts = np.bincount(data.table.labels[data.train_for(test)], minlength=len(data.table.classes))
    return tuple((counts / max(1, int(counts.sum()))).tolist())


QUESTION = Question(CHECK, put)
