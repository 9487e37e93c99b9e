"""Subject: what a question is about."""

from dataclasses import dataclass
from enum import StrEnum


class SubjectKind(StrEnum):
    """Closed set of things one can ask about."""

    MODEL = "model"
    PREDICTOR = "predictor"
    DATASET = "dataset"
    PAIR = "pair"
    PREDICTIONS = "predictions"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing with a digest; `name` is for people and outside every digest.

    Attributes:
        kind: what it is.
        digest: snapshot digest, predictor digest, …
        name: how the user called it (hostile text).
    """

    kind: SubjectKind
    digest: str
    name: str = ""
