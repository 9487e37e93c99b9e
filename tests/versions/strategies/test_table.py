"""Strategies: equal to mergekit's numbers, whatever pieces they are made in, and to themselves everywhere."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from tests.versions.strategies.arrays import ArraySources, merged
from tests.versions.strategies.golden_inputs import CASES, DENSITY, MANY, models

from weigh.store.recipes.cast import singles, stored
from weigh.store.recipes.dare import drawn
from weigh.store.recipes.linear import Form, Linear
from weigh.versions.strategies.dropped import key_of
from weigh.versions.strategies.trimmed import ties

GOLDEN = json.loads((Path(__file__).parent / "mergekit.json").read_text())


@pytest.mark.parametrize("name", CASES)
def test_the_numbers_are_those_of_mergekit(name):
    strategy, asked = CASES[name]
    made, _ = merged(strategy, models(), **asked)
    wanted = np.array(GOLDEN["cases"][name], np.float32)
    # Both compute in single precision; the order of the operations differs in `average` and `slerp`.
    assert np.abs(made - wanted).max() <= 2.0**-23
    if strategy in {"task-arithmetic", "ties"} and asked.get("normalise") is None:
        assert np.array_equal(made, wanted)


def test_what_dare_drops_looks_like_what_mergekit_drops():
    base, *others = models(MANY)
    made, _ = merged("dare", (base, *others), weight=0.7, density=DENSITY)
    move = (made - base).astype(np.float64)
    golden = GOLDEN["dare_linear"]
    # Five standard errors of a mean; mergekit scales by what it drew, weigh by the density.
    doubt = 5 * move.std() / np.sqrt(MANY)
    assert abs((move == 0).mean() - (1 - DENSITY) ** 2) < 5 * 0.5 / np.sqrt(MANY)
    assert abs((move == 0).mean() - golden["nothing"]) < 2 * 5 * 0.5 / np.sqrt(MANY)
    assert abs(move.mean() - golden["mean"]) < 2 * doubt
    assert abs(np.abs(move).mean() - golden["absolute"]) < 2 * doubt
    assert abs(move.std() - golden["deviation"]) < 0.02 * golden["deviation"]


def test_dare_draws_the_same_everywhere_and_otherwise_for_each_tensor_side_and_seed():
    # SplitMix64 from the state 0 begins with 0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4 (its reference code).
    assert list(drawn(0, 0, 2, 0.8)) == [False, True]
    assert list(drawn(0, 0, 2, 0.9)) == [True, True]
    whole = drawn(key_of(7, "a.weight", "ours"), 0, 1000, 0.5)
    assert np.array_equal(drawn(key_of(7, "a.weight", "ours"), 400, 600, 0.5), whole[400:])
    assert not np.array_equal(drawn(key_of(8, "a.weight", "ours"), 0, 1000, 0.5), whole)
    assert not np.array_equal(drawn(key_of(7, "b.weight", "ours"), 0, 1000, 0.5), whole)
    assert not np.array_equal(drawn(key_of(7, "a.weight", "theirs"), 0, 1000, 0.5), whole)
    assert key_of(7, "a.weight", "ours") == 11950273782494828235


COMPUTING = ("average", "slerp", "task-arithmetic", "ties", "dare")


@settings(max_examples=40, deadline=None)
@given(
    strategy=st.sampled_from(COMPUTING),
    count=st.integers(1, 400),
    pieces=st.integers(1, 7),
    density=st.floats(0.01, 1.0),
    weight=st.floats(-2, 2),
    target=st.sampled_from(["F16", "BF16", "F32", "F64"]),
)
def test_any_range_is_made_without_the_others(strategy, count, pieces, density, weight, target):
    asked = {"weight": weight, "density": density, "dtypes": [target] * 3, "target": target}
    whole, _ = merged(strategy, models(count), **asked)
    parts, _ = merged(strategy, models(count), pieces=pieces, **asked)
    assert np.array_equal(whole, parts, equal_nan=True)
    assert len(whole) == count


@pytest.mark.parametrize("dtype", ["F16", "BF16", "F32", "F64"])
def test_all_of_every_change_is_task_arithmetic(dtype):
    asked = {"weight": 1.0, "density": 1.0, "dtypes": [dtype] * 3, "target": dtype}
    plain, _ = merged("task-arithmetic", models(), **asked)
    assert np.array_equal(merged("dare", models(), **asked)[0], plain)


def test_small_types_are_computed_in_single_precision_and_rounded_once():
    base, ours, theirs = models()
    made, rule = merged("average", (base, ours, theirs), dtypes=["BF16"] * 3, target="BF16", weight=0.25)
    assert rule == Linear(Form.SUM, "F32", (0.75, 0.25), ("BF16", "BF16"), "BF16")
    a, b = (singles(stored(side, "BF16"), "BF16") for side in (ours, theirs))
    exact = a * np.float32(0.75) + b * np.float32(0.25)
    assert np.array_equal(made, singles(stored(exact, "BF16"), "BF16"))
    assert merged("average", models(), dtypes=["F64"] * 3, target="F64")[1].working == "F64"


def test_a_line_stands_in_for_the_arc_between_parallel_tensors():
    base, ours, _ = models()
    for theirs in (ours * 2, -ours, np.zeros_like(ours)):
        _, arc = merged("slerp", (base, ours, theirs), weight=0.25)
        if theirs.any():
            assert arc.factors == (0.75, 0.25)
        else:
            # Nothing has no direction: the angle to it counts as a right one, as in mergekit.
            assert arc.factors == (round(np.sin(0.75 * np.pi / 2), 12), round(np.sin(0.25 * np.pi / 2), 12))


def trimmed(moves, density, *, working="F32"):
    kind = np.float64 if working == "F64" else np.float32
    moves = np.asarray(moves, kind)
    sources = ArraySources([np.zeros_like(moves), moves], [working] * 2)
    rule = ties(sources, (working,) * 2, working, weights=(1.0,), density=density, normalise=False)
    made = rule.range(sources, 0, sources.size(0))
    return np.frombuffer(made, kind)


@settings(max_examples=60, deadline=None)
@given(
    moves=st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=60),
    density=st.floats(0.01, 0.99),
    working=st.sampled_from(["F32", "F64"]),
)
def test_exactly_the_largest_changes_are_kept(moves, density, working):
    made = trimmed(moves, density, working=working)
    count = max(1, int(density * len(moves)))
    largest = sorted(np.abs(moves))[::-1][:count]
    assert sorted(np.abs(made[made != 0]))[::-1] == [v for v in largest if v != 0]
    assert all(m in {0, v} for m, v in zip(made, np.asarray(moves, made.dtype), strict=True))


def test_of_equal_changes_the_first_are_kept_and_what_is_no_number_is_large():
    assert list(trimmed([1, -1, 1, -1, 1, 1], 0.5)) == [1, -1, 1, 0, 0, 0]
    assert list(trimmed([1, 2, 1, 1], 0.5)) == [1, 2, 0, 0]
    made = trimmed([1, np.nan, 3, 2], 0.25)
    # Its sign agrees with nothing, so nothing of it is added; it takes the one place there was.
    assert list(made) == [0, 0, 0, 0]


def test_ties_across_several_chunks_is_the_same_as_in_one():
    rng = np.random.default_rng(0)
    count = 3 * (1 << 19) + 17
    base, ours, theirs = (rng.integers(-50, 50, count).astype(np.float32) for _ in range(3))
    made, rule = merged("ties", (base, ours, theirs), density=0.3, weight=1.0, pieces=5)
    for place, side in enumerate((ours, theirs)):
        size = np.abs(side - base)
        order = np.argsort(-size, kind="stable")[: int(0.3 * count)]
        kept = np.zeros(count, bool)
        kept[order] = True
        floor = np.uint32(rule.floors[place]).view(np.float32)
        assert np.array_equal(
            kept, (size > floor) | ((size == floor) & (np.arange(count) < rule.limits[place]))
        )
    assert np.isfinite(made).all()
