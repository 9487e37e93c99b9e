import json

import pytest

from weigh.checks.security.rule_table import RULES
from weigh.jobs.rules import all_checks, all_rules


@pytest.mark.parametrize("name", ["WGH-S012", "wgh-s012", "s012"])
def test_a_rule_is_found_however_it_is_written(weigh, name):
    ended = weigh("explain", name)
    assert ended.code == 0
    assert "WGH-S012" in ended.out
    assert RULES["WGH-S012"].why in " ".join(ended.out.split())


def test_rules_of_other_checks_are_explained_too(weigh):
    told = json.loads(weigh("explain", "WGH-F003", "--json").out)
    assert told["check"] == "fairness"
    assert told["why"]


def test_an_unknown_rule_names_near_ones(weigh):
    ended = weigh("explain", "WGH-S9012")
    assert ended.code == 2
    assert "WGH-S" in ended.err.split("try", 1)[1]


def test_every_rule_says_what_it_means_why_it_matters_and_what_to_do():
    for rule in all_rules(all_checks()):
        assert rule.why, rule.id
        if rule.check == "security":
            assert rule.means, rule.id
            assert rule.action, rule.id
            assert not rule.means.endswith("."), rule.id
