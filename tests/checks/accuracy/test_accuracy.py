import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from weigh.checks.accuracy.accuracy import CHECK, QUESTION, PredictionSet
from weigh.core.check import Context
from weigh.core.events import Silent
from weigh.core.outcome import OutcomeKind
from weigh.core.request import Request
from weigh.core.subject import Subject, SubjectKind
from weigh.datasets.predictions import Predictions

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "calibration"))
from refit_case import case_of

CLASSES = ("bad", "good")


class Still:
    def now(self):
        return 0.0

    def monotonic(self):
        return 0.0


def ask(subject, seed=0):
    request = Request("accuracy", "code", Subject(SubjectKind.PREDICTIONS, "sha256:0"), seed=seed)
    return CHECK.run(subject, Context(request, Still(), Silent()))


def answers(n, accuracy, *, seed=0, share=0.5, test="in-domain", groups=None, classes=CLASSES):
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < share).astype(np.int64)
    predicted = np.where(rng.random(n) < accuracy, labels, 1 - labels)
    proba = np.full((n, len(classes)), 0.2 / (len(classes) - 1))
    proba[np.arange(n), predicted] = 0.8
    return Predictions(
        ids=tuple(f"rows.csv:{i + 2}" for i in range(n)),
        labels=labels,
        proba=proba,
        classes=classes,
        columns={},
        groups=np.arange(n) if groups is None else groups,
        test=test,
    )


def test_every_test_set_is_scored_by_every_metric_with_interval_and_n():
    found = ask(
        PredictionSet((answers(400, 0.8), answers(300, 0.6, seed=1, test="domain=x")), ((0.5, 0.5),) * 2)
    )
    assert found.answered
    for test, n in (("in-domain", 400), ("domain=x", 300)):
        for name in ("accuracy", "balanced_accuracy", "macro_f1", "log_loss", "skill"):
            measure = found.measure(name, test=test)
            assert measure.low < measure.value < measure.high
            assert measure.n == n
    assert found.findings == ()


def test_skill_is_the_share_of_the_constant_answers_errors_that_is_gone():
    test = answers(1000, 0.9, share=0.25)
    found = ask(PredictionSet((test,), ((0.75, 0.25),)))
    accuracy, plain = np.mean(test.correct), np.mean(test.labels == 0)
    assert found.measure("skill").value == pytest.approx((accuracy - plain) / (1 - plain))


def test_skill_has_no_value_where_the_constant_answer_is_always_right():
    found = ask(PredictionSet((answers(100, 0.9, share=0.0),), ((1.0, 0.0),)))
    assert found.measure("skill") is None
    assert found.answered


def test_a_predictor_worse_than_the_constant_answer_is_a_finding():
    found = ask(PredictionSet((answers(400, 0.4),), ((0.5, 0.5),)))
    assert [f.rule for f in found.findings] == ["WGH-A001"]
    assert "Holm p=" in found.findings[0].message
    assert found.measure("skill").high < 0


def test_a_predictor_as_good_as_the_constant_answer_rarely_is_one():
    alarms = sum(
        bool(ask(PredictionSet((answers(200, 0.5, seed=s),), ((0.5, 0.5),)), seed=s).findings)
        for s in range(200)
    )
    # One-sided 2.5 % of 200 is 5; more than 11 has probability below 1 %.
    assert alarms <= 11


def test_a_label_never_seen_in_training_is_named_and_counted():
    test = answers(200, 0.8, classes=("bad", "good", "ugly"))
    labels = test.labels.copy()
    labels[:7] = 2
    changed = Predictions(test.ids, labels, test.proba, test.classes, {}, test.groups, "in-domain")
    found = ask(PredictionSet((changed,), ((0.5, 0.5, 0.0),)))
    assert [f.rule for f in found.findings] == ["WGH-A002"]
    assert found.findings[0].message == '7 rows have the label "ugly", which no training row has'


def test_ten_rows_are_inconclusive_and_say_how_many_are_needed():
    found = ask(PredictionSet((answers(10, 1.0),), ((0.5, 0.5),)))
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert found.outcome.needs_n > 100
    assert found.measure("accuracy").low < 0.8


def test_rows_of_few_groups_are_as_few_as_their_groups():
    groups = np.arange(400) % 10
    found = ask(PredictionSet((answers(400, 0.8, groups=groups),), ((0.5, 0.5),)))
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert found.outcome.needs_n > 400


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_rows_break_nothing(n):
    found = ask(PredictionSet((answers(n, 1.0),), ((0.5, 0.5),)))
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE


def test_no_rows_are_inconclusive():
    assert ask(PredictionSet((answers(0, 1.0),), ((0.5, 0.5),))).outcome.kind is OutcomeKind.INCONCLUSIVE


def test_groups_widen_the_interval():
    base = answers(600, 0.8)
    block = np.repeat(np.arange(60), 10)
    rng = np.random.default_rng(0)
    wrong = rng.random(60) < 0.2
    proba = np.eye(2)[np.where(wrong[block], 1 - base.labels, base.labels)] * 0.8 + 0.1
    alone = Predictions(base.ids, base.labels, proba, CLASSES, {}, np.arange(600), "t")
    grouped = Predictions(base.ids, base.labels, proba, CLASSES, {}, block, "t")
    width = {
        name: (m := ask(PredictionSet((p,), ((0.5, 0.5),))).measure("accuracy")).high - m.low
        for name, p in (("alone", alone), ("grouped", grouped))
    }
    assert width["grouped"] > 2 * width["alone"]


def test_the_same_question_has_the_same_answer():
    subject = PredictionSet((answers(300, 0.7),), ((0.5, 0.5),))
    assert ask(subject).digest == ask(subject).digest


def test_the_class_of_interest_gets_precision_and_recall_as_scikit_learn_defines_them():
    from sklearn.metrics import precision_score, recall_score

    test = answers(500, 0.8, share=0.3)
    found = ask(PredictionSet((test,), ((0.7, 0.3),), positive="good"))
    for name, oracle in (("precision", precision_score), ("recall", recall_score)):
        measure = found.measure(name, positive="good")
        assert measure.value == pytest.approx(oracle(test.labels, test.predicted))
        assert measure.low < measure.value < measure.high


def test_without_a_class_of_interest_neither_is_stated():
    found = ask(PredictionSet((answers(100, 0.8),), ((0.5, 0.5),)))
    assert found.measure("precision") is None


def test_a_part_left_out_is_held_against_the_labels_that_its_own_fit_saw():
    case = case_of()
    # Only rows 100 to 299 have the second class; their own test is answered by a fit without them.
    labels = (np.arange(600) >= 100).astype(np.int64)
    part = answers(200, 0.9, test="domain=b")
    part = replace(part, labels=labels[100:300])
    data = replace(
        case.data,
        table=replace(case.data.table, labels=labels),
        tests=(*case.data.tests, ("domain=b", np.arange(100, 300))),
        fitted_on=(None, np.arange(100)),
    )
    predictor = replace(case.predictor, tests=(*case.predictor.tests, part))
    subject = QUESTION.put(replace(case, data=data, predictor=predictor)).payload()
    assert subject.constants == ((1 / 3, 2 / 3), (1.0, 0.0))
    found = ask(subject)
    assert [(f.rule, f.where) for f in found.findings] == [("WGH-A002", "domain=b")]
    # The constant answer that knows no row of the part is always wrong on it: all of the accuracy is skill.
    assert found.measure("skill", test="domain=b").value == pytest.approx(np.mean(part.correct))
