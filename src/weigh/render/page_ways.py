"""The ways of using the model, measured: what each scores and costs, and how they compare."""

from collections.abc import Sequence

from weigh.core.cost import Cost
from weigh.core.measure import Measure
from weigh.core.recommendation import ArmKind, ArmResult, Comparison, Recommendation
from weigh.render import numbers
from weigh.render.axis import Axis, covering
from weigh.render.markup import Markup, Node, join, tag
from weigh.render.page_curves import costs, styles
from weigh.render.page_parts import Column, digest, section, table
from weigh.render.whisker import key_mark, whisker

_KINDS = {
    ArmKind.MODEL: "rests on the model",
    ArmKind.SCRATCH: "trained from scratch",
    ArmKind.CONSTANT: "learns nothing",
}

# How the methods of intervals end that cover the draw of training rows, and that do not.
_REFITTED = "+refits"
_LEFT_OUT = "training draw not included"


def ways(r: Recommendation) -> Markup:
    """Every arm with its score, its price and its evidence."""
    style = styles(r.arms)
    first = sorted(r.arms, key=lambda arm: arm.arm != r.arm)
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
    rows = [_way(arm, style[arm.arm], axis, chosen=arm.arm == r.arm) for arm in first]
    return section(
        "ways",
        "What each way costs",
        table(
            f"Score: {r.objective}. {_covered(scores)}Times and memory are readings of this machine.",
            columns,
            rows,
        ),
    )


def compared(r: Recommendation) -> Markup | None:
    """The ways against each other on the same rows, and what they take of this machine."""
    parts = [part for part in (_comparisons(r.comparisons), costs(r)) if part is not None]
    return section("compared", "The ways compared", *parts) if parts else None


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
            key_mark(style),
            tag("strong", arm.title) if chosen else arm.title,
            tag("span", said, " · " if arm.evidence else None, digest(arm.evidence), class_="sub"),
        )
    )
    if arm.not_run:
        return [name, tag("span", f"not run: {arm.not_run}", class_="quiet")]
    score = arm.score
    drawn = whisker(score, axis, style) if score is not None and axis is not None else None
    return [name, join((_number(score) or "?", drawn)), *_price(arm.cost)]


def _price(cost: Cost | None) -> list[Node]:
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
    return table(
        "Paired comparisons on the same rows; p-values are adjusted for their number.", columns, rows
    )


def _number(score: Measure | None) -> str:
    return "" if score is None else numbers.with_interval(score.value, score.low, score.high, score.n)
