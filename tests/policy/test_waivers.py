from datetime import date

import pytest
from evidence_making import (
    accuracy,
    answered,
    at_least,
    decided,
    decisions,
    digest,
    evidence,
    finding,
    no_worse_than,
    pieces,
    policies,
    policy,
    waiver,
)
from hypothesis import given, settings, strategies as st

from weigh.core.recommendation import Decision
from weigh.core.requirement import Policy
from weigh.policy.judge import judge

TODAY = date(2026, 11, 21)
BAD = evidence("security", findings=[finding()])


def judged(line, *items, waivers, today=TODAY, decision=None):
    return judge(policy(line, waivers=waivers), items, decision, today=today)


def test_a_waiver_annotates_a_fail_that_stays_a_fail():
    verdict = judged(no_worse_than("low"), BAD, waivers=[waiver()])
    assert verdict.kind == "fail"
    assert verdict.waived == 1
    assert verdict.reasons[0].waiver == "Ada, until 2027-01-31: known"


@pytest.mark.parametrize(
    ("today", "live"), [(date(2027, 1, 30), True), (date(2027, 1, 31), True), (date(2027, 2, 1), False)]
)
def test_a_waiver_holds_up_to_its_last_day_and_its_end_is_said(today, live):
    verdict = judged(no_worse_than("low"), BAD, waivers=[waiver()], today=today)
    assert bool(verdict.reasons[0].waiver) is live
    assert ("the waiver of Ada ended on 2027-01-31" in verdict.reasons[0].text) is not live


def test_an_expired_waiver_gives_way_to_a_live_one():
    both = [waiver(expires="2026-01-01", approver="Bo"), waiver()]
    (reason,) = judged(no_worse_than("low"), BAD, waivers=both).reasons
    assert reason.waiver.startswith("Ada")
    assert "ended" not in reason.text


def test_a_waiver_holds_for_its_subject_only():
    verdict = judged(no_worse_than("low"), BAD, waivers=[waiver(subject=digest("another model"))])
    assert verdict.waived == 0


def test_a_waiver_of_one_subject_does_not_cover_another():
    other = evidence("security", about="other", findings=[finding()])
    (reason,) = judged(no_worse_than("low"), BAD, other, waivers=[waiver()]).reasons
    assert reason.waiver == ""
    assert sorted(bool(c.waiver) for c in reason.children) == [False, True]
    both = [waiver(), waiver(subject=digest("other"))]
    (reason,) = judged(no_worse_than("low"), BAD, other, waivers=both).reasons
    assert reason.waiver


def test_a_waiver_says_nothing_to_an_unknown_or_a_pass():
    assert judged(answered(), waivers=[waiver()]).reasons[0].waiver == ""
    good = evidence(measures=[accuracy(0.9)])
    assert judged(at_least(0.5), good, waivers=[waiver()]).reasons[0].waiver == ""


def test_a_fail_of_the_decision_can_be_waived_for_a_subject_of_the_job():
    verdict = judged(decided("adopt_as_is"), evidence(), waivers=[waiver()], decision=Decision.KEEP_BASELINE)
    assert verdict.kind == "fail"
    assert verdict.waived == 1


@settings(max_examples=50, deadline=None)
@given(policies(), pieces(), decisions, st.data())
def test_no_waiver_ever_changes_a_kind(lines, items, decision, data):
    ids = [line.id for line in lines.requirements] or ["none"]
    some = data.draw(st.lists(st.sampled_from(ids).map(lambda i: waiver(requirement=i)), max_size=4))
    plain = judge(lines, items, decision, today=TODAY)
    waived = judge(Policy(lines.name, lines.requirements, tuple(some)), items, decision, today=TODAY)
    assert waived.kind is plain.kind
    assert [r.kind for r in waived.reasons] == [r.kind for r in plain.reasons]
