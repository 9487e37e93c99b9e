"""Check: one question about a subject; and the context it is asked in.

A check sees, it does not judge: it never prints, writes, decides, or says pass or fail.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from weigh.core.events import EventSink
from weigh.core.evidence import Artifact, Evidence
from weigh.core.finding import Finding
from weigh.core.measure import Measure
from weigh.core.outcome import ANSWERED, Outcome, OutcomeKind
from weigh.core.picture import Picture
from weigh.core.ports import Clock
from weigh.core.request import Request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Context:
    """What a check may use beside its subject.

    Attributes:
        request: the question as it will be recorded; carries parameters and seed.
        clock: the only source of time.
        events: where progress goes.
    """

    request: Request
    clock: Clock
    events: EventSink

    @property
    def seed(self) -> int:
        """Seed of all randomness."""
        return self.request.seed

    @property
    def parameters(self) -> Mapping[str, Any]:
        """JSON parameters of the question."""
        return self.request.parameters

    def answered(
        self,
        *,
        findings: tuple[Finding, ...] = (),
        measures: tuple[Measure, ...] = (),
        artifacts: tuple[Artifact, ...] = (),
    ) -> Evidence:
        """Evidence that answers the question."""
        return self._evidence(ANSWERED, findings, measures, artifacts)

    def inconclusive(
        self,
        reason: str,
        *,
        needs_n: int | None = None,
        findings: tuple[Finding, ...] = (),
        measures: tuple[Measure, ...] = (),
    ) -> Evidence:
        """Evidence that the data do not settle the question; `needs_n` rows would."""
        outcome = Outcome(OutcomeKind.INCONCLUSIVE, reason, needs_n=needs_n)
        return self._evidence(outcome, findings, measures, ())

    def not_run(self, reason: str, *, extra: str = "", permission: str = "") -> Evidence:
        """Evidence that the question was not put, and what would let it be."""
        return self._evidence(
            Outcome(OutcomeKind.NOT_RUN, reason, extra=extra, permission=permission), (), (), ()
        )

    def failed(self, reason: str, *, findings: tuple[Finding, ...] = ()) -> Evidence:
        """Evidence that the asking broke; never a pass."""
        return self._evidence(Outcome(OutcomeKind.ERROR, reason), findings, (), ())

    def _evidence(
        self,
        outcome: Outcome,
        findings: tuple[Finding, ...],
        measures: tuple[Measure, ...],
        artifacts: tuple[Artifact, ...],
    ) -> Evidence:
        return Evidence(
            request=self.request.digest,
            check=self.request.check,
            subject=self.request.subject,
            outcome=outcome,
            findings=findings,
            measures=measures,
            artifacts=artifacts,
        )


@dataclass(frozen=True, slots=True)
class Check(Generic[T]):
    """A question with its answerer.

    Attributes:
        id: stable name; also the name of its file, test, fixture and docs page.
        question: the question in plain words.
        module: dotted name of the module it lives in; its transitive source is the check's code.
        run: asks the question about a subject of type T.
        pictures: how its measures want to be drawn.
        rule_data: files of data that count as its code, relative to the package folder.
    """

    id: str
    question: str
    module: str
    run: Callable[[T, Context], Evidence]
    pictures: tuple[Picture, ...] = ()
    rule_data: tuple[str, ...] = ()
