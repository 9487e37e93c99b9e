"""Check `overfitting`: does it know the rule, or only the rows it was fitted on?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from weigh.checks.accuracy.memorising import (
    SHUFFLES,
    IntArray,
    Memory,
    Score,
    divide,
    remember,
)
from weigh.checks.case import Asking, Case, DataCase, NotAsked, PredictorCase, Question, Refitter
from weigh.core.check import Check, Context
from weigh.core.digest import of_value
from weigh.core.evidence import Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.picture import Picture, PictureKind
from weigh.core.recommendation import ArmKind
from weigh.core.subject import Subject, SubjectKind
from weigh.statistics.interval import Interval

# A fifth of these, 40, is left out: an accuracy of 0.8 is then known to within 13 points.
FEWEST_UNITS = 200
# A gap that is smaller misleads nobody who reads a training accuracy.
SMALLEST_GAP = 0.05
LARGE_GAP = 0.10
# Three quarters of what pure memorising gives, and certainly more than half.
MOSTLY, MORE_THAN = 0.75, 0.5


@dataclass(frozen=True, slots=True, eq=False)
class FittedArms:
    """Every arm that learns, and the rows it may be fitted on.

    Attributes:
        arms: (id of the arm, how to fit it again).
        train: int64 [m] positions of the training rows.
        labels: int64 class codes of all rows that positions point into.
        groups: int64 group codes of the same.
        finalist: the arm that answers for the job; what the others keep by heart is only worth knowing.
    """

    arms: tuple[tuple[str, Refitter], ...]
    train: IntArray
    labels: IntArray
    groups: IntArray
    finalist: str = ""


def run(subject: FittedArms, context: Context) -> Evidence:
    """Fit every arm on four fifths of the rows, with their labels and with shuffled ones."""
    units = int(np.unique(subject.groups[subject.train]).size)
    classes = int(np.unique(subject.labels[subject.train]).size)
    if units < FEWEST_UNITS or classes < 2:
        needed = int(np.ceil(FEWEST_UNITS * subject.train.size / max(units, 1)))
        return context.inconclusive(
            f"{units} independent training rows of {classes} classes cannot be divided into rows to fit on "
            f"and rows to leave out",
            needs_n=max(needed, FEWEST_UNITS),
        )
    division = divide(subject.train, subject.groups, seed=context.seed)
    found = [
        (arm, remember(refit, division, subject.labels, seed=context.seed)) for arm, refit in subject.arms
    ]
    return context.answered(
        findings=tuple(
            finding for arm, memory in found for finding in _remarks(arm, memory, subject.finalist)
        ),
        measures=tuple(measure for arm, memory in found for measure in _measures(arm, memory)),
    )


def _measures(arm: str, memory: Memory) -> Iterator[Measure]:
    labels = {"arm": arm}
    higher, lower = Direction.HIGHER, Direction.LOWER
    for score, name, unit, better in (
        (memory.accuracy, "accuracy", "fraction", higher),
        (memory.log_loss, "log_loss", "nats", lower),
    ):
        for rows, side in (("train", score.seen), ("validation", score.held)):
            yield _measure(f"refit_{name}", side, unit, better, labels | {"rows": rows})
        yield _measure(f"{name}_gap", score.gap, unit, lower, labels)
    yield _measure("accuracy_gap_shuffled", memory.shuffled, "fraction", Direction.NEUTRAL, labels)
    yield _measure("log_loss_gap_shuffled", memory.shuffled_log_loss, "nats", Direction.NEUTRAL, labels)
    if memory.ratio is None:
        # Shuffled labels leave no gap: the arm keeps nothing by heart, and there is nothing to divide by.
        yield Measure("memorisation", None, "ratio", SHUFFLES, direction=lower, labels=labelled(**labels))
    else:
        yield _measure("memorisation", memory.ratio, "ratio", lower, labels)


def _measure(name: str, found: Interval, unit: str, direction: Direction, labels: dict[str, str]) -> Measure:
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
        labels=labelled(**labels),
    )


def _remarks(arm: str, memory: Memory, finalist: str) -> Iterator[Finding]:
    beside = bool(finalist) and arm != finalist
    gap, ratio = memory.accuracy.gap, memory.ratio
    if ratio is not None and gap.low > SMALLEST_GAP and ratio.value >= MOSTLY and ratio.low > MORE_THAN:
        yield Finding(
            rule="WGH-I001",
            severity=Severity.INFO if beside else Severity.MEDIUM,
            confidence=Confidence.HIGH,
            where=arm,
            message=f"memorises instead of learning: {_numbers(memory.accuracy)}, {ratio.value:.2f} "
            f"[{ratio.low:.2f}, {ratio.high:.2f}] of the gap that shuffled labels give",
            why="what it was fitted on it knows by heart, and on new rows little of that is of use",
            action="choose a simpler arm or a stronger penalty, or add training rows",
        )
    elif gap.low > LARGE_GAP:
        yield Finding(
            rule="WGH-I002",
            severity=Severity.INFO if beside else Severity.LOW,
            confidence=Confidence.HIGH,
            where=arm,
            message=f"better on the rows it was fitted on: {_numbers(memory.accuracy)}",
            why="its training accuracy promises what new rows do not keep, and rows known by heart can leak",
            action="read its accuracy on test rows only; see the check membership",
        )


def _numbers(score: Score) -> str:
    gap = score.gap
    return (
        f"accuracy {score.seen.value:.3f} on rows it was fitted on, {score.held.value:.3f} on rows left out, "
        f"gap {gap.value:.3f} [{gap.low:.3f}, {gap.high:.3f}], n={gap.n:,}"
    )


CHECK: Check[FittedArms] = Check(
    id="overfitting",
    question="Does it know the rule, or only the rows it was fitted on?",
    module=__name__,
    run=run,
    pictures=(
        Picture(
            PictureKind.DOTS,
            measure="accuracy_gap",
            title="How much more often it is right on rows it was fitted on",
            row="arm",
            reference=0.0,
        ),
    ),
)


def put(case: Case) -> Asking[FittedArms] | NotAsked:
    """Ask about every arm that learns; the constant answer has nothing to keep by heart."""
    if case.data is None:
        return NotAsked("no data was given")
    learning = tuple(arm for arm in case.arms if _learns(arm))
    if not learning:
        return NotAsked("no arm was fitted that learns from rows")
    data, finalist = case.data, case.predictor.arm if case.predictor is not None else ""
    names = ", ".join(sorted(arm.arm for arm in learning))
    return Asking(
        Subject(
            SubjectKind.PREDICTIONS,
            of_value(sorted(arm.subject.digest for arm in learning)),
            f"every way of answering that learns: {names}",
        ),
        lambda: _payload(data, learning, finalist),
        parameters={
            "arms": sorted(arm.arm for arm in learning),
            "finalist": finalist,
            "rows": int(data.train.size),
        },
        inputs=tuple(sorted({("rows", data.digest), *(one for arm in learning for one in arm.inputs)})),
        runtimes=tuple(sorted({one for arm in learning for one in arm.runtimes})),
    )


def _learns(arm: PredictorCase) -> bool:
    return arm.fits and arm.refit is not None and arm.kind is not ArmKind.CONSTANT


def _payload(data: DataCase, learning: tuple[PredictorCase, ...], finalist: str) -> FittedArms:
    arms = tuple((arm.arm, arm.refit) for arm in learning if arm.refit is not None)
    return FittedArms(arms, data.train, data.table.labels, data.table.groups, finalist)


QUESTION = Question(CHECK, put)
