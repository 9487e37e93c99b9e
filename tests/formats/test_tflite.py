import hostile_tflite as hostile
import pytest
from hypothesis import given, settings, strategies as st

from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage, ValuePort
from weigh.core.gate import Word, judge_file
from weigh.formats.descent import begin
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file
from weigh.formats.tflite import read_tflite


def facts_of(data):
    return read_tflite(BytesReader(data), "m.tflite", begin(read_file, len(data)))


def word_of(facts):
    return judge_file(facts, tuple(findings_of(facts)))


@pytest.mark.parametrize("name", hostile.CASES)
def test_each_broken_rule_is_named_and_has_its_word(name):
    data, rule = hostile.CASES[name]
    facts = facts_of(data)
    assert rule in {a.rule for a in facts.anomalies}, facts
    wanted = Word.ERROR if rule in hostile.ERRORS else Word.MALICIOUS
    assert word_of(facts) is (Word.REVIEW if rule in hostile.REVIEWS else wanted)


@pytest.mark.parametrize("name", hostile.SOUND)
def test_a_sound_file_is_complete_and_clean(name):
    facts = facts_of(hostile.SOUND[name])
    assert (facts.coverage, facts.anomalies, facts.reason) == (Coverage.COMPLETE, (), "")
    assert word_of(facts) is Word.CLEAN


def test_tensors_are_found_at_their_place():
    data = hostile.model(buffers=[hostile.buffer(), hostile.buffer(b"12345678")])
    (tensor,) = facts_of(data).tensors
    assert (tensor.name, tensor.dtype, tensor.shape) == ("w", "F32", (2,))
    assert data[tensor.offset : tensor.offset + tensor.nbytes] == b"12345678"


def test_buffers_behind_the_tables_are_found():
    (tensor,) = facts_of(hostile.LARGE).tensors
    assert tensor.offset == len(hostile.LARGE) - 8


def test_quantisation_is_described():
    assert facts_of(hostile.SOUND["quantised"]).tensors[0].encoding == "quantised: scale 0.5, zero point 3"
    assert "2 scales along dimension 0" in facts_of(hostile.SOUND["by-axis"]).tensors[0].encoding


def test_ports_operators_and_signatures_are_facts():
    facts = facts_of(hostile.SOUND["free-dimension"])
    assert facts.graph_inputs == (ValuePort("w", "F32", ("", 2)),)
    assert [(o.domain, o.name, o.count) for o in facts.operators] == [("", "ADD", 1)]
    assert facts_of(hostile.SOUND["signature"]).fact("tflite.signatures").value == ["serve"]


def test_a_zip_of_labels_behind_the_model_leaves_the_model_sound():
    facts = facts_of(hostile.with_zip(hostile.WHOLE))
    assert (facts.coverage, facts.anomalies) == (Coverage.COMPLETE, ())


def test_operators_from_the_future_are_read_in_part():
    facts = facts_of(hostile.model(codes=[hostile.builtin(300)]))
    assert facts.coverage is Coverage.PARTIAL
    assert word_of(facts) is Word.REVIEW


def test_a_file_cut_anywhere_or_changed_in_one_byte_never_raises():
    data = hostile.WHOLE
    for place in range(8, len(data)):
        facts_of(data[:place])
        for change in (1, 0x80, 0xFF):
            facts_of(data[:place] + bytes([data[place] ^ change]) + data[place + 1 :])


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_mutated_files_give_facts(data):
    content = bytearray(data.draw(st.sampled_from(list(hostile.SOUND.values()))))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    assert facts_of(bytes(content)).format == "tflite"
