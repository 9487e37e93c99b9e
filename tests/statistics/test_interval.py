import math
from dataclasses import FrozenInstanceError

import pytest

from weigh.core.errors import UsageError
from weigh.statistics.interval import Interval


def test_an_interval_is_a_value():
    one = Interval(0.5, 0.4, 0.7, 0.95, 100, "wilson")
    assert one == Interval(0.5, 0.4, 0.7, 0.95, 100, "wilson")
    assert hash(one) == hash(Interval(0.5, 0.4, 0.7, 0.95, 100, "wilson"))
    with pytest.raises(FrozenInstanceError):
        one.low = 0.1


def test_both_ends_belong_to_the_interval():
    one = Interval(0.5, 0.4, 0.7, 0.95, 100, "wilson")
    assert one.contains(0.4)
    assert one.contains(0.7)
    assert not one.contains(0.39)
    assert one.halfwidth == pytest.approx(0.15)


@pytest.mark.parametrize(
    "fields",
    [
        (math.nan, 0.0, 1.0, 0.95, 10),
        (0.5, -math.inf, 1.0, 0.95, 10),
        (0.5, 0.0, math.inf, 0.95, 10),
        (0.5, 0.6, 1.0, 0.95, 10),
        (0.5, 0.1, 0.4, 0.95, 10),
        (0.5, 0.1, 0.6, 1.0, 10),
        (0.5, 0.1, 0.6, 0.0, 10),
        (0.5, 0.1, 0.6, 0.95, -1),
    ],
)
def test_an_impossible_interval_is_refused(fields):
    with pytest.raises(UsageError):
        Interval(*fields, "wilson")


def test_only_a_degenerate_interval_says_it_is_one():
    assert Interval(1.0, 1.0, 1.0, 0.95, 5, "degenerate").degenerate
    assert not Interval(1.0, 0.5, 1.0, 0.95, 5, "clopper-pearson").degenerate
