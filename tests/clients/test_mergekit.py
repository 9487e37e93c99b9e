"""Merged tensors held against mergekit itself; its numbers for small tensors are kept in `mergekit.json`."""

import numpy as np
import pytest
from tests.clients.mergekit_golden import dare_statistics, merged as by_mergekit
from tests.versions.strategies.arrays import merged

pytestmark = pytest.mark.clients


def models(shape, *, step=0.05):
    rng = np.random.default_rng(3)
    base = rng.normal(size=shape).astype("f4")
    return base, *((base + step * rng.normal(size=shape)).astype("f4") for _ in range(2))


@pytest.mark.parametrize("shape", [(7,), (33, 65), (1024, 700), (3, 4, 5, 6)])
@pytest.mark.parametrize(
    ("strategy", "asked"),
    [
        ("average", {"weight": 0.37}),
        ("slerp", {"weight": 0.37}),
        ("slerp", {"weight": 0.9}),
        ("task-arithmetic", {"weight": 0.6}),
        ("task-arithmetic", {"weight": 0.6, "normalise": True}),
        ("ties", {"weight": 0.6, "density": 0.2}),
        ("ties", {"weight": 1.0, "density": 0.7, "normalise": False}),
        ("ties", {"weight": -0.5, "density": 0.5}),
    ],
)
def test_every_value_is_that_of_mergekit(strategy, asked, shape):
    arrays = models(shape, step=0.5 if strategy == "slerp" else 0.05)
    made, _ = merged(strategy, arrays, **asked)
    wanted = by_mergekit(strategy, asked, arrays).reshape(-1)
    # mergekit measures the angle of slerp in single precision, weigh in double.
    doubt = 1e-5 if strategy == "slerp" else 2.0**-23
    assert np.abs(made - wanted).max() <= doubt * np.abs(wanted).max()
    if strategy == "ties":
        assert np.array_equal(made, wanted)


def test_of_equally_large_changes_others_may_be_kept_and_nothing_else_differs():
    base, *others = models((200, 100), step=0.0)
    rng = np.random.default_rng(4)
    ours, theirs = (base + rng.integers(-9, 10, base.shape).astype("f4") / 1024 for _ in others)
    base, ours, theirs = (np.round(a * 1024) / 1024 for a in (base, ours, theirs))
    asked = {"weight": 1.0, "density": 0.5}
    made, rule = merged("ties", (base, ours, theirs), **asked)
    wanted = by_mergekit("ties", asked, (base, ours, theirs)).reshape(-1)
    floors = [np.uint32(floor).view("f4") for floor in rule.floors]
    at = np.zeros(base.size, bool)
    for side, floor in zip((ours, theirs), floors, strict=True):
        at |= np.abs(side - base).reshape(-1) == floor
    assert at.mean() > 0.01
    assert not ((made != wanted) & ~at).any()


def test_small_types_are_as_near_to_mergekit_as_their_last_bit():
    import torch

    arrays = models((64, 64))
    made, _ = merged("average", arrays, dtypes=["BF16"] * 3, target="BF16", weight=0.25)
    halves = [torch.from_numpy(array).bfloat16() for array in arrays[1:]]
    from mergekit.merge_methods import merge_tensors

    wanted = merge_tensors(halves, "linear", parameters={"weight": [0.75, 0.25]}).float().numpy().reshape(-1)
    assert np.abs(made - wanted).max() <= np.abs(wanted).max() * 2.0**-8
    assert (made == wanted).mean() > 0.999


@pytest.mark.parametrize("density", [0.1, 0.5, 0.9])
def test_what_is_dropped_looks_alike(density):
    import torch

    torch.manual_seed(1)
    arrays = models((1000, 400))
    asked = {"weight": 0.6, "density": density}
    count = arrays[0].size
    made, _ = merged("dare", arrays, **asked)
    ours = dare_statistics(made - arrays[0].reshape(-1))
    wanted = dare_statistics((by_mergekit("dare_linear", asked, arrays) - arrays[0]).reshape(-1))
    assert abs(ours["nothing"] - wanted["nothing"]) < 2 * 5 * 0.5 / np.sqrt(count)
    assert abs(ours["mean"] - wanted["mean"]) < 2 * 5 * wanted["deviation"] / np.sqrt(count)
    assert abs(ours["deviation"] / wanted["deviation"] - 1) < 0.02
    assert abs(ours["absolute"] / wanted["absolute"] - 1) < 0.02
