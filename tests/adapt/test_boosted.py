import numpy as np
import pytest

from weigh.adapt.arm import Rows
from weigh.adapt.boosted import BOOSTED, _fit_model, _matrix
from weigh.adapt.columns import Layout
from weigh.core.errors import MalformedError, UsageError


def fit(rows, labels, classes=2):
    return BOOSTED.fit(rows, labels, classes, groups=None, seed=3)


@pytest.mark.parametrize("classes", [2, 4])
def test_probabilities_are_scikit_learns_to_1e_9_on_rows_with_holes_and_unknown_categories(
    feature_rows, classes
):
    rows, labels = feature_rows(400, classes=classes)
    asked, _ = feature_rows(300, seed=8, classes=classes)
    fitted = fit(rows, labels, classes)
    layout = Layout.of(fitted)
    model = _fit_model(
        layout, _matrix(layout, rows.features), labels, iterations=fitted.settings["iterations"], seed=3
    )
    expected = model.predict_proba(_matrix(layout, asked.features))
    assert np.abs(BOOSTED.predict(fitted, asked) - expected).max() < 1e-9


def test_a_category_never_seen_in_training_is_answered_like_a_missing_one(feature_rows, features_of):
    rows, labels = feature_rows(300)
    fitted = fit(rows, labels)
    numbers = np.zeros((2, 4))
    codes = np.array([[0, -1], [0, 0]])
    asked = features_of(numbers, codes, [["red"], ["never seen"]])
    proba = BOOSTED.predict(fitted, Rows(2, features=asked))
    assert np.array_equal(proba[0], proba[1])


def test_categories_are_matched_by_name_not_by_code(feature_rows, features_of):
    rows, labels = feature_rows(300)
    fitted = fit(rows, labels)
    features = rows.features
    turned = features_of(
        features.numeric,
        np.stack([2 - features.categorical[:, 0], features.categorical[:, 1]], axis=1),
        [list(reversed(features.categories[0])), features.categories[1]],
    )
    again = BOOSTED.predict(fitted, Rows(rows.n, features=turned))
    assert np.array_equal(again, BOOSTED.predict(fitted, rows))


def test_more_categories_than_a_byte_holds_are_bounded(features_of):
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 900, (2000, 1))
    features = features_of(rng.normal(size=(2000, 1)), codes, [[f"v{i}" for i in range(900)]])
    rows, labels = Rows(2000, features=features), rng.integers(0, 2, 2000)
    fitted = fit(rows, labels)
    assert int(fitted.arrays["category_counts"][0]) == 254
    assert np.isfinite(BOOSTED.predict(fitted, rows)).all()


@pytest.mark.parametrize("columns", [(3, 0), (0, 2)])
def test_only_numbers_or_only_categories_are_enough(features_of, columns):
    rng = np.random.default_rng(1)
    numeric, categorical = columns
    codes = rng.integers(0, 3, (200, categorical))
    features = features_of(rng.normal(size=(200, numeric)), codes, [["a", "b", "c"]] * categorical)
    rows, labels = Rows(200, features=features), np.arange(200) % 2
    assert np.isfinite(BOOSTED.predict(fit(rows, labels), rows)).all()


def test_infinite_numbers_count_as_missing(features_of, feature_rows):
    rows, labels = feature_rows(200)
    fitted = fit(rows, labels)
    codes = np.zeros((2, 2), dtype=np.int64)
    numbers = np.array([[np.inf, 0, 0, 0], [np.nan, 0, 0, 0]])
    asked = features_of(numbers, codes, [["red"], ["k0"]])
    proba = BOOSTED.predict(fitted, Rows(2, features=asked))
    assert np.array_equal(proba[0], proba[1])


def test_a_column_that_changed_its_type_is_named_in_the_error(feature_rows, features_of):
    rows, labels = feature_rows(100)
    fitted = fit(rows, labels)
    asked = features_of(np.zeros((1, 2)), np.zeros((1, 2), dtype=np.int64), [["red"], ["k0"]])
    with pytest.raises(UsageError, match='"x2" is not there as a numeric column'):
        BOOSTED.predict(fitted, Rows(1, features=asked))


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("tree_left", lambda a: np.where(a > 0, 10**6, a)),
        ("tree_right", np.zeros_like),
        ("tree_feature", lambda a: a + 99),
        ("tree_starts", lambda a: a + 1),
        ("tree_value", lambda a: a[:-1]),
        ("tree_output", lambda a: a + 5),
        ("tree_bitset", lambda a: a + 10**6),
    ],
)
def test_stored_trees_that_point_nowhere_are_refused_and_never_walked(feature_rows, name, spoil):
    rows, labels = feature_rows(200)
    fitted = fit(rows, labels)
    fitted.arrays[name] = spoil(fitted.arrays[name])
    with pytest.raises(MalformedError, match="stored trees are broken"):
        BOOSTED.predict(fitted, rows)
