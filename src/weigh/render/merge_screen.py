"""A merge on a terminal: what became of every file, or what has to be decided."""

from collections.abc import Iterator, Mapping
from typing import Any

from weigh.render import numbers
from weigh.render.escape import visible

MOST = 12
"""Lines of one list; `--json` has all."""
_SHORT = 12
_BOTH = "changed on both sides"
_APART = "a file on one side, a folder on the other"
_WORDS = {
    "theirs": "theirs",
    "ours": "ours",
    "removed": "removed, as there",
    "keys": "merged by keys",
    "tensors": "merged by tensors",
    "the same tensors": "ours; the tensors are the same, only what is around them differs",
}


def merge_screen(told: Mapping[str, Any]) -> str:
    """What a merge did.

    Args:
        told: as `--json` prints it; names in it are hostile.
    """
    match told["outcome"]:
        case "nothing new":
            lines = [f"  {visible(told['revision'])} has nothing that is not here already"]
        case "fast-forward":
            lines = [
                f"  {told['ours'][:_SHORT]} → {told['commit'][:_SHORT]}  {_where(told)} moved forward",
                *_placed(told),
            ]
        case "conflicts":
            lines = list(_conflicts(told))
        case _:
            lines = list(_merged(told))
    return "\n".join(lines) + "\n"


def _where(told: Mapping[str, Any]) -> str:
    return visible(told["branch"]) or "no branch"


def _merged(told: Mapping[str, Any]) -> Iterator[str]:
    yield f"  {told['commit'][:_SHORT]}  {visible(told['title'])}"
    yield f"  {visible(told['history'])} · {_where(told)} · {visible(told['made-by'].rpartition(' ')[0])}"
    yield from _crossed(told)
    yield from _files(told)
    raw = sum(one["size"] for one in told["made"])
    if raw:
        share = numbers.percent(told["stored"] / raw)
        made = f"{numbers.size(raw)} made"
        yield f"  {made} · the store grew by {numbers.size(told['stored'])} ({share})"
    yield from _placed(told)


def _crossed(told: Mapping[str, Any]) -> Iterator[str]:
    if len(told["bases"]) > 1:
        taken = told["bases"][0][:_SHORT]
        count = len(told["bases"])
        yield f"  the two have crossed before: of {count} versions that both follow, {taken} is the base"
    elif not told["bases"]:
        yield "  the two follow no common version"


def _files(told: Mapping[str, Any]) -> Iterator[str]:
    for one in told["files"][:MOST]:
        parts = [f"{numbers.count(n)} {_tensors(what)}" for what, n in one["tensors"].items() if n]
        counted = f": {', '.join(parts)}" if parts else ""
        yield f"  {visible(one['path'])}  {_WORDS[one['how']]}{counted}"
    if len(told["files"]) > MOST:
        yield f"  … and {len(told['files']) - MOST} more"


def _tensors(what: str) -> str:
    return {"the same": "the same", "ours": "ours", "theirs": "theirs"}.get(what, f"by {visible(what)}")


def _placed(told: Mapping[str, Any]) -> Iterator[str]:
    written, removed = told["written"], told["removed"]
    size = sum(one["size"] for one in written)
    gone = f", {numbers.count(len(removed))} removed" if removed else ""
    files = "1 file" if len(written) == 1 else f"{numbers.count(len(written))} files"
    yield f"  here: {files} written, {numbers.size(size)}{gone}"


def _conflicts(told: Mapping[str, Any]) -> Iterator[str]:
    found = told["conflicts"]
    one = "1 thing has" if len(found) == 1 else f"{numbers.count(len(found))} things have"
    yield f"  {one} to be decided; nothing was written"
    yield from _crossed(told)
    for conflict in found[: 2 * MOST]:
        name = f" · {visible(conflict['name'])}" if conflict["name"] else ""
        detail = f"\n      {visible(conflict['detail'])}" if conflict["detail"] else ""
        yield f"  ≠ {visible(conflict['path'])}{name}  {conflict['why']}{detail}"
    if len(found) > 2 * MOST:
        yield f"  … and {numbers.count(len(found) - 2 * MOST)} more; --json has all"
    yield f"  try   {_advice(told)}"


def _advice(told: Mapping[str, Any]) -> str:
    """What decides; it names no hostile text that would need quoting."""
    computed = {file["path"] for file in told["files"] if file["how"] == "tensors"}
    found = told["conflicts"]
    if any(one["why"] == _APART for one in found):
        return "give one of the two another name, commit that, and merge again"
    tensors = [one for one in found if one["path"] in computed and one["name"]]
    ask = f"weigh merge {visible(told['revision'])} --strategy"
    if len(tensors) == len(found) and all(one["why"] == _BOTH for one in found):
        return f"{ask} average (or ours, theirs, task-arithmetic, ties, dare, slerp)"
    some = " --tensor-strategy NAME=theirs" if tensors else ""
    some += " --file-strategy PATH=theirs" if len(tensors) < len(found) else ""
    return f"{ask} ours (or theirs); for some alone:{some}"
