import numpy as np
from sklearn.linear_model import LogisticRegression

from weigh.adapt.arm import Rows
from weigh.adapt.columns import Layout
from weigh.adapt.linear import LINEAR, _design


def test_probabilities_are_scikit_learns_to_1e_9_on_the_same_design(feature_rows):
    rows, labels = feature_rows(300, classes=3)
    fitted = LINEAR.fit(rows, labels, 3, groups=None, seed=0)
    matrix = _design(
        Layout.of(fitted), rows.features, mean=fitted.arrays["mean"], scale=fitted.arrays["scale"]
    )
    model = LogisticRegression(C=fitted.settings["C"], max_iter=1000).fit(matrix, labels)
    model.coef_, model.intercept_ = fitted.arrays["coef"], fitted.arrays["intercept"]
    assert np.abs(LINEAR.predict(fitted, rows) - model.predict_proba(matrix)).max() < 1e-9


def test_the_unit_of_a_number_does_not_matter(feature_rows, features_of):
    rows, labels = feature_rows(200)
    features = rows.features
    scaled = features_of(features.numeric * 1e6 + 5, features.categorical, features.categories)
    first = LINEAR.predict(LINEAR.fit(rows, labels, 2, groups=None, seed=0), rows)
    other = Rows(rows.n, features=scaled)
    second = LINEAR.predict(LINEAR.fit(other, labels, 2, groups=None, seed=0), other)
    assert np.abs(first - second).max() < 1e-3


def test_a_missing_number_can_itself_tell_the_class(features_of):
    labels = np.arange(200) % 2
    numbers = np.where(labels[:, None] == 1, np.nan, np.random.default_rng(0).normal(size=(200, 1)))
    rows = Rows(200, features=features_of(numbers))
    fitted = LINEAR.fit(rows, labels, 2, groups=None, seed=0)
    assert (LINEAR.predict(fitted, rows).argmax(axis=1) == labels).all()


def test_huge_constant_and_empty_columns_break_nothing(features_of):
    rng = np.random.default_rng(0)
    numbers = np.stack(
        [rng.normal(size=60), np.full(60, 7.0), np.full(60, np.nan), rng.choice([1e308, -1e308, np.inf], 60)],
        axis=1,
    )
    rows = Rows(60, features=features_of(numbers))
    fitted = LINEAR.fit(rows, np.arange(60) % 2, 2, groups=None, seed=0)
    assert np.isfinite(LINEAR.predict(fitted, rows)).all()
    assert all(np.isfinite(a).all() for a in fitted.arrays.values())
