"""What the job lays before a check is what it says it is: seen through a question of the test's own."""

import json

import numpy as np
import pytest
from tests.cli import conftest as program
from tests.jobs import tiny_models as tiny

from weigh.checks.case import Asking, NotAsked, Question
from weigh.core.check import Check
from weigh.core.errors import WorkerError
from weigh.core.measure import Measure
from weigh.jobs.adopt import job

weigh = program.weigh
ASK = ("--data", "reviews.csv", "--text", "body", "--label", "stars")


@pytest.fixture
def put(monkeypatch):
    """Put one question of the test's own, and nothing else of the table."""

    def install(look, *, absent=""):
        seen = []

        def run(case, context):
            seen.append(look(case))
            return context.answered(measures=(Measure("looked", 1.0, "count", 1),))

        def ask(case):
            return NotAsked(absent) if absent else Asking(case.data.subject, lambda: case)

        check = Check("looking", "What is there?", "weigh.checks.case", run)
        monkeypatch.setattr(job, "QUESTIONS", (Question(check, ask),))
        return seen

    return install


@pytest.fixture
def model(tmp_path):
    reviews = tiny.private_opinions(200)
    reviews.save(tmp_path / "reviews.csv")
    tiny.knowing_model(tmp_path / "model", reviews)


def test_the_finalist_answers_new_texts_as_it_answered_the_test_rows(weigh, model, put):
    def look(case):
        arm, table = case.predictor, case.data.table
        name, rows = case.data.tests[0]
        assert arm.tests[0].test == name
        again = arm.answer.texts([table.texts[i] for i in rows.tolist()])
        np.testing.assert_allclose(again, arm.tests[0].proba, atol=1e-6)
        assert arm.answer.texts([]).shape == (0, 2)
        return arm.arm

    seen = put(look)
    ended = weigh("adopt", "./model", *ASK)
    assert ended.code == 0, ended.err
    assert seen == ["probe"]


def test_a_refit_on_the_same_rows_is_the_same_predictor(weigh, model, put):
    def look(case):
        rows = case.data.tests[0][1]
        labels = case.data.table.labels
        for arm in case.arms:
            train = case.data.train
            again = arm.refit(train=train, labels=labels[train], ask=rows, seed=0)
            np.testing.assert_allclose(again, arm.tests[0].proba, atol=1e-6)
            swapped = arm.refit(train=train, labels=1 - labels[train], ask=rows, seed=0)
            np.testing.assert_allclose(swapped[:, ::-1], again, atol=0.05)
        return sorted(arm.arm for arm in case.arms)

    seen = put(look)
    assert weigh("adopt", "./model", *ASK).code == 0
    assert seen == [["majority", "probe", "tfidf_linear"]]


def test_train_and_test_rows_do_not_meet_and_columns_of_groups_are_kept(weigh, tmp_path, put):
    program.reviews(tmp_path / "reviews.csv")

    def look(case):
        assert case.model is None
        assert not set(case.data.train.tolist()) & set(case.data.tests[0][1].tolist())
        assert case.declared.protected == ("shop",)
        assert case.declared.uses == ("commercial", "medical")
        assert set(case.predictor.tests[0].columns["shop"]) == {"north", "south"}
        return True

    seen = put(look)
    ended = weigh("adopt", "none", *ASK, "--group", "shop", "--use", "medical,commercial")
    assert "defect" not in ended.err
    assert seen == [True]


def test_a_question_that_the_model_breaks_is_recorded_and_the_job_goes_on(weigh, tmp_path, put):
    program.reviews(tmp_path / "reviews.csv")

    def look(case):
        raise WorkerError("the worker died")

    put(look)
    ended = weigh("adopt", "none", *ASK)
    assert "defect" not in ended.err
    answers = json.loads((tmp_path / "weigh-report/report.json").read_text())["report"]["answers"]
    outcome = next(a["evidence"]["outcome"] for a in answers if a["evidence"]["check"] == "looking")
    assert outcome["kind"] == "error"
    assert "the worker died" in outcome["reason"]


def test_a_question_that_does_not_arise_leaves_no_evidence(weigh, tmp_path, put):
    program.reviews(tmp_path / "reviews.csv")
    put(lambda _: None, absent="there are no groups")
    weigh("adopt", "none", *ASK)
    answers = json.loads((tmp_path / "weigh-report/report.json").read_text())["report"]["answers"]
    assert "looking" not in {a["evidence"]["check"] for a in answers}
