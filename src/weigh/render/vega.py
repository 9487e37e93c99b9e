"""Charts as Vega-Lite specifications: pure functions of points, drawn by the page's own script.

A specification holds data, never code: names of strangers are values, field names are ours. Colours
are the style sheet's variables, so that a drawing follows light, dark and print without being drawn
again. Hue is never alone: series differ in their mark as well, and a table has the same numbers.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from weigh.render import numbers
from weigh.render.escape import ELLIPSIS, visible
from weigh.render.whisker import hue, shape

Spec = dict[str, Any]

MAX_POINTS = 40
"""Rows of one dot or bar chart; more are a smear, and stand in the table."""

MAX_PLACES = 400
"""Points of one line; every so many-th of more is drawn, the two ends among them."""

MAX_SIDE = 24
"""Rows or columns of one matrix."""

_WIDE = 720
_NAME = 60
_FEW_COLUMNS = 6
_LIGHTEST, _DARKEST = 0.04, 0.55
"""Opacity of matrix cells: the text on the darkest keeps a contrast of 4.5 (WCAG 2.2, 1.4.3)."""

_FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif'


@dataclass(frozen=True, slots=True)
class Point:
    """One value to draw.

    Attributes:
        name: the row, line or matrix row it belongs to (hostile text).
        value: drawn when finite.
        low: lower end of its interval; None for none.
        high: upper end.
        said: what it says when pointed at.
        at: place on a numeric horizontal axis.
        column: matrix column, or the series inside a row (hostile text).
        style: number of its colour and mark.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    said: str = ""
    at: float = 0.0
    column: str = ""
    style: int = 0


def config() -> Spec:
    """How every chart of the page looks; set once, not in each."""
    text = {"labelFont": _FONT, "titleFont": _FONT, "labelFontSize": 12, "titleFontSize": 12}
    quiet, line = "var(--quiet)", "var(--line)"
    return {
        "background": None,
        "font": _FONT,
        "aria": False,
        "view": {"stroke": None},
        "axis": {
            **text,
            "labelColor": quiet,
            "titleColor": quiet,
            "titleFontWeight": "normal",
            "titlePadding": 10,
            "labelPadding": 6,
            "gridColor": line,
            "domainColor": line,
            "tickColor": line,
            "labelOverlap": "greedy",
            "labelSeparation": 6,
        },
        "axisY": {"labelColor": "var(--ink)", "labelLimit": 240, "domain": False, "ticks": False},
        "point": {"size": 64, "filled": True, "opacity": 1},
        "line": {"strokeWidth": 2, "strokeJoin": "round"},
        "rule": {"strokeWidth": 2, "strokeCap": "round"},
        "text": {"color": "var(--ink)", "fontSize": 12},
    }


def dots(
    title: str, points: Sequence[Point], *, unit: str = "", axis: str = "", reference: float | None = None
) -> Spec | None:
    """A point with its interval for each row; several series in a row stand under each other."""
    drawn = _finite(points)[:MAX_POINTS]
    if not drawn:
        return None
    series = list(dict.fromkeys(p.column for p in drawn))
    rows = len({p.name for p in drawn})
    height = rows * (len(series) * 15 + 11)
    y: Spec = {"y": _names("row", grid=len(series) > 1)}
    if len(series) > 1:
        y["yOffset"] = {"field": "column", "type": "nominal", "sort": None}
    layers = [
        *_reference(reference, "x"),
        {"mark": "rule", "encoding": {**y, "x": _number("low", axis, unit), "x2": {"field": "high"}, **_HUE}},
        {"mark": "point", "encoding": {**y, "x": _number("value", axis, unit), **_HUE, **_SHAPE, **_SAID}},
    ]
    return _chart(title, drawn, layers, height=height)


def bars(
    title: str, points: Sequence[Point], *, unit: str = "", axis: str = "", reference: float | None = None
) -> Spec | None:
    """A bar from zero with its interval for each row, the longest first."""
    drawn = sorted(_finite(points), key=lambda p: -abs(p.value or 0.0))[:MAX_POINTS]
    if not drawn:
        return None
    y: Spec = {"y": _names("row")}
    bar: Spec = {"mark": {"type": "bar", "height": {"band": 0.62}, "opacity": 0.55, "cornerRadiusEnd": 2}}
    layers = [
        {
            **bar,
            "encoding": {
                **y,
                "x": {**_number("value", axis, unit, zero=True), "stack": None},
                **_HUE,
                **_SAID,
            },
        },
        {
            "mark": {"type": "rule", "color": "var(--ink)", "strokeWidth": 1.5},
            "encoding": {**y, "x": _number("low", axis, unit, zero=True), "x2": {"field": "high"}},
        },
        *_reference(reference, "x"),
    ]
    return _chart(title, drawn, layers, height=len(drawn) * 26)


