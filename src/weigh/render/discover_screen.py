"""What a code base uses as text for a person: models first, then what stayed open, then what was not read."""

from collections.abc import Iterable, Iterator, Sequence

from weigh.core.usage import Discovery, ModelUse, Pin, Place, Role, UnresolvedUse
from weigh.render.escape import clip, visible

MOST_MODELS = 60
"""Models that are shown; --json has all."""
MOST_PLACES = 4
"""Places of one model that are shown."""
MOST_OPEN = 20
"""Unresolved calls that are shown."""
MOST_UNREAD = 8

_PINS = {
    Pin.EXACT: "pinned",
    Pin.TAG: "tag",
    Pin.BRANCH: "branch",
    Pin.NONE: "unpinned",
    Pin.UNKNOWN: "revision unknown",
}
_COLOURS = {Pin.EXACT: "32", Pin.TAG: "33", Pin.BRANCH: "33", Pin.NONE: "33", Pin.UNKNOWN: "33"}


def discover_screen(
    found: Discovery, declared: frozenset[str], *, written: Sequence[str], width: int, colour: bool
) -> str:
    """The discovery as lines, ending with a newline.

    Args:
        found: what was found.
        declared: refs that models.toml declares.
        written: sections that were added to it.
        width: cells in a line.
        colour: whether the terminal takes colours.
    """
    room = max(width, 60)
    groups = _groups(found.uses)
    lines = [
        line
        for ref, uses in list(groups.items())[:MOST_MODELS]
        for line in _model(ref, uses, room, declared=ref in declared, colour=colour)
    ]
    if len(groups) > MOST_MODELS:
        lines.append(f"  and {len(groups) - MOST_MODELS} more models: --json lists all")
    lines += _unresolved(found.unresolved, room, colour=colour)
    lines += _unread(found, room)
    if written:
        lines.append(clip(f"written to models.toml: {', '.join(map(visible, written))}", room))
    lines.append(_summary(found, groups, declared, written))
    return "\n".join(lines) + "\n"


def _groups(uses: Iterable[ModelUse]) -> dict[str, list[ModelUse]]:
    groups: dict[str, list[ModelUse]] = {}
    for use in sorted(uses, key=lambda use: (use.ref.partition(":")[0] == "file", use.ref, use.place)):
        groups.setdefault(use.ref, []).append(use)
    return groups


def _model(ref: str, uses: list[ModelUse], width: int, *, declared: bool, colour: bool) -> Iterator[str]:
    pin = uses[0].pin
    words = [] if ref.startswith("file:") else [_painted(_PINS[pin], _COLOURS[pin], colour=colour)]
    words += ["declared"] if declared else []
    words += [_painted("remote code", "31", colour=colour)] if any(use.remote_code for use in uses) else []
    yield f"{clip(ref, width - 24)}   {' · '.join(words)}".rstrip()
    places: dict[Place, ModelUse] = {}
    for use in uses:
        places.setdefault(use.place, use)
    for place, use in list(places.items())[:MOST_PLACES]:
        yield clip(f"  {_where(place)}   {_how(use)}", width)
    if len(places) > MOST_PLACES:
        yield f"  and {len(places) - MOST_PLACES} more places"


def _where(place: Place) -> str:
    cell = f" cell {place.cell}" if place.cell else ""
    return f"{place.path}{cell}:{place.line}"


def _how(use: ModelUse) -> str:
    """`transformers.from_pretrained via argparse, default of app.py:3`."""
    steps = [step for step in use.how if step != "literal"]
    said = use.loader + (f" via {' → '.join(steps)}" if steps else "")
    if use.where is not None and use.where.path == use.place.path and use.where.line != use.place.line:
        said += f" of line {use.where.line}"
    elif use.where is not None and use.where.path != use.place.path:
        said += f" of {_where(use.where)}"
    if use.alternatives > 1:
        said += f" · one of {use.alternatives}"
    if use.role is not Role.RUNTIME:
        said += f" · {use.role.value}"
    return said


def _unresolved(rows: Sequence[UnresolvedUse], width: int, *, colour: bool) -> Iterator[str]:
    if not rows:
        return
    yield _painted(
        f"unresolved   {len(rows)} loader call{'' if len(rows) == 1 else 's'}", "33", colour=colour
    )
    for row in rows[:MOST_OPEN]:
        known = f" · known: {row.partial}" if row.partial else ""
        yield clip(f"  {_where(row.place)}   {row.loader}({row.expression})   {row.why}{known}", width)
    if len(rows) > MOST_OPEN:
        yield f"  and {len(rows) - MOST_OPEN} more: --json lists all"


def _unread(found: Discovery, width: int) -> Iterator[str]:
    if not found.unread:
        return
    yield f"not read   {len(found.unread)}"
    for one in found.unread[:MOST_UNREAD]:
        yield clip(f"  {one.path}   {one.why}", width)
    if len(found.unread) > MOST_UNREAD:
        yield f"  and {len(found.unread) - MOST_UNREAD} more"


def _summary(
    found: Discovery, groups: dict[str, list[ModelUse]], declared: frozenset[str], written: Sequence[str]
) -> str:
    fetched = {ref: uses for ref, uses in groups.items() if not ref.startswith("file:")}
    loose = sum(uses[0].pin is not Pin.EXACT for uses in fetched.values())
    local = len(groups) - len(fetched)
    parts = [f"{len(fetched)} model{'' if len(fetched) == 1 else 's'}"]
    parts += [f"{loose} unpinned"] if loose else []
    parts += [f"{local} local file{'' if local == 1 else 's'}"] if local else []
    parts += [f"{len(found.unresolved)} unresolved"] if found.unresolved else []
    parts.append(f"{found.files:,} files, {found.lines:,} lines read")
    text = " · ".join(parts)
    if any(ref not in declared for ref in fetched) and not written:
        text += "\nweigh discover --write adds them to models.toml"
    return text


def _painted(text: str, code: str, *, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
