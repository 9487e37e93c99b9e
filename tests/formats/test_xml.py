import hostile_xml as hostile
import pytest
from hypothesis import given, settings, strategies as st

from weigh.checks.security.rule_table import RULES
from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage
from weigh.core.finding import Confidence, Severity
from weigh.core.gate import Word, judge_file
from weigh.formats.descent import begin
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file
from weigh.formats.xml import read_xml

WORDS = {(Severity.CRITICAL, Confidence.HIGH): Word.MALICIOUS, (Severity.HIGH, Confidence.HIGH): Word.ERROR}


def read(data, name="model"):
    reader = BytesReader(data)
    return read_xml(reader, name, begin(lambda r, p, d: read_file(r, p), reader.size))


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


def test_weights_of_a_graph_lie_in_the_file_beside_it():
    facts = read(hostile.SOUND["graph"], "a/model.xml")
    (tensor,) = facts.tensors
    assert (tensor.name, tensor.file, tensor.offset, tensor.nbytes) == ("c", "a/model.bin", 0, 48)
    assert (tensor.dtype, tensor.shape) == ("F32", (4, 3))
    assert {o.name: o.count for o in facts.operators} == {"Const": 1, "ReLU": 1}


@pytest.mark.parametrize(("name", "kind"), [("graph", "openvino"), ("pmml", "pmml"), ("svg", "xml")])
def test_the_root_tells_what_a_document_is(name, kind):
    assert read(hostile.SOUND[name]).format == kind


def test_a_document_in_windows_reads_like_one_in_one_piece():
    inside = "".join(f'<v n="{n}">{n} &amp; {"x" * 50}</v>' for n in range(9000))
    facts = read(hostile.note(inside + "<![CDATA[" + "y" * 300_000 + "]]><!--" + "-z" * 200_000 + "-->"))
    assert facts.coverage is Coverage.COMPLETE, facts.anomalies
    assert word_of(facts) is Word.CLEAN


def test_a_tag_without_an_end_does_not_take_forever():
    facts = read(b"<a " + b'b="1" ' * 100_000)
    assert facts.coverage is Coverage.MALFORMED
