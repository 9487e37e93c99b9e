import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import binomtest
from sklearn.isotonic import IsotonicRegression

from weigh.watch import scores
from weigh.watch.estimate import estimate, monotone


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 50)), min_size=1, max_size=30))
@settings(max_examples=50, deadline=None)
def test_steps_are_those_of_scikit_learn(points):
    shares, weights = (np.array(part, dtype=float) for part in zip(*points, strict=True))
    oracle = IsotonicRegression().fit_transform(np.arange(len(shares)), shares, sample_weight=weights)
    assert monotone(shares, weights) == pytest.approx(oracle, abs=1e-9)


def predictor(n, seed, *, difficulty=1.0, trust=0.7):
    """A two-class predictor that is surer than it should be; `difficulty` moves its confidence down."""
    rng = np.random.default_rng(seed)
    logit = np.abs(rng.normal(0, 2 / difficulty, size=n))
    confidence = 1 / (1 + np.exp(-logit))
    right = rng.random(n) < 1 / (1 + np.exp(-trust * logit))
    answer = rng.integers(0, 2, size=n)
    proba = np.where(answer[:, None] == np.arange(2), confidence[:, None], 1 - confidence[:, None])
    return proba, np.where(right, answer, 1 - answer)


def expected_accuracy(difficulty):
    proba, labels = predictor(400_000, 99, difficulty=difficulty)
    return float((proba.argmax(axis=1) == labels).mean())


@pytest.mark.parametrize("difficulty", [1.0, 1.7])
def test_the_calibrated_estimate_follows_confidence_and_its_interval_covers(difficulty):
    truth = expected_accuracy(difficulty)
    hits, errors = 0, []
    for seed in range(200):
        held = scores.summarise(*predictor(1000, seed), ("a", "b"), fullest=0.004)
        new, _ = predictor(800, 10_000 + seed, difficulty=difficulty)
        found = estimate(held, new.max(axis=1), seed=seed).calibrated
        hits += found.contains(truth)
        errors.append(found.value - truth)
    assert abs(np.mean(errors)) < 0.01
    assert binomtest(hits, 200).proportion_ci(0.99).high >= 0.95


def test_both_estimates_on_the_reference_itself_are_its_accuracy():
    proba, labels = predictor(3000, 0)
    held = scores.summarise(proba, labels, ("a", "b"), fullest=0.004)
    found = estimate(held, proba.max(axis=1), seed=0)
    accuracy = held.correct / held.rows
    assert found.calibrated.value == pytest.approx(accuracy, abs=0.005)
    assert found.thresholded.value == pytest.approx(accuracy, abs=0.01)
    assert found.calibrated.low < accuracy < found.calibrated.high


def test_when_the_right_answer_changes_no_estimate_moves():
    proba, labels = predictor(3000, 0)
    held = scores.summarise(proba, labels, ("a", "b"), fullest=0.004)
    new, truth = predictor(3000, 1)
    flipped = np.where(np.random.default_rng(0).random(3000) < 0.3, 1 - truth, truth)
    found = estimate(held, new.max(axis=1), seed=0)
    measured = float((new.argmax(axis=1) == flipped).mean())
    assert found.calibrated.low > measured + 0.05
    assert found.thresholded.low > measured + 0.05


def test_a_constant_answer_has_an_estimate_too():
    proba = np.full((400, 2), 0.5)
    labels = np.arange(400) % 2
    held = scores.summarise(proba, labels, ("a", "b"), fullest=0.004)
    found = estimate(held, proba[:100].max(axis=1), seed=0)
    assert found.calibrated.value == pytest.approx(0.5)
    assert 0 <= found.thresholded.low <= found.thresholded.high <= 1
