import base64
import struct
import tracemalloc

import hostile_xgboost as hostile
import pytest
from hypothesis import given, settings, strategies as st
from real_xgboost import REAL_CONDITIONS, REAL_UBJ

from weigh.checks.security.rule_table import RULES
from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage
from weigh.core.finding import Confidence, Severity
from weigh.core.gate import Word, judge_file
from weigh.formats.descent import begin
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file
from weigh.formats.xgboost import hidden_model_anomalies, read_xgboost

WORDS = {(Severity.CRITICAL, Confidence.HIGH): Word.MALICIOUS, (Severity.HIGH, Confidence.HIGH): Word.ERROR}


def read(data, name="model"):
    reader = BytesReader(data)
    return read_xgboost(reader, name, begin(lambda r, p, d: read_file(r, p), reader.size))


def word_of(facts):
    return judge_file(facts, tuple(findings_of(facts)))


@pytest.mark.parametrize("name", hostile.CASES)
def test_each_hostile_file_breaks_its_rule_and_has_its_word(name):
    data, rule = hostile.CASES[name]
    facts = read(data, hostile.NAMES[name])
    assert rule in {a.rule for a in facts.anomalies}, facts.anomalies
    known = RULES[rule]
    if known.severity in {Severity.INFO, Severity.LOW}:
        assert word_of(facts) is Word.CLEAN
    else:
        assert word_of(facts) is WORDS.get((known.severity, known.confidence), Word.REVIEW), facts.anomalies


@pytest.mark.parametrize("name", hostile.SOUND)
def test_each_sound_file_is_complete_and_clean(name):
    facts = read(hostile.SOUND[name], hostile.NAMES[name])
    assert facts.coverage is Coverage.COMPLETE, (facts.reason, facts.anomalies)
    assert word_of(facts) is Word.CLEAN


@pytest.mark.parametrize("name", hostile.SOUND)
def test_a_cut_file_is_read_to_its_end_without_an_error(name):
    data = hostile.SOUND[name]
    for end in range(0, len(data), max(1, len(data) // 25)):
        facts = read(data[:end], hostile.NAMES[name])
        assert facts.reason or facts.coverage is Coverage.COMPLETE


@given(
    st.sampled_from(sorted(hostile.SOUND)),
    st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), max_size=4),
)
@settings(max_examples=50, deadline=None)
def test_changed_bytes_never_raise(name, changes):
    data = bytearray(hostile.SOUND[name])
    for at, value in changes:
        if data:
            data[at % len(data)] = value
    facts = read(bytes(data), hostile.NAMES[name])
    assert facts.coverage in Coverage


@given(st.binary(max_size=200), st.integers(0, 40))
@settings(max_examples=50, deadline=None)
def test_arbitrary_bytes_after_a_sound_beginning_never_raise(tail, kept):
    start = next(iter(hostile.SOUND.values()))
    assert read(start[:kept] + tail).coverage in Coverage


REAL = base64.b85decode(REAL_UBJ)


def test_a_model_xgboost_wrote_is_read_with_its_values():
    facts = read(REAL, "model.ubj")
    assert word_of(facts) is Word.CLEAN
    assert facts.fact("xgboost.objective").value == "binary:logistic"
    assert facts.fact("xgboost.trees").value == 2
    weights = next(t for t in facts.tensors if t.name == "trees.0.split_conditions")
    values = struct.unpack(f">{weights.shape[0]}f", REAL[weights.offset : weights.offset + weights.nbytes])
    assert values == pytest.approx(REAL_CONDITIONS)


def test_the_same_model_reads_alike_in_both_forms():
    as_json, as_ubj = read(hostile.SOUND["plain.json"]), read(hostile.SOUND["plain.ubj"])
    assert [f.value for f in as_json.metadata] == [f.value for f in as_ubj.metadata]


def test_a_model_that_is_a_configuration_too_is_read_as_both():
    data = hostile.as_json(hostile.model(top={"auto_map": {"AutoModel": "evil.Model"}}))
    assert [(u.module, u.name) for u in read(data, "config.json").callables] == [("evil", "Model")]


def test_the_old_binary_format_is_stated_as_read_in_part():
    name = b"reg:squarederror"
    data = b"binf" + bytes(136) + struct.pack("<Q", len(name)) + name + struct.pack("<Q", 6) + b"gbtree"
    facts = read(data)
    assert facts.coverage is Coverage.PARTIAL
    assert facts.fact("xgboost.objective").value == "reg:squarederror"


def test_a_large_model_is_read_tree_by_tree():
    data = hostile.as_json(hostile.model(*[hostile.tree(n) for n in range(1500)]))
    tracemalloc.start()
    facts = read(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert facts.fact("xgboost.trees").value == 1500
    assert word_of(facts) is Word.CLEAN
    assert peak < 8 * 1024 * 1024


def test_a_model_behind_a_long_beginning_is_judged_too():
    lying = hostile.model(hostile.tree(left_children=[9, -1, -1]))
    data = hostile.as_json({"a": " " * 9000} | lying)
    assert "WGH-XB005" in {a.rule for a in hidden_model_anomalies(BytesReader(data))}
    assert hidden_model_anomalies(BytesReader(hostile.as_json({"a": 1} | hostile.model()))) == ()
