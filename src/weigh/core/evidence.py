"""Evidence: the immutable answer to a Request, and the envelope it came in."""

from dataclasses import dataclass, replace
from functools import lru_cache

from weigh.core.digest import of_value
from weigh.core.finding import Finding
from weigh.core.measure import Measure
from weigh.core.outcome import Outcome, OutcomeKind
from weigh.core.subject import Subject


@dataclass(frozen=True, slots=True)
class Artifact:
    """A byte string the answer produced (predictions, a fitted predictor), kept in the store.

    Attributes:
        name: what it is, e.g. `predictor`, `predictions`.
        sha256: 64 hex digits of its bytes.
        size: bytes.
    """

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """The answer: what was seen, never whether it is good enough.

    Attributes:
        request: digest of the Request it answers.
        check: id of the check.
        subject: what it is about.
        outcome: how the asking ended.
        findings: what a person should know.
        measures: numbers.
        artifacts: bytes it produced, by digest.
    """

    request: str
    check: str
    subject: Subject
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    measures: tuple[Measure, ...] = ()
    artifacts: tuple[Artifact, ...] = ()

    @property
    def digest(self) -> str:
        """`sha256:<hex>` of the claims. Readings of `observed` measures and names do not count.

        Two runs that agree on everything a run can repeat have one digest, on any machine.
        """
        return _digest(self)

    @property
    def answered(self) -> bool:
        """Whether the question got its answer."""
        return self.outcome.kind is OutcomeKind.ANSWERED

    def measure(self, name: str, **labels: str) -> Measure | None:
        """The first measure of that name with these labels, or None."""
        return next((m for m in self.measures if m.matches(name, **labels)), None)

    def artifact(self, name: str) -> Artifact | None:
        """The artifact of that name, or None."""
        return next((a for a in self.artifacts if a.name == name), None)


@lru_cache(maxsize=4096)
def _digest(evidence: Evidence) -> str:
    """Remembered, because a page cites one piece of evidence in many places."""
    claims = tuple(
        replace(m, value=None, low=None, high=None) if m.observed else m for m in evidence.measures
    )
    return of_value(
        {
            "request": evidence.request,
            "check": evidence.check,
            "subject": [evidence.subject.kind, evidence.subject.digest],
            "outcome": evidence.outcome,
            "findings": evidence.findings,
            "measures": claims,
            "artifacts": evidence.artifacts,
        }
    )


@dataclass(frozen=True, slots=True)
class Envelope:
    """The circumstances of an answer, outside every digest.

    Attributes:
        tool: weigh's version.
        host: class of the machine, never its name.
        started: seconds since the epoch, UTC.
        seconds: how long the answering took.
        fresh: answered in this run; False when it came from the ledger.
    """

    tool: str
    host: str
    started: float
    seconds: float
    fresh: bool = True
