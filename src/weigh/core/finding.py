"""Finding: something a check saw that a person should know. Built only by its own check."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is if true."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for INFO … 4 for CRITICAL."""
        return list(Severity).index(self)


class Confidence(StrEnum):
    """How sure the check is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation.

    Attributes:
        rule: stable id with a docs page, e.g. `WGH-S001`.
        where: file, byte, row id or group; hostile text.
        message: what was seen.
        why: why it matters.
        action: what to do.
        references: CWE, CVE, GHSA or paper ids.
    """

    rule: str
    severity: Severity
    confidence: Confidence
    where: str
    message: str
    why: str
    action: str
    references: tuple[str, ...] = ()
