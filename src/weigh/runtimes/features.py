"""What does the model make of each text? Embeddings, and its own classes' probabilities if it has any.

A question like any other, so that its answer is kept: the arrays are artifacts of the evidence, rows
in the order of the texts asked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weigh.core.check import Check, Context
from weigh.core.digest import of_value, sha256_hex
from weigh.core.evidence import Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Direction, Measure
from weigh.core.ports import Keeper
from weigh.runtimes.open import TextModel
from weigh.runtimes.spec import TextModelSpec
from weigh.store.derived import Derived

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_REMEMBERED = 256 * 1024 * 1024
"""Bytes of answers remembered for one model; beyond it nothing more is remembered."""

GAP = "WGH-R003"
"""A limit of the sandbox that this machine does not enforce."""


@dataclass(frozen=True, slots=True)
class FeaturesSubject:
    """A model that can be opened, and the texts to show it.

    Attributes:
        session: opens the model in its sandbox, or returns the open one.
        spec: how the model is to be run.
        texts: in row order.
        keep: where the arrays go.
        remembered: what the model made of texts before; None to ask it about every text.
    """

    session: Callable[[], TextModel]
    spec: TextModelSpec
    texts: Sequence[str]
    keep: Keeper
    remembered: Derived | None


def run(subject: FeaturesSubject, context: Context) -> Evidence:
    """Run the model on every text it was not shown before; one text never changes another's answer."""
    began = context.clock.monotonic()
    model = subject.session()
    name = "scores" if subject.spec.task == "classification" else "embeddings"
    values, shown = _answers(subject, model, _key(subject, context))
    seconds = max(context.clock.monotonic() - began, 1e-9)
    return context.answered(
        findings=tuple(_gap(what, why) for what, why in model.report.not_enforced),
        measures=_pace(len(subject.texts), shown, seconds),
        artifacts=(subject.keep.keep_arrays(name, {name: values}),),
    )


def _pace(texts: int, shown: int, seconds: float) -> tuple[Measure, ...]:
    """Readings of this run; `n` does not say how many texts were remembered: no part of the answer."""
    pace, lower, higher = seconds if shown else None, Direction.LOWER, Direction.HIGHER
    rate = shown / seconds if shown else None
    return (
        Measure("texts", texts, "count", texts),
        Measure("texts_shown", shown, "count", texts, observed=True),
        Measure("features_seconds", pace, "s", texts, direction=lower, observed=True),
        Measure("features_rate", rate, "texts/s", texts, direction=higher, observed=True),
    )


def _key(subject: FeaturesSubject, context: Context) -> str:
    request = context.request
    return of_value(
        ["text-features", subject.spec, request.code, sorted(request.runtimes), request.parameters]
    )


def _answers(subject: FeaturesSubject, model: TextModel, key: str) -> tuple["NDArray[Any]", int]:
    """One row a text, and how many texts the model was shown for it."""
    import numpy as np

    names = [sha256_hex(t.encode("utf-8", "surrogatepass")) for t in subject.texts]
    known = _recall(subject.remembered, key)
    missing = {n: t for n, t in zip(names, subject.texts, strict=True) if n not in known}
    if missing:
        fresh = _ask(subject, model, list(missing.values()))
        known |= dict(zip(missing, fresh, strict=True))
        _remember(subject.remembered, key, known)
    return np.stack([known[n] for n in names]), len(missing)


def _ask(subject: FeaturesSubject, model: TextModel, texts: list[str]) -> "NDArray[np.float32]":
    return model.classify(texts) if subject.spec.task == "classification" else model.embed(texts)


def _recall(remembered: Derived | None, key: str) -> "dict[str, NDArray[Any]]":
    found = remembered.get_arrays(key) if remembered is not None else None
    if found is None:
        return {}
    arrays, _ = found
    return {row.tobytes().hex(): value for row, value in zip(arrays["texts"], arrays["values"], strict=True)}


def _remember(remembered: Derived | None, key: str, known: "dict[str, NDArray[Any]]") -> None:
    import numpy as np

    if remembered is None or sum(value.nbytes for value in known.values()) > MOST_REMEMBERED:
        return
    order = sorted(known)
    texts = np.frombuffer(bytes.fromhex("".join(order)), dtype=np.uint8).reshape(-1, 32)
    remembered.put_arrays(key, {"texts": texts, "values": np.stack([known[n] for n in order])}, {})


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
