"""Charts as inline SVG: learning curves with bands, and points with intervals. No script, no font.

Colours come from the page's style sheet by class, so that they follow light, dark and print. Colour
is never alone: each arm also has its own mark, and a table with the same numbers stands by.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from weigh.core.measure import Measure
from weigh.render import numbers
from weigh.render.axis import Axis, covering
from weigh.render.escape import ELLIPSIS, visible
from weigh.render.markup import Markup, Node, join, tag

MAX_SERIES = 8
"""Arms drawn in one chart; more cannot be told apart, and stand in the table."""

_MARK = 4.0
_LABEL = 24


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart.

    Attributes:
        name: shown beside it (hostile text).
        style: number of its colour and mark, 0 to MAX_SERIES − 1.
        points: (rows, score), ascending.
    """

    name: str
    style: int
    points: tuple[tuple[int, Measure], ...]


@dataclass(frozen=True, slots=True)
class DotRow:
    """One line of a dot plot: a point with its interval."""

    label: str
    style: int
    score: Measure
    group: str = ""


def curves(title: str, series: Sequence[Series], *, name: str) -> Markup | None:
    """Learning curves: score over training rows, with the band of each point's interval.

    Args:
        title: what is drawn, for those who do not see it.
        series: at most MAX_SERIES are drawn.
        name: id of the drawing, unique in the page and ours.

    Returns:
        The drawing, or None when there is nothing to draw.
    """
    drawn = [s for s in (_drawable(one) for one in series[:MAX_SERIES]) if s.points]
    width, height, left, right, top, bottom = 560.0, 280.0, 44.0, 132.0, 12.0, 44.0
    sizes = sorted({rows for s in drawn for rows, _ in s.points})
    ends = [end for s in drawn for _, m in s.points for end in (m.value, m.low, m.high)]
    y = covering(ends, height - bottom, top)
    if y is None or not sizes:
        return None
    x = _sizes_axis(sizes, left, width - right)
    parts: list[Node] = [_grid(y, left, width - right), _bottom_axis(x, sizes, height - bottom)]
    parts += [_band(s, x, y) for s in drawn]
    parts += [_line(s, x, y) for s in drawn]
    parts += _end_labels(drawn, x, y)
    parts.append(
        _text("labelled rows", (left + width - right) / 2, height - 6, class_="axis", anchor="middle")
    )
    return _drawing(title, parts, width, height, name)


def dots(title: str, rows: Sequence[DotRow], *, name: str) -> Markup | None:
    """A dot and its interval for each row, grouped; one scale for all.

    Args:
        title: what is drawn, for those who do not see it.
        rows: in the order they are shown; rows of one group stand together.
        name: id of the drawing, unique in the page and ours.
    """
    ends = [end for r in rows for end in (r.score.value, r.score.low, r.score.high)]
    width, left, right, top = 560.0, 176.0, 20.0, 8.0
    x = covering(ends, left, width - right)
    if x is None:
        return None
    parts: list[Node] = []
    at, group = top, ""
    for row in rows:
        if row.group != group:
            group = row.group
            at += 22
            parts.append(_text(_short(group, 40), 0, at - 4, class_="group"))
        at += 20
        parts.append(_dot_row(row, x, at - 6))
    height = at + 34
    grid = [
        join(
            (
                tag("line", class_="grid", x1=x.place(t), x2=x.place(t), y1=top, y2=at + 4),
                _text(
                    numbers.number(t, decimals=x.decimals(6)),
                    x.place(t),
                    at + 20,
                    class_="tick",
                    anchor="middle",
                ),
            )
        )
        for t in x.ticks(6)
    ]
    return _drawing(title, [*grid, *parts], width, height, name)


def whisker(score: Measure, axis: Axis, style: int) -> Markup:
    """A small dot with its interval, for a table cell. The cell beside it says the number."""
    parts = (
        tag("line", class_="rail", x1=axis.start, x2=axis.end, y1=9, y2=9),
        _interval(score, axis, 9, style),
    )
    width = axis.end + axis.start
    return tag(
        "svg",
        *parts,
        class_="whisker",
        viewBox=f"0 0 {width:g} 18",
        width=width,
        height=18,
        aria_hidden="true",
    )


def key_mark(style: int) -> Markup:
    """The mark of an arm, for legends and tables."""
    return tag(
        "svg", _mark(7, 7, style), class_="key", viewBox="0 0 14 14", width=14, height=14, aria_hidden="true"
    )


def _drawable(series: Series) -> Series:
    points = tuple(
        (n, m) for n, m in series.points if n > 0 and m.value is not None and math.isfinite(m.value)
    )
    return Series(series.name, series.style, tuple(sorted(points, key=lambda p: p[0])))


def _sizes_axis(sizes: Sequence[int], start: float, end: float) -> Axis:
    low, high = sizes[0], sizes[-1]
    if low == high:
        return Axis(low * 0.5, high * 1.5, start, end)
    return Axis(low, high, start, end, logarithmic=high / low > 3)


