import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import binom

from weigh.checks.accuracy.memorising import MOST_ROWS, divide, ratio_of, remember, shuffled
from weigh.checks.accuracy.overfitting import CHECK, QUESTION, FittedArms
from weigh.checks.case import Case, Declared, NotAsked
from weigh.core.check import Context
from weigh.core.events import Silent
from weigh.core.outcome import OutcomeKind
from weigh.core.request import Request
from weigh.core.subject import Subject, SubjectKind
from weigh.statistics.interval import Interval

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "calibration"))
from refit_case import case_of


class Still:
    def now(self):
        return 0.0

    def monotonic(self):
        return 0.0


def ask(arms, labels, groups=None, train=None, seed=0):
    rows = np.arange(labels.size)
    subject = FittedArms(
        tuple(arms.items()), rows if train is None else train, labels, rows if groups is None else groups
    )
    request = Request("overfitting", "code", Subject(SubjectKind.PREDICTIONS, "sha256:0"), seed=seed)
    return CHECK.run(subject, Context(request, Still(), Silent()))


def nearest(matrix):
    """One nearest neighbour: knows every row it was fitted on by heart."""

    def refit(*, train, labels, ask, weights=None, seed=0):
        distance = (matrix[train] ** 2).sum(axis=1) - 2 * matrix[ask] @ matrix[train].T
        return np.eye(2)[labels[distance.argmin(axis=1)]]

    return refit


def linear(matrix):
    """Least squares on few columns: has no room to keep many rows by heart."""

    def refit(*, train, labels, ask, weights=None, seed=0):
        design = np.column_stack([matrix, np.ones(len(matrix))])
        weight = np.linalg.lstsq(design[train], labels * 2.0 - 1.0, rcond=None)[0]
        sure = 1 / (1 + np.exp(-4 * design[ask] @ weight))
        return np.stack([1 - sure, sure], axis=1)

    return refit


def world(seed, n=400, *, signal):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(n, 3))
    labels = (signal * matrix[:, 0] + rng.normal(size=n) > 0).astype(np.int64)
    return matrix, labels


def rules(found):
    return [f.rule for f in found.findings]


def test_an_arm_that_cannot_memorise_raises_no_alarm_even_on_random_labels():
    alarms = 0
    for seed in range(200):
        matrix, labels = world(seed, signal=0.0)
        alarms += bool(ask({"linear": linear(matrix)}, labels, seed=seed).findings)
    assert alarms <= 2


def test_an_arm_that_learns_nothing_but_its_rows_is_found():
    found = []
    for seed in range(20):
        matrix, labels = world(seed, 800, signal=0.0)
        found.append(ask({"nearest": nearest(matrix)}, labels, seed=seed))
    assert sum(rules(one) == ["WGH-I001"] for one in found) >= 19
    measure = found[0].measure("memorisation", arm="nearest")
    assert measure.low < 1.0 < measure.high


def test_an_arm_that_learns_and_memorises_is_told_apart_from_one_that_only_memorises():
    matrix, labels = world(0, 1000, signal=2.0)
    found = ask({"nearest": nearest(matrix), "linear": linear(matrix)}, labels)
    assert rules(found) == ["WGH-I002"]
    assert found.findings[0].where == "nearest"
    assert found.measure("memorisation", arm="nearest").value < 0.6


def test_every_arm_has_both_sides_their_gap_and_the_gap_of_shuffled_labels():
    matrix, labels = world(1, signal=1.0)
    found = ask({"nearest": nearest(matrix), "linear": linear(matrix)}, labels)
    for arm in ("nearest", "linear"):
        seen = found.measure("refit_accuracy", arm=arm, rows="train")
        held = found.measure("refit_accuracy", arm=arm, rows="validation")
        gap = found.measure("accuracy_gap", arm=arm)
        assert (seen.n, held.n) == (320, 80)
        assert gap.value == pytest.approx(seen.value - held.value)
        assert gap.low <= gap.value <= gap.high
        assert found.measure("log_loss_gap", arm=arm) is not None
        assert found.measure("accuracy_gap_shuffled", arm=arm).n == 5
    assert found.measure("refit_accuracy", arm="nearest", rows="train").value == 1.0
    by_heart = found.measure("accuracy_gap_shuffled", arm="nearest")
    assert by_heart.low < 0.5 < by_heart.high


def test_an_arm_that_keeps_nothing_has_no_ratio():
    labels = np.arange(400) % 2

    def constant(*, train, labels, ask, weights=None, seed=0):
        return np.tile([0.5, 0.5], (ask.size, 1))

    found = ask({"constant": constant}, labels)
    assert found.measure("memorisation", arm="constant").value is None
    assert not found.findings


def test_copies_in_one_group_stay_on_one_side_and_are_not_taken_for_knowledge():
    matrix, labels = world(2, 600, signal=0.0)
    copies = np.repeat(np.arange(600), 3)
    found = ask({"nearest": nearest(matrix[copies])}, labels[copies], groups=copies)
    assert rules(found) == ["WGH-I001"]
    alone = ask({"nearest": nearest(matrix[copies])}, labels[copies])
    assert not alone.findings


