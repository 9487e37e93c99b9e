import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import golden_files
import pytest
from hypothesis import given, settings, strategies as st
from sample_report import SAMPLE, hostile

from weigh.core.errors import ExitCode
from weigh.core.verdict import Reason, VerdictKind
from weigh.render.junit import to_junit


def cases(report):
    """Name → (mark, type, message) of each test case; () for a pass."""
    root = ET.fromstring(to_junit(report))
    return {
        case.get("name"): next(((m.tag, m.get("type"), m.get("message")) for m in case), ())
        for case in root.iter("testcase")
        if case.get("classname") != "unknown"
    }


def judged(*reasons, code=ExitCode.FINE):
    return replace(SAMPLE, verdict=replace(SAMPLE.verdict, reasons=tuple(reasons)), exit_code=code)


def test_the_file_is_the_golden_one():
    golden_files.check("report.junit.xml", to_junit(SAMPLE))


@pytest.mark.parametrize(
    ("kind", "required", "mark"),
    [
        (VerdictKind.PASS, True, ()),
        (VerdictKind.FAIL, True, ("failure", "policy", "because")),
        (VerdictKind.UNKNOWN, True, ("error", "unknown", "because")),
        (VerdictKind.PASS, False, ()),
        (VerdictKind.FAIL, False, ("skipped", None, "advisory, fail: because")),
        (VerdictKind.UNKNOWN, False, ("skipped", None, "advisory, unknown: because")),
    ],
)
def test_only_a_pass_is_a_passed_case(kind, required, mark):
    assert cases(judged(Reason("line", kind, "because", required=required)))["line"] == mark


@pytest.mark.parametrize("code", ExitCode)
def test_the_file_is_green_exactly_when_the_exit_code_is_0(code):
    marked = [name for name, mark in cases(judged(code=code)).items() if mark]
    assert marked == ([] if code is ExitCode.FINE else ["the answer"])
    if code is ExitCode.UNKNOWN:
        assert cases(judged(code=code))["the answer"][:2] == ("error", "unknown")


def test_every_question_without_an_answer_is_a_skipped_case_even_at_exit_code_0():
    root = ET.fromstring(to_junit(replace(SAMPLE, exit_code=ExitCode.FINE)))
    skipped = {
        case.get("name"): case.find("skipped").get("message")
        for case in root.iter("testcase")
        if case.get("classname") == "unknown"
    }
    assert {s.text for s in SAMPLE.unknown} <= set(skipped)
    told = {digest for s in SAMPLE.unknown for digest in s.evidence}
    silent = [a.evidence for a in SAMPLE.answers if not a.evidence.answered and a.evidence.digest not in told]
    assert silent
    for evidence in silent:
        assert evidence.outcome.reason in skipped[evidence.check]
    assert root.get("failures") == root.get("errors") == "0"


def test_a_waived_fail_stays_a_failure():
    report = judged(Reason("line", VerdictKind.FAIL, "worse", waiver="Ada, until 2027-01-31: known"))
    assert cases(report)["line"][0] == "failure"
    assert b"waived by Ada" in to_junit(report)


@pytest.mark.parametrize("report", [SAMPLE, hostile()])
def test_the_counts_are_those_of_the_cases(report):
    root = ET.fromstring(to_junit(report))
    (suite,) = root.findall("testsuite")
    for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
        assert int(suite.get(name)) == int(root.get(name)) == len(list(root.iter(tag)))
    assert int(suite.get("skipped")) == len(list(root.iter("skipped")))


def test_hostile_text_is_text():
    data = to_junit(hostile()).decode("utf-8")
    assert "<script" not in data
    assert "<img" not in data
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", data)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_makes_well_formed_xml(name, text):
    data = to_junit(judged(Reason(name, VerdictKind.FAIL, text, evidence=(text,))))
    assert len(list(ET.fromstring(data).iter("failure"))) == 1
