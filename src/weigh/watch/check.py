"""Is the model still used on data like those it was judged on?"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from weigh.core.check import Check, Context
from weigh.core.evidence import Evidence
from weigh.core.finding import Finding
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.picture import Picture, PictureKind
from weigh.core.profile import Profile
from weigh.datasets.wording import listed
from weigh.statistics.interval import Interval
from weigh.statistics.proportions import proportion
from weigh.watch.alarm import ALPHA, SMALLEST, Family, Judged, Part, drifted, judge
from weigh.watch.compare import Batch, Compared, compare
from weigh.watch.estimate import Estimates, estimate
from weigh.watch.findings import findings_of, is_alarm
from weigh.watch.power import detectable, rows_needed

FEWEST = 200
"""Rows below which nothing is compared: four blocks of embeddings, and no share known to better than 7 %."""

LARGEST_UNSEEN = 0.25
"""A batch that could hide a difference of this size, in any part, says nothing by being quiet."""

UNACCEPTABLE_DROP = 0.1
"""Loss of measured accuracy that labelled rows must exclude before their quiet is an answer."""


@dataclass(frozen=True, slots=True, eq=False)
class WatchSubject:
    """New rows and what they are held against.

    Attributes:
        profile: the reference.
        batch: new rows.
    """

    profile: Profile
    batch: Batch


def run(subject: WatchSubject, context: Context) -> Evidence:
    """Compare, judge and estimate.

    Parameters of the request: `alpha` (chance of a false alarm) and `smallest` (effect that matters).
    """
    profile, batch = subject.profile, subject.batch
    if batch.n < FEWEST:
        return context.inconclusive(
            f"{batch.n:,} new rows are too few to compare", needs_n=FEWEST, measures=(_rows(batch),)
        )
    alpha = float(context.parameters.get("alpha", ALPHA))
    smallest = float(context.parameters.get("smallest", SMALLEST))
    found = compare(profile, batch, seed=context.seed, smallest=smallest)
    judged = judge(found.parts, alpha=alpha)
    estimates = None
    if profile.scores is not None and batch.proba is not None:
        estimates = estimate(profile.scores, batch.proba.max(axis=1), seed=context.seed)
    least = _least(judged, alpha)
    measures = (
        _rows(batch),
        *_drift_measures(judged, found),
        *_least_measures(least),
        *_accuracy_measures(profile, batch, estimates, holds=not drifted(judged)),
    )
    findings = tuple(findings_of(profile, batch, judged, found, estimates))
    if any(one.alarm for one in judged):
        return context.answered(findings=findings, measures=measures)
    told = (findings, measures)
    return _quiet(context, batch, found, least, left_out=profile.left_out, told=told)


def alarmed(evidence: Evidence) -> bool:
    """Whether an answer is an alarm."""
    return is_alarm(evidence)


@dataclass(frozen=True, slots=True)
class _Least:
    """The part of a family that saw least.

    Attributes:
        part: the comparison.
        value: smallest difference that it finds in four of five batches; infinity when it finds none.
        level: of its test after every adjustment.
        parts: tests that were adjusted for.
    """

    part: Part
    value: float
    level: float
    parts: int

    @property
    def blind(self) -> bool:
        """Whether a large difference could have stayed unseen."""
        return self.value > LARGEST_UNSEEN


def _quiet(
    context: Context,
    batch: Batch,
    found: Compared,
    least: tuple[_Least, ...],
    *,
    left_out: int,
    told: tuple[tuple[Finding, ...], tuple[Measure, ...]],
) -> Evidence:
    """No alarm is an answer only where a large difference, in any part, would have been one."""
    findings, measures = told
    open_ends = list(_open_ends(batch, found, least, left_out=left_out))
    if not open_ends:
        return context.answered(findings=findings, measures=measures)
    # More rows help only where every reason to doubt the quiet is a lack of rows.
    needs = [needed for _, needed in open_ends]
    enough = max((n for n in needs if n is not None), default=None) if None not in needs else None
    reason = "; ".join(reason for reason, _ in open_ends)
    return context.inconclusive(reason, needs_n=enough, findings=findings, measures=measures)


def _open_ends(
    batch: Batch, found: Compared, least: tuple[_Least, ...], *, left_out: int
) -> Iterator[tuple[str, int | None]]:
    """Why quiet would not be the whole answer, and how many rows would make it one, where rows would."""
    if not least:
        yield "nothing of the profile could be compared", None
    blind = [one for one in least if one.blind]
    if blind:
        yield _unseen(blind, batch)
    if found.too_few:
        yield f"too few values to compare {listed(found.too_few)}", None
    if left_out:
        yield f"{left_out:,} columns had no room in the profile and were not compared", None
    if batch.commonest >= SMALLEST * batch.came > 0:
        share = batch.commonest / batch.came
        yield f"{share:.0%} of the rows are copies of one row, which was compared once", None
    yield from _accuracy_open(batch, found)


def _unseen(blind: Sequence[_Least], batch: Batch) -> tuple[str, int | None]:
    """What the part that saw least would not have seen, and the rows that all of them need."""
    worst = max(blind, key=lambda one: one.value)
    family, value = worst.part.family.value, worst.value
    unit = " standard deviations" if worst.part.statistic == "mmd" else ""
    reason = f"a difference of {value:.2f}{unit} in the {family} would not have been seen"
    if math.isinf(value):
        reason = f"no difference in the {family} could have been an alarm in so few rows"
    needs = [rows_needed(one.part, rows=batch.n, largest=LARGEST_UNSEEN, alpha=one.level) for one in blind]
    enough = [needed for needed in needs if needed is not None]
    if len(enough) < len(needs):
        return f"{reason}; the profile itself rests on too few rows", None
    return reason, max(enough)


def _accuracy_open(batch: Batch, found: Compared) -> Iterator[tuple[str, int | None]]:
    """Labels were given to learn of a loss: one that matters must then be excluded."""
    if batch.labels is None:
        return
    drop = next((part.effect for part in found.parts if part.family is Family.ACCURACY), None)
    if drop is None:
        yield "labels were given, and accuracy could not be measured", None
    elif drop.high >= UNACCEPTABLE_DROP:
        yield f"the labels do not exclude a loss of accuracy of {drop.high:.2f}", None


def _least(judged: tuple[Judged, ...], alpha: float) -> tuple[_Least, ...]:
    """For each family but accuracy, the part that saw least."""
    families = {one.part.family for one in judged}
    worst = []
    for family in Family:
        parts = [one.part for one in judged if one.part.family is family]
        if not parts or family is Family.ACCURACY:
            continue
        tests = len(parts) * len(families)
        level = alpha / tests
        seen = [_Least(part, detectable(part, alpha=level), level, tests) for part in parts]
        worst.append(max(seen, key=lambda one: one.value))
    return tuple(worst)


def _least_measures(least: tuple[_Least, ...]) -> Iterator[Measure]:
    for one in least:
        part = one.part
        labels = labelled(family=part.family.value, part=part.name, parts=str(one.parts))
        sd = part.statistic == "mmd"
        value = None if math.isinf(one.value) else one.value if sd else min(1.0, one.value)
        unit = "sd" if sd else "fraction"
        yield Measure("smallest_drift_found", value, unit, part.rows[1], labels=labels)


def _rows(batch: Batch) -> Measure:
    return Measure("rows", batch.n, "count", batch.n)


def _drift_measures(judged: tuple[Judged, ...], found: Compared) -> Iterator[Measure]:
    # The most telling first: alarms, then by the effect in units of the one that matters.
    order = sorted(
        judged, key=lambda one: (not one.alarm, -one.part.effect.value / (one.part.smallest or 1.0))
    )
    for one in order:
        part = one.part
        labels = {"family": part.family.value, "part": part.name, "statistic": part.statistic}
        unit = "sd" if part.statistic == "mmd" else "fraction"
        raised = {"alarm": "yes"} if one.alarm else {}
        yield _measure("drift", part.effect, unit, Direction.LOWER, **labels, **raised)
        yield Measure(
            "drift_p",
            one.adjusted,
            "probability",
            part.effect.n,
            method="adjusted",
            labels=labelled(**labels),
        )
    for name, index in found.stability:
        yield _measure("population_stability_index", index, "", Direction.LOWER, part=name)


def _accuracy_measures(
    profile: Profile, batch: Batch, estimates: Estimates | None, *, holds: bool
) -> Iterator[Measure]:
    """What is known of the accuracy; an estimate for rows of another kind carries the label `holds="no"`.

    No estimate is ever said to hold: without labels, nobody can know that.
    """
    if profile.scores is None:
        return
    before = proportion(profile.scores.correct, profile.scores.rows)
    yield _measure("accuracy_reference", before, "fraction", Direction.HIGHER)
    if estimates is not None:
        doubt = {} if holds else {"holds": "no"}
        for found in (estimates.calibrated, estimates.thresholded):
            labels = {"estimate": found.method} | doubt
            yield _measure("accuracy_estimated", found, "fraction", Direction.HIGHER, **labels)
    if batch.labels is not None and batch.proba is not None:
        right = int((batch.proba.argmax(axis=1) == batch.labels).sum())
        now = proportion(right, len(batch.labels))
        yield _measure("accuracy_measured", now, "fraction", Direction.HIGHER)


def _measure(name: str, found: Interval, unit: str, direction: Direction, **labels: str) -> Measure:
    return Measure(
        name,
        found.value,
        unit,
        found.n,
        found.low,
        found.high,
        found.level,
        found.method,
        direction,
        labels=labelled(**labels),
    )


CHECK: Check[WatchSubject] = Check(
    id="watch",
    question="Is it still used on data like those it was judged on?",
    module=__name__,
    run=run,
    pictures=(
        Picture(
            PictureKind.BARS,
            measure="drift",
            title="How far each part is from the reference",
            row="part",
            facet="family",
        ),
    ),
)
