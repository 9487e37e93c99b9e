import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.statistics import bca, studentised
from weigh.statistics.bootstrap import bootstrap, counts_bootstrap, mean_bootstrap, paired_bootstrap
from weigh.statistics.classification import accuracy_from, auroc, macro_f1_from
from weigh.statistics.exact import mcnemar
from weigh.statistics.proportions import proportion

SEEDS = st.integers(0, 10_000)


def sample(seed, n):
    return np.random.default_rng(seed).exponential(size=n)


def mean_of(values):
    return lambda rows: float(values[rows].mean())


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    values = sample(0, 80)
    for ask in (
        lambda seed: mean_bootstrap(values, seed=seed),
        lambda seed: bootstrap(mean_of(values), 80, seed=seed, replicates=300),
        lambda seed: paired_bootstrap(values, values[::-1] * 2, seed=seed).difference,
        lambda seed: counts_bootstrap([[30, 9], [8, 50]], macro_f1_from, seed=seed),
    ):
        assert ask(1) == ask(1)
        assert ask(1) != ask(2)


def test_bca_ends_are_scipys():
    values = sample(1, 150)
    found = bootstrap(mean_of(values), 150, seed=0, replicates=20_000)
    oracle = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(0)
    ).confidence_interval
    # Ours is widened by sqrt(n / (n - 1)) t / z, 1.2 % at n = 150.
    assert found.low == pytest.approx(oracle.low, abs=0.006)
    assert found.high == pytest.approx(oracle.high, abs=0.006)
    assert found.method == "bca-bootstrap"


def test_the_acceleration_of_a_mean_is_its_skewness_over_six_root_n():
    values = sample(2, 400)
    assert bca.acceleration(values) == pytest.approx(stats.skew(values) / (6 * 20))
    repeated = bca.acceleration(np.array([1.0, 4.0]), weights=np.array([3.0, 2.0]))
    assert repeated == pytest.approx(bca.acceleration(np.array([1.0, 1.0, 1.0, 4.0, 4.0])))
    assert bca.acceleration(np.array([1.0, math.nan])) == 0.0
    assert bca.acceleration(np.full(4, 3.0)) == 0.0


def test_replicates_all_on_one_side_still_have_finite_ends():
    low, high = bca.ends(np.arange(100.0), level=0.95, units_n=30, correction=(3.0, 0.4))
    assert 0 <= low <= high <= 99
    assert math.isfinite(bca.bias(np.arange(5.0), 99.0))


def test_from_5000_rows_on_the_percentile_interval_is_used():
    values = sample(3, 5000)
    found = bootstrap(mean_of(values), 5000, seed=0, replicates=200)
    assert found.method == "percentile-bootstrap"
    assert found.contains(1.0)


@given(SEEDS, st.floats(0.1, 100), st.floats(-50, 50))
@settings(max_examples=30, deadline=None)
def test_a_mean_follows_the_unit_of_its_values(seed, scale, shift):
    values = sample(seed, 60)
    one = mean_bootstrap(values, seed=1, replicates=200)
    other = mean_bootstrap(values * scale + shift, seed=1, replicates=200)
    for end in ("value", "low", "high"):
        assert getattr(other, end) == pytest.approx(getattr(one, end) * scale + shift, rel=1e-6, abs=1e-6)


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_a_higher_level_is_wider(seed):
    values = sample(seed, 60)
    narrow, wide = (mean_bootstrap(values, seed=1, replicates=400, level=level) for level in (0.8, 0.95))
    assert wide.low <= narrow.low
    assert wide.high >= narrow.high


def test_groups_of_one_row_are_no_groups():
    values = sample(4, 90)
    assert mean_bootstrap(values, seed=0, groups=np.arange(90)) == mean_bootstrap(values, seed=0)


def test_group_names_and_row_order_do_not_matter():
    values, groups = sample(5, 90), np.arange(90) // 3
    renamed = mean_bootstrap(values, seed=0, groups=groups * 7 + 2)
    assert renamed == mean_bootstrap(values, seed=0, groups=groups)
    order = np.random.default_rng(0).permutation(90)
    moved = mean_bootstrap(values[order], seed=0, groups=groups[order])
    assert moved.low == pytest.approx(renamed.low)


