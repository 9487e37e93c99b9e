"""Sign-off: a person's answer about a model, kept in the ledger and found again by the model's digest."""

import re
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from weigh.core.errors import UsageError
from weigh.core.events import EventSink
from weigh.core.evidence import Evidence
from weigh.core.sign_off import (
    ARTIFACT,
    CHECK,
    CHECK_ID,
    MAX_NAME,
    MAX_TEXT,
    Signing,
    SignOff,
    SignOffQuestion,
    from_bytes,
    is_date,
    newest,
    to_bytes,
)
from weigh.core.subject import Subject, SubjectKind
from weigh.jobs.adopt.bring import bring, open_project
from weigh.jobs.names import is_text
from weigh.jobs.workbench import Workbench, open_workbench
from weigh.store.keeper import BlobKeeper

FEWEST_CHARACTERS = 3
"""Of a name: initials alone name nobody."""

ORDINAL = "ordinal"
"""Parameter of a statement after a person's first one on a question: how many other ones came before."""

_SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}"
    r"|\bhf_[A-Za-z0-9]{30,}|\bglpat-[A-Za-z0-9_-]{20}|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\bsk-[A-Za-z0-9_-]{20,}|://[^\s/:@]{1,100}:[^\s/@]{1,100}@"
)
"""Forms of well-known credentials: a reason is kept for ever and shown to everybody."""


@dataclass(frozen=True, slots=True)
class SignOffOptions:
    """What is signed, as it was typed.

    Attributes:
        question: one of `SignOffQuestion`.
        model: declared name, path or ref.
        by: name and role.
        because: the reason.
        expires: last day on which it counts, YYYY-MM-DD; "" for no end.
        data: declared name, path or ref of the data it is about too; "" for none.
        project: folder of models.toml; None for the nearest one.
        offline: touch no network.
    """

    question: str
    model: str
    by: str
    because: str
    expires: str = ""
    data: str = ""
    project: Path | None = None
    offline: bool = False


@dataclass(frozen=True, slots=True)
class Signed:
    """A sign-off with the evidence that carries it.

    Attributes:
        sign_off: who signed what and why.
        evidence: as the ledger holds it.
        model: how its model was called when it was signed (hostile text).
    """

    sign_off: SignOff
    evidence: Evidence
    model: str


def sign_off(options: SignOffOptions, events: EventSink) -> Signed:
    """Keep one sign-off. Signing the same again on the same day changes nothing.

    Raises:
        UsageError: an unknown question, an empty reason, no name, a date that is past or is none, or a
            text that is too long or holds a credential.
        NotFoundError: the model, or the data, is not there.
    """
    question = read_question(options.question)
    by = _checked("--by", options.by, fewest=FEWEST_CHARACTERS, most=MAX_NAME)
    because = _checked("--because", options.because, fewest=1, most=MAX_TEXT)
    for option, name in (("--model", options.model), ("--data", options.data)):
        if not is_text(name):
            raise UsageError(f"{option} is not UTF-8 text")
    with closing(open_workbench(events, offline=options.offline)) as bench:
        today = datetime.fromtimestamp(bench.clock.now(), tz=UTC).date()
        expires = _expiry(options.expires, today)
        project = open_project(options.project)
        model = bring(bench, project, options.model, data=False)
        data = bring(bench, project, options.data, data=True).snapshot.digest if options.data else ""
        subject = Subject(SubjectKind.MODEL, model.snapshot.digest, model.name)
        said = SignOff(question, subject.digest, by, because, today.isoformat(), expires, data)
        return Signed(said, keep(bench, subject, said), model.name)


def keep(bench: Workbench, subject: Subject, said: SignOff) -> Evidence:
    """Put a sign-off into the ledger as evidence about its model."""
    ordinal = _ordinal(bench, said)
    return bench.ask(
        CHECK,
        subject,
        lambda: Signing(said, BlobKeeper(bench.blobs).keep_bytes),
        # The whole statement is the question, so that another statement is another record.
        parameters={"statement": to_bytes(said).decode("utf-8"), **({ORDINAL: ordinal} if ordinal else {})},
    )


def _ordinal(bench: Workbench, said: SignOff) -> int:
    """Which of this person's statements on this question it is, from 0; that of the newest if it is the same.

    Who says A, then B, then A again on one day said three things: without it the third would be the record
    of the first, and B would count.
    """
    own = [
        (ordinal, one.sign_off)
        for ordinal, one in _recorded(bench, said.subject)
        if (one.sign_off.question, one.sign_off.by, one.sign_off.data) == (said.question, said.by, said.data)
    ]
    if not own:
        return 0
    newest_ordinal, newest_said = own[-1]
    return newest_ordinal if newest_said == said else newest_ordinal + 1