def lines(
    title: str,
    points: Sequence[Point],
    *,
    unit: str = "",
    axis: str = "",
    reference: float | None = None,
    logarithmic_from: float = 30.0,
) -> Spec | None:
    """A line with its band for each name, over a numeric axis.

    Args:
        title: what is drawn, for those who do not see it.
        points: in any order.
        unit: of the values.
        axis: title of the horizontal axis.
        reference: a value drawn as a horizontal line.
        logarithmic_from: ratio of the largest to the smallest place from which equal ratios take
            equal room.
    """
    drawn = _placed(points)
    if not drawn:
        return None
    places = sorted({p.at for p in drawn})
    spread = places[0] > 0 and places[-1] / places[0] >= logarithmic_from
    scale = {"type": "log", "nice": False} if spread else {"zero": False, "nice": False, "padding": 8}
    x = {"x": _place(axis, scale, places if len(places) <= 12 else None)}
    return _chart(
        title, drawn, [*_reference(reference, "y"), *_lines(x, _number("value", "", unit))], height=280
    )


def reliability(title: str, points: Sequence[Point], *, axis: str = "") -> Spec | None:
    """A line over 0..1 both ways, with the diagonal on which it should lie."""
    drawn = _placed(points)
    if not drawn:
        return None
    unit = {"domain": [0, 1]}
    ends = [{"at": 0.0, "value": 0.0}, {"at": 1.0, "value": 1.0}]
    x = {"x": _place(axis, unit, None)}
    y = {**_number("value", "", "fraction"), "scale": unit}
    diagonal = {
        "data": {"values": ends},
        "mark": {"type": "line", "color": "var(--quiet)", "strokeWidth": 1.5, "strokeDash": [5, 4]},
        "encoding": {**x, "y": y},
    }
    return _chart(title, drawn, [diagonal, *_lines(x, y)], height=340, most=440)


def matrix(
    title: str,
    points: Sequence[Point],
    *,
    axis: str = "",
    reference: float | None = None,
    lower_is_better: bool = False,
) -> Spec | None:
    """A coloured cell for each pair of row and column; stronger colour is a larger value.

    With a reference the colour is the distance from it: the first hue on its better side, the second
    on its worse.
    """
    cells = _finite(points)
    rows = list(dict.fromkeys(p.name for p in cells))[:MAX_SIDE]
    columns = list(dict.fromkeys(p.column for p in cells))[:MAX_SIDE]
    cells = [p for p in cells if p.name in rows and p.column in columns]
    if not cells:
        return None
    shades = _shades(cells, reference, lower_is_better=lower_is_better)
    values = [
        {**row, "shade": shade, "hue": colour, "text": numbers.number(p.value, decimals=_places(cells))}
        for row, p, (shade, colour) in zip(_rows(cells), cells, shades, strict=True)
    ]
    across = {
        "field": "column",
        "type": "nominal",
        "sort": None,
        "title": visible(axis, limit=_NAME) or None,
        "axis": {"orient": "top", "labelAngle": 0 if len(columns) <= _FEW_COLUMNS else -40, "domain": False}
        | {"ticks": False, "labelLimit": 110, "labelOverlap": False},
    }
    places = {"x": across, "y": _names("row")}
    shade = {"fillOpacity": {"field": "shade", "type": "quantitative", "scale": None, "legend": None}}
    layers: list[Spec] = [
        {
            "mark": {"type": "rect", "stroke": "var(--card)", "strokeWidth": 3},
            "encoding": {**places, **_HUE, **shade, **_SAID},
        }
    ]
    if len(columns) <= _FEW_COLUMNS:
        layers.append({"mark": "text", "encoding": {**places, "text": {"field": "text", "type": "nominal"}}})
    return _chart(
        title, cells, layers, height=len(rows) * 34, values=values, most=max(320, 130 * len(columns) + 200)
    )


def shown(text: str, limit: int = _NAME) -> str:
    """A name as a drawing shows it: escaped first, then cut, so that what is left can hide nothing."""
    out = visible(text, limit=4 * limit)
    return out if len(out) <= limit else out[: limit - 1] + ELLIPSIS


_HUE: Spec = {"color": {"field": "hue", "type": "nominal", "scale": None}}
_SHAPE: Spec = {"shape": {"field": "shape", "type": "nominal", "scale": None}}
_SAID: Spec = {"tooltip": {"field": "said", "type": "nominal"}}


def _chart(
    title: str,
    points: Sequence[Point],
    layers: Sequence[Spec],
    *,
    height: int,
    most: int = _WIDE,
    values: Sequence[Spec] | None = None,
) -> Spec:
    """The whole: the page's script adds the width, up to `most` pixels."""
    return {
        "description": _described(title, points),
        "usermeta": {"most": most, "room": height + 60},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": 4,
        "height": height,
        "data": {"values": list(_rows(points) if values is None else values)},
        "layer": list(layers),
    }


