"""What moved since it was locked."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from weigh.render.escape import visible

CURRENT = "current"


def outdated_screen(told: Sequence[Mapping[str, Any]]) -> str:
    """The screen of `weigh outdated`; `told` is the list that `--json` prints."""
    lines = list(_lines(told))
    return "\n".join(lines) if lines else "  nothing is declared that could move"


def _lines(told: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for standing in told:
        yield f"  {visible(standing['section']):<24} {standing['state']!s}  {visible(standing['requested'])}"
        if standing["state"] == CURRENT:
            continue
        if standing["locked"]:
            yield f"    locked {visible(standing['locked'])}"
        if standing["now"]:
            yield f"    now    {visible(standing['now'])}"
        if standing["why"]:
            yield f"    why    {visible(standing['why'])}"
    moved = sum(s["state"] != CURRENT for s in told)
    if told:
        yield f"  {len(told) - moved} of {len(told)} are what their source has today"
