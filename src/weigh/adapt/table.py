"""The table of arms: which ways of answering are held against each other, and why some are not run."""

from dataclasses import dataclass
from typing import TypeAlias

from weigh.adapt.arm import Arm
from weigh.adapt.as_is import AsIs, match_labels
from weigh.adapt.boosted import BOOSTED
from weigh.adapt.linear import LINEAR
from weigh.adapt.majority import MAJORITY
from weigh.adapt.probe import PROBE
from weigh.adapt.tfidf_linear import TFIDF_LINEAR

ARMS: tuple[Arm, ...] = (MAJORITY, TFIDF_LINEAR, LINEAR, BOOSTED, AsIs(), PROBE)
"""All arms, from least to most dependence on somebody else's model."""

Offer: TypeAlias = tuple[Arm, str]
"""An arm and why it is not run, "" when it is."""


@dataclass(frozen=True, slots=True)
class ModelOffers:
    """What a base model can give to arms, as its facts and runtime say.

    Attributes:
        labels: names of its own classes in the order of its answer; empty when it has none.
        embeddings: whether it turns a row into a vector.
        takes: `text` or `features`, what it reads.
        why_not: why nothing of it can be run (no runtime, gate, …); "" when it can.
    """

    labels: tuple[str, ...] = ()
    embeddings: bool = False
    takes: str = "text"
    why_not: str = ""


def applicable(kind: str, *, classes: tuple[str, ...], model: ModelOffers | None) -> tuple[Offer, ...]:
    """Return the arms for this data and model, each with the reason why it is not run.

    Args:
        kind: `text` or `features`, what the rows are.
        classes: the user's classes.
        model: None when the user asks about no model; the arms that rest on one are then left out.
    """
    scratch: tuple[Arm, ...] = (TFIDF_LINEAR,) if kind == "text" else (LINEAR, BOOSTED)
    offers: list[Offer] = [(MAJORITY, ""), *((arm, "") for arm in scratch)]
    if model is not None:
        offers += [_as_is(kind, classes, model), _probe(kind, model)]
    return tuple(offers)


def arm_named(name: str) -> Arm | None:
    """The arm of that id as it stands in the table, or None."""
    return next((arm for arm in ARMS if arm.id == name), None)


def _as_is(kind: str, classes: tuple[str, ...], model: ModelOffers) -> Offer:
    reason = _unreadable(kind, model)
    if not reason and not model.labels:
        reason = "the model has no classes of its own"
    if reason:
        return AsIs(), reason
    matched = match_labels(model.labels, classes)
    return (AsIs(), matched) if isinstance(matched, str) else (matched, "")


def _probe(kind: str, model: ModelOffers) -> Offer:
    reason = _unreadable(kind, model)
    if not reason and not model.embeddings:
        reason = "the model gives no embeddings of its input"
    return PROBE, reason


def _unreadable(kind: str, model: ModelOffers) -> str:
    if model.why_not:
        return model.why_not
    if kind != model.takes:
        return f"the model reads {model.takes}, the data is {kind}"
    return ""
