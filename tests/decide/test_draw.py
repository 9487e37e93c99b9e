import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from weigh.checks.accuracy.scores import Metric
from weigh.core.errors import UsageError
from weigh.core.recommendation import Decision
from weigh.decide.compare import compare
from weigh.decide.draw import COVERED, NOT_COVERED, Draws, TrainDraw, covering, covering_pair, train_draw
from weigh.decide.recommend import recommend
from weigh.decide.refits import PARTS
from weigh.decide.trials import TestSet
from weigh.statistics.bootstrap import PairedResult, paired_bootstrap
from weigh.statistics.interval import Interval

IN = "in-domain"


def again(inputs, spread, *, seed=0, leave=()):
    """The same inputs with two divisions of refits; each arm's accuracy wanders by `spread[arm]`.

    The wander is common to a refit: in it a random share of the rows is answered otherwise.
    """
    rng = np.random.default_rng(seed)

    def refit(arm):
        result = {}
        for test in inputs.tests:
            shift = rng.normal() * spread.get(arm.arm, 0.0)
            proba = arm.answers[test.name].copy()
            right = proba.argmax(1) == test.labels
            turn = rng.random(right.size) < abs(shift) / np.where(right, right.mean(), 1 - right.mean())
            turn &= right if shift < 0 else ~right
            proba[turn] = proba[turn][:, ::-1]
            result[test.name] = proba
        return result

    arms = tuple(
        arm
        if arm.arm in leave
        else dataclasses.replace(arm, refits=tuple(refit(arm) for _ in range(2 * PARTS)))
        for arm in inputs.arms
    )
    return dataclasses.replace(inputs, arms=arms)


def ask(inputs, **options):
    return recommend(inputs, metric="accuracy", seed=7, model=True, **options)


def fits_nothing(inputs, arm):
    arms = tuple(
        dataclasses.replace(a, cost=dataclasses.replace(a.cost, labels=0)) if a.arm == arm else a
        for a in inputs.arms
    )
    return dataclasses.replace(inputs, arms=arms)


def test_refits_that_all_answer_alike_change_no_end_and_no_p_value(make):
    inputs = make({"tfidf_linear": {IN: 0.7}, "probe": {IN: 0.75}})
    plain, covered = ask(inputs), ask(again(inputs, {}))
    assert [c.p_value for c in plain.comparisons] == [c.p_value for c in covered.comparisons]
    for one, other in zip(plain.arms, covered.arms, strict=True):
        assert (one.score.low, one.score.high) == (other.score.low, other.score.high)
        assert one.score.method.endswith(NOT_COVERED)
        assert other.score.method.endswith(COVERED)


def test_refits_that_differ_widen_every_interval_and_raise_every_p_value(make):
    inputs = make({"tfidf_linear": {IN: 0.70, "domain=x": 0.6}, "probe": {IN: 0.75, "domain=x": 0.7}})
    plain = ask(inputs)
    covered = ask(again(inputs, {"tfidf_linear": 0.05, "probe": 0.05, "majority": 0.05}))
    found = {a.arm: a for a in covered.arms}
    for one in plain.arms:
        for before, after in zip(
            (one.score, *one.tests), (found[one.arm].score, *found[one.arm].tests), strict=True
        ):
            assert after.low < before.low < before.value == after.value < before.high < after.high
    for before, after in zip(plain.comparisons, covered.comparisons, strict=True):
        assert before.p_value <= after.p_value
        assert after.difference.low < before.difference.low
        assert after.difference.method.endswith(COVERED)


def test_a_gain_within_what_another_training_draw_would_give_is_not_adopted(make):
    inputs = make({"tfidf_linear": {IN: 0.70}, "probe": {IN: 0.78}}, n=1000)
    assert ask(inputs).decision is Decision.ADOPT_WITH_PROBE
    assert ask(again(inputs, {"probe": 0.01})).decision is Decision.ADOPT_WITH_PROBE
    answer = ask(again(inputs, {"probe": 0.08}))
    assert answer.decision is Decision.KEEP_BASELINE
    assert any("with training rows in proportion" in sentence for sentence in answer.would_change)


