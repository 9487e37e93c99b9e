from dataclasses import replace
from datetime import date

import pytest
from evidence_making import (
    accuracy,
    answered,
    at_least,
    at_most,
    decided,
    decisions,
    digest,
    evidence,
    finding,
    no_worse_than,
    pieces,
    policies,
    policy,
    requirements,
)
from hypothesis import assume, given, settings, strategies as st

from weigh.core.finding import Severity
from weigh.core.outcome import ANSWERED, Outcome, OutcomeKind
from weigh.core.recommendation import Decision
from weigh.core.verdict import VerdictKind, worst
from weigh.policy.judge import NOTHING_REQUIRED, _compared, judge, policy_digest

TODAY = date(2026, 11, 21)
ORDER = (VerdictKind.PASS, VerdictKind.UNKNOWN, VerdictKind.FAIL)
laws = settings(max_examples=50, deadline=None)


def verdict_of(line, *items, decision=None):
    return judge(policy(line), items, decision, today=TODAY).kind


@pytest.mark.parametrize(
    ("low", "value", "high", "floor", "ceiling"),
    [
        (0.60, 0.65, 0.70, "pass", "unknown"),
        (0.61, 0.65, 0.70, "pass", "fail"),
        (0.50, 0.55, 0.59, "fail", "pass"),
        (0.50, 0.55, 0.60, "unknown", "pass"),
        (0.59, 0.65, 0.70, "unknown", "unknown"),
        (None, 0.60, None, "pass", "pass"),
        (None, 0.61, None, "pass", "fail"),
        (0.61, 0.65, None, "pass", "fail"),
        (None, 0.65, 0.70, "unknown", "unknown"),
        (None, 0.55, 0.59, "fail", "pass"),
        (0.61, None, 0.70, "unknown", "unknown"),
        (0.70, 0.65, 0.61, "unknown", "unknown"),
    ],
)
def test_inside_passes_wholly_outside_fails_and_everything_else_is_unknown(low, value, high, floor, ceiling):
    item = replace(evidence(), measures=(accuracy(value, low, high),))
    assert verdict_of(at_least(0.6), item) == floor
    assert verdict_of(at_most(0.6), item) == ceiling


@pytest.mark.parametrize("ends", [(float("nan"), 0.7), (0.7, float("nan")), (None, None)])
def test_a_number_that_is_none_never_passes(ends):
    # Evidence with NaN has no digest and is refused before; the judge does not rely on it.
    for line in (at_least(0.6), at_most(0.6), at_least(0.6, use_interval=False)):
        assert _compared(line, accuracy(float("nan"), *ends)) == "unknown"


def test_a_line_may_look_at_the_point_alone():
    item = evidence(measures=[accuracy(0.65, 0.5, 0.8)])
    assert verdict_of(at_least(0.6), item) == "unknown"
    assert verdict_of(at_least(0.6, use_interval=False), item) == "pass"
    assert verdict_of(at_least(0.7, use_interval=False), item) == "fail"


def test_every_measure_that_carries_the_labels_must_hold():
    item = evidence(measures=[accuracy(0.9, test="a"), accuracy(0.5, test="b")])
    assert verdict_of(at_least(0.6, labels=(("test", "a"),)), item) == "pass"
    assert verdict_of(at_least(0.6), item) == "fail"
    assert verdict_of(at_least(0.6, labels=(("test", "c"),)), item) == "unknown"


def test_every_piece_of_evidence_of_the_check_must_hold():
    good, bad = evidence("security", about="a"), evidence("security", about="b", findings=[finding()])
    assert verdict_of(no_worse_than("medium"), good) == "pass"
    assert verdict_of(no_worse_than("medium"), good, bad) == "fail"


@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("ceiling", Severity)
def test_a_finding_fails_exactly_above_the_ceiling(severity, ceiling):
    item = evidence("security", findings=[finding(severity)])
    expected = "fail" if severity.rank > ceiling.rank else "pass"
    assert verdict_of(no_worse_than(ceiling.value), item) == expected


def test_what_was_seen_stands_even_when_the_check_broke():
    broken = Outcome(OutcomeKind.ERROR, "it stopped half-way")
    assert verdict_of(no_worse_than("medium"), evidence("security", outcome=broken)) == "unknown"
    seen = evidence("security", outcome=broken, findings=[finding()])
    assert verdict_of(no_worse_than("medium"), seen) == "fail"


