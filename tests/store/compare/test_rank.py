"""The rank of a change: planted adapters are found, full changes are never taken for one."""

import numpy as np
import pytest

from weigh.core.model_diff import Spread
from weigh.store.compare.rank import LEAST, SIDE, delta_rank, part_of
from weigh.store.compare.values import layout_of, rounded


def in_type(values, dtype):
    bits = rounded(np.ascontiguousarray(values, np.float32).reshape(-1), dtype)
    return layout_of(dtype).numbers(bits.view(np.uint8)).reshape(values.shape)


def estimate(old, new, dtype):
    part = part_of(old.shape)
    one, other = (in_type(v, dtype)[part.rows][:, part.columns].astype(np.float64) for v in (old, new))
    return delta_rank(one, other, dtype)


def drawn(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


SMALL = 160
ROTATIONS = [np.linalg.qr(drawn(seed, SMALL, SMALL))[0] for seed in (2, 3)]


def scaled(change, base, share):
    return change * share * np.linalg.norm(base) / np.linalg.norm(change)


@pytest.mark.parametrize("dtype", ["F32", "BF16", "F16"])
@pytest.mark.parametrize("rank", [1, 4, 8, 32])
def test_a_merged_adapter_has_its_rank(dtype, rank):
    base = drawn(1, 300, 350) * 0.05
    change = scaled(drawn(2, 300, rank) @ drawn(3, rank, 350), base, 0.08)
    found = estimate(base, base + change, dtype)
    assert (found.spread, found.rank) == (Spread.LOW, rank)


def test_an_adapter_of_a_high_rank_needs_the_larger_part():
    base = drawn(1, 600, 600) * 0.05
    found = estimate(base, base + scaled(drawn(2, 600, 64) @ drawn(3, 64, 600), base, 0.05), "F32")
    assert (found.spread, found.rank) == (Spread.LOW, 64)


@pytest.mark.parametrize("dtype", ["F32", "BF16", "F16"])
@pytest.mark.parametrize("decay", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("share", [0.001, 0.01, 0.1])
def test_a_full_change_is_never_an_adapter(dtype, decay, share):
    # Singular values that fall as a power law, as those of real fine-tunes do.
    base = drawn(1, SMALL, SMALL) * 0.05
    left, right = ROTATIONS
    change = scaled(left * np.arange(1.0, SMALL + 1) ** -decay @ right, base, share)
    assert estimate(base, base + change, dtype).spread is not Spread.LOW


def test_rounding_alone_has_no_rank():
    base = drawn(1, 400, 400) * 0.05
    part = part_of(base.shape)
    exact = base.astype(np.float32)[part.rows][:, part.columns].astype(np.float64)
    cast = in_type(base, "BF16")[part.rows][:, part.columns].astype(np.float64)
    assert delta_rank(exact, cast, "BF16").spread is Spread.ROUNDING


def test_a_few_rows_are_no_adapter():
    base = drawn(1, 512, 384) * 0.05
    change = base.copy()
    change[::40] += drawn(2, len(change[::40]), 384) * 0.01
    assert estimate(base, change, "F32").spread is Spread.ROWS
    # The others moved a little, too: weight decay.
    assert estimate(base, change * (1 - 1e-6), "F32").spread is Spread.ROWS


def test_small_or_unchanged_matrices_are_not_told():
    assert part_of((LEAST - 1, 1000)) is None
    assert part_of((1000,)) is None
    base = drawn(1, 64, 64)
    assert estimate(base, base, "F32").spread is Spread.UNTOLD


def test_the_part_is_the_same_each_time_and_bounded():
    one, other = part_of((1_000_000, 3, 7, 7)), part_of((1_000_000, 3, 7, 7))
    assert (one.flat() == other.flat()).all()
    assert len(one.rows) <= SIDE
    assert (np.diff(one.flat()) > 0).all()
    assert one.columns.max() < 3 * 7 * 7
