import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn import metrics

from weigh.checks.accuracy.scores import Metric, paired_difference, pseudo_values
from weigh.core.errors import UsageError
from weigh.decide.compare import compare
from weigh.decide.objective import score
from weigh.decide.trials import TestSet, joint_groups
from weigh.statistics.multiplicity import holm

ORACLES = {
    Metric.ACCURACY: lambda y, p: metrics.accuracy_score(y, p.argmax(1)),
    Metric.MACRO_F1: lambda y, p: metrics.f1_score(y, p.argmax(1), average="macro"),
    Metric.LOG_LOSS: lambda y, p: metrics.log_loss(y, p, labels=range(p.shape[1])),
}


def random_answers(rng, n, classes):
    labels = rng.integers(0, classes, n)
    return labels, rng.dirichlet(np.ones(classes), n)


@pytest.mark.parametrize("metric", list(ORACLES))
@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(2, 5), st.integers(0, 10**6))
def test_pseudo_values_average_to_scikit_learns_score(metric, n, classes, seed):
    labels, proba = random_answers(np.random.default_rng(seed), n, classes)
    assert pseudo_values(metric, labels, proba).mean() == pytest.approx(
        ORACLES[metric](labels, proba), abs=1e-9
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(2, 5), st.integers(0, 10**6))
def test_balanced_accuracy_averages_the_recall_of_the_classes_present(n, classes, seed):
    labels, proba = random_answers(np.random.default_rng(seed), n, classes)
    expected = metrics.recall_score(
        labels, proba.argmax(1), labels=np.unique(labels), average="macro", zero_division=0
    )
    values = pseudo_values(Metric.BALANCED_ACCURACY, labels, proba)
    assert values.mean() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("metric", list(Metric))
def test_pseudo_values_move_as_the_metric_does_when_a_row_is_left_out(metric):
    labels, proba = random_answers(np.random.default_rng(0), 400, 3)
    values = pseudo_values(metric, labels, proba)
    for row in range(0, 400, 40):
        kept = np.arange(400) != row
        jackknife = 400 * values.mean() - 399 * pseudo_values(metric, labels[kept], proba[kept]).mean()
        assert values[row] == pytest.approx(jackknife, abs=0.05)


@pytest.mark.parametrize("metric", list(Metric))
def test_every_score_lies_in_its_interval_and_range(metric):
    rng = np.random.default_rng(1)
    for n in (1, 2, 5, 40):
        labels, proba = random_answers(rng, n, 3)
        found = score(metric, (TestSet("t", labels),), [proba], seed=0)
        assert 0 <= found.low <= found.value <= found.high <= metric.largest


def test_the_interval_of_a_mean_over_tests_is_not_widened_by_how_much_the_tests_differ():
    rng = np.random.default_rng(2)
    tests, answers = [], []
    for name, accuracy in (("easy", 0.99), ("hard", 0.5)):
        labels = rng.integers(0, 2, 2000)
        right = rng.random(2000) < accuracy
        predicted = np.where(right, labels, 1 - labels)
        tests.append(TestSet(name, labels))
        answers.append(np.eye(2)[predicted] * 0.8 + 0.1)
    found = score(Metric.ACCURACY, tuple(tests), answers, seed=0)
    expected = np.sqrt((0.99 * 0.01 + 0.25) / 2000) / 2 * 1.96
    assert found.halfwidth == pytest.approx(expected, rel=0.1)


def test_repeating_every_row_within_its_group_changes_no_interval_and_no_p_value(make):
    inputs = make({"tfidf_linear": {"t": 0.75}, "probe": {"t": 0.80}}, n=300)
    once = compare(inputs, Metric.ACCURACY, alpha=0.05, seed=0).pair("probe", "tfidf_linear")
    test = inputs.tests[0]
    labels = np.repeat(test.labels, 4)
    arms = tuple(
        type(arm)(
            arm.arm, arm.title, arm.kind, arm.risk, "", arm.sizes,
            {size: {"t": np.repeat(by["t"], 4, axis=0)} for size, by in arm.predictions.items()}, arm.cost,
        )
        for arm in inputs.arms
    )  # fmt: skip
    grouped = type(inputs)((TestSet("t", labels, np.repeat(np.arange(300), 4)),), arms, 2)
    four = compare(grouped, Metric.ACCURACY, alpha=0.05, seed=0).pair("probe", "tfidf_linear")
    assert four.difference.value == pytest.approx(once.difference.value)
    assert four.difference.high - four.difference.low == pytest.approx(
        once.difference.high - once.difference.low, rel=0.1
    )
    assert abs(four.p_value - once.p_value) < 0.1


def test_a_comparison_can_be_read_either_way_round(make):
    found = compare(
        make({"probe": {"t": 0.8}, "tfidf_linear": {"t": 0.7}}), Metric.LOG_LOSS, alpha=0.05, seed=0
    )
    one, other = found.pair("probe", "tfidf_linear"), found.pair("tfidf_linear", "probe")
    assert one.difference.value == -other.difference.value
    assert (one.difference.low, one.difference.high) == (-other.difference.high, -other.difference.low)
    assert found.gain("probe", "tfidf_linear") == -found.gain("tfidf_linear", "probe") > 0
    assert found.gain_ends("probe", "tfidf_linear")[0] <= found.gain("probe", "tfidf_linear")


def test_p_values_are_holm_adjusted_over_all_pairs_on_the_objective(make):
    arms = {"tfidf_linear": {"t": 0.7}, "as_is": {"t": 0.72}, "probe": {"t": 0.74}}
    inputs = make(arms)
    labels = inputs.tests[0].labels
    values = {arm.arm: pseudo_values(Metric.ACCURACY, labels, arm.answers["t"]) for arm in inputs.arms}
    found = compare(inputs, Metric.ACCURACY, alpha=0.05, seed=0)
    assert found.family == 6
    fewer = compare(make({"probe": {"t": 0.74}}), Metric.ACCURACY, alpha=0.05, seed=0)
    assert fewer.family == 1
    raw = [
        paired_difference(Metric.ACCURACY, values[c.arm], values[c.other], None, seed=0).p_value
        for c in found.items
        if c.test == "objective"
    ]
    assert [c.p_value for c in found.items if c.test == "objective"] == pytest.approx(holm(raw).tolist())


def test_groups_have_one_meaning_in_all_tests_and_rows_without_groups_stand_alone():
    first = TestSet("a", np.zeros(3, dtype=np.int64), np.array([7, 7, 2]))
    second = TestSet("b", np.zeros(2, dtype=np.int64), np.array([2, 9]))
    third = TestSet("c", np.zeros(2, dtype=np.int64))
    codes = joint_groups((first, second, third))
    assert codes.tolist()[:5] == [7, 7, 2, 2, 9]
    assert np.unique(codes).size == 5


def test_an_unknown_metric_is_a_usage_error_with_the_known_ones():
    from weigh.checks.accuracy.scores import metric_named

    with pytest.raises(UsageError) as caught:
        metric_named("auroc")
    assert "accuracy, balanced_accuracy, macro_f1, log_loss" in caught.value.why
