"""Search: which models could be used? The hub, catalogues of installed libraries, the own ledger."""

from collections import Counter
from collections.abc import Iterator

from weigh.checks.licence.records import normal, shipped_records
from weigh.core.errors import UnknownAnswerError
from weigh.core.offer import Offer, Offers, Shelf, Wanted
from weigh.core.outcome import OutcomeKind
from weigh.core.ref import RefKind
from weigh.core.subject import SubjectKind
from weigh.jobs.workbench import Workbench
from weigh.sources.catalogue import CATALOGUES, CatalogueSource
from weigh.sources.hf import HfSource
from weigh.sources.hf_search import search_hub

NO_TASK = "no task stated"
NO_LIBRARY = "no library stated"
NO_LICENCE = "no licence stated"
NO_COUNT = "number of parameters not stated"


def search(bench: Workbench, wanted: Wanted, *, shelves: frozenset[Shelf] = frozenset(Shelf)) -> Offers:
    """What is on offer, each shelf in its own order.

    A wish that cannot be held against an offer leaves it out, and how many were left out is told: unknown is
    never a pass. A shelf that cannot be reached is told, and the others are looked at.

    Raises:
        UnknownAnswerError: no shelf at all could be looked at.
    """
    found: list[Offer] = []
    hidden: Counter[str] = Counter()
    closed: list[tuple[str, str]] = []
    for shelf, look in ((Shelf.HUB, _hub), (Shelf.CATALOGUE, _catalogues), (Shelf.LEDGER, _ledger)):
        if shelf not in shelves:
            continue
        try:
            found += _chosen(look(bench, wanted), wanted, hidden)
        except UnknownAnswerError as error:
            closed.append((shelf.value, str(error)))
    if closed and len(closed) == len(shelves):
        raise UnknownAnswerError("nothing could be searched", why="; ".join(why for _, why in closed))
    return Offers(tuple(found), tuple(sorted(hidden.items())), tuple(closed))


def _chosen(offers: Iterator[Offer], wanted: Wanted, hidden: Counter[str]) -> list[Offer]:
    kept: list[Offer] = []
    for offer in offers:
        if not _may_fit(offer, wanted):
            continue
        untold = _untold(offer, wanted)
        if untold:
            hidden[untold] += 1
        elif len(kept) < wanted.limit:
            kept.append(offer)
    return kept


def _may_fit(offer: Offer, wanted: Wanted) -> bool:
    """Whether nothing that is stated speaks against an offer."""
    if (wanted.task and offer.task not in {wanted.task, ""}) or (
        wanted.library and offer.library not in {wanted.library, ""}
    ):
        return False
    if wanted.most_parameters >= 0 and offer.parameters > wanted.most_parameters:
        return False
    return not (wanted.licence and offer.licence) or licence_fits(offer.licence, wanted.licence)


def _untold(offer: Offer, wanted: Wanted) -> str:
    """What an offer does not state of what is wished for; "" where it states all of it."""
    missing = (
        (wanted.task and not offer.task, NO_TASK),
        (wanted.library and not offer.library, NO_LIBRARY),
        (wanted.licence and not offer.licence, NO_LICENCE),
        (wanted.most_parameters >= 0 and offer.parameters < 0, NO_COUNT),
    )
    return next((word for is_missing, word in missing if is_missing), "")


def licence_fits(stated: str, wished: str) -> bool:
    """Whether a stated licence is the one wished for, or of the class wished for."""
    records = shipped_records()
    found = records.names.get(normal(stated), stated)
    members = records.members(found) or {found}
    if wished in {licence.kind for licence in records.licences.values()}:
        return all(records.kind(member) == wished for member in members)
    return found == records.names.get(normal(wished), wished)


def _hub(bench: Workbench, wanted: Wanted) -> Iterator[Offer]:
    source = bench.source_of(RefKind.HF)
    assert isinstance(source, HfSource)
    yield from search_hub(source.hub.http, wanted)


def _catalogues(bench: Workbench, wanted: Wanted) -> Iterator[Offer]:
    source = bench.source_of(RefKind.CATALOGUE)
    assert isinstance(source, CatalogueSource)
    words = wanted.words.lower().split()
    for library in (catalogue.library for catalogue in CATALOGUES):
        try:
            names = source.names(library)
        except UnknownAnswerError:
            # Not installed in this project: it offers nothing here.
            continue
        for name in names:
            if all(word in name.lower() for word in words):
                yield Offer(f"catalogue:{library}/{name}", Shelf.CATALOGUE, library=library)


def _ledger(bench: Workbench, wanted: Wanted) -> Iterator[Offer]:
    """Models that were asked about before, the one with the most answers first."""
    answers: Counter[str] = Counter()
    for recorded in bench.ledger.history():
        subject = recorded.request.subject
        answered = recorded.evidence.outcome.kind is OutcomeKind.ANSWERED
        if subject.kind is SubjectKind.MODEL and subject.name and answered:
            answers[subject.name] += 1
    words = wanted.words.lower().split()
    for name, count in sorted(answers.items(), key=lambda pair: (-pair[1], pair[0])):
        if all(word in name.lower() for word in words):
            yield Offer(name, Shelf.LEDGER, note=f"{count} question{'' if count == 1 else 's'} answered here")
