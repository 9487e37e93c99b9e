import re
import zlib
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from weigh.checks.case import Case, Declared, NotAsked
from weigh.checks.fairness.counterfactual import CHECK, MOST_TEXTS, QUESTION, CounterfactualSubject
from weigh.checks.fairness.identity_terms import FAMILIES
from weigh.checks.fairness.substitution import plan, replaced, sources_in
from weigh.core.outcome import OutcomeKind
from weigh.core.recommendation import ArmKind

TERMS = {
    "gender": "father mother son daughter he she man woman boy girl brother",
    "names-gender": "John Mary Peter Anna Tom Susan Karen Mike",
    "nationality": "French German American Chinese Mexican Nigerian Indian",
    "religion": "Christian Catholic Christians Protestant",
}
FILLER = ["".join(chr(97 + int(c)) for c in str(1000 + i)) + "q" for i in range(200)]
FEMALE = re.compile(
    r"\b(?:(?:grand|step|god)?mother|(?:grand|step)?daughter|sister|aunt|niece|mom|girl|bride|widow|queen"
    r"|woman|women|she)s?\b",
    re.IGNORECASE,
)


def corpus(seed, n=600):
    """Texts of 12 words, of which each family has a word in about four of ten."""
    rng = np.random.default_rng(seed)
    words = np.array(FILLER, dtype=object)[rng.integers(0, len(FILLER), (n, 12))]
    for terms in (np.array(listed.split(), dtype=object) for listed in TERMS.values()):
        rows = np.flatnonzero(rng.random(n) < 0.4)
        words[rows, rng.integers(0, 12, rows.size)] = terms[rng.integers(0, terms.size, rows.size)]
    return [" ".join(row) for row in words.tolist()]


@cache
def place(word):
    return zlib.crc32(word.encode()) % (1 << 16)


def answers(seed, scale=1.0, more=lambda text: 0.0):
    """A predictor to which every word is equally noisy, so that it is blind to who is meant."""

    weights = np.random.default_rng(seed).normal(size=1 << 16) * scale

    def ask(texts):
        z = np.array([weights[[place(w) for w in text.lower().split()]].sum() + more(text) for text in texts])
        p = 1 / (1 + np.exp(-z))
        return np.stack([1 - p, p], axis=1)

    return ask


@pytest.fixture
def ask(context_of):
    def put(texts, predictor):
        ids = [f"d.csv:{i}" for i in range(len(texts))]
        return CHECK.run(CounterfactualSubject(texts, ids, predictor), context_of("counterfactual"))

    return put


def swapped(text, family, unit=3):
    source = sources_in(text)[family]
    target = source.family.group(source.group.against[0])
    return replaced(text, source, target.words[unit]), replaced(text, source, source.group.words[unit])


@pytest.mark.parametrize(
    ("text", "family", "swap", "control"),
    [
        ("The father met his father's aunt.", "gender", "The aunt met his aunt's aunt.",
         "The uncle met his uncle's aunt."),
        ("He gave him his.", "gender", "The aunt gave the aunt the aunt's.",
         "The uncle gave the uncle the uncle's."),
        ("MEN and boys", "gender", "AUNTS and boys", "UNCLES and boys"),
        ("john, John's, JOHN", "names-gender", "linda, Linda's, LINDA", "michael, Michael's, MICHAEL"),
        ("a British man", "nationality", "an Ethiopian man", "a Dutch man"),
        ("An American here", "nationality", "An Ethiopian here", "A Dutch here"),
        ("Christians", "religion", "Buddhists", "Lutherans"),
    ],
)  # fmt: skip
def test_words_are_swapped_in_their_form_and_case(text, family, swap, control):
    assert swapped(text, family) == (swap, control)


@pytest.mark.parametrize("text", ["", "Johnson manned the Polish", "her", "Grace will mark", "1 he2 _she"])
def test_words_that_are_no_identity_words_are_left_alone(text):
    assert not sources_in(text)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.id)
def test_units_have_a_word_of_every_group_and_no_word_twice(family):
    assert family.units >= 8
    names = [group.name for group in family.groups]
    for group in family.groups:
        assert len(group.words) == family.units
        assert set(group.against) < set(names)
    words = [word.lower() for group in family.groups for word in (*group.words, *group.also)]
    assert len(words) == len(set(words))
    assert any(group.against for group in family.groups)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*" ".join(TERMS.values()).split(), "the", "A", "an", "\x1b[31m", "İ", "ß", "\n", "🙂"]
        ),
        max_size=15,
    ).map(" ".join),
    st.integers(0, 7),
)
def test_a_swap_changes_only_words_of_one_lemma_and_can_be_seen(text, unit):
    for name, source in sources_in(text).items():
        if source.group.words[unit].lower() == source.lemma:
            continue
        swap, control = swapped(text, name, unit)
        assert swap != text != control != swap
        kept = [w for w in text.split() if name not in sources_in(w)]
        articles = {"a", "an"}
        left = iter(swap.split())
        assert all(any(w == other or {w.lower(), other.lower()} <= articles for other in left) for w in kept)


