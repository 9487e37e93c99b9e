"""SignOff: a named person answers a question that no measurement can, and says why.

The answer is kept as evidence about the model. It is attested, not measured: weigh records who said it
and holds nobody to it. It never expires into a pass; past its last day it counts for nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from weigh.core.canonical import NotCanonicalError, dumps, loads
from weigh.core.check import Check, Context
from weigh.core.evidence import Artifact, Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Measure, labelled

CHECK_ID = "sign-off"
MEASURE = "sign_off"
ARTIFACT = "sign-off"
MAX_TEXT = 2_000
"""Characters of a reason; of a name a tenth."""
MAX_NAME = 200
MAX_BYTES = 64 * 1024
"""Of a kept sign-off that is read back: its texts at their longest, every character escaped."""


class SignOffQuestion(StrEnum):
    """What a person can sign. Each maps to items of deon 0.3.0 (github.com/drivendataorg/deon) by id."""

    MISUSE = "misuse"
    INTENDED_USE = "intended-use"
    DATA_CONSENT = "data-consent"
    COLLECTION_BIAS = "collection-bias"
    MISSING_PERSPECTIVES = "missing-perspectives"
    LICENCE = "licence"
    PRIVACY = "privacy"
    DATA_SECURITY = "data-security"
    RIGHT_TO_BE_FORGOTTEN = "right-to-be-forgotten"
    FAIRNESS = "fairness"
    METRIC = "metric"
    EXPLAINABILITY = "explainability"
    LIMITATIONS = "limitations"
    HUMAN_OVERSIGHT = "human-oversight"
    REDRESS = "redress"
    DEPLOYMENT_PLAN = "deployment-plan"
    ROLLBACK = "rollback"
    MONITORING = "monitoring"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the person.

    Attributes:
        text: the question in plain words.
        deon: ids of the deon 0.3.0 items it covers; empty where deon has none.
    """

    text: str
    deon: tuple[str, ...] = ()


ASKED: Mapping[SignOffQuestion, Asked] = {
    SignOffQuestion.MISUSE: Asked("Which misuse is foreseeable, and what stands against it?", ("E.4",)),
    SignOffQuestion.INTENDED_USE: Asked("Is what we will do with it what it was made for?", ("E.4",)),
    SignOffQuestion.DATA_CONSENT: Asked(
        "Did the people in the training data, and in ours, agree to this use?", ("A.1",)
    ),
    SignOffQuestion.COLLECTION_BIAS: Asked(
        "Whom does our data over- or under-represent, and does it matter here?", ("A.2", "A.4", "C.2")
    ),
    SignOffQuestion.MISSING_PERSPECTIVES: Asked("Did we ask the people who will be affected?", ("C.1",)),
    SignOffQuestion.LICENCE: Asked("May we use it under its terms, and do we meet them?"),
    SignOffQuestion.PRIVACY: Asked(
        "Is personal data kept out of model, logs and reports where it is not needed?", ("A.3", "C.4")
    ),
    SignOffQuestion.DATA_SECURITY: Asked("Are data and model kept safe, and for how long?", ("B.1", "B.3")),
    SignOffQuestion.RIGHT_TO_BE_FORGOTTEN: Asked("Can a person's data be removed on request?", ("B.2",)),
    SignOffQuestion.FAIRNESS: Asked(
        "Are the differences between groups, and stand-ins for groups, acceptable here?", ("D.1", "D.2")
    ),
    SignOffQuestion.METRIC: Asked("Does the score we decide by measure what matters?", ("D.3",)),
    SignOffQuestion.EXPLAINABILITY: Asked("Can we tell an affected person why?", ("D.4", "C.5")),
    SignOffQuestion.LIMITATIONS: Asked(
        "Do those who use its answers know where they are wrong?", ("C.3", "D.5")
    ),
    SignOffQuestion.HUMAN_OVERSIGHT: Asked("Who can overrule or stop it, and how?"),
    SignOffQuestion.REDRESS: Asked("What can somebody do who was harmed by an answer?", ("E.1",)),
    SignOffQuestion.DEPLOYMENT_PLAN: Asked("Who runs it, for whom, from when?"),
    SignOffQuestion.ROLLBACK: Asked("How is it switched off, and what takes its place?", ("E.2",)),
    SignOffQuestion.MONITORING: Asked("Who looks whether it still works, and how often?", ("E.3",)),
}


