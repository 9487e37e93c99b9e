"""The ruling in plain sentences: why, and what would change it."""

from collections.abc import Iterator

from weigh.core.measure import Measure
from weigh.core.recommendation import ArmKind, Decision, LabelsWorth
from weigh.decide.rule import FEWEST_UNITS, USEFUL_GAIN, Case, Ruling
from weigh.decide.trials import ArmTrials

# More sentences than this are a list nobody reads.
MOST_SENTENCES = 5


def because(case: Case, ruling: Ruling, scores: dict[str, Measure]) -> str:
    """One sentence with the numbers the answer rests on.

    Args:
        case: what was ruled on.
        ruling: the ruling.
        scores: the objective of each arm that ran.
    """
    if ruling.why == "few_rows":
        units = case.inputs.units
        return (
            f"{_count(units, 'independent test row')} cannot settle it: at least {FEWEST_UNITS} are needed, "
            f"and about {ruling.needs_n:,} test rows to see a gain of {_useful(case):g}"
        )
    if ruling.why in {"no_model_arm", "no_scratch_arm"}:
        return _could_not_run(case, ruling)
    assert ruling.rival is not None
    if ruling.arm is None:
        return _without_arm(case, ruling, ruling.rival, scores)
    if ruling.decision is Decision.KEEP_BASELINE:
        return _kept(case, ruling, ruling.arm, ruling.rival, scores)
    chosen, rival = ruling.arm, _strongest_other(case, ruling)
    return (
        f"{_scored(chosen, scores)} against {_scored(rival, scores)}: a gain of "
        f"{_gain(case, chosen, rival)} {_basis(case)}"
    )


def would_change(case: Case, ruling: Ruling, worth: LabelsWorth | None) -> tuple[str, ...]:
    """What would lead to another answer, the most concrete first; at most five sentences."""
    sentences = [
        *_rows_needed(case, ruling),
        *_labels(case, ruling, worth),
        *_threshold(case, ruling),
        *_domains(case, ruling),
        *_not_run(case),
    ]
    return tuple(sentences[:MOST_SENTENCES])


def objective_words(case: Case) -> str:
    """What is averaged, in words."""
    metric, tests = case.comparisons.metric.value, case.inputs.tests
    if len(tests) == 1:
        return f"{metric} on {tests[0].name}"
    names = ", ".join(test.name for test in tests)
    return f"unweighted mean of {metric} over {len(tests)} test sets: {names}"


def _could_not_run(case: Case, ruling: Ruling) -> str:
    kind = ArmKind.MODEL if ruling.why == "no_model_arm" else ArmKind.SCRATCH
    reasons = "; ".join(f"{arm.arm}: {arm.not_run}" for arm in case.inputs.arms if arm.kind is kind)
    what = "no way of using the model" if kind is ArmKind.MODEL else "no arm trained from scratch"
    return f"{what} could be measured ({reasons or 'none applies'}), so there is nothing to compare"


def _without_arm(case: Case, ruling: Ruling, rival: ArmTrials, scores: dict[str, Measure]) -> str:
    if ruling.why == "model_unresolved":
        plain = case.best(case.inputs.of_kind(ArmKind.SCRATCH))
        return (
            f"{_scored(rival, scores)} beats the constant answer, but not detectably "
            f"{_scored(plain, scores)}: a gain of {_gain(case, rival, plain)} {_basis(case)}"
        )
    start = f"nothing beats {_scored(case.constant, scores)}: the best, {_scored(rival, scores)}, gains "
    p_value = case.comparisons.pair(rival.arm, case.constant.arm).p_value
    return f"{start}{_gain(case, rival, case.constant)}, Holm p={p_value:.2g} {_basis(case)}"


def _kept(case: Case, ruling: Ruling, kept: ArmTrials, rival: ArmTrials, scores: dict[str, Measure]) -> str:
    ends = f"{_gain(case, rival, kept)} {_basis(case)}"
    both = f"{_scored(rival, scores)} against {_scored(kept, scores)}"
    if ruling.why == "no_difference":
        return f"no detectable difference: {both}, a gain of {ends}; the cheaper, less risky arm wins"
    if case.gain(rival, kept) > 0:
        return f"the model's gain is smaller than is useful: {both}, {ends}, minimum {case.min_gain:g}"
    return f"the model does worse than training from scratch: {both}, a gain of {ends}"


def _rows_needed(case: Case, ruling: Ruling) -> Iterator[str]:
    if ruling.needs_n is not None:
        rival = ruling.rival
        more = _in_proportion(case, rival, case.constant) if rival else ""
        yield f"about {ruling.needs_n:,} test rows{more} would settle it; there are {case.inputs.rows:,}"
    elif ruling.why == "no_difference" and ruling.arm and ruling.rival:
        low, high = case.comparisons.gain_ends(ruling.rival.arm, ruling.arm.arm)
        if low <= case.min_gain <= high:
            # At the minimum gain itself the demand can be absurd; the visible gain is what one would check.
            visible = max(case.min_gain, case.gain(ruling.rival, ruling.arm))
            rows = case.needs(ruling.rival, ruling.arm, visible)
            more = _in_proportion(case, ruling.rival, ruling.arm)
            yield (
                f"about {rows:,} test rows{more} would show a gain of {visible:.3g} by {ruling.rival.arm}; "
                f"there are {case.inputs.rows:,}"
            )


