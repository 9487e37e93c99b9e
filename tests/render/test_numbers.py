import math

import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.measure import Measure
from weigh.render import numbers

laws = settings(max_examples=50, deadline=None)


@pytest.mark.parametrize(
    ("value", "low", "high", "n", "said"),
    [
        (0.771, 0.742, 0.799, 700, "0.771 [0.742, 0.799] n=700"),
        (0.7712, 0.75, 0.79, 7000, "0.771 [0.750, 0.790] n=7,000"),
        (0.684, 0.621, 0.747, 212, "0.684 [0.621, 0.747] n=212"),
        (0.77123, 0.7701, 0.7722, 10**6, "0.7712 [0.7701, 0.7722] n=1,000,000"),
        (0.6, 0.35, 0.82, 10, "0.60 [0.35, 0.82] n=10"),
        (52.3, 48.1, 57.7, 20, "52.3 [48.1, 57.7] n=20"),
        (5234.6, 4811.0, 5770.0, 20, "5,235 [4,811, 5,770] n=20"),
        (0.5, None, None, 0, "0.500"),
        (0.5, 0.5, 0.5, 9, "0.500 [0.500, 0.500] n=9"),
        (None, None, None, 9, "? n=9"),
        (0.5, 0.4, None, 9, "0.500 [0.400, ?] n=9"),
    ],
)
def test_digits_follow_the_width_of_the_interval(value, low, high, n, said):
    assert numbers.with_interval(value, low, high, n) == said


def test_a_difference_carries_its_sign_and_zero_has_none():
    assert numbers.estimate(0.045, 0.012, 0.078, signed=True) == "+0.045 [+0.012, +0.078]"
    assert numbers.estimate(-0.045, -0.078, 0.012, signed=True) == "−0.045 [−0.078, +0.012]"
    assert numbers.number(-0.0001, decimals=2) == "0.00"
    assert numbers.number(0.0, decimals=2, signed=True) == "0.00"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (90_868_376, "90.9 MB"),
        (999_960, "1 MB"),
        (1_500_000_000, "1.5 GB"),
        (212_000_000, "212 MB"),
    ],
)
def test_bytes_are_scaled(value, said):
    assert numbers.size(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0000002, "0.2 µs"),
        (0.041, "41 ms"),
        (0.9999, "1.0 s"),
        (7.14, "7.1 s"),
        (9.96, "10 s"),
        (12.4, "12 s"),
        (59.7, "1 min"),
        (200, "3 min 20 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (math.inf, "∞"),
        (0, "0 ms"),
    ],
)
def test_durations_read_as_one_would_say_them(value, said):
    assert numbers.seconds(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (22_713_216, "22.7 M"),
        (9_999, "9,999"),
        (10_000, "10 k"),
        (999_960, "1 M"),
        (1.24e9, "1.24 G"),
        (-25_000, "−25 k"),
    ],
)
def test_large_counts_are_three_digits(value, said):
    assert numbers.compact(value) == said


@pytest.mark.parametrize(
    ("p", "said"), [(0.0004, "p<0.001"), (0.003, "p=0.003"), (0.41, "p=0.41"), (1.0, "p=1.00"), (None, "p=?")]
)
def test_p_values_are_bounded_below(p, said):
    assert numbers.p_value(p) == said


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        (Measure("a", 0.771, "fraction", 700, 0.742, 0.799), "0.771 [0.742, 0.799] n=700"),
        (Measure("a", 0.5, "fraction", 10), "0.500 n=10"),
        (Measure("a", 14.0, "count", 1), "14"),
        (Measure("a", 212e6, "bytes", 1), "212 MB"),
        (Measure("a", 2.4, "ms", 200, 2.3, 2.5), "2.4 ms [2.3 ms, 2.5 ms]"),
        (Measure("a", 376.0, "texts/s", 3000), "376 texts/s"),
        (Measure("a", None, "fraction", 0), "?"),
        (Measure("a", None, "bytes", 0), "?"),
    ],
)
def test_a_measure_is_said_in_its_unit(measure, said):
    assert numbers.measure(measure) == said


def test_percentages_keep_three_digits():
    assert numbers.percent(0.031) == "3.1 %"
    assert numbers.percent(0.95) == "95 %"
    assert numbers.percent(None) == "?"


@laws
@given(st.floats(-1e12, 1e12, allow_nan=False), st.floats(1e-6, 1e6))
def test_the_shown_interval_is_at_most_a_unit_of_its_last_digit_off(value, width):
    low, high = value - width / 2, value + width / 2
    places = numbers.decimals_for(low, high)
    shown = numbers.number(value, decimals=places).replace("−", "-").replace(",", "")
    assert abs(float(shown) - value) <= 0.5 * 10**-places + abs(value) * 1e-12


@laws
@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(0, 1e15))
def test_every_number_can_be_said(value, amount):
    assert numbers.number(value)
    assert numbers.with_interval(value, value, value, 3)
    for say in (numbers.size, numbers.seconds, numbers.milliseconds, numbers.compact, numbers.count):
        assert say(amount)
        assert "e+" not in say(amount)
