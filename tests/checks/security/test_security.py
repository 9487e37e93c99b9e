from pathlib import Path

import hostile_onnx as onnx_bytes
import pytest
from hostile_onnx import CASES as ONNX, SOUND as SOUND_ONNX
from hostile_safetensors import CASES as SAFETENSORS, SOUND as SOUND_SAFETENSORS

from weigh.checks.security.rule_table import RULES
from weigh.checks.security.security import findings_of, run
from weigh.core.facts import Anomaly, Coverage, FileFacts
from weigh.core.finding import Severity
from weigh.core.gate import Word, judge_file
from weigh.core.outcome import OutcomeKind

HOSTILE = [(f"{kind}-{name}", f"model.{kind}", data, rule)
           for kind, cases in (("onnx", ONNX), ("safetensors", SAFETENSORS))
           for name, (data, rule) in cases.items()]  # fmt: skip


def seen(view):
    facts = view.all_facts()[0]
    return tuple(findings_of(facts)), judge_file(facts, tuple(findings_of(facts)))


@pytest.mark.parametrize(("file", "data", "rule"), [h[1:] for h in HOSTILE], ids=[h[0] for h in HOSTILE])
def test_every_planted_file_is_found_and_never_clean(view_of, file, data, rule):
    findings, word = seen(view_of({file: data}))
    assert word is not Word.CLEAN
    if data:
        assert rule in {f.rule for f in findings}
    assert all(f.rule in RULES or f.rule == "WGH-U001" for f in findings)
    assert all(f.why and f.action for f in findings)


@pytest.mark.parametrize(
    ("file", "data"),
    [("model.onnx", SOUND_ONNX), ("model.safetensors", SOUND_SAFETENSORS), ("LICENSE", b"text")],
)
def test_a_sound_file_gives_no_finding(view_of, file, data):
    findings, word = seen(view_of({file: data}))
    assert findings == ()
    assert word is Word.CLEAN


PATHS = [data for name, (data, rule) in ONNX.items() if rule == "WGH-O001"]


@pytest.mark.parametrize("data", PATHS, ids=range(len(PATHS)))
def test_a_path_that_leaves_the_folder_is_malicious(view_of, data):
    assert seen(view_of({"model.onnx": data}))[1] is Word.MALICIOUS


def test_a_custom_operator_is_for_a_person_to_review(view_of):
    data, _ = ONNX["operator-custom"]
    assert seen(view_of({"model.onnx": data}))[1] is Word.REVIEW


def test_a_format_that_is_not_read_is_stated_and_not_clean(view_of):
    findings, word = seen(view_of({"model.bin": b"\x01\x02\x03\x00"}))
    assert [f.rule for f in findings] == ["WGH-U001"]
    assert word is Word.REVIEW


def test_the_evidence_counts_files_by_word(view_of, context_of):
    files = {"a.onnx": SOUND_ONNX, "b.onnx": ONNX["external-parent"][0], "c.bin": b"\x01\x02\x03\x00"}
    evidence = run(view_of(files), context_of("security"))
    counts = {m.label("word"): m.value for m in evidence.measures}
    assert evidence.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert "c.bin" in evidence.outcome.reason
    assert counts == {"clean": 1, "review": 1, "malicious": 1, "error": 0}


def test_a_flood_of_anomalies_is_counted_not_listed():
    facts = FileFacts(
        "x", "onnx", Coverage.COMPLETE, anomalies=tuple(Anomaly("WGH-O003", "d") for _ in range(500))
    )
    findings = list(findings_of(facts))
    assert len(findings) == 51
    assert "450 more" in findings[-1].message


def test_a_rule_nobody_described_is_shown_not_dropped():
    facts = FileFacts("x", "onnx", Coverage.COMPLETE, anomalies=(Anomaly("WGH-Z999", "d"),))
    (finding,) = findings_of(facts)
    assert finding.severity is Severity.HIGH


def test_every_rule_of_the_table_has_its_line_in_the_docs():
    folder = Path(__file__).parents[3] / "docs"
    found = (*folder.glob("formats/*.md"), *folder.glob("checks/*.md"))
    pages = "".join(page.read_text(encoding="utf-8") for page in found)
    assert [rule for rule in RULES if rule not in pages] == []


def test_a_flood_of_trifles_does_not_hide_the_worst(view_of):
    trifles = [onnx_bytes.tensor("w", [1], bytes(4))] * 400
    worst = onnx_bytes.external("e", {"location": "../../secret"})
    data = onnx_bytes.model(onnx_bytes.graph(initializers=[*trifles, worst]))
    findings, word = seen(view_of({"model.onnx": data}))
    assert "WGH-O001" in {f.rule for f in findings}
    assert word is Word.MALICIOUS


PICKLE = b"cos\nsystem\n(S'true'\ntR."


@pytest.mark.parametrize("name", ["pytorch_model.bin", "weights.data"])
def test_a_decoy_graph_does_not_turn_another_file_into_numbers(view_of, name):
    decoy = onnx_bytes.external("w", {"location": name, "offset": "0", "length": "4"})
    files = {name: PICKLE * 2000, "decoy.onnx": onnx_bytes.model(onnx_bytes.graph(initializers=[decoy]))}
    view = view_of(files)
    facts = view.facts(name)
    assert judge_file(facts, tuple(findings_of(facts))) is not Word.CLEAN


def test_external_data_that_its_tensors_own_is_numbers(view_of):
    whole = onnx_bytes.external("w", {"location": "w.onnx_data", "length": "40000"}, dims=(10_000,))
    view = view_of(
        {"w.onnx_data": bytes(40_000), "m.onnx": onnx_bytes.model(onnx_bytes.graph(initializers=[whole]))}
    )
    assert view.facts("w.onnx_data").coverage is Coverage.COMPLETE


def test_what_was_not_read_cannot_pass_a_policy(view_of, context_of):
    evidence = run(view_of({"m.onnx": SOUND_ONNX, "odd.bin": b"\1\2\3\0"}), context_of("security"))
    assert evidence.outcome.kind is OutcomeKind.INCONCLUSIVE


def test_a_malicious_pickle_is_a_critical_finding_of_the_model(view_of, context_of):
    evidence = run(view_of({"m.onnx": SOUND_ONNX, "evil.pkl": PICKLE}), context_of("security"))
    assert any(f.severity is Severity.CRITICAL and f.where.startswith("evil.pkl") for f in evidence.findings)
