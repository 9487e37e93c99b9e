"""The models of a project as a tree."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from weigh.render.escape import visible
from weigh.render.numbers import size

MOST_FILES = 5
"""Files of one model that are drawn, the largest first."""


def tree_screen(told: Mapping[str, Any], *, every_file: bool) -> str:
    """The screen of `weigh tree`; `told` is what `--json` prints."""
    lines = [f"  {visible(told['project'])}"]
    nodes = told["models"]
    for place, node in enumerate(nodes):
        last = place == len(nodes) - 1
        lines.append(f"  {'└─' if last else '├─'} {_head(node)}")
        lines += [f"  {'  ' if last else '│ '} {line}" for line in _below(node, every_file=every_file)]
    if not nodes:
        lines.append("  no models are declared; weigh add REF declares one")
    for section in told["undeclared"]:
        lines.append(f"  note: models.lock holds {visible(section)}, which nothing declares; weigh lock")
    return "\n".join(lines)


def _head(node: Mapping[str, Any]) -> str:
    count = len(node["files"])
    parts = [visible(node["section"])]
    if not node["locked"]:
        parts.append("not locked")
    elif count:
        parts.append(f"{size(node['size'])} in {count} file{'' if count == 1 else 's'}")
    if node["licence"]:
        parts.append(visible(node["licence"]))
    if node["locked"] and not node["current"]:
        parts.append("changed since it was locked")
    if node["code"]:
        parts.append("carries code")
    if node["groups"]:
        names = ", ".join(visible(group, limit=40) for group in node["groups"])
        parts.append(f"group{'' if len(node['groups']) == 1 else 's'} {names}")
    return " · ".join(parts)


def _below(node: Mapping[str, Any], *, every_file: bool) -> list[str]:
    items: list[tuple[str, list[str]]] = [(visible(node["title"], limit=100), [])] if node["title"] else []
    items += [(visible(ref), []) for ref in node["exact"] or node["requested"]]
    items += [_parent(parent) for parent in node["parents"]]
    items += [(text, []) for text in _files(node["files"], every=every_file)]
    return list(_drawn(items))


def _parent(parent: Mapping[str, Any]) -> tuple[str, list[str]]:
    locked = f"locked as {visible(parent['section'])}" if parent["section"] else "not locked"
    again = ", see above" if parent["again"] else ""
    head = f"{visible(parent['relation'])}: {visible(parent['ref'])} ({locked}{again})"
    return head, list(_drawn([_parent(p) for p in parent["parents"]]))


def _files(files: Sequence[Mapping[str, Any]], *, every: bool) -> Iterator[str]:
    ordered = files if every else sorted(files, key=lambda f: (-f["size"], f["path"]))[:MOST_FILES]
    for file in ordered:
        yield f"{visible(file['path'])}  {size(file['size'])}"
    if len(files) > len(ordered):
        rest = sum(f["size"] for f in files) - sum(f["size"] for f in ordered)
        yield f"and {len(files) - len(ordered)} more, {size(rest)}"


def _drawn(items: Sequence[tuple[str, list[str]]]) -> Iterator[str]:
    for place, (head, below) in enumerate(items):
        last = place == len(items) - 1
        yield f"{'└─' if last else '├─'} {head}"
        yield from (f"{'  ' if last else '│ '} {line}" for line in below)
