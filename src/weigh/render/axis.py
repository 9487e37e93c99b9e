"""Axes of charts: from values to places, and round numbers to mark."""

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Axis:
    """A straight map from values to places.

    Attributes:
        low: value at `start`.
        high: value at `end`; greater than `low`.
        start: place of `low`, in pixels.
        end: place of `high`; may be smaller than `start` (upwards).
        logarithmic: equal ratios take equal room; values must be positive.
    """

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Where a value stands; values outside are held at the ends."""
        low, high, at = self.low, self.high, min(max(value, self.low), self.high)
        if self.logarithmic:
            low, high, at = math.log(low), math.log(high), math.log(at)
        return round(self.start + (self.end - self.start) * (at - low) / (high - low), 1)

    def step(self, about: int = 5) -> float:
        """Distance of the round values: 1, 2 or 5 times a power of ten."""
        rough = (self.high - self.low) / max(about, 1)
        power = 10.0 ** math.floor(math.log10(rough))
        # A little below `rough` still counts: seven marks read better than three.
        return next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.8)

    def decimals(self, about: int = 5) -> int:
        """Decimals that tell the round values apart."""
        return max(0, -math.floor(math.log10(self.step(about)) + 1e-9))

    def ticks(self, about: int = 5) -> tuple[float, ...]:
        """About that many round values inside the axis, ascending."""
        step = self.step(about)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return tuple(round(i * step, 12) for i in range(first, last + 1))


def covering(values: Iterable[float | None], start: float, end: float) -> Axis | None:
    """An axis that shows all finite values with a little air; None when there are none.

    Scores between 0 and 1 stay between 0 and 1.
    """
    finite = [v for v in values if v is not None and math.isfinite(v)]
    if not finite:
        return None
    low, high = min(finite), max(finite)
    air = (high - low) * 0.08 or abs(high) * 0.05 or 0.5
    bounded = low >= 0 and high <= 1
    low, high = low - air, high + air
    if not math.isfinite(high - low):
        return None
    return Axis(max(low, 0.0), min(high, 1.0), start, end) if bounded else Axis(low, high, start, end)
