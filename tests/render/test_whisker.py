import re

import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.measure import Measure
from weigh.render.axis import covering
from weigh.render.whisker import MAX_SERIES, SHAPES, hue, key_mark, shape, whisker

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


def test_scores_keep_to_zero_and_one():
    axis = covering([0.0, 1.0], 0, 100)
    assert (axis.low, axis.high) == (0.0, 1.0)


@pytest.mark.parametrize("values", [[], [None], [float("nan"), float("inf")], [1e308, -1e308]])
def test_nothing_to_show_makes_no_axis(values):
    assert covering(values, 0, 1) is None


@laws
@given(finite, finite, finite, st.integers(0, 20))
def test_a_whisker_stays_in_its_cell(value, low, high, style):
    axis = covering([value, low, high], 6, 154)
    drawn = whisker(score(value, low, high), axis, style)
    assert all(0 <= float(x) <= 160 for x in re.findall(r'(?:x[12]|cx)="([^"]*)"', drawn))
    assert 'aria-hidden="true"' in drawn


def test_an_unknown_score_has_no_mark_and_one_without_interval_no_span():
    axis = covering([0.0, 1.0], 6, 154)
    assert 'class="mark' not in whisker(score(None), axis, 0)
    assert 'class="span' not in whisker(score(0.5), axis, 0)
    assert 'class="span' in whisker(score(0.5, 0.4, 0.6), axis, 0)


def test_neighbouring_series_differ_in_hue_and_mark():
    pairs = {(hue(i), shape(i)) for i in range(MAX_SERIES)}
    assert len(pairs) == MAX_SERIES
    assert {shape(i) for i in range(4)} == set(SHAPES)
    assert len({key_mark(i) for i in range(MAX_SERIES)}) == MAX_SERIES
