import itertools
import re

import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.measure import Measure
from weigh.render import charts
from weigh.render.axis import Axis, covering
from weigh.render.charts import DotRow, Series

laws = settings(max_examples=50, deadline=None)
finite = st.floats(-1e9, 1e9, allow_nan=False)


def score(value, low=None, high=None):
    return Measure("accuracy", value, "fraction", 10, low, high)


@laws
@given(st.lists(finite, min_size=1, max_size=8))
def test_an_axis_covers_its_values_in_order(values):
    axis = covering(values, 10, 210)
    places = [axis.place(v) for v in sorted(values)]
    assert places == sorted(places)
    assert all(10 <= p <= 210 for p in places)


@laws
@given(finite, st.floats(1e-6, 1e9), st.integers(2, 9))
def test_ticks_are_evenly_apart_inside_and_not_many(low, span, about):
    axis = Axis(low, low + span, 0, 100)
    if axis.high <= axis.low or span < abs(low) * 1e-9:
        return
    ticks = axis.ticks(about)
    assert len(ticks) <= 2 * about + 2
    slack = axis.step(about) * 1e-6 + abs(low) * 1e-9
    assert all(axis.low - slack <= t <= axis.high + slack for t in ticks)


def test_scores_keep_to_zero_and_one():
    axis = covering([0.0, 1.0], 0, 100)
    assert (axis.low, axis.high) == (0.0, 1.0)
    assert covering([0.5], 0, 100).ticks()


@pytest.mark.parametrize("values", [[], [None], [float("nan"), float("inf")], [1e308, -1e308]])
def test_nothing_to_show_makes_no_axis(values):
    assert covering(values, 0, 1) is None


def test_a_curve_draws_a_band_a_line_and_a_mark_for_each_point():
    points = tuple((n, score(0.5 + n / 10_000, 0.4, 0.9)) for n in (100, 400, 1600))
    out = charts.curves("t", [Series("a", 0, points), Series("b", 1, points)], name="c")
    assert len(re.findall('class="band', out)) == 2
    assert len(re.findall("<polyline", out)) == 2
    assert len(re.findall('class="mark s0"', out)) == 3
    assert "a, 1,600 rows: 0.66 [0.40, 0.90] n=10" in out


def test_labels_of_lines_that_meet_do_not_cover_each_other():
    same = ((100, score(0.5)), (200, score(0.5)))
    out = charts.curves("t", [Series(x, i, same) for i, x in enumerate("abc")], name="c")
    heights = sorted(float(y) for y in re.findall(r'y="([\d.]+)" class="name', out))
    assert len(heights) == 3
    assert all(b - a >= 16 for a, b in itertools.pairwise(heights))


@pytest.mark.parametrize(
    "points", [(), ((100, score(None)),), ((0, score(0.5)),), ((100, score(float("nan"))),)]
)
def test_a_curve_without_points_is_no_drawing(points):
    assert charts.curves("t", [Series("a", 0, points)], name="c") is None


def test_one_size_and_no_interval_still_draw():
    assert charts.curves("t", [Series("a", 0, ((100, score(0.5)),))], name="c")


def test_dots_stand_in_groups_and_an_unknown_score_is_a_question_mark():
    rows = [
        DotRow("a", 0, score(0.5, 0.4, 0.6), "g1"),
        DotRow("b", 1, score(None), "g1"),
        DotRow("a", 0, score(0.6), "g2"),
    ]
    out = charts.dots("t", rows, name="d")
    assert len(re.findall('class="group"', out)) == 2
    assert len(re.findall('class="span', out)) == 1
    assert ">?</text>" in out
    assert charts.dots("t", [DotRow("b", 1, score(None))], name="d") is None


@settings(max_examples=30, deadline=None)
@given(
    st.text(max_size=60), st.lists(st.tuples(st.integers(1, 10**9), st.floats(0, 1)), min_size=1, max_size=6)
)
def test_any_name_and_any_sizes_draw_inside_the_frame(name, points):
    made = charts.curves(name, [Series(name, 0, tuple((n, score(v)) for n, v in points))], name="c")
    numbers = [
        float(x) for pair in re.findall(r'points="([^"]*)"', made) for x in re.split("[ ,]", pair) if x
    ]
    assert all(-10 <= x <= 560 for x in numbers)
    assert "<script" not in made
