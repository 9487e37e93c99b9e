import random

import hostile_saved_model as hostile
import pytest
from hypothesis import given, settings, strategies as st

from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage, ValuePort
from weigh.core.gate import Word, judge_file
from weigh.formats.descent import begin
from weigh.formats.reader import BytesReader
from weigh.formats.saved_model import read_keras_metadata, read_saved_model
from weigh.formats.saved_model_variables import read_tensor_bundle
from weigh.formats.table import _read


def facts_of(data, name="saved_model.pb"):
    reader = BytesReader(data)
    return read_saved_model(reader, name, begin(_read, reader.size))


def judged(data, name="saved_model.pb"):
    facts = facts_of(data, name)
    findings = tuple(findings_of(facts))
    return {f.rule for f in findings}, judge_file(facts, findings)


def word_of(rule):
    if rule in hostile.DAMAGED:
        return Word.ERROR
    return Word.REVIEW if rule in hostile.REVIEW else Word.MALICIOUS


@pytest.mark.parametrize("name", hostile.CASES)
def test_each_broken_rule_is_named_and_has_its_word(name):
    data, rule = hostile.CASES[name]
    rules, word = judged(data, hostile.NAMES[name])
    assert rule in rules
    assert word is word_of(rule)


@pytest.mark.parametrize("name", hostile.SOUND)
def test_a_sound_file_is_complete_and_clean(name):
    data = hostile.SOUND[name]
    facts = facts_of(data, hostile.NAMES[name])
    assert facts.coverage is Coverage.COMPLETE, (facts.reason, facts.anomalies)
    assert judged(data, hostile.NAMES[name])[1] is Word.CLEAN


@pytest.mark.parametrize("name", hostile.SOUND)
def test_a_cut_or_flipped_file_never_raises(name):
    data = hostile.SOUND[name]
    rng = random.Random(0)
    for end in {rng.randrange(len(data) + 1) for _ in range(40)}:
        judged(data[:end], hostile.NAMES[name])
    for _ in range(60 if data else 0):
        flipped = bytearray(data)
        flipped[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        judged(bytes(flipped), hostile.NAMES[name])


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_bytes_of_any_kind_never_raise(draw):
    base = draw.draw(
        st.sampled_from([*hostile.SOUND.values(), *(data for data, _ in hostile.CASES.values())])
    )
    at = draw.draw(st.integers(0, len(base)))
    junk = draw.draw(st.binary(max_size=24))
    judged(base[:at] + junk + base[at + len(junk) :])


@pytest.mark.parametrize("name", hostile.METADATA_CASES)
def test_keras_metadata_is_judged(name):
    data, rule = hostile.METADATA_CASES[name]
    facts = read_keras_metadata(BytesReader(data), "keras_metadata.pb", None)
    findings = tuple(findings_of(facts))
    assert rule in {f.rule for f in findings}
    assert judge_file(facts, findings) is word_of(rule)


def test_sound_keras_metadata_is_clean_with_classes_of_its_own():
    facts = read_keras_metadata(BytesReader(hostile.SOUND_METADATA), "keras_metadata.pb", None)
    assert facts.coverage is Coverage.COMPLETE
    assert facts.anomalies == ()


def test_operators_of_functions_are_counted_once():
    facts = facts_of(hostile.SOUND["saver-2"])
    assert {o.name: o.count for o in facts.operators} == {
        "Placeholder": 1, "Const": 1, "StaticRegexFullMatch": 1, "Select": 1, "StringJoin": 1,
        "ShardedFilename": 1, "SaveV2": 1, "MergeV2Checkpoints": 1, "RestoreV2": 1,
    }  # fmt: skip


def test_signatures_and_versions_become_facts():
    facts = facts_of(hostile.SOUND["plain"])
    assert facts.graph_inputs == (ValuePort("x", "F32", ("", 4)),)
    assert facts.fact("tensorflow.version").value == "2.15.0"


def test_assets_are_told():
    assert [e.target for e in facts_of(hostile.SOUND["asset"]).external] == ["vocab.txt"]


def bundle(data):
    return read_tensor_bundle(BytesReader(data), "variables/variables.index", None)


def test_variables_lie_in_the_data_files_beside_their_index():
    facts = bundle(hostile.SOUND_INDEX)
    assert facts.coverage is Coverage.COMPLETE
    file = "variables/variables.data-00000-of-00001"
    assert [(t.name, t.dtype, t.shape, t.file, t.offset, t.nbytes) for t in facts.tensors] == [
        ("a", "F32", (2, 3), file, 0, 24),
        ("b", "I64", (), file, 24, 8),
    ]


@pytest.mark.parametrize("name", hostile.INDEX_CASES)
def test_a_broken_index_is_named(name):
    data, rule = hostile.INDEX_CASES[name]
    facts = bundle(data)
    findings = tuple(findings_of(facts))
    assert rule in {f.rule for f in findings}
    assert judge_file(facts, findings) is word_of(rule)


def test_a_cut_or_flipped_index_never_raises():
    rng = random.Random(2)
    for _ in range(200):
        flipped = bytearray(hostile.SOUND_INDEX)
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
        bundle(bytes(flipped))
        bundle(hostile.SOUND_INDEX[: rng.randrange(len(flipped))])
