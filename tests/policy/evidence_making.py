"""Evidence and policies for the judge's tests, by hand and by hypothesis."""

import hashlib
from dataclasses import replace

from hypothesis import strategies as st

from weigh.core.evidence import Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Measure, labelled
from weigh.core.outcome import ANSWERED, Outcome, OutcomeKind
from weigh.core.recommendation import Decision
from weigh.core.requirement import Comparison, Policy, Requirement, RequirementKind, Waiver
from weigh.core.subject import Subject, SubjectKind

CHECKS = ("accuracy", "security", "compatibility")
QUESTIONS = ("misuse", "intended-use")


def digest(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def evidence(check="accuracy", *, about="model", outcome=ANSWERED, findings=(), measures=()):
    subject = Subject(SubjectKind.MODEL, digest(about), about)
    return Evidence(digest(check + about), check, subject, outcome, tuple(findings), tuple(measures))


def accuracy(value, low=None, high=None, **labels):
    return Measure("accuracy", value, "fraction", 100, low, high, labels=labelled(**labels))


def finding(severity=Severity.HIGH, where="model.bin"):
    return Finding("WGH-X001", severity, Confidence.HIGH, where, "seen", "why", "do")


def at_least(limit, **more):
    return Requirement("line", RequirementKind.MEASURE, "accuracy", measure="accuracy", limit=limit, **more)


def at_most(limit, **more):
    return replace(at_least(limit, **more), comparison=Comparison.AT_MOST)


def no_worse_than(severity, **more):
    return Requirement("line", RequirementKind.FINDING, "security", max_severity=severity, **more)


def answered(check="compatibility", **more):
    return Requirement("line", RequirementKind.OUTCOME, check, **more)


def decided(*allowed, **more):
    return Requirement("line", RequirementKind.DECISION, allowed=allowed, **more)


def signature(question="misuse", expires="", *, about="model", outcome=ANSWERED):
    measure = Measure("sign_off", 1.0, "count", 1, labels=labelled(question=question, expires=expires))
    return evidence("sign-off", about=about, outcome=outcome, measures=[measure])


def signed(question="misuse", **more):
    return Requirement("line", RequirementKind.SIGN_OFF, "sign-off", sign_off=question, **more)


def policy(*lines, waivers=()):
    return Policy("test", lines, tuple(waivers))


def waiver(**changes):
    given = {
        "requirement": "line",
        "subject": digest("model"),
        "reason": "known",
        "approver": "Ada",
        "expires": "2027-01-31",
    }
    return Waiver(**(given | changes))


fractions = st.floats(0, 1, allow_nan=False).map(lambda x: round(x, 3))


@st.composite
def measures(draw):
    low, value, high = sorted(draw(st.tuples(fractions, fractions, fractions)))
    bounded = draw(st.booleans())
    return accuracy(
        value, low if bounded else None, high if bounded else None, test=draw(st.sampled_from("ab"))
    )


outcomes = st.one_of(
    st.just(ANSWERED),
    st.sampled_from([k for k in OutcomeKind if k is not OutcomeKind.ANSWERED]).map(
        lambda k: Outcome(k, "because")
    ),
)


@st.composite
def pieces(draw):
    """At most one piece of evidence a check, and some sign-offs."""
    checks = draw(st.lists(st.sampled_from(CHECKS), unique=True))
    days = st.sampled_from(["", "2026-11-20", "2026-11-21", "2027-01-01", "soon"])
    questions = draw(st.lists(st.sampled_from(QUESTIONS), unique=True))
    signatures = tuple(signature(q, draw(days), outcome=draw(outcomes)) for q in questions)
    return signatures + tuple(
        evidence(
            check,
            outcome=draw(outcomes),
            findings=draw(st.lists(st.sampled_from(Severity).map(finding), max_size=2)),
            measures=draw(st.lists(measures(), max_size=2)),
        )
        for check in checks
    )


@st.composite
def requirements(draw):
    kind = draw(st.sampled_from(RequirementKind))
    allowed = draw(
        st.lists(st.sampled_from([d.value for d in Decision if d is not Decision.UNDECIDED]), min_size=1)
    )
    return Requirement(
        id="line",
        kind=kind,
        check={RequirementKind.DECISION: "", RequirementKind.SIGN_OFF: "sign-off"}.get(
            kind, draw(st.sampled_from(CHECKS))
        ),
        required=draw(st.booleans()),
        measure="accuracy",
        comparison=draw(st.sampled_from(Comparison)),
        limit=draw(fractions),
        labels=draw(st.sampled_from([(), (("test", "a"),)])),
        use_interval=draw(st.booleans()),
        max_severity=draw(st.sampled_from(Severity)).value,
        allowed=tuple(allowed) if kind is RequirementKind.DECISION else (),
        sign_off=draw(st.sampled_from(QUESTIONS)) if kind is RequirementKind.SIGN_OFF else "",
    )


@st.composite
def policies(draw, *, least=0):
    lines = draw(st.lists(requirements(), min_size=least, max_size=6))
    return policy(*(replace(line, id=f"line-{i}") for i, line in enumerate(lines)))


decisions = st.one_of(st.none(), st.sampled_from(Decision))
