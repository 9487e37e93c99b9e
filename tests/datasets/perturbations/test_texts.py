import unicodedata

import pytest
from hypothesis import example, given, settings, strategies as st

from weigh.datasets.perturbations.characters import ACCENTS, FULL_WIDTH, HOMOGLYPHS, ZERO_WIDTH
from weigh.datasets.perturbations.letter_case import LOWER, UPPER
from weigh.datasets.perturbations.negation import NEGATION_PUT_IN, NEGATION_TAKEN_OUT
from weigh.datasets.perturbations.perturbation import Expectation, valid
from weigh.datasets.perturbations.punctuation import NO_PUNCTUATION, WHITE_SPACE
from weigh.datasets.perturbations.table import FEATURE_PERTURBATIONS, TEXT_PERTURBATIONS
from weigh.datasets.perturbations.truncation import FIRST_HALF_LOST, LAST_THIRD_LOST
from weigh.datasets.perturbations.typos import TYPOS

ANY = st.text(st.characters(), max_size=200)
WITH_SURROGATES = st.text(
    st.one_of(st.characters(), st.characters(categories=["Cs"]), st.just("\U0001f600")), max_size=60
)
SENTENCE = "The Quick brown fox, who isn't lazy, jumps over 12 dogs; it was a good day!"

each_kind = pytest.mark.parametrize("kind", TEXT_PERTURBATIONS, ids=lambda kind: kind.id)


def one(kind, text, seed=0):
    return kind.apply([text], seed=seed)[0]


def letters(text):
    return [c for c in text if c.isalpha()]


def test_ids_are_unique_words_joined_by_hyphens():
    ids = [kind.id for kind in (*TEXT_PERTURBATIONS, *FEATURE_PERTURBATIONS)]
    assert len(set(ids)) == len(ids)
    assert all(i == i.lower() and " " not in i and "_" not in i for i in ids)


@each_kind
@settings(max_examples=30, deadline=None)
@given(texts=st.lists(ANY, max_size=5), seed=st.integers(0, 2**32))
def test_the_same_seed_disturbs_a_text_in_the_same_way_whatever_stands_beside_it(kind, texts, seed):
    together = kind.apply(texts, seed=seed)
    assert together == kind.apply(texts, seed=seed)
    assert together == [one(kind, text, seed) for text in texts]


@each_kind
@settings(max_examples=50, deadline=None)
@given(text=WITH_SURROGATES)
@example(text="\ud800")
@example(text="is\ud83d\ude00\udc00 not")
def test_what_comes_out_is_valid_unicode_of_bounded_length(kind, text):
    out = one(kind, text)
    out.encode("utf-8")
    assert len(out) <= 3 * len(text) + 4


@each_kind
def test_the_empty_text_stays_empty(kind):
    assert one(kind, "") == ""


@each_kind
@pytest.mark.parametrize("text", [" ", "\n\t", "!", "…", "\u200b", "x", "1", "\x00", "\u202e", "ﷺ", "ß"])
def test_texts_with_hardly_anything_in_them_are_no_trouble(kind, text):
    out = one(kind, text)
    assert len(out) <= 3 * len(text) + 4
    assert out != ""


@each_kind
def test_an_ordinary_sentence_is_changed_by_every_kind(kind):
    assert one(kind, SENTENCE) != SENTENCE


@pytest.mark.parametrize("kind", [TYPOS, HOMOGLYPHS, ACCENTS, ZERO_WIDTH, WHITE_SPACE], ids=lambda k: k.id)
def test_another_seed_disturbs_other_places(kind):
    assert len({one(kind, SENTENCE * 3, seed) for seed in range(5)}) > 1


@settings(max_examples=50, deadline=None)
@given(WITH_SURROGATES)
def test_valid_text_is_left_as_it_is_and_validity_is_reached_in_one_step(text):
    once = valid(text)
    once.encode("utf-8")
    assert valid(once) == once


def test_about_one_letter_in_twenty_is_mistyped_and_nothing_but_words_is_touched():
    text = "abcdefghij " * 200
    out = one(TYPOS, text)
    assert out.count(" ") == 200
    untouched = out.split(" ").count("abcdefghij")
    # 100 slips over 200 words: exp(-1/2) of the words get none.
    assert 100 < untouched < 145
    assert one(TYPOS, "1234 5,6 !? ab") == "1234 5,6 !? ab"


