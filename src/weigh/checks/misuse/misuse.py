"""Check `misuse`: what could it be misused for, what does its card rule out, and who answers for it?

The check gathers what a person has to know. It never clears a use: only a person can, by a sign-off.
"""

from dataclasses import dataclass

from weigh.checks.case import Asking, Case, Earlier, NotAsked, Question
from weigh.checks.misuse.capabilities import CAPABILITIES, CONFIDENCE, Implied, implied, labels_about_persons
from weigh.checks.misuse.uses import EU_AI_ACT, MOST_RULINGS, WORDS_OF_USE, Ruling, rulings
from weigh.core.check import Check, Context
from weigh.core.evidence import Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Direction, Measure
from weigh.core.ports import ModelViewPort
from weigh.core.sign_off import ARTIFACT, CHECK_ID, SignOff, SignOffQuestion, from_bytes, newest
from weigh.formats.card_parts import Unread, card_of, unread_parts

TO_SIGN = (SignOffQuestion.MISUSE, SignOffQuestion.INTENDED_USE, SignOffQuestion.DATA_CONSENT)
"""What a person answers for before such a model is used."""

QUOTED = 200
"""Characters of a card's passage that a message quotes."""


@dataclass(frozen=True, slots=True)
class MisuseSubject:
    """A model, what is to be done with it, and who signed for that.

    Attributes:
        view: the model's files and facts.
        uses: declared uses, e.g. `medical`.
        signed: sign-offs about this model; whether they still hold is for a policy to say.
    """

    view: ModelViewPort
    uses: tuple[str, ...] = ()
    signed: tuple[SignOff, ...] = ()


def run(subject: MisuseSubject, context: Context) -> Evidence:
    """Gather capabilities, what is ruled out, conflicts with the declared uses, and what is signed."""
    card = card_of(subject.view)
    unread = unread_parts(subject.view, card)
    capabilities, ruled = implied(subject.view), rulings(subject.view)
    if len(ruled) >= MOST_RULINGS:
        unread = (*unread, Unread(f"of the card {MOST_RULINGS:,} passages are looked at", much=True))
    much = next((part.what for part in unread if part.much), "")
    conflicts = _against_card(subject.uses, ruled)
    findings = (
        *(_capability(one) for one in capabilities),
        *_judges_persons(subject.view),
        *conflicts,
        *_regulated(subject.uses),
        *_not_read(unread),
        *_silence(subject, ruled, known=not much),
        _signatures(subject.signed),
    )
    measures = (
        Measure("capabilities", float(len(capabilities)), "count", len(CAPABILITIES)),
        *_conflicting(subject.uses, conflicts),
    )
    if much:
        return context.inconclusive(much, findings=findings, measures=measures)
    if not capabilities:
        return context.inconclusive(
            "neither task nor architecture nor inputs say what it does", findings=findings, measures=measures
        )
    return context.answered(findings=findings, measures=measures)


def _conflicting(uses: tuple[str, ...], conflicts: list[Finding]) -> list[Measure]:
    """How many of the declared uses the card seems to rule out; nothing where none was declared."""
    if not uses:
        return []
    return [Measure("use_conflicts", float(len(conflicts)), "count", len(uses), direction=Direction.LOWER)]


def _not_read(unread: tuple[Unread, ...]) -> list[Finding]:
    return [
        Finding(
            rule="WGH-H010",
            severity=Severity.MEDIUM if part.much else Severity.LOW,
            confidence=Confidence.HIGH,
            where="model card",
            message=f"not read to the end: {part.what}",
            why="a use may be ruled out in what was not read",
            action="read that part yourself",
        )
        for part in unread
    ]


def _capability(one: Implied) -> Finding:
    kind = one.capability
    return Finding(
        rule="WGH-H001",
        severity=Severity.MEDIUM if kind.grave else Severity.LOW,
        confidence=CONFIDENCE[one.ground],
        where=kind.id,
        message=f"it {kind.does} ({one.because}); it could be used to {'; to '.join(kind.misuses)}",
        why="who brings a model into use answers for the misuse that could be foreseen",
        action="say what stands against it: weigh sign-off misuse",
        references=("deon E.4",),
    )


def _judges_persons(view: ModelViewPort) -> list[Finding]:
    labels = labels_about_persons(view)
    if not labels:
        return []
    more = f" and {len(labels) - 5:,} more" if len(labels) > 5 else ""
    return [
        Finding(
            rule="WGH-H002",
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            where="labels",
            message=f"its answers speak of persons: {', '.join(labels[:5])}{more}",
            why="such answers are judgements on people, and in some places of use unlawful",
            action="have a person decide where it may be used: weigh sign-off intended-use",
            references=("EU 2024/1689 Art. 5(1)(f)", "EU 2024/1689 Art. 5(1)(g)", "EU 2024/1689 Annex III"),
        )
    ]


