"""Offers: models that could be used, as those who offer them describe them. Nothing of it is verified."""

from dataclasses import dataclass
from enum import StrEnum


class Shelf(StrEnum):
    """Where an offer was found."""

    HUB = "hub"
    CATALOGUE = "catalogue"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a model is to be like; "" and -1 for no wish.

    Attributes:
        words: text that its name or description has.
        task: as hubs name tasks, `text-classification`.
        licence: an SPDX id or a hub's tag, or a class such as `permissive`.
        library: as hubs name libraries, `transformers`.
        most_parameters: upper bound.
        limit: how many offers of one shelf are shown.
    """

    words: str
    task: str = ""
    licence: str = ""
    library: str = ""
    most_parameters: int = -1
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Offer:
    """One model on offer. All text is hostile.

    Attributes:
        ref: as `weigh add` and `weigh adopt` take it.
        shelf: where it was found.
        task, library, licence: as stated, "" when not.
        parameters: as stated, -1 when not.
        downloads: within 30 days as the hub counts, -1 when not stated.
        gated: files are given out only to those who agreed to terms.
        note: what else is known, e.g. how many questions were answered about it.
    """

    ref: str
    shelf: Shelf
    task: str = ""
    library: str = ""
    licence: str = ""
    parameters: int = -1
    downloads: int = -1
    gated: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Offers:
    """What a search found.

    Attributes:
        found: the offers, shelf by shelf, in the order of their shelf.
        hidden: (reason, count) of offers left out because what was wished for is not stated of them.
        closed: (shelf, reason) of shelves that could not be looked at.
    """

    found: tuple[Offer, ...]
    hidden: tuple[tuple[str, int], ...] = ()
    closed: tuple[tuple[str, str], ...] = ()
