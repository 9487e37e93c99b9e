"""Events: what long work tells whoever is watching. Only the command line draws them."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A named step of the job began."""

    step: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step ended; `text` is its one-line summary."""

    step: str
    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Work done so far. `total` is 0 when it is not known.

    Attributes:
        step: name of the step.
        done: units done.
        total: units in all, 0 when unknown.
        unit: `bytes`, `texts`, `files`, `trials`, …
    """

    step: str
    done: int
    total: int
    unit: str


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the user should see that does not stop the work."""

    text: str


Event = StepStarted | StepDone | Progress | Warned


class EventSink(Protocol):
    """Takes events; must not raise and must be cheap."""

    def emit(self, event: Event, /) -> None:
        """Take one event."""
        ...


class Silent:
    """A sink that drops everything."""

    def emit(self, event: Event, /) -> None:
        """Drop the event."""
