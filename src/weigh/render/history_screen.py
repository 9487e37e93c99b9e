"""Version control on a terminal: what was recorded, where one stands, what came before."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from weigh.render import numbers
from weigh.render.commit_graph import graph
from weigh.render.escape import clip, visible

MOST = 12
"""Lines of one list; `--json` has all."""

_SHORT = 12
_WAYS = {
    "delta": "as differences",
    "recipe": "by a recipe",
    "compressed": "compressed",
    "as they are": "as they are",
    "constant": "as one value",
}
_SIGNS = {"changed": "changed", "missing": "missing", "new": "new"}


def commit_screen(told: Mapping[str, Any]) -> str:
    """A version that was recorded, and what it cost.

    Args:
        told: as `--json` prints it; names and titles in it are hostile.
    """
    where = visible(told["branch"]) or "no branch"
    lines = [
        f"  {told['commit'][:_SHORT]}  {visible(told['title'])}",
        f"  {visible(told['history'])} · {where}",
    ]
    raw = sum(one["size"] for one in told["changed"])
    count = len(told["changed"])
    share = f" ({numbers.percent(told['stored'] / raw)})" if raw else ""
    lines.append(
        f"  {_files(count)}, {numbers.size(raw)} · the store grew by {numbers.size(told['stored'])}{share}"
    )
    lines += [f"  kept   {text}" for text in _ways(told["ways"])]
    lines += [
        f"  near   {visible(one['what'])}, for {numbers.size(one['bytes'])}" for one in told["against"][:3]
    ]
    lines += _listed("removed", told["removed"])
    return _joined(lines)


def _ways(ways: Mapping[str, Any]) -> Iterator[str]:
    present = ways.get("present")
    if present:
        yield f"{numbers.size(present['raw'])} were there already"
    for name, word in _WAYS.items():
        way = ways.get(name)
        if way:
            yield f"{numbers.size(way['raw'])} {word}, in {numbers.size(way['stored'])}"


def log_screen(lines: Sequence[Mapping[str, Any]], *, drawn: bool, width: int) -> str:
    """Versions, a line each, the youngest first.

    Args:
        lines: as `--json` prints them; hostile text in them.
        drawn: draw the lines that connect them.
        width: cells in a line of the terminal.
    """
    if not drawn:
        return _joined(clip(_one(line), width) for line in lines)
    rows = graph([(line["commit"], tuple(line["parents"])) for line in lines])
    texts = {line["commit"]: _one(line) for line in lines}
    return _joined(
        clip(f"{cells} {texts[name]}".rstrip() if name else cells.rstrip(), width) for cells, name in rows
    )


def _one(line: Mapping[str, Any]) -> str:
    names = f" ({', '.join(visible(name) for name in line['names'])})" if line["names"] else ""
    metrics = line["provenance"].get("metrics", {})
    shown = "".join(f" · {visible(k)} {numbers.number(v)}" for k, v in sorted(metrics.items())[:2])
    day = line["date"][:10]
    who = visible(line["author"].partition(" <")[0], limit=40)
    return f"{line['commit'][:_SHORT]}{names} {visible(line['title'])}{shown} · {who}, {day}"


def version_screen(told: Mapping[str, Any]) -> str:
    """One version: who, when, why, from what, and the files that changed."""
    names = f" ({', '.join(visible(name) for name in told['names'])})" if told["names"] else ""
    lines = [f"version  {told['commit']}{names}"]
    lines += [f"follows  {parent[:_SHORT]}" for parent in told["parents"]]
    lines += [f"author   {visible(told['author'])}", f"date     {told['date']}"]
    lines += _provenance(told["provenance"])
    lines += ["", *(f"    {visible(line)}" for line in told["message"].splitlines()), ""]
    lines += [f"  +  {_named(one)}" for one in told["added"][:MOST]]
    lines += [f"  ~  {_moved(one)}" for one in told["changed"][:MOST]]
    lines += [f"  −  {visible(one['path'])}" for one in told["removed"][:MOST]]
    hidden = sum(max(0, len(told[what]) - MOST) for what in ("added", "changed", "removed"))
    lines += [f"  … and {hidden} more"] if hidden else []
    total = sum(one["size"] for one in told["files"])
    lines.append(f"  {_files(len(told['files']))}, {numbers.size(total)} in all")
    return _joined(lines)


def _provenance(told: Mapping[str, Any]) -> Iterator[str]:
    for base in told.get("base", ()):
        yield f"base     {visible(base)}   (declared)"
    for name, word in (("data", "data"), ("code", "code"), ("run", "run"), ("made_by", "made by")):
        if told.get(name):
            yield f"{word:<8} {visible(told[name])}"
    for name, value in sorted(told.get("metrics", {}).items()):
        yield f"metric   {visible(name)} = {value:g}"
    if told.get("evidence"):
        yield f"evidence {len(told['evidence'])} digests"


def _named(file: Mapping[str, Any]) -> str:
    return f"{visible(file['path'])}  {numbers.size(file['size'])}"


def _moved(pair: Mapping[str, Any]) -> str:
    old, new = pair["before"], pair["now"]
    if old["blake3"] == new["blake3"]:
        return f"{visible(new['path'])}  {'may be run now' if new['executable'] else 'may no longer be run'}"
    sizes = numbers.size(new["size"])
    return (
        f"{visible(new['path'])}  {numbers.size(old['size'])} → {sizes}"
        if old["size"] != new["size"]
        else _named(new)
    )


def file_screen(told: Mapping[str, Any]) -> str:
    """One file of a version: how it is kept, and its tensors or its text."""
    lines = [f"  {visible(told['path'])}  {numbers.size(told['size'])}  sha256 {told['sha256']}"]
    share = f" ({numbers.percent(told['stored'] / told['size'])})" if told["size"] else ""
    lines.append(f"  kept in {numbers.size(told['stored'])}{share}, what it is held against not counted")
    lines += [f"    {text}" for text in _ways(told["ways"])]
    if told["tensors"]:
        lines.append(f"  {numbers.count(len(told['tensors']))} tensors")
        for one in told["tensors"][: 3 * MOST]:
            shape = "×".join(str(d) for d in one["shape"]) or "scalar"
            lines.append(f"    {visible(one['name'])}  {one['dtype']} {shape}  {one['blake3'][:_SHORT]}")
        hidden = len(told["tensors"]) - 3 * MOST
        lines += [f"    … and {hidden} more; --json has all"] if hidden > 0 else []
    elif told["text"]:
        lines += ["", *(f"    {visible(line)}" for line in told["text"].splitlines())]
    return _joined(lines)


def status_screen(told: Mapping[str, Any]) -> str:
    """Where the working folder stands."""
    at = told["commit"][:_SHORT] or "no version yet"
    lines = [f"  {visible(told['history'])} · {visible(told['branch']) or 'no branch'} · {at}"]
    if told["under-way"]:
        name = told["under-way"][:_SHORT]
        lines.append(f"  a checkout of {name} was interrupted; weigh checkout {name} goes on with it")
    elif not told["known"]:
        lines.append("  the history does not know this folder: it was moved or copied")
        lines.append(f"  try   weigh checkout --history {visible(told['history'])} --attach")
    elif told["at"] != told["commit"]:
        lines.append(f"  the files are those of {told['at'][:_SHORT] or 'no version'}; the branch has moved")
        lines.append("  try   weigh checkout HEAD")
    lines += [
        f"  {_SIGNS[one['what']]:<8} {visible(one['path'])}"
        + (f"  {numbers.size(one['size'])}" if one["size"] >= 0 else "")
        for one in told["differing"][: 3 * MOST]
    ]
    hidden = len(told["differing"]) - 3 * MOST
    lines += [f"  … and {hidden} more"] if hidden > 0 else []
    left = told["left-at-remote"]
    if not told["differing"]:
        lines.append(f"  {_files(told['files'] - left)}, all as in the version")
    lines += [f"  {_files(left)} more of the version left at the remote"] if left else []
    return _joined(lines)


def checkout_screen(told: Mapping[str, Any]) -> str:
    """What a checkout did."""
    where = visible(told["branch"]) or "no branch"
    lines = [
        f"  {told['commit'][:_SHORT]}  {visible(told['title'])}",
        f"  {visible(told['history'])} · {where}",
    ]
    written = sum(one["size"] for one in told["written"])
    linked = f", {told['linked']} of them linked and read-only" if told["linked"] else ""
    lines.append(f"  {_files(len(told['written']))} put in place, {numbers.size(written)}{linked}")
    lines += _listed("removed", told["removed"])
    lines += _listed("changed by you, and left as it is", told["kept"])
    return _joined(lines)


def names_screen(told: Sequence[Mapping[str, Any]], *, what: str) -> str:
    """Branches or tags.

    Args:
        told: as `--json` prints them; hostile text in them.
        what: `branch` or `tag`.
    """
    if not told:
        return f"  there is no {what}\n"
    longest = min(40, max(len(one["name"]) for one in told))
    return _joined(
        f"{'*' if one['current'] else ' '} {visible(one['name']):<{longest}}  {one['commit'][:_SHORT]}  "
        f"{visible(one['title'])}"
        for one in told
    )


def import_screen(told: Sequence[Mapping[str, Any]]) -> str:
    """What was taken in."""
    lines: list[str] = []
    for one in told:
        new = len(one["versions"])
        share = f" ({numbers.percent(one['stored'] / one['size'])})" if one["size"] else ""
        cost = f", {numbers.size(one['size'])} in {numbers.size(one['stored'])}{share}" if new else ""
        lines.append(f"  {visible(one['history'])}  {new} new, {one['known']} known{cost}")
        lines += [f"    {v['commit'][:_SHORT]}  {visible(v['title'])}" for v in one["versions"][:MOST]]
        lines += [f"    … and {new - MOST} more"] if new > MOST else []
        lines += [f"    {visible(b['name'])} → {b['commit'][:_SHORT]}" for b in one["branches"]]
    return _joined(lines)


def _files(count: int) -> str:
    return f"{numbers.count(count)} file{'' if count == 1 else 's'}"


def _listed(word: str, paths: Sequence[str]) -> list[str]:
    lines = [f"  {word}: {visible(path)}" for path in paths[:MOST]]
    return lines + ([f"  {word}: {len(paths) - MOST} more"] if len(paths) > MOST else [])


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
