"""The rule: from paired comparisons to one decision. Explained in docs/explanation/how-weigh-decides.md."""

from dataclasses import dataclass

from weigh.core.recommendation import ArmKind, Decision
from weigh.decide.compare import Comparisons
from weigh.decide.trials import ArmTrials, Inputs
from weigh.statistics.power import n_for_paired_difference

# Gain over the constant answer below which an arm is not worth having at all: what "no use" means when no
# arm beats it. Larger than the default minimum gain, because nothing is cheaper than a constant.
USEFUL_GAIN = 0.05
# Below this many independent test units no paired test is trusted, however extreme its p-value.
FEWEST_UNITS = 30
POWER = 0.8


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rule says, before it is put into words.

    Attributes:
        decision: the answer.
        arm: the recommended arm, None when none is.
        rival: the arm the answer was held against: the runner-up, or what could not be told apart.
        needs_n: test rows that would settle the answer; None when it is settled.
        why: which clause of the rule spoke; the words depend on it.
    """

    decision: Decision
    arm: ArmTrials | None
    rival: ArmTrials | None
    why: str
    needs_n: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What a ruling is made from.

    Attributes:
        inputs: the answers of every arm.
        comparisons: the paired comparisons.
        scores: the objective of each arm that ran.
        min_gain: smallest difference worth acting on, unit of the metric.
        model: whether the user asked about a model.
    """

    inputs: Inputs
    comparisons: Comparisons
    scores: dict[str, float]
    min_gain: float
    model: bool

    def beats(self, arm: ArmTrials, other: ArmTrials) -> bool:
        """Whether `arm` is detectably and usefully better than `other` on the objective."""
        return self.comparisons.beats(arm.arm, other.arm, min_gain=self.min_gain)

    def gain(self, arm: ArmTrials, other: ArmTrials) -> float:
        """How much better `arm` is."""
        return self.comparisons.gain(arm.arm, other.arm)

    def best(self, arms: tuple[ArmTrials, ...]) -> ArmTrials:
        """The arm with the best objective; the cheaper one of equals."""
        sign = self.comparisons.metric.sign
        return min(arms, key=lambda arm: (-sign * self.scores[arm.arm], arm.order))

    def cheapest_unbeaten(self, arms: tuple[ArmTrials, ...]) -> ArmTrials:
        """The cheapest, then least risky arm that no other of these beats."""
        unbeaten = [arm for arm in arms if not any(self.beats(o, arm) for o in arms if o is not arm)]
        # Beating may go in a circle when gains sit at the threshold; then nothing is unbeaten.
        return min(unbeaten or arms, key=lambda arm: arm.order)

    @property
    def constant(self) -> ArmTrials:
        """The best constant arm."""
        return self.best(self.inputs.of_kind(ArmKind.CONSTANT))

    def needs(self, arm: ArmTrials, other: ArmTrials, detectable: float) -> int:
        """Test rows at which a gain of `detectable` would be found, at this decision's own alpha."""
        alpha = self.comparisons.alpha / max(1, self.comparisons.family)
        spread = self.comparisons.spread(arm.arm, other.arm)
        needed = n_for_paired_difference(spread, detectable, alpha=alpha, power=POWER)
        return max(needed, self.fewest_rows)

    @property
    def fewest_rows(self) -> int:
        """Rows that hold at least `FEWEST_UNITS` independent units, at this data's rows a unit."""
        return -(-FEWEST_UNITS * self.inputs.rows // max(1, self.inputs.units))


def rule(case: Case) -> Ruling:
    """Decide.

    1. An arm *beats* another when it is detectably better on the objective (Holm-adjusted p < alpha) and
       by at least the minimum gain.
    2. A model arm that beats every arm without the model is adopted: the cheapest one unbeaten by another.
    3. Else the cheapest unbeaten arm from scratch is kept, if it beats the constant answer.
    4. Else nothing is adopted where a useful gain is excluded, and the answer is open where it is not.
    """
    models = case.inputs.of_kind(ArmKind.MODEL)
    scratch = case.inputs.of_kind(ArmKind.SCRATCH)
    blocked = _blocked(case, models, scratch)
    if blocked is not None:
        return blocked
    others = (*case.inputs.of_kind(ArmKind.CONSTANT), *scratch)
    winners = tuple(arm for arm in models if all(case.beats(arm, other) for other in others))
    if winners:
        return _adopt(case, case.cheapest_unbeaten(winners))
    useful = tuple(arm for arm in scratch if case.beats(arm, case.constant))
    if useful:
        return _keep(case, case.cheapest_unbeaten(useful), models)
    if any(case.beats(arm, case.constant) for arm in models):
        return _model_above_constant(case, models, scratch)
    return _nothing_beats_constant(case, (*models, *scratch))


def _blocked(case: Case, models: tuple[ArmTrials, ...], scratch: tuple[ArmTrials, ...]) -> Ruling | None:
    """What makes a decision impossible before any comparison is looked at."""
    if case.inputs.units < FEWEST_UNITS:
        arms = (*models, *scratch)
        best = case.best(arms) if arms else None
        needed = case.needs(best, case.constant, _useful(case)) if best else case.fewest_rows
        return Ruling(Decision.UNDECIDED, None, best, "few_rows", needed)
    if case.model and not models:
        return Ruling(Decision.UNDECIDED, None, None, "no_model_arm")
    expected = any(arm.kind is ArmKind.SCRATCH for arm in case.inputs.arms)
    if expected and not scratch:
        return Ruling(Decision.UNDECIDED, None, None, "no_scratch_arm")
    return None


def _adopt(case: Case, chosen: ArmTrials) -> Ruling:
    rest = tuple(arm for arm in case.inputs.ran if arm is not chosen)
    decision = Decision.ADOPT_AS_IS if chosen.arm == "as_is" else Decision.ADOPT_WITH_PROBE
    return Ruling(decision, chosen, case.best(rest), "model_wins")


def _keep(case: Case, kept: ArmTrials, models: tuple[ArmTrials, ...]) -> Ruling:
    if case.model:
        rival = case.best(models)
        why = "model_loses" if case.comparisons.detectable(rival.arm, kept.arm) else "no_difference"
        return Ruling(Decision.KEEP_BASELINE, kept, rival, why)
    rest = tuple(arm for arm in case.inputs.ran if arm is not kept)
    return Ruling(Decision.TRAIN_FROM_SCRATCH, kept, case.best(rest), "scratch_wins")


def _model_above_constant(
    case: Case, models: tuple[ArmTrials, ...], scratch: tuple[ArmTrials, ...]
) -> Ruling:
    """The model beats the constant answer, the arms from scratch lie between the two, unresolved."""
    model, plain = case.best(models), case.best(scratch)
    _, high = case.comparisons.gain_ends(model.arm, plain.arm)
    if high < case.min_gain:
        return Ruling(Decision.KEEP_BASELINE, case.cheapest_unbeaten(scratch), model, "no_difference")
    # A gain that is visible but smaller than hoped needs the rows for what is hoped; power at the observed
    # gain would promise too much.
    needed = case.needs(model, plain, max(case.min_gain, abs(case.gain(model, plain)) / 2))
    return Ruling(Decision.UNDECIDED, None, model, "model_unresolved", _more(needed, case))


def _nothing_beats_constant(case: Case, arms: tuple[ArmTrials, ...]) -> Ruling:
    if not arms:
        return Ruling(Decision.UNDECIDED, None, None, "no_scratch_arm")
    best = case.best(arms)
    _, high = case.comparisons.gain_ends(best.arm, case.constant.arm)
    margin = _useful(case)
    needed = case.needs(best, case.constant, margin)
    # Only the interval can exclude a useful gain; that there were rows enough to see one cannot.
    if high < margin:
        return Ruling(Decision.DO_NOT_ADOPT, None, best, "constant_is_as_good")
    return Ruling(Decision.UNDECIDED, None, best, "constant_unresolved", _more(needed, case))


def _useful(case: Case) -> float:
    return max(case.min_gain, USEFUL_GAIN)


def _more(needed: int, case: Case) -> int:
    """At least a row more than there are: what is there did not settle it."""
    return max(needed, case.inputs.rows + 1)
