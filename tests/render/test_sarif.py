import json
import re
from dataclasses import replace

import golden_files
import pytest
from hypothesis import given, settings, strategies as st
from sample_report import SAMPLE, SECURITY, finding, hostile

from weigh.core.errors import ExitCode
from weigh.core.finding import Severity
from weigh.core.outcome import Outcome, OutcomeKind
from weigh.core.verdict import Reason, Verdict, VerdictKind
from weigh.render import sarif
from weigh.render.sarif import to_sarif

LEVELS = {"error", "warning", "note", "none"}
RELATIVE = re.compile(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+")


def read(report):
    return json.loads(to_sarif(report))


def breaches(document):
    """Where a document breaks what SARIF 2.1.0 demands of the objects that we write."""
    if document["version"] != "2.1.0" or not document["$schema"].endswith("sarif-schema-2.1.0.json"):
        yield "version"
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    ids = [rule["id"] for rule in rules]
    if len(set(ids)) != len(ids):
        yield "a rule stands twice"
    for rule in rules:
        if not rule["shortDescription"]["text"] or rule["defaultConfiguration"]["level"] not in LEVELS:
            yield f"rule {rule['id']}"
    for base in run["originalUriBaseIds"].values():
        if "uri" in base and not base["uri"].endswith("/"):
            yield "a base must end in a slash"
    for result in run["results"]:
        if ids[result["ruleIndex"]] != result["ruleId"] or result["level"] not in LEVELS:
            yield f"result {result['ruleId']}"
        yield from message_breaches(result["message"])
        for location in result["locations"]:
            yield from location_breaches(location, run["originalUriBaseIds"])
        if not all(isinstance(v, str) for v in result["partialFingerprints"].values()):
            yield "fingerprint"
    for invocation in run["invocations"]:
        if not isinstance(invocation["executionSuccessful"], bool):
            yield "invocation"
        for note in invocation["toolExecutionNotifications"]:
            yield from message_breaches(note["message"])


def message_breaches(message):
    text = message["text"]
    if not text or re.sub(r"\{\{|\}\}", "", text).count("{") or "](" in text:
        yield f"message {text!r}"


def location_breaches(location, bases):
    place = location["physicalLocation"]["artifactLocation"]
    if (
        not RELATIVE.fullmatch(place["uri"])
        or place["uri"].startswith("/")
        or place["uriBaseId"] not in bases
    ):
        yield f"uri {place['uri']!r}"
    if ".." in place["uri"].split("/"):
        yield "a uri leaves its base"
    region = location["physicalLocation"].get("region", {})
    if any(value < 0 for value in region.values()) or region.get("startLine", 1) < 1:
        yield "region"


def test_the_file_is_the_golden_one():
    golden_files.check("report.sarif", to_sarif(SAMPLE))


@pytest.mark.parametrize("report", [SAMPLE, hostile(), replace(SAMPLE, answers=(), model=None)])
def test_every_report_keeps_to_the_format(report):
    assert list(breaches(read(report))) == []


def test_a_level_follows_its_severity():
    levels = {}
    for severity in Severity:
        item = replace(SECURITY, findings=(finding("WGH-X001", severity, "a.bin", "seen"),))
        (result,) = results(with_evidence(item))
        levels[severity.value] = result["level"]
    assert levels == {
        "critical": "error",
        "high": "error",
        "medium": "warning",
        "low": "note",
        "info": "note",
    }


def with_evidence(*items):
    answers = tuple(replace(SAMPLE.answers[0], evidence=item) for item in items)
    verdict = replace(SAMPLE.verdict, reasons=())
    return replace(SAMPLE, answers=answers, verdict=verdict, exit_code=ExitCode.FINE)


def results(report):
    (run,) = read(report)["runs"]
    return run["results"]


@pytest.mark.parametrize(
    ("where", "uri", "region"),
    [
        ("model.onnx", "model.onnx", None),
        ("a folder/model v2.onnx", "a%20folder/model%20v2.onnx", None),
        ("model.bin at byte 212", "model.bin", {"byteOffset": 212, "byteLength": 0}),
        ("src/data.csv:17", "src/data.csv", {"startLine": 17}),
        ("papers/dist-1.0/METADATA", "papers/dist-1.0/METADATA", None),
        ("country=IN", None, None),
        ("accuracy 0.5", None, None),
        ("../../etc/passwd.txt", None, None),
        ("/etc/shadow.txt", None, None),
        ("http://evil.example/x.png", None, None),
        ("javascript:alert(1).js", None, None),
        ("C:/windows.ini", None, None),
        ("", None, None),
        ("ünï.json", "%C3%BCn%C3%AF.json", None),
        ("a\x1b[31m.bin", None, None),
    ],
)
def test_a_place_is_a_file_of_the_model_or_the_projects_manifest(where, uri, region):
    item = replace(SECURITY, findings=(finding("WGH-X001", Severity.HIGH, where, "seen"),))
    (result,) = results(with_evidence(item))
    physical = result["locations"][0]["physicalLocation"]
    base = "MODEL" if uri else "PROJECT"
    assert physical["artifactLocation"] == {"uri": uri or "models.toml", "uriBaseId": base}
    assert physical.get("region") == region


def test_a_required_line_that_does_not_pass_is_a_result_and_an_unknown_one_too():
    reasons = tuple(
        Reason(f"{kind.value}-{required}", kind, "because", required=required)
        for kind in VerdictKind
        for required in (True, False)
    )
    verdict = Verdict(VerdictKind.FAIL, "team", "sha256:" + "0" * 64, reasons)
    report = replace(SAMPLE, verdict=verdict, answers=(), exit_code=ExitCode.NO)
    said = [(r["ruleId"], r["level"]) for r in results(report)]
    assert said == [
        ("answer/no", "error"),
        ("policy/unknown", "warning"),
        ("policy/fail", "error"),
        ("policy/fail", "note"),
    ]


@pytest.mark.parametrize("code", ExitCode)
def test_no_results_mean_that_the_answer_was_fine(code):
    bare = replace(SAMPLE, answers=(), verdict=replace(SAMPLE.verdict, reasons=()), exit_code=code)
    assert bool(results(bare)) is (code is not ExitCode.FINE)


def test_a_waived_fail_stays_an_error_with_a_name_beside_it():
    reason = Reason("line", VerdictKind.FAIL, "worse", waiver="Ada, until 2027-01-31: known")
    report = replace(SAMPLE, verdict=replace(SAMPLE.verdict, reasons=(reason,)), answers=())
    (result,) = results(report)
    assert result["level"] == "error"
    assert "waived by Ada" in result["message"]["text"]


def test_the_same_complaint_keeps_its_fingerprint_when_the_file_moves_a_byte():
    def prints(offset, message):
        found = (finding("WGH-X001", Severity.HIGH, f"m.bin at byte {offset}", message),) * 2
        return [r["partialFingerprints"] for r in results(with_evidence(replace(SECURITY, findings=found)))]

    assert prints(10, "3 of 8") == prints(99, "4 of 8")
    assert len({json.dumps(p) for p in prints(10, "same")}) == 2


def test_a_flood_is_cut_after_the_gravest_and_said(monkeypatch):
    monkeypatch.setattr(sarif, "MOST_RESULTS", 10)
    flood = tuple(finding("WGH-X001", Severity.INFO, f"f{i}.txt", "x") for i in range(30))
    grave = finding("WGH-X002", Severity.CRITICAL, "w.bin", "bad")
    report = with_evidence(replace(SECURITY, findings=(*flood, grave)))
    (run,) = read(report)["runs"]
    assert len(run["results"]) == 10
    assert run["results"][0]["ruleId"] == "WGH-X002"
    notes = [n["message"]["text"] for n in run["invocations"][0]["toolExecutionNotifications"]]
    assert notes[0] == "21 results are left out; report.json has all of them"


def test_a_check_that_broke_makes_the_run_unsuccessful():
    broken = replace(SECURITY, outcome=Outcome(OutcomeKind.ERROR, "it stopped"))
    (run,) = read(with_evidence(broken))["runs"]
    assert run["invocations"][0]["executionSuccessful"] is False


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_is_carried_harmlessly(where, message):
    item = replace(SECURITY, findings=(finding("WGH-X001", Severity.HIGH, where, message),))
    data = to_sarif(with_evidence(item))
    assert data.isascii()
    assert list(breaches(json.loads(data))) == []
