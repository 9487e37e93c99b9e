import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import nhypergeom

from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.statistics.classification import auroc
from weigh.statistics.interval import Interval
from weigh.statistics.proportions import wilson
from weigh.statistics.two_samples import auroc_interval, difference, rank_sum_tail, top_tail


def test_the_difference_of_two_shares_is_newcombes_published_example():
    # Newcombe (1998), table II, method 10: 56/70 and 48/80 give 0.0524 .. 0.3339.
    found = difference(wilson(56, 70), wilson(48, 80))
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)


def test_swapping_the_samples_mirrors_the_difference():
    first, second = wilson(3, 40), wilson(30, 70)
    one, other = difference(first, second), difference(second, first)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


def test_two_levels_cannot_be_joined():
    with pytest.raises(UsageError):
        difference(wilson(1, 9), wilson(1, 9, level=0.9))


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=40), st.lists(st.integers(0, 5), min_size=1, max_size=40)
)
def test_the_area_is_that_of_classification_and_lies_in_its_interval(ones, zeros):
    found = auroc_interval(ones, zeros)
    labels = np.array([1] * len(ones) + [0] * len(zeros))
    assert found.value == pytest.approx(auroc(labels, np.array(ones + zeros, dtype=float)))
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0


def test_complete_separation_is_not_certain():
    found = auroc_interval(np.arange(10, 30), np.arange(10))
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.025 ** (1 / 10))
    assert auroc_interval(np.arange(10), np.arange(10, 30)).high < 1.0


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.5])
def test_the_interval_of_the_area_covers_the_true_one(shift):
    from scipy.special import ndtr

    rng = np.random.default_rng(0)
    true = float(ndtr(shift / np.sqrt(2)))
    inside = sum(
        auroc_interval(rng.normal(shift, 1, 150), rng.normal(0, 1, 80)).contains(true) for _ in range(400)
    )
    assert 400 * 0.92 <= inside <= 400 * 0.985


def test_the_rank_sum_test_is_one_sided_and_says_nothing_where_all_are_equal():
    assert rank_sum_tail(np.arange(50, 100), np.arange(50)) < 1e-9
    assert rank_sum_tail(np.arange(50), np.arange(50, 100)) > 0.99
    assert rank_sum_tail(np.zeros(20), np.zeros(20)) == 1.0


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 60), st.integers(0, 9), st.integers(0, 50), st.integers(1, 40))
def test_the_top_tail_is_negative_hypergeometric(above, allowed, more, spare):
    positives, negatives = above + more, allowed + spare
    found = top_tail(above, allowed, positives=positives, negatives=negatives)
    expected = nhypergeom(positives + negatives, positives, allowed + 1).sf(above - 1)
    assert found == pytest.approx(expected, abs=1e-9)


def test_the_top_tail_is_valid_by_simulation():
    rng = np.random.default_rng(0)
    small = 0
    for _ in range(1000):
        scores = rng.permutation(500)
        members, others = scores[:300], np.sort(scores[300:])
        small += top_tail(int((members > others[-3]).sum()), 2, positives=300, negatives=200) <= 0.05
    assert small <= 66


def test_impossible_counts_and_empty_samples_are_refused():
    with pytest.raises(UsageError):
        top_tail(3, 5, positives=10, negatives=5)
    with pytest.raises(UsageError):
        top_tail(11, 0, positives=10, negatives=5)
    with pytest.raises(UnknownAnswerError):
        auroc_interval([], [1.0])


def test_the_difference_counts_the_smaller_sample():
    found = difference(
        Interval(0.5, 0.4, 0.6, 0.95, 10, "wilson"), Interval(0.1, 0.0, 0.2, 0.95, 7, "wilson")
    )
    assert found.n == 7
