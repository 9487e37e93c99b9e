"""The ways in pictures: learning curves, each test set, time and memory."""

from collections.abc import Sequence

from weigh.core.measure import Measure
from weigh.core.recommendation import ArmKind, ArmResult, CurvePoint, Recommendation
from weigh.render import numbers, vega
from weigh.render.figure import figure
from weigh.render.markup import Markup, Node, join, tag
from weigh.render.page_parts import Column, details, section, table
from weigh.render.pictures import Drawing
from weigh.render.vega import Point, Spec
from weigh.render.whisker import MAX_SERIES

MAX_CHARTS = 6
"""Learning curves drawn; the others stand in report.json."""

OBJECTIVE = "objective"

_CONSTANT_STYLE = 6
_ROWS_FROM = 3.0
"""Ratio of the most to the fewest training rows from which their axis is logarithmic."""


def styles(arms: Sequence[ArmResult]) -> dict[str, int]:
    """Arm id → number of its colour and mark, the same in every chart and table of the page."""
    free = [s for s in range(MAX_SERIES) if s != _CONSTANT_STYLE]
    out: dict[str, int] = {}
    for arm in arms:
        constant = arm.kind is ArmKind.CONSTANT
        out[arm.arm] = _CONSTANT_STYLE if constant or not free else free.pop(0)
    return out


def learning(r: Recommendation) -> Markup | None:
    """Score over labelled rows, a drawing and a table for each test set."""
    tests = sorted(dict.fromkeys(c.test for c in r.curves), key=lambda t: t != OBJECTIVE)
    figures = [_curve(r, test) for test in tests[:MAX_CHARTS]]
    drawn = [f for f in figures if f is not None]
    if not drawn:
        return None
    lead = "How the score grows with labelled rows; bands are the intervals of the points, over test rows."
    return section("learning", "Learning curves", *drawn, lead=lead)


def key_curve(r: Recommendation) -> Markup | None:
    """The one curve the decision rests on."""
    return _curve(r, OBJECTIVE)


def key_shift(r: Recommendation) -> Markup | None:
    """Each way on each test set, as dots; None when there is only one test set."""
    if len(_tests(r)) < 2:
        return None
    style = styles(r.arms)
    points = [
        _point(m, t or "test", f"{a.arm} on {t}", column=a.arm, style=style[a.arm])
        for t in _tests(r)
        for a in r.arms
        for m in a.tests
        if m.label("test") == t
    ]
    title = f"{r.metric} of each way on each test set"
    spec = vega.dots(title, points, unit="fraction", axis=r.metric)
    return _figure(title, spec, points, details("The numbers", _shift_table(r)))


def shift(r: Recommendation) -> Markup | None:
    """Each arm on each test set, as a matrix."""
    tests = _tests(r)
    if not tests:
        return None
    points = [
        _point(m, a.arm, f"{a.arm} on {m.label('test')}", column=m.label("test"))
        for a in r.arms
        for m in a.tests
    ]
    title = f"{r.metric}, way by test set"
    spec = vega.matrix(title, points, axis="test set") if len(tests) > 1 else None
    lead = "Where the ways differ: in the domain they were trained on, and outside it."
    drawn = figure(Drawing(title, spec), _shift_table(r)) if spec is not None else _shift_table(r)
    return section("tests", "Each test set", drawn, lead=lead)


def costs(r: Recommendation) -> Markup | None:
    """Time and memory of each way."""
    paid = [(a.arm, a.cost, styles(r.arms)[a.arm]) for a in r.arms if a.cost is not None]
    times = [
        Point(arm, c.predict_ms, said=f"{arm}: {numbers.milliseconds(c.predict_ms)}", style=s)
        for arm, c, s in paid
    ]
    memory = [
        Point(arm, float(c.peak_bytes), said=f"{arm}: {numbers.size(c.peak_bytes)}", style=s)
        for arm, c, s in paid
        if c.peak_bytes
    ]
    said = "Milliseconds to answer one row", "Peak memory while answering"
    drawn = (
        figure(Drawing(title, spec))
        for title, spec in (
            (said[0], vega.bars(said[0], times, axis="ms a row")),
            (said[1], vega.bars(said[1], memory, unit="bytes", axis="bytes")),
        )
        if spec is not None
    )
    figures = list(drawn)
    note = tag("p", "Readings of this machine; the table in Decide has every number.", class_="quiet")
    return join((tag("div", *figures, class_="pair"), note)) if figures else None


