import json
import math

import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.canonical import MAX_SAFE_INTEGER, NotCanonicalError, dumps, loads, number
from weigh.core.digest import of_value

SAFE = st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | SAFE | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
LAW = settings(max_examples=200, deadline=None)


@LAW
@given(VALUES)
def test_reading_back_gives_the_same_bytes(value):
    assert dumps(loads(dumps(value))) == dumps(value)


@LAW
@given(st.dictionaries(TEXT, SAFE, min_size=2, max_size=6))
def test_the_order_of_members_does_not_count(value):
    assert dumps(dict(reversed(list(value.items())))) == dumps(value)


@LAW
@given(VALUES, st.data())
def test_one_changed_byte_changes_the_digest(value, data):
    raw = bytearray(dumps(value))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    try:
        other = loads(bytes(raw))
    except (ValueError, NotCanonicalError):
        return
    try:
        changed = dumps(other)
    except NotCanonicalError:
        return
    assert (of_value(other) == of_value(value)) == (changed == dumps(value))


@LAW
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_exactly(value):
    assert float(number(value)) == value


# RFC 8785, appendix B: IEEE 754 sample values.
@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_are_written_as_the_rfc_lists_them(bits, text):
    import struct

    assert number(struct.unpack(">d", bytes.fromhex(bits))[0]) == text


def test_members_are_sorted_by_utf16_code_units_as_the_rfc_shows():
    # RFC 8785, section 3.2.3: the emoji sorts before U+FB33 although its code point is higher.
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    assert list(json.loads(dumps(value)).values()) == [2, 4, 6, 7, 1, 5, 3]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2**53, b"x", object(), {1: 2}, "\ud800"])
def test_what_has_no_interoperable_form_is_refused(value):
    with pytest.raises(NotCanonicalError):
        dumps({"value": value} if not isinstance(value, dict) else value)


@pytest.mark.parametrize("text", ["[NaN]", "[1e999]", "[-Infinity]", "[" + "9" * 400 + "]"])
def test_what_no_double_holds_is_refused_in_json_text(text):
    with pytest.raises(NotCanonicalError):
        loads(text)


def test_a_set_is_written_in_one_order():
    assert dumps(frozenset({"b", "a", "c"})) == b'["a","b","c"]'


def test_a_float_that_prints_itself_differently_is_still_a_number():
    class Loud(float):
        def __repr__(self):
            return f"Loud({float(self)})"

    assert dumps([Loud(0.5), Loud(-1e30)]) == b"[0.5,-1e+30]"
