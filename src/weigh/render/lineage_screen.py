"""The screen of `weigh lineage`: the answer with its numbers, or each model with what it came from."""

import textwrap
from collections.abc import Iterator

from weigh.core.lineage import Descent, Edge, Ground, Likeness, Lineage, Node, Relation, Shared
from weigh.render import numbers
from weigh.render.escape import cells, clip, visible

ANSWERS = {
    Descent.YES: "YES, it is proved",
    Descent.LIKELY: "LIKELY, by its values; no proof",
    Descent.NO: "NO, as a whole it is no nearer than a model trained independently",
    Descent.UNKNOWN: "UNKNOWN, it could not be found out",
}
GROUNDS = {
    Ground.PARENT: "follows",
    Ground.DECLARED: "declared",
    Ground.PROVED: "proved",
    Ground.LIKELY: "likely",
}
MOST = 8
_NAME = 48


def lineage_screen(found: Lineage, *, width: int = 100, whole: bool = False) -> str:
    """The text, a line feed at the end of each line.

    Args:
        found: the graph, and the answer where one was asked for.
        width: cells of a line.
        whole: show every line of every kind.
    """
    lines = list(
        _question(found, width, whole=whole) if found.question else _graph(found, width, whole=whole)
    )
    lines += [f"  ? {visible(line)}" for line in found.unknown]
    return "".join(f"{clip(line, max(width, 40))}\n" for line in lines)


def _question(found: Lineage, width: int, *, whole: bool) -> Iterator[str]:
    relation = found.relations[0]
    yield f"  does {visible(relation.child, limit=60)} come from {visible(relation.parent, limit=60)}?"
    yield ""
    yield f"  {ANSWERS[relation.descent]}"
    yield from _reasons(relation, width)
    yield from _tensors(relation.shared, whole=whole)
    if relation.likeness is not None:
        yield from _likeness(relation.likeness, whole=whole)
    names = {node.id: node.name for node in found.nodes}
    said = [edge for edge in found.edges if edge.ground is Ground.DECLARED]
    if said:
        yield ""
        yield "  declared (said by the model or its author, not verified)"
        shown = said if whole else said[:MOST]
        yield from (f"    {visible(names[e.parent], limit=80)}   {visible(e.label, limit=80)}" for e in shown)


def _reasons(relation: Relation, width: int) -> Iterator[str]:
    for reason in relation.reasons:
        yield from textwrap.wrap(
            visible(reason, limit=600), max(width, 40), initial_indent="    · ", subsequent_indent="      "
        )


def _tensors(shared: Shared, *, whole: bool) -> Iterator[str]:
    if not shared.tensors:
        return
    yield ""
    yield "  shared, the largest first"
    shown = shared.tensors if whole else shared.tensors[:MOST]
    for tensor in shown:
        part = "" if tensor.is_whole else f" of {numbers.count(tensor.of)}"
        yield f"    {_name(tensor.name)}  {numbers.count(tensor.values)}{part}  {visible(tensor.how)}"
    if len(shown) < len(shared.tensors):
        yield f"    and {len(shared.tensors) - len(shown)} more (--all)"


def _likeness(likeness: Likeness, *, whole: bool) -> Iterator[str]:
    yield ""
    yield f"  {'the largest matrices that are not equal':<{_NAME + 2}}  {'cosine':>8}  when shuffled"
    for tensor in likeness.tensors if whole else likeness.tensors[:MOST]:
        yield f"    {_name(tensor.name)}  {tensor.cosine:>8.4f}  {tensor.chance:.4f}"


def _name(name: str) -> str:
    short = clip(name, _NAME)
    return short + " " * (_NAME - cells(short))


def _graph(found: Lineage, width: int, *, whole: bool) -> Iterator[str]:
    nodes = {node.id: node for node in found.nodes}
    here = [node for node in found.nodes if node.here]
    for node in reversed(here):
        yield f"  {called(node)}"
        edges = [edge for edge in found.edges if edge.child == node.id]
        for edge in sorted(edges, key=lambda e: (list(Ground).index(e.ground), -e.share)):
            yield f"      {_edge(edge, nodes)}"
        if not edges:
            yield "      nothing is known of where it came from"
    answered = [r for r in found.relations if r.descent in {Descent.NO, Descent.UNKNOWN}]
    if answered:
        yield ""
        yield "  compared, and not drawn"
    for relation in answered if whole else answered[:MOST]:
        yield (
            f"    {relation.descent.value:<8} {visible(relation.child, limit=60)} "
            f"from {visible(relation.parent, limit=60)}"
        )
        yield from (f"  {line}" for line in _reasons(relation, width - 2) if whole)
    if not whole and len(answered) > MOST:
        yield f"    and {len(answered) - MOST} more (--all)"


def called(node: Node) -> str:
    """A node's name with its title."""
    title = f"  {visible(node.title, limit=60)}" if node.title else ""
    return f"{visible(node.name, limit=80)}{title}"


def _edge(edge: Edge, nodes: dict[str, Node]) -> str:
    label = f"   {visible(edge.label, limit=80)}" if edge.label else ""
    return f"{GROUNDS[edge.ground]:<9} {called(nodes[edge.parent])}{label}"
