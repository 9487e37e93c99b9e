"""What is on offer: one line a model, grouped by where it was found."""

from collections.abc import Iterator

from weigh.core.offer import Offer, Offers, Shelf
from weigh.render.escape import visible

_TITLES = {
    Shelf.HUB: "on the hub, as its pages state",
    Shelf.CATALOGUE: "in catalogues of installed libraries",
    Shelf.LEDGER: "asked about here before",
}


def search_screen(offers: Offers) -> str:
    """The screen of `weigh search`."""
    return "\n".join(_lines(offers))


def _lines(offers: Offers) -> Iterator[str]:
    for shelf in Shelf:
        found = [offer for offer in offers.found if offer.shelf is shelf]
        if found:
            yield f"{_TITLES[shelf]}"
            yield from (f"  {_line(offer)}" for offer in found)
    for reason, count in offers.hidden:
        yield f"left out   {count}: {reason}"
    for shelf_name, why in offers.closed:
        yield f"not looked at   {shelf_name}: {visible(why)}"
    if offers.found:
        yield f"next       weigh inspect {visible(offers.found[0].ref)}"
    else:
        yield "nothing found"


def _line(offer: Offer) -> str:
    parts = [visible(offer.ref)]
    if offer.parameters >= 0:
        parts.append(f"{count(offer.parameters)} parameters")
    parts += [visible(text) for text in (offer.task, offer.licence, offer.library, offer.note) if text]
    if offer.downloads >= 0:
        parts.append(f"{offer.downloads:,} downloads a month")
    if offer.gated:
        parts.append("gated")
    return " · ".join(parts)


def count(number: int) -> str:
    """A number of parameters in three digits: 22.7 M."""
    for unit, size in (("T", 10**12), ("B", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return str(number)
