import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from weigh.datasets.perturbations.missing import MISSING_TENTH, MISSING_THIRD
from weigh.datasets.perturbations.mistakes import OTHER_UNIT, UNSEEN_CATEGORY
from weigh.datasets.perturbations.noise import SLIGHT_NOISE, STRONG_NOISE
from weigh.datasets.perturbations.perturbation import changed, spread_of
from weigh.datasets.perturbations.table import FEATURE_PERTURBATIONS
from weigh.datasets.table import FeatureColumns

each_kind = pytest.mark.parametrize("kind", FEATURE_PERTURBATIONS, ids=lambda kind: kind.id)
NUMBERS = st.floats(allow_infinity=False, width=64)


def features_of(numeric, categorical=None, categories=(("a", "b", "unseen"), ("x",))):
    numeric = np.asarray(numeric, dtype=np.float64)
    if categorical is None:
        categorical = np.zeros((len(numeric), len(categories)), dtype=np.int64)
    categorical = np.asarray(categorical, dtype=np.int64)
    names = tuple(f"n{i}" for i in range(numeric.shape[1]))
    return FeatureColumns(
        numeric, names, categorical, tuple(f"c{i}" for i in range(categorical.shape[1])), categories
    )


def rows(n, seed=0):
    rng = np.random.default_rng(seed)
    return features_of(
        rng.normal(size=(n, 3)) * [1, 10, 100],
        np.stack([rng.integers(-1, 3, n), rng.integers(-1, 1, n)], axis=1),
    )


def disturb(kind, features, seed=0):
    return kind.apply(features, spread=spread_of(features), seed=seed)


def names_of(features, column):
    return [
        None if code < 0 else features.categories[column][code]
        for code in features.categorical[:, column].tolist()
    ]


@each_kind
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_disturbed_rows_keep_their_shape_and_stay_well_formed(kind, data):
    n = data.draw(st.integers(0, 6))
    numeric = data.draw(st.lists(st.lists(NUMBERS, min_size=2, max_size=2), min_size=n, max_size=n))
    codes = data.draw(st.lists(st.tuples(st.integers(-1, 2), st.integers(-1, 0)), min_size=n, max_size=n))
    features = features_of(np.reshape(numeric, (n, 2)), np.reshape(codes, (n, 2)))
    found = disturb(kind, features)
    assert found.numeric.shape == (n, 2)
    assert not np.isinf(found.numeric).any()
    assert found.names == features.names
    for column, names in enumerate(found.categories):
        assert list(names) == sorted(set(names))
        assert set(features.categories[column]) <= set(names)
        assert ((found.categorical[:, column] >= -1) & (found.categorical[:, column] < len(names))).all()


@each_kind
def test_the_same_seed_disturbs_the_same_cells(kind):
    first, second, other = (disturb(kind, rows(50), seed) for seed in (1, 1, 2))
    assert not changed(first, second).any()
    assert changed(first, other).any()


@each_kind
@pytest.mark.parametrize("shape", [(4, 0, 0), (4, 2, 0), (4, 0, 2), (0, 2, 2)])
def test_tables_without_numbers_categories_or_rows_are_no_trouble(kind, shape):
    n, numeric, categorical = shape
    features = features_of(
        np.ones((n, numeric)), np.zeros((n, categorical)), tuple(("a",) for _ in range(categorical))
    )
    assert disturb(kind, features).numeric.shape == (n, numeric)


@each_kind
def test_the_rows_given_are_not_touched(kind):
    features, before = rows(30), rows(30)
    disturb(kind, features)
    assert not changed(before, features).any()


def test_cells_go_missing_at_the_stated_rate():
    features = features_of(np.ones((4000, 2)), np.zeros((4000, 2)))
    for kind, share in ((MISSING_TENTH, 0.1), (MISSING_THIRD, 0.3)):
        found = disturb(kind, features)
        assert np.isnan(found.numeric).mean() == pytest.approx(share, abs=0.02)
        assert (found.categorical == -1).mean() == pytest.approx(share, abs=0.02)


def test_noise_is_in_standard_deviations_of_its_column():
    features = rows(5000)
    for kind, share in ((SLIGHT_NOISE, 0.1), (STRONG_NOISE, 0.5)):
        moved = disturb(kind, features).numeric - features.numeric
        assert moved.std(axis=0) / spread_of(features) == pytest.approx([share] * 3, rel=0.05)


def test_numbers_without_a_finite_spread_get_no_noise():
    features = features_of([[1e308], [-1e308], [np.nan]], np.zeros((3, 2)))
    assert spread_of(features).tolist() == [0.0]
    assert not changed(features, disturb(STRONG_NOISE, features)).any()


def test_one_category_of_each_row_that_has_one_becomes_a_value_nobody_has():
    features = rows(200)
    found = disturb(UNSEEN_CATEGORY, features)
    new = [
        sum(name is not None and name not in features.categories[column] for column, name in enumerate(row))
        for row in zip(names_of(found, 0), names_of(found, 1), strict=True)
    ]
    assert new == (features.categorical >= 0).any(axis=1).astype(int).tolist()
    for column in (0, 1):
        kept = [
            a == b or b not in features.categories[column]
            for a, b in zip(names_of(features, column), names_of(found, column), strict=True)
        ]
        assert all(kept)


def test_one_number_of_each_row_is_ten_times_as_large():
    features = rows(200)
    found = disturb(OTHER_UNIT, features)
    ratio = found.numeric / features.numeric
    assert (np.isclose(ratio, 10).sum(axis=1) == 1).all()
    assert (np.isclose(ratio, 1).sum(axis=1) == 2).all()


def test_zeros_and_missing_numbers_are_in_no_other_unit():
    features = features_of([[0.0, np.nan], [1e308, 0.0]], np.zeros((2, 2)))
    assert not changed(features, disturb(OTHER_UNIT, features)).any()


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(-1, 2), min_size=1, max_size=8), st.lists(st.integers(-1, 2), min_size=1, max_size=8)
)
def test_rows_differ_exactly_where_the_names_of_their_categories_do(first, second):
    n = min(len(first), len(second))
    before = features_of(np.ones((n, 1)), np.reshape(first[:n], (n, 1)), (("a", "b", "d"),))
    # The same names in another numbering.
    codes = [{-1: -1, 0: 1, 1: 2, 2: 4}[code] for code in second[:n]]
    after = features_of(np.ones((n, 1)), np.reshape(codes, (n, 1)), (("A", "a", "b", "c", "d"),))
    assert changed(before, after).tolist() == [a != b for a, b in zip(first[:n], second[:n], strict=True)]
