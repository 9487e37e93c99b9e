import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.statistics.calibration import (
    BinTable,
    calibration_error,
    debiased_ece,
    equal_mass_bins,
    null_errors,
    plugin_ece,
    recentred,
    resampled_tables,
    rms_calibration_error,
    tally,
)

confidences = st.lists(st.sampled_from([0.5, 0.6, 0.75, 0.9, 0.99, 1.0]), min_size=1, max_size=200)


def drawn(seed, n, *, sharper=1.0):
    """Confidence sigmoid(|z|); true chance sigmoid(|z| / sharper), so above 1 is over-confident."""
    rng = np.random.default_rng(seed)
    z = np.abs(rng.normal(0, 2, n))
    confidence = 1 / (1 + np.exp(-z))
    return confidence, (rng.random(n) < 1 / (1 + np.exp(-z / sharper))).astype(float)


def true_ece(sharper, bins):
    z = np.abs(np.random.default_rng(0).normal(0, 2, 200_000))
    confidence = 1 / (1 + np.exp(-z))
    code = np.argsort(np.argsort(confidence)) * bins // z.size
    gap = np.bincount(code, confidence - 1 / (1 + np.exp(-z / sharper))) / np.bincount(code)
    return float(np.abs(gap).mean()), float(np.sqrt((gap**2).mean()))


def test_a_table_by_hand_has_the_plugin_error_of_the_definition():
    table = tally(np.array([0.9, 0.9, 0.6, 0.6]), np.array([1.0, 0.0, 1.0, 1.0]), np.array([1, 1, 0, 0]))
    assert plugin_ece(table) == pytest.approx(0.5 * abs(0.9 - 0.5) + 0.5 * abs(0.6 - 1.0))
    assert table.variance.tolist() == pytest.approx([0.0, 0.25])
    assert rms_calibration_error(table) == pytest.approx(np.sqrt(0.16 - 0.125))


@settings(max_examples=50, deadline=None)
@given(confidences, st.integers(1, 20), st.integers(1, 30), st.randoms(use_true_random=False))
def test_bins_follow_confidence_hold_enough_rows_and_do_not_depend_on_the_order_of_rows(
    values, most, fewest, random
):
    confidence = np.array(values)
    bins = equal_mass_bins(confidence, most=most, fewest=fewest)
    order = np.argsort(confidence, kind="stable")
    assert (np.diff(bins[order]) >= 0).all()
    sizes = np.bincount(bins)
    assert sizes.size <= most
    assert sizes.min() >= min(fewest, confidence.size)
    for value in set(values):
        assert np.unique(bins[confidence == value]).size == 1
    mixed = list(range(len(values)))
    random.shuffle(mixed)
    assert (equal_mass_bins(confidence[mixed], most=most, fewest=fewest) == bins[mixed]).all()


def test_distinct_confidences_fill_bins_evenly():
    sizes = np.bincount(equal_mass_bins(np.random.default_rng(0).random(1000)))
    assert sizes.size == 15
    assert np.ptp(sizes) <= 1


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 9999), st.integers(20, 400))
def test_debiasing_never_raises_the_error_and_stays_in_its_range(seed, n):
    confidence, hits = drawn(seed, n)
    table = tally(confidence, hits, equal_mass_bins(confidence))
    assert 0.0 <= debiased_ece(table) <= plugin_ece(table) + 1e-12
    assert rms_calibration_error(table) >= 0.0


def test_debiasing_removes_most_of_the_bias():
    target, square = true_ece(1.25, 15)
    plain, less, root = [], [], []
    for seed in range(200):
        confidence, hits = drawn(seed, 1000, sharper=1.25)
        table = tally(confidence, hits, equal_mass_bins(confidence))
        plain.append(float(plugin_ece(table)))
        less.append(float(debiased_ece(table)))
        root.append(float(rms_calibration_error(table)) ** 2)
    assert abs(np.mean(less) - target) < 0.5 * abs(np.mean(plain) - target)
    assert np.mean(root) == pytest.approx(square**2, rel=0.2)


def test_the_parts_of_the_brier_score_add_up_exactly():
    confidence, hits = drawn(0, 700, sharper=2.0)
    parts = calibration_error(confidence, hits, seed=0).brier
    total = parts.reliability.value - parts.resolution.value + parts.uncertainty.value + parts.within
    assert total == pytest.approx(float(np.mean((confidence - hits) ** 2)))
    assert parts.uncertainty.value == pytest.approx(hits.var(ddof=1))


def test_the_test_is_uniform_enough_when_the_predictor_is_calibrated():
    p = [
        calibration_error(*drawn(seed, 250), seed=seed, replicates=100, null_replicates=499).p_value
        for seed in range(200)
    ]
    # Of 200: at 5 % more than 18, at 50 % outside 82..118 has probability below 1 %.
    assert np.count_nonzero(np.array(p) <= 0.05) <= 18
    assert 82 <= np.count_nonzero(np.array(p) <= 0.5) <= 118


