"""What `weigh add` declared."""

from collections.abc import Iterator, Mapping
from typing import Any

from weigh.render.escape import visible
from weigh.render.numbers import size

MOST_SHOWN = 8
"""Files and edges printed; `--json` has all."""


def add_screen(told: Mapping[str, Any]) -> str:
    """The screen of `weigh add`; `told` is what `--json` prints."""
    return "\n".join(_lines(told))


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    yield f"  added    models.{visible(told['name'])}"
    for exact in told["exact"]:
        yield f"  is       {visible(exact)}"
    count = told["files"]
    yield f"  files    {count}, {size(told['size'])}" if count else "  files    none: a hosted model"
    yield f"  licence  {visible(told['licence']) or 'none is declared'}"
    for edge in told["base"][:MOST_SHOWN]:
        yield f"  {visible(edge['relation'])}: {visible(edge['ref'])}"
    if told["code"]:
        yield f"  code     {_some(told['code'])}: a loader that is told to would run it"
    if told["review"]:
        yield f"  review   {_some(told['review'])}: weigh scan says why"
    for note in told["notes"]:
        yield f"  note: {visible(note)}"
    yield "  models.toml and models.lock written" if told["locked"] else "  models.toml written"


def _some(paths: list[str]) -> str:
    shown = ", ".join(visible(path) for path in paths[:MOST_SHOWN])
    more = len(paths) - MOST_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
