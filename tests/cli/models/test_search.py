"""`weigh search`: what is stated decides, what is not stated is counted and never passes."""

import json

import pytest
from hypothesis import given, strategies as st

from weigh.jobs.search import licence_fits
from weigh.render.search_screen import count


def model(task="text-classification", licence="apache-2.0", total=22_000_000, downloads=10, **more):
    tags = [f"license:{licence}"] if licence else []
    weights = {} if total is None else {"safetensors": {"total": total, "parameters": {"F32": total}}}
    return (
        {"pipeline_tag": task, "tags": tags, "downloads": downloads, "library_name": "transformers"}
        | weights
        | more
    )


@pytest.fixture
def shelf(hub):
    for name, said in {
        "acme/small-sentiment": model(downloads=500),
        "acme/large-sentiment": model(total=7_000_000_000, downloads=900),
        "acme/closed-sentiment": model(licence="cc-by-nc-4.0"),
        "acme/silent-sentiment": model(licence=""),
        "acme/uncounted-sentiment": model(total=None),
        "acme/image-sentiment": model(task="image-classification"),
        "acme/gated-sentiment": model(gated="manual", licence="mit"),
    }.items():
        hub.repo(name, {"config.json": b"{}"})
        hub.shown[name] = said
    return hub


def refs(ended):
    return [offer["ref"] for offer in json.loads(ended.out)["found"]]


def test_wishes_choose_and_what_is_not_stated_is_counted(weigh, shelf):
    asked = ("sentiment", "--task", "text-classification", "--licence", "permissive", "--max-params", "100M")
    ended = weigh("search", *asked, "--in", "hub", "--json")
    assert ended.code == 0
    assert refs(ended) == ["hf:acme/small-sentiment", "hf:acme/gated-sentiment"]
    hidden = dict(json.loads(ended.out)["hidden"])
    assert hidden == {"no licence stated": 1, "number of parameters not stated": 1}
    shown = weigh("search", *asked, "--in", "hub").out
    assert "22 M parameters" in shown
    assert "gated" in shown
    assert "left out   1: no licence stated" in shown


def test_the_question_reaches_the_hub_as_its_clients_put_it(weigh, shelf):
    weigh("search", "sentiment", "--task", "text-classification", "--max-params", "1.5B", "--in", "hub")
    asked = next(seen.path for seen in shelf.seen if seen.path.startswith("/api/models?"))
    assert "search=sentiment&sort=downloads" in asked
    assert "pipeline_tag=text-classification" in asked
    assert "num_parameters=max%3A1500000000" in asked


def test_the_most_downloaded_come_first_and_the_limit_holds(weigh, shelf):
    ended = weigh("search", "sentiment", "--in", "hub", "--limit", "2", "--json")
    assert refs(ended) == ["hf:acme/large-sentiment", "hf:acme/small-sentiment"]


def test_nothing_found_is_a_no_and_nothing_searched_is_unknown(weigh, shelf):
    assert weigh("search", "zebra", "--in", "hub").code == 1
    ended = weigh("search", "sentiment", "--in", "hub", "--offline")
    assert ended.code == 3
    assert ended.err.count("weigh: ") == 1


def test_a_hub_that_is_not_there_does_not_hide_the_own_ledger(weigh, shelf):
    ended = weigh("search", "zebra", "--in", "hub", "--in", "ledger", "--offline")
    assert ended.code == 3
    assert "not looked at   hub" in ended.out


def test_what_was_asked_about_before_is_found_again(weigh, tmp_path, hub):
    (tmp_path / "shop-encoder").mkdir()
    (tmp_path / "shop-encoder/config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    assert weigh("scan", "./shop-encoder", "--record").code == 0
    ended = weigh("search", "encoder", "--in", "ledger")
    assert ended.code == 0, ended.err
    assert "1 question answered here" in ended.out


@pytest.mark.parametrize("body", [b"{}", b"[1]", b"[" * 10_000, b"\xff", b'[{"id": 3}]'])
def test_an_answer_that_is_no_list_is_refused(weigh, hub, body, monkeypatch):
    monkeypatch.setattr("tests.sources.hub_server._Hub.listed", lambda self, _: self.send(200, body, {}))
    ended = weigh("search", "x", "--in", "hub")
    assert ended.code == 1
    assert "no list of models" in ended.err


def test_hostile_text_is_made_visible(weigh, hub):
    hub.repo("acme/x", {"config.json": b"{}"})
    hub.shown["acme/x"] = model(task="\x1b]0;owned\x07\u202e")
    out = weigh("search", "x", "--in", "hub").out
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_a_number_that_is_none_is_a_usage_error(weigh, hub):
    assert weigh("search", "x", "--max-params", "many").code == 2


@pytest.mark.parametrize(
    ("stated", "wished", "fits"),
    [
        ("apache-2.0", "permissive", True),
        ("mit", "permissive", True),
        ("cc-by-nc-4.0", "permissive", False),
        ("apache-2.0", "mit", False),
        ("Apache License 2.0", "apache-2.0", True),
        ("who-knows", "permissive", False),
    ],
)
def test_a_licence_fits_its_class_and_its_names(stated, wished, fits):
    assert licence_fits(stated, wished) is fits


@given(st.integers(0, 10**14))
def test_a_count_is_short(number):
    assert len(count(number)) <= 8


def test_what_states_no_task_or_library_is_counted(weigh, shelf):
    for name, said in (
        ("acme/mute-sentiment", model(task="")),
        ("acme/bare-sentiment", model(library_name="")),
    ):
        shelf.repo(name, {"config.json": b"{}"})
        shelf.shown[name] = said
    told = json.loads(weigh("search", "mute", "--task", "text-classification", "--json").out)
    assert (told["found"], told["hidden"]) == ([], [["no task stated", 1]])
    told = json.loads(weigh("search", "bare", "--library", "transformers", "--json").out)
    assert (told["found"], told["hidden"]) == ([], [["no library stated", 1]])
