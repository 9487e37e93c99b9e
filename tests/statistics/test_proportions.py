import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import binom, binomtest

from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.statistics.proportions import clopper_pearson, korn_graubard, proportion, wilson

COUNTS = st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
LEVELS = st.sampled_from([0.8, 0.9, 0.95, 0.99])


@given(COUNTS, LEVELS)
@settings(max_examples=50, deadline=None)
def test_wilson_and_exact_ends_are_scipys(counts, level):
    k, n = counts
    result = binomtest(k, n)
    for ours, name in ((wilson, "wilson"), (clopper_pearson, "exact")):
        oracle = result.proportion_ci(level, method=name)
        found = ours(k, n, level=level)
        assert found.low == pytest.approx(oracle.low, abs=1e-9)
        assert found.high == pytest.approx(oracle.high, abs=1e-9)


@given(COUNTS, LEVELS)
@settings(max_examples=50, deadline=None)
@pytest.mark.parametrize("interval", [wilson, clopper_pearson, proportion])
def test_failures_mirror_successes(interval, counts, level):
    k, n = counts
    one, other = interval(k, n, level=level), interval(n - k, n, level=level)
    assert one.low == pytest.approx(1 - other.high, abs=1e-9)
    assert one.value == pytest.approx(1 - other.value)
    assert 0 <= one.low <= one.value <= one.high <= 1
    assert one.n == n


@given(COUNTS)
@settings(max_examples=50, deadline=None)
def test_a_higher_level_is_wider(counts):
    k, n = counts
    narrow, wide = proportion(k, n, level=0.9), proportion(k, n, level=0.99)
    assert wide.low <= narrow.low
    assert narrow.high <= wide.high


@pytest.mark.parametrize("n", [40, 60, 100, 200, 500, 1000])
def test_the_exact_binomial_coverage_of_proportion_is_never_below_93_percent(n):
    shares = np.linspace(0.0005, 0.5, 1000)
    found = [proportion(k, n) for k in range(n + 1)]
    low = np.array([interval.low for interval in found])
    high = np.array([interval.high for interval in found])
    inside = (low <= shares[:, None]) & (shares[:, None] <= high)
    coverage = (binom.pmf(np.arange(n + 1), n, shares[:, None]) * inside).sum(axis=1)
    assert coverage.min() >= 0.93
    assert 0.95 <= coverage.mean() <= 0.975


@pytest.mark.parametrize(
    ("k", "n", "method"),
    [
        (0, 500, "clopper-pearson"),
        (14, 500, "clopper-pearson"),
        (15, 500, "wilson"),
        (486, 500, "clopper-pearson"),
        (20, 39, "clopper-pearson"),
        (20, 40, "wilson"),
    ],
)
def test_few_successes_failures_or_trials_get_the_exact_interval(k, n, method):
    assert proportion(k, n).method == method


def test_no_error_in_n_rows_excludes_no_less_than_the_rule_of_three():
    assert proportion(0, 300).high == pytest.approx(3.69 / 300, rel=0.01)
    assert proportion(300, 300).high == 1.0


@given(st.integers(1, 200), st.integers(2, 50), st.floats(0, 0.5))
@settings(max_examples=50, deadline=None)
def test_grouped_rows_are_never_worth_more_than_single_ones(k, groups_n, error):
    n = 200
    grouped = korn_graubard(k, n, standard_error=error, groups_n=groups_n)
    alone = clopper_pearson(k, n)
    assert grouped.low <= alone.low + 1e-12
    assert grouped.high >= alone.high - 1e-12


def test_a_perfect_score_in_groups_counts_groups():
    found = korn_graubard(400, 400, standard_error=0.0, groups_n=20)
    assert found.low == pytest.approx(clopper_pearson(20, 20).low)


@pytest.mark.parametrize("interval", [wilson, clopper_pearson, proportion])
def test_impossible_counts_are_refused(interval):
    with pytest.raises(UnknownAnswerError):
        interval(0, 0)
    for k, n in [(-1, 5), (6, 5)]:
        with pytest.raises(UsageError):
            interval(k, n)
    with pytest.raises(UsageError):
        interval(1, 5, level=95)
    with pytest.raises(UsageError):
        korn_graubard(1, 5, standard_error=0.1, groups_n=1)
