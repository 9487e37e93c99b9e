"""The page of `weigh lineage`: the graph drawn, and every number in tables. It loads nothing from anywhere.

The drawing has a row for each model, the youngest first. An arc joins what came from something with what it
came from; how it is known shows in the line as well as in the colour, and stands in words in the row.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files

from weigh.core.lineage import Descent, Edge, Ground, Likeness, Lineage, Node, Relation, Shared
from weigh.render import numbers
from weigh.render.escape import clip
from weigh.render.lineage_screen import ANSWERS, GROUNDS
from weigh.render.markup import Markup, raw, tag
from weigh.render.page_parts import Column, details, section, table

MOST_DRAWN = 80
"""Rows of the drawing; the table has every model."""
_ROW = 58
_TOP = 16
_ARC, _STEP, _WIDEST = 30, 16, 250
_WIDTH = 1080
_LINE = {
    Ground.PARENT: ("rail", None, 1.5),
    Ground.DECLARED: ("span s4", "2 5", 2),
    Ground.PROVED: ("span s2", None, 4),
    Ground.LIKELY: ("span s3", "9 5", 3),
}
"""Class of the colour, dashes, and width."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
.lineage { width: 100%; min-width: 46rem; height: auto; }
.lineage text { fill: var(--ink); font: 14px system-ui, sans-serif; }
.lineage .sub { fill: var(--quiet); font-size: 12px; }
.lineage .name { font-weight: 650; }
.lineage .dot { fill: var(--ink); }
.lineage .away { fill: var(--ground); stroke: var(--quiet); stroke-dasharray: 2 2; }
.lineage path { fill: none; }
.lineage .rail { stroke: var(--quiet); }
.legend { display: flex; flex-wrap: wrap; gap: 0.4rem 1.6rem; padding: 0; list-style: none; }
"""
_TONE = {Descent.YES: "good", Descent.LIKELY: "open", Descent.NO: "bad", Descent.UNKNOWN: "open"}


def page(found: Lineage) -> str:
    """The graph as a self-contained HTML page.

    Args:
        found: the graph, and the answer where one was asked for.
    """
    main = tag("main", *_sections(found))
    body = tag(
        "body", _heading(found), main, tag("footer", tag("p", "weigh/lineage/1")),
    )  # fmt: skip
    return f"<!doctype html>\n{tag('html', _head(found), body, lang='en')}\n"


def _head(found: Lineage) -> Markup:
    style = (files("weigh.render") / "page.css").read_text(encoding="utf-8") + _STYLE
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", f"lineage of {found.subject}"),
        tag("style", raw(style)),
    )


def _heading(found: Lineage) -> Markup:
    if not found.question:
        here = sum(node.here for node in found.nodes)
        told = f"Where {numbers.count(here)} models came from"
        return tag(
            "header", tag("p", "weigh lineage", class_="kicker"), tag("h1", found.subject),
            tag("p", told, class_="headline"),
        )  # fmt: skip
    relation = found.relations[0]
    return tag(
        "header",
        tag("p", "weigh lineage", class_="kicker"),
        tag("h1", f"Does {relation.child} come from {relation.parent}?"),
        tag("p", ANSWERS[relation.descent], class_="headline"),
        class_=_TONE[relation.descent],
    )


def _sections(found: Lineage) -> Iterator[Markup | None]:
    if found.question:
        reasons = (tag("li", reason) for reason in found.relations[0].reasons)
        yield section("why", "Why", tag("ul", *reasons))
    here = sum(node.here for node in found.nodes)
    lead = (
        f"The {MOST_DRAWN} youngest of {here} are drawn; the table has every edge."
        if here > MOST_DRAWN
        else ""
    )
    drawing = tag("div", _drawing(found), class_="scroll")
    yield section("graph", "What came from what", _legend(found), drawing, _edges(found), lead=lead)
    for place, relation in enumerate(found.relations):
        yield _relation(relation, place, alone=found.question)
    if found.unknown:
        yield section("unknown", "Not looked at", tag("ul", *(tag("li", line) for line in found.unknown)))


def _legend(found: Lineage) -> Markup:
    used = [ground for ground in Ground if any(edge.ground is ground for edge in found.edges)]
    words = {
        Ground.PARENT: "follows: the version before, as its author had it",
        Ground.DECLARED: "declared: a file or the author says so, nothing verifies it",
        Ground.PROVED: "proved: equal contents that nobody arrives at alone",
        Ground.LIKELY: "likely: the values are alike beyond chance and strangers",
    }
    items = (tag("li", _key(ground), " ", words[ground]) for ground in used)
    return tag("ul", *items, class_="legend")


def _key(ground: Ground) -> Markup:
    line = tag("line", x1=0, x2=34, y1=7, y2=7, **_stroke(ground))
    return tag("svg", line, viewBox="0 0 34 14", width=34, height=14, aria_hidden="true")


def _stroke(ground: Ground) -> dict[str, str | float | None]:
    style, dashes, width = _LINE[ground]
    return {"class_": style, "stroke_width": width, "stroke_dasharray": dashes}


def _drawing(found: Lineage) -> Markup:
    here = [node for node in reversed(found.nodes) if node.here][:MOST_DRAWN]
    rows = [*here, *(node for node in found.nodes if not node.here)][: 2 * MOST_DRAWN]
    at = {node.id: place for place, node in enumerate(rows)}
    edges = [edge for edge in found.edges if edge.child in at and edge.parent in at]
    deepest = max((_depth(edge, at) for edge in edges), default=_ARC)
    left = deepest + 24
    names = {node.id: node.name for node in found.nodes}
    height = 2 * _TOP + _ROW * len(rows)
    return tag(
        "svg",
        *(_arc(edge, at, left) for edge in sorted(edges, key=lambda e: list(Ground).index(e.ground))),
        *(part for node in rows for part in _row(node, at[node.id], left, found.edges, names)),
        class_="lineage", viewBox=f"0 0 {_WIDTH} {height}", role="img",
        aria_label="Models and what each came from; the table below says the same.",
    )  # fmt: skip


def _depth(edge: Edge, at: Mapping[str, int]) -> int:
    """How far an arc bulges; those between the same two rows lie beside each other."""
    span = abs(at[edge.child] - at[edge.parent])
    return min(_ARC + _STEP * span, _WIDEST) + 9 * list(Ground).index(edge.ground)


def _middle(place: int) -> float:
    return _TOP + _ROW * (place + 0.5)


def _arc(edge: Edge, at: Mapping[str, int], left: int) -> Markup:
    child, parent = _middle(at[edge.child]), _middle(at[edge.parent])
    way = 6 if parent > child else -6
    end = left - _depth(edge, at) * 4 / 3
    path = (
        f"M {left} {child + way} C {end:.0f} {child + way}, {end:.0f} {parent - way}, {left} {parent - way}"
    )
    said = f"{GROUNDS[edge.ground]}{': ' if edge.label else ''}{edge.label}"
    return tag("path", tag("title", said), d=path, **_stroke(edge.ground))


def _row(
    node: Node, place: int, left: int, edges: Sequence[Edge], names: Mapping[str, str]
) -> Iterator[Markup]:
    y = _middle(place)
    yield tag("circle", cx=left, cy=y, r=7, class_="dot" if node.here else "dot away")
    told = [e for e in edges if e.child == node.id]
    title = f"  {node.title}" if node.title else ""
    yield tag(
        "text",
        tag("tspan", clip(node.name, 60), class_="name"),
        tag("tspan", clip(title, 60)),
        x=left + 20, y=y - 2 if told or not node.here else y + 5,
    )  # fmt: skip
    words = "; ".join(
        f"{GROUNDS[e.ground]} {clip(names[e.parent], 44)} {clip(e.label, 44)}".strip() for e in told
    )
    if words or not node.here:
        yield tag(
            "text", clip(words or "named only, not looked at", 130), x=left + 20, y=y + 15, class_="sub"
        )


def _edges(found: Lineage) -> Markup | None:
    nodes = {node.id: node for node in found.nodes}
    rows = [
        [_called(nodes[e.child]), GROUNDS[e.ground], _called(nodes[e.parent]), e.label] for e in found.edges
    ]
    columns = [Column("model"), Column("how it is known"), Column("came from"), Column("in words")]
    return table("Every edge of the drawing", columns, rows)


def _called(node: Node) -> str:
    return f"{node.name} {node.title}".strip()


def _relation(relation: Relation, place: int, *, alone: bool) -> Markup:
    tables = [part for part in (_shared(relation.shared), _alike(relation.likeness)) if part is not None]
    title = f"{relation.child} from {relation.parent}: {relation.descent.value}"
    if alone:
        return section(f"pair-{place}", "The tensors", *tables)
    reasons = tag("ul", *(tag("li", reason) for reason in relation.reasons))
    return details(title, reasons, *tables)


def _shared(shared: Shared) -> Markup | None:
    rows = [
        [t.name, t.parent_name, numbers.count(t.values), numbers.count(t.of), t.how] for t in shared.tensors
    ]
    columns = [
        Column("tensor"), Column("in the other"), Column("values shared", number=True),
        Column("of", number=True), Column("how"),
    ]  # fmt: skip
    return table("Shared contents that prove something, the largest first", columns, rows)


def _alike(likeness: Likeness | None) -> Markup | None:
    if likeness is None:
        return None
    rows = [[t.name, numbers.count(t.values), f"{t.cosine:.4f}", f"{t.chance:.4f}"] for t in likeness.tensors]
    columns = [
        Column("matrix"), Column("values compared", number=True), Column("cosine", number=True),
        Column("when shuffled", number=True),
    ]  # fmt: skip
    return table(f"The largest of {likeness.count} matrices that are not equal", columns, rows)
