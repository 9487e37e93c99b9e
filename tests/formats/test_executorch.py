import hostile_executorch as hostile
import pytest
from hypothesis import given, settings, strategies as st

from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage
from weigh.core.gate import Word, judge_file
from weigh.formats.descent import begin
from weigh.formats.executorch import read_executorch
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file


def facts_of(data):
    return read_executorch(BytesReader(data), "m.pte", begin(read_file, len(data)))


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


def test_constants_are_found_in_tables_and_segments():
    for name in ("plain", "segments"):
        data = hostile.SOUND[name]
        (tensor,) = facts_of(data).tensors
        assert (tensor.name, tensor.dtype, tensor.shape, tensor.nbytes) == ("forward/1", "F32", (2, 2), 16)
        assert 0 < tensor.offset <= len(data) - 16
    assert tensor.offset == len(data) - 32


def test_plans_operators_and_delegates_are_facts():
    facts = facts_of(hostile.SOUND["delegate"])
    assert facts.fact("executorch.plans").value == ["forward"]
    assert facts.fact("executorch.delegates").value == ["XnnpackBackend"]
    assert [(o.domain, o.name) for o in facts.operators] == [("aten", "add")]


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
    assert facts_of(bytes(content)).format == "executorch"
