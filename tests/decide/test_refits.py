import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from weigh.datasets.splits import FEWEST_TRAIN
from weigh.decide.refits import DIVISIONS, FEWEST_UNITS, LARGEST_PART, PARTS, refits_of


def made(labels, groups=None, *, seed=0, train=None, **more):
    groups = np.arange(labels.size) if groups is None else groups
    train = np.arange(labels.size) if train is None else train
    return refits_of(train, labels=labels, groups=groups, seed=seed, **more)


def left_out(rows, train):
    return [np.setdiff1d(train, one) for one in rows]


def jackknife(values, rows):
    """The variance formula of the module's docstring, averaged over divisions."""
    means = np.array([values[one].mean() for one in rows]).reshape(-1, PARTS)
    return (PARTS - 1) / PARTS * np.square(means - means.mean(axis=1, keepdims=True)).sum(axis=1).mean()


@settings(max_examples=40, deadline=None)
@given(st.integers(60, 300), st.integers(2, 4), st.integers(1, 5), st.integers(0, 10**6))
def test_the_parts_left_out_divide_the_rows_and_keep_groups_and_classes_even(n, classes, size, seed):
    rng = np.random.default_rng(seed)
    groups = rng.permutation(n) // size
    labels = (groups % classes).astype(np.int64)
    train = rng.permutation(n)
    found = made(labels, groups, seed=seed, train=train)
    if found.why_not:
        assert not found.rows
        assert np.unique(groups).size < FEWEST_UNITS or size > 1
        return
    assert len(found.rows) == PARTS * DIVISIONS
    for division in range(DIVISIONS):
        rows = found.rows[division * PARTS : (division + 1) * PARTS]
        parts = left_out(rows, train)
        assert sorted(np.concatenate(parts).tolist()) == list(range(n))
        for kept, part in zip(rows, parts, strict=True):
            assert not np.intersect1d(groups[kept], groups[part]).size
            assert [i for i in train.tolist() if i in set(kept.tolist())] == kept.tolist()
            assert kept.size >= FEWEST_TRAIN
            assert part.size <= LARGEST_PART * n
        per_class = [[np.unique(groups[p][labels[p] == c]).size for p in parts] for c in range(classes)]
        assert all(max(counts) - min(counts) <= 1 for counts in per_class)


def test_the_same_seed_gives_the_same_parts_and_another_seed_others():
    labels = np.arange(200) % 2
    one, again, other = made(labels), made(labels), made(labels, seed=1)
    assert all(np.array_equal(a, b) for a, b in zip(one.rows, again.rows, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one.rows, other.rows, strict=True))
    assert not np.array_equal(one.rows[0], one.rows[PARTS])


def test_the_jackknife_over_the_parts_is_the_variance_of_a_mean():
    values = np.random.default_rng(0).exponential(size=64)
    found = made(np.zeros(64, dtype=np.int64), divisions=4000)
    assert jackknife(values, found.rows) == pytest.approx(values.var(ddof=1) / 64, rel=0.03)


def test_with_classes_kept_even_it_is_the_variance_of_a_stratified_mean():
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1], [80, 160])
    values = rng.normal(size=240) + 5 * labels
    found = made(labels, divisions=2000)
    within = sum(values[labels == c].var(ddof=1) * (labels == c).sum() for c in (0, 1)) / 240**2
    assert jackknife(values, found.rows) == pytest.approx(within, rel=0.05)


def test_rows_of_groups_vary_as_groups_not_as_rows():
    rng = np.random.default_rng(2)
    groups = np.repeat(np.arange(60), 5)
    values = rng.normal(size=60)[groups]
    found = made(np.zeros(300, dtype=np.int64), groups, divisions=2000)
    between = values[::5].var(ddof=1) / 60
    assert jackknife(values, found.rows) == pytest.approx(between, rel=0.05)


def test_groups_of_unequal_size_make_the_variance_a_little_too_large_never_too_small():
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(80), rng.integers(1, 12, 80))
    effects = rng.normal(size=80)
    values = effects[groups]
    found = made(np.zeros(groups.size, dtype=np.int64), groups, divisions=2000)
    totals = np.bincount(groups, weights=values - values.mean())
    expected = 80 / 79 * np.square(totals).sum() / groups.size**2
    assert 0.95 * expected < jackknife(values, found.rows) < 1.2 * expected


@pytest.mark.parametrize(
    ("labels", "groups", "reason"),
    [
        (np.array([0] * 99 + [1]), None, "without losing a class"),
        (np.arange(100) % 2, np.arange(100) % (FEWEST_UNITS - 1), "only 15 independent units"),
        (np.arange(100) % 2, np.minimum(np.arange(100), 40), "without losing a class"),
        (np.arange(24) % 2, None, "without losing a class"),
    ],
    ids=["a class of one row", "few groups", "one group of most rows", "too few rows"],
)
def test_where_a_part_cannot_be_left_out_there_are_none_and_it_says_why(labels, groups, reason):
    found = made(labels, groups)
    assert found.rows == ()
    assert reason in found.why_not


def test_a_class_must_also_be_left_in_what_a_fold_may_be_fitted_on():
    labels = np.arange(100) % 2
    assert made(labels).rows
    fold = np.concatenate([np.arange(0, 100, 2), [1]])
    assert made(labels, fitted_on=(None, fold)).why_not
    assert made(labels, fitted_on=(None, np.arange(60))).rows


def test_no_rows_have_no_parts():
    nothing = np.zeros(0, dtype=np.int64)
    assert refits_of(nothing, labels=nothing, groups=nothing, seed=0).why_not