def sign_offs_for(bench: Workbench, subject_digest: str) -> tuple[Signed, ...]:
    """What was signed about a model: for each question and person (and data set) the newest statement.

    Expired ones are among them; whoever judges holds them against a day.

    Args:
        bench: whose ledger is read.
        subject_digest: digest of the model's files; "" for every model.

    Returns:
        Oldest first.
    """
    found: dict[SignOff, Signed] = {}
    for _, signed in _recorded(bench, subject_digest):
        found.pop(signed.sign_off, None)
        found[signed.sign_off] = signed
    return tuple(found[said] for said in newest(found))


def _recorded(bench: Workbench, subject_digest: str) -> list[tuple[int, Signed]]:
    """(ordinal, statement) of every record about a model ("" for every model), oldest first."""
    keeper = BlobKeeper(bench.blobs)
    found: list[tuple[int, Signed]] = []
    for recorded in bench.ledger.of_check(CHECK_ID):
        evidence = recorded.evidence
        artifact = evidence.artifact(ARTIFACT)
        if artifact is None or (subject_digest and evidence.subject.digest != subject_digest):
            continue
        said = from_bytes(keeper.load_bytes(artifact))
        # A statement counts only about the model it names itself.
        if said is not None and said.subject == evidence.subject.digest:
            ordinal = recorded.request.parameters.get(ORDINAL, 0)
            found.append(
                (ordinal if isinstance(ordinal, int) else 0, Signed(said, evidence, evidence.subject.name))
            )
    return found


@dataclass(frozen=True, slots=True)
class Listing:
    """Sign-offs found.

    Attributes:
        signed: oldest first.
        today: the day on which they were looked at, UTC.
    """

    signed: tuple[Signed, ...]
    today: date


def list_sign_offs(
    model: str, events: EventSink, *, project: Path | None = None, offline: bool = False
) -> Listing:
    """Every sign-off of this user's ledger, or those about one model.

    Args:
        model: declared name, path or ref; "" for all models.
        events: whoever is watching.
        project: folder of models.toml; None for the nearest one.
        offline: touch no network.

    Raises:
        NotFoundError: the model is not there.
    """
    with closing(open_workbench(events, offline=offline)) as bench:
        digest = ""
        if model:
            digest = bring(bench, open_project(project), model, data=False).snapshot.digest
        today = datetime.fromtimestamp(bench.clock.now(), tz=UTC).date()
        return Listing(sign_offs_for(bench, digest), today)


def read_question(text: str) -> SignOffQuestion:
    """The question of that name.

    Raises:
        UsageError: there is none.
    """
    if text not in list(SignOffQuestion):
        raise UsageError(
            f"there is no question {text!r} to sign", hint=f"one of {', '.join(sorted(SignOffQuestion))}"
        )
    return SignOffQuestion(text)


def _checked(option: str, text: str, *, fewest: int, most: int) -> str:
    """The text without white space around it.

    Raises:
        UsageError: too short, too long, no text, or it holds a credential.
    """
    stripped = text.strip()
    if not is_text(stripped):
        raise UsageError(f"{option} is not UTF-8 text")
    if len(stripped) < fewest:
        why = "it is empty" if not stripped else f"at least {fewest} characters name a person"
        raise UsageError(f"{option} says nothing", why=why, hint=f'{option} "…"')
    if len(stripped) > most:
        raise UsageError(
            f"{option} is too long", why=f"{len(stripped):,} characters, at most {most:,} are kept"
        )
    if _SECRETS.search(stripped):
        raise UsageError(
            f"{option} looks as if it held a credential",
            why="a sign-off is kept for ever and shown in every report",
            hint="leave the credential out, and replace it if others saw it",
        )
    return stripped


def _expiry(text: str, today: date) -> str:
    """The last day, as an ISO date.

    Raises:
        UsageError: it is no date, or past.
    """
    if not text:
        return ""
    if not is_date(text):
        raise UsageError(f"cannot read the date {text!r}", hint="--expires YYYY-MM-DD")
    if date.fromisoformat(text) < today:
        raise UsageError(f"--expires {text} is past", why=f"today is {today.isoformat()} (UTC)")
    return text
