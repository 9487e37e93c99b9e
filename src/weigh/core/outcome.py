"""Outcome: how the asking of a question ended. It never says whether the answer is good."""

from dataclasses import dataclass
from enum import StrEnum


class OutcomeKind(StrEnum):
    """Closed set of endings."""

    ANSWERED = "answered"
    INCONCLUSIVE = "inconclusive"
    NOT_RUN = "not_run"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Outcome:
    """An ending and its reason.

    Attributes:
        kind: the ending.
        reason: why it is not `answered`; empty when it is.
        needs_n: rows needed for a conclusive answer, when known.
        extra: the optional dependency that would let it run.
        permission: the flag that would let it run.
    """

    kind: OutcomeKind
    reason: str = ""
    needs_n: int | None = None
    extra: str = ""
    permission: str = ""


ANSWERED = Outcome(OutcomeKind.ANSWERED)
