"""`weigh adopt` with tiny models whose right answer is known, because it was planted."""

import json
import shutil

import pytest
from tests.cli import conftest as program
from tests.jobs import tiny_models as tiny

from weigh.render.report_json import repeatable

weigh = program.weigh

ASK = ("--data", "reviews.csv", "--text", "body", "--label", "stars")
MODEL_QUESTIONS = {"security", "features", "compatibility"}


@pytest.fixture
def told(tmp_path):
    """The last report."""
    return lambda: json.loads((tmp_path / "weigh-report/report.json").read_text(encoding="utf-8"))


def decision(report):
    return report["report"]["recommendation"]["decision"]


def arm(report, name):
    return next(a for a in report["report"]["recommendation"]["arms"] if a["arm"] == name)


def score(report, name):
    return arm(report, name)["score"]["value"]


def fresh(report):
    """(check, subject's name) of every question that was answered anew."""
    asked = zip(report["report"]["answers"], report["envelope"]["answers"], strict=True)
    return [(a["evidence"]["check"], a["evidence"]["subject"]["name"]) for a, kept in asked if kept["fresh"]]


def test_embeddings_that_know_what_counting_cannot_are_adopted_with_a_probe(weigh, tmp_path, told):
    reviews = tiny.private_opinions(200)
    reviews.save(tmp_path / "reviews.csv")
    tiny.knowing_model(tmp_path / "model", reviews)
    ended = weigh("adopt", "./model", *ASK)
    assert ended.code == 0, ended.err
    assert "ADOPT WITH A PROBE" in ended.out
    assert decision(told()) == "adopt_with_probe"
    assert score(told(), "probe") > 0.95
    assert score(told(), "tfidf_linear") < 0.7


def test_embeddings_that_know_nothing_lose_to_counting(weigh, tmp_path, told):
    tiny.shared_opinions(200, share=0.95).save(tmp_path / "reviews.csv")
    tiny.ignorant_model(tmp_path / "model")
    ended = weigh("adopt", "./model", *ASK)
    assert ended.code == 1, ended.err
    assert "KEEP THE BASELINE" in ended.out
    assert decision(told()) == "keep_baseline"
    assert told()["report"]["recommendation"]["arm"] == "tfidf_linear"


@pytest.mark.parametrize("seed", [0, 1])
def test_nothing_is_adopted_where_labels_are_noise(weigh, tmp_path, told, seed):
    tiny.noise_reviews(seed=seed).save(tmp_path / "reviews.csv")
    tiny.ignorant_model(tmp_path / "model", seed=seed)
    ended = weigh("adopt", "./model", *ASK)
    assert ended.code in {1, 3}
    assert decision(told()) in {"do_not_adopt", "undecided"}
    assert told()["report"]["recommendation"]["arm"] == ""


def test_a_classifier_with_the_users_labels_is_adopted_as_it_is(weigh, tmp_path, told):
    reviews = tiny.private_opinions(200)
    reviews.save(tmp_path / "reviews.csv")
    tiny.labelling_model(tmp_path / "model", reviews)
    ended = weigh("adopt", "./model", *ASK)
    assert ended.code == 0, ended.err
    assert "ADOPT AS IT IS" in ended.out
    assert decision(told()) == "adopt_as_is"
    assert score(told(), "as_is") > 0.95


def test_the_order_of_a_classifiers_labels_does_not_matter(weigh, tmp_path, told):
    reviews = tiny.private_opinions(200)
    reviews.save(tmp_path / "reviews.csv")
    turned = tiny.Reviews(reviews.rows, tuple((word, -sign) for word, sign in reviews.opinions))
    tiny.labelling_model(tmp_path / "model", turned, ("Good", "BAD"))
    assert weigh("adopt", "./model", *ASK).code == 0
    assert score(told(), "as_is") > 0.95


def test_a_classifier_that_is_wrong_about_the_users_labels_is_not_adopted(weigh, tmp_path, told):
    reviews = tiny.private_opinions(200)
    reviews.save(tmp_path / "reviews.csv")
    tiny.labelling_model(tmp_path / "model", reviews, ("good", "bad"))
    ended = weigh("adopt", "./model", *ASK)
    assert ended.code in {1, 3}
    assert decision(told()) in {"do_not_adopt", "undecided", "keep_baseline"}
    assert score(told(), "as_is") < 0.05


def test_a_classifier_with_other_labels_is_not_run_as_it_is_and_says_why(weigh, tmp_path, told):
    reviews = tiny.private_opinions(200)
    reviews.save(tmp_path / "reviews.csv")
    tiny.labelling_model(tmp_path / "model", reviews, ("happy", "sad"))
    ended = weigh("adopt", "./model", *ASK)
    assert ended.code == 3
    assert "UNDECIDED" in ended.out
    assert arm(told(), "as_is")["not_run"] == "the model answers happy, sad; the data has bad, good"
    assert "happy, sad" in ended.out


