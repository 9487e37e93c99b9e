"""Requests and evidence of every shape, and a ledger to keep them."""

from hypothesis import strategies as st

from weigh.core.digest import of_value
from weigh.core.evidence import Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Direction, Measure
from weigh.core.outcome import Outcome, OutcomeKind
from weigh.core.request import Request
from weigh.core.subject import Subject, SubjectKind

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
COUNTS = st.integers(0, 2**53 - 1)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=2).map(lambda pairs: tuple(sorted(pairs)))

FINDINGS = st.builds(
    Finding,
    rule=TEXT,
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    where=TEXT,
    message=TEXT,
    why=TEXT,
    action=TEXT,
    references=st.lists(TEXT, max_size=2).map(tuple),
)
MEASURES = st.builds(
    Measure,
    name=TEXT,
    value=st.none() | NUMBERS,
    unit=TEXT,
    n=COUNTS,
    low=st.none() | NUMBERS,
    high=st.none() | NUMBERS,
    level=NUMBERS,
    method=TEXT,
    direction=st.sampled_from(Direction),
    observed=st.booleans(),
    labels=PAIRS,
)
SERVED_OUTCOMES = st.builds(
    Outcome,
    kind=st.sampled_from([OutcomeKind.ANSWERED, OutcomeKind.INCONCLUSIVE]),
    reason=TEXT,
    needs_n=st.none() | COUNTS,
    extra=TEXT,
    permission=TEXT,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
REQUESTS = st.builds(
    Request,
    check=TEXT,
    code=st.just(of_value("code")),
    subject=st.builds(
        Subject, kind=st.sampled_from(SubjectKind), digest=st.just(of_value("subject")), name=TEXT
    ),
    parameters=st.dictionaries(TEXT, JSON, max_size=3),
    inputs=PAIRS,
    seed=COUNTS,
    runtimes=PAIRS,
    machine=TEXT,
)


@st.composite
def asked(draw):
    """A request and evidence that answers it."""
    request = draw(REQUESTS)
    return request, Evidence(
        request=request.digest,
        check=request.check,
        subject=request.subject,
        outcome=draw(SERVED_OUTCOMES),
        findings=tuple(draw(st.lists(FINDINGS, max_size=2))),
        measures=tuple(draw(st.lists(MEASURES, max_size=3))),
    )


class SteppingClock:
    """Every look at the wall clock is a second later than the last; so is the other clock."""

    def __init__(self, start=1_800_000_000.0):
        self.time = start

    def now(self):
        self.time += 1.0
        return self.time

    def monotonic(self):
        self.time += 1.0
        return self.time
