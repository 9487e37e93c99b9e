import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import binom

from weigh.checks.calibration.calibration import ALPHA, CHECK, QUESTION, SMALLEST_ERROR, CalibrationSubject
from weigh.checks.calibration.remedy import FOLDS, TrainingRows, folds_of
from weigh.checks.calibration.temperature import fit_temperature, tempered
from weigh.checks.case import Case, Declared, NotAsked
from weigh.core.check import Context
from weigh.core.events import Silent
from weigh.core.outcome import OutcomeKind
from weigh.core.request import Request
from weigh.core.subject import Subject, SubjectKind
from weigh.datasets.predictions import Predictions
from weigh.statistics.calibration import calibration_error
from weigh.statistics.classification import log_loss

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "calibration"))
from refit_case import case_of


class Still:
    def now(self):
        return 0.0

    def monotonic(self):
        return 0.0


def ask(*tests, training=(), seed=0):
    request = Request("calibration", "code", Subject(SubjectKind.PREDICTOR, "sha256:0"), seed=seed)
    return CHECK.run(CalibrationSubject(tests, training), Context(request, Still(), Silent()))


def softmax(logits):
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def answers(seed, n=500, *, temperature=1.0, classes=3, name="in-domain", groups=None, flip=None):
    """Labels drawn from softmax(z); stated is softmax(z * temperature): above 1 is over-confident."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (n, classes))
    truth = softmax(logits)
    labels = (rng.random((n, 1)) > truth.cumsum(axis=1)).sum(axis=1).clip(0, classes - 1)
    proba = softmax(logits * temperature)
    rows = np.arange(n) if groups is None else groups
    names = tuple("abcdefgh"[:classes])
    return Predictions(tuple(map(str, range(n))), labels, proba, names, {}, rows, name)


def alarm(test, seed):
    """The rule of the check without its other measures; the slow tests ask the check itself."""
    confidence = test.proba.max(axis=1)
    found = calibration_error(confidence, test.correct, seed=seed, replicates=100, null_replicates=499)
    return found.p_value < ALPHA and found.ece.value >= SMALLEST_ERROR


def test_calibrated_answers_raise_an_alarm_in_at_most_one_of_a_hundred_data_sets():
    alarms = sum(alarm(answers(seed, 300), seed) for seed in range(200))
    assert alarms <= binom.ppf(0.99, 200, 0.01)


def test_planted_overconfidence_is_found_in_nearly_every_data_set():
    assert sum(alarm(answers(seed, 300, temperature=2.0), seed) for seed in range(200)) >= 195


@pytest.mark.parametrize(("temperature", "rule"), [(2.0, "WGH-Q001"), (0.5, "WGH-Q002")])
def test_the_side_to_which_it_errs_is_named(temperature, rule):
    assert all(
        [f.rule for f in ask(answers(seed, 500, temperature=temperature)).findings] == [rule]
        for seed in range(3)
    )


def test_errors_that_cancel_out_are_found_as_misleading_both_ways():
    n = 1000
    rng = np.random.default_rng(0)
    sure = rng.random(n) < 0.5
    confidence = np.where(sure, 0.95, 0.65)
    hit = rng.random(n) < 0.8
    proba = np.stack([confidence, 1 - confidence], axis=1)
    rows = np.arange(n)
    test = Predictions(
        tuple(map(str, rows)), (~hit).astype(np.int64), proba, ("a", "b"), {}, rows, "in-domain"
    )
    assert [f.rule for f in ask(test).findings] == ["WGH-Q003"]


def test_groups_that_are_right_or_wrong_together_raise_no_more_alarms_than_single_rows():
    alarms = naive = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        confidence = np.repeat(rng.uniform(0.5, 1.0, 100), 5)
        hit = np.repeat(rng.random(100), 5) < confidence
        for groups in (np.arange(500) // 5, None):
            found = calibration_error(
                confidence, hit, seed=seed, groups=groups, replicates=100, null_replicates=499
            )
            alarms += found.p_value < ALPHA and groups is not None
            naive += found.p_value < ALPHA and groups is None
    assert alarms <= 3
    assert naive > 10


def test_the_finding_offers_temperature_scaling_with_what_it_was_measured_to_do():
    found = ask(answers(1, 800, temperature=2.0))
    assert "temperature" in found.findings[0].action
    temperature = found.measure("temperature")
    assert temperature.low < 2.0 < temperature.high
    change = found.measure("log_loss_change", test="in-domain")
    assert change.high < 0
    after = found.measure("expected_calibration_error_tempered", test="in-domain")
    assert after.value < found.measure("expected_calibration_error", test="in-domain").value / 2
    assert found.measure("expected_calibration_error_change", test="in-domain").high < 0


def test_a_predictor_that_learns_is_tempered_on_training_rows_only():
    whole = answers(2, 900, temperature=2.0)
    asked = []

    def refit(*, train, labels, ask, weights=None, seed=0):
        assert set(train.tolist()).isdisjoint(ask.tolist())
        asked.extend(ask.tolist())
        return whole.proba[ask]

    train, rest = np.arange(600), np.arange(600, 900)
    test = Predictions(
        tuple(map(str, rest)), whole.labels[rest], whole.proba[rest], whole.classes, {}, rest, "in-domain"
    )
    training = TrainingRows(refit, train, whole.labels, np.arange(900), 0)
    found = ask(test, training=(training,))
    assert sorted(asked) == train.tolist()
    assert found.measure("temperature", fitted_on="training rows").n == 600
    assert found.measure("log_loss_change", test="in-domain").high < 0


def test_a_point_of_the_reliability_chart_stands_for_every_bin_and_all_rows():
    found = ask(answers(3, 700))
    points = [m for m in found.measures if m.name == "observed_frequency"]
    assert len(points) == 15
    assert sum(m.n for m in points) == 700
    stated = [float(m.label("confidence")) for m in points]
    assert stated == sorted(stated)
    assert all(m.low <= m.value <= m.high for m in points)
    assert CHECK.pictures[0].measure == "observed_frequency"


def test_every_test_set_is_looked_at_and_alarms_are_adjusted_for_their_number():
    found = ask(answers(4), answers(5, name="shift", temperature=2.0))
    assert [f.where for f in found.findings] == ["shift"]
    alone = ask(answers(5, name="shift", temperature=2.0)).measure("calibration_p_value", test="shift")
    assert found.measure("calibration_p_value", test="shift").value == pytest.approx(2 * alone.value)


def test_the_parts_of_a_two_class_brier_score_add_up_to_it_but_for_what_binning_leaves():
    found = ask(answers(6, 600, classes=2))
    value = {m.name: m.value for m in found.measures if m.name.startswith("brier")}
    parts = value["brier_reliability"] - value["brier_resolution"] + value["brier_uncertainty"]
    assert parts == pytest.approx(value["brier"], abs=0.01)


def test_too_few_rows_are_inconclusive_with_the_number_needed():
    found = ask(answers(0, 60))
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert found.outcome.needs_n == 100
    assert found.measures
    lonely = ask(answers(0, 60, groups=np.zeros(60, dtype=np.int64)))
    assert lonely.outcome.kind is OutcomeKind.INCONCLUSIVE
    grouped = ask(answers(0, 600, groups=np.arange(600) % 60))
    assert grouped.outcome.needs_n == 1000


def test_certain_answers_of_probability_one_are_measured_not_divided_by_zero():
    test = answers(0, 400)
    proba = np.eye(3)[test.proba.argmax(axis=1)]
    sure = Predictions(test.ids, test.labels, proba, test.classes, {}, test.groups, test.test)
    found = ask(sure)
    assert [f.rule for f in found.findings] == ["WGH-Q001"]
    assert all(np.isfinite(m.value) for m in found.measures)


def test_a_hostile_test_name_stays_data():
    name = "\x1b[31m<script>"
    assert ask(answers(5, name=name, temperature=2.0)).findings[0].where == name


def test_the_same_question_has_the_same_answer():
    assert ask(answers(0)).digest == ask(answers(0)).digest


def test_nothing_fitted_is_not_asked():
    assert isinstance(QUESTION.put(Case(Declared())), NotAsked)


def put(case):
    asking = QUESTION.put(case)
    request = Request("calibration", "code", asking.subject, asking.parameters, asking.inputs)
    return asking, CHECK.run(asking.payload(), Context(request, Still(), Silent()))


def test_the_finalist_is_asked_and_a_learning_one_is_tempered_on_training_rows():
    asking, found = put(case_of())
    assert asking.subject.name == "probe"
    assert ("rows", "sha256:rows") in asking.inputs
    assert found.answered
    assert found.measure("temperature").label("fitted_on") == "training rows"
    assert put(case_of("as_is"))[1].measure("temperature").label("fitted_on") == "test rows"


def test_no_row_of_a_part_left_out_chooses_its_own_temperature():
    case, asked = case_of(), []

    def refit(*, train, labels, ask, weights=None, seed=0):
        asked.append((set(train.tolist()), set(ask.tolist())))
        return case.predictor.refit(train=train, labels=labels, ask=ask)

    part = np.arange(150, 300)
    answered = case.predictor.refit(train=np.arange(150), labels=case.data.table.labels[:150], ask=part)
    test = Predictions(
        tuple(map(str, part)), case.data.table.labels[part], answered, ("bad", "good"), {}, part, "domain=b"
    )
    data = replace(case.data, tests=(*case.data.tests, ("domain=b", part)), fitted_on=(None, np.arange(150)))
    predictor = replace(case.predictor, tests=(*case.predictor.tests, test), refit=refit)
    _, found = put(replace(case, data=data, predictor=predictor))
    whole, own = asked[:FOLDS], asked[FOLDS:]
    assert set.union(*(held for _, held in whole)) == set(range(300))
    assert set.union(*(rows | held for rows, held in own)) == set(range(150))
    assert [m.label("test") for m in found.measures if m.name == "temperature"] == ["", "domain=b"]
    assert [m.n for m in found.measures if m.name == "temperature"] == [300, 150]


@pytest.mark.parametrize("groups", [None, np.zeros(60, dtype=np.int64)])
def test_a_further_test_set_too_small_to_judge_is_said_to_be_unknown(groups):
    found = ask(answers(4), answers(5, 60, name="shift", temperature=3.0, groups=groups))
    independent = 60 if groups is None else 1
    unknown = found.measure("expected_calibration_error", test="shift")
    assert (unknown.value, unknown.n) == (None, independent)
    assert [(f.rule, f.where, f.message.partition(",")[0]) for f in found.findings] == [
        ("WGH-Q004", "shift", f"{independent} independent rows")
    ]


def test_a_constant_answer_is_not_asked_how_sure_it_is():
    assert isinstance(QUESTION.put(case_of("majority")), NotAsked)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999), st.floats(0.3, 3.0))
def test_the_fitted_temperature_has_the_lowest_log_loss_and_keeps_every_answer(seed, factor):
    test = answers(seed, 120, temperature=factor)
    fitted = fit_temperature(test.labels, test.proba).value
    best = log_loss(test.labels, tempered(test.proba, fitted))
    for other in (fitted * 1.1, fitted / 1.1, 1.0):
        assert best <= log_loss(test.labels, tempered(test.proba, other)) + 1e-9
    assert (tempered(test.proba, fitted).argmax(axis=1) == test.proba.argmax(axis=1)).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=60), st.integers(0, 99))
def test_rows_of_one_group_share_a_fold(groups, seed):
    codes = np.array(groups)
    fold = folds_of(codes, seed=seed)
    assert fold.max() < FOLDS
    for group in set(groups):
        assert np.unique(fold[codes == group]).size == 1


@pytest.mark.slow
def test_the_interval_of_a_temperature_covers_the_true_one():
    inside = 0
    for seed in range(400):
        test = answers(seed, 400, temperature=1.6)
        found = fit_temperature(test.labels, test.proba, seed=seed).interval
        inside += found.low <= 1.6 <= found.high
    assert 400 * 0.92 <= inside <= 400 * 0.985


@pytest.mark.slow
def test_the_whole_check_keeps_its_rate_of_false_alarms_and_finds_what_was_planted():
    calm = sum(bool(ask(answers(seed, 300)).findings) for seed in range(200))
    found = sum(bool(ask(answers(seed, 500, temperature=1.6)).findings) for seed in range(200))
    assert calm <= binom.ppf(0.99, 200, 0.01)
    assert found >= 180


@pytest.mark.slow
def test_temperature_scaling_of_calibrated_answers_changes_nothing_detectable():
    changed = 0
    for seed in range(200):
        change = ask(answers(seed, 300)).measure("log_loss_change", test="in-domain")
        changed += change.high < 0
    assert changed <= 14