def test_too_few_rows_or_one_class_are_inconclusive_with_the_number_needed():
    matrix, labels = world(0, 100, signal=1.0)
    found = ask({"linear": linear(matrix)}, labels)
    assert (found.outcome.kind, found.outcome.needs_n) == (OutcomeKind.INCONCLUSIVE, 200)
    grouped = ask({"linear": linear(matrix)}, labels, groups=np.arange(100) // 2)
    assert grouped.outcome.needs_n == 400
    single = ask({"linear": linear(matrix)}, np.zeros(300, dtype=np.int64))
    assert single.outcome.kind is OutcomeKind.INCONCLUSIVE


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 300), st.integers(1, 12), st.integers(0, 99))
def test_a_division_keeps_groups_whole_and_has_rows_on_both_sides(units, size, seed):
    groups = np.arange(units * size) % units
    division = divide(np.arange(groups.size), groups, seed=seed)
    assert set(groups[division.seen]).isdisjoint(groups[division.held])
    assert division.seen.size
    assert division.held.size
    assert division.asked.size <= MOST_ROWS
    assert np.unique(division.asked).size == division.asked.size


def test_a_division_of_many_rows_takes_two_thousand_of_which_a_fifth_is_left_out():
    division = divide(np.arange(50_000), np.arange(50_000), seed=0)
    assert (division.seen.size, division.held.size) == (1600, 400)


def test_large_groups_do_not_crowd_out_the_others():
    groups = np.concatenate([np.zeros(5000, dtype=np.int64), np.arange(1, 300)])
    division = divide(np.arange(groups.size), groups, seed=0)
    assert np.unique(groups[division.asked]).size == 300
    assert np.unique(groups[division.held]).size == 60
    assert np.count_nonzero(groups[division.asked] == 0) == 10
    large = np.arange(250_000) // 1000
    assert np.unique(large[divide(np.arange(250_000), large, seed=0).asked]).size == 200


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=50), st.integers(0, 99))
def test_shuffling_single_rows_keeps_the_labels(values, seed):
    labels = np.array(values)
    mixed = shuffled(labels, np.arange(labels.size), np.random.default_rng(seed))
    assert sorted(mixed) == sorted(values)


def test_shuffling_groups_gives_rows_of_one_group_labels_of_one_other():
    groups = np.repeat(np.arange(50), 4)
    labels = np.repeat(np.arange(50), 4)
    mixed = shuffled(labels, groups, np.random.default_rng(0)).reshape(50, 4)
    assert (mixed == mixed[:, :1]).all()
    assert sorted(mixed[:, 0]) == list(range(50))


def test_a_ratio_reaches_as_far_as_both_intervals_allow():
    gap = Interval(0.2, 0.1, 0.3, 0.975, 100, "newcombe")
    found = ratio_of(gap, Interval(0.4, 0.2, 0.5, 0.975, 5, "student-t"))
    assert (found.low, found.value, found.high) == pytest.approx((0.2, 0.5, 1.5))
    assert ratio_of(gap, Interval(0.1, 0.0, 0.2, 0.975, 5, "student-t")) is None


def test_the_same_question_has_the_same_answer():
    matrix, labels = world(3, signal=1.0)
    assert ask({"n": nearest(matrix)}, labels).digest == ask({"n": nearest(matrix)}, labels).digest


def test_nothing_fitted_is_not_asked():
    assert isinstance(QUESTION.put(Case(Declared())), NotAsked)


def test_one_question_covers_every_arm_that_learns_whichever_is_the_finalist():
    asking = QUESTION.put(case_of())
    assert asking.subject.kind is SubjectKind.PREDICTIONS
    assert asking.parameters["arms"] == ["probe"]
    assert asking.subject.digest == QUESTION.put(case_of("majority")).subject.digest
    request = Request("overfitting", "code", asking.subject, asking.parameters, asking.inputs)
    found = CHECK.run(asking.payload(), Context(request, Still(), Silent()))
    assert found.answered
    assert {m.label("arm") for m in found.measures} == {"probe"}


@pytest.mark.slow
def test_an_arm_that_learns_nothing_but_its_rows_is_found_as_often_as_stated():
    found = 0
    for seed in range(200):
        matrix, labels = world(seed, 800, signal=0.0)
        found += rules(ask({"nearest": nearest(matrix)}, labels, seed=seed)) == ["WGH-I001"]
    # At least 95 % but for the chance in 200 draws.
    assert found >= binom.ppf(0.01, 200, 0.95), found


@pytest.mark.slow
def test_the_interval_of_the_gap_covers_the_expected_gap():
    found = []
    for seed in range(200):
        matrix, labels = world(seed, signal=1.0)
        rows = np.arange(labels.size)
        found.append(remember(nearest(matrix), divide(rows, rows, seed=seed), labels, seed=seed).accuracy.gap)
    expected = float(np.mean([one.value for one in found]))
    assert sum(one.contains(expected) for one in found) >= 184


def test_what_an_arm_keeps_by_heart_that_is_not_recommended_is_only_worth_knowing():
    matrix, labels = world(1, signal=0.0)
    rows = np.arange(labels.size)
    request = Request("overfitting", "code", Subject(SubjectKind.PREDICTIONS, "sha256:0"))
    for finalist, severity in (("nearest", "medium"), ("other", "info"), ("", "medium")):
        subject = FittedArms((("nearest", nearest(matrix)),), rows, labels, rows, finalist)
        found = CHECK.run(subject, Context(request, Still(), Silent()))
        assert [f.severity.value for f in found.findings] == [severity]
