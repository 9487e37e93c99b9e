"""What locking, adding and removing did: for a terminal, and as JSON."""

from collections.abc import Iterator, Mapping
from typing import Any

from weigh.render.escape import visible

MOST_SHOWN = 10
"""Differences printed; `--json` has all."""


def lock_screen(told: Mapping[str, Any], *, check: bool) -> str:
    """The screen of `weigh lock`.

    Args:
        told: what `lock_json` gives.
        check: nothing was written.
    """
    return "\n".join(_lines(told, check=check))


def _lines(told: Mapping[str, Any], *, check: bool) -> Iterator[str]:
    for section, count in told["files"].items():
        yield f"  {visible(section):<24} {count} file{'' if count == 1 else 's'}"
    for move in told["moves"]:
        yield f"  moved: {visible(move['ref'])}"
        yield f"    from {visible(move['old'])}"
        yield f"    to   {visible(move['new'])}"
    for line in told["differences"][:MOST_SHOWN]:
        yield f"  {visible(line)}"
    if len(told["differences"]) > MOST_SHOWN:
        yield f"  and {len(told['differences']) - MOST_SHOWN} more"
    for note in told["notes"]:
        yield f"  note: {visible(note)}"
    count = told["unresolved"]
    if count:
        calls = "loader call" if count == 1 else "loader calls"
        yield f"  {count} {calls} could not be resolved; weigh discover shows where"
    word = "would change" if check and told["changed"] else "written" if told["changed"] else "up to date"
    yield f"  {visible(told['name'])} {word}"