@pytest.mark.parametrize("times", [2, 5])
def test_copied_rows_add_nothing_when_grouped(times):
    values = sample(6, 60)
    copied, groups = np.repeat(values, times), np.repeat(np.arange(60), times)
    once = mean_bootstrap(values, seed=0, replicates=5000)
    grouped = mean_bootstrap(copied, seed=0, replicates=5000, groups=groups)
    assert grouped.halfwidth == pytest.approx(once.halfwidth, rel=0.08)
    assert mean_bootstrap(copied, seed=0).halfwidth < 0.8 * once.halfwidth
    general = bootstrap(mean_of(copied), copied.size, seed=0, replicates=1000, groups=groups)
    assert general.halfwidth == pytest.approx(once.halfwidth, rel=0.15)


def test_zeros_and_ones_are_a_share():
    hits = np.array([1] * 70 + [0] * 30)
    assert mean_bootstrap(hits, seed=0) == proportion(70, 100)
    assert mean_bootstrap(np.ones(50), seed=0).low == pytest.approx(0.9289, abs=1e-3)


def test_a_perfect_score_in_groups_is_not_certain():
    found = mean_bootstrap(np.ones(100), seed=0, groups=np.arange(100) // 5)
    assert found.method == "korn-graubard"
    assert found.low < 0.85


def test_a_share_in_groups_stays_a_share():
    rng = np.random.default_rng(0)
    hits = np.repeat(rng.random(14) < 0.9, 40).astype(float)
    hits[::40] = 0.0
    found = mean_bootstrap(hits, seed=0, groups=np.arange(560) // 40)
    assert 0 <= found.low <= found.high <= 1


def test_few_values_get_students_interval():
    values = [1.0, 2.0, 4.0, 7.0]
    found = mean_bootstrap(values, seed=0)
    oracle = stats.t.interval(0.95, 3, loc=3.5, scale=stats.sem(values))
    assert (found.low, found.high) == pytest.approx(oracle)
    assert found.method == "student-t"


def test_few_exceptions_are_wider_than_students_interval():
    values = np.zeros(200)
    values[:4] = [0.5, 0.7, 0.6, 0.9]
    found = mean_bootstrap(values, seed=0)
    oracle = stats.t.interval(0.95, 199, loc=values.mean(), scale=stats.sem(values))
    assert found.method == "pseudo-row"
    assert found.high > oracle[1]
    assert found.contains(values.mean())
    moved = mean_bootstrap(values + 3, seed=0)
    assert moved.high == pytest.approx(found.high + 3)


def test_values_that_do_not_vary_are_called_degenerate():
    assert mean_bootstrap(np.full(50, 0.3), seed=0).degenerate
    groups = np.repeat(np.arange(20), np.arange(1, 21))
    assert mean_bootstrap(np.full(210, 0.3), seed=0, groups=groups).degenerate
    assert bootstrap(lambda rows: 0.5, 50, seed=0, replicates=100).degenerate
    assert counts_bootstrap([[5, 0], [0, 5]], accuracy_from, seed=0).degenerate


def test_counts_resample_like_rows():
    truth = np.repeat([0, 0, 1, 1], [40, 10, 12, 60])
    answer = np.repeat([0, 1, 0, 1], [40, 10, 12, 60])
    by_rows = bootstrap(
        lambda rows: float((truth[rows] == answer[rows]).mean()), 122, seed=0, replicates=4000
    )
    by_counts = counts_bootstrap([[40, 10], [12, 60]], accuracy_from, seed=0, replicates=4000)
    assert by_counts.value == pytest.approx(by_rows.value)
    assert by_counts.low == pytest.approx(by_rows.low, abs=0.012)
    assert by_counts.high == pytest.approx(by_rows.high, abs=0.012)


def test_many_classes_do_not_fill_the_memory():
    counts = np.diag(np.full(400, 3))
    counts[0, 1:] = 1
    tracemalloc.start()
    counts_bootstrap(counts, macro_f1_from, seed=0, replicates=100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 2**20


def test_resamples_without_an_answer_are_left_out_up_to_a_limit():
    truth = np.array([1] * 12 + [0] * 60)
    scores = np.arange(72) % 17
    found = bootstrap(lambda rows: auroc(truth[rows], scores[rows]), 72, seed=0, replicates=300)
    assert 0 <= found.low <= found.high <= 1
    rare = np.array([1] + [0] * 40)
    with pytest.raises(UnknownAnswerError):
        bootstrap(lambda rows: auroc(rare[rows], scores[:41][rows]), 41, seed=0, replicates=300)
    kept = bootstrap(
        lambda rows: auroc(rare[rows], scores[:41][rows]), 41, seed=0, replicates=300, strata=rare
    )
    assert kept.contains(auroc(rare, scores[:41]))
    with pytest.raises(UnknownAnswerError):
        bootstrap(lambda rows: math.nan, 41, seed=0, replicates=300)


@given(SEEDS, st.sampled_from([25, 80]), st.floats(-0.5, 0.5), st.booleans())
@settings(max_examples=50, deadline=None)
def test_p_is_below_alpha_exactly_when_the_interval_excludes_zero(seed, n, shift, grouped):
    rng = np.random.default_rng(seed)
    a, b = rng.exponential(size=n) + shift, rng.exponential(size=n)
    groups = rng.integers(0, 15, size=n) if grouped else None
    found = paired_bootstrap(a, b, seed=seed, replicates=399, groups=groups)
    if found.difference.method == "paired-bootstrap":
        assert (found.p_value <= 0.05) == (not found.difference.contains(0.0))


@given(SEEDS)
@settings(max_examples=20, deadline=None)
@pytest.mark.parametrize("n", [50, 100])
@pytest.mark.parametrize("groups_n", [None, 20])
def test_swapping_the_models_turns_the_sign(n, groups_n, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=n), rng.normal(0.2, 1, size=n)
    groups = None if groups_n is None else rng.integers(0, groups_n, size=n)
    one = paired_bootstrap(a, b, seed=0, replicates=500, groups=groups)
    other = paired_bootstrap(b, a, seed=0, replicates=500, groups=groups)
    assert one.p_value == other.p_value
    assert one.difference.low == pytest.approx(-other.difference.high)
    assert one.difference.value == pytest.approx(-other.difference.value)


def test_a_planted_difference_is_found_and_none_where_there_is_none():
    rng = np.random.default_rng(0)
    base = rng.exponential(size=400)
    noise = rng.normal(0, 0.3, size=400)
    better = paired_bootstrap(base - 0.1 + noise, base, seed=0)
    assert better.p_value < 0.01
    assert better.difference.high < 0
    assert paired_bootstrap(base + noise - noise.mean(), base, seed=0).p_value > 0.9


def test_pairing_removes_what_the_rows_share():
    rng = np.random.default_rng(1)
    shared = rng.exponential(scale=10, size=200)
    found = paired_bootstrap(shared + rng.normal(0, 0.1, 200), shared, seed=0)
    assert found.difference.halfwidth < 0.03


def test_grouping_dependent_rows_takes_evidence_away():
    rng = np.random.default_rng(2)
    effect = np.repeat(rng.normal(0.25, 1, size=30), 20)
    alone = paired_bootstrap(effect, np.zeros(600), seed=0)
    grouped = paired_bootstrap(effect, np.zeros(600), seed=0, groups=np.arange(600) // 20)
    assert alone.p_value < 0.05 < grouped.p_value
    assert grouped.difference.halfwidth > 3 * alone.difference.halfwidth


@given(st.integers(0, 6), st.integers(0, 5), st.integers(20, 300))
@settings(max_examples=50, deadline=None)
def test_few_discordant_rows_get_mcnemars_exact_test(b, c, n):
    a_wrong, b_wrong = np.zeros(n), np.zeros(n)
    a_wrong[:b], b_wrong[b : b + c] = 1, 1
    found = paired_bootstrap(a_wrong, b_wrong, seed=0)
    assert found.difference.method == "bonett-price"
    assert found.p_value == pytest.approx(mcnemar(b, c))
    # The interval says the same as the test, and no agreement makes it certain.
    assert (found.p_value <= 0.05) == (not found.difference.contains(0.0))
    assert found.difference.halfwidth > 2.5 / n


def test_identical_losses_differ_by_nothing():
    values = sample(7, 50)
    found = paired_bootstrap(values, values, seed=0)
    assert found.p_value == 1.0
    assert found.difference.degenerate


def test_always_and_never_wrong_differ_at_any_size():
    found = paired_bootstrap(np.ones(100), np.zeros(100), seed=0)
    assert found.p_value < 0.001
    assert 0.9 < found.difference.low < found.difference.high <= 1.0
    assert paired_bootstrap(np.ones(5), np.zeros(5), seed=0).p_value == pytest.approx(2 / 32)


@pytest.mark.parametrize("groups", [None, np.arange(20_000) // 3])
def test_twenty_thousand_rows_stay_within_the_memory_bound(groups):
    rng = np.random.default_rng(0)
    a, b = rng.exponential(size=(2, 20_000))
    tracemalloc.start()
    found = paired_bootstrap(a, b, seed=0, groups=groups)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 2**20
    assert found.n == 20_000
    assert found.difference.halfwidth == pytest.approx(1.96 * np.sqrt(2 / 20_000), rel=0.1)


def test_very_many_rows_are_folded_into_random_blocks_of_the_same_spread():
    values = sample(8, 200_000)
    sums = studentised.unit_sums(values, None)
    folded = studentised.fold(sums, rng=np.random.default_rng(0))
    assert folded.units_n == studentised.MOST_UNITS
    assert folded.mean == pytest.approx(sums.mean)
    assert folded.standard_error == pytest.approx(sums.standard_error, rel=0.02)


def test_few_distinct_units_are_resampled_as_the_units_are():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 3, size=100).astype(float)
    nearly = values + rng.normal(0, 1e-9, size=100)
    groups = rng.integers(0, 40, size=100)
    for codes in (None, groups):
        one, other = (
            studentised.student_replicates(
                studentised.unit_sums(x, codes), rng=np.random.default_rng(1), replicates=40_000
            )
            for x in (values, nearly)
        )
        for share in (0.5, 0.9, 0.95):
            assert np.quantile(one, share) == pytest.approx(np.quantile(other, share), rel=0.03)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: mean_bootstrap([1.0, math.nan], seed=0),
        lambda: mean_bootstrap([[1.0], [2.0]], seed=0),
        lambda: mean_bootstrap([1.0, 2.0], seed=0, level=1.5),
        lambda: mean_bootstrap([1.0, 2.0], seed=0, replicates=10),
        lambda: mean_bootstrap([1.0, 2.0], seed=0, replicates=10**9),
        lambda: mean_bootstrap([1.0, 2.0], seed=0, groups=[1]),
        lambda: mean_bootstrap(np.arange(50.0), seed=-1),
        lambda: paired_bootstrap([1.0, 2.0], [1.0], seed=0),
        lambda: counts_bootstrap([3, -1], accuracy_from, seed=0),
        lambda: counts_bootstrap([3, 0.5], accuracy_from, seed=0),
        lambda: counts_bootstrap([3, math.inf], accuracy_from, seed=0),
        lambda: counts_bootstrap([3, math.nan], accuracy_from, seed=0),
    ],
)
def test_arguments_that_do_not_fit_are_refused(ask):
    with pytest.raises(UsageError):
        ask()


@pytest.mark.parametrize(
    "ask",
    [
        lambda: mean_bootstrap([], seed=0),
        lambda: mean_bootstrap([0.5], seed=0),
        lambda: mean_bootstrap([1.0, 2.0, 3.0], seed=0, groups=[4, 4, 4]),
        lambda: paired_bootstrap([1.0], [0.0], seed=0),
        lambda: counts_bootstrap([[0, 0], [0, 0]], accuracy_from, seed=0),
        lambda: bootstrap(lambda rows: 1.0, 0, seed=0),
    ],
)
def test_too_little_data_is_an_unknown_not_a_number(ask):
    with pytest.raises(UnknownAnswerError):
        ask()
