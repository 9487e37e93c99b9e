"""Check `provenance`: what is declared about where the model comes from, what is missing, what contradicts?

Everything found here is declared, nothing is measured: that a card states something does not make it so,
and that it is silent is never fine.
"""

from weigh.checks.case import Asking, Case, NotAsked, Question
from weigh.checks.provenance.contradictions import contradictions
from weigh.checks.provenance.items import ITEMS, Group, Item, Stated, find
from weigh.checks.provenance.statements import READERS, Papers, as_texts, papers_of
from weigh.core.check import Check, Context
from weigh.core.evidence import Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.picture import Picture, PictureKind
from weigh.core.ports import ModelViewPort

SHOWN = 10
"""Names a message lists."""


def run(view: ModelViewPort, context: Context) -> Evidence:
    """Ask the papers for every item, then hold them against each other and against the files."""
    papers = papers_of(view)
    stated = {item: find(item, papers) for item in ITEMS}
    compared, disagree = contradictions(papers)
    findings = (*_missing(stated, papers), *disagree, *_terms(papers), *_unread(papers), *_not_read(papers))
    measures = (*_declared(stated), *_contradicting(compared, disagree))
    reason = next((part.what for part in papers.unread if part.much), "")
    if reason:
        return context.inconclusive(reason, findings=findings, measures=measures)
    return context.answered(findings=findings, measures=measures)


def _contradicting(compared: int, disagree: tuple[Finding, ...]) -> list[Measure]:
    """How many statements contradict, of the pairs that were there to compare; nothing where none was."""
    if not compared:
        return []
    return [Measure("contradictions", float(len(disagree)), "count", compared, direction=Direction.LOWER)]


def _declared(stated: dict[Item, Stated | None]) -> list[Measure]:
    """Items stated of items asked, for each group and kind of statement; exact counts."""
    found = []
    for group in ("all", *Group):
        own = [place for item, place in stated.items() if group in {"all", item.group}]
        count = sum(place is not None for place in own)
        found.append(
            Measure(
                "items_declared",
                float(count),
                "count",
                len(own),
                direction=Direction.HIGHER,
                labels=labelled(group=str(group)),
            )
        )
    for how in ("field", "section", "prose"):
        count = sum(place is not None and place.how == how for place in stated.values())
        found.append(Measure("items_by_form", float(count), "count", len(stated), labels=labelled(form=how)))
    return found


def _missing(stated: dict[Item, Stated | None], papers: Papers) -> list[Finding]:
    missing = [item for item, place in stated.items() if place is None]
    if papers.card is None:
        items = f"{len(missing)} of {len(stated)} items are not declared"
        return [
            Finding(
                rule="WGH-V002",
                severity=Severity.MEDIUM,
                confidence=Confidence.HIGH,
                where="README.md",
                message=f"no model card; {items}: {', '.join(item.id for item in missing)}",
                why="nobody can judge where a model comes from that says nothing of itself",
                action="ask whoever gave you the files for the model card",
            )
        ]
    return [_not_declared(item, papers) for item in missing]


def _not_declared(item: Item, papers: Papers) -> Finding:
    named = papers.text("config.name_or_path") if item.id == "base-model" else ""
    hint = f"; its configuration was written for {named}" if named else ""
    return Finding(
        rule="WGH-V001",
        severity=Severity.MEDIUM if item.weighty else Severity.LOW,
        confidence=Confidence.MEDIUM,
        where=item.id,
        message=f"not declared: {item.what}{hint}",
        why="what nobody declares is unknown, and unknown is never fine",
        action=f"ask the publisher {item.ask}",
        references=item.ids,
    )


def _terms(papers: Papers) -> list[Finding]:
    """Declared data sets whose terms and versions nobody states here."""
    fact = papers.stated("card.datasets")
    names = as_texts(fact.value) if fact is not None else []
    if not names:
        return []
    vague = sum("/" not in name for name in names)
    shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")
    unowned = f", {vague:,} of them without an owner" if vague else ""
    return [
        Finding(
            rule="WGH-V011",
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            where=fact.where if fact is not None else "",
            message=f"{len(names):,} data sets are named without version or terms{unowned}: {shown}",
            why="terms of training data can bind who uses the model, and a bare name can mean many versions",
            action="look up the licence of each at its source, and ask the publisher for versions",
        )
    ]


def _unread(papers: Papers) -> list[Finding]:
    fact = papers.stated("card.unread")
    places = as_texts(fact.value) if fact is not None else []
    if not places:
        return []
    return [
        Finding(
            rule="WGH-V012",
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            where=fact.where if fact is not None else "",
            message=f"{len(places)} places of the card's front matter were not read, first {places[0]}",
            why="a declaration may stand in what was not read",
            action="read these lines yourself",
        )
    ]


def _not_read(papers: Papers) -> list[Finding]:
    return [
        Finding(
            rule="WGH-V013",
            severity=Severity.MEDIUM if part.much else Severity.LOW,
            confidence=Confidence.HIGH,
            where=papers.card.path if papers.card is not None else "",
            message=f"not read to the end: {part.what}",
            why="what is told to be missing may stand in what was not read",
            action="read that part yourself",
        )
        for part in papers.unread
    ]


CHECK: Check[ModelViewPort] = Check(
    id="provenance",
    question="What is declared about where it comes from, what is missing, what contradicts?",
    module=__name__,
    run=run,
    pictures=(
        Picture(
            PictureKind.BARS,
            measure="items_declared",
            title="Items declared, by what they are about",
            row="group",
        ),
    ),
    rule_data=READERS,
)


def put(case: Case) -> Asking[ModelViewPort] | NotAsked:
    """Ask about the model's papers."""
    if case.model is None:
        return NotAsked("no model was asked about", applies=False)
    model = case.model
    return Asking(model.subject, lambda: model.view, seeded=False)


QUESTION = Question(CHECK, put)
