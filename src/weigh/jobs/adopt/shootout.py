"""The shoot-out: every arm fitted on the same nested subsets and tried on the same rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import numpy as np

from weigh.adapt.arm import Arm, Rows
from weigh.adapt.fit import CHECK as TRIAL, FitSubject, TrialTest, cost_of
from weigh.adapt.table import Offer
from weigh.adapt.trial import BaseCost, fits
from weigh.code.closure import code_digest
from weigh.core.canonical import loads
from weigh.core.cost import Cost
from weigh.core.digest import of_value
from weigh.core.errors import StorageError
from weigh.core.events import Progress
from weigh.core.evidence import Evidence
from weigh.core.ports import Keeper
from weigh.core.predictor import Predictor
from weigh.core.recommendation import ArmKind, Recommendation
from weigh.core.subject import Subject, SubjectKind
from weigh.datasets.prepare import Prepared, Trying
from weigh.datasets.splits import FEWEST_TRAIN
from weigh.decide.budget import Budget, PlannedTrial, planned
from weigh.decide.decision import CHECK as DECISION, DecisionSubject
from weigh.decide.refits import Refits, refits_of
from weigh.decide.trials import ArmTrials, Inputs, TestSet
from weigh.jobs.adopt.options import NO_MODEL, AdoptOptions
from weigh.jobs.workbench import Workbench
from weigh.system.machine import installed_version

LIBRARIES = ("numpy", "scipy", "scikit-learn")


@dataclass(frozen=True, slots=True)
class Ground:
    """What all trials share.

    Attributes:
        bench: where questions are asked.
        keep: where arrays are.
        prepared: the rows and their split.
        inputs: digests of the rows and of what the model made of them.
        rows: what arms see of the used rows, model features included.
        base: digest of the model, "" for none.
        base_cost: what the model takes for one row.
        seed: of every fit.
    """

    bench: Workbench
    keep: Keeper
    prepared: Prepared
    inputs: tuple[tuple[str, str], ...]
    rows: Rows
    base: str
    base_cost: BaseCost | None
    seed: int


@dataclass(frozen=True, slots=True)
class Trials:
    """What the shoot-out left.

    Attributes:
        arms: trials of every arm, those that were not run included.
        evidence: evidence of each trial by (arm, rows).
        refits: evidence of each refit by (arm, number).
        predictors: the predictor at full size by arm.
        offered: every arm by id.
        notes: what the budget left out.
    """

    arms: tuple[ArmTrials, ...]
    evidence: Mapping[tuple[str, int], Evidence]
    refits: Mapping[tuple[str, int], Evidence]
    predictors: Mapping[str, Predictor]
    offered: Mapping[str, Arm]
    notes: tuple[str, ...]


@dataclass(slots=True)
class Done:
    """What has been run so far.

    Attributes:
        evidence: of the ladder by (arm, rows).
        predictors: of the ladder by (arm, rows).
        refits: evidence by (arm, number).
        lost: arms that lack a refit: the others of theirs would be of no use.
    """

    evidence: dict[tuple[str, int], Evidence] = field(default_factory=dict)
    predictors: dict[tuple[str, int], Predictor] = field(default_factory=dict)
    refits: dict[tuple[str, int], Evidence] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)


def run_arms(ground: Ground, offers: tuple[Offer, ...], budget: Budget) -> Trials:
    """Fit and try every arm that can run: all at full size, then the ladder, then without parts of the rows.

    The last show how much the answers depend on which training rows were drawn.
    """
    arms = {arm.id: arm for arm, why_not in offers if not why_not}
    order = {arm_id: place + 1 for place, arm_id in enumerate(arms)}
    sizes = {len(index): index for index in _usable(ground.prepared)}
    refits = _refits(ground)
    plan = planned(
        tuple(sorted(sizes)),
        order,
        refits=tuple(len(rows) for rows in refits.rows),
        refitted={arm_id for arm_id, arm in arms.items() if fits(arm)},
    )
    done = Done()
    for count, trial in enumerate(plan):
        ground.bench.events.emit(Progress("decide", count, len(plan), "trials"))
        index = sizes[trial.rows] if trial.refit is None else refits.rows[trial.refit]
        _run_planned(ground, arms[trial.arm], index, budget, trial, done)
    ground.bench.events.emit(Progress("decide", len(plan), len(plan), "trials"))
    full = max(sizes)
    trials = tuple(_collect(ground, arm, why_not, done, len(refits.rows)) for arm, why_not in offers)
    at_full = {arm: made for (arm, rows), made in done.predictors.items() if rows == full}
    offered = {arm.id: arm for arm, _ in offers}
    return Trials(
        trials, done.evidence, done.refits, at_full, offered, (*budget.notes(), *_no_refits(refits))
    )


def _refits(ground: Ground) -> Refits:
    prepared = ground.prepared
    return refits_of(
        prepared.ladder[-1],
        labels=prepared.table.labels,
        groups=prepared.table.groups,
        fitted_on=tuple(test.train for test in prepared.tests),
        seed=ground.seed,
    )


def _no_refits(refits: Refits) -> tuple[str, ...]:
    if not refits.why_not:
        return ()
    return (f"intervals do not cover which training rows were drawn: {refits.why_not}",)


def _run_planned(
    ground: Ground, arm: Arm, index: Any, budget: Budget, trial: PlannedTrial, done: Done
) -> None:
    full = len(ground.prepared.ladder[-1])
    if trial.refit is None:
        if budget.allows(trial):
            key = (arm.id, trial.rows)
            done.predictors[key], done.evidence[key] = _trial(ground, arm, index, budget, trial)
    elif arm.id in done.lost or (arm.id, full) not in done.evidence:
        budget.leave_out(trial)
    elif budget.allows(trial):
        _, done.refits[(arm.id, trial.refit)] = _trial(ground, arm, index, budget, trial)
    else:
        done.lost.add(arm.id)


def _trial(
    ground: Ground, arm: Arm, index: Any, budget: Budget, trial: PlannedTrial
) -> tuple[Predictor, Evidence]:
    prepared = ground.prepared
    again = "" if trial.refit is None else f", refit {trial.refit + 1}"
    base = arm.kind is ArmKind.MODEL
    predictor = Predictor(
        arm=arm.id,
        base=ground.base if base else "",
        hyper=arm.hyper(),
        rows=prepared.rows_digest(index),
        seed=ground.seed,
        code=code_digest(arm.module),
    )

    def payload() -> FitSubject:
        return FitSubject(
            arm=arm,
            rows=ground.rows.take(index),
            labels=prepared.table.labels[index],
            groups=prepared.table.groups[index],
            classes=len(prepared.table.classes),
            tests=tuple(_test(ground.rows, test, index) for test in prepared.tests),
            base=_base_cost(ground.base_cost, len(index)) if base else None,
            keep=ground.keep,
            keep_fitted=trial.refit is None,
        )

    began = ground.bench.clock.monotonic()
    found = ground.bench.ask(
        TRIAL,
        Subject(SubjectKind.PREDICTOR, predictor.digest, f"{arm.id} on {len(index):,} rows{again}"),
        payload,
        parameters={
            "arm": arm.id,
            "rows": len(index),
            **({} if trial.refit is None else {"refit": trial.refit}),
        },
        inputs=ground.inputs if base else ground.inputs[:1],
        seed=ground.seed,
        runtimes=tuple((name, installed_version(name)) for name in LIBRARIES),
    )
    budget.spent(trial, ground.bench.clock.monotonic() - began)
    return predictor, found


def _test(rows: Rows, test: Trying, index: Any) -> TrialTest:
    if test.train is None:
        return TrialTest(test.name, rows.take(test.rows))
    return TrialTest(test.name, rows.take(test.rows), np.flatnonzero(np.isin(index, test.train)))


def _usable(prepared: Prepared) -> tuple[Any, ...]:
    """The subsets from which every test can be fitted for; the whole always can."""
    return tuple(index for index in prepared.ladder[:-1] if _enough(prepared, index)) + prepared.ladder[-1:]


def _enough(prepared: Prepared, index: Any) -> bool:
    for test in prepared.tests:
        left = index if test.train is None else index[np.isin(index, test.train)]
        if len(left) < FEWEST_TRAIN or len(np.unique(prepared.table.labels[left])) < 2:
            return False
    return True


def _base_cost(base: BaseCost | None, rows: int) -> BaseCost | None:
    return None if base is None else replace(base, fit_seconds=base.predict_ms * rows / 1000.0)


def _collect(ground: Ground, arm: Arm, why_not: str, done: Done, refits: int) -> ArmTrials:
    evidence = done.evidence
    sizes = tuple(sorted(rows for name, rows in evidence if name == arm.id))
    if not sizes:
        reason = why_not or "the time budget was used up before it could run"
        return ArmTrials(arm.id, arm.title, arm.kind, arm.risk, not_run=reason)
    full = sizes[-1]
    again = [done.refits[(arm.id, i)] for i in range(refits) if (arm.id, i) in done.refits]
    return ArmTrials(
        arm=arm.id,
        title=arm.title,
        kind=arm.kind,
        risk=arm.risk,
        sizes=sizes,
        predictions={rows: answers_of(ground, evidence[(arm.id, rows)]) for rows in sizes},
        cost=cost_of(evidence[(arm.id, full)]),
        predictor=done.predictors[(arm.id, full)].digest,
        evidence=evidence[(arm.id, full)].digest,
        refits=tuple(answers_of(ground, one) for one in again) if len(again) == refits else (),
    )


def answers_of(ground: Ground, evidence: Evidence) -> dict[str, Any]:
    """The probabilities a trial gave, by test set."""
    artifact = evidence.artifact("probabilities")
    if artifact is None:
        raise StorageError("a kept trial has no probabilities", hint="repeat the command with --refresh")
    arrays, _ = ground.keep.load_arrays(artifact)
    return {test.name: arrays[str(i)] for i, test in enumerate(ground.prepared.tests)}


def decide(ground: Ground, trials: Trials, options: AdoptOptions) -> Recommendation:
    """Ask for the decision and read it back, with the trials' readings put beside it."""
    table = ground.prepared.table
    tests = tuple(
        TestSet(test.name, table.labels[test.rows], table.groups[test.rows]) for test in ground.prepared.tests
    )
    inputs = Inputs(tests, trials.arms, len(table.classes), options.roles.shift)
    found = ground.bench.ask(
        DECISION,
        Subject(SubjectKind.PREDICTIONS, _all_trials(trials), "all arms"),
        lambda: DecisionSubject(inputs, bool(ground.base) or options.model != NO_MODEL, ground.keep),
        parameters={
            "metric": options.metric,
            "min_gain": options.min_gain,
            "model": options.model != NO_MODEL,
            "not_run": [[a.arm, a.not_run] for a in trials.arms if a.not_run],
        },
        inputs=ground.inputs[:1],
        seed=ground.seed,
        runtimes=tuple((name, installed_version(name)) for name in LIBRARIES),
    )
    artifact = found.artifact("recommendation")
    if artifact is None:
        raise StorageError("a kept decision has no recommendation", hint="repeat the command with --refresh")
    made = msgspec.convert(loads(ground.keep.load_bytes(artifact)), Recommendation, strict=False)
    return replace(made, arms=tuple(replace(a, cost=_cost(trials, a.arm)) for a in made.arms))


def _cost(trials: Trials, arm: str) -> Cost | None:
    return next((a.cost for a in trials.arms if a.arm == arm), None)


def _all_trials(trials: Trials) -> str:
    ladder = [[arm, rows, e.digest] for (arm, rows), e in sorted(trials.evidence.items())]
    refits = [[arm, number, e.digest] for (arm, number), e in sorted(trials.refits.items())]
    return of_value({"ladder": ladder, "refits": refits})
