import hostile_coreml as hostile
import pytest
from hypothesis import given, settings, strategies as st

from weigh.checks.security.rule_table import RULES
from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage
from weigh.core.finding import Confidence, Severity
from weigh.core.gate import Word, judge_file
from weigh.formats.coreml import read_coreml
from weigh.formats.coreml_manifest import is_manifest, manifest_anomalies
from weigh.formats.descent import begin
from weigh.formats.mar_manifest import is_mar_manifest, mar_anomalies
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file

WORDS = {(Severity.CRITICAL, Confidence.HIGH): Word.MALICIOUS, (Severity.HIGH, Confidence.HIGH): Word.ERROR}


def read(data, name="model"):
    reader = BytesReader(data)
    return read_coreml(reader, name, begin(lambda r, p, d: read_file(r, p), reader.size))


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


def test_weights_beside_a_program_lie_where_the_tensor_says():
    (tensor,) = read(hostile.SOUND["program"], "X.mlpackage/Data/model.mlmodel").tensors
    assert tensor.file == "X.mlpackage/Data/weights/weight.bin"
    assert (tensor.offset, tensor.shape, tensor.dtype, tensor.nbytes) == (128, (4, 4), "F32", 64)


def test_a_weight_file_says_where_its_payloads_lie():
    facts = read(hostile.SOUND["weights"])
    assert [(t.offset, t.nbytes) for t in facts.tensors] == [(128, 64), (256, 100)]


def test_a_network_lists_its_layers_and_weights():
    facts = read(hostile.SOUND["network"])
    assert {o.name for o in facts.operators} == {"innerProduct", "layer"}
    assert [(t.name, t.shape) for t in facts.tensors] == [("a layer.weights", (6,)), ("a layer.bias", (2,))]
    assert facts.graph_inputs[0].shape == (3,)


@pytest.mark.parametrize("name", hostile.MANIFESTS)
def test_a_manifest_that_leaves_its_package_is_told(name):
    value, rule = hostile.MANIFESTS[name]
    assert rule in {a.rule for a in manifest_anomalies(value)}


@pytest.mark.parametrize("name", hostile.ARCHIVES)
def test_what_a_served_archive_would_run_is_told(name):
    value, rule = hostile.ARCHIVES[name]
    assert is_mar_manifest(value)
    assert rule in {a.rule for a in mar_anomalies(value)}


def test_sound_manifests_give_nothing():
    assert [manifest_anomalies(v) for v in hostile.SOUND_MANIFESTS.values()] == [[]]
    assert [mar_anomalies(v) for v in hostile.SOUND_ARCHIVES.values()] == [[]]
    assert is_manifest(hostile.manifest())
    assert not is_mar_manifest({"model": {"type": "BPE"}})
