import pickle
from collections import OrderedDict, defaultdict, deque
from datetime import date, datetime

import hostile_pickle as hostile
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from weigh.checks.security.rules.pickle import RULES
from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage, Use
from weigh.core.finding import Severity
from weigh.core.gate import Word, judge_file
from weigh.formats.pickle_probe import looks_like_pickle
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file

PROTOCOLS = range(6)


def read(data, name="m.pkl"):
    return read_file(BytesReader(data), name)


def names(facts):
    return {f"{use.module}.{use.name}" for part in facts.walk() for use in part.callables}


@pytest.mark.parametrize("name", hostile.CALLABLES)
def test_every_way_to_a_callable_is_seen(name):
    data, wanted = hostile.CALLABLES[name]
    assert wanted in names(read(data))


@pytest.mark.parametrize("name", hostile.CALLABLES)
def test_its_name_does_not_hide_a_pickle(name):
    data, _ = hostile.CALLABLES[name]
    assert read(data, "model.bin").format == "pickle"


@pytest.mark.parametrize("name", hostile.CASES)
def test_each_broken_rule_is_named(name):
    data, rule = hostile.CASES[name]
    facts = read(data)
    assert rule in {a.rule for part in facts.walk() for a in part.anomalies}, facts


def test_every_rule_has_a_hostile_file():
    assert RULES.keys() - {rule for _, rule in hostile.CASES.values()} == set()


@pytest.mark.parametrize("name", hostile.NESTED)
def test_a_pickle_in_a_literal_is_read(name):
    facts = read(hostile.NESTED[name])
    assert "os.system" in names(facts)
    assert facts.members


@pytest.mark.parametrize("name", hostile.SOUND)
def test_a_sound_file_is_clean(name):
    facts = read(hostile.SOUND[name])
    findings = tuple(findings_of(facts))
    assert facts.coverage is Coverage.COMPLETE
    assert judge_file(facts, findings) is Word.CLEAN, findings


@pytest.mark.parametrize("name", [*hostile.CALLABLES, *hostile.CASES, *hostile.NESTED])
def test_what_attacks_is_malicious_and_nothing_hostile_is_clean(name):
    data = {**hostile.CALLABLES, **hostile.CASES, **hostile.NESTED}[name]
    whole = data if isinstance(data, bytes) else data[0]
    facts = read(whole)
    word = judge_file(facts, tuple(findings_of(facts)))
    rule = "" if isinstance(data, bytes) else data[1]
    known = RULES.get(rule)
    attack = known is not None and known.severity is Severity.CRITICAL
    if attack or name in hostile.NESTED or rule.endswith(("system", "eval")):
        assert word is Word.MALICIOUS
    assert word is not Word.CLEAN


def test_what_is_damaged_is_malformed_and_what_only_looks_odd_is_not():
    assert read(hostile.CASES["no-stop"][0]).coverage is Coverage.MALFORMED
    assert read(hostile.CASES["trailing-bytes"][0]).coverage is Coverage.COMPLETE


def values(depth=2):
    plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=300)
    return st.recursive(
        plain | st.builds(bytearray, st.binary(max_size=40)),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.text() | st.integers(), inner)
            | st.tuples(inner, inner)
            | st.frozensets(st.integers())
        ),
        max_leaves=20,
    )


@given(values(), st.integers(0, 5))
@settings(max_examples=50, deadline=None)
def test_what_a_pickler_writes_is_complete_and_without_anomaly(value, protocol):
    facts = read(pickle.dumps(value, protocol))
    assert facts.coverage is Coverage.COMPLETE, facts
    assert facts.anomalies == ()
    assert {name.partition(".")[2] for name in names(facts)} <= {"encode", "bytearray", "frozenset", "bytes"}


@given(st.binary(max_size=200), st.integers(0, 5))
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_read_without_an_error(data, protocol):
    read(bytes([0x80, protocol]) + data)
    looks_like_pickle(BytesReader(data), data)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_truncation_and_every_flipped_byte_is_read_without_an_error(protocol):
    whole = pickle.dumps(
        {"a": [1, 2.5, OrderedDict(b=2)], "d": date(2020, 1, 2), "s": {1}, "x": np.arange(3.0)}, protocol
    )
    for place in range(len(whole)):
        cut = read(whole[:place])
        assert cut.coverage is not Coverage.COMPLETE or cut.format != "pickle" or not place
        flipped = bytearray(whole)
        flipped[place] ^= 0x55
        read(bytes(flipped))