def test_an_arm_that_fits_nothing_has_no_training_draw(make):
    inputs = fits_nothing(make({"tfidf_linear": {IN: 0.7}, "as_is": {IN: 0.75}}), "as_is")
    covered = ask(again(inputs, {"tfidf_linear": 0.05}, leave=("as_is",)))
    methods = {a.arm: a.score.method for a in covered.arms}
    assert COVERED not in methods["as_is"]
    assert NOT_COVERED not in methods["as_is"]
    draws = Draws.of(again(inputs, {"tfidf_linear": 0.05}, leave=("as_is",)), Metric.ACCURACY)
    assert draws.score("as_is", (0,)) == TrainDraw(0.0, 0)
    assert draws.difference("as_is", "tfidf_linear", (0,)) == draws.score("tfidf_linear", (0,))
    assert draws.score("tfidf_linear", (0,)).variance > 0


def test_a_difference_with_an_arm_that_was_not_refitted_says_so(make):
    inputs = again(
        make({"tfidf_linear": {IN: 0.7}, "probe": {IN: 0.8}}), {"probe": 0.1}, leave=("tfidf_linear",)
    )
    found = compare(inputs, Metric.ACCURACY, alpha=0.05, seed=0)
    assert found.pair("probe", "tfidf_linear").difference.method.endswith(NOT_COVERED)
    assert found.pair("probe", "majority").difference.method.endswith(COVERED)
    assert not found.draw_covered("probe", "tfidf_linear")


def test_paired_refits_cancel_what_two_arms_have_in_common(make):
    inputs = again(make({"tfidf_linear": {IN: 0.7}, "probe": {IN: 0.7}}, same={"probe": "tfidf_linear"}), {})
    shared = again(inputs, {"tfidf_linear": 0.1})
    refits = next(a.refits for a in shared.arms if a.arm == "tfidf_linear")
    arms = tuple(dataclasses.replace(a, refits=refits) if a.arm == "probe" else a for a in shared.arms)
    draws = Draws.of(dataclasses.replace(shared, arms=arms), Metric.ACCURACY)
    assert draws.score("probe", (0,)).variance > 0
    assert draws.difference("probe", "tfidf_linear", (0,)).variance == 0


def deviations(rng, n, sd, noise, divisions=1):
    """Refits as independent draws: a common move of standard deviation `sd`, and rows that disagree."""
    moved = rng.normal(size=(divisions, PARTS, 1)) * sd + rng.normal(size=(divisions, PARTS, n)) * noise
    return moved - moved.mean(axis=1, keepdims=True)


@pytest.mark.parametrize("sd", [0.0, 0.02, 0.1])
def test_how_much_single_rows_disagree_is_not_counted_as_training_draw(sd):
    rng = np.random.default_rng(0)
    tests = (TestSet("t", np.zeros(100, dtype=np.int64)),)
    raw, found = [], []
    for _ in range(1500):
        made = deviations(rng, 100, sd, 0.3)
        raw.append((PARTS - 1) / PARTS * np.square(made.mean(axis=2)).sum())
        found.append(train_draw(tests, [made]).variance)
    # Parts that move independently by sd differ as if the whole moved by (PARTS - 1) / sqrt(PARTS) sd.
    expected = (PARTS - 1) ** 2 / PARTS * sd**2
    noise = (PARTS - 1) ** 2 / PARTS * 0.3**2 / 100
    assert np.mean(raw) == pytest.approx(expected + noise, rel=0.1)
    # An estimate below zero is cut to zero, so the mean lies above the truth where that is small.
    assert expected * 0.9 <= np.mean(found) <= expected * 1.1 + 0.6 * noise


