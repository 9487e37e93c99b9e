from dataclasses import replace
from datetime import date

import pytest
from evidence_making import (
    answered,
    decisions,
    evidence,
    pieces,
    policies,
    policy,
    requirements,
    signature,
    signed,
    waiver,
)
from hypothesis import given, settings

from weigh.core.measure import labelled
from weigh.core.outcome import Outcome, OutcomeKind
from weigh.core.requirement import RequirementKind
from weigh.core.verdict import VerdictKind
from weigh.policy.judge import judge

TODAY = date(2026, 11, 21)
MODEL = evidence("security")


def said(*items, line=None, waivers=(), today=TODAY):
    (reason,) = judge(policy(line or signed(), waivers=waivers), items, None, today=today).reasons
    return reason


def test_a_signature_for_these_bytes_passes_and_is_cited():
    own = signature(expires="2027-06-30")
    reason = said(MODEL, own)
    assert (reason.kind, reason.text) == ("pass", "'misuse' is signed, until 2027-06-30")
    assert reason.evidence == (own.digest,)


def test_without_a_signature_it_is_unknown_and_never_a_fail():
    reason = said(MODEL)
    assert (reason.kind, reason.text) == ("unknown", "nobody has signed 'misuse' for these bytes")
    assert said(MODEL, signature("fairness")).kind == "unknown"


@pytest.mark.parametrize(
    ("today", "kind"),
    [(date(2027, 6, 30), "pass"), (date(2027, 7, 1), "unknown"), (date(2030, 1, 1), "unknown")],
)
def test_a_signature_holds_up_to_its_last_day(today, kind):
    reason = said(MODEL, signature(expires="2027-06-30"), today=today)
    assert reason.kind == kind
    assert ("ended on 2027-06-30" in reason.text) is (kind == "unknown")


def test_a_signature_under_other_bytes_is_none_under_these():
    assert said(MODEL, signature(about="the next version")).kind == "unknown"
    # Nothing else says what this job is about.
    assert said(signature()).kind == "unknown"


def test_a_renewed_signature_takes_the_place_of_an_ended_one():
    assert said(MODEL, signature(expires="2026-01-01"), signature(expires="2027-01-01")).kind == "pass"
    assert said(MODEL, signature(expires="2026-01-01"), signature(expires="")).text.endswith("with no end")


@pytest.mark.parametrize("expires", ["soon", "2027-13-40", "20270101x", "²"])
def test_an_end_that_cannot_be_read_is_no_end(expires):
    assert said(MODEL, signature(expires=expires)).kind == "unknown"


def test_a_signature_that_was_not_completed_counts_for_nothing():
    open_one = signature(outcome=Outcome(OutcomeKind.ERROR, "interrupted"))
    assert said(MODEL, open_one).kind == "unknown"
    zero = replace(signature(), measures=(replace(signature().measures[0], value=0.0),))
    assert said(MODEL, zero).kind == "unknown"
    without = replace(signature().measures[0], labels=labelled(question="misuse"))
    assert said(MODEL, replace(signature(), measures=(without,))).kind == "unknown"


def test_a_signature_for_one_data_set_is_none_for_another():
    rows = evidence("data", about="our rows")
    own = replace(
        signature().measures[0],
        labels=labelled(question="misuse", expires="", data=rows.subject.digest),
    )
    bound = replace(signature(), measures=(own,))
    assert said(MODEL, rows, bound).kind == "pass"
    assert said(MODEL, evidence("data", about="other rows"), bound).kind == "unknown"


def test_another_check_cannot_sign():
    forged = replace(signature(), check="provenance")
    assert said(MODEL, forged).kind == "unknown"


def test_a_waiver_does_not_sign():
    assert said(MODEL, waivers=[waiver()]).waiver == ""


def test_an_advisory_signature_holds_nothing_up():
    verdict = judge(
        policy(signed(required=False), replace(answered("security"), id="b")), (MODEL,), None, today=TODAY
    )
    assert verdict.kind == "pass"


@settings(max_examples=50, deadline=None)
@given(policies(least=1), requirements(), pieces(), decisions)
def test_a_signature_line_never_fails(lines, more, items, decision):
    verdict = judge(policy(*lines.requirements, more), items, decision, today=TODAY)
    kinds = {line.id: line.kind for line in (*lines.requirements, more)}
    for reason in verdict.reasons:
        if kinds.get(reason.requirement) is RequirementKind.SIGN_OFF:
            assert reason.kind is not VerdictKind.FAIL
