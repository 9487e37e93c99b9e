import json
import math

import pytest
from full_report import LONG
from hypothesis import given, settings, strategies as st
from sample_report import HOSTILE

from weigh.render import vega
from weigh.render.vega import Point

laws = settings(max_examples=50, deadline=None)
value = st.one_of(st.none(), st.floats(width=32))
points = st.lists(
    st.builds(
        Point, st.text(max_size=80), value, value, value, st.text(), st.floats(width=32), st.text(max_size=9)
    ),
    max_size=8,
)
KINDS = (vega.dots, vega.bars, vega.lines, vega.reliability, vega.matrix)

OURS = {"row", "column", "at", "value", "low", "high", "said", "hue", "shape", "shade", "text", "reference"}
"""Names of fields in our data."""


def walked(node, path=()):
    """Every value of a specification with the keys that lead to it."""
    yield path, node
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from walked(child, (*path, key))


@pytest.mark.parametrize("draw", KINDS)
@laws
@given(title=st.text(), given_points=points)
def test_a_specification_is_json_without_code_whatever_the_names(draw, title, given_points):
    spec = draw(title, given_points)
    if spec is None:
        return
    assert json.loads(json.dumps(spec, allow_nan=False)) == spec
    for path, node in walked(spec):
        if "values" in path:
            continue
        assert path[-1:] not in {("expr",), ("signal",), ("url",), ("href",), ("transform",), ("params",)}
        if path[-1:] == ("field",):
            assert node in OURS
        if path[-1:] in {("color",), ("stroke",), ("fill",)} and isinstance(node, str):
            assert node.startswith("var(--")


@pytest.mark.parametrize("draw", KINDS)
@pytest.mark.parametrize("bad", [None, math.nan, math.inf, -math.inf])
def test_nothing_to_draw_is_no_chart(draw, bad):
    assert draw("t", []) is None
    assert draw("t", [Point("a", bad)]) is None


def test_places_that_are_no_numbers_are_left_out():
    assert vega.lines("t", [Point("a", 0.5, at=math.nan), Point("a", 0.5, at=math.inf)]) is None
    assert len(rows(vega.lines("t", [Point("a", 0.5, at=math.nan), Point("a", 0.5, at=1.0)]))) == 1


def rows(spec):
    return spec["data"]["values"]


@laws
@given(st.lists(st.text(max_size=200), min_size=1, max_size=10, unique=True))
def test_two_names_never_become_one_and_none_is_long(names):
    shown = [row["row"] for row in rows(vega.dots("t", [Point(n, 0.5) for n in names]))]
    assert len(set(shown)) == len(names)
    assert all(len(s) <= 60 and s.isprintable() for s in shown)


def test_long_names_that_begin_alike_are_told_apart():
    shown = [row["row"] for row in rows(vega.dots("t", [Point(LONG + c, 0.5) for c in "abc"]))]
    assert len(set(shown)) == 3
    assert max(map(len, shown)) <= 60


def test_the_description_says_the_extremes_and_points_to_the_table():
    spec = vega.dots(
        "Accuracy", [Point("IN", 0.684, said="IN: 0.684 n=212"), Point("US", 0.751, said="US: 0.751 n=812")]
    )
    assert spec["description"] == (
        "Accuracy. Lowest: IN: 0.684 n=212; highest: US: 0.751 n=812. The table has every number."
    )


def test_bars_start_at_zero_and_the_longest_is_first():
    spec = vega.bars("t", [Point("small", 0.1), Point("most", -0.9), Point("middle", 0.5)])
    assert [row["row"] for row in rows(spec)] == ["most", "middle", "small"]
    assert spec["layer"][0]["encoding"]["x"]["scale"]["zero"] is True


def test_the_training_rows_of_a_curve_take_a_logarithmic_axis_when_they_spread():
    def kind(*places):
        spec = vega.lines("t", [Point("a", 0.5, at=p) for p in places], logarithmic_from=3.0)
        return spec["layer"][0]["encoding"]["x"]["scale"].get("type", "linear")

    assert kind(125.0, 250.0, 2000.0) == "log"
    assert kind(1000.0, 2000.0) == "linear"
    assert kind(0.0, 2000.0) == "linear"
    assert kind(-1.0, 2000.0) == "linear"


def test_a_reference_is_a_line_across_and_a_nonsense_one_is_none():
    drawn = vega.dots("t", [Point("a", 0.5)], reference=0.7)
    assert drawn["layer"][0]["data"]["values"] == [{"reference": 0.7}]
    assert len(vega.dots("t", [Point("a", 0.5)], reference=math.nan)["layer"]) == len(drawn["layer"]) - 1


def test_reliability_holds_both_axes_to_zero_and_one_with_the_diagonal():
    spec = vega.reliability("t", [Point("a", 0.2, at=0.1), Point("a", 0.7, at=0.9)])
    scales = [layer["encoding"][axis]["scale"] for layer in spec["layer"] for axis in ("x", "y")]
    assert all(scale["domain"] == [0, 1] for scale in scales)
    assert spec["layer"][0]["data"]["values"] == [{"at": 0.0, "value": 0.0}, {"at": 1.0, "value": 1.0}]


def test_matrix_cells_darken_with_the_value_and_turn_hue_on_the_worse_side():
    cells = [Point("a", v, column=str(v)) for v in (0.1, 0.5, 0.9)]
    plain = rows(vega.matrix("t", cells))
    assert [c["shade"] for c in plain] == sorted(c["shade"] for c in plain)
    assert {c["hue"] for c in plain} == {"var(--s0)"}
    assert [c["hue"] for c in rows(vega.matrix("t", cells, reference=0.5))] == [
        "var(--s1)",
        "var(--s0)",
        "var(--s0)",
    ]
    lower = rows(vega.matrix("t", cells, reference=0.5, lower_is_better=True))
    assert [c["hue"] for c in lower] == ["var(--s0)", "var(--s0)", "var(--s1)"]
    assert max(c["shade"] for c in plain) <= 0.55


def test_charts_are_bounded():
    many = [Point(str(i), 0.5, column=str(j)) for i in range(60) for j in range(60)]
    assert len(rows(vega.dots("t", many))) == vega.MAX_POINTS
    assert len(rows(vega.matrix("t", many))) == vega.MAX_SIDE**2


def test_hostile_names_are_values_and_show_what_they_hide():
    spec = vega.dots(HOSTILE, [Point(HOSTILE, 0.5, said=HOSTILE)], axis=HOSTILE)
    assert rows(spec)[0]["row"].startswith("\\x1b[31m")
    assert all(text.isprintable() for _, text in walked(spec) if isinstance(text, str))


def test_the_look_is_of_variables_and_system_fonts_only():
    for path, node in walked(vega.config()):
        if isinstance(node, str) and path[-1].lower().endswith("color"):
            assert node.startswith("var(--")
        if isinstance(node, str) and path[-1].lower().endswith("font"):
            assert node.startswith("system-ui")
