"""Check `licence`: may I use it, and under which terms?

What card, packages, weights and licence files state is read side by side and held against each other,
against the texts that come with the files, and against the uses the user declared. Not legal advice.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from weigh.checks.case import Asking, Case, NotAsked, Question
from weigh.checks.licence.conflicts import conflict_findings
from weigh.checks.licence.elsewhere import (
    ARTIFACT,
    EarlierClaims,
    claims_bytes,
    elsewhere_findings,
    shared_claims,
)
from weigh.checks.licence.index import FILE_NAME as INDEX, shipped_index
from weigh.checks.licence.records import FILE_NAME as RECORDS, Records, shipped_records
from weigh.checks.licence.statements import Origin, Reader, Statements
from weigh.checks.licence.uses import Answer, answer, use_findings
from weigh.core.check import Check, Context
from weigh.core.evidence import Evidence
from weigh.core.finding import Finding
from weigh.core.licence import Permission, Use, check_uses
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.ports import Keeper, ModelViewPort, RangeReader

ID = "licence"


@dataclass(frozen=True, slots=True, eq=False)
class LicenceSubject:
    """A model, what it is wanted for, and what was stated of its weights elsewhere.

    Attributes:
        view: the model.
        read: opens one of its files.
        keep: where the artifact `licence-claims` goes.
        uses: what the user declared with --use.
        earlier: claims of other models that hold the same weights.
    """

    view: ModelViewPort
    read: Callable[[str], RangeReader]
    keep: Keeper
    uses: tuple[Use, ...] = ()
    earlier: tuple[EarlierClaims, ...] = ()


def run(subject: LicenceSubject, context: Context) -> Evidence:
    """Read every statement, hold them against each other and against the declared uses."""
    records = shipped_records()
    found = Reader(subject.view, subject.read, records, shipped_index()).statements()
    binding = found.binding(records)
    answers = [answer(use, binding, records) for use in subject.uses]
    snapshot = subject.view.snapshot
    findings = (
        *conflict_findings(found, subject.uses, records),
        *(use_findings(answers, records) if found.all else ()),
        *elsewhere_findings(snapshot, found, subject.earlier, records),
    )
    measures = tuple(_measures(found, findings, answers, len(snapshot.files)))
    kept = subject.keep.keep_bytes(ARTIFACT, claims_bytes(snapshot, found, records))
    reason = _open(found, answers, records)
    if reason:
        evidence = context.inconclusive(reason, findings=findings, measures=measures)
        return replace(evidence, artifacts=(kept,))
    return context.answered(findings=findings, measures=measures, artifacts=(kept,))


def _open(found: Statements, answers: Sequence[Answer], records: Records) -> str:
    """Why the question stays open, "" when it is answered."""
    if not found.all:
        return "no licence is stated anywhere"
    if not any(s.reading.licences(records) for s in found.all):
        return f"what is stated names no known licence: {found.all[0].text or found.all[0].source}"
    unknown = [a.use.value for a in answers if a.permission is Permission.UNKNOWN]
    if unknown:
        return f"the terms do not settle these uses: {', '.join(unknown)}"
    if found.unread:
        return f"{len(found.unread)} licence files were not read, first {found.unread[0][0]}"
    return ""


def _measures(
    found: Statements, findings: Sequence[Finding], answers: Sequence[Answer], files: int
) -> Iterator[Measure]:
    origins = Counter(s.origin for s in found.all)
    for origin in Origin:
        yield Measure(
            "licence_statements", origins[origin], "count", files, labels=labelled(origin=origin.value)
        )
    for text in found.all:
        if text.shingles:
            labels = labelled(file=text.path, licence=text.reading.spdx)
            yield Measure(
                "licence_similarity",
                text.share,
                "fraction",
                text.shingles,
                direction=Direction.HIGHER,
                labels=labels,
            )
    conflicts = sum(f.rule in {"WGH-C011", "WGH-C012", "WGH-C022"} for f in findings)
    yield Measure("licence_conflicts", conflicts, "count", len(found.all), direction=Direction.LOWER)
    permissions = Counter(a.permission for a in answers)
    for permission in Permission if answers else ():
        labels = labelled(permission=permission.value)
        yield Measure("licence_uses", permissions[permission], "count", len(answers), labels=labels)


CHECK: Check[LicenceSubject] = Check(
    id=ID,
    question="May I use it, and under which terms?",
    module=__name__,
    run=run,
    rule_data=(f"checks/licence/{RECORDS}", f"checks/licence/{INDEX}"),
)


def put(case: Case) -> Asking[LicenceSubject] | NotAsked:
    """Ask about the model and the uses declared with --use."""
    model = case.model
    if model is None:
        return NotAsked("no model was asked about", applies=False)
    uses = tuple(Use(name) for name in check_uses(case.declared.uses))
    earlier = shared_claims(model, ID)
    return Asking(
        model.subject,
        lambda: LicenceSubject(model.view, model.read, model.keep, uses, earlier),
        parameters={"uses": [use.value for use in uses]},
        inputs=tuple((f"claims-{place}", f"sha256:{e.digest}") for place, e in enumerate(earlier)),
        seeded=False,
    )


QUESTION = Question(CHECK, put)
