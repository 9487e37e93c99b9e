"""What it means that a row counts more than another, and that a choice was made before."""

import numpy as np
import pytest

from weigh.adapt.boosted import BOOSTED
from weigh.adapt.linear import LINEAR
from weigh.adapt.majority import MAJORITY
from weigh.adapt.probe import PROBE
from weigh.adapt.tfidf_linear import TFIDF_LINEAR


@pytest.fixture
def rows_for(text_rows, feature_rows, embedding_rows):
    def build(arm, n, *, seed=0):
        if arm is TFIDF_LINEAR:
            return text_rows(n, seed=seed, signal=0.6)
        if arm is PROBE:
            return embedding_rows(n, seed=seed, useful=True)
        return feature_rows(n, seed=seed, useful=True)

    return build


ARMS = [MAJORITY, TFIDF_LINEAR, LINEAR, BOOSTED, PROBE]


@pytest.mark.parametrize("arm", ARMS, ids=lambda a: a.id)
def test_equal_weights_change_nothing(arm, rows_for):
    rows, labels = rows_for(arm, 120)
    plain = arm.predict(arm.fit(rows, labels, 2, groups=None, seed=0), rows)
    even = arm.predict(arm.fit(rows, labels, 2, groups=None, seed=0, weights=np.ones(120)), rows)
    np.testing.assert_allclose(even, plain, atol=1e-3)


@pytest.mark.parametrize("arm", ARMS, ids=lambda a: a.id)
def test_a_heavier_class_is_answered_more_often(arm, rows_for):
    rows, labels = rows_for(arm, 200)
    weights = np.where(labels == 1, 4.0, 1.0)
    plain = arm.predict(arm.fit(rows, labels, 2, groups=None, seed=0), rows)[:, 1].mean()
    heavy = arm.predict(arm.fit(rows, labels, 2, groups=None, seed=0, weights=weights), rows)[:, 1].mean()
    assert heavy > plain


def test_weights_of_whole_numbers_are_copies_of_rows(rows_for):
    rows, labels = rows_for(MAJORITY, 50)
    times = np.random.Generator(np.random.PCG64(0)).integers(1, 4, 50)
    copied = np.repeat(np.arange(50), times)
    weighted = MAJORITY.fit(rows, labels, 2, groups=None, seed=0, weights=times.astype(float))
    again = MAJORITY.fit(rows.take(copied), labels[copied], 2, groups=None, seed=0)
    np.testing.assert_allclose(weighted.arrays["frequency"], again.arrays["frequency"])


@pytest.mark.parametrize("arm", ARMS, ids=lambda a: a.id)
def test_a_fit_with_what_was_chosen_before_is_that_fit(arm, rows_for):
    rows, labels = rows_for(arm, 120)
    first = arm.fit(rows, labels, 2, groups=None, seed=3)
    again = arm.fit(rows, labels, 2, groups=None, seed=3, chosen=first.settings)
    assert again.settings == first.settings
    np.testing.assert_array_equal(arm.predict(again, rows), arm.predict(first, rows))


@pytest.mark.parametrize("arm", [LINEAR, PROBE, TFIDF_LINEAR], ids=lambda a: a.id)
def test_what_was_chosen_before_holds_on_other_rows(arm, rows_for):
    rows, labels = rows_for(arm, 120)
    assert arm.fit(rows, labels, 2, groups=None, seed=0, chosen={"C": 0.25}).settings["C"] == 0.25
