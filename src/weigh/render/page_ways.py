"""The ways of using the model, measured: scores and costs, learning curves, each test set."""

from collections.abc import Sequence

from weigh.core.cost import Cost
from weigh.core.measure import Measure
from weigh.core.recommendation import ArmKind, ArmResult, Comparison, CurvePoint, Recommendation
from weigh.render import charts, numbers
from weigh.render.axis import Axis, covering
from weigh.render.charts import DotRow, Series
from weigh.render.markup import Markup, Node, join, tag
from weigh.render.page_parts import Column, details, digest, plot, section, table

MAX_CHARTS = 6
"""Learning curves drawn; the others stand in report.json."""

OBJECTIVE = "objective"

_KINDS = {
    ArmKind.MODEL: "rests on the model",
    ArmKind.SCRATCH: "trained from scratch",
    ArmKind.CONSTANT: "learns nothing",
}
_CONSTANT_STYLE = 6

# How the methods of intervals end that cover the draw of training rows, and that do not.
_REFITTED = "+refits"
_LEFT_OUT = "training draw not included"


def styles(arms: Sequence[ArmResult]) -> dict[str, int]:
    """Arm id → number of its colour and mark, the same in every chart of the page."""
    free = [s for s in range(charts.MAX_SERIES) if s != _CONSTANT_STYLE]
    out: dict[str, int] = {}
    for arm in arms:
        constant = arm.kind is ArmKind.CONSTANT
        out[arm.arm] = _CONSTANT_STYLE if constant or not free else free.pop(0)
    return out


def ways(r: Recommendation) -> Markup:
    """Every arm with its score, its price and its evidence."""
    style = styles(r.arms)
    scores = [a.score for a in r.arms if a.score is not None]
    axis = covering([end for m in scores for end in (m.low, m.high, m.value)], 6, 154)
    columns = (
        Column("way"),
        Column(r.metric, number=True),
        Column("labels", number=True),
        Column("to train", number=True),
        Column("a row", number=True),
        Column("memory", number=True),
        Column("on disk", number=True),
    )
    rows = [_way(arm, style[arm.arm], axis, chosen=arm.arm == r.arm) for arm in r.arms]
    return section(
        "ways",
        "The ways, measured",
        table(
            f"Score: {r.objective}. {_covered(scores)}Times and memory are readings of this machine.",
            columns,
            rows,
        ),
        _comparisons(r.comparisons),
    )


def _covered(scores: Sequence[Measure]) -> str:
    """What the intervals of the scores cover, as their methods say."""
    if any(m.method.endswith(_LEFT_OUT) for m in scores):
        return "Intervals cover which test rows were drawn; those of some ways not which training rows. "
    if any(m.method.endswith(_REFITTED) for m in scores):
        return "Intervals cover which test rows and which training rows were drawn. "
    return ""


def _way(arm: ArmResult, style: int, axis: Axis | None, *, chosen: bool) -> list[Node]:
    said = f"{arm.arm} · {_KINDS[arm.kind]}" + (" · recommended" if chosen else "")
    name = join(
        (
            charts.key_mark(style),
            tag("strong", arm.title) if chosen else arm.title,
            tag("span", said, " · " if arm.evidence else None, digest(arm.evidence), class_="sub"),
        )
    )
    if arm.not_run:
        return [name, tag("span", f"not run: {arm.not_run}", class_="quiet")]
    score = arm.score
    drawn = charts.whisker(score, axis, style) if score is not None and axis is not None else None
    return [name, join((_number(score) or "?", drawn)), *_costs(arm.cost)]


def _costs(cost: Cost | None) -> list[Node]:
    if cost is None:
        return ["?"] * 5
    return [
        numbers.count(cost.labels),
        numbers.seconds(cost.fit_seconds),
        numbers.milliseconds(cost.predict_ms),
        numbers.size(cost.peak_bytes) if cost.peak_bytes else "not measured",
        numbers.size(cost.disk_bytes),
    ]


def _comparisons(comparisons: Sequence[Comparison]) -> Markup | None:
    columns = (
        Column("pair"),
        Column("on"),
        Column("difference", number=True),
        Column("p, Holm", number=True),
    )
    rows: list[list[Node]] = [
        [
            f"{c.arm} {numbers.MINUS} {c.other}",
            c.test,
            numbers.measure(c.difference, signed=True),
            numbers.p_value(c.p_value),
        ]
        for c in comparisons
    ]
    made = table(
        "Paired comparisons on the same rows; p-values are adjusted for their number.", columns, rows
    )
    return made and details("Paired comparisons", made)


def learning(r: Recommendation) -> Markup | None:
    """Score over labelled rows, a drawing and a table for each test set."""
    tests = list(dict.fromkeys(c.test for c in r.curves))
    tests.sort(key=lambda t: t != OBJECTIVE)
    if not tests:
        return None
    style, titles = styles(r.arms), {a.arm: a.arm for a in r.arms}
    parts = [_curve(r, test, i, style, titles) for i, test in enumerate(tests[:MAX_CHARTS])]
    lead = "How the score grows with labelled rows; bands are the intervals of the points, over test rows."
    return section("learning", "Learning curves", *parts, lead=lead)


def _curve(r: Recommendation, test: str, i: int, style: dict[str, int], titles: dict[str, str]) -> Markup:
    points = [c for c in r.curves if c.test == test]
    arms = list(dict.fromkeys(c.arm for c in points))
    series = [
        Series(
            titles.get(arm, arm),
            style.get(arm, i % charts.MAX_SERIES),
            tuple((c.rows, c.score) for c in points if c.arm == arm),
        )
        for arm in arms
    ]
    name = r.objective if test == OBJECTIVE else test
    title = f"{r.metric} over labelled rows: {name}"
    return tag(
        "figure",
        tag("figcaption", name),
        plot(charts.curves(title, series, name=f"curve-{i}")),
        details("The numbers", _curve_table(title, points, arms)),
    )


def _curve_table(caption: str, points: Sequence[CurvePoint], arms: Sequence[str]) -> Markup | None:
    at = {(c.arm, c.rows): c.score for c in points}
    sizes = sorted({c.rows for c in points})
    columns = (Column("rows", number=True), *(Column(arm, number=True) for arm in arms))
    rows = [[numbers.count(n), *(_number(at.get((arm, n))) for arm in arms)] for n in sizes]
    return table(caption, columns, rows)


def shift(r: Recommendation) -> Markup | None:
    """Each arm on each test set."""
    arms = [a for a in r.arms if a.tests]
    tests = list(dict.fromkeys(m.label("test") for a in arms for m in a.tests))
    if not tests:
        return None
    style = styles(r.arms)
    found = {(a.arm, m.label("test")): m for a in arms for m in a.tests}
    rows = [
        DotRow(a.arm, style[a.arm], found[a.arm, t], group=t)
        for t in tests
        for a in arms
        if (a.arm, t) in found
    ]
    title = f"{r.metric} of each way on each test set"
    columns = (Column("test set"), *(Column(a.arm, number=True) for a in arms))
    cells = [[t or "test", *(_number(found.get((a.arm, t))) for a in arms)] for t in tests]
    drawing = charts.dots(title, rows, name="shift-dots") if len(tests) > 1 else None
    lead = "Where the ways differ: in the domain they were trained on, and outside it."
    return section(
        "tests",
        "Each test set",
        tag("figure", plot(drawing)) if drawing else None,
        table(title, columns, cells),
        lead=lead,
    )


def _number(score: Measure | None) -> str:
    return "" if score is None else numbers.with_interval(score.value, score.low, score.high, score.n)
