import hashlib
import json
from datetime import date, timedelta

import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.check import Context
from weigh.core.events import Silent
from weigh.core.evidence import Artifact
from weigh.core.finding import Severity
from weigh.core.request import Request
from weigh.core.sign_off import (
    ASKED,
    CHECK,
    MAX_BYTES,
    MAX_NAME,
    MAX_TEXT,
    Signing,
    SignOff,
    SignOffQuestion,
    from_bytes,
    to_bytes,
)
from weigh.core.subject import Subject, SubjectKind

MODEL = "sha256:" + "a" * 64
DATES = st.dates(date(2000, 1, 1), date(2100, 1, 1)).map(date.isoformat)
SIGN_OFFS = st.builds(
    SignOff,
    question=st.sampled_from(SignOffQuestion),
    subject=st.just(MODEL),
    by=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    because=st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    on=DATES,
    expires=DATES | st.just(""),
    data=st.sampled_from(["", "sha256:" + "b" * 64]),
)


def evidence_of(sign_off):
    kept = {}

    def keep(name, data):
        kept[name] = data
        return Artifact(name, hashlib.sha256(data).hexdigest(), len(data))

    request = Request("sign-off", "code", Subject(SubjectKind.MODEL, sign_off.subject))
    return CHECK.run(Signing(sign_off, keep), Context(request, None, Silent())), kept


@settings(max_examples=50, deadline=None)
@given(SIGN_OFFS)
def test_what_is_kept_reads_back_as_it_was(sign_off):
    assert from_bytes(to_bytes(sign_off)) == sign_off


def test_the_longest_sign_off_fits_its_bound():
    worst = SignOff(SignOffQuestion.MISUSE, MODEL, "\x01" * MAX_NAME, "\x01" * MAX_TEXT, "2026-11-21")
    assert len(to_bytes(worst)) < MAX_BYTES


@pytest.mark.parametrize(
    "change",
    [
        {"question": "everything"},
        {"on": "21.11.2026"},
        {"on": ""},
        {"expires": "2026-13-01"},
        {"expires": "20270101"},
        {"by": 3},
        {"more": "x"},
        {"because": None},
    ],
    ids=str,
)
def test_bytes_that_are_no_sign_off_are_none(change):
    good = json.loads(to_bytes(SignOff(SignOffQuestion.MISUSE, MODEL, "Ada", "why", "2026-11-21")))
    assert from_bytes(json.dumps({**good, **change}).encode()) is None


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"[" * 9000, b'{"a": NaN}', b" " * (MAX_BYTES + 1)])
def test_hostile_bytes_are_none(data):
    assert from_bytes(data) is None


@settings(max_examples=50, deadline=None)
@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_the_day_it_expires_is_the_last_on_which_it_holds(day):
    sign_off = SignOff(SignOffQuestion.LICENCE, MODEL, "Ada", "why", "2000-01-01", day.isoformat())
    assert sign_off.holds(day)
    assert not sign_off.holds(day + timedelta(days=1))
    assert SignOff(SignOffQuestion.LICENCE, MODEL, "Ada", "why", "2000-01-01").holds(day)


def test_the_evidence_names_question_person_reason_and_last_day():
    said = SignOff(SignOffQuestion.MISUSE, MODEL, "Ada, product", "reviews only", "2026-11-21", "2027-01-01")
    evidence, kept = evidence_of(said)
    measure = evidence.measure("sign_off", question="misuse", expires="2027-01-01")
    assert (measure.value, measure.unit, measure.n) == (1.0, "count", 1)
    assert len(measure.labels) == 2
    finding = evidence.findings[0]
    assert (finding.rule, finding.severity, finding.where) == ("WGH-G001", Severity.INFO, "misuse")
    assert "Ada, product signed on 2026-11-21, until 2027-01-01: reviews only" in finding.message
    assert finding.references == ("deon E.4",)
    assert from_bytes(kept["sign-off"]) == said
    assert evidence.answered


def test_a_sign_off_without_end_has_an_empty_label():
    evidence, _ = evidence_of(SignOff(SignOffQuestion.ROLLBACK, MODEL, "Ada", "why", "2026-11-21"))
    assert evidence.measure("sign_off", question="rollback", expires="") is not None


def test_every_question_is_worded_and_every_deon_item_asked_at_most_once():
    assert set(ASKED) == set(SignOffQuestion)
    items = [item for asked in ASKED.values() for item in asked.deon]
    sizes = {"A": 4, "B": 3, "C": 5, "D": 5, "E": 4}
    every = {f"{letter}.{i}" for letter, size in sizes.items() for i in range(1, size + 1)}
    # Unintended use is both foreseeable misuse and use beyond what it was made for.
    assert set(items) == every
    assert len(items) == len(every) + 1
