import numpy as np
import pytest

from weigh.adapt.arm import Rows
from weigh.adapt.as_is import AsIs, match_labels
from weigh.core.errors import UsageError


@pytest.mark.parametrize(
    ("model", "user", "columns"),
    [
        (("NEGATIVE", "POSITIVE"), ("negative", "positive"), (0, 1)),
        (("POS", "NEG"), ("negative", "positive"), (1, 0)),
        ((" Spam", "ham"), ("ham", "spam"), (1, 0)),
        (("neu", "pos", "neg"), ("negative", "neutral", "positive"), (2, 0, 1)),
    ],
)
def test_labels_match_by_name_ignoring_case_order_and_short_forms(model, user, columns):
    matched = match_labels(model, user)
    assert isinstance(matched, AsIs)
    assert matched.columns == columns


@pytest.mark.parametrize(
    ("model", "user"),
    [
        (("LABEL_0", "LABEL_1"), ("negative", "positive")),
        (("neg", "neu", "pos"), ("negative", "positive")),
        (("negative",), ("negative", "positive")),
        (("yes", "YES"), ("no", "yes")),
        (("pos", "positive"), ("negative", "positive")),
    ],
)
def test_labels_that_do_not_match_one_to_one_are_not_guessed(model, user):
    assert isinstance(match_labels(model, user), str)


def test_the_reason_names_both_label_sets():
    assert (
        match_labels(("LABEL_0", "LABEL_1"), ("bad", "good"))
        == "the model answers LABEL_0, LABEL_1; the data has bad, good"
    )


def test_the_models_probabilities_come_out_in_the_users_order():
    scores = np.array([[0.9, 0.1], [0.2, 0.8]])
    arm = match_labels(("POS", "NEG"), ("negative", "positive"))
    fitted = arm.fit(Rows(0), np.zeros(0, dtype=np.int64), 2, groups=None, seed=0)
    assert np.allclose(arm.predict(fitted, Rows(2, scores=scores)), scores[:, ::-1])


@pytest.mark.parametrize(
    "scores",
    [np.array([[0.5, 0.2, 0.3]]), np.array([[-0.1, 1.1]]), np.array([[0.0, 0.0]]), np.array([[np.nan, 1.0]])],
)
def test_answers_that_are_not_probabilities_of_these_labels_are_usage_errors(scores):
    arm = AsIs((0, 1))
    fitted = arm.fit(Rows(0), np.zeros(0, dtype=np.int64), 2, groups=None, seed=0)
    with pytest.raises(UsageError):
        arm.predict(fitted, Rows(1, scores=scores))


def test_labels_matched_to_another_task_are_refused():
    with pytest.raises(UsageError, match="another task"):
        AsIs((0, 1)).fit(Rows(0), np.zeros(0, dtype=np.int64), 3, groups=None, seed=0)
