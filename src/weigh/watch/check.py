"""Is the model still used on data like those it was judged on?"""

from collections.abc import Iterator
from dataclasses import dataclass

from weigh.core.check import Check, Context
from weigh.core.evidence import Evidence
from weigh.core.finding import Finding
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.picture import Picture, PictureKind
from weigh.core.profile import Profile
from weigh.statistics import drift
from weigh.statistics.interval import Interval
from weigh.statistics.proportions import proportion
from weigh.watch.alarm import ALPHA, SMALLEST, Family, Judged, drifted, judge
from weigh.watch.compare import Batch, Compared, compare
from weigh.watch.estimate import Estimates, estimate
from weigh.watch.findings import ALARMS, findings_of

FEWEST = 200
"""Rows below which nothing is compared: four blocks of embeddings, and no share known to better than 7 %."""

LARGEST_UNSEEN = 0.25
"""A batch that could hide a difference of this size says nothing by being quiet."""


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
    unseen = _unseen(profile, batch, judged, alpha)
    measures = (
        _rows(batch),
        *_drift_measures(judged, found),
        *unseen,
        *_accuracy_measures(profile, batch, estimates, holds=not drifted(judged)),
    )
    findings = tuple(findings_of(profile, batch, judged, found, estimates))
    if any(one.alarm for one in judged):
        return context.answered(findings=findings, measures=measures)
    return _quiet(context, profile, unseen, (findings, measures), alpha)


def alarmed(evidence: Evidence) -> bool:
    """Whether an answer is an alarm."""
    return any(finding.rule in ALARMS for finding in evidence.findings)


def _quiet(
    context: Context,
    profile: Profile,
    unseen: tuple[Measure, ...],
    told: tuple[tuple[Finding, ...], tuple[Measure, ...]],
    alpha: float,
) -> Evidence:
    """No alarm is an answer only where a large difference would have been one."""
    findings, measures = told
    if not unseen:
        reason = "nothing of the profile could be compared"
        return context.inconclusive(reason, findings=findings, measures=measures)
    worst = max(unseen, key=lambda m: m.value or 0.0)
    if worst.value is not None and worst.value > LARGEST_UNSEEN:
        family = Family(worst.label("family"))
        parts = int(worst.label("parts"))
        needs = drift.rows_for_ks(LARGEST_UNSEEN, _reference_rows(profile, family), alpha=alpha / parts)
        reason = f"a difference of {worst.value:.2f} in the {family.value} would not have been seen"
        return context.inconclusive(
            reason if needs is not None else f"{reason}; the profile itself rests on too few rows",
            needs_n=needs,
            findings=findings,
            measures=measures,
        )
    return context.answered(findings=findings, measures=measures)


def _unseen(profile: Profile, batch: Batch, judged: tuple[Judged, ...], alpha: float) -> tuple[Measure, ...]:
    """For columns and scores, the smallest difference found in four of five batches of this size."""
    measures = []
    families = len({one.part.family for one in judged})
    for family in (Family.COLUMNS, Family.SCORES):
        parts = sum(one.part.family is family for one in judged) * families
        n = _reference_rows(profile, family)
        if parts and n:
            value = min(1.0, drift.detectable_ks(n, batch.n, alpha=alpha / parts))
            labels = labelled(family=family.value, parts=str(parts))
            measures.append(Measure("smallest_drift_found", value, "fraction", batch.n, labels=labels))
    return tuple(measures)


def _reference_rows(profile: Profile, family: Family) -> int:
    if family is Family.SCORES:
        return profile.scores.rows if profile.scores is not None else 0
    return sum(profile.labels)


def _rows(batch: Batch) -> Measure:
    return Measure("rows", batch.n, "count", batch.n)


def _drift_measures(judged: tuple[Judged, ...], found: Compared) -> Iterator[Measure]:
    for one in judged:
        part = one.part
        labels = {"family": part.family.value, "part": part.name, "statistic": part.statistic}
        unit = "sd" if part.statistic == "mmd" else "fraction"
        yield _measure("drift", part.effect, unit, Direction.LOWER, **labels)
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
