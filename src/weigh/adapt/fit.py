"""How does this arm answer after so many labels? One trial as a question to the ledger.

The fitted arrays and the probabilities on every test set are artifacts of the evidence, so that
comparisons, curves and checks need not fit again.
"""

from dataclasses import dataclass

from weigh.adapt.arm import Arm, IntArray, Rows
from weigh.adapt.fitted import to_arrays
from weigh.adapt.trial import BaseCost, TrialResult, run_trial
from weigh.core.check import Check, Context
from weigh.core.cost import Cost
from weigh.core.evidence import Evidence
from weigh.core.measure import Direction, Measure
from weigh.core.ports import Keeper


@dataclass(frozen=True, slots=True)
class TrialTest:
    """Rows an arm is tried on.

    Attributes:
        name: of the test set.
        rows: what the arm sees of it.
        fitted_on: positions in the training rows that may be fitted on for this test, None for all:
            leaving one domain out means fitting once more without it.
    """

    name: str
    rows: Rows
    fitted_on: IntArray | None = None


@dataclass(frozen=True, slots=True)
class FitSubject:
    """An arm, the rows to fit it on and the rows to try it on.

    Attributes:
        arm: the way of answering.
        rows: training rows.
        labels: int64 [n] class codes of the training rows.
        groups: int64 [n] rows that belong together.
        classes: number of classes of the task.
        tests: test sets; their labels are not handed over.
        base: what the base model takes, for arms that rest on one.
        keep: where arrays go.
        keep_fitted: whether the fitted arrays are kept too; a fit that only shows how much answers vary is
            never used again.
    """

    arm: Arm
    rows: Rows
    labels: IntArray
    groups: IntArray
    classes: int
    tests: tuple[TrialTest, ...]
    base: BaseCost | None
    keep: Keeper
    keep_fitted: bool = True


def run(subject: FitSubject, context: Context) -> Evidence:
    """Fit and answer."""
    whole = {test.name: test.rows for test in subject.tests if test.fitted_on is None}
    result = _fit(subject, context, None, whole)
    answers = dict(result.predictions)
    for test in subject.tests:
        if test.fitted_on is not None:
            answers |= _fit(subject, context, test.fitted_on, {test.name: test.rows}).predictions
    asked = {str(i): answers[test.name] for i, test in enumerate(subject.tests)}
    artifacts = [subject.keep.keep_arrays("probabilities", asked)]
    if subject.keep_fitted:
        artifacts.insert(0, subject.keep.keep_arrays("predictor", to_arrays(result.fitted)))
    return context.answered(measures=_measures(result, subject.rows.n), artifacts=tuple(artifacts))


def _fit(
    subject: FitSubject, context: Context, index: IntArray | None, tests: dict[str, Rows]
) -> TrialResult:
    return run_trial(
        subject.arm,
        subject.rows if index is None else subject.rows.take(index),
        subject.labels if index is None else subject.labels[index],
        tests,
        subject.classes,
        groups=subject.groups if index is None else subject.groups[index],
        seed=context.seed,
        clock=context.clock,
        base=subject.base,
    )


def _measures(result: TrialResult, n: int) -> tuple[Measure, ...]:
    cost = result.cost
    lower = Direction.LOWER
    return (
        Measure("labels", cost.labels, "count", n),
        Measure("work", float(cost.work), "multiply-adds", n, direction=lower),
        Measure("disk_bytes", cost.disk_bytes, "bytes", n, direction=lower),
        Measure("fit_seconds", cost.fit_seconds, "s", 1, direction=lower, observed=True),
        Measure("predict_ms", cost.predict_ms, "ms", 1, direction=lower, observed=True),
        Measure("peak_bytes", cost.peak_bytes, "bytes", 1, direction=lower, observed=True),
    )


def cost_of(evidence: Evidence) -> Cost:
    """The cost a trial's evidence states."""

    def value(name: str) -> float:
        measure = evidence.measure(name)
        return 0.0 if measure is None or measure.value is None else measure.value

    return Cost(
        labels=int(value("labels")),
        work=int(value("work")),
        fit_seconds=value("fit_seconds"),
        predict_ms=value("predict_ms"),
        peak_bytes=int(value("peak_bytes")),
        disk_bytes=int(value("disk_bytes")),
    )


CHECK: Check[FitSubject] = Check(
    id="trial",
    question="How does this arm answer after so many labels?",
    module=__name__,
    run=run,
)
