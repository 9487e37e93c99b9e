import base64
import struct

import pytest
from hostile_numpy import CASES, GADGETS, GOOD, SOUND, header, npy
from hypothesis import given, settings, strategies as st

from weigh.checks.security.rule_table import RULES
from weigh.checks.security.security import findings_of
from weigh.core.errors import MalformedError
from weigh.core.facts import Coverage
from weigh.core.finding import Confidence, Severity
from weigh.core.gate import Word, judge_file
from weigh.formats.npy_dtype import type_of
from weigh.formats.npy_header import parse_literal
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file


def read(data):
    return read_file(BytesReader(data), "x.npy")


def seen(data):
    facts = read(data)
    findings = tuple(findings_of(facts))
    return findings, judge_file(facts, findings)


@pytest.mark.parametrize("name", CASES)
def test_a_planted_file_breaks_its_rule(name):
    data, rule = CASES[name]
    findings, word = seen(data)
    assert rule in {f.rule for f in findings}
    kind = RULES[rule]
    if kind.severity is Severity.CRITICAL and kind.confidence is Confidence.HIGH:
        assert word is Word.MALICIOUS
    else:
        assert (word is Word.CLEAN) == (kind.severity.rank < Severity.MEDIUM.rank)


@pytest.mark.parametrize("name", GADGETS)
def test_the_pickle_of_objects_is_read_whatever_it_looks_like(name):
    assert seen(GADGETS[name])[1] is Word.MALICIOUS


@pytest.mark.parametrize("name", SOUND)
def test_an_honest_file_is_read_completely_and_clean(name):
    facts = read(SOUND[name])
    assert all(part.coverage is Coverage.COMPLETE for part in facts.walk())
    assert seen(SOUND[name])[1] is Word.CLEAN


@pytest.mark.parametrize(
    ("name", "dtype", "shape", "nbytes", "encoding"),
    [
        ("floats", "F32", (2, 3), 24, ""),
        ("column-major", "F32", (2, 3), 24, "column-major"),
        ("big-endian", "F32", (2, 3), 24, "big-endian"),
        ("scalar", "F32", (), 4, ""),
        ("no-elements", "F32", (0, 3), 0, ""),
        ("text", "STRING", (2,), 24, "3 UTF-32 characters"),
        ("time", "I64", (2,), 16, "datetime64[ns]"),
        ("record", "BLOCKS", (2,), 48, "record of 2 fields in 24 bytes: a, b"),
        ("python-2", "F32", (2, 3), 24, ""),
    ],
)
def test_what_an_array_is(name, dtype, shape, nbytes, encoding):
    (tensor,) = read(SOUND[name]).tensors
    assert (tensor.dtype, tensor.shape, tensor.nbytes, tensor.encoding) == (dtype, shape, nbytes, encoding)
    assert tensor.offset == len(SOUND[name]) - nbytes


# numpy 2.4.6: np.save of np.arange(6, dtype="<i2").reshape(2, 3)
REAL = base64.b64decode(
    b"k05VTVBZAQB2AHsnZGVzY3InOiAnPGkyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9"
    b"ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAEAAgADAAQA"
    b"BQA="
)


def test_a_file_that_numpy_wrote():
    (tensor,) = read(REAL).tensors
    assert (tensor.dtype, tensor.shape) == ("I16", (2, 3))
    assert struct.unpack("<6h", REAL[tensor.offset :]) == tuple(range(6))


def test_arrays_one_behind_the_other_have_names():
    assert [t.name for t in read(GOOD + GOOD).tensors] == ["array0", "array1"]


@pytest.mark.parametrize("text", ["{}", "()", "(1,)", "[1, 'a', None]", "{'a': (True, -3)}", '"x"', "((1))"])
def test_literals_mean_what_python_means(text):
    assert parse_literal(text) == eval(text)


@pytest.mark.parametrize(
    "text", ["", "1 + 1", "f()", "a", "(1 2)", "[1,,]", "{1: 2}", "'a' 'b'", "(,)", "{,}"]
)
def test_what_is_no_literal_is_refused(text):
    with pytest.raises(MalformedError):
        parse_literal(text)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text("abc<>|' \\xäß", max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text("ab", max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=50, deadline=None)
@given(_VALUES)
def test_the_text_of_a_value_gives_the_value(value):
    assert parse_literal(repr(value)) == value


@pytest.mark.parametrize("descr", ["<f3", "f", "<i16", "|O9x", "<U-1", "<M8[", "", "V" * 9, "<x4"])
def test_letters_that_are_no_type(descr):
    known = type_of(descr)
    assert known is None or known.size > 0


def test_a_cut_file_is_an_error():
    for length in range(10, len(GOOD)):
        assert seen(GOOD[:length])[1] is Word.ERROR


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300))
def test_no_header_raises(raw):
    seen(b"\x93NUMPY\x01\x00" + raw)
    seen(npy(header(raw.decode("latin-1"))))


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(sorted(SOUND)), st.data())
def test_a_flipped_byte_never_raises(name, data):
    raw = bytearray(SOUND[name])
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    seen(bytes(raw))
