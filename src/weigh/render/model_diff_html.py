"""The page of `weigh diff` for models: one file without font, cookie or request to anywhere.

Two views: what happened to the weights, with a heat map of the layers and the same numbers in tables, and
what the other files say otherwise. The scripts are those of the report's page; without them all is there.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.resources import files

from weigh.core.model_diff import ModelDiff, TensorDiff
from weigh.render import embedded, numbers, vega
from weigh.render.diff_screen import code_lines
from weigh.render.figure import figure
from weigh.render.html import policy
from weigh.render.markup import Markup, Node, raw, tag
from weigh.render.model_diff_screen import (
    TURNS,
    answer_lines,
    change_words,
    cosine,
    distance_line,
    list_lines,
    share,
    small,
    turns,
)
from weigh.render.model_layers import by_layer, in_order, moved
from weigh.render.page_parts import Column, details, facts_list, section, table
from weigh.render.pictures import Drawing

_VIEWS = (("weights", "Weights"), ("files", "Files and answers"))
_CHART = 'class="chart"'
MOST_MAPS = 6
"""Heat maps of one page, of MAX_SIDE layers each; the tables have every layer."""
_MAP_NOTE = "Stronger colour: a larger relative L2 change, in powers of ten. An empty place did not change."
_NAMES = (
    Column("tensor"),
    Column("change"),
    Column("relative L2", number=True),
    Column("cosine", number=True),
    Column("values other", number=True),
    Column("mean |d|", number=True),
    Column("steps at most", number=True),
)


def page(diff: ModelDiff) -> str:
    """The comparison as a self-contained HTML page.

    Args:
        diff: what differs.
    """
    main = tag("main", _tabs(), _weights(diff), _files(diff))
    scripts = _scripts(charts=_CHART in main)
    body = (
        _heading(diff),
        main,
        tag("footer", tag("p", "weigh/model-diff/1")),
        embedded.data(vega.config(), name="chart-config") if _CHART in main else None,
        *(tag("script", raw(text)) for text in scripts),
    )
    document = tag("html", _head(diff, scripts), tag("body", *body), lang="en")
    return f"<!doctype html>\n{document}\n"


def _scripts(*, charts: bool) -> tuple[str, ...]:
    own = embedded.script(*embedded.OWN)
    return (embedded.script(*embedded.LIBRARY), own) if charts else (own,)


def _head(diff: ModelDiff, scripts: tuple[str, ...]) -> Markup:
    style = (files("weigh.render") / "page.css").read_text(encoding="utf-8")
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy(scripts)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", f"{diff.old} → {diff.new}"),
        tag("style", raw(style)),
    )


def _heading(diff: ModelDiff) -> Markup:
    weights = [t for t in diff.tensors if not t.training]
    about: list[tuple[str, Node]] = [
        ("old", diff.old),
        ("new", diff.new),
        ("tensors", turns(weights, diff.same_tensors)),
        ("values", f"{numbers.count(diff.old_values)} → {numbers.count(diff.new_values)}"),
    ]
    return tag(
        "header",
        tag("p", "weigh diff", class_="kicker"),
        tag("h1", f"{diff.old} → {diff.new}"),
        tag("p", _headline(diff), class_="headline"),
        facts_list(about),
        class_="open" if diff.differs else "good",
    )


def _headline(diff: ModelDiff) -> str:
    if not diff.differs:
        return "Nothing differs"
    if diff.reading:
        return diff.reading[0].upper() + diff.reading[1:]
    return f"{numbers.count(len(diff.tensors))} tensors and {len(diff.files)} files differ"


def _tabs() -> Markup:
    links = (tag("a", title, href=f"#{name}", id=f"tab-{name}") for name, title in _VIEWS)
    return tag("nav", *links, class_="tabs", aria_label="Views")


def _panel(name: str, *children: Node) -> Markup:
    title = dict(_VIEWS)[name]
    return tag("div", tag("h2", title, class_="view"), *children, id=name, class_="panel")


def _weights(diff: ModelDiff) -> Markup:
    weights = [t for t in diff.tensors if not t.training]
    overall = tag("p", distance_line(diff.overall), class_="lead") if diff.overall is not None else None
    if not weights:
        return _panel("weights", tag("p", "Every tensor is the same.", class_="lead"))
    return _panel("weights", overall, _maps(weights), _layers(weights), _training(diff))


def _maps(weights: Sequence[TensorDiff]) -> Markup | None:
    """Heat maps of the layers in the order of the model; columns are the parts that most layers have."""
    layers = [layer for layer in in_order(by_layer(weights)) if layer.moved > 0]
    parts = Counter(rest for layer in layers for rest, t in layer.tensors if moved(t) > 0)
    columns = [part for part, _ in parts.most_common(vega.MAX_SIDE)]
    drawings = []
    for begin in range(0, min(len(layers), MOST_MAPS * vega.MAX_SIDE), vega.MAX_SIDE):
        points = [
            vega.Point(
                layer.name or "(no layer)", math.log10(moved(t)), column=rest,
                said=f"{t.name}: relative L2 {small(moved(t))}",
            )
            for layer in layers[begin : begin + vega.MAX_SIDE]
            for rest, t in sorted(layer.tensors, key=lambda pair: pair[0])
            if rest in columns and moved(t) > 0
        ]  # fmt: skip
        title = "How far each layer moved" if begin == 0 else f"Layers from {layers[begin].name}"
        spec = vega.matrix(title, points)
        if spec is not None:
            drawings.append(figure(Drawing(title, spec, note=_MAP_NOTE)))
    return section("map", "Layers", *drawings) if drawings else None


def _layers(weights: Sequence[TensorDiff]) -> Markup:
    tables = []
    for place, layer in enumerate(by_layer(weights)):
        rows = [_row(rest, tensor) for rest, tensor in layer.tensors]
        name = layer.name or "(no layer)"
        told = f"{name} · {len(rows)} tensors · up to {small(layer.moved) if layer.moved >= 0 else '?'}"
        tables.append(details(told, table(name, _NAMES, rows), opened=place < 3))
    return section("tensors", "Tensors", *tables, lead="By layer, the largest relative change first.")


def _row(rest: str, tensor: TensorDiff) -> list[Node]:
    far = tensor.distance
    if far is None:
        return [rest, change_words(tensor)]
    steps = "" if far.largest_steps is None else numbers.count(far.largest_steps)
    return [
        rest, change_words(tensor), small(far.relative_l2), cosine(far.cosine), share(far.changed),
        small(far.mean_absolute), steps,
    ]  # fmt: skip


def _training(diff: ModelDiff) -> Markup | None:
    training = [t for t in diff.tensors if t.training]
    if not training and not diff.same_training:
        return None
    words = ", ".join(f"{n} {TURNS[turn]}" for turn, n in Counter(t.turn for t in training).items())
    told = f"{words or 'none changed'}, {diff.same_training} the same."
    return section("training", "Optimiser and schedule", tag("p", told))


def _files(diff: ModelDiff) -> Markup:
    return _panel("files", *(part for part in _file_sections(diff) if part is not None))


def _file_sections(diff: ModelDiff) -> Iterator[Markup | None]:
    if diff.answers is not None:
        yield section("answers", "Answers", *(tag("p", line.strip()) for line in answer_lines(diff.answers)))
    stated = [[s.what, s.old or "(none)", s.new or "(none)"] for s in diff.statements]
    yield _told("stated", "Stated otherwise", ("what", "old", "new"), stated)
    changed = [[f.path, f.kind.value, _size(f.old_size), _size(f.new_size)] for f in diff.files]
    yield _told("changed", "Files", ("file", "what", "old size", "new size"), changed)
    values = [[f"{v.file}: {v.key}", v.kind.value, v.old, v.new] for v in diff.values]
    yield _told("values", "Configuration", ("key", "what", "old", "new"), values)
    lists = [[" ".join(list_lines(change))] for change in diff.lists]
    yield _told("lists", "Vocabulary, merges, labels", ("list",), lists)
    for place, code in enumerate(diff.code):
        lines = (tag("div", line or " ") for line in code_lines(code, whole=True))
        yield section(f"code-{place}", code.path, tag("pre", *lines))
    if diff.unknown:
        yield section("unknown", "Not compared", tag("ul", *(tag("li", line) for line in diff.unknown)))
    if not (diff.files or diff.answers):
        yield tag("p", "Every file is the same.", class_="lead")


def _told(name: str, title: str, heads: Sequence[str], rows: Sequence[Sequence[Node]]) -> Markup | None:
    made = table(title, [Column(head) for head in heads], rows)
    return section(name, title, made) if made is not None else None


def _size(size: int) -> str:
    return numbers.size(size) if size >= 0 else ""
