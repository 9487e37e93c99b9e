import json
import random

import pytest

from weigh.render.report_json import repeatable

ASK = ("--data", "reviews.csv", "--text", "body", "--label", "stars")


@pytest.fixture
def shop(tmp_path, make_reviews):
    return make_reviews(tmp_path / "reviews.csv")


def report(tmp_path):
    return json.loads((tmp_path / "weigh-report/report.json").read_text(encoding="utf-8"))


def test_useful_words_are_learned_from_scratch(weigh, shop, tmp_path):
    ended = weigh("adopt", "none", *ASK, "--slice", "shop")
    assert ended.code == 0, ended.err
    assert "TRAIN FROM SCRATCH" in ended.out
    assert report(tmp_path)["report"]["recommendation"]["decision"] == "train_from_scratch"
    assert (tmp_path / "weigh-report/report.html").is_file()


def test_noise_is_not_adopted(weigh, tmp_path, make_reviews):
    make_reviews(tmp_path / "reviews.csv", n=1500, share=0.0)
    ended = weigh("adopt", "none", *ASK)
    assert ended.code in {1, 3}
    assert "TRAIN FROM SCRATCH" not in ended.out


def test_asking_again_answers_from_the_ledger(weigh, shop, tmp_path):
    weigh("adopt", "none", *ASK)
    first = report(tmp_path)
    weigh("adopt", "none", *ASK, "--offline")
    second = report(tmp_path)
    assert repeatable(second) == repeatable(first)
    assert [a["fresh"] for a in first["envelope"]["answers"]] == [True] * len(first["envelope"]["answers"])
    assert [a["fresh"] for a in second["envelope"]["answers"]] == [False] * len(first["envelope"]["answers"])


def test_a_fresh_ledger_gives_the_same_report(weigh, shop, tmp_path, monkeypatch):
    weigh("adopt", "none", *ASK)
    first = report(tmp_path)
    monkeypatch.setenv("WEIGH_HOME", str(tmp_path / "another"))
    weigh("adopt", "none", *ASK)
    assert repeatable(report(tmp_path)) == repeatable(first)


def test_a_changed_policy_line_asks_nothing_again(weigh, shop, tmp_path):
    weigh("adopt", "none", *ASK)
    policy = tmp_path / "policy.toml"
    policy.write_text(
        'name = "strict"\n[[require]]\nid = "very-good"\ncheck = "accuracy"\nmeasure = "accuracy"\n'
        'at_least = 0.999\nlabels = { test = "in-domain" }\nwhy = "because"\n',
        encoding="utf-8",
    )
    ended = weigh("adopt", "none", *ASK, "--policy", "policy.toml")
    answers = report(tmp_path)["envelope"]["answers"]
    assert ended.code == 1
    assert "POLICY FAILS" in ended.out
    assert not any(a["fresh"] for a in answers)


def test_a_changed_row_asks_everything_that_used_the_data_again(weigh, shop, tmp_path):
    weigh("adopt", "none", *ASK)
    text = shop.read_text(encoding="utf-8").splitlines()
    text[5] = (
        text[5].replace(",good,", ",bad,") if ",good," in text[5] else text[5].replace(",bad,", ",good,")
    )
    shop.write_text("\n".join(text) + "\n", encoding="utf-8")
    weigh("adopt", "none", *ASK)
    assert all(a["fresh"] for a in report(tmp_path)["envelope"]["answers"])


def test_one_more_column_to_look_at_asks_only_what_looks_at_columns(weigh, shop, tmp_path):
    weigh("adopt", "none", *ASK)
    weigh("adopt", "none", *ASK, "--slice", "shop")
    told = report(tmp_path)
    answers = zip(told["report"]["answers"], told["envelope"]["answers"], strict=True)
    fresh = {answer["evidence"]["check"] for answer, kept in answers if kept["fresh"]}
    assert fresh == {"data", "slices", "membership", "personal-data"}


def test_features_that_are_called_something_else_are_other_features(weigh, tmp_path):
    rng = random.Random(0)
    rows = [f"{i % 7},{rng.random():.3f},{'yes' if i % 7 > 3 else 'no'}" for i in range(240)]
    for names in ("a,b", "c,d"):
        (tmp_path / "t.csv").write_text("\n".join([f"{names},y", *rows]) + "\n", encoding="utf-8")
        ended = weigh("adopt", "none", "--data", "t.csv", "--features", names, "--label", "y")
        assert ended.code == 0, ended.err
        assert all(a["fresh"] for a in report(tmp_path)["envelope"]["answers"])


