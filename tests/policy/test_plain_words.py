from dataclasses import replace
from datetime import date

import pytest
from evidence_making import (
    answered,
    at_least,
    at_most,
    decided,
    no_worse_than,
    policies,
    policy,
    signed,
    waiver,
)
from hypothesis import given, settings

from weigh.core.sign_off import ASKED, SignOffQuestion
from weigh.policy.plain_words import lines_in_words, waivers_in_words
from weigh.policy.presets import preset_names
from weigh.policy.read import read_preset

TODAY = date(2026, 11, 21)


def words(line):
    (told,) = lines_in_words(policy(line), {"accuracy": "Is it right?"})
    return told


@pytest.mark.parametrize(
    ("line", "passes"),
    [
        (at_least(0.6), "its whole interval is at least 0.6"),
        (at_most(0.25), "its whole interval is at most 0.25"),
        (at_least(0.6, use_interval=False), "its value is at least 0.6"),
        (no_worse_than("medium"), "security was answered and found nothing worse than medium"),
        (answered(), "compatibility was answered"),
        (decided("adopt_as_is", "keep_baseline"), "it is adopt as is or keep baseline"),
    ],
)
def test_each_sort_of_line_says_when_it_passes(line, passes):
    assert words(line).passes_when == passes


def test_the_other_end_of_a_limit_is_the_one_that_fails():
    assert "interval is below" in words(at_least(0.6)).otherwise
    assert "interval is above" in words(at_most(0.6)).otherwise


def test_labels_are_part_of_what_is_looked_at():
    line = at_least(0.6, labels=(("test", "in-domain"),))
    assert words(line).looks_at == "every accuracy that accuracy states (test = in-domain)"


def test_a_signature_is_never_a_fail_in_words_either():
    assert "never fails" in words(signed()).otherwise
    assert words(signed()).question == ASKED[SignOffQuestion.MISUSE].text


def test_a_check_that_this_version_lacks_has_no_question():
    assert words(at_least(0.6)).question == "Is it right?"
    assert words(replace(at_least(0.6), check="karma")).question == ""


def test_a_measure_that_no_check_states_leaves_its_line_unknown_and_says_so():
    line = at_least(0.6)
    (known,) = lines_in_words(policy(line), {}, is_stated={line.measure}.__contains__)
    (unknown,) = lines_in_words(policy(line), {}, is_stated=set().__contains__)
    assert known == lines_in_words(policy(line), {})[0]
    assert unknown.otherwise == "always unknown: no check of this version states a measure called 'accuracy'"
    (finding,) = lines_in_words(policy(no_worse_than("low")), {}, is_stated=set().__contains__)
    assert "no check" not in finding.otherwise


def test_waivers_count_their_days():
    given_ = [waiver(expires=day) for day in ("2026-11-20", "2026-11-21", "2027-11-21")]
    told = waivers_in_words(policy(no_worse_than("low"), waivers=given_), today=TODAY)
    assert [(w.days_left, w.live) for w in told] == [(-1, False), (0, True), (365, True)]


def test_every_line_of_every_preset_is_told_with_its_reason():
    for name in preset_names():
        preset = read_preset(name)
        for line, told in zip(preset.requirements, lines_in_words(preset, {}), strict=True):
            assert (told.id, told.required, told.check) == (line.id, line.required, line.check)
            assert told.why


@settings(max_examples=50, deadline=None)
@given(policies())
def test_no_line_is_lost_and_none_is_silent(lines):
    told = lines_in_words(lines, {})
    assert [t.id for t in told] == [line.id for line in lines.requirements]
    assert all(t.looks_at and t.passes_when and t.otherwise for t in told)