def test_embeddings_that_say_what_counting_says_leave_the_baseline(weigh, tmp_path, told):
    reviews = tiny.shared_opinions(240, share=0.95)
    reviews.save(tmp_path / "reviews.csv")
    tiny.counting_model(tmp_path / "model", reviews)
    ended = weigh("adopt", "./model", *ASK)
    assert ended.code == 1
    assert "KEEP THE BASELINE" in ended.out
    assert "no detectable difference" in ended.out
    assert told()["report"]["recommendation"]["detectable"] is False


def test_weights_without_a_graph_name_the_runtime_that_is_missing(weigh, tmp_path, told):
    tiny.shared_opinions(200).save(tmp_path / "reviews.csv")
    tiny.weights_only(tmp_path / "model")
    ended = weigh("adopt", "./model", *ASK)
    assert ended.code == 3
    assert "UNDECIDED" in ended.out
    reasons = [arm(told(), name)["not_run"] for name in ("as_is", "probe")]
    assert all("safetensors" in why and "torch runtime" in why for why in reasons)
    asked = [a["evidence"] for a in told()["report"]["answers"]]
    [compatibility] = [e for e in asked if e["check"] == "compatibility"]
    assert compatibility["outcome"]["kind"] == "not_run"
    assert compatibility["outcome"]["extra"] == "torch"


def test_a_model_of_text_is_not_run_on_a_table_and_says_why(weigh, tmp_path, told):
    rows = [f"{i},{i * 7 % 13},{'good' if i % 2 else 'bad'}" for i in range(200)]
    (tmp_path / "table.csv").write_text("\n".join(["a,b,stars", *rows]) + "\n", encoding="utf-8")
    reviews = tiny.private_opinions(20)
    tiny.knowing_model(tmp_path / "model", reviews)
    ended = weigh("adopt", "./model", "--data", "table.csv", "--features", "a,b", "--label", "stars")
    assert ended.code == 3
    reasons = [arm(told(), name)["not_run"] for name in ("as_is", "probe")]
    assert all("the model reads text" in why for why in reasons)
    assert not arm(told(), "linear")["not_run"]


@pytest.fixture
def known(tmp_path):
    """Reviews, a model that knows them, and the command that asks about both."""
    reviews = tiny.private_opinions(200)
    reviews.save(tmp_path / "reviews.csv")
    tiny.knowing_model(tmp_path / "model", reviews)
    return reviews


def test_the_same_question_is_answered_from_the_ledger_alone(weigh, tmp_path, told, known):
    weigh("adopt", "./model", *ASK)
    first = told()
    weigh("adopt", "./model", *ASK, "--offline")
    assert fresh(told()) == []
    assert repeatable(told()) == repeatable(first)


def test_refreshing_asks_everything_again_and_finds_the_same(weigh, tmp_path, told, known):
    weigh("adopt", "./model", *ASK)
    first = told()
    weigh("adopt", "./model", *ASK, "--refresh")
    assert len(fresh(told())) == len(told()["envelope"]["answers"])
    assert repeatable(told()) == repeatable(first)


def test_a_fresh_store_gives_the_same_report(weigh, tmp_path, told, known, monkeypatch):
    weigh("adopt", "./model", *ASK)
    first = told()
    monkeypatch.setenv("WEIGH_HOME", str(tmp_path / "another"))
    weigh("adopt", "./model", *ASK)
    assert repeatable(told()) == repeatable(first)


def test_a_fresh_ledger_over_a_store_that_remembers_gives_the_same_report(weigh, tmp_path, told, known):
    weigh("adopt", "./model", *ASK)
    first = told()
    shutil.rmtree(tmp_path / "home/ledger")
    weigh("adopt", "./model", *ASK)
    assert repeatable(told()) == repeatable(first)


def test_a_changed_model_byte_asks_what_rests_on_the_model_again_and_nothing_else(
    weigh, tmp_path, told, known
):
    weigh("adopt", "./model", *ASK)
    path = tmp_path / "model/model.onnx"
    data = bytearray(path.read_bytes())
    weights = tiny.embedding_table(known.opinions).tobytes()
    # the lowest bit of the last weight, a small number in a column without meaning
    data[data.index(weights) + len(weights) - 4] ^= 1
    path.write_bytes(data)
    weigh("adopt", "./model", *ASK)
    again = fresh(told())
    asked = {check for check, _ in again}
    assert asked >= MODEL_QUESTIONS
    assert "data" not in asked
    assert {name.split()[0] for check, name in again if check == "trial"} == {"probe"}


def test_a_changed_row_asks_what_rests_on_the_data_again_and_not_the_model(weigh, tmp_path, told, known):
    weigh("adopt", "./model", *ASK)
    known.save(tmp_path / "reviews.csv", changed=7)
    weigh("adopt", "./model", *ASK)
    asked = {check for check, _ in fresh(told())}
    assert {"data", "trial", "decision"} <= asked
    assert "security" not in asked


def test_another_seed_splits_otherwise(weigh, tmp_path, told, known):
    rows = set()
    for seed in ("0", "1"):
        weigh("adopt", "./model", *ASK, "--seed", seed)
        rows.add(told()["report"]["data"]["digest"])
        assert told()["report"]["seed"] == int(seed)
    assert len(rows) == 2
