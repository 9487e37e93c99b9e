"""Laws of the codecs: whatever goes in comes out, and damage is an error."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.errors import MalformedError
from weigh.core.tensor import DTYPE_BITS
from weigh.store.codecs.codec import CHUNK, Codec, Encoded
from weigh.store.codecs.elements import (
    FLOATS,
    add,
    add_planes,
    difference_planes,
    interleaved,
    planes,
    rotated_back,
    rotated_planes,
    subtract,
)
from weigh.store.codecs.ladder import decode, element_width, encode, encode_delta

DTYPES = sorted(DTYPE_BITS)
ODD = {
    2: [0x0000, 0x8000, 0x7F80, 0xFF80, 0x7FC1, 0xFFFF, 0x0001, 0x8001, 0x7FFF],
    4: [0, 0x80000000, 0x7F800000, 0xFF800000, 0x7FC00001, 0x7F800001, 0xFFFFFFFF, 1, 0x80000001],
    8: [0, 1 << 63, 0x7FF << 52, 0xFFF << 52, (0x7FF << 52) + 1, (1 << 64) - 1, 1, (1 << 63) + 1],
}
"""Zeros of both signs, infinities, NaNs with payloads, the smallest denormals."""


def noise(seed, size):
    return np.random.default_rng(seed).integers(0, 256, size, np.uint8).tobytes()


def weights(seed, count, kind=np.float32, scale=0.02):
    return (np.random.default_rng(seed).standard_normal(count) * scale).astype(kind)


def as_bf16(values):
    return (values.view(np.uint32) >> 16).astype(np.uint16)


@given(st.binary(min_size=1, max_size=600), st.sampled_from(DTYPES))
def test_any_bytes_of_any_type_come_back(data, dtype):
    kept = encode(memoryview(data), dtype)
    assert bytes(decode(kept, len(data))) == data
    assert len(kept.body) <= len(data)


@given(st.data(), st.sampled_from(DTYPES))
def test_any_two_chunks_of_one_size_come_back_through_their_difference(data, dtype):
    one = data.draw(st.binary(min_size=1, max_size=400))
    other = data.draw(st.binary(min_size=len(one), max_size=len(one)))
    kept = encode_delta(memoryview(one), memoryview(other), dtype)
    assert bytes(decode(kept, len(one), memoryview(other))) == one


@pytest.mark.parametrize("width", [2, 4, 8])
@pytest.mark.parametrize("dtype", ["F16", "BF16", "F32", "F64", "I16", "I32", "I64", "C64", "C128"])
def test_odd_values_come_back_alone_and_as_differences(width, dtype):
    values = np.array(ODD[width] * 3000, f"<u{width}")
    other = np.roll(values, 5)
    data, base = memoryview(values.tobytes()), memoryview(other.tobytes())
    assert bytes(decode(encode(data, dtype), len(data))) == data
    assert bytes(decode(encode_delta(data, base, dtype), len(data), base)) == data


@settings(max_examples=25)
@given(st.sampled_from([1, 2, 4, 8]), st.sampled_from([1, 7, 32768, 32769, 70_001]), st.integers(0, 9))
def test_planes_rotation_and_differences_undo_themselves(width, count, seed):
    data, base = memoryview(noise(seed, count * width)), memoryview(noise(seed + 1, count * width))
    assert interleaved(list(planes(data, width))).tobytes() == data
    assert rotated_back(list(rotated_planes(data, width))).tobytes() == data
    for signed in (False, True):
        made = subtract(data, base, width, signed_magnitude=signed)
        assert add(made, base, width, signed_magnitude=signed).tobytes() == data
        parts = difference_planes(data, base, width, signed_magnitude=signed)
        assert interleaved(list(parts)).tobytes() == made.tobytes()
        assert add_planes(list(parts), base, signed_magnitude=signed).tobytes() == data


def test_neighbours_differ_by_one_step_across_zero_and_powers_of_two():
    base = np.array([1.0, 2.0, -2.0, 0.5, -1e-38], np.float32)
    for direction in (np.inf, -np.inf):
        moved = np.nextafter(base, np.float32(direction))
        steps = subtract(
            memoryview(moved.tobytes()), memoryview(base.tobytes()), 4, signed_magnitude=True
        ).view(np.uint32)
        assert (steps <= 2).all()
    one, other = np.array([1e-45], np.float32), np.array([-1e-45], np.float32)
    across = subtract(memoryview(one.tobytes()), memoryview(other.tobytes()), 4, signed_magnitude=True)
    assert across.view(np.uint32)[0] <= 6


@pytest.mark.parametrize(("dtype", "width"), [("F32", 4), ("BF16", 2), ("F16", 2)])
@pytest.mark.parametrize("count", [150_000, 1_000_003])
def test_differences_in_groups_come_back_and_are_smaller(dtype, width, count):
    values = weights(5, count)
    tuned = values + weights(6, count, scale=2e-5)
    one, other = (
        memoryview(v.view(np.uint16)[1::2].copy() if dtype == "BF16" else v.astype(f"f{width}")).cast("B")
        for v in (tuned, values)
    )
    kept = encode_delta(one, other, dtype, grouped=True)
    assert kept.codec is Codec.GROUPED
    assert bytes(decode(kept, len(one), other)) == bytes(one)
    assert len(kept.body) < len(encode_delta(one, other, dtype).body)
    with pytest.raises(MalformedError):
        decode(Encoded(kept.codec, width, True, b"\xff" + bytes(kept.body)[1:]), len(one), other)
    odd = memoryview(noise(3, len(one)))
    again = encode_delta(odd, other, dtype, grouped=True)
    assert bytes(decode(again, len(odd), other)) == bytes(odd)


def test_equal_chunks_take_nothing_and_one_value_takes_one_element():
    data = memoryview(weights(1, 5000).tobytes())
    assert encode_delta(data, data, "F32").body == b""
    constant = encode(memoryview(b"\x00\x3c" * 5000), "F16")
    assert (constant.codec, bytes(constant.body)) == (Codec.CONSTANT, b"\x00\x3c")


def test_trained_weights_become_as_small_as_promised():
    values = weights(3, CHUNK // 4)
    single = memoryview(values).cast("B")
    half = memoryview(as_bf16(values)).cast("B")
    assert len(encode(single, "F32").body) < 0.84 * len(single)
    assert len(encode(half, "BF16").body) < 0.68 * len(half)
    tuned = memoryview(values + weights(4, len(values), scale=5e-5)).cast("B")
    assert len(encode_delta(tuned, single, "F32").body) < 0.6 * len(single)
    assert encode(memoryview(noise(1, CHUNK)), "U8").codec is Codec.RAW


@pytest.mark.parametrize("dtype", ["BF16", "F32", "F64", "I64", "U8"])
def test_damage_is_an_error_or_other_bytes_but_nothing_else(dtype):
    values = weights(2, 4096)
    data = memoryview(values).cast("B")
    for kept, base in ((encode(data, dtype), None), (encode_delta(data, data[::1], dtype), data)):
        body = bytes(kept.body)
        for cut in {0, 1, len(body) // 2, max(0, len(body) - 1)} - {len(body)}:
            with pytest.raises(MalformedError):
                decode(
                    Encoded(kept.codec, kept.width, kept.signed_magnitude, body[:cut] + b"\0"), 12345, base
                )
        for at in range(0, len(body), max(1, len(body) // 200)):
            hurt = bytearray(body)
            hurt[at] ^= 0x55
            try:
                made = decode(
                    Encoded(kept.codec, kept.width, kept.signed_magnitude, bytes(hurt)), len(data), base
                )
            except MalformedError:
                continue
            assert len(made) == len(data)


@pytest.mark.parametrize("codec", list(Codec))
@given(st.binary(max_size=40), st.integers(0, 9), st.integers(1, 64))
def test_a_body_that_somebody_made_up_is_refused_or_gives_so_many_bytes(codec, body, width, size):
    try:
        made = decode(Encoded(codec, width, True, body), size, memoryview(bytes(size)))
    except MalformedError:
        return
    assert len(made) == size


def test_the_frame_of_another_size_is_refused_before_it_is_unpacked():
    import zstandard

    bomb = zstandard.ZstdCompressor().compress(bytes(1 << 24))
    with pytest.raises(MalformedError):
        decode(Encoded(Codec.ZSTD, 1, False, bomb), 100)


def test_every_type_has_a_width_that_divides_a_chunk():
    assert all(CHUNK % element_width(dtype) == 0 for dtype in DTYPES)
    assert element_width("C128") == 8
    assert element_width("Q9") == 1
    assert {"F32", "BF16"} <= FLOATS