def test_the_interval_reaches_zero_unless_the_test_excludes_it():
    calm = calibration_error(*drawn(1, 500), seed=0)
    assert calm.p_value > 0.025
    assert (calm.ece.low, calm.rms.low) == (0.0, 0.0)
    loud = calibration_error(*drawn(1, 500, sharper=3.0), seed=0)
    assert loud.p_value < 0.01
    assert loud.ece.low > 0.05


def test_drawn_and_normal_null_errors_agree_on_many_rows():
    confidence, _ = drawn(0, 20_000)
    bins = equal_mass_bins(confidence)
    exact = null_errors(confidence, bins, seed=0, replicates=400)
    many = np.tile(confidence, 2)
    normal = null_errors(many, np.tile(bins, 2), seed=0, replicates=400)
    assert normal.mean() * np.sqrt(2) == pytest.approx(exact.mean(), rel=0.03)


def test_groups_make_the_null_wider_and_the_interval_wider():
    confidence, hits = drawn(3, 200, sharper=2.0)
    confidence, hits, groups = (np.repeat(v, 4) for v in (confidence, hits, np.arange(200)))
    alone = calibration_error(confidence, hits, seed=0)
    together = calibration_error(confidence, hits, seed=0, groups=groups)
    assert together.noise.value > 1.5 * alone.noise.value
    assert together.ece.high - together.ece.value > alone.ece.high - alone.ece.value


def test_views_of_the_same_rows_are_resampled_together():
    confidence, hits = drawn(0, 300)
    bins = equal_mass_bins(confidence)
    first, second = resampled_tables([(confidence, hits, bins), (confidence, hits, bins)], seed=0)
    assert (first.hits == second.hits).all()
    assert (first.rows.sum(axis=1) == 300).all()


def test_many_units_are_folded_and_keep_every_row():
    confidence, hits = drawn(0, 9000)
    table = resampled_tables([(confidence, hits, equal_mass_bins(confidence))], seed=0, replicates=200)[0]
    assert table.rows.sum(axis=1).mean() == pytest.approx(9000, rel=0.01)
    assert table.hits.sum(axis=1).std() == pytest.approx(np.sqrt(9000) * hits.std(), rel=0.15)


def test_a_recentred_interval_encloses_its_estimate_within_the_limits():
    replicates = np.random.default_rng(0).normal(5, 1, 1000)
    found = recentred(0.5, replicates, level=0.95, n=10, limits=(0.0, 1.0))
    assert (found.low, found.value, found.high) == (0.0, 0.5, 1.0)


def test_an_empty_bin_of_a_resample_counts_for_nothing():
    table = BinTable(np.array([4.0, 0.0]), np.array([3.6, 0.0]), np.array([2.0, 0.0]))
    assert plugin_ece(table) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("confidence", "hits"),
    [([0.5], [2.0]), ([1.5], [1.0]), ([-0.1], [1.0]), ([np.nan], [1.0]), ([0.5, 0.5], [1.0])],
)
def test_what_is_no_confidence_or_no_hit_is_a_usage_error(confidence, hits):
    with pytest.raises(UsageError):
        calibration_error(confidence, hits, seed=0)


def test_one_group_or_no_row_has_no_answer():
    with pytest.raises(UnknownAnswerError):
        calibration_error([0.5, 0.6], [1.0, 0.0], seed=0, groups=[1, 1])
    with pytest.raises(UnknownAnswerError):
        calibration_error([], [], seed=0)
    with pytest.raises(UsageError):
        equal_mass_bins([0.5], most=0)


@pytest.mark.slow
@pytest.mark.parametrize("n", [300, 1000, 3000])
@pytest.mark.parametrize("sharper", [1.0, 1.1, 1.35, 2.0])
def test_intervals_cover_the_error_of_the_population(n, sharper):
    ece, rms = true_ece(sharper, min(15, n // 20))
    inside = np.zeros(2)
    for seed in range(200):
        confidence, hits = drawn(seed, n, sharper=sharper)
        found = calibration_error(confidence, hits, seed=seed, replicates=400, null_replicates=499)
        inside += found.ece.contains(ece), found.rms.contains(rms)
    # 95 % nominal; of 200 with 91 % fewer than 173 has probability 1 %.
    assert (inside >= 173).all(), inside / 200


def test_answers_that_are_all_sure_and_right_have_an_error_of_about_nothing():
    stated = np.full(200, 1.0 - 2e-8)
    found = calibration_error(stated, np.ones(200), seed=0, groups=None)
    assert found.noise.low <= found.noise.value <= found.noise.high < 1e-6
