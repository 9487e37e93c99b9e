"""A number with its uncertainty."""

import math
from dataclasses import dataclass

from weigh.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided confidence interval around an estimate.

    Attributes:
        value: the estimate, in the unit of what was measured.
        low: lower end, same unit; never above `value`.
        high: upper end, same unit; never below `value`.
        level: confidence level, a fraction in (0, 1).
        n: number of observations (rows, not groups) the estimate rests on.
        method: how the ends were found: `wilson`, `clopper-pearson`, `korn-graubard`, `bca-bootstrap`,
            `percentile-bootstrap`, `studentised-bootstrap`, `paired-bootstrap`, `bonett-price`,
            `pseudo-row`, `student-t`, or `degenerate` (see `degenerate`).

    Raises:
        UsageError: when an end is NaN or infinite, the ends do not enclose the value, the level is not in
            (0, 1) or `n` is negative.
    """

    value: float
    low: float
    high: float
    level: float
    n: int
    method: str

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.value, self.low, self.high))):
            raise UsageError(
                "an interval needs finite ends", why=f"{self.low} .. {self.value} .. {self.high}"
            )
        if not self.low <= self.value <= self.high:
            raise UsageError(
                "an interval must enclose its value", why=f"{self.low} .. {self.value} .. {self.high}"
            )
        if not 0.0 < self.level < 1.0:
            raise UsageError("a confidence level lies between 0 and 1", why=f"got {self.level}")
        if self.n < 0:
            raise UsageError("a count of observations cannot be negative", why=f"got {self.n}")

    @property
    def halfwidth(self) -> float:
        """Half the distance between the ends."""
        return (self.high - self.low) / 2

    @property
    def degenerate(self) -> bool:
        """Whether the data show no variation, so that the ends say nothing about the uncertainty.

        A score of exactly 1.0 in every resample has a bootstrap interval of width zero. That is a missing
        answer, not a certain one: treat it as unknown.
        """
        return self.method == "degenerate"

    def contains(self, value: float) -> bool:
        """Whether `value` lies within the closed interval."""
        return self.low <= value <= self.high
