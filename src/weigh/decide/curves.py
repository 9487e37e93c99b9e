"""Learning curves of the arms, and what the recommended one is worth in labels."""

import math

import numpy as np

from weigh.checks.accuracy.scores import Metric, as_measure, pseudo_values
from weigh.core.recommendation import CurvePoint, LabelsWorth
from weigh.decide.draw import without_draw
from weigh.decide.objective import OBJECTIVE, groups_of, score, stratified
from weigh.decide.trials import ArmTrials, FloatArray, Inputs, IntArray
from weigh.statistics.curves import (
    FEWEST_SIZES,
    Bound,
    fit_power_law,
    fit_power_laws,
    labels_worth,
)
from weigh.statistics.interval import Interval

# Refitted curves behind a band; the 2.5 % tail then holds 12 of them.
REPLICATES = 500
# Elements of one block of resampling weights: 16 MiB.
BLOCK_ELEMENTS = 1 << 21


def curve_points(inputs: Inputs, metric: Metric, *, seed: int) -> tuple[CurvePoint, ...]:
    """Return every arm's score at every size: on each test set, and on the objective where there are several.

    The intervals cover which test rows were drawn; only at full size is there a score that also covers the
    training draw, and that stands in the arm's result.

    Args:
        inputs: the answers of every arm.
        metric: what is scored.
        seed: of the bootstrap.
    """
    points: list[CurvePoint] = []
    for arm in inputs.ran:
        for size in arm.sizes:
            for place, test in enumerate(inputs.tests):
                answers = [arm.predictions[size][test.name]]
                found = score(metric, (inputs.tests[place],), answers, seed=seed)
                points.append(_point(arm, test.name, size, found, metric))
            if len(inputs.tests) > 1:
                answers = [arm.predictions[size][test.name] for test in inputs.tests]
                found = score(metric, inputs.tests, answers, seed=seed)
                points.append(_point(arm, OBJECTIVE, size, found, metric))
    return tuple(points)


def worth_in_labels(
    inputs: Inputs, metric: Metric, *, scratch: ArmTrials, adopted: ArmTrials, seed: int
) -> LabelsWorth | None:
    """Return how many labels the scratch arm would need to reach the adopted arm on the objective.

    A power law through the scratch arm's error (1 - metric, or the log loss) over the ladder, with a band
    from refitting it on resampled test rows (the training draw is not included); it speaks up to 4 times
    the largest size. None where fewer than three sizes were measured.

    Args:
        inputs: the answers of every arm.
        metric: what is scored.
        scratch: the arm whose curve is fitted.
        adopted: the arm to reach, at its full size.
        seed: of the bootstrap.
    """
    if len(scratch.sizes) < FEWEST_SIZES:
        return None
    columns = [_values(inputs, scratch, size, metric) for size in scratch.sizes]
    columns.append(_values(inputs, adopted, adopted.full, metric))
    means = _errors(np.array([column.mean() for column in columns]), metric)
    drawn = _errors(replicate_means(np.stack(columns, axis=1), groups_of(inputs.tests), seed=seed), metric)
    sizes = np.array(scratch.sizes, dtype=np.float64)
    found = labels_worth(
        fit_power_law(sizes, means[:-1]),
        float(means[-1]),
        adopted.cost.labels if adopted.cost else adopted.full,
        curves=fit_power_laws(sizes, drawn[:, :-1]),
        errors=drawn[:, -1],
    )
    beyond = found.bound is Bound.MORE_THAN
    return LabelsWorth(
        low=None if found.bound is Bound.LESS_THAN else math.floor(found.low),
        value=None if beyond else round(found.value),
        high=None if found.open_above else math.ceil(found.high),
        more_than=math.floor(found.reach) if beyond else 0,
        scratch=scratch.arm,
        used=found.n_used,
    )


def replicate_means(
    values: FloatArray, groups: IntArray | None, *, seed: int, replicates: int = REPLICATES
) -> FloatArray:
    """Return the means of columns over bootstrap resamples of rows, [replicates, columns].

    All columns meet the same resamples. Rows of one group are drawn together.

    Args:
        values: [rows, columns].
        groups: [rows] codes; None when each row stands alone.
        seed: of the resamples.
        replicates: number of resamples.
    """
    totals, sizes = values, np.ones(values.shape[0])
    if groups is not None:
        _, unit = np.unique(groups, return_inverse=True)
        sizes = np.bincount(unit).astype(np.float64)
        totals = np.stack([np.bincount(unit, weights=column) for column in values.T], axis=1)
    units = sizes.size
    rng = np.random.Generator(np.random.PCG64(seed))
    result = np.empty((replicates, values.shape[1]))
    block = max(1, BLOCK_ELEMENTS // units)
    for first in range(0, replicates, block):
        many = min(block, replicates - first)
        drawn = rng.integers(0, units, size=(many, units)) + units * np.arange(many)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=many * units).reshape(many, units)
        result[first : first + many] = (weights @ totals) / (weights @ sizes)[:, None]
    return result


def _values(inputs: Inputs, arm: ArmTrials, size: int, metric: Metric) -> FloatArray:
    parts = [pseudo_values(metric, test.labels, arm.predictions[size][test.name]) for test in inputs.tests]
    return stratified(inputs.tests, parts)


def _errors(scores: FloatArray, metric: Metric) -> FloatArray:
    return np.maximum(scores if metric.sign < 0 else 1.0 - scores, 0.0)


def _point(arm: ArmTrials, test: str, size: int, found: Interval, metric: Metric) -> CurvePoint:
    stated = without_draw(found) if arm.fits else found
    return CurvePoint(arm.arm, test, size, as_measure(stated, metric, arm=arm.arm, rows=str(size), test=test))