def _in_proportion(case: Case, arm: ArmTrials, other: ArmTrials) -> str:
    """What more test rows alone cannot narrow: the part of an interval that comes from the training draw."""
    covered = arm.arm != other.arm and case.comparisons.draw_covered(arm.arm, other.arm)
    return ", with training rows in proportion," if covered else ""


def _labels(case: Case, ruling: Ruling, worth: LabelsWorth | None) -> Iterator[str]:
    del case
    if not ruling.decision.adopts or worth is None:
        return
    if worth.value is None:
        yield (
            f"more than {worth.more_than:,} labelled rows: up to there {worth.scratch}, trained from "
            f"scratch, is not expected to catch up (the arm uses {worth.used:,})"
        )
        return
    low = "?" if worth.low is None else f"{worth.low:,}"
    high = "or more" if worth.high is None else f"{worth.high:,}"
    yield (
        f"about {worth.value:,} labelled rows ({low} to {high}): there {worth.scratch}, trained from "
        "scratch, is expected to be as good"
    )


def _threshold(case: Case, ruling: Ruling) -> Iterator[str]:
    if ruling.decision is Decision.TRAIN_FROM_SCRATCH:
        yield "a pre-trained model that does better: none was asked about"
    if ruling.arm and (ruling.decision.adopts or ruling.decision is Decision.TRAIN_FROM_SCRATCH):
        rival = _strongest_other(case, ruling)
        yield (
            f"a minimum useful gain above {case.gain(ruling.arm, rival):.3f}, the gain over {rival.arm} "
            f"(now {case.min_gain:g})"
        )
    elif ruling.why == "model_loses" and ruling.arm and ruling.rival:
        gain = case.gain(ruling.rival, ruling.arm)
        if 0 < gain < case.min_gain:
            yield f"a minimum useful gain of {gain:.3f} or less (now {case.min_gain:g}): then the model wins"
    elif ruling.why == "constant_is_as_good" and ruling.rival:
        _, high = case.comparisons.gain_ends(ruling.rival.arm, case.constant.arm)
        yield (
            f"other inputs or labels: with these, gains over the constant answer above {max(high, 0.0):.3f} "
            "are ruled out"
        )


def _domains(case: Case, ruling: Ruling) -> Iterator[str]:
    """Test sets on which the answer would be another one."""
    tests = case.inputs.tests
    if len(tests) == 1 or ruling.arm is None or ruling.rival is None:
        return
    compared = case.comparisons
    if ruling.decision.adopts:
        rival = _strongest_other(case, ruling)
        for test in tests:
            if not compared.beats(ruling.arm.arm, rival.arm, min_gain=case.min_gain, test=test.name):
                yield (
                    f"caring about {test.name} only: there {ruling.arm.arm} is not detectably better than "
                    f"{rival.arm} (gain {_signed(compared.gain(ruling.arm.arm, rival.arm, test.name))})"
                )
        return
    for test in tests:
        if compared.beats(ruling.rival.arm, ruling.arm.arm, min_gain=case.min_gain, test=test.name):
            gain = compared.gain(ruling.rival.arm, ruling.arm.arm, test.name)
            yield f"caring about {test.name} only: there {ruling.rival.arm} is better by {gain:.3f}"


def _not_run(case: Case) -> Iterator[str]:
    for arm in case.inputs.arms:
        if arm.not_run and arm.kind is not ArmKind.CONSTANT:
            yield f"{arm.arm} was not measured ({arm.not_run})"


def _strongest_other(case: Case, ruling: Ruling) -> ArmTrials:
    """For a model arm the best arm without the model, for an arm from scratch the constant answer."""
    if ruling.arm is None or ruling.arm.kind is not ArmKind.MODEL:
        return case.constant
    return case.best((*case.inputs.of_kind(ArmKind.CONSTANT), *case.inputs.of_kind(ArmKind.SCRATCH)))


def _scored(arm: ArmTrials, scores: dict[str, Measure]) -> str:
    measure = scores[arm.arm]
    return f"{arm.arm} {measure.value:.3f} [{measure.low:.3f}, {measure.high:.3f}]"


def _gain(case: Case, arm: ArmTrials, other: ArmTrials) -> str:
    low, high = case.comparisons.gain_ends(arm.arm, other.arm)
    return f"{_signed(case.gain(arm, other))} [{_signed(low)}, {_signed(high)}]"


def _signed(value: float) -> str:
    """With its sign, the minus as it is printed everywhere (U+2212)."""
    return f"{value:+.3f}".replace("-", "−")


def _basis(case: Case) -> str:
    return f"({case.comparisons.metric.value}, n={case.inputs.rows:,})"


def _useful(case: Case) -> float:
    return max(case.min_gain, USEFUL_GAIN)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
