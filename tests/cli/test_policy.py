import json
from datetime import date

import pytest

from weigh.cli.policy import policy, screen
from weigh.core.errors import NotFoundError, UsageError
from weigh.jobs.policy import explain, names_of_measures, open_policy, questions
from weigh.policy.presets import preset_names

POLICY = """
name = "ours\\u001b[31m"
extends = "personal"
[[require]]
id = "good-enough"
check = "accuracy"
measure = "accuracy"
at_least = 0.7
why = "below this a person \\u202e reads every answer again"
[[require]]
id = "karma"
check = "karma"
outcome = "answered"
required = false
[[waive]]
requirement = "runs-here"
subject = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
reason = "bought last year"
approver = "Ada"
expires = 2026-12-01
[[waive]]
requirement = "good-enough"
subject = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
reason = "old"
approver = "Bo"
expires = 2026-11-01
"""
TODAY = date(2026, 11, 21)


@pytest.fixture
def call(capsys):
    def called(*arguments):
        assert not policy.main(list(arguments), standalone_mode=False)
        return capsys.readouterr().out

    return called


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(POLICY, encoding="utf-8")
    return path


def test_the_packaged_policies_are_listed_from_the_mildest_on(call):
    names = [line.split()[0] for line in call("list").splitlines() if "required" in line]
    assert names == ["personal", "team", "regulated"]
    assert {row["name"] for row in json.loads(call("list", "--json"))} == set(preset_names())


@pytest.mark.parametrize("name", preset_names())
def test_every_line_of_a_preset_is_explained_and_has_a_reason(call, name):
    shown = call("explain", name)
    told = json.loads(call("explain", name, "--json"))
    assert len(told["lines"]) == len(open_policy(name).requirements)
    for line in told["lines"]:
        assert f"  {line['id']}\n" in shown
        assert line["why"]
    assert max(map(len, shown.splitlines())) <= 100


def test_a_policy_of_ones_own_is_explained_with_its_waivers(own):
    rows = screen(explain(str(own), today=TODAY), width=80)
    text = "\n".join(rows)
    assert "Policy ours\\x1b[31m   5 required · 2 advisory" in text
    assert "\\u202e" in text
    assert "this version has no such check, so the line stays unknown" in text
    assert "until     2026-12-01 · 10 days left" in text
    assert "until     2026-11-01 · ended 20 days ago, counts for nothing" in text
    assert not any(c in text for c in "\x1b\u202e")


def test_a_policy_that_requires_nothing_is_told_to_pass_nothing(tmp_path):
    path = tmp_path / "policy.toml"
    text = 'name = "a"\n[[require]]\nid = "b"\ncheck = "security"\noutcome = "answered"\nrequired = false\n'
    path.write_text(text, encoding="utf-8")
    assert screen(explain(str(path), today=TODAY), width=80)[-1].endswith("can never pass.")


def test_what_is_no_policy_is_said(tmp_path):
    with pytest.raises(NotFoundError, match="there is no policy 'bank'"):
        open_policy("bank")
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * (1 << 21))
    with pytest.raises(UsageError, match="too large") as caught:
        open_policy(str(large))
    assert caught.value.hint
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'name = "\xe9"')
    with pytest.raises(UsageError, match="cannot read") as caught:
        open_policy(str(latin))
    assert "UTF-8" in caught.value.hint


@pytest.mark.parametrize(
    "name",
    [
        "accuracy",
        "test_rows_in_training",
        "latency_p95",
        "refit_accuracy",
        "accuracy_gap",
        "equalized_odds_difference",
        "true_positive_rate_gap",
    ],
)
def test_a_misspelt_measure_is_told_from_one_that_is_stated(name):
    is_stated = names_of_measures()
    assert is_stated(name)
    assert not is_stated(name + "y")
    assert not is_stated(name.replace("a", "aa", 1))


def test_a_line_over_a_measure_of_no_check_is_told_to_stay_unknown(own):
    own.write_text(POLICY.replace('measure = "accuracy"', 'measure = "accuracyy"'), encoding="utf-8")
    text = " ".join(" ".join(screen(explain(str(own), today=TODAY), width=80)).split())
    assert "always unknown: no check of this version states a measure called 'accuracyy'" in text


def test_no_line_of_a_preset_is_over_a_measure_of_no_check():
    for name in preset_names():
        assert not [one for one in explain(name, today=TODAY).lines if one.otherwise.startswith("always")]


def test_every_check_that_is_asked_has_a_question():
    asked = questions()
    assert {"security", "compatibility", "data", "accuracy", "slices", "sign-off"} <= set(asked)
    assert all(asked.values())