@pytest.mark.parametrize("kind", [k for k in OutcomeKind if k is not OutcomeKind.ANSWERED])
def test_a_question_without_an_answer_is_unknown_and_says_why(kind):
    outcome = Outcome(kind, "because of this", needs_n=1234)
    item = evidence(outcome=outcome, measures=[accuracy(0.99, 0.98, 1.0)])
    for line in (at_least(0.5), answered("accuracy"), replace(no_worse_than("low"), check="accuracy")):
        verdict = judge(policy(line), (item,), None, today=TODAY)
        assert verdict.kind == "unknown"
        assert "because of this" in verdict.reasons[0].text
        assert "1234" in verdict.reasons[0].text


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (Decision.ADOPT_AS_IS, "pass"),
        (Decision.KEEP_BASELINE, "fail"),
        (Decision.UNDECIDED, "unknown"),
        (None, "unknown"),
    ],
)
def test_a_decision_is_allowed_or_not_or_was_not_made(decision, expected):
    assert verdict_of(decided("adopt_as_is"), decision=decision) == expected
    # Even a policy built by hand cannot allow not knowing.
    assert verdict_of(decided("undecided"), decision=Decision.UNDECIDED) == "unknown"


def test_an_advisory_line_is_listed_and_counts_for_nothing():
    item = evidence("security", findings=[finding()])
    lines = policy(no_worse_than("low", required=False), replace(answered("security"), id="other"))
    verdict = judge(lines, (item,), None, today=TODAY)
    assert verdict.kind == "pass"
    assert verdict.reasons[0].kind == "fail"
    assert not verdict.reasons[0].required


def test_a_check_that_does_not_apply_is_said_and_does_not_count():
    lines = policy(no_worse_than("low"), replace(answered("accuracy"), id="other"))
    verdict = judge(
        lines, (evidence(),), None, today=TODAY, not_asked={"security": "no model was asked about"}
    )
    assert verdict.kind == "pass"
    assert verdict.reasons[0].text == "does not apply: no model was asked about"
    assert verdict.reasons[0].kind == "unknown"
    assert not verdict.reasons[0].required


@pytest.mark.parametrize(
    "line", [no_worse_than("critical", required=False), at_least(0.1, required=False), decided("adopt_as_is")]
)
def test_a_policy_that_requires_nothing_passes_nothing(line):
    items = (evidence("security"), evidence(measures=[accuracy(0.9)]))
    advisory = replace(line, required=False)
    verdict = judge(policy(advisory), items, Decision.ADOPT_AS_IS, today=TODAY)
    assert verdict.reasons[0].kind == "pass"
    assert verdict.kind == "unknown"
    assert verdict.reasons[1].requirement == NOTHING_REQUIRED
    assert verdict.reasons[1].text == "the policy passes nothing: all its lines are advisory"


def test_a_policy_of_which_nothing_required_applies_passes_nothing():
    verdict = judge(policy(no_worse_than("low")), (), None, today=TODAY, not_asked={"security": "no model"})
    assert verdict.kind == "unknown"
    assert "none of its required lines applies to this job" in verdict.reasons[1].text


def test_a_question_that_was_not_put_is_unknown_and_says_why():
    verdict = judge(policy(answered()), (), None, today=TODAY, not_put={"compatibility": "no --group"})
    assert verdict.kind == "unknown"
    assert verdict.reasons[0].required
    assert verdict.reasons[0].text == "compatibility was not asked: no --group"


def test_an_interval_without_width_because_nothing_varied_settles_nothing():
    flat = replace(accuracy(1.0, 1.0, 1.0), method="degenerate")
    item = evidence(measures=[flat])
    for line in (at_least(0.5), at_most(0.5), at_least(1.0)):
        assert verdict_of(line, item) == "unknown"
    (reason,) = judge(policy(at_least(0.5)), (item,), None, today=TODAY).reasons
    assert "nothing was seen to vary" in reason.text
    # Whoever asks for the point alone gets the point alone.
    assert verdict_of(at_least(0.5, use_interval=False), item) == "pass"
    assert verdict_of(at_least(0.5), evidence(measures=[replace(flat, method="exact")])) == "pass"


