"""Sums over pairs of values equal the textbook formulas, for every type and every odd value."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from weigh.store.compare.moments import BLOCK, Comparer, Sums
from weigh.store.compare.values import layout_of, rounded


def compared(a, b, old="F32", new=None, encoding=""):
    comparer = Comparer(layout_of(old, encoding), layout_of(new or old, encoding))
    comparer.differences(np.frombuffer(a, np.uint8), np.frombuffer(b, np.uint8))
    return comparer.sums


numbers = st.floats(width=32, allow_nan=False, min_value=-(2.0**100), max_value=2.0**100)
floats = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=50)


@given(floats)
@settings(max_examples=80, deadline=None)
def test_norms_are_those_of_the_formulas(pairs):
    a, b = (np.array(side, np.float32) for side in zip(*pairs, strict=True))
    found = compared(a.tobytes(), b.tobytes())
    x, y = a.astype(np.float64), b.astype(np.float64)
    assert found.old == pytest.approx(x @ x, rel=1e-5)
    assert found.new == pytest.approx(y @ y, rel=1e-5)
    assert found.apart == pytest.approx((y - x) @ (y - x), rel=1e-5)
    assert found.absolute == pytest.approx(np.abs(y - x).sum(), rel=1e-5)
    assert found.largest == pytest.approx(np.abs(y - x).max(), rel=1e-6)
    assert found.changed == np.count_nonzero(a.view(np.int32) != b.view(np.int32))


def order(bits, size):
    """The place of a sign-and-magnitude number among all of its type, as exact integers."""
    low = (1 << (8 * size - 1)) - 1
    return [-(int(v) & low) if int(v) >> (8 * size - 1) else int(v) & low for v in bits]


@pytest.mark.parametrize(("dtype", "size"), [("F16", 2), ("BF16", 2), ("F32", 4), ("F64", 8)])
def test_steps_of_floats_are_places_in_their_order(dtype, size):
    generator = np.random.default_rng(1)
    a, b = (generator.integers(0, 1 << (8 * size - 1), 200, dtype=f"u{size}") * 2 + 1 for _ in range(2))
    found = compared(a.tobytes(), b.tobytes(), dtype)
    assert found.steps == max(abs(x - y) for x, y in zip(order(a, size), order(b, size), strict=True))


@pytest.mark.parametrize("dtype", ["I8", "U8", "I16", "U16", "I32", "U32", "I64", "U64", "BOOL"])
def test_steps_of_integers_are_their_differences(dtype):
    kind = {"BOOL": "u1"}.get(dtype, dtype[0].lower() + str(int(dtype[1:]) // 8) if dtype != "BOOL" else "")
    ends = np.iinfo(kind)
    generator = np.random.default_rng(2)
    a, b = (generator.integers(ends.min, ends.max, 100, dtype=kind, endpoint=True) for _ in range(2))
    a[0], b[0] = ends.min, ends.max
    assert compared(a.tobytes(), b.tobytes(), dtype).steps == int(ends.max) - int(ends.min)
    a[0], b[0] = ends.max, ends.max - 1
    expected = max(abs(int(x) - int(y)) for x, y in zip(a, b, strict=True))
    assert compared(a.tobytes(), b.tobytes(), dtype).steps == expected


def test_zeros_of_both_signs_differ_in_bits_and_by_no_step():
    found = compared(np.array([0.0], np.float32).tobytes(), np.array([-0.0], np.float32).tobytes())
    assert (found.changed, found.steps, found.apart) == (1, 0, 0.0)


def test_values_that_are_not_finite_are_counted_and_left_out():
    a = np.array([1.0, np.nan, np.inf, 2.0], np.float32)
    b = np.array([1.0, 3.0, np.inf, -np.inf], np.float32)
    far = compared(a.tobytes(), b.tobytes()).distance()
    assert (far.nan_old, far.nan_new, far.infinite_old, far.infinite_new) == (1, 0, 1, 2)
    assert far.relative_l2 == 0.0
    assert far.changed == 0.5


@pytest.mark.parametrize("scale", [1e-25, 1e-38, 1e18, 1.5e38])
def test_values_that_float32_cannot_square_are_compared_all_the_same(scale):
    a = np.array([1.0, -2.0, 0.5], np.float64) * scale
    low, high = a.astype(np.float32), (a / 2).astype(np.float32)
    far = compared(low.tobytes(), high.tobytes()).distance()
    assert far.relative_l2 == pytest.approx(0.5, rel=1e-2)
    assert far.cosine == pytest.approx(1.0, rel=1e-4)


def test_values_beyond_float64_are_not_told_as_infinite():
    a, b = np.array([1e308, 1e308]), np.array([-1e308, 1e308])
    far = compared(a.tobytes(), b.tobytes(), "F64").distance()
    assert far.relative_l2 is None
    assert np.isfinite(far.largest_absolute)


@given(st.integers(1, 3 * BLOCK), st.integers(0, 2**32 - 1))
@settings(max_examples=8, deadline=None)
def test_parts_add_up_to_the_whole(cut, seed):
    generator = np.random.default_rng(seed)
    a, b = (generator.standard_normal(3 * BLOCK + 7).astype(np.float32) for _ in range(2))
    whole = compared(a.tobytes(), b.tobytes())
    parts = Sums()
    parts.add(compared(a[:cut].tobytes(), b[:cut].tobytes()))
    parts.add(compared(a[cut:].tobytes(), b[cut:].tobytes()))
    assert (parts.count, parts.changed, parts.steps) == (whole.count, whole.changed, whole.steps)
    assert parts.apart == pytest.approx(whole.apart)
    assert parts.distance().cosine == pytest.approx(whole.distance().cosine, abs=1e-7)


def test_a_cast_is_told_from_other_values():
    a = np.random.default_rng(3).standard_normal(1000).astype(np.float32)
    cast = rounded(a, "BF16")
    assert compared(a.tobytes(), cast.tobytes(), "F32", "BF16").distance().as_rounded == 1.0
    cast[0] += 1
    assert compared(a.tobytes(), cast.tobytes(), "F32", "BF16").distance().as_rounded == 0.999
    back = compared(rounded(a, "BF16").tobytes(), a.tobytes(), "BF16", "F32").distance()
    assert back.as_rounded is not None
    assert back.largest_steps is None


def test_big_endian_values_are_the_same_values():
    a = np.random.default_rng(4).standard_normal(100).astype(np.float32)
    b = a + np.float32(0.5)
    little = compared(a.tobytes(), b.tobytes())
    big = compared(a.astype(">f4").tobytes(), b.astype(">f4").tobytes(), encoding="big-endian")
    assert little == big
