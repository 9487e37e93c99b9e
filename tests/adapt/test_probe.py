import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from weigh.adapt.arm import Rows
from weigh.adapt.probe import PROBE
from weigh.core.errors import UsageError


def test_probabilities_are_those_of_a_standardised_logistic_regression(embedding_rows):
    rows, labels = embedding_rows(300, classes=3)
    fitted = PROBE.fit(rows, labels, 3, groups=None, seed=0)
    oracle = make_pipeline(StandardScaler(), LogisticRegression(C=fitted.settings["C"], max_iter=1000))
    oracle.fit(rows.embeddings.astype(np.float64), labels)
    expected = oracle.predict_proba(rows.embeddings.astype(np.float64))
    assert np.abs(PROBE.predict(fitted, rows) - expected).max() < 1e-6


def test_dead_dimensions_are_left_out_and_nothing_infinite_is_kept(embedding_rows):
    rows, labels = embedding_rows(100)
    dead = np.concatenate(
        [rows.embeddings, np.zeros((100, 1), np.float32), np.full((100, 1), 3, np.float32)], axis=1
    )
    fitted = PROBE.fit(Rows(100, embeddings=dead), labels, 2, groups=None, seed=0)
    assert (fitted.arrays["coef"][:, -2:] == 0).all()
    assert np.isfinite(fitted.arrays["intercept"]).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_embedding_that_is_not_finite_is_named_by_its_row(embedding_rows, bad):
    rows, labels = embedding_rows(20)
    rows.embeddings[7, 3] = bad
    with pytest.raises(UsageError) as caught:
        PROBE.fit(rows, labels, 2, groups=None, seed=0)
    assert "row 7 of 20" in caught.value.why


def test_embeddings_of_another_model_are_refused(embedding_rows):
    rows, labels = embedding_rows(20)
    fitted = PROBE.fit(rows, labels, 2, groups=None, seed=0)
    with pytest.raises(UsageError, match="another width"):
        PROBE.predict(fitted, Rows(1, embeddings=np.zeros((1, 9), np.float32)))
