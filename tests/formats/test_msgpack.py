import hostile_msgpack as hostile
import pytest
from hypothesis import given, settings, strategies as st

from weigh.checks.security.rule_table import RULES
from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage
from weigh.core.finding import Confidence, Severity
from weigh.core.gate import Word, judge_file
from weigh.formats.descent import begin
from weigh.formats.msgpack import read_msgpack
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file

WORDS = {(Severity.CRITICAL, Confidence.HIGH): Word.MALICIOUS, (Severity.HIGH, Confidence.HIGH): Word.ERROR}


def read(data, name="model"):
    reader = BytesReader(data)
    return read_msgpack(reader, name, begin(lambda r, p, d: read_file(r, p), reader.size))


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
    for end in range(0, len(data), max(1, len(data) // 60)):
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


def test_arrays_lie_where_the_tensors_say():
    data = hostile.pack({"w": hostile.array([2], b"abcdefgh")})
    (tensor,) = read(data).tensors
    assert (tensor.name, tensor.dtype, tensor.shape) == ("w", "F32", (2,))
    assert data[tensor.offset : tensor.offset + tensor.nbytes] == b"abcdefgh"


def test_arrays_of_flax_lie_where_the_tensors_say():
    data = hostile.pack({"p": {"k": hostile.flax([2, 2], "bfloat16", b"abcdefgh")}})
    (tensor,) = read(data).tensors
    assert (tensor.name, tensor.dtype, tensor.shape) == ("p.k", "BF16", (2, 2))
    assert data[tensor.offset : tensor.offset + tensor.nbytes] == b"abcdefgh"


def test_what_would_be_unpickled_is_read_as_a_member():
    facts = read(hostile.CASES["objects"][0], "m")
    assert [(u.module, u.name) for u in facts.callables] == [("pickle", "loads")]
    assert facts.members[0].path == "m!/w.pkl"


def test_a_million_values_are_walked_in_bounded_memory():
    data = b"\xdd" + (200_000).to_bytes(4, "big") + b"\x01" * 200_000
    assert read(data).fact("msgpack.values").value == 200_001
