"""A scale for the small drawings that stand in table cells: from values to places."""

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
        end: place of `high`.
    """

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """Where a value stands; values outside are held at the ends."""
        at = min(max(value, self.low), self.high)
        return round(self.start + (self.end - self.start) * (at - self.low) / (self.high - self.low), 1)


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
