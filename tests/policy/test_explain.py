from datetime import date

from evidence_making import (
    accuracy,
    answered,
    at_least,
    decisions,
    evidence,
    no_worse_than,
    pieces,
    policies,
    policy,
)
from hypothesis import given, settings

from weigh.policy.explain import rows, summary
from weigh.policy.judge import NOTHING_REQUIRED, judge

TODAY = date(2026, 11, 21)


def named(line, name):
    return type(line)(**{f: getattr(line, f) for f in line.__slots__} | {"id": name})


def test_what_decides_stands_first_and_parts_follow_their_line():
    lines = policy(
        named(at_least(0.6), "good"),
        named(no_worse_than("low", required=False), "advice"),
        named(answered(), "open"),
    )
    item = evidence(measures=[accuracy(0.9, test="a"), accuracy(0.8, test="b")])
    told = rows(judge(lines, (item,), None, today=TODAY))
    assert [(r.reason.requirement, r.depth, r.decides) for r in told] == [
        ("open", 0, True),
        ("good", 0, False),
        ("good", 1, False),
        ("good", 1, False),
        ("advice", 0, False),
    ]


@settings(max_examples=50, deadline=None)
@given(policies(), pieces(), decisions)
def test_the_counts_add_up_and_no_reason_is_lost(lines, items, decision):
    verdict = judge(lines, items, decision, today=TODAY)
    s = summary(verdict)
    counted = s.failed + s.unknown + s.advisory_failed + s.advisory_unknown + s.passed
    assert counted == len(verdict.reasons)
    assert (verdict.kind == "fail") is (s.failed > 0)
    assert (verdict.kind == "unknown") is (s.failed == 0 and s.unknown > 0)
    told = rows(verdict)
    own = [r.reason.requirement for r in told if r.depth == 0]
    assert sorted(i for i in own if i != NOTHING_REQUIRED) == sorted(line.id for line in lines.requirements)
    assert (NOTHING_REQUIRED in own) is not any(line.required for line in lines.requirements)
    assert len(told) == len(verdict.reasons) + sum(len(r.children) for r in verdict.reasons)
