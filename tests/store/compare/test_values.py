"""Bytes as numbers: against numpy, torch's documented tables, and the definitions of ggml's blocks."""

import numpy as np
import pytest

from weigh.store.compare.values import layout_of, rounded, spacing


def test_bfloat16_is_the_upper_half_of_float32():
    bits = np.arange(0, 1 << 16, dtype=np.uint16)
    made = layout_of("BF16").numbers(bits.view(np.uint8))
    assert (made.view(np.uint32) >> 16 == bits).all()


def test_rounding_to_bfloat16_is_to_nearest_even():
    ties = np.array([1.0 + 2**-8, 1.0 + 3 * 2**-8, 1.0 + 2**-8 + 2**-20], np.float32)
    made = layout_of("BF16").numbers(rounded(ties, "BF16").view(np.uint8))
    assert made.tolist() == [1.0, 1.0 + 2**-6, 1.0 + 2**-7]
    assert rounded(ties.astype(np.float64), "BF16") is None


@pytest.mark.parametrize(
    ("dtype", "code", "value"),
    [
        ("F8_E4M3", 0x7E, 448.0), ("F8_E4M3", 0x01, 2**-9), ("F8_E4M3", 0x7F, np.nan),
        ("F8_E5M2", 0x7B, 57344.0), ("F8_E5M2", 0x7C, np.inf), ("F8_E5M2", 0x7D, np.nan),
        ("F8_E5M2", 0x01, 2**-16), ("F8_E4M3FNUZ", 0x80, np.nan), ("F8_E4M3FNUZ", 0x7F, 240.0),
        ("F8_E5M2FNUZ", 0x7F, 57344.0), ("F8_E4M3", 0xB8, -1.0),
    ],
)  # fmt: skip
def test_eight_bit_floats(dtype, code, value):
    made = layout_of(dtype).numbers(np.array([code], np.uint8))
    assert np.array_equal(made, np.array([value], np.float32), equal_nan=True)


def test_blocks_of_ggml():
    scale, least = np.array([0.5], np.float16).tobytes(), np.array([-1.0], np.float16).tobytes()
    q8 = scale + np.arange(-16, 16, dtype=np.int8).tobytes()
    assert layout_of("BLOCKS", "q8_0: 32 values in 34 bytes").numbers(
        np.frombuffer(q8, np.uint8)
    ).tolist() == [v / 2 for v in range(-16, 16)]
    nibbles = bytes(low | (15 - low) << 4 for low in range(16))
    levels = [*range(16), *(15 - v for v in range(16))]
    q4 = layout_of("BLOCKS", "q4_1: 32 values in 20 bytes").numbers(
        np.frombuffer(scale + least + nibbles, np.uint8)
    )
    assert q4.tolist() == [v / 2 - 1 for v in levels]
    q4 = layout_of("BLOCKS", "q4_0: 32 values in 18 bytes").numbers(np.frombuffer(scale + nibbles, np.uint8))
    assert q4.tolist() == [(v - 8) / 2 for v in levels]
    high = np.packbits(np.arange(32) % 2, bitorder="little").tobytes()
    q5 = layout_of("BLOCKS", "q5_0: 32 values in 22 bytes").numbers(
        np.frombuffer(scale + high + nibbles, np.uint8)
    )
    assert q5.tolist() == [(v + 16 * (i % 2) - 16) / 2 for i, v in enumerate(levels)]


def test_what_is_not_known_is_not_read():
    assert layout_of("BLOCKS", "q4_k: 256 values in 144 bytes") is None
    assert layout_of("F32", "deflate") is None
    assert layout_of("F4") is None
    assert layout_of("STRING") is None


@pytest.mark.parametrize(("dtype", "kind"), [("F32", np.float32), ("F16", np.float16), ("F64", np.float64)])
def test_spacing_is_that_of_numpy(dtype, kind):
    values = np.array([1.0, 0.3, 5.0, 1e-4, 100.0]).astype(kind)
    assert spacing(values, dtype).tolist() == np.spacing(values).astype(np.float64).tolist()