def test_a_reason_cites_the_evidence_it_rests_on_and_tells_its_parts():
    item = evidence(measures=[accuracy(0.9, 0.88, 0.92, test="a"), accuracy(0.5, 0.45, 0.55, test="b")])
    (reason,) = judge(policy(at_least(0.6)), (item,), None, today=TODAY).reasons
    assert reason.evidence == (item.digest,)
    assert reason.text == "accuracy test=b 0.5 [0.45, 0.55] n=100 is below 0.6 (and 1 more)"
    assert [c.kind for c in reason.children] == ["pass", "fail"]


@laws
@given(policies(), pieces(), decisions)
def test_fail_beats_unknown_beats_pass(lines, items, decision):
    verdict = judge(lines, items, decision, today=TODAY)
    assert verdict.kind is worst(r.kind for r in verdict.reasons if r.required)
    own = [r.requirement for r in verdict.reasons if r.requirement != NOTHING_REQUIRED]
    assert own == [line.id for line in lines.requirements]
    for reason in verdict.reasons:
        assert not reason.children or reason.kind is worst(c.kind for c in reason.children)


@laws
@given(policies(), pieces(), decisions, st.data())
def test_taking_evidence_away_never_makes_a_pass(lines, items, decision, data):
    kept = tuple(item for item in items if data.draw(st.booleans()))
    before = judge(lines, items, decision, today=TODAY)
    after = judge(lines, kept, decision, today=TODAY)
    for was, now in zip(before.reasons, after.reasons, strict=True):
        assert now.kind is not VerdictKind.PASS or was.kind is VerdictKind.PASS
    assert after.kind is not VerdictKind.PASS or before.kind is VerdictKind.PASS


@laws
@given(
    policies(),
    pieces(),
    decisions,
    st.sampled_from([k for k in OutcomeKind if k is not OutcomeKind.ANSWERED]),
)
def test_an_answer_that_turns_into_no_answer_never_makes_a_pass(lines, items, decision, kind):
    broken = tuple(replace(item, outcome=Outcome(kind, "gone")) for item in items)
    before = judge(lines, items, decision, today=TODAY)
    after = judge(lines, broken, decision, today=TODAY)
    for was, now in zip(before.reasons, after.reasons, strict=True):
        assert now.kind is not VerdictKind.PASS or was.kind is VerdictKind.PASS


@laws
@given(policies(), requirements(), pieces(), decisions)
def test_one_more_requirement_never_improves_the_verdict(lines, more, items, decision):
    # Where nothing was required before, there was no verdict to improve.
    assume(any(line.required for line in lines.requirements))
    before = judge(lines, items, decision, today=TODAY)
    after = judge(policy(*lines.requirements, more), items, decision, today=TODAY)
    assert ORDER.index(after.kind) >= ORDER.index(before.kind)


@laws
@given(policies(least=2), pieces(), decisions, st.randoms())
def test_order_changes_nothing_but_the_order_of_reasons(lines, items, decision, random):
    shuffled = list(items)
    random.shuffle(shuffled)
    turned = list(lines.requirements)
    random.shuffle(turned)
    before = judge(lines, items, decision, today=TODAY)
    assert judge(lines, tuple(shuffled), decision, today=TODAY) == before
    after = judge(policy(*turned), tuple(shuffled), decision, today=TODAY)
    assert (after.kind, after.policy_digest) == (before.kind, before.policy_digest)
    assert {r.requirement: r for r in after.reasons} == {r.requirement: r for r in before.reasons}


def test_the_policy_digest_follows_every_line():
    first = policy(at_least(0.6))
    assert policy_digest(first) != policy_digest(policy(at_least(0.61)))
    assert policy_digest(first) != policy_digest(policy(at_least(0.6, required=False)))
    assert policy_digest(first).startswith("sha256:")


def test_the_answered_outcome_is_the_only_one_that_passes():
    assert verdict_of(answered(), evidence("compatibility", outcome=ANSWERED)) == "pass"
    assert verdict_of(answered(), evidence("security")) == "unknown"
    assert digest("model") == evidence().subject.digest
