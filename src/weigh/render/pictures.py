"""From a check's pictures and measures to charts: which measures belong, and what tells them apart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from weigh.core.measure import Direction, Measure
from weigh.core.picture import Picture, PictureKind
from weigh.render import numbers, vega
from weigh.render.vega import Point, Spec
from weigh.render.whisker import MAX_SERIES

MAX_FACETS = 6
"""Charts of one picture; the table has the others."""

MAX_ON_ONE_DIAGONAL = 2
"""Lines of one reliability diagram; more cross each other near the diagonal and get one each."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with its title.

    Attributes:
        title: what it shows (hostile text).
        spec: the Vega-Lite specification.
        legend: (name, style) of its series in order; empty when there is only one.
        note: what was left out of the drawing, "" when nothing was.
    """

    title: str
    spec: Spec
    legend: tuple[tuple[str, int], ...] = ()
    note: str = ""


def drawings(picture: Picture, measures: Sequence[Measure]) -> list[Drawing]:
    """The charts of one picture: one, or one for each value of its facet.

    Measures of another name, without the labels asked for, or without a value are left out.
    """
    wanted = [m for m in measures if _belongs(picture, m)]
    picture = _apart(picture, wanted)
    facets = list(dict.fromkeys(m.label(picture.facet) for m in wanted)) if picture.facet else [""]
    made = (
        _drawing(picture, facet, [m for m in wanted if not picture.facet or m.label(picture.facet) == facet])
        for facet in facets[:MAX_FACETS]
    )
    shown = [one for one in made if one is not None]
    if shown and len(facets) > MAX_FACETS:
        more = f"{numbers.count(len(facets) - MAX_FACETS)} more charts like these are not drawn."
        shown[-1] = replace(shown[-1], note=" ".join(filter(None, (shown[-1].note, more))))
    return shown


def _apart(picture: Picture, measures: Sequence[Measure]) -> Picture:
    """Reliability diagrams of many rows stand side by side."""
    if picture.kind is not PictureKind.RELIABILITY or picture.facet or not picture.row:
        return picture
    if len({m.label(picture.row) for m in measures}) <= MAX_ON_ONE_DIAGONAL:
        return picture
    return replace(picture, facet=picture.row, row="")


def _belongs(picture: Picture, m: Measure) -> bool:
    if m.name != picture.measure or m.value is None:
        return False
    own = dict(m.labels)
    asked = [picture.row, picture.facet]
    if picture.kind in {PictureKind.LINE, PictureKind.RELIABILITY, PictureKind.MATRIX}:
        asked.append(picture.column)
    return all(key in own for key in asked if key)


def _drawing(picture: Picture, facet: str, measures: Sequence[Measure]) -> Drawing | None:
    if not measures:
        return None
    title = f"{picture.title}: {facet}" if facet else picture.title
    points = _KINDS[picture.kind](picture, measures)
    spec = _spec(picture, title, points, measures[0])
    if spec is None:
        return None
    return Drawing(title, spec, _legend(picture, points), _left_out(spec, measures))


def _spec(picture: Picture, title: str, points: Sequence[Point], first: Measure) -> Spec | None:
    name = first.name.replace("_", " ") + (
        "" if first.unit in {"", "fraction", "count"} else f", {first.unit}"
    )
    column = picture.column.replace("_", " ")
    match picture.kind:
        case PictureKind.DOTS:
            return vega.dots(title, points, unit=first.unit, axis=name, reference=picture.reference)
        case PictureKind.BARS:
            return vega.bars(title, points, unit=first.unit, axis=name, reference=picture.reference)
        case PictureKind.LINE:
            return vega.lines(title, points, unit=first.unit, axis=column, reference=picture.reference)
        case PictureKind.RELIABILITY:
            return vega.reliability(title, points, axis=column)
        case PictureKind.MATRIX:
            lower = first.direction is Direction.LOWER
            return vega.matrix(title, points, axis=column, reference=picture.reference, lower_is_better=lower)


def _in_rows(picture: Picture, measures: Sequence[Measure]) -> list[Point]:
    """A point for each measure; those of one row are told apart by what else they are labelled."""
    names = [m.label(picture.row) or m.name for m in measures]
    if len(set(names)) < len(names):
        telling = _telling(measures) - {picture.facet}
        names = [" · ".join(v for k, v in m.labels if k in telling) or m.name for m in measures]
    return [_point(m, name, said=name) for m, name in zip(measures, names, strict=True)]


def _on_lines(picture: Picture, measures: Sequence[Measure]) -> list[Point]:
    names = list(dict.fromkeys(m.label(picture.row) for m in measures))[:MAX_SERIES]
    out: list[Point] = []
    for m in measures:
        at, name = _placed(m.label(picture.column)), m.label(picture.row)
        if at is None or name not in names:
            continue
        told = ", ".join(part for part in (name, f"{picture.column} {m.label(picture.column)}") if part)
        out.append(_point(m, name, said=told, at=at, style=names.index(name)))
    return out


def _in_cells(picture: Picture, measures: Sequence[Measure]) -> list[Point]:
    """A point for each pair; the first measure of a pair stands for it."""
    cells: dict[tuple[str, str], Measure] = {}
    for m in measures:
        cells.setdefault((m.label(picture.row), m.label(picture.column)), m)
    return [_point(m, row, said=f"{row}, {column}", column=column) for (row, column), m in cells.items()]


_KINDS: dict[PictureKind, Callable[[Picture, Sequence[Measure]], list[Point]]] = {
    PictureKind.DOTS: _in_rows,
    PictureKind.BARS: _in_rows,
    PictureKind.LINE: _on_lines,
    PictureKind.RELIABILITY: _on_lines,
    PictureKind.MATRIX: _in_cells,
}


def _point(m: Measure, name: str, *, said: str, at: float = 0.0, column: str = "", style: int = 0) -> Point:
    return Point(name, m.value, m.low, m.high, f"{said}: {numbers.measure(m)}", at, column, style)


def _placed(text: str) -> float | None:
    """A label as a number; None when it is none."""
    try:
        return float(text)
    except ValueError:
        return None


def _telling(measures: Sequence[Measure]) -> frozenset[str]:
    """Label keys whose values tell these measures apart."""
    values: dict[str, set[str]] = {}
    for m in measures:
        for key, value in m.labels:
            values.setdefault(key, set()).add(value)
    return frozenset(key for key, seen in values.items() if len(seen) > 1)


def _legend(picture: Picture, points: Sequence[Point]) -> tuple[tuple[str, int], ...]:
    if picture.kind not in {PictureKind.LINE, PictureKind.RELIABILITY}:
        return ()
    series = dict.fromkeys((p.name, p.style) for p in points)
    return tuple(series) if len(series) > 1 else ()


def _left_out(spec: Spec, measures: Sequence[Measure]) -> str:
    """How many of the measures are drawn, whatever bound left the others out; "" when all are."""
    drawn = len(spec["data"]["values"])
    if drawn >= len(measures):
        return ""
    return f"{numbers.count(drawn)} of {numbers.count(len(measures))} are drawn."
