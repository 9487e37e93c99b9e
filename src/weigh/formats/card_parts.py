"""The model card as the checks read it: which file it is, and what of it was left unread."""

from collections.abc import Iterator
from dataclasses import dataclass

from weigh.core.facts import Coverage, FileFacts
from weigh.core.ports import ModelViewPort
from weigh.formats.card_sections import MAX_SECTIONS
from weigh.formats.model_card import FORMAT, MAX_CARD


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of the card that nobody looked at.

    Attributes:
        what: which part, and why.
        much: a whole part of unknown length; else the end of one section.
    """

    what: str
    much: bool


def card_of(view: ModelViewPort) -> FileFacts | None:
    """The card nearest to the top of the model, None when there is none."""
    cards = [facts for facts in view.all_facts() if facts.format == FORMAT]
    return min(cards, key=lambda facts: (facts.path.count("/"), facts.path), default=None)


def unread_parts(view: ModelViewPort, card: FileFacts | None) -> tuple[Unread, ...]:
    """What of a card was not read, the gravest first; a card that says nothing there may say anything."""
    return tuple(_unread_parts(view, card)) if card is not None else ()


def _unread_parts(view: ModelViewPort, card: FileFacts) -> Iterator[Unread]:
    if card.coverage is not Coverage.COMPLETE:
        yield Unread(f"{card.path} was not read: {card.reason or card.coverage.value}", much=True)
        return
    size = next((file.size for file in view.snapshot.files if file.path == card.path), 0)
    if size > MAX_CARD:
        yield Unread(f"{card.path} has {size:,} bytes, {MAX_CARD:,} are read", much=True)
    fact = card.fact("card.sections")
    sections = fact.value if fact is not None else []
    if len(sections) >= MAX_SECTIONS - 1:
        # The words before the first heading are dropped when there are none.
        yield Unread(f"of {card.path} the first {len(sections)} sections are read", much=True)
    cut = [section["line"] for section in sections if section["cut"]]
    if cut:
        lines = ", ".join(map(str, cut[:5])) + (f" and {len(cut) - 5} more" if len(cut) > 5 else "")
        yield Unread(f"the sections of {card.path} at line {lines} are longer than is read", much=False)
