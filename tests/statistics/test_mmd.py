import numpy as np
import pytest
from scipy import stats

from weigh.core.errors import UsageError
from weigh.statistics.mmd import Kernel, block_means, compare_blocks, median_distance

ROWS = 50


def blocks(kernel, points, seed=0, most=64):
    return block_means(kernel, points, rows_a_block=ROWS, most=most, seed=seed)


@pytest.fixture(scope="module")
def cloud():
    """A reference of 3,200 points in 32 dimensions that are no independent normals."""
    rng = np.random.default_rng(0)
    mix = rng.normal(size=(8, 32))

    def draw(n, seed, *, shift=0.0, spread=1.0):
        rng = np.random.default_rng(seed)
        points = rng.exponential(size=(n, 8)) @ mix + 0.5 * rng.normal(size=(n, 32))
        return (spread * points + shift).astype(np.float32)

    reference = draw(3200, 1)
    kernel = Kernel(0, 32, 64, median_distance(reference, seed=0))
    return draw, kernel, blocks(kernel, reference)


def test_inner_products_of_features_are_the_kernel():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(30, 5))
    kernel = Kernel(3, 5, 1024, 2.0)
    features = kernel.features(points)
    gaps = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    assert np.abs(features @ features.T - np.exp(-gaps / (2 * 4))).max() < 0.12
    assert np.allclose((features**2).sum(axis=1), 1)


def test_directions_are_standard_normal_and_a_matter_of_the_seed_alone():
    kernel = Kernel(7, 40, 200, 1.0)
    drawn = kernel._directions()
    assert stats.kstest(drawn.ravel(), "norm").pvalue > 0.01
    assert (drawn == Kernel(7, 40, 200, 2.0)._directions()).all()
    assert not (drawn == Kernel(8, 40, 200, 1.0)._directions()).any()
    # The first numbers, so that a profile of today is read alike tomorrow.
    assert Kernel(0, 1, 2, 1.0)._directions()[0] == pytest.approx(GOLDEN, abs=1e-12)


GOLDEN = [-0.7414522937063017, 2.4485424426292326]


def test_a_fresh_sample_raises_no_more_alarms_than_alpha(cloud):
    draw, kernel, reference = cloud
    p = [
        compare_blocks(
            reference, blocks(kernel, draw(400, 100 + i)), rows_a_block=ROWS, seed=i, permutations=199
        ).p_value
        for i in range(200)
    ]
    for alpha in (0.01, 0.05, 0.2):
        alarms = int((np.array(p) <= alpha).sum())
        assert stats.binomtest(alarms, 200).proportion_ci(0.99).low <= alpha
    assert np.median(p) < 0.75


@pytest.mark.parametrize("change", [{"shift": 0.6}, {"spread": 1.3}])
def test_a_shift_and_a_spread_are_found(cloud, change):
    draw, kernel, reference = cloud
    found = [
        compare_blocks(
            reference, blocks(kernel, draw(500, i, **change)), rows_a_block=ROWS, seed=i, permutations=999
        )
        for i in range(20)
    ]
    assert all(one.p_value == 0.001 and one.effect > 0.1 for one in found)


def test_the_interval_covers_the_effect_of_two_large_samples(cloud):
    draw, kernel, _ = cloud
    many = [
        blocks(kernel, draw(20_000, 9), most=400),
        blocks(kernel, draw(20_000, 10, shift=0.4), most=400),
    ]
    truth = compare_blocks(*many, rows_a_block=ROWS, seed=0, permutations=1).effect
    hits = 0
    for i in range(60):
        found = compare_blocks(
            blocks(kernel, draw(1600, 200 + i)),
            blocks(kernel, draw(1000, 400 + i, shift=0.4)),
            rows_a_block=ROWS,
            seed=i,
            permutations=1,
        )
        hits += found.interval.contains(truth)
    assert stats.binomtest(hits, 60).proportion_ci(0.99).high >= 0.95
    assert hits >= 51


def test_one_sample_twice_is_at_no_distance(cloud):
    _, _, reference = cloud
    found = compare_blocks(reference, reference, rows_a_block=ROWS, seed=0, permutations=99)
    assert found.effect == 0
    assert found.p_value == 1


def test_what_cannot_be_compared_is_refused(cloud):
    _, kernel, reference = cloud
    with pytest.raises(UsageError, match="dimensions"):
        kernel.features(np.zeros((3, 5)))
    with pytest.raises(UsageError, match="finite"):
        kernel.features(np.full((3, 32), np.nan))
    with pytest.raises(UsageError, match="two blocks"):
        compare_blocks(reference, reference[:1], rows_a_block=ROWS, seed=0)
    with pytest.raises(UsageError, match="fit together"):
        compare_blocks(reference, reference[:, :4], rows_a_block=ROWS, seed=0)
    with pytest.raises(UsageError, match="size"):
        Kernel(0, 10**9, 64, 1.0)
    with pytest.raises(UsageError, match="bandwidth"):
        Kernel(0, 10, 64, 0.0)
    with pytest.raises(UsageError, match="two points"):
        median_distance(np.zeros((1, 3)), seed=0)
    assert median_distance(np.zeros((5, 3)), seed=0) == 1.0
