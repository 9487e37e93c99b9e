import contextlib
import json
import os
import struct
import threading

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.errors import WorkerError
from weigh.runtimes.wire import DTYPES, MAX_HEADER, MAX_PAYLOAD, Channel, ClosedError, Frame, encode

LAW = settings(max_examples=50, deadline=None)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
SHAPES = st.lists(st.integers(0, 5), min_size=1, max_size=4)


def received(data):
    """What a channel makes of raw bytes."""
    reader, writer = os.pipe()
    try:
        sender = threading.Thread(target=pour, args=(writer, data))
        sender.start()
        try:
            return Channel(reader, writer).receive()
        finally:
            os.close(reader)
            sender.join()
    except BrokenPipeError:
        raise AssertionError("unreachable") from None


def pour(writer, data):
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(writer, rest) :]
    except OSError:
        pass
    finally:
        os.close(writer)


def joined(frame):
    return b"".join(bytes(piece) for piece in encode(frame))


@LAW
@given(
    kind=TEXT,
    fields=st.dictionaries(TEXT, VALUES, max_size=4),
    shapes=st.dictionaries(TEXT, st.tuples(SHAPES, st.sampled_from(sorted(DTYPES))), max_size=4),
)
def test_what_is_sent_is_what_is_received(kind, fields, shapes):
    arrays = {
        name: np.arange(np.prod(shape)).astype(DTYPES[dtype][0]).reshape(shape)
        for name, (shape, dtype) in shapes.items()
    }
    back = received(joined(Frame(kind, fields, arrays)))
    assert (back.kind, back.fields) == (kind, fields)
    assert list(back.arrays) == list(arrays)
    for name, array in arrays.items():
        assert back.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(back.arrays[name], array)
        assert not back.arrays[name].flags.writeable


GOOD = joined(Frame("result", {"n": 1}, {"rows": np.ones((3, 4), np.float32), "ends": np.arange(3)}))


@LAW
@given(st.data())
def test_a_changed_byte_never_raises_anything_but_a_worker_error(data):
    place = data.draw(st.integers(0, len(GOOD) - 1))
    broken = bytearray(GOOD)
    broken[place] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(WorkerError):
        received(bytes(broken))


@LAW
@given(st.integers(0, len(GOOD) - 1))
def test_a_frame_that_ends_too_early_is_a_closed_connection(length):
    with pytest.raises(ClosedError):
        received(GOOD[:length])


@LAW
@given(st.binary(max_size=200))
def test_random_bytes_are_a_worker_error(data):
    with pytest.raises(WorkerError):
        received(data)


def raw(header, payload=b"", *, magic=b"WGH1", header_length=None, payload_length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    header_length = len(text) if header_length is None else header_length
    payload_length = len(payload) if payload_length is None else payload_length
    return struct.pack("<4sIQ", magic, header_length, payload_length) + text + payload


def header(*arrays, **changes):
    return {"kind": "result", "fields": {}, "arrays": list(arrays), **changes}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (raw(header(), magic=b"PKL1"), "not a frame"),
        (raw(b"", header_length=MAX_HEADER + 1), "header of 1048577 bytes"),
        (raw(header(), payload_length=MAX_PAYLOAD + 1), "payload of"),
        (raw(header(), payload_length=2**64 - 1), "payload of"),
        (raw(b"{"), "not JSON"),
        (raw(b"[" * 100_000), "not JSON"),
        (raw(b"\xff\xfe"), "not JSON"),
        (raw(b'{"kind":"x","fields":{"a":Infinity},"arrays":[]}'), "not JSON"),
        (raw([]), "other members"),
        (raw(header(extra=1)), "other members"),
        (raw(header(kind=1)), "other members"),
        (raw(header(kind="k" * 65)), "kind is too long"),
        (raw(header(*[["a", "U8", [0]]] * 17)), "17 arrays"),
        (raw(header(["a", "U8", [0]], ["a", "U8", [0]])), "two arrays"),
        (raw(header(["a", "F32", [2]]), b"1234"), "account for the payload"),
        (raw(header(), b"1234"), "account for the payload"),
        (raw(header(["a", "O", [1]]), b"1"), "described wrongly"),
        (raw(header(["a", "U8"]), b""), "described wrongly"),
        (raw(header(["a", "U8", [-1]]), b""), "impossible shape"),
        (raw(header(["a", "U8", [True]]), b"1"), "impossible shape"),
        (raw(header(["a", "U8", [1.0]]), b"1"), "impossible shape"),
        (raw(header(["a", "U8", [2**40, 0]]), b""), "impossible shape"),
        (raw(header(["a", "U8", [1] * 5]), b"1"), "impossible shape"),
    ],
)
def test_every_rule_of_the_wire_is_kept(data, why):
    with pytest.raises(WorkerError) as caught:
        received(data)
    assert why in caught.value.why


@pytest.mark.parametrize("dtype", ["O", "U4", "complex64", "datetime64[s]"])
def test_objects_and_texts_do_not_travel_as_arrays(dtype):
    with pytest.raises(WorkerError, match="do not travel"):
        encode(Frame("x", {}, {"a": np.zeros(1, dtype)}))


def test_nothing_beyond_the_bounds_is_sent():
    with pytest.raises(WorkerError, match="header of"):
        encode(Frame("x", {"a": "b" * MAX_HEADER}))
    with pytest.raises(WorkerError, match="payload of"):
        encode(Frame("x", {}, {"a": np.zeros(MAX_PAYLOAD + 1, np.uint8)}))
    with pytest.raises(WorkerError, match="no canonical JSON"):
        encode(Frame("x", {"a": object()}))


def test_writing_to_a_closed_pipe_is_a_closed_connection():
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(ClosedError):
        Channel(reader, writer).send("x")
    os.close(writer)
