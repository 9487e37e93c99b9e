import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn import metrics

from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.statistics import classification as scores

LABELS = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 3), min_size=n, max_size=n),
        st.lists(st.integers(0, 3), min_size=n, max_size=n),
    )
)


def chances(seed, n, classes):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(classes), size=n), rng.integers(0, classes, size=n)


@given(LABELS)
@settings(max_examples=50, deadline=None)
def test_scores_of_classes_are_scikit_learns(labels):
    truth, predicted = labels
    with warnings.catch_warnings():
        # Classes without a row make the oracle warn; its value is what is compared.
        warnings.simplefilter("ignore")
        expected = {
            scores.accuracy: metrics.accuracy_score(truth, predicted),
            scores.balanced_accuracy: metrics.balanced_accuracy_score(truth, predicted),
            scores.macro_f1: metrics.f1_score(truth, predicted, average="macro"),
            scores.matthews: metrics.matthews_corrcoef(truth, predicted),
        }
    for score, value in expected.items():
        assert score(truth, predicted) == pytest.approx(value, abs=1e-12)


@given(LABELS)
@settings(max_examples=50, deadline=None)
def test_the_confusion_matrix_counts_every_row_once(labels):
    truth, predicted = labels
    counts = scores.confusion(truth, predicted, classes=4)
    assert counts.sum() == len(truth)
    assert np.array_equal(counts, metrics.confusion_matrix(truth, predicted, labels=range(4)))


@pytest.mark.parametrize(
    "score",
    [scores.accuracy_from, scores.balanced_accuracy_from, scores.macro_f1_from, scores.matthews_from],
)
def test_a_stack_of_matrices_is_scored_one_by_one(score):
    stack = np.random.default_rng(0).integers(0, 9, size=(5, 2, 3, 3))
    assert score(stack).shape == (5, 2)
    assert score(stack)[3, 1] == score(stack[3, 1])
    assert math.isnan(score(np.zeros((3, 3))))


@given(st.integers(0, 1000), st.integers(2, 5))
@settings(max_examples=50, deadline=None)
def test_scores_of_probabilities_are_scikit_learns(seed, classes):
    proba, truth = chances(seed, 40, classes)
    labels = range(classes)
    assert scores.log_loss(truth, proba) == pytest.approx(metrics.log_loss(truth, proba, labels=labels))
    one_hot = np.eye(classes)[truth]
    expected = np.square(proba - one_hot).sum(axis=1).mean()
    if classes == 2:
        expected = metrics.brier_score_loss(truth, proba[:, 1])
    assert scores.brier(truth, proba) == pytest.approx(expected)


def test_a_certain_wrong_answer_costs_a_finite_loss():
    proba = [[1.0, 0.0], [0.0, 1.0]]
    assert scores.log_loss([1, 1], proba) == pytest.approx(metrics.log_loss([1, 1], proba, labels=[0, 1]))
    assert scores.log_loss_each([1, 1], proba).max() < 36.05
    assert scores.brier_each([1, 1], proba).tolist() == [1.0, 0.0]


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(-4, 4)), min_size=2, max_size=50))
@settings(max_examples=50, deadline=None)
def test_auroc_with_ties_is_scikit_learns(rows):
    truth, score = np.array(rows).T
    if 0 < truth.sum() < truth.size:
        assert scores.auroc(truth, score) == pytest.approx(metrics.roc_auc_score(truth, score))
        assert scores.auroc(truth, -score) == pytest.approx(1 - scores.auroc(truth, score))
        assert scores.auroc(truth, np.exp(score)) == scores.auroc(truth, score)
    else:
        assert math.isnan(scores.auroc(truth, score))


def test_auroc_of_many_classes_is_the_mean_of_each_against_the_rest():
    proba, truth = chances(1, 90, 3)
    expected = metrics.roc_auc_score(truth, proba, multi_class="ovr")
    assert scores.auroc(truth, proba) == pytest.approx(expected)
    two, binary = chances(2, 50, 2)
    assert scores.auroc(binary, two) == scores.auroc(binary, two[:, 1])


def test_the_loss_of_a_row_is_zero_or_one():
    assert scores.zero_one_each([0, 1, 2], [0, 2, 2]).tolist() == [0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    "ask",
    [
        lambda: scores.accuracy([0, 1], [0]),
        lambda: scores.accuracy([0.0, 1.0], [0, 1]),
        lambda: scores.accuracy([-1, 1], [0, 1]),
        lambda: scores.confusion([0, 5], [0, 1], classes=3),
        lambda: scores.macro_f1([0, 10**9], [0, 1]),
        lambda: scores.accuracy_from(np.zeros((2, 3))),
        lambda: scores.log_loss([0, 1], [[0.5, 0.6], [0.5, 0.5]]),
        lambda: scores.log_loss([0, 2], [[0.5, 0.5], [0.5, 0.5]]),
        lambda: scores.brier([0, 1], [[0.5, math.nan], [0.5, 0.5]]),
        lambda: scores.brier([0], [0.5, 0.5]),
        lambda: scores.auroc([0, 1], [0.1, math.nan]),
        lambda: scores.auroc([0, 2], [0.1, 0.2]),
        lambda: scores.auroc([0, 1], [[0.1], [0.2]]),
        lambda: scores.auroc(0, 0.5),
    ],
)
def test_hostile_labels_and_probabilities_are_refused(ask):
    with pytest.raises(UsageError):
        ask()


def test_no_rows_have_no_score():
    with pytest.raises(UnknownAnswerError):
        scores.accuracy(np.array([], dtype=int), np.array([], dtype=int))
    with pytest.raises(UnknownAnswerError):
        scores.log_loss(np.array([], dtype=int), np.empty((0, 2)))
