"""How much an arm does better on the rows it was fitted on, with true labels and with shuffled ones.

Shuffled labels hold nothing to learn, so whatever gap they show is what the arm can keep by heart (the
randomisation test of C. Zhang et al., "Understanding deep learning requires rethinking generalization",
ICLR 2017).
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from weigh.checks.case import Refitter
from weigh.statistics.bootstrap import mean_bootstrap
from weigh.statistics.classification import log_loss_each
from weigh.statistics.interval import Interval
from weigh.statistics.resampling import dependent
from weigh.statistics.two_samples import difference

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]

MOST_ROWS = 2_000
MOST_A_GROUP = 10
HELD_OUT = 0.2
SHUFFLES = 5
LEVEL = 0.95
# The ratio joins two intervals; each at this level makes it one of 95 % (Bonferroni).
EACH = 1.0 - (1.0 - LEVEL) / 2


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """Training rows divided in two, groups whole.

    Attributes:
        seen: int64 positions to fit on.
        held: int64 positions the fit does not see.
        groups: int64 group codes of all rows that positions point into.
    """

    seen: IntArray
    held: IntArray
    groups: IntArray

    @property
    def asked(self) -> IntArray:
        """All positions, those seen first."""
        return np.concatenate([self.seen, self.held])


@dataclass(frozen=True, slots=True)
class Score:
    """One metric on both sides.

    Attributes:
        seen: mean over the rows fitted on.
        held: mean over the rows left out.
        gap: how much better the rows fitted on do: of accuracy seen - held, of log loss held - seen.
    """

    seen: Interval
    held: Interval
    gap: Interval


@dataclass(frozen=True, slots=True)
class Memory:
    """What one arm keeps by heart.

    Attributes:
        accuracy: with the true labels.
        log_loss: with the true labels, nats.
        shuffled: accuracy gap with shuffled labels, over the shuffles.
        shuffled_log_loss: the same of the log loss.
        ratio: accuracy gap over shuffled gap; None where shuffled labels show no gap.
    """

    accuracy: Score
    log_loss: Score
    shuffled: Interval
    shuffled_log_loss: Interval
    ratio: Interval | None


def divide(train: IntArray, groups: IntArray, *, seed: int) -> Division:
    """Return at most 2,000 of the training rows, a fifth of their groups to leave out, drawn at random.

    Of each group at most 10 rows are taken, so that large groups do not crowd out the others.

    Args:
        train: int64 [m] positions.
        groups: int64 group codes of all rows that positions point into.
        seed: of the draw.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    rows = rng.permutation(train)
    _, unit = np.unique(groups[rows], return_inverse=True)
    rank = rng.permutation(int(unit.max()) + 1)[unit]
    order = np.argsort(rank, kind="stable")
    rows, rank = rows[order], rank[order]
    starts = np.searchsorted(rank, rank)
    taken = np.arange(rows.size) - starts < MOST_A_GROUP
    rows, rank = rows[taken], rank[taken]
    whole = np.searchsorted(rank, rank, side="right") <= max(MOST_ROWS, MOST_A_GROUP)
    rows, rank = rows[whole], rank[whole]
    held = rank < max(1, round(HELD_OUT * (int(rank.max()) + 1)))
    return Division(rows[~held], rows[held], groups)


def remember(refit: Refitter, division: Division, labels: IntArray, *, seed: int) -> Memory:
    """Fit with true and with shuffled labels and hold both sides against each other.

    Args:
        refit: fits the arm again.
        division: rows to fit on and to leave out.
        labels: int64 class codes of all rows that positions point into.
        seed: of fits, shuffles and intervals.
    """
    true = labels[division.asked]
    proba = _answers(refit, division, true, seed=seed)
    hits = _hits(true, proba)
    rng = np.random.Generator(np.random.PCG64(seed))
    gaps, loss_gaps = [], []
    for number in range(SHUFFLES):
        mixed = shuffled(true, division.groups[division.asked], rng)
        proba_mixed = _answers(refit, division, mixed, seed=seed + number)
        gaps.append(_gap(_hits(mixed, proba_mixed), division, sign=1))
        loss_gaps.append(_gap(log_loss_each(mixed, proba_mixed), division, sign=-1))
    return Memory(
        accuracy=_score(hits, division, sign=1, seed=seed),
        log_loss=_score(log_loss_each(true, proba), division, sign=-1, seed=seed),
        shuffled=mean_bootstrap(gaps, seed=seed),
        shuffled_log_loss=mean_bootstrap(loss_gaps, seed=seed),
        ratio=ratio_of(
            _score(hits, division, sign=1, seed=seed, level=EACH).gap,
            mean_bootstrap(gaps, seed=seed, level=EACH),
        ),
    )


def shuffled(labels: IntArray, groups: IntArray, rng: np.random.Generator) -> IntArray:
    """Return the labels moved to other rows: every group takes over those of another, repeated or cut to fit.

    Rows of a group often share label and content; shuffled one by one they would contradict each other, and
    nothing could keep them by heart.
    """
    if dependent(groups) is None:
        return np.asarray(rng.permutation(labels), dtype=np.int64)
    _, unit = np.unique(groups, return_inverse=True)
    order = np.argsort(unit, kind="stable")
    sequences = np.split(labels[order], np.flatnonzero(np.diff(unit[order])) + 1)
    donors = rng.permutation(len(sequences)).tolist()
    taken = [np.resize(sequences[donor], own.size) for donor, own in zip(donors, sequences, strict=True)]
    result = np.empty_like(labels)
    result[order] = np.concatenate(taken)
    return result


def ratio_of(gap: Interval, by_heart: Interval) -> Interval | None:
    """Return gap over gap by heart, with all that the two intervals allow; None where the latter may be 0."""
    if by_heart.low <= 0:
        return None
    ends = [top / bottom for top in (gap.low, gap.high) for bottom in (by_heart.low, by_heart.high)]
    value = gap.value / by_heart.value
    return Interval(value, min(*ends, value), max(*ends, value), LEVEL, gap.n, "bonferroni")


def _answers(refit: Refitter, division: Division, labels: IntArray, *, seed: int) -> FloatArray:
    """Fit on the rows seen with their part of these labels [seen + held]; answer all."""
    return refit(train=division.seen, labels=labels[: division.seen.size], ask=division.asked, seed=seed)


def _hits(labels: IntArray, proba: FloatArray) -> FloatArray:
    return np.asarray(proba.argmax(axis=1) == labels, dtype=np.float64)


def _gap(values: FloatArray, division: Division, *, sign: int) -> float:
    cut = division.seen.size
    return sign * float(values[:cut].mean() - values[cut:].mean())


def _score(values: FloatArray, division: Division, *, sign: int, seed: int, level: float = LEVEL) -> Score:
    cut = division.seen.size
    seen, held = (
        _from_zero(mean_bootstrap(part, seed=seed, level=level, groups=dependent(division.groups[rows])))
        for part, rows in ((values[:cut], division.seen), (values[cut:], division.held))
    )
    return Score(seen, held, difference(seen, held) if sign > 0 else difference(held, seen))


def _from_zero(found: Interval) -> Interval:
    """Hits and losses are not negative, whatever a symmetric interval says."""
    low = min(found.value, max(0.0, found.low))
    return Interval(found.value, low, found.high, found.level, found.n, found.method)
