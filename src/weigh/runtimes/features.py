"""What does the model make of each text? Embeddings, and its own classes' probabilities if it has any.

A question like any other, so that its answer is kept: the arrays are artifacts of the evidence, rows
in the order of the texts asked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from weigh.core.check import Check, Context
from weigh.core.evidence import Artifact, Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Direction, Measure
from weigh.core.ports import Keeper
from weigh.runtimes.open import TextModel
from weigh.runtimes.spec import TextModelSpec


@dataclass(frozen=True, slots=True)
class FeaturesSubject:
    """A model that can be opened, and the texts to show it.

    Attributes:
        session: opens the model in its sandbox, or returns the open one.
        spec: how the model is to be run.
        texts: in row order.
        keep: where the arrays go.
    """

    session: Callable[[], TextModel]
    spec: TextModelSpec
    texts: Sequence[str]
    keep: Keeper


def run(subject: FeaturesSubject, context: Context) -> Evidence:
    """Run the model on every text."""
    began = context.clock.monotonic()
    model = subject.session()
    artifact = _answers(subject, model)
    seconds = max(context.clock.monotonic() - began, 1e-9)
    n = len(subject.texts)
    measures = (
        Measure("texts", n, "count", n),
        Measure("features_seconds", seconds, "s", n, direction=Direction.LOWER, observed=True),
        Measure("features_rate", n / seconds, "texts/s", n, direction=Direction.HIGHER, observed=True),
    )
    return context.answered(
        findings=tuple(_gap(what, why) for what, why in model.report.not_enforced),
        measures=measures,
        artifacts=(artifact,),
    )


def _answers(subject: FeaturesSubject, model: TextModel) -> Artifact:
    if subject.spec.task == "classification":
        return subject.keep.keep_arrays("scores", {"scores": model.classify(subject.texts)})
    return subject.keep.keep_arrays("embeddings", {"embeddings": model.embed(subject.texts)})


def _gap(what: str, why: str) -> Finding:
    return Finding(
        "WGH-R003",
        Severity.MEDIUM,
        Confidence.HIGH,
        "sandbox",
        f"not enforced on this machine: {what}",
        why,
        "run on a machine that can enforce it, or read the report with this in mind",
    )


CHECK: Check[FeaturesSubject] = Check(
    id="features",
    question="What does the model make of each text?",
    module=__name__,
    run=run,
)
