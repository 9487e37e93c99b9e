import pytest

from weigh.core.errors import UsageError
from weigh.jobs.adopt.options import AdoptOptions, seconds

BASE = {
    "model": "minilm", "data": "reviews", "text": "body", "features": (), "label": "stars", "task": "",
    "metric": "accuracy", "positive": "", "test": "", "split": "", "slices": (), "shift": "",
    "train_where": (), "min_gain": 0.01, "budget": "10m", "seed": 0, "policy": "personal", "project": "",
    "offline": False, "full_fetch": False, "accept_review": False, "accept_sandbox_gaps": False,
    "refresh": False,
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), [("90s", 90), ("10m", 600), ("1h30m", 5400), ("1.5h", 5400)])
def test_a_time_is_read_as_people_write_it(text, value):
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "10", "m", "-5m", "10x", "0s", "5m junk"])
def test_anything_else_is_no_time(text):
    with pytest.raises(UsageError):
        seconds(text)


def test_feature_lists_may_be_repeated_or_separated_by_commas():
    options = AdoptOptions.of({**BASE, "text": "", "features": ("a,b", "c", "a")})
    assert options.roles.features == ("a", "b", "c")


@pytest.mark.parametrize(
    "change",
    [
        {"text": ""},
        {"features": ("a",)},
        {"split": "s", "test": "t"},
        {"train_where": ("domain",)},
        {"task": "summarization"},
        {"task": "tabular-classification"},
        {"budget": "soon"},
    ],
)
def test_options_that_contradict_each_other_are_refused(change):
    with pytest.raises(UsageError):
        AdoptOptions.of({**BASE, **change})


def test_train_where_keeps_everything_after_the_first_equals():
    options = AdoptOptions.of({**BASE, "train_where": ("domain=a=b",)})
    assert options.roles.train_where == (("domain", "a=b"),)


@pytest.mark.parametrize("label", ["age", "age > 40", "petal (cm)"])
def test_a_label_that_the_predictor_would_see_is_refused(label):
    with pytest.raises(UsageError, match="feature"):
        AdoptOptions.of({**BASE, "text": "", "features": ("age", "petal (cm)"), "label": label})


def test_a_label_whose_name_is_no_expression_is_left_to_the_data():
    options = AdoptOptions.of({**BASE, "text": "", "features": ("age",), "label": "sepal (cm)"})
    assert options.roles.label == "sepal (cm)"
