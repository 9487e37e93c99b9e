"""What the packaged policies let through when everything measured is fine."""

from datetime import date

import pytest

from weigh.checks.table import QUESTIONS
from weigh.core.evidence import Evidence
from weigh.core.measure import Measure
from weigh.core.outcome import ANSWERED
from weigh.core.recommendation import Decision
from weigh.core.requirement import RequirementKind
from weigh.core.subject import Subject, SubjectKind
from weigh.core.verdict import MODEL, VerdictKind
from weigh.policy.judge import judge
from weigh.policy.read import read_preset

SUBJECT = Subject(SubjectKind.MODEL, "sha256:" + "1" * 64, "m")
NO_MODEL = dict.fromkeys(
    (MODEL, "security", "compatibility", "licence", "provenance", "misuse"), "no model was asked about"
)


def fine(name, *, n=10):
    """Evidence in which every check of the policy answered and found nothing."""
    lines = read_preset(name).requirements
    for check in sorted({line.check for line in lines if line.check}):
        wanted = [w for w in lines if w.check == check and w.kind is RequirementKind.MEASURE]
        measures = tuple(Measure(w.measure, w.limit, "count", n) for w in wanted)
        yield Evidence("sha256:" + "2" * 64, check, SUBJECT, ANSWERED, (), measures)


def verdict(name, decision, *, absent=None, n=10):
    evidence = tuple(e for e in fine(name, n=n) if e.check not in (absent or {}))
    return judge(read_preset(name), evidence, decision, today=date(2026, 11, 21), not_asked=absent)


def test_measurements_alone_let_a_team_through():
    assert verdict("team", Decision.ADOPT_WITH_PROBE).kind is VerdictKind.PASS


@pytest.mark.parametrize(
    ("decision", "absent"),
    [
        (Decision.ADOPT_WITH_PROBE, None),
        (Decision.TRAIN_FROM_SCRATCH, NO_MODEL),
    ],
)
def test_measurements_alone_never_pass_the_regulated_policy(decision, absent):
    found = verdict("regulated", decision, absent=absent)
    assert found.kind is VerdictKind.UNKNOWN
    waiting = [r for r in found.reasons if r.kind is VerdictKind.UNKNOWN and r.required]
    assert waiting
    assert all(r.sign_off for r in waiting)


def test_a_count_of_nothing_that_was_looked_at_is_unknown():
    assert verdict("team", Decision.ADOPT_WITH_PROBE, n=0).kind is VerdictKind.UNKNOWN


def test_a_line_about_a_model_does_not_apply_where_there_is_none():
    found = verdict("team", Decision.TRAIN_FROM_SCRATCH, absent=NO_MODEL)
    assert found.kind is VerdictKind.PASS
    line = next(r for r in found.reasons if r.requirement == "no-secrets-of-people-in-the-model")
    assert not line.applies


def test_every_question_has_its_line_in_the_regulated_policy():
    asked = {line.check for line in read_preset("regulated").requirements if line.required}
    # A remedy that is offered, not a property that is required.
    assert {q.check.id for q in QUESTIONS} - asked == {"mitigation"}