ARRAYS = {
    "floats": np.arange(12, dtype=np.float32).reshape(3, 4),
    "columns": np.asfortranarray(np.arange(6, dtype=np.int64).reshape(2, 3)),
    "big": np.arange(4, dtype=">f8"),
    "truths": np.array([True, False]),
    "halves": np.ones(3, np.float16),
    "complex": np.ones(2, np.complex64),
}


@pytest.mark.parametrize("protocol", [3, 4, 5])
@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_is_found_with_its_bytes(name, protocol):
    array = ARRAYS[name]
    data = pickle.dumps({"model": {"w": array}}, protocol)
    facts = read(data)
    (tensor,) = facts.tensors
    assert facts.coverage is Coverage.COMPLETE
    assert tensor.name == "model.w"
    assert tensor.shape == array.shape
    order = "F" if "column-major" in tensor.encoding else "C"
    assert data[tensor.offset : tensor.offset + tensor.nbytes] == array.tobytes(order)
    assert ("big-endian" in tensor.encoding) == (name == "big")


def test_arrays_of_old_protocols_are_described_though_their_bytes_are_not_plain():
    (tensor,) = read(pickle.dumps(ARRAYS["floats"], 2)).tensors
    assert (tensor.dtype, tensor.shape, tensor.offset, tensor.nbytes) == ("F32", (3, 4), -1, 48)
    assert tensor.encoding


def test_an_array_whose_bytes_do_not_fit_its_shape_is_suspicious():
    data = pickle.dumps(np.arange(4.0), 3).replace(b"K\x04\x85", b"K\x05\x85")
    assert "WGH-PK025" in {a.rule for a in read(data).anomalies}


def test_an_array_of_objects_is_no_tensor_and_its_objects_are_seen():
    facts = read(pickle.dumps(np.array([date(2020, 1, 2), None], dtype=object)))
    assert facts.tensors == ()
    assert "datetime.date" in names(facts)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_ordinary_classes_of_the_library_give_calls_and_no_anomaly(protocol):
    value = [
        deque([1, 2]),
        defaultdict(list, a=[1]),
        datetime(2020, 1, 2),
        OrderedDict(a=1),
        {1, 2},
        1j,
        range(3),
    ]
    facts = read(pickle.dumps(value, protocol))
    assert facts.anomalies == ()
    assert facts.coverage is Coverage.COMPLETE
    assert not [use for use in facts.callables if use.how is Use.CHANGE]


def test_several_pickles_in_one_file_are_read():
    data = b"".join(pickle.dumps(value) for value in (1, "two", [3], OrderedDict(four=4)))
    facts = read(data)
    assert facts.fact("pickle.streams").value == 4
    assert facts.anomalies == ()
    assert names(facts) == {"collections.OrderedDict"}


@pytest.mark.parametrize("end", [b"\n", b"\0" * 100, b"\r\n"])
def test_line_ends_and_zero_bytes_after_the_last_pickle_are_no_matter(end):
    assert read(pickle.dumps([1]) + end).anomalies == ()


TEXTS = [
    b"Plain words, nothing else.\n",
    b"id,text\n1,hello\n2,world\n",
    b"(I think, therefore I am.)\n",
    b"Very long\nlines\nof text\n.",
    b"import os\nprint(1)\n",
    b'{"a": 1}',
    b"[1, 2, 3]",
    b"NNNNNNNNNNNNNNNNNACGT" * 40,
    b"0.1 0.2 0.3\n" * 100,
    b"# Title\n\ntext",
    b"cat\ndog\nbird\n",
    b"G" * 500,
    b"]" * 5000,
    b"(" * 5000,
    b"",
    bytes(100),
    b"\x93NUMPY\x01\x00v\x00{'descr'",
    b"tree\nversion=v3\n",
    b"license: mit\n",
    b"common\ncold\nremedies\n",
    b"const_p1,const_p2\n.8,.2\n.9,.1\n",
]


@pytest.mark.parametrize("data", TEXTS)
def test_text_is_no_pickle(data):
    assert not looks_like_pickle(BytesReader(data), data[:4096])


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("value", [{"a": 1}, [1, 2], "text", OrderedDict(a=[1] * 2000), list(range(50_000))])
def test_what_a_pickler_writes_looks_like_a_pickle(value, protocol):
    data = pickle.dumps(value, protocol)
    assert looks_like_pickle(BytesReader(data), data[:4096])


def test_a_long_literal_is_stepped_over():
    reads = []

    class Watched(BytesReader):
        def read(self, offset, length):
            reads.append(length)
            return super().read(offset, length)

    data = pickle.dumps({"a": bytes(20_000_000), "b": OrderedDict()}, 4)
    facts = read_file(Watched(data), "m.pkl")
    assert facts.coverage is Coverage.COMPLETE
    assert sum(reads) < 4_000_000
