"""What the decision is made from: the answers of every arm on the same test rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from weigh.core.cost import Cost
from weigh.core.errors import UsageError
from weigh.core.recommendation import ArmKind
from weigh.decide.refits import PARTS

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TestSet:
    """Labelled rows every arm was asked about.

    Attributes:
        name: e.g. `in-domain`, `domain=tweets`.
        labels: int64 [n] class codes.
        groups: int64 [n] codes of rows that are not independent, the same code meaning the same group in
            every test set; None when each row stands alone.
    """

    # pytest would collect a class of this name.
    __test__ = False

    name: str
    labels: IntArray
    groups: IntArray | None = None


@dataclass(frozen=True, slots=True)
class ArmTrials:
    """All trials of one arm.

    Attributes:
        arm: id.
        title: in plain words.
        kind: constant, scratch or model.
        risk: 0..9, breaks ties after work.
        not_run: why it has no trial, "" when it has.
        sizes: training rows of each trial, ascending; the last is the full size.
        predictions: size → test name → float64 [n, classes].
        cost: at full size; None when not run.
        predictor: digest of the predictor at full size.
        evidence: digest of the evidence at full size.
        refits: for each refit without a part of the full-size training rows (see `weigh.decide.refits`)
            test name → float64 [n, classes]; the same parts in the same order for every arm. Empty when
            the arm was not refitted.
    """

    arm: str
    title: str
    kind: ArmKind
    risk: int = 0
    not_run: str = ""
    sizes: tuple[int, ...] = ()
    predictions: Mapping[int, Mapping[str, FloatArray]] = field(default_factory=dict)
    cost: Cost | None = None
    predictor: str = ""
    evidence: str = ""
    refits: tuple[Mapping[str, FloatArray], ...] = ()

    @property
    def fits(self) -> bool:
        """Whether it learns from labels; an arm that does not is the same whatever the training rows."""
        return self.cost is None or self.cost.labels > 0

    @property
    def full(self) -> int:
        """Training rows of the trial at full size."""
        return self.sizes[-1]

    @property
    def answers(self) -> Mapping[str, FloatArray]:
        """Its answers at full size, by test set."""
        return self.predictions[self.full]

    @property
    def order(self) -> tuple[int, int, str]:
        """What decides between equals: work, then risk, then id. Never seconds."""
        return (self.cost.work if self.cost else 0, self.risk, self.arm)


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything the decision looks at.

    Attributes:
        tests: at least one; the first is the in-domain test.
        arms: at least the constant one.
        classes: number of classes.
        shift: name of the column whose values are domains, "" when the user named none.
    """

    tests: tuple[TestSet, ...]
    arms: tuple[ArmTrials, ...]
    classes: int
    shift: str = ""

    def __post_init__(self) -> None:
        if not self.tests or any(test.labels.size == 0 for test in self.tests):
            raise UsageError("nothing can be decided without test rows", hint="give a larger test set")
        if not any(arm.kind is ArmKind.CONSTANT for arm in self.ran):
            raise UsageError(
                "nothing can be decided without the constant arm", why="it is what arms must beat"
            )
        for arm in self.ran:
            self._check(arm)
        if len({len(arm.refits) for arm in self.ran if arm.refits}) > 1:
            raise UsageError("arms were refitted on different numbers of divisions of the training rows")

    @property
    def ran(self) -> tuple[ArmTrials, ...]:
        """The arms that have a result."""
        return tuple(arm for arm in self.arms if not arm.not_run)

    def of_kind(self, kind: ArmKind) -> tuple[ArmTrials, ...]:
        """The arms of a kind that have a result."""
        return tuple(arm for arm in self.ran if arm.kind is kind)

    @property
    def units(self) -> int:
        """Independent units (groups, else rows) over all test sets."""
        return int(np.unique(joint_groups(self.tests)).size)

    @property
    def rows(self) -> int:
        """Test rows over all test sets."""
        return sum(test.labels.size for test in self.tests)

    def _check(self, arm: ArmTrials) -> None:
        if not arm.sizes or list(arm.sizes) != sorted(set(arm.sizes)):
            raise UsageError(f"arm {arm.arm} has no sizes in ascending order", why=f"got {arm.sizes}")
        for size in arm.sizes:
            self._check_answers(arm, arm.predictions.get(size, {}), f"{size} rows")
        if len(arm.refits) % PARTS:
            raise UsageError(
                f"arm {arm.arm} was not refitted without each of {PARTS} parts",
                why=f"there are {len(arm.refits)} refits",
            )
        for number, refit in enumerate(arm.refits, start=1):
            self._check_answers(arm, refit, f"refit {number}")

    def _check_answers(self, arm: ArmTrials, answers: Mapping[str, FloatArray], at: str) -> None:
        for test in self.tests:
            proba = answers.get(test.name)
            if proba is None or proba.shape != (test.labels.size, self.classes):
                raise UsageError(
                    f"arm {arm.arm} did not answer every row of {test.name} at {at}",
                    why="missing" if proba is None else f"its shape is {proba.shape}",
                )


def joint_groups(tests: tuple[TestSet, ...]) -> IntArray:
    """Group codes of the rows of all test sets one after the other, [rows].

    Rows of test sets without groups get codes of their own.
    """
    free = max((int(test.groups.max()) for test in tests if test.groups is not None), default=-1) + 1
    parts: list[IntArray] = []
    for test in tests:
        if test.groups is None:
            parts.append(np.arange(free, free + test.labels.size))
            free += test.labels.size
        else:
            parts.append(test.groups)
    return np.concatenate(parts)
