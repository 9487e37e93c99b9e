import dataclasses

import numpy as np
import pytest

from weigh.checks.accuracy.scores import Metric
from weigh.decide.curves import curve_points, replicate_means, worth_in_labels

SIZES = (100, 200, 400, 800, 1600)


def ladder(make, scratch_error, probe_accuracy, n=4000):
    """The scratch arm errs at each size on a nested share of the rows."""
    inputs = make({"tfidf_linear": {"t": 0.5}, "probe": {"t": probe_accuracy}}, n=n, sizes=SIZES)
    order = np.random.default_rng(5).random(n)
    labels = inputs.tests[0].labels
    arms = []
    for arm in inputs.arms:
        predictions = dict(arm.predictions)
        if arm.arm == "tfidf_linear":
            for size in SIZES:
                predicted = np.where(order < scratch_error(size), 1 - labels, labels)
                predictions[size] = {"t": np.eye(2)[predicted] * 0.8 + 0.1}
        arms.append(dataclasses.replace(arm, predictions=predictions))
    return dataclasses.replace(inputs, arms=tuple(arms))


def worth(inputs):
    named = {arm.arm: arm for arm in inputs.arms}
    return worth_in_labels(
        inputs, Metric.ACCURACY, scratch=named["tfidf_linear"], adopted=named["probe"], seed=0
    )


def test_labels_worth_is_where_the_scratch_curve_meets_the_model(make):
    # 2 n^-0.4 reaches 0.08 at n = 3125, within four times the largest size.
    found = worth(ladder(make, lambda n: 2 * n**-0.4, 0.92))
    assert found.value is not None
    assert found.low < 3125 < (found.high or 6400)
    assert 1600 < found.value < 6400
    assert (found.more_than, found.scratch, found.used) == (0, "tfidf_linear", 1600)


def test_beyond_four_times_the_data_only_more_than_is_said(make):
    found = worth(ladder(make, lambda n: 0.3 + 0.5 * n**-0.5, 0.95))
    assert (found.value, found.high, found.more_than) == (None, None, 6400)


def test_a_flat_curve_never_reaches_a_better_model(make):
    assert worth(ladder(make, lambda n: 0.4, 0.9)).more_than == 6400


def test_fewer_than_three_sizes_make_no_curve(make):
    inputs = make({"tfidf_linear": {"t": 0.7}, "probe": {"t": 0.9}}, sizes=(100, 200))
    assert worth(inputs) is None


def test_every_arm_has_a_point_at_every_size_and_test_with_its_band(make):
    inputs = make({"probe": {"t": 0.8, "domain=x": 0.7}}, sizes=SIZES)
    points = curve_points(inputs, Metric.ACCURACY, seed=0)
    assert len(points) == 2 * len(SIZES) * 3
    assert {p.test for p in points} == {"t", "domain=x", "objective"}
    assert all(p.score.low <= p.score.value <= p.score.high for p in points)


def test_resampled_means_spread_as_their_standard_error_says():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(500, 2))
    drawn = replicate_means(values, None, seed=1, replicates=2000)
    assert drawn.mean(axis=0) == pytest.approx(values.mean(axis=0), abs=0.01)
    assert drawn.std(axis=0) == pytest.approx(values.std(axis=0) / np.sqrt(500), rel=0.1)


def test_rows_of_a_group_are_resampled_together():
    values = np.repeat(np.random.default_rng(0).normal(size=100), 5)[:, None]
    groups = np.repeat(np.arange(100), 5)
    together = replicate_means(values, groups, seed=1, replicates=1000).std()
    alone = replicate_means(values, None, seed=1, replicates=1000).std()
    assert together == pytest.approx(np.sqrt(5) * alone, rel=0.15)
