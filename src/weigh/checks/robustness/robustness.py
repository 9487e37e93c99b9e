"""Check `robustness`: does it still work when the rows are misspelt, shouted, cut off or half empty?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from weigh.checks.case import Answerer, Asking, Case, DataCase, NotAsked, PredictorCase, Question
from weigh.checks.robustness.trials import (
    MOST_FEATURE_ROWS,
    MOST_TEXT_ROWS,
    MOST_TEXTS,
    UNDISTURBED,
    Disturbed,
    disturb_features,
    disturb_texts,
)
from weigh.core.check import Check, Context
from weigh.core.evidence import Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.picture import Picture, PictureKind
from weigh.core.recommendation import ArmKind
from weigh.datasets.perturbations.perturbation import Expectation
from weigh.datasets.predictions import Predictions
from weigh.datasets.table import FeatureColumns, IntArray
from weigh.datasets.wording import shown
from weigh.statistics.bootstrap import PairedResult, mean_bootstrap, paired_bootstrap
from weigh.statistics.interval import Interval
from weigh.statistics.multiplicity import holm
from weigh.statistics.power import n_for_paired_difference

ALPHA = 0.05
# A kind of disturbance that changes fewer independent rows is not judged.
FEWEST_UNITS = 30
# A fall of accuracy by this much is severe; and one this large should not go unseen.
SEVERE_DROP = 0.1
# A share of changed answers this small means that negations are hardly read.
DEAF = 0.1
# Where one answer is given this often, there is little that a disturbance could change.
MONOTONOUS = 0.95
# Answers to equal rows that differ more often than this are more than ties and rounding.
UNSTEADY = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Disturbable:
    """A predictor's answers to the in-domain test rows, the rows, and a way to ask about others.

    Attributes:
        predictions: what was answered.
        texts: [n] the rows, where they are texts.
        features: [n] the rows, where they are features.
        answer: asks about disturbed rows.
    """

    predictions: Predictions
    texts: tuple[str, ...] | None
    features: FeatureColumns | None
    answer: Answerer


@dataclass(frozen=True, slots=True)
class _Judged:
    kind: Disturbed
    drop: PairedResult
    flips: Interval
    p_value: float

    @property
    def fell(self) -> bool:
        return self.p_value <= ALPHA and self.drop.difference.value > 0

    @property
    def open(self) -> bool:
        """Whether neither a fall was shown nor a severe one excluded."""
        return not self.fell and self.drop.difference.high >= SEVERE_DROP


def run(subject: Disturbable, context: Context) -> Evidence:
    """Disturb a sample of the test rows in every way and hold the answers against those before."""
    predictions, seed = subject.predictions, context.seed
    if not len(predictions):
        return context.inconclusive("there are no test rows to disturb", needs_n=FEWEST_UNITS)
    kinds = _disturb(subject, seed=seed)
    control, rest = kinds[0], kinds[1:]
    steady = [k for k in rest if k.expectation is not Expectation.CHANGES]
    judged = _judge([k for k in steady if k.units >= FEWEST_UNITS], seed=seed)
    negated = [
        (k, _share(k.flipped, k.groups, seed=seed))
        for k in rest
        if k.expectation is Expectation.CHANGES and k.units >= FEWEST_UNITS
    ]
    flips = _share(control.flipped, control.groups, seed=seed)
    test = predictions.test
    measures = (
        *(m for one in judged for m in _measures(one, test)),
        *(_measure("negation_sensitivity", share, k.id, test) for k, share in negated),
        _measure("flip_rate", flips, UNDISTURBED, test),
    )
    findings = (
        *(_fall(one) for one in judged if one.fell and one.kind.expectation is Expectation.KEEPS),
        *(_evaded(one) for one in judged if one.fell and one.kind.expectation is Expectation.HIDES),
        *(_loss(one) for one in judged if one.fell and one.kind.expectation is Expectation.LOSES),
        *(_deaf(k, share) for k, share in negated if share.high < DEAF),
        *_unsteady(control, flips),
        *(_refused(k) for k in rest if k.refused),
        *(_undecided(one) for one in judged if one.open),
        *_unjudged([k for k in rest if k.units < FEWEST_UNITS and not k.refused]),
        *_monotonous(predictions),
    )
    most = MOST_FEATURE_ROWS if subject.texts is None else MOST_TEXT_ROWS
    reason, needed = _unanswered(judged, steady, predictions, most=most)
    if reason:
        return context.inconclusive(reason, needs_n=needed, findings=findings, measures=measures)
    return context.answered(findings=findings, measures=measures)


def _disturb(subject: Disturbable, *, seed: int) -> list[Disturbed]:
    if subject.texts is not None:
        return list(disturb_texts(subject.texts, subject.predictions, subject.answer, seed=seed))
    assert subject.features is not None  # `put` sees to it that there is one of the two
    return list(disturb_features(subject.features, subject.predictions, subject.answer, seed=seed))


def _judge(kinds: Sequence[Disturbed], *, seed: int) -> list[_Judged]:
    """Test every fall of accuracy; p-values are adjusted over all of them."""
    drops = [
        paired_bootstrap(
            kind.before.astype(np.float64),
            kind.after.astype(np.float64),
            seed=seed,
            groups=_dependent(kind.groups),
        )
        for kind in kinds
    ]
    adjusted = holm([drop.p_value for drop in drops])
    return [
        _Judged(kind, drop, _share(kind.flipped, kind.groups, seed=seed), p)
        for kind, drop, p in zip(kinds, drops, adjusted.tolist(), strict=True)
    ]


def _share(flipped: np.ndarray[tuple[int], np.dtype[np.bool_]], groups: IntArray, *, seed: int) -> Interval:
    codes = _dependent(groups)
    values = flipped.astype(np.float64)
    if codes is not None and np.unique(codes).size < 2:
        return Interval(float(values.mean()), 0.0, 1.0, 0.95, values.size, "degenerate")
    return mean_bootstrap(values, seed=seed, groups=codes)


def _dependent(groups: IntArray) -> IntArray | None:
    """The groups, or None when every row is a group of its own."""
    return None if np.unique(groups).size == groups.size else groups


def _measures(one: _Judged, test: str) -> tuple[Measure, ...]:
    drop, kind = one.drop.difference, one.kind.id
    labels = labelled(perturbation=kind, test=test)
    return (
        _measure("accuracy_drop", drop, kind, test),
        Measure("accuracy_drop_p_value", one.p_value, "probability", drop.n, method="holm", labels=labels),
        _measure("flip_rate", one.flips, kind, test),
    )


def _measure(name: str, found: Interval, kind: str, test: str) -> Measure:
    return Measure(
        name=name,
        value=found.value,
        unit="fraction",
        n=found.n,
        low=found.low,
        high=found.high,
        level=found.level,
        method=found.method,
        direction=Direction.NEUTRAL if name == "negation_sensitivity" else Direction.LOWER,
        labels=labelled(perturbation=kind, test=test),
    )


def _told(one: _Judged) -> str:
    drop, flips = one.drop.difference, one.flips
    return (
        f"{one.kind.what}: accuracy falls by {drop.value:.3f} [{drop.low:.3f}, {drop.high:.3f}], "
        f"{flips.value:.1%} of the answers change, n={drop.n:,}, Holm p={one.p_value:.2g}"
    )


def _fall(one: _Judged) -> Finding:
    return Finding(
        rule="WGH-B001",
        severity=Severity.HIGH if one.drop.difference.value >= SEVERE_DROP else Severity.MEDIUM,
        confidence=Confidence.HIGH,
        where=one.kind.id,
        message=_told(one),
        why="a person reads the same in such a row, so it is the predictor that fails; such rows will come",
        action="clean rows in the same way before training and before asking, or train on such rows too",
    )


def _evaded(one: _Judged) -> Finding:
    return Finding(
        rule="WGH-B007",
        severity=Severity.MEDIUM if one.drop.difference.value >= SEVERE_DROP else Severity.LOW,
        confidence=Confidence.HIGH,
        where=one.kind.id,
        message=_told(one),
        why="nobody writes so by accident; whoever wants another answer, as with spam or abuse, can",
        action="put text into one form before it is answered: Unicode NFKC, invisible characters taken out",
    )


def _loss(one: _Judged) -> Finding:
    return Finding(
        rule="WGH-B002",
        severity=Severity.MEDIUM if one.drop.difference.value >= SEVERE_DROP else Severity.LOW,
        confidence=Confidence.HIGH,
        where=one.kind.id,
        message=_told(one),
        why="part of what the row said is gone or wrong, so a fall is expected: this is what bad rows cost",
        action="refuse or flag such rows before they are answered, where they are common",
    )


def _deaf(kind: Disturbed, share: Interval) -> Finding:
    return Finding(
        rule="WGH-B003",
        severity=Severity.INFO,
        confidence=Confidence.LOW,
        where=kind.id,
        message=(
            f"{kind.what}: only {share.value:.1%} [{share.low:.1%}, {share.high:.1%}] of the answers "
            f"change, n={share.n:,}"
        ),
        why="where labels depend on what a sentence claims, such answers rest on its words, not on the claim",
        action="nothing where labels are topics; where they are opinions or facts, test negated rows by hand",
    )


def _unsteady(control: Disturbed, flips: Interval) -> tuple[Finding, ...]:
    if not control.flipped.any():
        return ()
    return (
        Finding(
            rule="WGH-B004",
            severity=Severity.MEDIUM if flips.low > UNSTEADY else Severity.LOW,
            confidence=Confidence.HIGH,
            where=UNDISTURBED,
            message=(
                f"{int(control.flipped.sum()):,} of {control.flipped.size:,} rows get another answer when "
                "asked again as they are"
            ),
            why="what an unchanged row is answered should not depend on when, or beside what, it is asked",
            action="ask one row at a time with fixed seeds and threads; other changes are on top of this",
        ),
    )


def _refused(kind: Disturbed) -> Finding:
    return Finding(
        rule="WGH-B005",
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        where=kind.id,
        message=f"{kind.what}: no answer, {kind.refused}",
        why="one such row in production stops the answering of all rows asked with it",
        action="fill or refuse such cells before asking",
    )


def _undecided(one: _Judged) -> Finding:
    drop = one.drop.difference
    return Finding(
        rule="WGH-B008",
        severity=Severity.MEDIUM,
        confidence=Confidence.HIGH,
        where=one.kind.id,
        message=(
            f"{one.kind.what}: accuracy falls by {drop.value:.3f} [{drop.low:.3f}, {drop.high:.3f}], "
            f"n={drop.n:,}: neither a fall is shown nor one by {SEVERE_DROP:g} excluded"
        ),
        why="too few rows were changed by it to tell; that nothing was found says little here",
        action="give more test rows that it changes, or test such rows by hand where they will be common",
    )


def _unjudged(kinds: Sequence[Disturbed]) -> tuple[Finding, ...]:
    if not kinds:
        return ()
    told = ", ".join(f"{kind.id} ({kind.units})" for kind in kinds)
    return (
        Finding(
            rule="WGH-B009",
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            where="perturbations",
            message=f"changed fewer than {FEWEST_UNITS} independent rows and were not judged: {told}",
            why="these rows hardly hold what it would change, so nothing was learnt of it",
            action="nothing where rows to come are like these; else add test rows of the missing kind",
        ),
    )


def _monotonous(predictions: Predictions) -> tuple[Finding, ...]:
    counts = np.bincount(predictions.predicted, minlength=len(predictions.classes))
    share = float(counts.max()) / len(predictions)
    if share < MONOTONOUS:
        return ()
    return (
        Finding(
            rule="WGH-B006",
            severity=Severity.INFO,
            confidence=Confidence.HIGH,
            where=predictions.test,
            message=f'{share:.1%} of the rows are answered "{shown(predictions.classes[counts.argmax()])}"',
            why="who nearly always gives the same answer hardly ever changes it: that is not robustness",
            action="look at accuracy and skill first; what is measured here says little",
        ),
    )


def _unanswered(
    judged: Sequence[_Judged], steady: Sequence[Disturbed], predictions: Predictions, *, most: int
) -> tuple[str, int | None]:
    """Why the question stays open, and how many test rows would answer it; "" when it is answered.

    From `most` test rows on no more of them are disturbed: what is then still open is told as a finding.
    """
    rows = len(predictions)
    if not judged:
        units = max((kind.units for kind in steady), default=0)
        reason = f"no disturbance changes {FEWEST_UNITS} independent rows: {units} at most"
        return reason, -(-FEWEST_UNITS * rows // units) if units else None
    undecided = [one for one in judged if one.open]
    if not undecided or rows >= most:
        return "", None
    names = ", ".join(one.kind.id for one in undecided)
    needed = max(_rows_for(one, rows) for one in undecided)
    return (
        f"{rows:,} test rows neither show nor exclude a fall of accuracy by {SEVERE_DROP:g}: {names}",
        min(max(needed, rows + 1), most),
    )


def _rows_for(one: _Judged, rows: int) -> int:
    """Test rows of which so many are changed that a severe fall would be shown or excluded."""
    spread = float(np.std(one.kind.before.astype(float) - one.kind.after))
    changed = n_for_paired_difference(spread, SEVERE_DROP)
    return -(-changed * rows // one.kind.before.size)


CHECK: Check[Disturbable] = Check(
    id="robustness",
    question="Does it still work when rows are misspelt, shouted, cut off, noisy or half empty?",
    module=__name__,
    run=run,
    pictures=(
        Picture(
            PictureKind.BARS,
            measure="flip_rate",
            title="Share of answers that change when a row is disturbed",
            row="perturbation",
        ),
        Picture(
            PictureKind.DOTS,
            measure="accuracy_drop",
            title="Fall of accuracy on disturbed rows",
            row="perturbation",
            reference=0.0,
        ),
    ),
)


def put(case: Case) -> Asking[Disturbable] | NotAsked:
    """Ask about the finalist and the in-domain test rows."""
    if case.data is None or case.predictor is None:
        return NotAsked("no way of answering was fitted")
    data, predictor = case.data, case.predictor
    if not predictor.tests:
        return NotAsked("there are no test rows")
    if predictor.kind is ArmKind.CONSTANT:
        return NotAsked("the answer does not depend on the row, so nothing can disturb it", applies=False)
    limits = {"rows": MOST_FEATURE_ROWS} if data.table.texts is None else {"texts": MOST_TEXTS}
    return Asking(
        predictor.subject,
        lambda: _disturbable(data, predictor),
        parameters={"most": limits},
        inputs=(*predictor.inputs, ("rows", data.digest)),
        runtimes=predictor.runtimes,
    )


def _disturbable(data: DataCase, predictor: PredictorCase) -> Disturbable:
    table, rows = data.table, data.tests[0][1]
    texts = None if table.texts is None else tuple(table.texts[row] for row in rows.tolist())
    features = None if table.features is None else table.features.take(rows)
    return Disturbable(predictor.tests[0], texts, features, predictor.answer)


QUESTION = Question(CHECK, put)
