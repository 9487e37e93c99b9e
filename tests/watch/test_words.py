import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from weigh.watch import categories, words
from weigh.watch.categories import hashed
from weigh.watch.words import SCRIPTS, UNKNOWN_WORDS

SALT = "0" * 32


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("plain words", "latin"), ("Привет, мир", "cyrillic"), ("καλημέρα", "greek"), ("你好", "han"),
        ("こんにちは", "kana"), ("안녕", "hangul"), ("नमस्ते", "devanagari"), ("שלום", "hebrew"),
        ("مرحبا", "arabic"), ("ສະບາຍດີ", "other"), ("12 + 3", "none"), ("", "none"),
    ],
)  # fmt: skip
def test_the_script_is_that_of_most_letters(text, script):
    place = words.scripts([text])[0]
    assert (*SCRIPTS, "none")[place] == script


@given(st.lists(st.text(max_size=60), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_any_text_has_traits_that_are_shares_or_counts(texts):
    kept = words.summarise(texts, texts, texts, salt=SALT, fullest=0.004)
    found = words.traits_of(kept, texts, salt=SALT)
    assert [trait.name for trait in kept.traits] == list(found)
    for name in ("upper case", "digits", "punctuation", "not ASCII", UNKNOWN_WORDS):
        shown = found[name][~np.isnan(found[name])]
        assert ((shown >= 0) & (shown <= 1)).all()
    assert found["characters"].tolist() == [len(text) for text in texts]


def test_words_of_few_texts_are_not_in_the_vocabulary_and_none_is_readable():
    texts = ["the common word"] * 5 + ["one secret name"] * 4
    kept = words.summarise(texts, texts, texts, salt=SALT, fullest=0.004)
    assert set(kept.vocabulary) == {hashed(SALT, w) for w in ("the", "common", "word")}
    shares = words.unknown_words(["the secret", "common word", "?!"], frozenset(kept.vocabulary), SALT)
    assert shares[:2].tolist() == [0.5, 0.0]
    assert np.isnan(shares[2])


def test_a_category_of_few_rows_is_only_counted_with_others():
    names = ("often", "rare", "rarer")
    codes = np.array([0] * 20 + [1] * 4 + [2] * 3 + [-1] * 2)
    kept = categories.summarise("c", codes, names, salt=SALT)
    assert kept.values == ((hashed(SALT, "often"), 20),)
    assert (kept.rest, kept.missing, kept.rows) == (7, 2, 29)
    assert "often" not in repr(kept)
    filled = categories.fill(kept, np.array([0, 1, 2, 2, -1]), ("new", "often", "rarer"), salt=SALT)
    assert filled.tolist() == [1, 3]


def test_the_order_in_which_values_are_numbered_does_not_matter():
    rng = np.random.default_rng(0)
    names = tuple(f"v{i}" for i in range(30))
    codes = rng.integers(0, 30, size=2000)
    order = rng.permutation(30)
    turned = np.argsort(order)[codes]
    shuffled = tuple(names[i] for i in order)
    assert categories.summarise("c", codes, names, salt=SALT) == categories.summarise(
        "c", turned, shuffled, salt=SALT
    )
