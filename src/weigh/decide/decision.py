"""Use the model, train from scratch, or leave it? The shoot-out as a question to the ledger.

The recommendation is an artifact of the evidence, without seconds and bytes: those are readings of
the trials and are put back beside it when it is shown.
"""

from dataclasses import dataclass, replace

from weigh.core.canonical import dumps, plain
from weigh.core.check import Check, Context
from weigh.core.cost import Cost
from weigh.core.evidence import Evidence
from weigh.core.measure import Measure, labelled
from weigh.core.ports import Keeper
from weigh.core.recommendation import Decision, Recommendation
from weigh.decide.recommend import recommend
from weigh.decide.trials import Inputs


@dataclass(frozen=True, slots=True)
class DecisionSubject:
    """All trials, and what is asked of them.

    Attributes:
        inputs: every arm's answers on the same rows.
        model: whether a model was asked about.
        keep: where the recommendation goes.
    """

    inputs: Inputs
    model: bool
    keep: Keeper


def run(subject: DecisionSubject, context: Context) -> Evidence:
    """Compare, and recommend."""
    inputs = replace(
        subject.inputs, arms=tuple(replace(a, cost=_repeatable(a.cost)) for a in subject.inputs.arms)
    )
    found = recommend(
        inputs,
        metric=str(context.parameters["metric"]),
        min_gain=float(context.parameters["min_gain"]),
        seed=context.seed,
        model=subject.model,
    )
    artifact = subject.keep.keep_bytes("recommendation", dumps(plain(found)))
    measures = _measures(found)
    if found.decision is Decision.UNDECIDED:
        return replace(
            context.inconclusive(found.because, needs_n=found.needs_n, measures=measures),
            artifacts=(artifact,),
        )
    return context.answered(measures=measures, artifacts=(artifact,))


def _repeatable(cost: Cost | None) -> Cost | None:
    if cost is None:
        return None
    return replace(cost, fit_seconds=0.0, predict_ms=0.0, peak_bytes=0)


def _measures(found: Recommendation) -> tuple[Measure, ...]:
    scores = [a.score for a in found.arms if a.score is not None]
    tests = [t for a in found.arms for t in a.tests]
    gains = [
        replace(c.difference, name="difference", labels=labelled(arm=c.arm, other=c.other, test=c.test))
        for c in found.comparisons
    ]
    return (*scores, *tests, *gains)


CHECK: Check[DecisionSubject] = Check(
    id="decision",
    question="Use the model, train from scratch, or leave it?",
    module=__name__,
    run=run,
)