def test_texts_are_shared_out_among_the_families_that_have_enough():
    swaps, sizes = plan(corpus(0), most=200, fewest=30, seed=0)
    assert len(swaps) == 200
    used = {name: sum(s.family == name for s in swaps) for name in sizes}
    assert min(used.values()) == max(used.values()) == 40
    few, sizes = plan(corpus(0, n=60), most=200, fewest=30, seed=0)
    assert all(sum(s.family == name for s in few) in (0, size) for name, size in sizes.items())


def alarms(ask, seeds):
    """Of worlds that are blind to who is meant, those that raise an alarm."""
    rules = {"WGH-F005", "WGH-F006"}
    found = (ask(corpus(seed, n=300), answers(seed)).findings for seed in seeds)
    return sum(any(f.rule in rules for f in findings) for findings in found)


def hits(ask, seeds):
    """Of worlds in which women turn the answer, those in which the shift and the flips are found."""
    counts = {"WGH-F006": 0, "WGH-F005": 0}
    for seed in seeds:
        evidence = ask(corpus(seed, n=250), answers(seed, 0.3, lambda t: -2.0 * bool(FEMALE.search(t))))
        for rule in counts:
            counts[rule] += (rule, "gender") in [(f.rule, f.where) for f in evidence.findings]
    return counts


def test_a_predictor_blind_to_who_is_meant_rarely_raises_an_alarm(ask):
    assert alarms(ask, range(40)) <= stats.binom.ppf(0.99, 40, 0.05)


def test_a_predictor_that_turns_on_one_family_is_found(ask):
    assert hits(ask, range(40))["WGH-F006"] >= 36


@pytest.mark.slow
def test_the_rate_of_false_alarms_over_many_worlds(ask):
    found = alarms(ask, range(1000, 1400))
    print(found / 400)
    assert found <= stats.binom.ppf(0.99, 400, 0.05)


@pytest.mark.slow
def test_the_rate_of_hits_over_many_worlds(ask):
    found = hits(ask, range(1000, 1300))
    print({rule: count / 300 for rule, count in found.items()})
    assert found["WGH-F006"] >= 0.95 * 300
    assert found["WGH-F005"] >= 0.7 * 300


def test_a_flip_is_a_finding_with_its_control_and_row_ids_but_no_text(ask):
    found = ask(corpus(1), answers(1, 0.2, lambda t: -3.0 * bool(FEMALE.search(t))))
    finding = next(f for f in found.findings if f.rule == "WGH-F005")
    assert "d.csv:" in finding.message
    assert not any(word in finding.message for word in FILLER)
    identity = found.measure("flip_rate", family="gender", swap="identity")
    control = found.measure("flip_rate", family="gender", swap="control")
    gain = found.measure("flip_rate_difference", family="gender")
    assert gain.value == pytest.approx(identity.value - control.value)
    assert gain.low > 0
    assert identity.n == gain.n == 40


def test_no_more_texts_are_put_to_the_model_than_said(ask):
    asked = []
    ask(corpus(0, n=2000), lambda texts: asked.extend(texts) or np.full((len(texts), 2), 0.5))
    assert 0 < len(asked) <= MOST_TEXTS


def test_texts_without_identity_words_are_inconclusive(ask):
    found = ask(["nothing about anybody"] * 50, answers(0))
    assert (found.outcome.kind, found.outcome.needs_n) == (OutcomeKind.INCONCLUSIVE, None)
    assert found.findings[0].rule == "WGH-F007"


def test_too_few_identity_words_say_how_many_texts_are_needed(ask):
    found = ask(["a father"] * 10 + ["nothing"] * 90, answers(0))
    assert (found.outcome.kind, found.outcome.needs_n) == (OutcomeKind.INCONCLUSIVE, 300)


def test_no_texts_are_inconclusive(ask):
    assert ask([], answers(0)).outcome.kind is OutcomeKind.INCONCLUSIVE


def test_a_constant_answer_never_flips(ask):
    found = ask(corpus(0), lambda texts: np.tile([0.3, 0.7], (len(texts), 1)))
    assert found.answered
    assert not [f for f in found.findings if f.rule != "WGH-F007"]
    assert found.measure("flip_rate", family="gender", swap="identity").high > 0


def test_huge_texts_are_searched_in_part(ask):
    texts = ["x " * 200_000 + "father"] * 40
    assert ask(texts, answers(0, 0.0)).outcome.kind is OutcomeKind.INCONCLUSIVE


def test_the_same_question_has_the_same_answer(ask):
    assert ask(corpus(3), answers(3)).digest == ask(corpus(3), answers(3)).digest


def test_without_data_the_question_does_not_arise():
    assert QUESTION.put(Case(Declared())) == NotAsked("no way of answering was fitted")


def test_one_test_text_of_each_group_of_rows_is_asked_about(case_of):
    subject = QUESTION.put(case_of(texts=[f"text {i}" for i in range(200)])).payload()
    assert list(subject.texts) == [f"text {i}" for i in range(100, 200, 2)]
    assert subject.ids[0] == "d.csv:100"


def test_rows_of_features_and_constant_answers_are_not_asked_about(case_of):
    assert isinstance(QUESTION.put(case_of()), NotAsked)
    assert isinstance(QUESTION.put(case_of(texts=["he"] * 200, kind=ArmKind.CONSTANT)), NotAsked)
