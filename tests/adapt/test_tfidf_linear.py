import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from weigh.adapt.arm import Rows
from weigh.adapt.tfidf import encode, inverse_frequency, terms, vocabulary
from weigh.adapt.tfidf_linear import TFIDF_LINEAR

TEXTS = st.lists(st.text(max_size=60), min_size=2, max_size=12)


def dense(sparse):
    matrix = np.zeros(sparse.shape)
    matrix[sparse.rows, sparse.columns] = sparse.values
    return matrix


def ours(texts, asked, *, min_df=1):
    words, counts = vocabulary(texts, min_df=min_df)
    index = {term: i for i, term in enumerate(words)}
    return words, dense(encode(asked, index, inverse_frequency(counts, len(texts))))


@settings(max_examples=50, deadline=None)
@given(TEXTS, TEXTS)
def test_the_matrix_is_scikit_learns_for_any_text(texts, asked):
    words, matrix = ours(texts, asked)
    if not words:
        return
    oracle = TfidfVectorizer(ngram_range=(1, 2)).fit(texts)
    assert words == sorted(oracle.vocabulary_)
    assert np.allclose(matrix, oracle.transform(asked).toarray(), atol=1e-12)


def test_probabilities_are_those_of_scikit_learns_pipeline_to_1e_9(text_rows):
    rows, labels = text_rows(300)
    asked, _ = text_rows(200, seed=3)
    fitted = TFIDF_LINEAR.fit(rows, labels, 2, groups=None, seed=0)
    oracle = TfidfVectorizer(ngram_range=(1, 2), min_df=2).fit(rows.texts)
    model = LogisticRegression(C=fitted.settings["C"], max_iter=1000).fit(
        oracle.transform(rows.texts), labels
    )
    expected = model.predict_proba(oracle.transform(asked.texts))
    # The same coefficients answer alike; scikit-learn's own refit may stop an iteration elsewhere.
    coef = fitted.arrays["coef"]
    model.coef_, model.intercept_ = coef, fitted.arrays["intercept"]
    assert (
        np.abs(TFIDF_LINEAR.predict(fitted, asked) - model.predict_proba(oracle.transform(asked.texts))).max()
        < 1e-9
    )
    assert np.abs(TFIDF_LINEAR.predict(fitted, asked) - expected).max() < 1e-3


def test_many_classes_are_scikit_learns_softmax(text_rows):
    rows, labels = text_rows(200)
    labels = (labels + np.arange(200) % 2) % 3
    fitted = TFIDF_LINEAR.fit(rows, labels, 3, groups=None, seed=0)
    oracle = TfidfVectorizer(ngram_range=(1, 2), min_df=2).fit(rows.texts)
    model = LogisticRegression(C=fitted.settings["C"], max_iter=1000).fit(
        oracle.transform(rows.texts), labels
    )
    model.coef_, model.intercept_ = fitted.arrays["coef"], fitted.arrays["intercept"]
    expected = model.predict_proba(oracle.transform(rows.texts))
    assert np.abs(TFIDF_LINEAR.predict(fitted, rows) - expected).max() < 1e-9


def test_terms_are_words_of_two_letters_and_pairs_of_neighbours():
    assert list(terms("A good, Good film!")) == ["good", "good", "film", "good good", "good film"]


def test_a_vocabulary_is_bounded_and_keeps_the_commonest_terms():
    words, counts = vocabulary(["aa bb", "aa cc", "aa bb"], min_df=1, most=2)
    assert words == ["aa", "aa bb"]
    assert counts.tolist() == [3, 2]


@pytest.mark.parametrize(
    "texts", [["", "", "", ""], ["?", "!", "…", "a"], ["\ud800 \udc00", "\x00", "ok ok", "ok"]]
)
def test_texts_without_words_or_with_broken_characters_are_fitted_and_answered(texts):
    labels = np.array([0, 1, 0, 1])
    fitted = TFIDF_LINEAR.fit(Rows(4, texts=texts), labels, 2, groups=None, seed=0)
    proba = TFIDF_LINEAR.predict(fitted, Rows(4, texts=texts))
    assert np.isfinite(proba).all()
    assert np.allclose(proba.sum(axis=1), 1)


def test_a_word_never_seen_in_training_changes_nothing(text_rows):
    rows, labels = text_rows(100)
    fitted = TFIDF_LINEAR.fit(rows, labels, 2, groups=None, seed=0)
    plain = TFIDF_LINEAR.predict(fitted, Rows(1, texts=["superb film"]))
    assert np.array_equal(plain, TFIDF_LINEAR.predict(fitted, Rows(1, texts=["superb film zzyzx"])))
