"""Random halves of the training rows: what an arm is refitted on to see how much the training draw matters.

Another draw of training rows would have given another predictor, and another score. Of two complementary
random halves each is a draw of its own, half as large. For a mean of n rows with variance s^2 the half-means
a and b satisfy E[((a - b) / 2)^2] = s^2 (1/m - 1/n) = s^2 / n at m = n / 2, exactly the variance of the mean
over all rows: the delete-half jackknife, or balanced half-sampling (P. McCarthy, Review of the International
Statistical Institute 37, 1969; J. Shao and C. F. J. Wu, Annals of Statistics 17, 1989; B. Efron and
R. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 11). Unlike deleting one row it also holds for
statistics that are not smooth, and unlike a bootstrap it fits on no row twice, which would deceive the
cross-validation inside an arm's fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weigh.datasets.splits import FEWEST_TRAIN
from weigh.decide.trials import IntArray

# Simulated coverage (tests/decide/test_training_draw.py) is as good with four pairs as with eight, at half
# the cost: eight fits on half the rows.
PAIRS = 4
# With fewer independent units the halves are too alike from pair to pair to be called random.
FEWEST_UNITS = 16
# Groups of unequal size leave halves of unequal size. At a third, the variance of a difference between the
# halves is 1/8 larger than between true halves; beyond, the halves say too little about the whole.
SMALLEST_SHARE = 1 / 3
# Random halves that do not fit are drawn again, at most this often.
TRIES = 16

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Halves:
    """Halves to refit every arm on.

    Attributes:
        rows: positions of each half in the order of the whole; numbers 2i and 2i + 1 are complementary.
            Empty when there can be none.
        why_not: why there are none, "" when there are.
    """

    rows: tuple[IntArray, ...]
    why_not: str = ""


def halves_of(
    train: IntArray,
    *,
    labels: IntArray,
    groups: IntArray,
    fitted_on: Sequence[IntArray | None] = (),
    seed: int,
    pairs: int = PAIRS,
) -> Halves:
    """Return random complementary halves of the training rows, stratified by class, groups kept together.

    Every half has every class of the whole and at least `FEWEST_TRAIN` rows, for every test set.

    Args:
        train: int64 [n] positions of the training rows.
        labels: int64 class codes of all rows that `train` points into.
        groups: int64 group codes of these rows; rows of one group lie in one half.
        fitted_on: for each test set the positions that may be fitted on for it, None for all.
        seed: the same seed gives the same halves.
        pairs: number of pairs.
    """
    kept = [np.ones(train.size, dtype=np.bool_)]
    kept += [np.isin(train, allowed) for allowed in fitted_on if allowed is not None]
    own_labels, own_groups = labels[train], groups[train]
    _, unit = np.unique(own_groups, return_inverse=True)
    units = int(unit.max(initial=-1)) + 1
    if train.size < 2 * FEWEST_TRAIN or units < FEWEST_UNITS:
        return Halves((), f"{train.size:,} training rows in {units:,} independent units cannot be halved")
    main = _commonest(unit, own_labels, units)
    rng = np.random.Generator(np.random.PCG64(seed))
    made: list[IntArray] = []
    for _ in range(pairs):
        half = _sound_half(unit, main, own_labels, kept, rng)
        if half is None:
            return Halves((), "no halves of the training rows have every class and enough rows each")
        made += [train[half], train[~half]]
    return Halves(tuple(made))


def _sound_half(
    unit: IntArray, main: IntArray, labels: IntArray, kept: Sequence[BoolArray], rng: np.random.Generator
) -> BoolArray | None:
    """Return which rows are in the first half, [rows], or None when no draw gives two sound halves."""
    for _ in range(TRIES):
        half = _random_half(main, rng)[unit]
        if all(_sound(side & some, labels, some) for side in (half, ~half) for some in kept):
            return half
    return None


def _random_half(main: IntArray, rng: np.random.Generator) -> BoolArray:
    """Return which units are in the first half: of two random units of a class one, chosen by a coin.

    What is left over from odd classes is paired too, so that the halves differ by at most one unit.
    """
    order = rng.permutation(main.size)
    order = order[np.argsort(main[order], kind="stable")]
    ordered = main[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    sizes = np.diff([*starts, main.size])
    left_over = (starts + sizes - 1)[sizes % 2 == 1]
    order = np.concatenate([np.delete(order, left_over), order[left_over]])
    coins = rng.integers(0, 2, size=-(-main.size // 2)).astype(np.bool_)
    half = np.empty(main.size, dtype=np.bool_)
    half[order[0::2]] = coins
    half[order[1::2]] = ~coins[: main.size // 2]
    return half


def _sound(half: BoolArray, labels: IntArray, whole: BoolArray) -> bool:
    rows = int(half.sum())
    if rows < FEWEST_TRAIN or rows < SMALLEST_SHARE * int(whole.sum()):
        return False
    return np.unique(labels[half]).size == np.unique(labels[whole]).size


def _commonest(unit: IntArray, labels: IntArray, units: int) -> IntArray:
    """Return the commonest class of each unit, [units]; the first of equally common ones."""
    classes = int(labels.max()) + 1
    codes, counts = np.unique(unit * classes + labels, return_counts=True)
    order = np.lexsort((codes, -counts, codes // classes))
    owner = codes[order] // classes
    first = np.concatenate([[True], owner[1:] != owner[:-1]])
    result = np.empty(units, dtype=np.int64)
    result[owner[first]] = codes[order][first] % classes
    return result
