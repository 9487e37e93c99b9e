"""Recommendation: the outcome of the shoot-out between ways of using a model."""

from dataclasses import dataclass
from enum import StrEnum

from weigh.core.cost import Cost
from weigh.core.measure import Measure


class ArmKind(StrEnum):
    """What an arm rests on; ordered from least to most dependence on somebody else's model."""

    CONSTANT = "constant"
    SCRATCH = "scratch"
    MODEL = "model"


class Decision(StrEnum):
    """Closed set of answers to "should I depend on this model, and how?"."""

    ADOPT_AS_IS = "adopt_as_is"
    ADOPT_WITH_PROBE = "adopt_with_probe"
    TRAIN_FROM_SCRATCH = "train_from_scratch"
    KEEP_BASELINE = "keep_baseline"
    DO_NOT_ADOPT = "do_not_adopt"
    UNDECIDED = "undecided"

    @property
    def adopts(self) -> bool:
        """Whether the user would depend on the model afterwards."""
        return self in {Decision.ADOPT_AS_IS, Decision.ADOPT_WITH_PROBE}


@dataclass(frozen=True, slots=True)
class ArmResult:
    """What became of one arm.

    Attributes:
        arm: id, e.g. `probe`.
        title: in plain words.
        kind: constant, scratch or model.
        not_run: why it has no result, "" when it has.
        predictor: digest of the fitted predictor at full size, "" when not run.
        score: the objective at full size.
        tests: the metric on each test set, labelled `test`.
        cost: at full size; None when not run.
        evidence: digest of the evidence at full size.
    """

    arm: str
    title: str
    kind: ArmKind
    not_run: str = ""
    predictor: str = ""
    score: Measure | None = None
    tests: tuple[Measure, ...] = ()
    cost: Cost | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A paired comparison of two arms on the same rows.

    Attributes:
        arm: the one whose advantage is stated.
        other: the one it is held against.
        test: name of the test set, or `objective` for the mean over all.
        difference: metric(arm) − metric(other), with interval and n.
        p_value: two-sided, adjusted (Holm) over the comparisons of one decision.
    """

    arm: str
    other: str
    test: str
    difference: Measure
    p_value: float


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One point of a learning curve: an arm's metric on a test after `rows` training rows."""

    arm: str
    test: str
    rows: int
    score: Measure


@dataclass(frozen=True, slots=True)
class LabelsWorth:
    """How many labels training from scratch would need to match the recommended arm.

    Attributes:
        low: lower end of the band, rows; None when it cannot be bounded.
        value: rows; None when beyond reach.
        high: upper end; None when beyond reach.
        more_than: rows that certainly do not suffice (the end of what may be extrapolated), 0 when
            `value` is known.
        scratch: id of the arm trained from scratch.
        used: labelled rows the recommended arm used.
    """

    low: int | None
    value: int | None
    high: int | None
    more_than: int
    scratch: str
    used: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence for or against, with the evidence it rests on."""

    text: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The answer of the shoot-out.

    Attributes:
        decision: the answer.
        arm: id of the recommended arm, "" when none.
        runner_up: id of the second.
        detectable: the recommended arm differs detectably from the runner-up on the objective.
        metric: name of the metric decided on.
        objective: what is averaged, in words.
        because: one sentence.
        arms: results of all arms, recommended first.
        comparisons: all paired comparisons.
        curves: learning curves.
        worth: labels the model is worth; None when it was not adopted.
        would_change: what would change the answer.
        needs_n: test rows needed to detect the minimum useful gain; None when the answer is settled.
    """

    decision: Decision
    arm: str
    runner_up: str
    detectable: bool
    metric: str
    objective: str
    because: str
    arms: tuple[ArmResult, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    curves: tuple[CurvePoint, ...] = ()
    worth: LabelsWorth | None = None
    would_change: tuple[str, ...] = ()
    needs_n: int | None = None

    def result(self, arm: str) -> ArmResult | None:
        """The result of an arm, or None."""
        return next((a for a in self.arms if a.arm == arm), None)
