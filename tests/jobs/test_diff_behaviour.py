"""Answers of two versions on the same rows: the counts are exact, the intervals enclose them."""

import numpy as np
import pytest
from tests.jobs import tiny_models as tiny

from weigh.core.data import Roles
from weigh.core.errors import UsageError
from weigh.core.events import Silent
from weigh.jobs.adopt.bring import open_project
from weigh.jobs.adopt.options import AdoptOptions
from weigh.jobs.diff_behaviour import answer_change, diff_behaviour
from weigh.jobs.workbench import open_workbench


def test_flips_are_counted_by_their_sign():
    truth = np.array([0, 1] * 100)
    old, new = truth.copy(), truth.copy()
    old[:10] ^= 1
    new[5:12] ^= 1
    found = answer_change("rows", "as they are", truth, old, new)
    assert (found.n, found.flipped.count, found.positive.count, found.negative.count) == (200, 7, 5, 2)
    assert found.old_accuracy.value == 0.95
    assert found.new_accuracy.value == 0.965
    assert found.difference.value == pytest.approx(0.015)
    assert found.difference.low <= 0.015 <= found.difference.high
    assert found.p_value == pytest.approx(58 / 128)


def test_the_same_answers_have_no_flip():
    answers = np.zeros(100, int)
    found = answer_change("rows", "as they are", answers, answers, answers)
    assert (found.flipped.count, found.difference.value, found.p_value) == (0, 0.0, 1.0)
    assert found.flipped.high > 0


def test_without_labels_only_flips_are_told():
    found = answer_change("rows", "as they are", None, np.zeros(10, int), np.ones(10, int))
    assert found.flipped.value == 1.0
    assert found.positive is None
    assert any("no true labels" in note for note in found.notes)


def test_other_rows_are_refused():
    with pytest.raises(UsageError):
        answer_change("rows", "as they are", None, np.zeros(3, int), np.zeros(4, int))


def test_two_versions_of_a_classifier_are_asked_about_the_same_rows(tmp_path, monkeypatch):
    reviews = tiny.private_opinions(120)
    tiny.labelling_model(tmp_path / "old", reviews)
    tiny.labelling_model(tmp_path / "new", reviews, labels=("good", "bad"))
    monkeypatch.setenv("WEIGH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    bench = open_workbench(Silent(), offline=True)
    options = AdoptOptions(
        "", str(reviews.save(tmp_path / "reviews.csv")), Roles("stars", text="body"), accept_sandbox_gaps=True
    )
    try:
        project = open_project(None)
        same = diff_behaviour(bench, project, ("./old", "./old"), options)
        turned = diff_behaviour(bench, project, ("./old", "./new"), options)
    finally:
        bench.close()
    assert same.flipped.count == 0
    assert same.n == turned.n > 10
    assert same.new_accuracy.value > 0.9
    # `labels` names the columns: the other order of names with the other order of columns is the same answer.
    assert turned.how == "the model as it is"
    assert turned.flipped.count == turned.positive.count + turned.negative.count
