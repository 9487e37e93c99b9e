import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import false_discovery_control

from weigh.core.errors import UsageError
from weigh.statistics.multiplicity import benjamini_hochberg, holm

P_VALUES = st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.01, 0.05, 1.0])), max_size=30)
BOTH = pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])


@given(P_VALUES)
@settings(max_examples=50, deadline=None)
def test_benjamini_hochberg_is_scipys(p):
    if p:
        assert benjamini_hochberg(p) == pytest.approx(false_discovery_control(p, method="bh"))


@given(P_VALUES)
@settings(max_examples=50, deadline=None)
def test_holm_is_its_definition(p):
    m, order = len(p), sorted(p)
    expected = [max(min(1.0, (m - j) * order[j]) for j in range(order.index(value) + 1)) for value in p]
    # Of equal p-values each takes the largest step that reaches it.
    last = {v: max((m - j) * order[j] for j in range(m) if order[j] <= v) for v in p}
    assert holm(p) == pytest.approx([max(e, min(1.0, last[v])) for e, v in zip(expected, p, strict=True)])


@BOTH
@given(P_VALUES, st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_the_order_given_is_kept(adjust, p, random):
    order = list(range(len(p)))
    random.shuffle(order)
    shuffled = adjust([p[i] for i in order])
    assert shuffled == pytest.approx(adjust(p)[order] if p else [])


@BOTH
@given(P_VALUES)
@settings(max_examples=50, deadline=None)
def test_adjusting_never_helps_and_keeps_the_ranking(adjust, p):
    adjusted = adjust(p)
    assert adjusted.shape == (len(p),)
    assert (adjusted >= np.array(p)).all()
    assert (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()


@given(P_VALUES)
@settings(max_examples=50, deadline=None)
def test_holm_is_the_stricter_of_the_two(p):
    assert (holm(p) >= benjamini_hochberg(p) - 1e-12).all()


def test_a_worked_example():
    p = [0.01, 0.04, 0.03, 0.005]
    assert holm(p) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert benjamini_hochberg(p) == pytest.approx([0.02, 0.04, 0.04, 0.02])


def test_one_question_needs_no_adjustment():
    assert holm([0.03]).tolist() == benjamini_hochberg([0.03]).tolist() == [0.03]


def test_the_family_is_wrong_as_often_as_promised_on_noise():
    p = np.random.default_rng(0).random((2000, 12))
    assert np.mean([holm(row).min() <= 0.05 for row in p]) <= 0.065
    assert np.mean([benjamini_hochberg(row).min() <= 0.05 for row in p]) <= 0.065


@BOTH
@pytest.mark.parametrize("bad", [[0.5, float("nan")], [-0.1], [1.1], [[0.1], [0.2]], 0.5])
def test_what_is_no_p_value_is_refused(adjust, bad):
    with pytest.raises(UsageError):
        adjust(bad)
