import numpy as np
from hypothesis import given, settings, strategies as st
from scipy.stats import binomtest

from weigh.statistics.interval import Interval
from weigh.watch.alarm import Family, Part, judge

PARTS = st.lists(
    st.tuples(st.sampled_from(list(Family)), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20
)


def part(family, p_value, effect, smallest=0.1):
    return Part(family, "x", "ks", Interval(effect, 0.0, 1.0, 0.95, 100, "dkw"), p_value, smallest)


@given(PARTS, st.floats(0.001, 0.2))
@settings(max_examples=50, deadline=None)
def test_an_alarm_needs_a_large_effect_and_a_small_p_value(drawn, alpha):
    parts = [part(*one) for one in drawn]
    for before, after in zip(parts, judge(parts, alpha=alpha), strict=True):
        assert after.part is before
        assert after.adjusted >= before.p_value - 1e-12
        assert after.alarm == (after.adjusted <= alpha and before.effect.value >= 0.1)


@given(PARTS)
@settings(max_examples=50, deadline=None)
def test_the_order_of_the_parts_does_not_matter(drawn):
    parts = [part(*one) for one in drawn]
    forward = judge(parts, alpha=0.01)
    backward = judge(parts[::-1], alpha=0.01)[::-1]
    assert [one.adjusted for one in forward] == [one.adjusted for one in backward]


def test_nothing_to_judge_gives_nothing():
    assert judge([], alpha=0.01) == ()


def test_the_chance_of_any_alarm_at_all_is_alpha_whatever_the_effects():
    rng = np.random.default_rng(0)
    families = [Family.COLUMNS] * 20 + [Family.EMBEDDINGS] + [Family.SCORES] * 4
    alarms = 0
    for _ in range(1000):
        shared = rng.normal(size=3)[[0] * 20 + [1] + [2] * 4]
        # Parts of a family go together: positively dependent, as columns of one table are.
        p = 1 - np.vectorize(_normal)(0.6 * shared + 0.8 * rng.normal(size=25))
        parts = [part(f, float(v), 1.0) for f, v in zip(families, p, strict=True)]
        alarms += any(one.alarm for one in judge(parts, alpha=0.05))
    assert binomtest(alarms, 1000).proportion_ci(0.99).low <= 0.05


def _normal(value):
    from math import erf, sqrt

    return (1 + erf(value / sqrt(2))) / 2
