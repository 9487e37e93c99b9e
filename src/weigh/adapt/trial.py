"""Trial: one arm fitted on some rows and asked about others, with what that took."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from weigh.adapt.arm import SCORES, Arm, Fitted, FloatArray, IntArray, Rows
from weigh.adapt.fitted import to_arrays
from weigh.core.cost import Cost
from weigh.core.errors import UnknownAnswerError
from weigh.core.ports import Clock


@dataclass(frozen=True, slots=True)
class BaseCost:
    """What the base model takes to turn rows into embeddings or answers, where the arm uses it.

    Attributes:
        work_per_row: multiply-adds of one forward pass.
        fit_seconds: wall seconds for the training rows.
        predict_ms: wall milliseconds for one row.
        peak_bytes: peak resident memory of the worker.
        disk_bytes: bytes of the model's files that are needed.
    """

    work_per_row: int = 0
    fit_seconds: float = 0.0
    predict_ms: float = 0.0
    peak_bytes: int = 0
    disk_bytes: int = 0


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What a trial leaves behind.

    Attributes:
        fitted: the arrays and settings of the predictor.
        predictions: for each test set, float64 [n, classes] probabilities.
        cost: labels and work repeat exactly; seconds and bytes are readings.
    """

    fitted: Fitted
    predictions: dict[str, FloatArray]
    cost: Cost

    def with_base(self, base: BaseCost) -> "TrialResult":
        """The same trial with what the base model takes added to its cost.

        An arm that fits nothing is not charged for the training rows: its base model need not see them.
        """
        asked = sum(len(proba) for proba in self.predictions.values())
        cost = self.cost
        whole = replace(
            cost,
            work=cost.work + base.work_per_row * (cost.labels + asked),
            fit_seconds=cost.fit_seconds + (base.fit_seconds if cost.labels else 0.0),
            predict_ms=cost.predict_ms + base.predict_ms,
            peak_bytes=max(cost.peak_bytes, base.peak_bytes),
            disk_bytes=cost.disk_bytes + base.disk_bytes,
        )
        return replace(self, cost=whole)


def run_trial(  # noqa: PLR0913 - a pure function takes its seed, clock and costs as arguments
    arm: Arm,
    train_rows: Rows,
    train_labels: IntArray,
    tests: Mapping[str, Rows],
    classes: int,
    *,
    groups: IntArray | None,
    seed: int,
    clock: Clock,
    base: BaseCost | None = None,
) -> TrialResult:
    """Fit an arm and ask it about every test set.

    Args:
        arm: the arm.
        train_rows: rows to fit on.
        train_labels: [n] class codes of these rows.
        tests: rows of each test set, without their labels.
        classes: number of classes of the task.
        groups: [n] codes of training rows that belong together; None when each stands alone.
        seed: of all randomness in the fit.
        clock: the only source of time.
        base: what the base model takes, for arms that rest on one; None leaves its cost out.

    Raises:
        UsageError: when rows and labels do not fit the arm.
        UnknownAnswerError: when an answer is not a probability.
    """
    started = clock.monotonic()
    fitted = arm.fit(train_rows, train_labels, classes, groups=groups, seed=seed)
    fit_done = clock.monotonic()
    predictions = {
        name: _checked(arm, arm.predict(fitted, rows), rows.n, classes) for name, rows in tests.items()
    }
    predict_done = clock.monotonic()
    asked = sum(rows.n for rows in tests.values())
    used = train_rows.n if fits(arm) else 0
    cost = Cost(
        labels=used,
        work=arm.work(fitted, used, asked),
        fit_seconds=fit_done - started,
        predict_ms=1000.0 * (predict_done - fit_done) / max(asked, 1),
        peak_bytes=0,
        disk_bytes=sum(array.nbytes for array in to_arrays(fitted).values()),
    )
    result = TrialResult(fitted, predictions, cost)
    return result if base is None else result.with_base(base)


def fits(arm: Arm) -> bool:
    """Whether an arm learns from labels; one that only reads the model's own answers does not."""
    return arm.needs != frozenset({SCORES})


def _checked(arm: Arm, proba: FloatArray, rows: int, classes: int) -> FloatArray:
    sound = proba.shape == (rows, classes) and np.isfinite(proba).all() and (proba >= 0).all()
    if not sound or (np.abs(proba.sum(axis=1) - 1) > 1e-6).any():
        raise UnknownAnswerError(
            f"the answers of arm {arm.id} are not probabilities",
            why=f"shape {proba.shape} for {rows} rows, {classes} classes; or a row does not add up to 1",
        )
    return proba
