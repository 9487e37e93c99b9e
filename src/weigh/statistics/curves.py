"""Learning curves: how the error falls with the number of labels, what a model is worth in labels.

A power law error(n) = a + b n^(-c) with 0 <= a, 0 <= b, 0 < c <= 2 (J. Hestness et al., "Deep learning
scaling is predictable, empirically", 2017; C. Cortes et al., NIPS 1993, for the asymptote). Three to six
sizes determine it badly, so nothing is read off further than four times past the last size, and the
uncertainty is that of refitting resampled errors.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.statistics.arguments import FloatArray, require_level, require_values

# Past this multiple of the largest size a curve of a few sizes is a guess, not an estimate.
REACH = 4.0
# A law with three unknowns needs three sizes.
FEWEST_SIZES = 3
LEAST_EXPONENT, MOST_EXPONENT = 0.01, 2.0
# The exponent is searched on a grid that is refined around its best point: 48 points over a ratio of 200
# are 12 % apart; each refinement spans two neighbours, so six of them reach a relative 1e-6.
GRID, REFINED_GRID, REFINEMENTS = 48, 9, 6
# Rows of replicates fitted at once: 256 x 48 exponents x 6 sizes x 8 bytes stay below 1 MiB.
CHUNK = 256


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """The fitted curve error(n) = a + b n^(-c).

    Attributes:
        a: error that no number of labels removes, >= 0, unit of the error.
        b: >= 0; 0 is a flat curve, which is also what errors that grow with n are fitted by.
        c: exponent in (0, 2]; 1 for a flat curve, where it has no meaning.
        n_max: largest size the curve was fitted on, rows.
        n_min: smallest size the curve was fitted on, rows.
        residual: root mean squared (weighted) distance of the errors from the curve.
    """

    a: float
    b: float
    c: float
    n_max: float
    n_min: float = 1.0
    residual: float = 0.0

    def __post_init__(self) -> None:
        finite = all(map(math.isfinite, (self.a, self.b, self.c, self.n_max)))
        if not finite or self.a < 0 or self.b < 0 or not 0 < self.c <= MOST_EXPONENT:
            raise UsageError("a learning curve needs 0 <= a, 0 <= b, 0 < c <= 2", why=repr(self))
        if not 1 <= self.n_min <= self.n_max:
            raise UsageError("a learning curve needs 1 <= n_min <= n_max", why=repr(self))

    @property
    def reach(self) -> float:
        """The largest number of labels about which the curve is allowed to speak: 4 n_max."""
        return REACH * self.n_max

    @property
    def flat(self) -> bool:
        """Whether more labels change nothing, as far as the data show."""
        return self.b == 0.0

    def within_reach(self, n: float) -> bool:
        """Whether `n` labels lie in 1 .. `reach`."""
        return 1 <= n <= self.reach

    def predict(self, n: float) -> float:
        """Return the error at `n` labels.

        Raises:
            UsageError: when `n` is not within reach.
        """
        if not self.within_reach(n):
            raise UsageError(
                f"the learning curve says nothing about {n:g} labels",
                why=f"it was fitted up to {self.n_max:g} and reaches to {self.reach:g}",
                hint="measure at larger sizes",
            )
        return self.a + self.b * math.pow(n, -self.c)

    def solve(self, error: float) -> float:
        """Return the smallest n >= 1 at which the curve is at or below `error`; infinite if nowhere.

        The answer may lie past `reach`, where it is no estimate: ask `within_reach`.
        """
        if self.a + self.b <= error:
            return 1.0
        if error <= self.a or self.flat:
            return math.inf
        exponent = (math.log(self.b) - math.log(error - self.a)) / self.c
        return math.exp(exponent) if exponent < 700 else math.inf


@dataclass(frozen=True, slots=True)
class Band:
    """A learning curve with its uncertainty, at chosen sizes.

    Attributes:
        at: sizes, rows.
        low: lower end at each size, unit of the error.
        middle: median over the replicates at each size.
        high: upper end at each size.
        level: pointwise confidence level.
        replicates: number of refitted curves.
    """

    at: tuple[float, ...]
    low: tuple[float, ...]
    middle: tuple[float, ...]
    high: tuple[float, ...]
    level: float
    replicates: int


class Bound(StrEnum):
    """What the `value` of a `LabelsWorth` is."""

    ESTIMATE = "estimate"
    MORE_THAN = "more_than"
    LESS_THAN = "less_than"


@dataclass(frozen=True, slots=True)
class LabelsWorth:
    """How many labels training from scratch needs to reach the pre-trained arm's error.

    Attributes:
        low: lower end, labels.
        value: labels needed; with `bound` more_than the reach of the curve, with less_than its smallest size.
        high: upper end, labels; equal to `reach` it means "or more".
        bound: whether `value` is an estimate or only a bound.
        reach: the largest number of labels the curve is allowed to speak about.
        n_used: labels the pre-trained arm was given.
    """

    low: float
    value: float
    high: float
    bound: Bound
    reach: float
    n_used: int

    @property
    def saved(self) -> float:
        """Labels that the pre-trained arm saves: `value` - `n_used`; negative where scratch needs fewer."""
        return self.value - self.n_used

    @property
    def open_above(self) -> bool:
        """Whether the data leave room for any number of labels above `reach`."""
        return self.high >= self.reach


def fit_power_law(n: ArrayLike, error: ArrayLike, weights: ArrayLike | None = None) -> PowerLaw:
    """Return the least-squares power law through measured errors.

    For a given exponent the best a and b have a closed form, so only the exponent is searched, over its
    whole range: there is no starting value and no local minimum to be caught in.

    Args:
        n: [s] sizes in rows, >= 1, at least three different ones.
        error: [s] error at each size, >= 0.
        weights: [s] weight of each squared distance, > 0, such as 1 / variance; equal when not given.

    Raises:
        UsageError: when the arrays do not fit.
        UnknownAnswerError: when there are fewer than three different sizes.
    """
    errors = require_values(error, name="error")
    return fit_power_laws(n, errors[None], weights)[0]


def fit_power_laws(n: ArrayLike, errors: ArrayLike, weights: ArrayLike | None = None) -> list[PowerLaw]:
    """Return the power law of each row of `errors`, [replicates, s]; see `fit_power_law`."""
    sizes, matrix, weight = _checked(n, errors, weights)
    # Sizes relative to the largest keep n^(-c) in [1, (n_max / n_min)^2].
    relative = sizes / sizes.max()
    parts = [_search(relative, matrix[i : i + CHUNK], weight) for i in range(0, matrix.shape[0], CHUNK)]
    laws: list[PowerLaw] = []
    for a, b, c, square in np.concatenate(parts):
        flat = b <= 0.0
        exponent = 1.0 if flat else float(c)
        scale = 0.0 if flat else float(b) * float(sizes.max()) ** exponent
        residual = math.sqrt(max(0.0, float(square) / float(weight.sum())))
        laws.append(PowerLaw(float(a), scale, exponent, float(sizes.max()), float(sizes.min()), residual))
    return laws


def band(n: ArrayLike, errors: ArrayLike, at: Sequence[float], level: float = 0.95) -> Band:
    """Return the pointwise percentile band of refitted curves.

    Args:
        n: [s] sizes in rows.
        errors: [replicates, s] error at each size in each bootstrap replicate of the test rows.
        at: sizes to report, each within reach of the curve.
        level: confidence level.

    Raises:
        UsageError: when the arrays do not fit or a size is out of reach.
        UnknownAnswerError: when there are fewer than three different sizes.
    """
    tail = (1.0 - require_level(level)) / 2
    laws = fit_power_laws(n, errors)
    predicted = np.array([[law.predict(size) for size in at] for law in laws])
    low, middle, high = np.quantile(predicted, [tail, 0.5, 1.0 - tail], axis=0)
    return Band(
        tuple(float(size) for size in at),
        tuple(low.tolist()),
        tuple(middle.tolist()),
        tuple(high.tolist()),
        level,
        len(laws),
    )


def labels_worth(
    curve_scratch: PowerLaw,
    error_pretrained: float,
    n_used: int,
    *,
    curves: Sequence[PowerLaw] = (),
    errors: ArrayLike | None = None,
    level: float = 0.95,
) -> LabelsWorth:
    """Return how many labels the scratch arm needs to reach the pre-trained arm's error.

    Args:
        curve_scratch: learning curve of the scratch arm on all test rows.
        error_pretrained: error of the pre-trained arm, same unit and rows, >= 0.
        n_used: labels the pre-trained arm was given.
        curves: [r] the scratch arm's curve refitted in each bootstrap replicate of the test rows. Without
            them nothing is known of the uncertainty, and `low` and `high` are the ends of what the curve
            may speak about.
        errors: [r] the pre-trained arm's error in the same replicates; constant when not given.
        level: confidence level of `low` and `high`.

    Raises:
        UsageError: when an argument does not fit.
    """
    if not (math.isfinite(error_pretrained) and error_pretrained >= 0) or n_used < 0:
        raise UsageError(
            "an error and a count of labels are finite and not negative",
            why=f"error {error_pretrained}, {n_used} labels",
        )
    least, reach = curve_scratch.n_min, curve_scratch.reach
    needed = curve_scratch.solve(error_pretrained)
    value = min(max(needed, least), reach)
    bound = Bound.ESTIMATE
    if needed > reach:
        bound = Bound.MORE_THAN
    elif needed < least:
        bound = Bound.LESS_THAN
    low, high = least, reach
    if curves:
        low, high = _needed_ends(curves, error_pretrained, errors, level=level)
    # Replicates may bend away from the whole data's curve; the estimate itself is always possible.
    low, high = min(max(low, least), value), max(min(high, reach), value)
    return LabelsWorth(low, value, high, bound, reach, n_used)


def _needed_ends(
    curves: Sequence[PowerLaw], error: float, errors: ArrayLike | None, *, level: float
) -> tuple[float, float]:
    targets = np.full(len(curves), error) if errors is None else require_values(errors, name="errors")
    if targets.size != len(curves):
        raise UsageError(
            "replicates must come in pairs", why=f"{len(curves)} curves and {targets.size} errors"
        )
    tail = (1.0 - require_level(level)) / 2
    needed = np.sort([curve.solve(float(target)) for curve, target in zip(curves, targets, strict=True)])
    # Order statistics, not interpolation: between a number and infinity there is nothing to interpolate.
    first = math.floor(tail * (needed.size - 1))
    return float(needed[first]), float(needed[needed.size - 1 - first])


def _checked(
    n: ArrayLike, errors: ArrayLike, weights: ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    sizes = require_values(n, name="sizes")
    matrix = np.asarray(errors, dtype=np.float64)
    weight = np.ones(sizes.size) if weights is None else require_values(weights, name="weights")
    if matrix.ndim != 2 or matrix.shape[1] != sizes.size or weight.size != sizes.size:
        raise UsageError(
            "a learning curve needs one error and one weight a size",
            why=f"{sizes.size} sizes, errors {matrix.shape}, {weight.size} weights",
        )
    if not matrix.size or not (np.isfinite(matrix) & (matrix >= 0)).all():
        raise UsageError("the errors of a learning curve must be finite and not negative")
    if (sizes < 1).any() or (weight <= 0).any():
        raise UsageError("sizes must be at least 1 and weights above 0")
    if np.unique(sizes).size < FEWEST_SIZES:
        raise UnknownAnswerError(
            "a learning curve cannot be fitted",
            why=f"it has {np.unique(sizes).size} different sizes and needs {FEWEST_SIZES}",
            hint="train on more subset sizes",
        )
    return sizes, matrix, weight


def _search(relative: FloatArray, errors: FloatArray, weight: FloatArray) -> FloatArray:
    """Return [r, 4] columns a, b (at relative sizes), c, weighted sum of squares, one row a replicate."""
    rows = np.arange(errors.shape[0])
    grid = np.tile(np.geomspace(LEAST_EXPONENT, MOST_EXPONENT, GRID), (rows.size, 1))
    for step in range(REFINEMENTS + 1):
        fitted = _linear_part(grid, relative, errors, weight)
        best = np.argmin(fitted[..., 3], axis=1)
        found: FloatArray = fitted[rows, best]
        if step < REFINEMENTS:
            below = grid[rows, np.maximum(best - 1, 0)]
            above = grid[rows, np.minimum(best + 1, grid.shape[1] - 1)]
            grid = np.geomspace(below, above, REFINED_GRID, axis=1)
            # Geometric spacing may round the outer points past the limits.
            grid = np.clip(grid, LEAST_EXPONENT, MOST_EXPONENT)
    return found


def _linear_part(
    exponents: FloatArray, relative: FloatArray, errors: FloatArray, weight: FloatArray
) -> FloatArray:
    """Return [r, k, 4]: non-negative least squares of a and b for each exponent [r, k], c, and the squares.

    With two unknowns the constrained optimum is the free one, or has b = 0 (errors do not fall), or a = 0.
    """
    share = weight / weight.sum()
    x = relative ** -exponents[..., None]
    y = errors[:, None, :]
    mean_x, mean_y = (share * x).sum(-1), (share * y).sum(-1)
    spread = (share * np.square(x - mean_x[..., None])).sum(-1)
    slope = (share * (x - mean_x[..., None]) * (y - mean_y[..., None])).sum(-1) / spread
    a = mean_y - slope * mean_x
    through_origin = (share * x * y).sum(-1) / (share * np.square(x)).sum(-1)
    b = np.where(slope <= 0, 0.0, np.where(a < 0, through_origin, slope))
    a = np.where(slope <= 0, mean_y, np.where(a < 0, 0.0, a))
    distance = y - a[..., None] - b[..., None] * x
    return np.stack([a, b, exponents, (weight * np.square(distance)).sum(-1)], axis=-1)