def _lines(x: Spec, y: Spec) -> list[Spec]:
    band = {"y": {**y, "field": "low"}, "y2": {"field": "high"}}
    each = {"detail": {"field": "row", "type": "nominal"}}
    return [
        {"mark": {"type": "area", "opacity": 0.13}, "encoding": {**x, **band, **each, **_HUE}},
        {"mark": "line", "encoding": {**x, "y": y, **each, **_HUE}},
        {"mark": "point", "encoding": {**x, "y": y, **_HUE, **_SHAPE, **_SAID}},
    ]


def _names(field: str, *, grid: bool = False) -> Spec:
    axis = {"grid": grid, "tickBand": "extent", "labelOverlap": False}
    return {"field": field, "type": "nominal", "sort": None, "title": None, "axis": axis}


def _number(field: str, title: str, unit: str, *, zero: bool = False) -> Spec:
    axis: Spec = {"tickCount": 5}
    if unit == "bytes":
        axis["format"] = "~s"
    return {
        "field": field,
        "type": "quantitative",
        "title": visible(title, limit=_NAME) or None,
        "scale": {"zero": zero, "nice": True},
        "axis": axis,
    }


def _place(title: str, scale: Spec, places: Sequence[float] | None) -> Spec:
    axis: Spec = {"grid": False}
    if places is not None:
        axis |= {"values": list(places), "format": ",~g" if any(p != int(p) for p in places) else ",d"}
    return {
        "field": "at",
        "type": "quantitative",
        "title": visible(title, limit=_NAME) or None,
        "scale": scale,
        "axis": axis,
    }


def _reference(value: float | None, channel: str) -> list[Spec]:
    if value is None or not math.isfinite(value):
        return []
    at = {channel: {"field": "reference", "type": "quantitative"}}
    mark = {"type": "rule", "color": "var(--quiet)", "strokeWidth": 1.5, "strokeDash": [5, 4]}
    return [{"data": {"values": [{"reference": value}]}, "mark": mark, "encoding": at}]


def _finite(points: Iterable[Point]) -> list[Point]:
    return [p for p in points if p.value is not None and math.isfinite(p.value)]


def _placed(points: Iterable[Point]) -> list[Point]:
    """The points of each line by their places, thinned where they are many."""
    lines: dict[str, list[Point]] = {}
    for point in sorted((p for p in _finite(points) if math.isfinite(p.at)), key=lambda p: p.at):
        lines.setdefault(point.name, []).append(point)
    return sorted((p for line in lines.values() for p in _thinned(line)), key=lambda p: p.at)


def _thinned(line: Sequence[Point]) -> Sequence[Point]:
    if len(line) <= MAX_PLACES:
        return line
    step = (len(line) - 1) / (MAX_PLACES - 1)
    return [line[round(i * step)] for i in range(MAX_PLACES)]


def _rows(points: Sequence[Point]) -> list[Spec]:
    names, columns = _distinct(p.name for p in points), _distinct(p.column for p in points)
    return [
        {
            "row": names[p.name],
            "column": columns[p.column],
            "at": _end(p.at),
            "value": p.value,
            "low": _end(p.low),
            "high": _end(p.high),
            "said": visible(p.said, limit=200),
            "hue": hue(p.style),
            "shape": shape(p.style),
        }
        for p in points
    ]


def _end(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _distinct(names: Iterable[str]) -> dict[str, str]:
    """Name → how it is shown; two names never become one by being cut."""
    out: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        if name in out:
            continue
        short, again = shown(name), 1
        while short in taken:
            again += 1
            short = f"{shown(name, _NAME - 6)} ({again})"
        taken.add(short)
        out[name] = short
    return out


def _described(title: str, points: Sequence[Point]) -> str:
    """One sentence for those who do not see the drawing; the table has the numbers."""
    low = min(points, key=lambda p: p.value or 0.0)
    high = max(points, key=lambda p: p.value or 0.0)
    extremes = f"Lowest: {_told(low)}; highest: {_told(high)}." if len(points) > 1 else f"{_told(low)}."
    return f"{visible(title, limit=200)}. {extremes} The table has every number."


def _told(point: Point) -> str:
    return visible(point.said, limit=120) or f"{shown(point.name)} {numbers.number(point.value)}"


def _shades(
    cells: Sequence[Point], reference: float | None, *, lower_is_better: bool
) -> list[tuple[float, str]]:
    """Opacity and hue of each cell."""
    values = [p.value or 0.0 for p in cells]
    if reference is None:
        low, high = min(values), max(values)
        span = (high - low) or 1.0
        return [(_opacity((v - low) / span), hue(0)) for v in values]
    most = max(abs(v - reference) for v in values) or 1.0
    return [
        (
            _opacity(abs(v - reference) / most),
            hue(1 if (v > reference) == lower_is_better and v != reference else 0),
        )
        for v in values
    ]


def _opacity(strength: float) -> float:
    return round(_LIGHTEST + (_DARKEST - _LIGHTEST) * strength, 3)


def _places(cells: Sequence[Point]) -> int:
    """Decimals that tell the cells apart."""
    values = [p.value or 0.0 for p in cells]
    return numbers.decimals_for(min(values), max(values))
