"""Budget: which trials still fit before the deadline, in an order that never depends on the clock."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from weigh.core.ports import Clock

# A trial is expected to take this much longer than the arm's slowest rate says: a late answer is worse than
# one trial less.
MARGIN = 1.2


@dataclass(frozen=True, slots=True)
class PlannedTrial:
    """A trial that has not been run yet.

    Attributes:
        arm: id of the arm.
        rows: training rows.
        work: expected multiply-adds; only ratios between trials matter.
        refit: number of the refit without a part of the rows, None for a subset of the ladder.
    """

    arm: str
    rows: int
    work: int
    refit: int | None = None


def planned(
    sizes: tuple[int, ...],
    work: Mapping[str, int],
    *,
    refits: tuple[int, ...] = (),
    refitted: Collection[str] = (),
) -> tuple[PlannedTrial, ...]:
    """Return the trials in the order they are run.

    The full size of every arm first, cheapest arm first: from these alone a decision can be made. Then the
    smaller sizes, ascending, each over all arms: an interrupted ladder is complete up to some size, so that
    curves of different arms have the same sizes. Refits without a part of the rows come last: without them
    every answer stands, with intervals that say less.

    Args:
        sizes: training rows of the ladder, ascending; the last is the full size.
        work: expected multiply-adds of each arm at full size.
        refits: training rows of each refit.
        refitted: arms that are refitted.
    """
    cheapest_first = sorted(work, key=lambda arm: (work[arm], arm))
    full = sizes[-1]
    order = [(arm, full) for arm in cheapest_first]
    order += [(arm, rows) for rows in sizes[:-1] for arm in cheapest_first]
    ladder = [PlannedTrial(arm, rows, max(1, work[arm] * rows // full)) for arm, rows in order]
    again = [
        PlannedTrial(arm, rows, max(1, work[arm] * rows // full), number)
        for number, rows in enumerate(refits)
        for arm in cheapest_first
        if arm in refitted
    ]
    return (*ladder, *again)


@dataclass(slots=True)
class Budget:
    """Time left, and what had to be left out. Without a limit everything fits and nothing is timed.

    Attributes:
        clock: the only source of time.
        seconds: allowed from now on; None for no limit.
        started: reading of the clock when the budget began.
        rates: for each arm seconds for one unit of its work, the slowest seen. Rates of different arms say
            nothing about each other: a product of matrices and a loop over words are both work.
        skipped: trials that did not fit, in order.
    """

    clock: Clock
    seconds: float | None = None
    started: float = field(init=False)
    rates: dict[str, float] = field(default_factory=dict, init=False)
    skipped: list[PlannedTrial] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.started = self.clock.monotonic()

    @property
    def left(self) -> float | None:
        """Seconds left, never below 0; None without a limit."""
        if self.seconds is None:
            return None
        return max(0.0, self.seconds - (self.clock.monotonic() - self.started))

    def allows(self, trial: PlannedTrial) -> bool:
        """Whether a trial may start; when it may not it is written down as skipped.

        The first trial of an arm may start while any time is left: nothing is known of its rate. One trial
        that does not fit does not stop cheaper ones after it.
        """
        left = self.left
        expected = self.rates.get(trial.arm, 0.0) * trial.work * MARGIN
        if left is None or (left > 0 and expected <= left):
            return True
        self.leave_out(trial)
        return False

    def leave_out(self, trial: PlannedTrial) -> None:
        """Write a trial down as skipped."""
        self.skipped.append(trial)

    def spent(self, trial: PlannedTrial, seconds: float) -> None:
        """Learn from a finished trial how long the arm's work takes here."""
        self.rates[trial.arm] = max(self.rates.get(trial.arm, 0.0), seconds / trial.work)

    def notes(self) -> tuple[str, ...]:
        """One sentence an arm that lost trials, empty when the budget was not reached."""
        ladder = _by_arm(trial for trial in self.skipped if trial.refit is None)
        refits = _by_arm(trial for trial in self.skipped if trial.refit is not None)
        return (
            *(_note(arm, rows) for arm, rows in ladder.items()),
            *(_refit_note(arm) for arm in refits),
        )


def _by_arm(skipped: Iterable[PlannedTrial]) -> dict[str, list[int]]:
    result: dict[str, list[int]] = {}
    for trial in skipped:
        result.setdefault(trial.arm, []).append(trial.rows)
    return result


def _refit_note(arm: str) -> str:
    return (
        f"{arm}: intervals do not cover which training rows were drawn: the time budget was used up before "
        "all its refits"
    )


def _note(arm: str, rows: list[int]) -> str:
    sizes = ", ".join(f"{size:,}" for size in sorted(rows))
    return f"{arm} was not run on {sizes} rows: the time budget was used up"
