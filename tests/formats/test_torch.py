import struct

import hostile_torch as made
import pytest
from hostile_torch import CASES, GADGETS, SOUND
from hypothesis import given, settings, strategies as st

from weigh.checks.security.rule_table import RULES
from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage
from weigh.core.finding import Confidence, Severity
from weigh.core.gate import Word, judge_file
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file


def read(data):
    return read_file(BytesReader(data), "model.pt")


def seen(data):
    facts = read(data)
    findings = tuple(findings_of(facts))
    return findings, judge_file(facts, findings)


@pytest.mark.parametrize("name", CASES)
def test_a_planted_file_breaks_its_rule(name):
    data, rule = CASES[name]
    findings, word = seen(data)
    assert rule in {f.rule for f in findings}
    attack = RULES[rule].severity is Severity.CRITICAL and RULES[rule].confidence is Confidence.HIGH
    assert word is Word.MALICIOUS if attack else word in {Word.REVIEW, Word.ERROR, Word.MALICIOUS}


@pytest.mark.parametrize("name", GADGETS)
def test_a_gadget_is_found_wherever_a_loader_would_run_it(name):
    findings, word = seen(GADGETS[name])
    assert word is Word.MALICIOUS, [f.rule for f in findings]


@pytest.mark.parametrize("name", SOUND)
def test_an_honest_file_is_read_completely_and_clean(name):
    facts = read(SOUND[name])
    assert [p.reason for p in facts.walk() if p.coverage is not Coverage.COMPLETE] == []
    assert [f.message for f in findings_of(facts)] == []
    assert judge_file(facts, ()) is Word.CLEAN
    assert list(facts.all_tensors())


def values(facts, data, name):
    tensor = next(t for t in facts.tensors if t.name == name)
    raw = data[tensor.offset : tensor.offset + tensor.nbytes]
    return struct.unpack(f"<{len(raw) // 4}f", raw)


@pytest.mark.parametrize("name", ["state-dict", "legacy", "tar", "legacy-python-2", "script"])
def test_the_bytes_of_a_tensor_lie_where_the_facts_say(name):
    data = SOUND[name]
    facts = read(data)
    (tensor,) = (t for t in facts.tensors if t.name == "w")
    assert (tensor.dtype, tensor.shape, tensor.file, tensor.strides) == ("F32", (2, 3), "model.pt", ())
    assert values(facts, data, "w") == tuple(range(6))


def test_views_keep_their_strides_and_offsets():
    facts = read(SOUND["transposed-and-tied"])
    by_name = {t.name: t for t in facts.tensors}
    assert by_name["t"].strides == (1, 3)
    assert by_name["row"].offset == by_name["a"].offset + 12
    assert by_name["row"].nbytes == 12


def test_a_packed_storage_is_described_as_such():
    (tensor,) = read(SOUND["packed"]).tensors
    assert (tensor.file, tensor.offset, tensor.encoding) == ("model.pt!/archive/data/0", 0, "deflate")


def test_names_follow_the_keys_and_leaves_are_listed():
    facts = read(SOUND["nested"])
    assert [t.name for t in facts.tensors] == ["model.w"]
    assert facts.fact("torch.leaves").value["listed"] == [
        ["epoch", "3"],
        ["steps.0", "1"],
        ["steps.1", "text of 1 characters"],
        ["steps.2", "none"],
    ]


def test_the_device_a_storage_was_saved_from_comes_out():
    assert read(SOUND["cuda"]).fact("torch.location").value == {"cuda:0": 1}


def test_byte_order_is_part_of_the_encoding():
    assert read(SOUND["big-endian"]).tensors[0].encoding == "big-endian"


def test_operators_of_a_script_are_counted():
    operators = {(o.domain, o.name): o.count for o in read(SOUND["script"]).operators}
    assert operators == {("aten", "add"): 1, ("aten", "mul"): 1, ("quantized", "linear"): 1}


def test_one_tensor_under_two_keys_has_both_names():
    shared = b"q\x05"
    data = made.checkpoint(
        b"}(" + made.text("a") + made.tensor(made.storage()) + shared + made.text("b") + b"h\x05u"
    )
    assert [t.name for t in read(data).tensors] == ["a", "b"]


def test_two_tensors_of_one_dotted_name_are_told_apart():
    inner = made.mapping({"b": made.tensor(made.storage())})
    data = made.checkpoint(made.mapping({"a.b": made.tensor(made.storage()), "a": inner}))
    assert [t.name for t in read(data).tensors] == ["a.b", "a.b#2"]


@pytest.mark.parametrize("name", ["state-dict", "legacy", "script"])
def test_a_cut_file_is_never_clean_and_never_raises(name):
    data = SOUND[name]
    for length in range(1, len(data) - 1, max(1, len(data) // 150)):
        assert seen(data[:length])[1] is not Word.CLEAN


def test_a_cut_old_checkpoint_is_an_error_not_an_attack():
    assert seen(SOUND["legacy"][:-1])[1] is Word.ERROR


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(sorted(SOUND)), st.data())
def test_a_flipped_byte_never_raises(name, data):
    raw = bytearray(SOUND[name])
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    seen(bytes(raw))


def test_every_rule_has_a_planted_file():
    planted = {rule for _, rule in CASES.values()}
    assert sorted(r for r in RULES if r.startswith("WGH-TO") and r not in planted) == []