def test_leaving_one_domain_out_tests_on_each(weigh, tmp_path, make_reviews):
    make_reviews(tmp_path / "reviews.csv", n=400, shops=("north", "south", "west"))
    weigh("adopt", "none", *ASK, "--shift", "shop")
    arms = report(tmp_path)["report"]["recommendation"]["arms"]
    tests = {dict(t["labels"])["test"] for t in arms[0]["tests"]}
    assert tests == {"in-domain", "shop=north", "shop=south", "shop=west"}


def test_the_report_in_json_is_the_whole_output(weigh, shop):
    ended = weigh("adopt", "none", *ASK, "--json")
    assert json.loads(ended.out)["schema"] == "weigh.report/1"
    assert ended.err == ""


def test_a_dry_run_fetches_and_runs_nothing(weigh, shop, tmp_path):
    ended = weigh("adopt", "none", *ASK, "--dry-run")
    assert ended.code == 0
    assert "Nothing was fetched or run" in ended.out
    assert not (tmp_path / "weigh-report").exists()


def write(tmp_path, lines):
    (tmp_path / "reviews.csv").write_text("\n".join(["id,body,stars,shop", *lines]) + "\n", encoding="utf-8")


def test_a_missing_column_names_the_header(weigh, shop):
    ended = weigh("adopt", "none", "--data", "reviews.csv", "--text", "body", "--label", "rating")
    assert ended.code == 2
    assert 'column "rating" not found' in ended.err
    assert "id, body, stars, shop" in ended.err
    assert "--label" in ended.err


def test_one_class_is_refused(weigh, tmp_path):
    write(tmp_path, [f"{i},text {i},good,north" for i in range(50)])
    ended = weigh("adopt", "none", *ASK)
    assert ended.code == 2
    assert "class" in ended.err


def test_an_empty_slice_column_is_said(weigh, tmp_path):
    write(tmp_path, [f"{i},text {i},{'good' if i % 2 else 'bad'}," for i in range(200)])
    ended = weigh("adopt", "none", *ASK, "--slice", "shop")
    assert ended.code in {1, 2, 3}
    assert "empty" in ended.err + ended.out


def test_ten_rows_cannot_settle_anything(weigh, tmp_path):
    write(tmp_path, [f"{i},text {i},{'good' if i % 2 else 'bad'},north" for i in range(10)])
    ended = weigh("adopt", "none", *ASK)
    assert ended.code == 3
    assert "too few" in ended.err
    assert "rows are needed" in ended.err


def test_a_label_never_seen_in_training_is_listed(weigh, tmp_path):
    rng = random.Random(0)
    lines = [f"{i},text {rng.random()},{'good' if i % 2 else 'bad'},train" for i in range(200)]
    lines += [f"{i},more {rng.random()},{('good', 'bad', 'odd')[i % 3]},test" for i in range(200, 290)]
    write(tmp_path, lines)
    ended = weigh("adopt", "none", *ASK, "--split", "shop")
    assert ended.code in {1, 3}
    assert "never seen in training" in (tmp_path / "weigh-report/report.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("model", ["nowhere", "./missing.onnx"])
def test_a_model_that_does_not_exist_is_one_message(weigh, shop, model):
    ended = weigh("adopt", model, *ASK)
    assert ended.code == 2
    assert "there is no" in ended.err


def test_a_file_that_is_no_model_is_not_run(weigh, shop, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/readme.txt").write_text("not a model", encoding="utf-8")
    ended = weigh("adopt", "./notes", *ASK)
    assert ended.code == 3
    assert "UNDECIDED" in ended.out


@pytest.mark.parametrize(
    "more",
    [
        ["--budget", "soon"],
        ["--task", "translation"],
        ["--policy", "nowhere"],
        ["--train-where", "x"],
        ["--use", "world-domination"],
    ],
)
def test_an_option_that_cannot_be_understood_ends_in_2(weigh, shop, more):
    ended = weigh("adopt", "none", *ASK, *more)
    assert ended.code == 2
    assert ended.err


def test_a_hosted_model_has_no_files_to_judge(weigh, shop, tmp_path):
    ended = weigh("adopt", "endpoint:openai/gpt-4o", *ASK)
    # Nothing of it can be looked at here, and an unknown is never a pass.
    assert ended.code == 3, ended.err
    assert "0 files" in ended.out


def test_no_network_is_said_and_nothing_is_half_written(weigh, shop, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    ended = weigh("adopt", "pypi:some-model==1.0", *ASK)
    assert ended.code == 3
    assert "try" in ended.err
    assert not (tmp_path / "weigh-report").exists()


def test_offline_touches_no_network(weigh, shop):
    ended = weigh("adopt", "pypi:some-model==1.0", *ASK, "--offline")
    assert ended.code == 3


def test_a_report_cannot_go_where_a_file_is(weigh, shop):
    ended = weigh("adopt", "none", *ASK, "--out", "reviews.csv")
    assert ended.code == 2
    assert "is a file" in ended.err
