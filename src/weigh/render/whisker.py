"""Small inline drawings for tables and legends: a point with its interval, the mark of a way.

They need no script. Colours come from the page's style sheet by class, so that they follow light,
dark and print. Colour is never alone: each series also has its own mark.
"""

import math

from weigh.core.measure import Measure
from weigh.render.axis import Axis
from weigh.render.markup import Markup, tag

MAX_SERIES = 8
"""Series told apart by colour and mark; the style sheet has as many colours."""

SHAPES = ("circle", "square", "diamond", "triangle-up")
"""Marks in turn, under the names that Vega-Lite gives them."""

_RADIUS = 4.0
_MIDDLE = 9.0


def whisker(score: Measure, axis: Axis, style: int) -> Markup:
    """A dot with its interval. The cell it stands in says the number.

    Args:
        score: drawn when it has a value.
        axis: the same for all rows of a table.
        style: number of the colour and mark, 0 to MAX_SERIES − 1.
    """
    width = axis.end + axis.start
    return tag(
        "svg",
        tag("line", class_="rail", x1=axis.start, x2=axis.end, y1=_MIDDLE, y2=_MIDDLE),
        _span(score, axis, style),
        _dot(score, axis, style),
        class_="whisker",
        viewBox=f"0 0 {width:g} 18",
        width=width,
        height=18,
        aria_hidden="true",
    )


def key_mark(style: int) -> Markup:
    """The mark of a series, for legends and tables."""
    return tag(
        "svg", _mark(7, 7, style), class_="key", viewBox="0 0 14 14", width=14, height=14, aria_hidden="true"
    )


def shape(style: int) -> str:
    """The Vega-Lite name of a style's mark."""
    return SHAPES[style % len(SHAPES)]


def hue(style: int) -> str:
    """The style sheet's colour of a style, which follows light, dark and print."""
    return f"var(--s{style % MAX_SERIES})"


def _span(score: Measure, axis: Axis, style: int) -> Markup | None:
    if score.low is None or score.high is None:
        return None
    return tag(
        "line",
        class_=f"span s{style}",
        x1=axis.place(score.low),
        x2=axis.place(score.high),
        y1=_MIDDLE,
        y2=_MIDDLE,
    )


def _dot(score: Measure, axis: Axis, style: int) -> Markup | None:
    if score.value is None or not math.isfinite(score.value):
        return None
    return _mark(axis.place(score.value), _MIDDLE, style)


def _mark(x: float, y: float, style: int) -> Markup:
    r, kind = _RADIUS, f"mark s{style}"
    corners = {
        "square": ((-r, -r), (r, -r), (r, r), (-r, r)),
        "diamond": ((0, -r - 1), (r + 1, 0), (0, r + 1), (-r - 1, 0)),
        "triangle-up": ((0, -r - 1), (r + 0.5, r), (-r - 0.5, r)),
    }.get(shape(style))
    if corners is None:
        return tag("circle", class_=kind, cx=x, cy=y, r=r)
    return tag("polygon", class_=kind, points=" ".join(f"{x + a:g},{y + b:g}" for a, b in corners))