def test_the_objective_averages_refits_over_tests_as_scores_are_averaged():
    rng = np.random.default_rng(1)
    tests = (TestSet("a", np.zeros(400, dtype=np.int64)), TestSet("b", np.zeros(50, dtype=np.int64)))
    parts = [deviations(rng, test.labels.size, 0.3, 0.0) for test in tests]
    means = (parts[0].mean(axis=2) + parts[1].mean(axis=2)) / 2
    expected = (PARTS - 1) / PARTS * np.square(means).sum()
    assert train_draw(tests, parts).variance == pytest.approx(expected)


@settings(max_examples=50, deadline=None)
@given(
    st.integers(30, 300),
    st.floats(-0.3, 0.3),
    st.floats(0.01, 1.0),
    st.floats(0, 0.05),
    st.integers(0, 10**6),
)
def test_p_is_below_five_percent_exactly_when_the_interval_excludes_zero(n, gain, spread, variance, seed):
    values = np.random.default_rng(seed).normal(gain, spread, n)
    alone = paired_bootstrap(values, np.zeros(n), seed=0)
    found = covering_pair(alone, TrainDraw(variance, 6), Metric.LOG_LOSS, independent=n)
    excludes = found.difference.low > 0 or found.difference.high < 0
    assert (found.p_value <= 0.05) == excludes
    assert found.p_value >= alone.p_value
    assert found.difference.low <= alone.difference.low <= alone.difference.high <= found.difference.high


def test_the_p_value_of_a_training_draw_that_dominates_is_that_of_students_t():
    alone = PairedResult(Interval(0.1, 0.0999, 0.1001, 0.95, 500, "paired-bootstrap"), 0.0005, 500)
    found = covering_pair(alone, TrainDraw(0.05**2, 6), Metric.ACCURACY, independent=500)
    # P(|t_6| > 2), from tables of the distribution.
    assert found.p_value == pytest.approx(0.0924, abs=0.0002)
    assert found.difference.halfwidth == pytest.approx(2.4469 * 0.05, rel=1e-3)


def test_both_parts_are_added_in_squares_and_stay_in_the_range_of_the_metric():
    found = covering(Interval(0.9, 0.87, 0.92, 0.95, 100, "wilson"), TrainDraw(1e-4, 6), Metric.ACCURACY)
    more = 2.4469 * 0.01
    assert found.low == pytest.approx(0.9 - math.hypot(0.03, more), abs=1e-5)
    assert found.high == pytest.approx(0.9 + math.hypot(0.02, more), abs=1e-5)
    wide = covering(Interval(0.9, 0.87, 0.92, 0.95, 100, "wilson"), TrainDraw(1.0, 6), Metric.ACCURACY)
    assert (wide.low, wide.high) == (0.0, 1.0)


def test_one_independent_test_unit_stays_degenerate_and_breaks_nothing(make):
    inputs = again(make({"probe": {IN: 0.8}}, n=40, groups=np.zeros(40, dtype=np.int64)), {"probe": 0.1})
    assert ask(inputs).decision is Decision.UNDECIDED


def test_points_of_a_curve_say_that_they_do_not_cover_the_training_draw(make):
    answer = ask(again(make({"probe": {IN: 0.8}}), {"probe": 0.05}))
    assert all(point.score.method.endswith(NOT_COVERED) for point in answer.curves)


def test_refits_that_do_not_fit_each_other_are_usage_errors(make):
    inputs = again(make({"probe": {IN: 0.8}}), {})
    probe = inputs.arms[-1]

    def with_refits(refits):
        return dataclasses.replace(inputs, arms=(inputs.arms[0], dataclasses.replace(probe, refits=refits)))

    with pytest.raises(UsageError, match="without each of 4 parts"):
        with_refits(probe.refits[:3])
    with pytest.raises(UsageError, match="different numbers of divisions"):
        with_refits(probe.refits[:4])
    with pytest.raises(UsageError, match="at refit 8"):
        with_refits((*probe.refits[:7], {IN: np.ones((3, 2)) / 2}))
