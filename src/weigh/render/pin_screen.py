"""The screen of `weigh pin`: the diff, and the calls that stay as they are."""

from collections.abc import Iterator, Sequence

from weigh.core.usage import Place, Unread
from weigh.render.escape import visible

MOST = 20
"""Calls that stay and are listed; `--json` has all."""


def diff_lines(diff: Sequence[str], *, colour: bool = False) -> Iterator[str]:
    """A unified diff, line by line; what acts on a terminal is shown as escapes."""
    for line in diff:
        shown = visible(line.replace("\t", "    "), limit=4000)
        shade = {"+": "32", "-": "31", "@": "36"}.get(line[:1], "") if colour else ""
        yield f"\x1b[{shade}m{shown}\x1b[0m" if shade else shown


def kept_lines(kept: Sequence[tuple[Place, str, str]], unread: Sequence[Unread]) -> Iterator[str]:
    """Calls that stay, and files that were not read, with the reason of each."""
    for place, ref, why in kept[:MOST]:
        yield f"  {where(place)}  {visible(ref, limit=100)}  stays: {visible(why, limit=160)}"
    if len(kept) > MOST:
        yield f"  and {len(kept) - MOST} more calls stay as they are"
    for file in unread[:MOST]:
        yield f"  {visible(file.path, limit=120)}  not read: {visible(file.why, limit=160)}"
    if len(unread) > MOST:
        yield f"  and {len(unread) - MOST} more files were not read"


def where(place: Place) -> str:
    """`src/search.py:41`, `train.ipynb cell 2:3`."""
    cell = f" cell {place.cell}" if place.cell else ""
    return f"{visible(place.path, limit=120)}{cell}:{place.line}"
