"""Report: everything a person or a machine reads after a job, as one value.

`render/` turns it into a screen, JSON or a page and adds nothing of its own.
"""

from dataclasses import dataclass

from weigh.core.errors import ExitCode
from weigh.core.evidence import Envelope, Evidence
from weigh.core.facts import Fact
from weigh.core.picture import Picture
from weigh.core.recommendation import Recommendation, Statement
from weigh.core.verdict import Verdict

SCHEMA = "weigh.report/1"
"""Version of report.json; a change that removes or re-reads a field changes the number."""


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """The model in a few words.

    Attributes:
        name: as the user calls it (hostile text).
        refs: where its files come from.
        digest: snapshot digest.
        files: number of files.
        size: bytes.
        sentence: e.g. `BERT encoder · 22.7 M parameters · int8 ONNX`.
        facts: model-level facts.
    """

    name: str
    refs: tuple[str, ...]
    digest: str
    files: int
    size: int
    sentence: str
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class DataSummary:
    """The data in a few words.

    Attributes:
        name: as the user calls it (hostile text).
        digest: digest of the rows used.
        classes: labels in order.
        counts: (what, rows) from reading to splitting, in order.
        notes: what was sampled, dropped or capped.
    """

    name: str
    digest: str
    classes: tuple[str, ...]
    counts: tuple[tuple[str, int], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepLine:
    """One line of what was done, in order: `step` is one word."""

    step: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One piece of evidence with its circumstances, and how it is cited and drawn."""

    question: str
    evidence: Evidence
    envelope: Envelope
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class NextCommand:
    """A command that exists, offered and never run."""

    command: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a job.

    Attributes:
        schema: SCHEMA.
        tool: weigh's version.
        title: the question, e.g. `Adopt minilm for reviews?`.
        model: None when the user asked about no model.
        headline: the verdict in capitals, e.g. `ADOPT WITH A PROBE`.
        reasons_for: at most three.
        reasons_against: at most three.
        unknown: what could not be found out; its own list.
        limits: what the sandbox could not enforce, what was accepted by flag.
        seed: seed of the whole job.
        exit_code: what the process will end with.
    """

    schema: str
    tool: str
    title: str
    model: ModelSummary | None
    data: DataSummary | None
    steps: tuple[StepLine, ...]
    headline: str
    verdict: Verdict
    recommendation: Recommendation | None
    reasons_for: tuple[Statement, ...]
    reasons_against: tuple[Statement, ...]
    unknown: tuple[Statement, ...]
    limits: tuple[str, ...]
    answers: tuple[Answer, ...]
    next_commands: tuple[NextCommand, ...]
    seed: int
    exit_code: ExitCode

    def answer(self, check: str) -> Answer | None:
        """The first answer of that check, or None."""
        return next((a for a in self.answers if a.evidence.check == check), None)
