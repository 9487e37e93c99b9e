"""Measure: a number with everything needed to believe it."""

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Measure:
    """A named value.

    Attributes:
        name: field term, e.g. `accuracy`, `latency_p95`.
        value: None when it could not be formed (then the outcome says why).
        unit: `fraction`, `ms`, `s`, `bytes`, `count`, `texts/s`, …
        n: rows, repetitions or files behind it.
        low: lower end of the interval; None when the value is exact or has none.
        high: upper end.
        level: nominal coverage of the interval, fraction 0..1.
        method: how the interval was made, e.g. `wilson`.
        direction: which way is better.
        observed: a timing or memory reading, which another run will not repeat exactly.
        labels: sorted (key, value) pairs that tell measures of one name apart, e.g. arm, slice.
    """

    name: str
    value: float | None
    unit: str
    n: int
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    method: str = ""
    direction: Direction = Direction.NEUTRAL
    observed: bool = False
    labels: tuple[tuple[str, str], ...] = ()

    def label(self, key: str) -> str:
        """The value of a label, or "" when it is not set."""
        return dict(self.labels).get(key, "")

    def matches(self, name: str, **labels: str) -> bool:
        """Whether this is the measure `name` with all these labels."""
        own = dict(self.labels)
        return self.name == name and all(own.get(k) == v for k, v in labels.items())


def labelled(**labels: str) -> tuple[tuple[str, str], ...]:
    """Labels in the order the canonical form wants."""
    return tuple(sorted(labels.items()))
