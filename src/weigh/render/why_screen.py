"""Who in a project needs a model."""

from collections.abc import Iterator, Mapping
from typing import Any

from weigh.render.escape import visible

MOST_SHOWN = 20
"""Places printed; `--json` has all."""


def why_screen(told: Mapping[str, Any]) -> str:
    """The screen of `weigh why`; `told` is what `--json` prints."""
    return "\n".join(_lines(told))


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    named = ", ".join(visible(section) for section in told["sections"])
    yield f"  {visible(told['asked'])}" + (f" is {named}" if named else " is not declared in models.toml")
    for ref in told["refs"]:
        yield f"    {visible(ref)}"
    if told["uses"]:
        yield "  used by the code"
        for use in told["uses"][:MOST_SHOWN]:
            cell = f" cell {use['cell']}" if use["cell"] else ""
            place = f"{visible(use['path'])}{cell}:{use['line']}"
            kind = f"{use['role']}, pin {use['pin']}"
            yield f"    {place}  {visible(use['loader'])}  {visible(use['ref'])}  {kind}"
        if len(told["uses"]) > MOST_SHOWN:
            yield f"    and {len(told['uses']) - MOST_SHOWN} more"
    if told["models"]:
        yield "  named by other models"
        for edge in told["models"]:
            yield f"    {visible(edge['section'])}  as {visible(edge['relation'])}"
    if told["used_by"]:
        yield "  models.toml says used-by"
        for place in told["used_by"]:
            yield f"    {visible(place)}"
    if not (told["uses"] or told["models"] or told["used_by"]):
        yield "  nothing in the code or in another model names it"