def _grid(y: Axis, left: float, right: float) -> Markup:
    return join(
        join(
            (
                tag("line", class_="grid", x1=left, x2=right, y1=y.place(t), y2=y.place(t)),
                _text(
                    numbers.number(t, decimals=y.decimals()),
                    left - 8,
                    y.place(t) + 4,
                    class_="tick",
                    anchor="end",
                ),
            )
        )
        for t in y.ticks()
    )


def _bottom_axis(x: Axis, sizes: Sequence[int], at: float) -> Markup:
    parts: list[Node] = [tag("line", class_="axis", x1=x.start, x2=x.end, y1=at, y2=at)]
    last = -math.inf
    for n in sizes:
        place = x.place(n)
        parts.append(tag("line", class_="axis", x1=place, x2=place, y1=at, y2=at + 4))
        if place - last >= 44:
            parts.append(_text(numbers.count(n), place, at + 18, class_="tick", anchor="middle"))
            last = place
    return join(parts)


def _band(series: Series, x: Axis, y: Axis) -> Markup | None:
    bounded = [(n, m.low, m.high) for n, m in series.points if m.low is not None and m.high is not None]
    if len(bounded) < 2:
        return None
    upper = [f"{x.place(n)},{y.place(high)}" for n, _, high in bounded]
    lower = [f"{x.place(n)},{y.place(low)}" for n, low, _ in reversed(bounded)]
    return tag("polygon", class_=f"band s{series.style}", points=" ".join(upper + lower))


def _line(series: Series, x: Axis, y: Axis) -> Markup:
    places = [(x.place(n), y.place(m.value or 0.0), n, m) for n, m in series.points]
    line = tag(
        "polyline", class_=f"line s{series.style}", points=" ".join(f"{a},{b}" for a, b, _, _ in places)
    )
    marks = (
        tag(
            "g",
            _mark(a, b, series.style),
            tag("title", f"{_name(series.name)}, {numbers.count(n)} rows: {numbers.measure(m)}"),
        )
        for a, b, n, m in places
    )
    return join((line, *marks))


def _end_labels(series: Sequence[Series], x: Axis, y: Axis) -> list[Node]:
    """Names at the right end of their lines, moved apart where they would overlap."""
    wanted = sorted((y.place(s.points[-1][1].value or 0.0), s.style, s.name) for s in series)
    out: list[Node] = []
    last = -math.inf
    for place, style, name in wanted:
        last = max(place, last + 16)
        out.append(_text(_short(name, 17), x.end + 12, last + 4, class_=f"name s{style}"))
    return out


def _dot_row(row: DotRow, x: Axis, at: float) -> Markup:
    said = f"{_name(row.label)}: {numbers.measure(row.score)}"
    return tag(
        "g",
        tag("title", said),
        _text(_short(row.label, _LABEL), x.start - 12, at + 4, class_="tick", anchor="end"),
        tag("line", class_="rail", x1=x.start, x2=x.end, y1=at, y2=at),
        _interval(row.score, x, at, row.style),
    )


def _interval(score: Measure, axis: Axis, at: float, style: int) -> Markup:
    if score.value is None or not math.isfinite(score.value):
        return _text("?", axis.start, at + 4, class_="tick")
    span = None
    if score.low is not None and score.high is not None:
        span = tag(
            "line", class_=f"span s{style}", x1=axis.place(score.low), x2=axis.place(score.high), y1=at, y2=at
        )
    return join((span, _mark(axis.place(score.value), at, style)))


def _mark(x: float, y: float, style: int) -> Markup:
    """Circle, square, diamond and triangle in turn."""
    r, kind = _MARK, f"mark s{style}"
    corners = {
        1: ((-r, -r), (r, -r), (r, r), (-r, r)),
        2: ((0, -r - 1), (r + 1, 0), (0, r + 1), (-r - 1, 0)),
        3: ((0, -r - 1), (r + 0.5, r), (-r - 0.5, r)),
    }.get(style % 4)
    if corners is None:
        return tag("circle", class_=kind, cx=x, cy=y, r=r)
    return tag("polygon", class_=kind, points=" ".join(f"{x + a:g},{y + b:g}" for a, b in corners))


def _text(text: str, x: float, y: float, *, class_: str, anchor: str = "start") -> Markup:
    return tag("text", text, x=x, y=y, class_=class_, text_anchor=anchor)


def _short(text: str, length: int) -> str:
    """Escaped first, then cut: what is left can hide nothing."""
    shown = visible(text, limit=200)
    return shown if len(shown) <= length else shown[: length - 1] + ELLIPSIS


def _name(text: str) -> str:
    return visible(text, limit=120)


def _drawing(title: str, parts: Sequence[Node], width: float, height: float, name: str) -> Markup:
    return tag(
        "svg",
        tag("title", title, id=f"{name}-title"),
        *parts,
        class_="chart",
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_labelledby=f"{name}-title",
    )
