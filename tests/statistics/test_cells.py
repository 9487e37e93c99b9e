import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.statistics import cells

COUNTS = st.lists(st.integers(0, 200), min_size=1, max_size=12).filter(sum)


@settings(max_examples=50, deadline=None)
@given(COUNTS, st.integers(0, 9))
def test_every_resampled_table_has_as_many_rows_and_no_new_cell(counts, seed):
    tables = cells.resampled(counts, seed=seed, replicates=50)
    assert tables.shape == (50, len(counts))
    assert (tables.sum(axis=1) == sum(counts)).all()
    assert (tables[:, np.array(counts) == 0] == 0).all()


def test_resampled_tables_have_the_mean_and_variance_of_the_multinomial():
    counts = np.array([[10, 40], [30, 20]])
    tables = cells.resampled(counts, seed=1)
    share = counts / 100
    assert np.allclose(tables.mean(axis=0), counts, atol=0.3)
    assert np.allclose(tables.var(axis=0), 100 * share * (1 - share), rtol=0.06)


def test_clusters_of_one_row_are_drawn_like_rows():
    place = np.repeat([0, 1, 2], [50, 30, 20])
    tables = cells.resampled_clusters(place, np.arange(100), 3, seed=0)
    assert (tables.sum(axis=1) == 100).all()
    assert np.allclose(tables.var(axis=0), [25, 21, 16], rtol=0.06)


def test_clusters_are_drawn_whole():
    place, clusters = np.repeat([0, 1], [60, 40]), np.repeat(np.arange(10), 10)
    tables = cells.resampled_clusters(place, clusters, 2, seed=0)
    assert (tables % 10 == 0).all()
    assert np.allclose(tables[:, 0].var(), 100 * 10 * 0.24, rtol=0.06)


def test_many_different_clusters_are_drawn_less_often():
    rng = np.random.default_rng(0)
    clusters = np.sort(rng.integers(0, 9000, 90000))
    place = rng.integers(0, 60, 90000)
    tables = cells.resampled_clusters(place, clusters, 60, seed=0)
    assert 1000 <= tables.shape[0] < 10_000


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 60)), min_size=1, max_size=6), st.integers(0, 9))
def test_shuffling_keeps_all_hits_and_no_group_has_more_than_rows(groups, seed):
    hits = np.array([min(h, n) for h, n in groups])
    rows = np.array([n for _, n in groups])
    drawn = cells.permuted(hits, rows, seed=seed, replicates=40)
    assert (drawn.sum(axis=1) == hits.sum()).all()
    assert ((drawn >= 0) & (drawn <= rows)).all()


def test_the_permutation_p_of_two_groups_of_one_size_is_fishers():
    hits, rows = np.array([12, 24]), np.array([50, 50])
    drawn = cells.permuted(hits, rows, seed=0) / rows
    p = cells.exceedance(float(np.ptp(hits / rows)), np.ptp(drawn, axis=1))
    exact = stats.fisher_exact([[12, 38], [24, 26]]).pvalue
    assert p == pytest.approx(exact, abs=0.006)


def test_intervals_of_dependent_values_miss_together_in_at_most_a_twentieth():
    # 600 worlds of 5 correlated normal means with known covariance; more than 44 misses has chance 0.5 %.
    rng = np.random.default_rng(0)
    root = np.linalg.cholesky(0.6 + 0.4 * np.eye(5))
    missed = 0
    for _ in range(600):
        values = root @ rng.standard_normal(5)
        draws = values + rng.standard_normal((2000, 5)) @ root.T
        found = cells.simultaneous(values, draws)
        missed += bool(((found.low > 0) | (found.high < 0)).any())
        assert (((found.low > 0) | (found.high < 0)) <= (found.p_value < 0.051)).all()
    assert 15 <= missed <= 44


def test_dependence_is_used():
    rng = np.random.default_rng(0)
    one = rng.standard_normal((10_000, 1))
    same = cells.simultaneous(np.zeros(20), np.repeat(one, 20, axis=1))
    apart = cells.simultaneous(np.zeros(20), rng.standard_normal((10_000, 20)))
    assert same.critical == pytest.approx(1.96, abs=0.06)
    assert apart.critical == pytest.approx(3.02, abs=0.08)


def test_a_value_that_never_varies_is_no_evidence():
    found = cells.simultaneous(np.array([0.5, 0.1]), np.tile([0.5, 0.1], (1000, 1)))
    assert (found.p_value == 1).all()


def test_few_units_widen_the_interval_as_students_t_does():
    draws = np.random.default_rng(0).standard_normal((5000, 1))
    wide, plain = (cells.simultaneous(np.zeros(1), draws, units_n=n) for n in (8, None))
    assert wide.critical / plain.critical == pytest.approx(stats.t.ppf(0.975, 7) / stats.norm.ppf(0.975))


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=8),
    st.lists(st.floats(0, 1), min_size=8, max_size=8),
)
def test_the_interval_of_a_largest_gap_holds_wherever_all_intervals_hold(ends, places):
    low = np.array([v - a for v, a, _ in ends])
    high = np.array([v + b for v, _, b in ends])
    truth = low + np.array(places[: len(ends)]) * (high - low)
    least, most = cells.largest(low, high)
    assert least - 1e-12 <= np.abs(truth).max() <= most + 1e-12
    assert (least > 0) == bool(((low > 0) | (high < 0)).any())


def test_repeating_every_row_is_worth_one_row():
    rng = np.random.default_rng(0)
    hit = np.repeat(rng.random(300) < 0.3, 4).astype(np.float64)
    among, parts = np.ones(1200), np.zeros(1200, dtype=np.int64)
    repeated = cells.design_effect(hit, among, np.repeat(np.arange(300), 4), parts, 1)
    alone = cells.design_effect(hit, among, np.arange(1200), parts, 1)
    assert repeated[0] == pytest.approx(4, rel=0.01)
    assert alone[0] == pytest.approx(1, rel=0.01)


def test_shares_of_clusters_that_never_vary_count_clusters():
    parts = np.repeat([0, 1], 60)
    effect = cells.design_effect(np.zeros(120), np.ones(120), np.repeat(np.arange(12), 10), parts, 2)
    assert effect.tolist() == [10, 10]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: cells.resampled([0, 0], seed=0), UnknownAnswerError),
        (lambda: cells.resampled([-1, 2], seed=0), UsageError),
        (lambda: cells.resampled([0.5, 2], seed=0), UsageError),
        (lambda: cells.resampled(np.ones(10**4, dtype=int), seed=0), UsageError),
        (lambda: cells.resampled_clusters([0, 5], [0, 1], 2, seed=0), UsageError),
        (lambda: cells.resampled_clusters([0, 1], [3, 3], 2, seed=0), UnknownAnswerError),
        (lambda: cells.resampled_clusters([0], [0], 10**9, seed=0), UsageError),
        (lambda: cells.permuted([3], [2], seed=0), UsageError),
        (lambda: cells.permuted([-1], [2], seed=0), UsageError),
        (lambda: cells.simultaneous(np.zeros(2), np.zeros((100, 3))), UsageError),
        (lambda: cells.simultaneous(np.zeros(0), np.zeros((100, 0))), UnknownAnswerError),
        (lambda: cells.simultaneous(np.zeros(1), np.zeros((5, 1))), UsageError),
    ],
)
def test_what_cannot_be_resampled_is_refused(call, error):
    with pytest.raises(error):
        call()


def test_equal_seeds_draw_equal_tables():
    first, second = (cells.resampled([5, 9, 2], seed=3, replicates=20) for _ in range(2))
    assert (first == second).all()
