"""Which rows to refit on, to see how much an arm's answers depend on the training rows that were drawn.

The delete-a-group jackknife: the training rows are divided at random into parts, and every arm is fitted
again with one part left out at a time. For a mean of n rows with variance s^2 and K equal parts,
E[(K - 1) / K * sum (theta_without_part - their mean)^2] = s^2 / n exactly, the variance over draws of n rows
(M. Quenouille, Biometrika 43, 1956; J. Shao and C. F. J. Wu, Annals of Statistics 17, 1989; B. Efron and
R. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 11). Leaving out a share of the rows and not
one row is what makes it hold for statistics that are not smooth, such as hits after choosing a
hyper-parameter; and unlike a bootstrap it fits on no row twice, which would deceive the cross-validation
inside a fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from weigh.datasets.splits import FEWEST_TRAIN

IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]

# Two divisions into quarters: 8 refits, as dear as 6 fits, 6 degrees of freedom. Halves are cheaper, but
# say how much a fit on half the rows varies, and with a fixed penalty that falls more slowly than 1 / n:
# for a probe on 3,000 movie reviews, asked about tweets, halves gave 0.73, quarters 0.89 and eighths 0.92 of
# the true standard deviation. More parts also magnify what is chance in a fit itself.
PARTS = 4
DIVISIONS = 2
# Parts of fewer than four independent units are too alike from division to division to be called random.
FEWEST_UNITS = 4 * PARTS
# Groups of unequal size make parts of unequal size, and the variance too large: by 15 % when one part holds
# this share of the rows and the others divide the rest.
LARGEST_PART = 0.4
# Divisions that do not fit are drawn again, at most this often.
TRIES = 16


@dataclass(frozen=True, slots=True, eq=False)
class Refits:
    """The rows of every refit, the same for all arms, so that differences between arms are paired.

    Attributes:
        rows: positions of each refit's rows in the order of the whole. Of each division `PARTS` follow
            each other, each without one part. Empty when there can be none.
        why_not: why there are none, "" when there are.
    """

    rows: tuple[IntArray, ...]
    why_not: str = ""


def refits_of(
    train: IntArray,
    *,
    labels: IntArray,
    groups: IntArray,
    fitted_on: Sequence[IntArray | None] = (),
    seed: int,
    divisions: int = DIVISIONS,
) -> Refits:
    """Return the training rows without each part of random divisions, stratified by class and group.

    What is left has every class of the whole and at least `FEWEST_TRAIN` rows, for every test set.

    Args:
        train: int64 [n] positions of the training rows.
        labels: int64 class codes of all rows that `train` points into.
        groups: int64 group codes of these rows; rows of one group lie in one part.
        fitted_on: for each test set the positions that may be fitted on for it, None for all.
        seed: the same seed gives the same divisions.
        divisions: number of divisions.
    """
    scopes = [np.ones(train.size, dtype=np.bool_)]
    scopes += [np.isin(train, allowed) for allowed in fitted_on if allowed is not None]
    own = labels[train]
    _, unit = np.unique(groups[train], return_inverse=True)
    units = int(unit.max(initial=-1)) + 1
    if units < FEWEST_UNITS:
        return Refits((), f"{train.size:,} training rows are only {units:,} independent units")
    main = _commonest(unit, own, units)
    rng = np.random.Generator(np.random.PCG64(seed))
    made: list[IntArray] = []
    for _ in range(divisions):
        part = _sound_division(unit, main, own, scopes, rng)
        if part is None:
            return Refits((), "a quarter of the training rows cannot be left out without losing a class")
        made += [train[part != one] for one in range(PARTS)]
    return Refits(tuple(made))


def _sound_division(
    unit: IntArray, main: IntArray, labels: IntArray, scopes: Sequence[BoolArray], rng: np.random.Generator
) -> IntArray | None:
    """Return the part of each row, [rows], or None when no draw is sound."""
    for _ in range(TRIES):
        part = _division(main, rng)[unit]
        if all(_sound(scope, part == one, labels) for scope in scopes for one in range(PARTS)):
            return part
    return None


def _division(main: IntArray, rng: np.random.Generator) -> IntArray:
    """Return the part of each unit, [units]: each class shuffled and dealt out in turn."""
    order = rng.permutation(main.size)
    order = order[np.argsort(main[order], kind="stable")]
    part = np.empty(main.size, dtype=np.int64)
    part[order] = np.arange(main.size) % PARTS
    return part


def _sound(scope: BoolArray, left_out: BoolArray, labels: IntArray) -> bool:
    """Whether what is left of the rows in scope can stand for all of them."""
    whole, left = int(scope.sum()), scope & ~left_out
    rows = int(left.sum())
    if rows < FEWEST_TRAIN or whole - rows > LARGEST_PART * whole:
        return False
    return np.unique(labels[left]).size == np.unique(labels[scope]).size


def _commonest(unit: IntArray, labels: IntArray, units: int) -> IntArray:
    """Return the commonest class of each unit, [units]; the first of equally common ones."""
    classes = int(labels.max()) + 1
    codes, counts = np.unique(unit * classes + labels, return_counts=True)
    owner = codes // classes
    order = np.lexsort((codes, -counts, owner))
    first = np.concatenate([[True], owner[order][1:] != owner[order][:-1]])
    result = np.empty(units, dtype=np.int64)
    result[owner[order][first]] = codes[order][first] % classes
    return result
