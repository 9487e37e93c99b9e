"""How the ways of using a model stand against each other, in the order every renderer shows them."""

from dataclasses import dataclass

from weigh.core.measure import Direction, Measure
from weigh.core.recommendation import ArmKind, ArmResult, Recommendation

LABELS = {
    ArmKind.MODEL: "with the model",
    ArmKind.SCRATCH: "from scratch",
    ArmKind.CONSTANT: "majority",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """The best arm of its kind, or the recommended one.

    Attributes:
        label: the kind in plain words.
        result: the arm.
        score: its score at full size.
        recommended: it is the arm the recommendation names.
    """

    label: str
    result: ArmResult
    score: Measure
    recommended: bool


def standings(recommendation: Recommendation) -> tuple[Standing, ...]:
    """The recommended arm, then the best scored arm of each other kind: model, scratch, constant."""
    chosen = recommendation.result(recommendation.arm) if recommendation.arm else None
    out: list[Standing] = []
    if chosen is not None and chosen.score is not None:
        out.append(Standing(LABELS[chosen.kind], chosen, chosen.score, recommended=True))
    for kind in (ArmKind.MODEL, ArmKind.SCRATCH, ArmKind.CONSTANT):
        best = _best(recommendation, kind)
        if (
            best is not None
            and best.score is not None
            and kind is not (chosen.kind if out and chosen else None)
        ):
            out.append(Standing(LABELS[kind], best, best.score, recommended=False))
    return tuple(out)


def _best(recommendation: Recommendation, kind: ArmKind) -> ArmResult | None:
    def merit(arm: ArmResult) -> float:
        assert arm.score is not None
        assert arm.score.value is not None
        return -arm.score.value if arm.score.direction is Direction.LOWER else arm.score.value

    scored = [a for a in recommendation.arms if a.kind is kind and a.score is not None]
    return max((a for a in scored if a.score and a.score.value is not None), key=merit, default=None)