def _against_card(uses: tuple[str, ...], ruled: tuple[Ruling, ...]) -> list[Finding]:
    """One finding for each declared use that a passage of the card seems to rule out."""
    found = []
    for use in uses:
        words = WORDS_OF_USE.get(use)
        passage = next((r for r in ruled if words is not None and words.search(r.text)), None)
        if passage is not None:
            found.append(
                Finding(
                    rule="WGH-H003",
                    severity=Severity.HIGH if passage.headed else Severity.MEDIUM,
                    confidence=Confidence.MEDIUM if passage.headed else Confidence.LOW,
                    where=passage.where,
                    message=f'declared use {use}; the card seems to rule it out: "{_quoted(passage, use)}"',
                    why="its makers say it is not fit or not meant for this",
                    action="read it; leave the use, or have a person sign: weigh sign-off intended-use",
                )
            )
    return found


def _quoted(passage: Ruling, use: str) -> str:
    """The words round the first that speak of the use."""
    match = WORDS_OF_USE[use].search(passage.text)
    start = max(0, match.start() - QUOTED // 2) if match is not None else 0
    return " ".join(passage.text[start : start + QUOTED].split())


def _regulated(uses: tuple[str, ...]) -> list[Finding]:
    return [
        Finding(
            rule="WGH-H005",
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            where=use,
            message=f"declared use {use} is one that law speaks of",
            why="high-risk uses bring duties, and some are prohibited",
            action="have a lawyer look; this is no legal advice",
            references=tuple(f"EU 2024/1689 {place}" for place in EU_AI_ACT[use]),
        )
        for use in uses
        if use in EU_AI_ACT
    ]


def _silence(subject: MisuseSubject, ruled: tuple[Ruling, ...], *, known: bool) -> list[Finding]:
    """What nobody said: the card about what it is not for (if it is known), the user about what it is for."""
    found = []
    if known and not any(r.headed for r in ruled):
        found.append(
            Finding(
                rule="WGH-H007",
                severity=Severity.LOW,
                confidence=Confidence.MEDIUM,
                where="model card",
                message="no section of the card says what it must not be used for",
                why="that its makers rule nothing out does not make every use fit",
                action="ask the publisher which uses they rule out",
                references=("EU 2024/1689 Annex XI 1(1)(b)",),
            )
        )
    if not subject.uses:
        found.append(
            Finding(
                rule="WGH-H008",
                severity=Severity.LOW,
                confidence=Confidence.HIGH,
                where="--use",
                message="nobody declared what it will be used for",
                why="card and licence are held against uses, and none is named",
                action="declare it with --use",
            )
        )
    return found


def _signatures(signed: tuple[SignOff, ...]) -> Finding:
    """Who signed, about what, until when; whether that is enough and still holds, a policy says."""
    said = []
    for question in TO_SIGN:
        own = [_signed(one) for one in signed if one.question is question]
        said.append(f"{question.value}: {'; '.join(own) if own else 'not signed'}")
    return Finding(
        rule="WGH-H009",
        severity=Severity.LOW,
        confidence=Confidence.HIGH,
        where="sign-offs",
        message=" · ".join(said),
        why="whether a use is right is for a person to answer, with a name and a reason",
        action="weigh sign-off QUESTION --model MODEL --by … --because …",
        references=("deon A.1", "deon E.4"),
    )


def _signed(one: SignOff) -> str:
    about = f", about the data {one.data[:19]}…" if one.data else ""
    return f"{one.by}{about}, {f'until {one.expires}' if one.expires else 'without an end'}"


CHECK: Check[MisuseSubject] = Check(
    id="misuse",
    question="What could it be misused for, what is ruled out, and who answers for it?",
    module=__name__,
    run=run,
    rule_data=(
        "formats/model_card.py",
        "formats/card_sections.py",
        "formats/layout.py",
        "formats/layout_card.py",
        "formats/layout_words.py",
    ),
)


def put(case: Case) -> Asking[MisuseSubject] | NotAsked:
    """Ask about the model, the declared uses, and the sign-offs about it in the ledger."""
    if case.model is None:
        return NotAsked("no model was asked about", applies=False)
    model, uses = case.model, tuple(sorted(case.declared.uses))
    earlier = [e for e in model.elsewhere(CHECK_ID) if e.subject.digest == model.subject.digest]
    return Asking(
        model.subject,
        lambda: MisuseSubject(model.view, uses, _statements(earlier, model.subject.digest)),
        parameters={"uses": list(uses)},
        inputs=tuple((f"sign-off {i}", digest) for i, digest in enumerate(sorted(e.digest for e in earlier))),
        seeded=False,
    )


def _statements(earlier: list[Earlier], digest: str) -> tuple[SignOff, ...]:
    """The sign-offs about a model that count, by question."""
    found = [from_bytes(data) for data in (e.load(ARTIFACT) for e in earlier) if data is not None]
    own = newest(one for one in found if one is not None and one.subject == digest)
    return tuple(sorted(own, key=lambda one: (one.question, one.by, one.data)))


QUESTION = Question(CHECK, put)
