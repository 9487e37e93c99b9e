"""Requirement and Waiver: the lines of a policy, as values."""

from dataclasses import dataclass
from enum import StrEnum


class RequirementKind(StrEnum):
    """What a policy line looks at."""

    MEASURE = "measure"
    FINDING = "finding"
    OUTCOME = "outcome"
    DECISION = "decision"
    SIGN_OFF = "sign_off"


class Comparison(StrEnum):
    """How a measure is held against its limit."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of policy.

    Attributes:
        id: name of the line.
        kind: what it looks at.
        check: id of the check whose evidence it reads ("" for the decision; `sign-off` for SIGN_OFF).
        required: an unknown here makes the verdict unknown; otherwise it is only listed.
        measure: measure name, for MEASURE.
        comparison: AT_LEAST or AT_MOST, for MEASURE.
        limit: the number, in the measure's unit.
        labels: labels the measure must carry.
        use_interval: compare the interval, not the point: inside passes, outside fails, else unknown.
        max_severity: worst severity tolerated, for FINDING.
        allowed: allowed decisions, for DECISION.
        sign_off: the question a person must have signed, for SIGN_OFF.
        why: the sentence that explains the line.
        about: `model` for a line that has nothing to look at where no model was asked about, else "".
    """

    id: str
    kind: RequirementKind
    check: str = ""
    required: bool = True
    measure: str = ""
    comparison: Comparison = Comparison.AT_LEAST
    limit: float = 0.0
    labels: tuple[tuple[str, str], ...] = ()
    use_interval: bool = True
    max_severity: str = "medium"
    allowed: tuple[str, ...] = ()
    sign_off: str = ""
    why: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Waiver:
    """A named person accepts a fail for a while.

    Attributes:
        requirement: id of the line it annotates.
        subject: digest it holds for.
        reason: why.
        approver: who.
        expires: ISO date; after it the waiver counts for nothing.
    """

    requirement: str
    subject: str
    reason: str
    approver: str
    expires: str


@dataclass(frozen=True, slots=True)
class Policy:
    """A named list of requirements."""

    name: str
    requirements: tuple[Requirement, ...]
    waivers: tuple[Waiver, ...] = ()
