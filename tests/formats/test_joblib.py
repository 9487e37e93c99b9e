import pytest
from hostile_joblib import CASES, GADGETS, SOUND
from hypothesis import given, settings, strategies as st

from weigh.checks.security.rule_table import RULES
from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage
from weigh.core.finding import Confidence, Severity
from weigh.core.gate import Word, judge_file
from weigh.formats.descent import begin
from weigh.formats.joblib import read_joblib
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file


def read(data):
    return read_file(BytesReader(data), "model.joblib")


def seen(data):
    facts = read(data)
    findings = tuple(findings_of(facts))
    return findings, judge_file(facts, findings)


@pytest.mark.parametrize("name", CASES)
def test_a_planted_file_breaks_its_rule(name):
    data, rule = CASES[name]
    facts = read_joblib(BytesReader(data), "model.joblib", begin(lambda r, p, d: read_file(r, p), len(data)))
    findings = tuple(findings_of(facts))
    word = judge_file(facts, findings)
    assert rule in {f.rule for f in findings}
    kind = RULES[rule]
    if kind.severity is Severity.CRITICAL and kind.confidence is Confidence.HIGH:
        assert word is Word.MALICIOUS


@pytest.mark.parametrize("name", GADGETS)
def test_a_gadget_is_found_wherever_joblib_would_run_it(name):
    findings, word = seen(GADGETS[name])
    assert word is Word.MALICIOUS, [f.rule for f in findings]


@pytest.mark.parametrize("name", SOUND)
def test_an_honest_file_is_read_completely_and_clean(name):
    facts = read(SOUND[name])
    assert [p.reason for p in facts.walk() if p.coverage is not Coverage.COMPLETE] == []
    findings, word = seen(SOUND[name])
    assert word is Word.CLEAN, findings


def test_arrays_come_out_with_their_place():
    data = SOUND["two-arrays"]
    first, second = read(data).tensors
    assert (first.dtype, first.shape, first.nbytes) == ("F64", (2, 3), 48)
    assert data[first.offset : first.offset + 48] == data[second.offset : second.offset + 48]


def test_column_major_is_said():
    assert read(SOUND["column-major"]).tensors[0].encoding == "column-major"


def test_files_beside_are_external_references():
    data = CASES["beside"][0]
    facts = read_joblib(BytesReader(data), "m", begin(lambda r, p, d: read_file(r, p), len(data)))
    assert [e.target for e in facts.external] == ["model.pkl_01.npy"]


def test_a_cut_file_is_never_clean():
    data = SOUND["two-arrays"]
    for length in range(3, len(data), 7):
        assert seen(data[:length])[1] is not Word.CLEAN


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(sorted(SOUND)), st.data())
def test_a_flipped_byte_never_raises(name, data):
    raw = bytearray(SOUND[name])
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    seen(bytes(raw))


def test_every_rule_has_a_planted_file():
    from hostile_numpy import CASES as ARRAYS, NPZ_CASES

    planted = {rule for cases in (CASES, ARRAYS, NPZ_CASES) for _, rule in cases.values()}
    assert sorted(r for r in RULES if r.startswith("WGH-NP") and r not in planted) == []
