"""What temperature scaling would do, measured on rows that did not choose the temperature."""

from dataclasses import dataclass

import numpy as np

from weigh.checks.calibration.temperature import (
    FloatArray,
    IntArray,
    Temperature,
    fit_temperature,
    tempered,
)
from weigh.checks.case import Refitter
from weigh.datasets.predictions import Predictions
from weigh.statistics.bootstrap import PairedResult, mean_bootstrap, paired_bootstrap
from weigh.statistics.calibration import (
    calibration_error,
    debiased_ece,
    equal_mass_bins,
    recentred,
    resampled_tables,
    tally,
)
from weigh.statistics.classification import log_loss_each
from weigh.statistics.interval import Interval
from weigh.statistics.resampling import dependent

FOLDS = 5
# Up to here every training row is answered by a fit without it; above, a fifth of them once.
MOST_FOLDED = 5_000
# A temperature from fewer independent rows is worth less than the one it would replace.
FEWEST_UNITS = 50
# Answers enough for a temperature to two digits.
MOST_ASKED = 5_000


@dataclass(frozen=True, slots=True, eq=False)
class TrainingRows:
    """Rows to fit a temperature on without touching a test row.

    Attributes:
        refit: fits the predictor's arm again.
        train: int64 [m] positions of its training rows.
        labels: int64 class codes of all rows that positions point into.
        groups: int64 group codes of the same.
        seed: of the predictor's own fit.
    """

    refit: Refitter
    train: IntArray
    labels: IntArray
    groups: IntArray
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Remedy:
    """A temperature and what it was fitted on.

    Attributes:
        temperature: fitted on all rows there are for it.
        fitted_on: `training rows` or `test rows`.
        rows: how many of them.
        crossed: for the test set it was fitted on, its rows tempered by fits without them; None when it was
            fitted on training rows.
    """

    temperature: Temperature
    fitted_on: str
    rows: int
    crossed: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """One test set before and after.

    Attributes:
        log_loss: mean loss after, nats, with its interval.
        log_loss_change: after less before on the same rows; negative is better.
        ece: expected calibration error after, bias reduced.
        ece_change: after less before, with its interval.
    """

    log_loss: Interval
    log_loss_change: PairedResult
    ece: Interval
    ece_change: Interval


def from_training(rows: TrainingRows) -> Remedy | None:
    """Return the temperature that suits answers to training rows which the fit had not seen.

    A fit on four fifths of the rows answers the fifth; None where the rows are too few to be divided.
    """
    found = _unseen_answers(rows)
    if found is None:
        return None
    asked, proba = found
    fitted = fit_temperature(rows.labels[asked], proba, dependent(rows.groups[asked]), seed=rows.seed)
    return Remedy(fitted, "training rows", asked.size)


def from_test(test: Predictions, *, seed: int) -> Remedy | None:
    """Return the temperature that suits the answers on a test set, and its rows tempered by folds."""
    groups = dependent(test.groups)
    fold = folds_of(test.groups, seed=seed)
    if np.unique(test.groups).size < FEWEST_UNITS:
        return None
    crossed = test.proba.copy()
    for one in range(FOLDS):
        held = fold == one
        fitted = fit_temperature(test.labels[~held], test.proba[~held], seed=seed)
        crossed[held] = tempered(test.proba[held], fitted.value)
    fitted = fit_temperature(test.labels, test.proba, groups, seed=seed)
    return Remedy(fitted, "test rows", test.labels.size, crossed)


def effect(test: Predictions, after: FloatArray, *, seed: int) -> Effect:
    """Return what changes on a test set when its answers become `after`, float64 [n, k]."""
    groups = dependent(test.groups)
    before_loss, after_loss = log_loss_each(test.labels, test.proba), log_loss_each(test.labels, after)
    hits = np.asarray(test.correct, dtype=np.float64)
    views = []
    for proba in (test.proba, after):
        confidence = np.minimum(proba.max(axis=1), 1.0)
        views.append((confidence, hits, equal_mass_bins(confidence)))
    drawn = [debiased_ece(table) for table in resampled_tables(views, seed=seed, groups=groups)]
    change = float(debiased_ece(tally(*views[1])) - debiased_ece(tally(*views[0])))
    moved = recentred(change, drawn[1] - drawn[0], level=0.95, n=hits.size, limits=(-1.0, 1.0))
    return Effect(
        log_loss=mean_bootstrap(after_loss, seed=seed, groups=groups),
        log_loss_change=paired_bootstrap(after_loss, before_loss, seed=seed, groups=groups),
        ece=calibration_error(views[1][0], hits, seed=seed, groups=groups).ece,
        ece_change=moved,
    )


def folds_of(groups: IntArray, *, seed: int) -> IntArray:
    """Return the fold of each row, [n] in 0 .. FOLDS-1; rows of one group share it."""
    _, unit = np.unique(groups, return_inverse=True)
    rng = np.random.Generator(np.random.PCG64(seed))
    fold: IntArray = (rng.permutation(int(unit.max()) + 1) % FOLDS)[unit]
    return fold


def _unseen_answers(rows: TrainingRows) -> tuple[IntArray, FloatArray] | None:
    """Return positions and answers of training rows by fits that left them out."""
    groups = rows.groups[rows.train]
    if np.unique(groups).size < FEWEST_UNITS:
        return None
    fold = folds_of(groups, seed=rows.seed)
    folds = range(FOLDS) if rows.train.size <= MOST_FOLDED else range(1)
    asked, answers = [], []
    for one in folds:
        held, kept = rows.train[fold == one][:MOST_ASKED], rows.train[fold != one]
        if not held.size or np.unique(rows.labels[kept]).size < 2:
            continue
        asked.append(held)
        answers.append(rows.refit(train=kept, labels=rows.labels[kept], ask=held, seed=rows.seed))
    return (np.concatenate(asked), np.concatenate(answers)) if asked else None
