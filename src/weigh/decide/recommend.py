"""The recommendation: should one depend on this model, how, and what would change the answer."""

import math

from weigh.checks.accuracy.scores import Metric, as_measure, metric_named
from weigh.core.errors import UsageError
from weigh.core.measure import Measure
from weigh.core.recommendation import ArmKind, ArmResult, LabelsWorth, Recommendation
from weigh.decide.compare import compare
from weigh.decide.curves import curve_points, worth_in_labels
from weigh.decide.draw import Draws, covering
from weigh.decide.objective import OBJECTIVE, score
from weigh.decide.rule import Case, Ruling, rule
from weigh.decide.trials import ArmTrials, Inputs
from weigh.decide.wording import because, objective_words, would_change


def recommend(
    inputs: Inputs,
    *,
    metric: str,
    min_gain: float = 0.01,
    alpha: float = 0.05,
    seed: int,
    model: bool,
) -> Recommendation:
    """Return the outcome of the shoot-out.

    A pure function: the same answers of the arms give the same recommendation, seconds never count.
    The rule is in `weigh.decide.rule` and explained in docs/explanation/how-weigh-decides.md.

    Args:
        inputs: the answers of every arm on the same test rows.
        metric: `accuracy`, `balanced_accuracy`, `macro_f1` or `log_loss`.
        min_gain: smallest difference worth acting on, in the metric's unit, >= 0.
        alpha: chance of any false "beats" among all comparisons on the objective.
        seed: of the bootstrap.
        model: whether the user asked about a model (`weigh adopt MODEL`) or about none (`weigh adopt none`).

    Raises:
        UsageError: when the metric is unknown, an option is out of range, or answers are missing.
    """
    chosen = metric_named(metric)
    _require(min_gain, alpha)
    draws = Draws.of(inputs, chosen)
    results = {arm.arm: _result(inputs, arm, chosen, draws, seed=seed) for arm in inputs.arms}
    scores = {name: one.score for name, one in results.items() if one.score is not None}
    comparisons = compare(inputs, chosen, alpha=alpha, seed=seed)
    values = {name: one.value for name, one in scores.items() if one.value is not None}
    case = Case(inputs, comparisons, values, min_gain, model)
    ruling = rule(case)
    worth = _worth(case, ruling, chosen, seed=seed)
    return Recommendation(
        decision=ruling.decision,
        arm=ruling.arm.arm if ruling.arm else "",
        runner_up=ruling.rival.arm if ruling.rival else "",
        detectable=_detectable(case, ruling),
        metric=chosen.value,
        objective=objective_words(case),
        because=because(case, ruling, scores),
        arms=_ordered(case, ruling, results),
        comparisons=comparisons.items,
        curves=curve_points(inputs, chosen, seed=seed),
        worth=worth,
        would_change=would_change(case, ruling, worth),
        needs_n=ruling.needs_n,
    )


def _require(min_gain: float, alpha: float) -> None:
    if not (math.isfinite(min_gain) and min_gain >= 0):
        raise UsageError("the minimum gain is 0 or more", why=f"got {min_gain}", hint="--min-gain 0.01")
    if not 0 < alpha < 0.5:
        raise UsageError("alpha lies between 0 and 0.5", why=f"got {alpha}", hint="use 0.05")


def _result(inputs: Inputs, arm: ArmTrials, metric: Metric, draws: Draws, *, seed: int) -> ArmResult:
    if arm.not_run:
        return ArmResult(arm.arm, arm.title, arm.kind, arm.not_run)

    def scored(name: str, *places: int) -> Measure:
        tests = tuple(inputs.tests[place] for place in places)
        found = score(metric, tests, [arm.answers[test.name] for test in tests], seed=seed)
        return as_measure(
            covering(found, draws.score(arm.arm, places), metric), metric, arm=arm.arm, test=name
        )

    every = range(len(inputs.tests))
    return ArmResult(
        arm=arm.arm,
        title=arm.title,
        kind=arm.kind,
        predictor=arm.predictor,
        score=scored(OBJECTIVE, *every),
        tests=tuple(scored(inputs.tests[place].name, place) for place in every),
        cost=arm.cost,
        evidence=arm.evidence,
    )


def _detectable(case: Case, ruling: Ruling) -> bool:
    if ruling.arm is None or ruling.rival is None:
        return False
    return case.comparisons.detectable(ruling.arm.arm, ruling.rival.arm)


def _ordered(case: Case, ruling: Ruling, results: dict[str, ArmResult]) -> tuple[ArmResult, ...]:
    """Recommended first, then by objective, arms that were not run last."""
    sign = case.comparisons.metric.sign

    def place(arm: ArmTrials) -> tuple[bool, bool, float, tuple[int, int, str]]:
        recommended = ruling.arm is not None and arm.arm == ruling.arm.arm
        return (not recommended, bool(arm.not_run), -sign * case.scores.get(arm.arm, 0.0), arm.order)

    return tuple(results[arm.arm] for arm in sorted(case.inputs.arms, key=place))


def _worth(case: Case, ruling: Ruling, metric: Metric, *, seed: int) -> LabelsWorth | None:
    scratch = case.inputs.of_kind(ArmKind.SCRATCH)
    if ruling.arm is None or not ruling.decision.adopts or not scratch:
        return None
    return worth_in_labels(case.inputs, metric, scratch=case.best(scratch), adopted=ruling.arm, seed=seed)