def test_a_mistyped_capital_stays_a_capital():
    out = one(TYPOS, "ABCDEFGHIJKLMNOPQRSTUVWXYZ" * 20)
    assert out.isupper()


def test_a_short_word_gets_at_least_one_typo():
    assert one(TYPOS, "cat") != "cat"


def test_letter_case_changes_nothing_else():
    assert one(UPPER, SENTENCE) == SENTENCE.upper()
    assert one(LOWER, SENTENCE) == SENTENCE.lower()


def test_homoglyphs_are_letters_of_another_script_at_the_same_places():
    out = one(HOMOGLYPHS, SENTENCE)
    assert len(out) == len(SENTENCE)
    changed = [(a, b) for a, b in zip(SENTENCE, out, strict=True) if a != b]
    assert changed
    assert all("CYRILLIC" in unicodedata.name(b) and a.isupper() == b.isupper() for a, b in changed)


def test_accents_and_invisible_spaces_can_be_taken_off_again():
    bare = "".join(c for c in one(ACCENTS, SENTENCE) if not unicodedata.combining(c))
    assert bare == SENTENCE
    assert one(ZERO_WIDTH, SENTENCE).replace("\u200b", "") == SENTENCE


def test_full_width_text_is_compatible_with_the_plain_one():
    out = one(FULL_WIDTH, SENTENCE)
    assert unicodedata.normalize("NFKC", out) == SENTENCE
    assert not any("!" <= c <= "~" for c in out)


def test_truncation_keeps_whole_words_at_one_end():
    assert one(FIRST_HALF_LOST, "a b c d e") == "c d e"
    assert one(LAST_THIRD_LOST, "a b c d e f") == "a b c d"
    assert one(FIRST_HALF_LOST, " one ") == " one "
    assert one(LAST_THIRD_LOST, "one two") == "one"


@settings(max_examples=50, deadline=None)
@given(ANY)
def test_truncation_leaves_a_part_of_the_text_that_says_something(text):
    for kind in (FIRST_HALF_LOST, LAST_THIRD_LOST):
        out = one(kind, text)
        assert out in text
        assert out.split() != [] or text.split() == []


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("It is good", "It is not good"),
        ("THIS IS GOOD", "THIS IS NOT GOOD"),
        ("She can swim and he will run", "She can not swim and he will run"),
        ("It isn't good", "It isn't good"),
        ("It is not good", "It is not good"),
        ("Good thing", "Good thing"),
        ("This island", "This island"),
        ("I have a car", "I have a car"),
    ],
)
def test_a_not_goes_behind_the_first_verb_that_takes_one(text, negated):
    assert one(NEGATION_PUT_IN, text) == negated


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("It is not good", "It is good"),
        ("It isn't good", "It is good"),
        ("Don’t go", "Do go"),
        ("I can't and won't", "I can and won't"),
        ("Won't you?", "Will you?"),
        ("CANNOT DO", "CAN DO"),
        ("a knot, nothing, note", "a knot, nothing, note"),
    ],
)
def test_the_first_negation_is_taken_out(text, plain):
    assert one(NEGATION_TAKEN_OUT, text) == plain


def test_taking_out_what_was_put_in_gives_the_text_back():
    for text in ("It is good.", "They would come", "We were there, it was fine"):
        assert one(NEGATION_TAKEN_OUT, one(NEGATION_PUT_IN, text)) == text


def test_long_runs_of_white_space_take_no_long_time():
    text = "is" + " " * 200_000 + "no"
    assert one(NEGATION_TAKEN_OUT, text) == text


def test_only_negation_is_expected_to_change_answers():
    changing = {k.id for k in TEXT_PERTURBATIONS if k.expectation is Expectation.CHANGES}
    assert changing == {"negation-put-in", "negation-taken-out"}


def test_punctuation_and_white_space_leave_the_words():
    assert one(NO_PUNCTUATION, "Hi, it's 5 o'clock!") == "Hi its 5 oclock"
    assert one(NO_PUNCTUATION, "?!") == "?!"
    assert one(WHITE_SPACE, SENTENCE).split() == SENTENCE.split()
    assert one(WHITE_SPACE, SENTENCE) != SENTENCE


@settings(max_examples=50, deadline=None)
@given(ANY)
def test_kinds_that_keep_the_reading_keep_the_number_of_letters(text):
    for kind in (HOMOGLYPHS, ACCENTS, ZERO_WIDTH, NO_PUNCTUATION, WHITE_SPACE):
        assert len(letters(one(kind, text))) == len(letters(text))