def _curve(r: Recommendation, test: str) -> Markup | None:
    points = [c for c in r.curves if c.test == test and c.rows > 0]
    if not points:
        return None
    style = styles(r.arms)
    known = list(style)
    arms = sorted(
        dict.fromkeys(c.arm for c in points), key=lambda a: known.index(a) if a in style else len(known)
    )
    arms = arms[:MAX_SERIES]
    drawn = [
        _point(
            c.score,
            c.arm,
            f"{c.arm}, {numbers.count(c.rows)} rows",
            at=float(c.rows),
            style=style.get(c.arm, arms.index(c.arm) % MAX_SERIES),
        )
        for arm in arms
        for c in points
        if c.arm == arm
    ]
    name = r.objective if test == OBJECTIVE else test
    title = f"{r.metric} over labelled rows: {name}"
    spec = vega.lines(title, drawn, unit="fraction", axis="labelled rows", logarithmic_from=_ROWS_FROM)
    return _figure(title, spec, drawn, details("The numbers", _curve_table(title, points, arms)))


def _figure(title: str, spec: Spec | None, points: Sequence[Point], *under: Node) -> Markup | None:
    if spec is None:
        return None
    named = dict.fromkeys((p.column or p.name, p.style) for p in points)
    return figure(Drawing(title, spec, tuple(named)), *under)


def _curve_table(caption: str, points: Sequence[CurvePoint], arms: Sequence[str]) -> Markup | None:
    at = {(str(c.rows), c.arm): c.score for c in points}
    sizes = [str(n) for n in sorted({c.rows for c in points})]
    return _grid(caption, "rows", sizes, arms, at)


def _shift_table(r: Recommendation) -> Markup | None:
    arms = [a.arm for a in r.arms if a.tests]
    found = {(m.label("test"), a.arm): m for a in r.arms for m in a.tests}
    return _grid(f"{r.metric} of each way on each test set", "test set", _tests(r), arms, found)


def _grid(
    caption: str, head: str, rows: Sequence[str], arms: Sequence[str], found: dict[tuple[str, str], Measure]
) -> Markup | None:
    """Ways side by side; n has a column of its own where all ways share it."""
    sizes = [{found[row, arm].n for arm in arms if (row, arm) in found} for row in rows]
    shared = all(len(ns) == 1 for ns in sizes)
    columns = [Column(head, number=head == "rows")]
    columns += [Column("n", number=True)] if shared else []
    columns += [Column(arm, number=True) for arm in arms]
    cells: list[list[Node]] = []
    for row, ns in zip(rows, sizes, strict=True):
        first: list[Node] = [numbers.count(int(row)) if head == "rows" else row or "test"]
        first += [numbers.count(min(ns))] if shared else []
        scores = (found.get((row, arm)) for arm in arms)
        cells.append([*first, *(_estimate(m) if shared else _number(m) for m in scores)])
    return table(caption, columns, cells)


def _estimate(score: Measure | None) -> str:
    return "" if score is None else numbers.estimate(score.value, score.low, score.high)


def _tests(r: Recommendation) -> list[str]:
    return list(dict.fromkeys(m.label("test") for a in r.arms for m in a.tests))


def _point(m: Measure, name: str, said: str, *, at: float = 0.0, column: str = "", style: int = 0) -> Point:
    return Point(name, m.value, m.low, m.high, f"{said}: {_number(m)}", at, column, style)


def _number(score: Measure | None) -> str:
    return "" if score is None else numbers.with_interval(score.value, score.low, score.high, score.n)