@dataclass(frozen=True, slots=True)
class SignOff:
    """One signed answer. Texts are hostile: who signs writes what they like.

    Attributes:
        question: what was signed.
        subject: digest of the model it is about.
        by: name and role.
        because: the reason.
        on: ISO date on which it was signed, UTC.
        expires: ISO date, the last day on which it counts; "" for no end.
        data: digest of the data set it is about too; "" for none.
    """

    question: SignOffQuestion
    subject: str
    by: str
    because: str
    on: str
    expires: str = ""
    data: str = ""

    def holds(self, today: date) -> bool:
        """Whether it still counts on a day; the day it expires on is the last."""
        return not self.expires or date.fromisoformat(self.expires) >= today


def newest(signed: Iterable[SignOff]) -> tuple[SignOff, ...]:
    """Of what one person signed about one question (and data set) only the last statement counts.

    Args:
        signed: oldest first.

    Returns:
        Those that count, oldest first; expired ones are among them.
    """
    found: dict[tuple[str, SignOffQuestion, str, str], SignOff] = {}
    for one in signed:
        key = (one.subject, one.question, one.by, one.data)
        found.pop(key, None)
        found[key] = one
    return tuple(found.values())


def to_bytes(sign_off: SignOff) -> bytes:
    """Canonical JSON, the content of the artifact."""
    return dumps(sign_off)


def from_bytes(data: bytes) -> SignOff | None:
    """Read a kept sign-off; None for anything else. Never raises for what the bytes hold."""
    if len(data) > MAX_BYTES:
        return None
    try:
        value = loads(data)
    except (ValueError, RecursionError, NotCanonicalError):
        return None
    return _from_plain(value) if isinstance(value, dict) else None


def _from_plain(value: dict[str, Any]) -> SignOff | None:
    names = ("question", "subject", "by", "because", "on", "expires", "data")
    texts = [value.get(name) for name in names]
    if set(value) != set(names) or not all(isinstance(text, str) for text in texts):
        return None
    question, subject, by, because, on, expires, data = (str(text) for text in texts)
    dates = [on, *([expires] if expires else [])]
    if question not in list(SignOffQuestion) or not all(map(is_date, dates)):
        return None
    return SignOff(SignOffQuestion(question), subject, by, because, on, expires, data)


def is_date(text: str) -> bool:
    """Whether a text is a calendar date as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Signing:
    """A sign-off on its way into the ledger.

    Attributes:
        sign_off: what was signed.
        keep: keeps its canonical JSON.
    """

    sign_off: SignOff
    keep: Callable[[str, bytes], Artifact]


def run(signing: Signing, context: Context) -> Evidence:
    """Write down who signed what; nothing is judged."""
    signed = signing.sign_off
    until = f", until {signed.expires}" if signed.expires else ""
    about = f" (data {signed.data[7:19]})" if signed.data else ""
    finding = Finding(
        rule="WGH-G001",
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        where=signed.question.value,
        message=f"{signed.by} signed on {signed.on}{until}{about}: {signed.because}",
        why="a person answers for what no measurement can answer; it is attested, not measured",
        action="sign again when the model, its use or the reason changes",
        references=tuple(f"deon {item}" for item in ASKED[signed.question].deon),
    )
    measure = Measure(
        MEASURE,
        1.0,
        "count",
        1,
        labels=labelled(
            question=signed.question.value,
            expires=signed.expires,
            **({"data": signed.data} if signed.data else {}),
        ),
    )
    kept = signing.keep(ARTIFACT, to_bytes(signed))
    return context.answered(findings=(finding,), measures=(measure,), artifacts=(kept,))


CHECK: Check[Signing] = Check(
    id=CHECK_ID,
    question="Who answers for what cannot be measured?",
    module=__name__,
    run=run,
)
