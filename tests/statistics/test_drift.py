import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.statistics import drift

COUNTS = (
    st.integers(2, 12)
    .flatmap(lambda k: st.tuples(*(st.lists(st.integers(0, 400), min_size=k, max_size=k) for _ in range(2))))
    .filter(lambda two: sum(two[0]) > 0 and sum(two[1]) > 0)
)


@given(COUNTS)
@settings(max_examples=50, deadline=None)
def test_every_distance_is_zero_for_equal_shares_and_does_not_care_which_sample_is_which(two):
    first, second = two
    distances = (
        drift.ks_statistic, drift.total_variation, drift.jensen_shannon, drift.population_stability_index,
        drift.homogeneity,
    )  # fmt: skip
    for distance in distances:
        assert distance(first, second) == pytest.approx(distance(second, first), abs=1e-9)
    for distance in distances[:3]:
        assert distance(first, [3 * c for c in first]) == pytest.approx(0, abs=1e-7)
        assert 0 <= distance(first, second) <= 1 + 1e-12
    assert drift.ks_statistic(first, second) <= drift.total_variation(first, second) + 1e-12
    assert 0 <= drift.homogeneity(first, second) <= 1


@given(
    st.lists(st.integers(0, 30), min_size=5, max_size=200),
    st.lists(st.integers(0, 30), min_size=5, max_size=200),
)
@settings(max_examples=50, deadline=None)
def test_the_gap_over_bins_of_single_values_is_scipys(first, second):
    ours = drift.ks_statistic(*(np.bincount(sample, minlength=31) for sample in (first, second)))
    assert ours == pytest.approx(stats.ks_2samp(first, second, method="asymp").statistic, abs=1e-12)


@pytest.mark.parametrize(("n", "m"), [(200, 300), (1000, 4000)])
def test_the_p_value_of_the_gap_is_scipys_and_never_smaller_than_the_exact_one(n, m):
    for gap in (0.03, 0.08, 0.12):
        effective = n * m / (n + m)
        ours = drift.ks_p_value(gap, n, m)
        assert ours == pytest.approx(stats.kstwobign.sf(np.sqrt(effective) * gap), rel=1e-9)
        rng = np.random.default_rng(0)
        raw = (rng.random(n), rng.random(m))
        found = stats.ks_2samp(*raw, method="exact")
        assert drift.ks_p_value(found.statistic, n, m) >= found.pvalue * 0.999


def test_jensen_shannon_is_scipys():
    from scipy.spatial.distance import jensenshannon

    first, second = [5, 0, 10, 7], [1, 9, 3, 3]
    assert drift.jensen_shannon(first, second) == pytest.approx(jensenshannon(first, second, base=2))
    assert drift.jensen_shannon([4, 0], [0, 4]) == pytest.approx(1)


def test_homogeneity_without_small_cells_is_scipys_chi_square():
    table = [[50, 60, 70], [80, 40, 30]]
    assert drift.homogeneity(*table) == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)


@pytest.mark.parametrize("cells", [2, 5, 40])
def test_homogeneity_alarms_no_more_often_than_alpha(cells):
    rng = np.random.default_rng(cells)
    shares = rng.dirichlet(np.full(cells, 0.5))
    alarms = sum(
        drift.homogeneity(rng.multinomial(2000, shares), rng.multinomial(150, shares)) <= 0.05
        for _ in range(400)
    )
    assert stats.binomtest(alarms, 400).proportion_ci(0.99).low <= 0.05


@pytest.mark.parametrize(
    ("kept", "moved"), [((0.5, 0.3, 0.2), (0.4, 0.3, 0.3)), ((0.25,) * 4, (0.1, 0.2, 0.3, 0.4))]
)
def test_intervals_of_shares_cover_what_they_estimate(kept, moved):
    rng = np.random.default_rng(1)
    kept, moved = np.array(kept), np.array(moved)
    truth = np.abs(kept - moved).sum() / 2
    index = ((moved - kept) * np.log(moved / kept)).sum()
    covered = np.zeros(2)
    for seed in range(200):
        first, second = rng.multinomial(1500, kept), rng.multinomial(600, moved)
        covered[0] += drift.total_variation_interval(first, second, seed=seed).contains(truth)
        covered[1] += drift.stability_interval(first, second, seed=seed).contains(index)
    for hits in covered:
        assert stats.binomtest(int(hits), 200).proportion_ci(0.99).high >= 0.95
        assert hits >= 0.9 * 200


def test_the_interval_of_the_gap_covers_at_least_as_often_as_it_says():
    rng = np.random.default_rng(2)
    truth = stats.norm.cdf(0.25) - stats.norm.cdf(-0.25)
    edges = np.linspace(-3, 3.5, 400)
    hits = 0
    for _ in range(200):
        first, second = rng.normal(size=800), rng.normal(0.5, size=400)
        counts = [np.bincount(np.searchsorted(edges, s), minlength=401) for s in (first, second)]
        hits += drift.ks_interval(drift.ks_statistic(*counts), 800, 400).contains(truth)
    assert hits >= 190


def test_a_detectable_gap_is_found_in_four_of_five_samples():
    n, m, alpha = 1000, 500, 0.01
    gap = drift.detectable_ks(n, m, alpha=alpha)
    # Half of the rows lie in each half; moving a share moves the gap by as much: the worst case at 1/2.
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(300):
        low, high = rng.binomial(n, 0.5 - gap / 2), rng.binomial(m, 0.5 + gap / 2)
        seen = drift.ks_statistic([low, n - low], [high, m - high])
        found += drift.ks_p_value(seen, n, m) <= alpha
    assert stats.binomtest(found, 300).proportion_ci(0.99).high >= 0.8
    needed = drift.rows_for_ks(gap, n, alpha=alpha)
    assert needed is not None
    assert abs(needed - m) <= 1
    assert drift.rows_for_ks(0.01, n, alpha=alpha) is None


def test_counts_that_do_not_belong_together_are_refused():
    with pytest.raises(UsageError, match="same bins"):
        drift.ks_statistic([1, 2], [1, 2, 3])
    with pytest.raises(UsageError, match="negative"):
        drift.total_variation([1, -2], [1, 2])
    with pytest.raises(UnknownAnswerError):
        drift.homogeneity([0, 0], [1, 2])
    with pytest.raises(UnknownAnswerError):
        drift.ks_p_value(0.1, 0, 10)
    assert drift.homogeneity([10], [10]) == 1.0
    assert drift.homogeneity([1, 1], [2, 0]) == 1.0
