import hostile_onnx as hostile
import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.errors import MalformedError
from weigh.formats import wire as wires
from weigh.formats.reader import BytesReader
from weigh.formats.wire import Run, Take, Wire, signed, signed32

TABLE = {
    1: ("int", Take.INT),
    2: ("text", Take.TEXT),
    3: ("span", Take.SPAN),
    4: ("skip", Take.SKIP),
    5: ("fixed", Take.FIXED32),
    6: ("varints", Take.VARINTS),
    7: ("bytes", Take.BYTES),
    8: ("doubles", Take.FIXED64),
}


def opened(data):
    return Wire(BytesReader(data), broken="BROKEN", beyond="BEYOND")


def collected(data):
    return opened(data).collect((0, len(data)), TABLE, depth=1)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_numbers_come_back_packed_or_not(numbers):
    single = hostile.fields(1, numbers)
    packed = hostile.field(1, b"".join(hostile.varint(n) for n in numbers))
    assert collected(single) == collected(packed) == {"int": numbers}


@given(st.lists(st.integers(0, 2**64 - 1), max_size=40))
@settings(max_examples=50, deadline=None)
def test_counted_numbers_are_as_many_as_were_written(numbers):
    packed = hostile.field(6, b"".join(hostile.varint(n) for n in numbers))
    single = hostile.fields(6, numbers)
    assert sum(run.count for run in collected(packed)["varints"]) == len(numbers)
    assert sum(run.count for run in collected(single).get("varints", [])) == len(numbers)


def test_counting_crosses_windows():
    many = wires.WINDOW + 10
    data = hostile.field(6, b"\x80\x01" * many)
    assert collected(data)["varints"][0].count == many


def test_payloads_are_places_and_unknown_fields_are_counted():
    data = hostile.field(3, b"abc") + hostile.field(9, b"?") + hostile.field(2, 5) + hostile.field(4, b"x")
    wire = opened(data)
    assert wire.collect((0, len(data)), TABLE, depth=1) == {"span": [(2, 5)]}
    assert wire.unknown_fields == 2  # field 9, and field 2 with a number in place of a text


def test_fixed_numbers_are_counted_where_they_lie():
    data = (
        hostile.field(5, bytes(8)) + b"\x2d" + bytes(4) + hostile.field(8, bytes(16)) + hostile.field(7, b"x")
    )
    assert collected(data) == {
        "fixed": [Run(2, (2, 10)), Run(1, (11, 15))],
        "doubles": [Run(2, (17, 33))],
        "bytes": [Run(1, (35, 36))],
    }


def test_text_that_is_not_utf8_comes_as_escapes():
    assert collected(hostile.field(2, b"a\xff"))["text"] == ["a\\xff"]


@pytest.mark.parametrize(
    "data",
    [
        b"\x0b",
        b"\x0c",
        b"\x0e",
        b"\x0f",
        b"\x00",
        b"\x08",
        b"\x08\x80",
        b"\x08" + b"\xff" * 10 + b"\x01",
        b"\x08" + b"\xff" * 9 + b"\x02",
        b"\x1a\x05abcd",
        b"\x2d\x00\x00\x00",
        hostile.field(5, bytes(7)),
        hostile.field(8, bytes(9)),
        hostile.field(6, b"\x80"),
        hostile.varint(1 << 33) + b"\x00",
    ],
)
def test_a_broken_encoding_breaks_the_rule(data):
    with pytest.raises(MalformedError) as caught:
        collected(data)
    assert caught.value.rule == "BROKEN"


def test_depth_text_and_repetition_are_limited(monkeypatch):
    monkeypatch.setattr(wires, "MAX_REPEATED", 10)
    monkeypatch.setattr(wires, "MAX_FIELDS", 50)
    monkeypatch.setattr(wires, "MAX_ALL_TEXT", 100)
    for data in (
        hostile.fields(1, range(11)),
        hostile.fields(4, range(60)),
        hostile.field(1, b"\1" * 60),
        hostile.fields(2, ["x" * 30] * 4),
        hostile.field(2, "x" * (wires.MAX_TEXT + 1)),
    ):
        with pytest.raises(MalformedError) as caught:
            collected(data)
        assert caught.value.rule == "BEYOND"
    with pytest.raises(MalformedError):
        list(opened(b"").walk((0, 0), TABLE, depth=wires.MAX_DEPTH + 1))


def test_signs_are_those_of_protobuf():
    assert (signed(2**64 - 1), signed(5)) == (-1, 5)
    assert (signed32(2**32 + 1), signed32(2**32 - 1)) == (1, -1)
