"""What proves nothing and why, one rule after the other; and the statistics behind a likeness."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from tests.store.compare.model_files import matrix, safetensors, side

from weigh.core.tensor import TensorInfo
from weigh.store.compare.pairing import pair_up
from weigh.versions.lineage_likeness import STRANGERS, STRANGERS_REORDERED, _bounds, _tail
from weigh.versions.lineage_order import FOUND, share_found
from weigh.versions.lineage_part import LEAST, equal_places
from weigh.versions.lineage_proof import why_trivial

KINDS = {"float32": "F32", "int64": "I64", "bool": "BOOL", "float64": "F64", "uint8": "U8"}


def why(array, name="layer.weight"):
    data = np.ascontiguousarray(array).tobytes()
    info = TensorInfo(name, KINDS[array.dtype.name], array.shape, nbytes=len(data), offset=0, file="m")
    return why_trivial(info, data)


def sinusoidal(rows, width):
    at = np.arange(rows)[:, None] / 10000 ** (np.arange(0, width, 2) / width)
    return np.stack([np.sin(at), np.cos(at)], axis=2).reshape(rows, width).astype("f4")


@pytest.mark.parametrize(
    ("array", "name", "word"),
    [
        (matrix(1, 255), "bias", "smaller than"),
        (np.ones(4096, "f4"), "norm.weight", "compresses"),
        (np.tril(np.ones((256, 256), "f4")), "mask", "two different values"),
        (np.tile(np.float32([1, 2, 3]), 9999), "w", "compresses"),
        (np.arange(512, dtype="i8"), "ids", "index table"),
        (np.random.default_rng(0).random((64, 64)) > 0.5, "allowed", "index table"),
        (matrix(1, 512), "rotary.inv_freq", "computes"),
        (matrix(1, 258, 1, 256), "stft/forward_basis_buffer", "computes"),
        (sinusoidal(512, 384), "places", "recurrence"),
        (
            np.concatenate([sinusoidal(512, 384)[:, 0::2], sinusoidal(512, 384)[:, 1::2]], axis=1),
            "p",
            "recurrence",
        ),
        (np.hanning(4096).astype("f4"), "front", "recurrence"),
        (np.linspace(-1, 1, 5000, dtype="f4"), "slopes", "recurrence"),
        (np.fft.fft(np.eye(256)).real[:129].astype("f4").copy(), "basis", "recurrence"),
    ],
)
def test_what_proves_nothing(array, name, word):
    assert word in why(array, name)


@pytest.mark.parametrize(
    "array",
    [
        matrix(1, 64, 64),
        matrix(1, 300),
        np.ones(4096, "f4") + matrix(2, 4096),
        np.cumsum(matrix(3, 100, 100), axis=1).astype("f4"),
        np.random.default_rng(1).integers(0, 255, 5000, dtype="u1"),
        sinusoidal(512, 384) + matrix(4, 512, 384),
    ],
)
def test_what_proves_something(array):
    assert why(array) == ""


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=60))
def test_bounds_hold_the_median(values):
    values = sorted(values)
    low, high = _bounds(values)
    assert values[0] <= low <= np.median(values) <= high <= values[-1]


@pytest.mark.parametrize("count", [6, 11, 38, 200, 1500])
def test_bounds_cover_the_median_of_what_was_drawn_from(count):
    drawn = np.sort(np.random.default_rng(count).standard_normal((400, count)), axis=1)
    held = [low <= 0 <= high for low, high in (_bounds(list(row)) for row in drawn)]
    assert np.mean(held) > 0.925


def test_the_tail_is_that_of_a_binomial():
    assert _tail(37, 0) == pytest.approx(1.0)
    assert _tail(3, 3) == pytest.approx(1e-6)
    exact = sum(math.comb(37, k) * 0.01**k * 0.99 ** (37 - k) for k in range(2, 38))
    assert _tail(37, 2) == pytest.approx(exact)


def test_the_null_is_measured_and_far_from_what_is_called_alike():
    assert len(STRANGERS) >= 20
    assert list(STRANGERS) == sorted(STRANGERS)
    assert max(map(abs, STRANGERS)) < 0.05
    assert STRANGERS_REORDERED < FOUND / 5


def paired(old, new):
    one, other = (side(n, {"m": safetensors({"w": t})}) for n, t in (("old", old), ("new", new)))
    (pair,) = pair_up(one, other, frozenset()).pairs
    return other, one, pair


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", [(64, 64), (200, 40), (48, 16, 3)])
def test_rows_of_strangers_are_not_found(seed, shape):
    share = share_found(*paired(matrix(seed, *shape), matrix(seed + 10, *shape)))
    assert share < FOUND / 2


def test_matrices_too_small_or_too_large_are_not_looked_for():
    assert share_found(*paired(matrix(1, 16, 16), matrix(1, 16, 16))) is None
    assert share_found(*paired(matrix(1, 300), matrix(1, 300))) is None


def test_equal_places_need_many_values_of_their_own():
    old = matrix(1, 100, 100)
    few, many, same_value = (matrix(2, 100, 100) for _ in range(3))
    few.flat[: LEAST - 1] = old.flat[: LEAST - 1]
    many.flat[: 2 * LEAST] = old.flat[: 2 * LEAST]
    assert equal_places(*paired(old, few)) == 0
    assert equal_places(*paired(old, many)) == 2 * LEAST
    constant = old.copy()
    constant.flat[: 4 * LEAST] = same_value.flat[: 4 * LEAST] = 0.5
    assert equal_places(*paired(constant, same_value)) == 0
    assert equal_places(*paired(old.astype("f2"), old.astype("f2"))) == 0


def test_a_file_that_ends_early_has_nothing_in_common():
    child, parent, pair = paired(matrix(1, 100, 100), matrix(1, 100, 100))
    whole = child.open("m")
    cut = type(whole)(whole.read(0, 2000))
    broken = type(child)("new", child.view, lambda _: cut)
    assert equal_places(broken, parent, pair) == 0
