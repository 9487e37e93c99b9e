"""Check `membership`: can somebody find out from its answers that a row was among the training rows?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from weigh.checks.case import Asking, Case, DataCase, NotAsked, PredictorCase, Question, Refitter
from weigh.checks.privacy.attacks import (
    MOST_POOL,
    FloatArray,
    IntArray,
    Pool,
    confidence_logit,
    reference_score,
)
from weigh.checks.privacy.comparable import ALPHA as BLIND_ALPHA, blind_p_value, traits
from weigh.checks.privacy.operating import (
    FALSE_POSITIVE_RATES,
    Point,
    Strength,
    advantage,
    nonmembers_needed,
    strength,
)
from weigh.core.check import Check, Context
from weigh.core.evidence import Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.picture import Picture, PictureKind
from weigh.core.recommendation import ArmKind
from weigh.statistics.classification import log_loss_each
from weigh.statistics.interval import Interval
from weigh.statistics.multiplicity import holm

ALPHA = 0.01
# Rows of each kind that are attacked.
MOST_ATTACKED = 4_000
FEWEST = 100
# Certainly three times as many members as non-members, of whom the share is known only up to an interval.
TIMES_CHANCE = 3.0
SEVERE_SHARE = 0.10
SMALLEST_AUROC, LARGE_AUROC = 0.53, 0.65
# Refitting gives the predictor's own answers up to the order of additions.
SAME_ANSWERS = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class MembershipSubject:
    """A predictor, the rows it was fitted on, and rows like them that it was not.

    Attributes:
        refit: fits the predictor again; with the same rows and seed it is the predictor.
        members: int64 [m] positions of the training rows.
        nonmembers: int64 [n] positions of the in-domain test rows.
        answers: float64 [n, classes] the predictor's own answers to the non-members.
        labels: int64 class codes of all rows that positions point into.
        groups: int64 group codes of the same.
        traits: what can be said of rows without the predictor, float64 [rows, traits].
    """

    refit: Refitter
    members: IntArray
    nonmembers: IntArray
    answers: FloatArray
    labels: IntArray
    groups: IntArray
    traits: Callable[[IntArray], FloatArray]


def run(subject: MembershipSubject, context: Context) -> Evidence:
    """Check that the rows can be compared, then attack with and without reference predictors."""
    seed = context.seed
    rng = np.random.Generator(np.random.PCG64(seed))
    members = _one_a_group(subject.members, subject.groups, rng)
    nonmembers = _one_a_group(subject.nonmembers, subject.groups, rng)
    counts = _counts(members, nonmembers)
    few = min(members.size, nonmembers.size)
    if few < FEWEST:
        return context.inconclusive(
            f"{members.size} independent training rows and {nonmembers.size} in-domain test rows are too "
            f"few: {FEWEST} of each are needed",
            needs_n=_rows_for(FEWEST, subject.members, members)
            if members.size < nonmembers.size
            else _rows_for(FEWEST, subject.nonmembers, nonmembers),
            measures=counts,
        )
    asked = np.concatenate([members, nonmembers])
    is_member = np.arange(asked.size) < members.size
    blind = blind_p_value(subject.traits(asked), is_member, seed=seed)
    counts += (Measure("blind_p_value", blind, "probability", asked.size, method="permutation"),)
    if blind < BLIND_ALPHA:
        return context.inconclusive(
            "not comparable: training and in-domain test rows differ without any predictor "
            f"(p={blind:.2g}), so telling them apart would prove nothing about it",
            measures=counts,
        )
    proba = _answers(subject, asked, seed=seed)
    if not _same(subject, proba[members.size :], nonmembers):
        return context.inconclusive(
            "fitting again gave other answers than the predictor's, so its training rows cannot be asked",
            measures=counts,
        )
    found = _attack(subject, asked, proba, members.size, seed=seed)
    labels = subject.labels[asked]
    losses = log_loss_each(labels, proba)
    gained = advantage(losses[: members.size], losses[members.size :])
    return context.answered(
        findings=tuple(_findings(found, subject, nonmembers)),
        measures=(*counts, *_measures(found, gained, nonmembers.size)),
    )


def _one_a_group(rows: IntArray, groups: IntArray, rng: np.random.Generator) -> IntArray:
    """Return at most 4,000 rows of as many groups, drawn at random: they are independent of each other."""
    mixed = rng.permutation(rows)
    _, first = np.unique(groups[mixed], return_index=True)
    chosen: IntArray = np.sort(mixed[rng.permutation(first)[:MOST_ATTACKED]])
    return chosen


def _counts(members: IntArray, nonmembers: IntArray) -> tuple[Measure, ...]:
    return (
        Measure("members", members.size, "count", members.size),
        Measure("nonmembers", nonmembers.size, "count", nonmembers.size),
    )


def _rows_for(wanted: int, rows: IntArray, independent: IntArray) -> int:
    """Rows that hold `wanted` independent ones, at the rate of those there are."""
    return int(np.ceil(wanted * max(rows.size, 1) / max(independent.size, 1)))


def _answers(subject: MembershipSubject, asked: IntArray, *, seed: int) -> FloatArray:
    return subject.refit(train=subject.members, labels=subject.labels[subject.members], ask=asked, seed=seed)


def _same(subject: MembershipSubject, again: FloatArray, nonmembers: IntArray) -> bool:
    """Whether the refit answers the non-members as the predictor did."""
    order = np.argsort(subject.nonmembers, kind="stable")
    place = order[np.searchsorted(subject.nonmembers[order], nonmembers)]
    return bool(np.abs(subject.answers[place] - again).max() <= SAME_ANSWERS)


def _attack(
    subject: MembershipSubject, asked: IntArray, proba: FloatArray, cut: int, *, seed: int
) -> tuple[Strength, ...]:
    own = confidence_logit(subject.labels[asked], proba)
    held_against = reference_score(own, asked, _pool(subject, seed), subject.refit, seed=seed)
    loss = strength("loss", own[:cut], own[cut:])
    known = [side[np.isfinite(side)] for side in (held_against[:cut], held_against[cut:])]
    if min(side.size for side in known) < FEWEST:
        return (loss,)
    return (loss, strength("reference", *known))


def _pool(subject: MembershipSubject, seed: int) -> Pool:
    rng = np.random.Generator(np.random.PCG64(seed))
    rows = rng.permutation(np.concatenate([subject.members, subject.nonmembers]))[:MOST_POOL]
    return Pool(np.sort(rows), subject.labels, subject.groups)


def _measures(found: tuple[Strength, ...], gained: Interval, nonmembers: int) -> Iterator[Measure]:
    yield _measure("membership_advantage", gained, attack="loss")
    for one in found:
        yield _measure("membership_auroc", one.auroc, attack=one.attack)
        for point in one.points:
            yield _measure("tpr_at_fpr", point.tpr, attack=one.attack, fpr=f"{point.fpr:g}")
        for rate in FALSE_POSITIVE_RATES[len(one.points) :]:
            labels = labelled(attack=one.attack, fpr=f"{rate:g}")
            yield Measure(
                "tpr_at_fpr", None, "fraction", nonmembers, direction=Direction.LOWER, labels=labels
            )


def _measure(name: str, found: Interval, **labels: str) -> Measure:
    return Measure(
        name,
        found.value,
        "fraction",
        found.n,
        found.low,
        found.high,
        found.level,
        found.method,
        Direction.LOWER,
        labels=labelled(**labels),
    )


def _findings(
    found: tuple[Strength, ...], subject: MembershipSubject, nonmembers: IntArray
) -> Iterator[Finding]:
    """Alarms, Holm-adjusted over all attacks and operating points; then what could not be seen."""
    raw = [(one, point, point.p_value) for one in found for point in one.points]
    tests = [*raw, *((one, None, one.p_value) for one in found)]
    adjusted = holm([p for *_, p in tests]).tolist()
    sharp = [
        (one, point, p)
        for (one, point, _), p in zip(tests, adjusted, strict=True)
        if point is not None and p < ALPHA and point.tpr.low > TIMES_CHANCE * point.wrong.high
    ]
    average = [
        (one, p)
        for (one, point, _), p in zip(tests, adjusted, strict=True)
        if point is None and p < ALPHA and one.auroc.low > 0.5 and one.auroc.value >= SMALLEST_AUROC
    ]
    for rate in FALSE_POSITIVE_RATES:
        at = [hit for hit in sharp if hit[1].fpr == rate]
        if at:
            yield _named(*max(at, key=lambda hit: hit[1].tpr.value))
    if average:
        yield _on_average(*max(average, key=lambda hit: hit[0].auroc.value))
    if not sharp and not average:
        yield _nothing(found)
    if all(one.attack != "reference" for one in found):
        yield _no_references()
    yield from _unmeasured(subject, nonmembers)


def _named(one: Strength, point: Point, p_value: float) -> Finding:
    tpr = point.tpr
    return Finding(
        rule="WGH-M001",
        severity=Severity.HIGH if tpr.low >= SEVERE_SHARE else Severity.MEDIUM,
        confidence=Confidence.HIGH,
        where=f"false-positive rate {point.fpr:.1%}",
        message=(
            f"the {one.attack} attack names {tpr.value:.1%} [{tpr.low:.1%}, {tpr.high:.1%}] of the training "
            f"rows while wrong on {point.wrong.value:.2%} [{point.wrong.low:.2%}, {point.wrong.high:.2%}] of "
            f"others, n={tpr.n:,}, Holm p={p_value:.2g}"
        ),
        why="who can ask it and holds a person's row can tell that the person was in the training data",
        action="do not offer its probabilities to strangers, fit it with a stronger penalty, or ask consent",
        references=("doi:10.1109/CSF.2018.00027", "arXiv:2111.09679"),
    )


def _on_average(one: Strength, p_value: float) -> Finding:
    auroc = one.auroc
    return Finding(
        rule="WGH-M002",
        severity=Severity.MEDIUM if auroc.value >= LARGE_AUROC else Severity.LOW,
        confidence=Confidence.HIGH,
        where=f"{one.attack} attack",
        message=(
            f"a training row looks more familiar to it than another in {auroc.value:.1%} "
            f"[{auroc.low:.1%}, {auroc.high:.1%}] of pairs, n={auroc.n:,}, Holm p={p_value:.2g}"
        ),
        why="it treats training rows differently, which many questions about one person can add up",
        action="see the check overfitting; a stronger penalty or more training rows narrow the difference",
    )


def _nothing(found: tuple[Strength, ...]) -> Finding:
    names = " and ".join(one.attack for one in found)
    best = max(found, key=lambda one: one.auroc.high).auroc
    return Finding(
        rule="WGH-M003",
        severity=Severity.INFO,
        confidence=Confidence.LOW,
        where="in-domain",
        message=(
            f"the attacks tried ({names}) did not name training rows; on average they are right on at most "
            f"{best.high:.1%} of pairs (upper end, n={best.n:,})"
        ),
        why="two cheap attacks that fail prove little: a stronger one may succeed where they do not",
        action="for data about people try an attack with many references before you publish the predictor",
    )


def _no_references() -> Finding:
    return Finding(
        rule="WGH-M005",
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        where="reference attack",
        message=f"not tried: references that could be fitted left out fewer than {FEWEST} rows of a kind",
        why="the attack that finds rows learned by heart holds them against fits that have not seen them",
        action="use training rows of which random halves have two classes",
    )


def _unmeasured(subject: MembershipSubject, nonmembers: IntArray) -> Iterator[Finding]:
    for rate in FALSE_POSITIVE_RATES:
        needed = nonmembers_needed(rate)
        if needed <= nonmembers.size:
            continue
        yield Finding(
            rule="WGH-M004",
            severity=Severity.INFO,
            confidence=Confidence.HIGH,
            where=f"false-positive rate {rate:.1%}",
            message=(
                f"leakage at {rate:.1%} needs {needed:,} non-members, there are {nonmembers.size:,}: "
                f"about {_rows_for(needed, subject.nonmembers, nonmembers):,} in-domain test rows would do"
            ),
            why="the few rows that are learned by heart show only where an attack hardly ever errs",
            action="set more rows aside for the test, or leave the question open",
        )


CHECK: Check[MembershipSubject] = Check(
    id="membership",
    question="Can somebody find out from its answers who was in the training data?",
    module=__name__,
    run=run,
    pictures=(
        Picture(
            PictureKind.DOTS,
            measure="membership_auroc",
            title="How often an attack prefers a training row to another row (0.5 is guessing)",
            row="attack",
            reference=0.5,
        ),
        Picture(
            PictureKind.DOTS,
            measure="tpr_at_fpr",
            title="Share of training rows named, at a false-positive rate",
            row="attack",
            facet="fpr",
        ),
    ),
)


def put(case: Case) -> Asking[MembershipSubject] | NotAsked:
    """Ask about the finalist; one that learns nothing from the rows cannot give them away."""
    if case.data is None or case.predictor is None:
        return NotAsked("no way of answering was fitted")
    data, predictor = case.data, case.predictor
    if predictor.refit is None or not predictor.fits or predictor.kind is ArmKind.CONSTANT:
        return NotAsked(
            "the finalist learns nothing about single training rows; what its base model was trained on is "
            "another question",
            applies=False,
        )
    refit = predictor.refit
    return Asking(
        predictor.subject,
        lambda: _payload(data, predictor, refit),
        parameters={"members": int(data.train.size), "nonmembers": int(data.tests[0][1].size)},
        inputs=(*predictor.inputs, ("rows", data.digest), ("columns", data.columns_digest)),
        runtimes=predictor.runtimes,
    )


def _payload(data: DataCase, predictor: PredictorCase, refit: Refitter) -> MembershipSubject:
    return MembershipSubject(
        refit=refit,
        members=data.train,
        nonmembers=data.tests[0][1],
        answers=predictor.tests[0].proba,
        labels=data.table.labels,
        groups=data.table.groups,
        traits=lambda rows: traits(data.table, rows, without=data.roles.split),
    )


QUESTION = Question(CHECK, put)
