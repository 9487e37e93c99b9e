import hashlib
import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import binom

from weigh.checks.case import Case, DataCase, Declared, NotAsked, PredictorCase
from weigh.checks.explanation.explanation import CHECK, QUESTION, Explainable
from weigh.checks.explanation.masking import MASK, masked
from weigh.checks.explanation.occlusion import MOST_PIECES, occlude
from weigh.checks.explanation.randomisation import Relearning, associations, feature_traits, word_traits
from weigh.checks.explanation.words import ANY_WORD, questions, without, words_in
from weigh.core.check import Context
from weigh.core.data import DataFile, DataSpec, Roles
from weigh.core.events import Silent
from weigh.core.outcome import OutcomeKind
from weigh.core.recommendation import ArmKind
from weigh.core.request import Request
from weigh.core.subject import Subject, SubjectKind
from weigh.datasets.predictions import Predictions
from weigh.datasets.table import FeatureColumns

MOST_TEXTS = 1500
NEUTRAL = [
    *("house", "river", "train", "letter", "garden", "window", "market", "doctor", "winter", "paper"),
]


class Still:
    def now(self):
        return 0.0

    def monotonic(self):
        return 0.0


class Answers:
    def __init__(self, of_texts=None, of_features=None):
        self.of_texts, self.of_features, self.asked = of_texts, of_features, 0

    def texts(self, texts):
        self.asked += len(texts)
        return two(np.array([self.of_texts(t) for t in texts]))

    def features(self, features):
        self.asked += features.numeric.shape[0]
        return self.of_features(features)


def two(second):
    return np.stack([1.0 - second, second], axis=1)


def ask(subject, seed=0):
    request = Request("explanation", "code", Subject(SubjectKind.PREDICTOR, "sha256:0"), seed=seed)
    return CHECK.run(subject, Context(request, Still(), Silent()))


def predictions_of(labels, proba, groups=None, classes=("no", "yes")):
    n = labels.size
    ids = tuple(f"rows.csv:{i + 2}" for i in range(n))
    return Predictions(
        ids, labels, proba, classes, {}, np.arange(n) if groups is None else groups, "in-domain"
    )


def texts_of(n, seed, mark="superb"):
    """Rows of eight neutral words; half of them also hold the mark."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n)
    texts = []
    for i in range(n):
        words = rng.choice(NEUTRAL, 8).tolist()
        if truth[i]:
            words.insert(int(rng.integers(0, 9)), mark)
        texts.append(" ".join(words))
    return tuple(texts), truth


def on_one_word(text):
    return 0.9 if "superb" in text else 0.15


def of_texts(answer=on_one_word, n=200, *, seed=0, noise=0.1, groups=None, learning=None, show=False):
    texts, truth = texts_of(n, seed)
    labels = np.where(np.random.default_rng(seed + 1).random(n) < noise, 1 - truth, truth)
    before = two(np.array([answer(t) for t in texts]))
    return Explainable(predictions_of(labels, before, groups), texts, None, Answers(answer), learning, show)


def importances(evidence, name="word_importance", label="word"):
    return {m.label(label): m for m in evidence.measures if m.name == name}


def exceeds(count, repetitions, rate):
    """Whether the 99 % exact lower bound of the observed rate is above `rate`."""
    return binom.sf(count - 1, repetitions, rate) < 0.01


def test_the_word_a_predictor_keys_on_comes_first_with_an_interval_above_zero():
    found = importances(ask(of_texts()))
    top = max(found, key=lambda word: found[word].value)
    assert top == "superb"
    assert found["superb"].value == pytest.approx(0.75)
    assert found["superb"].low > 0
    assert found["superb"].n == 28
    assert all(found[word].value == 0 for word in NEUTRAL)


def unsteady(seed):
    """Keys on the planted word, and is off by a little whenever it is asked."""
    rng = np.random.default_rng(seed)
    return lambda text: float(np.clip(on_one_word(text) + rng.normal(0, 0.05), 0, 1))


def word_rates(repetitions, n):
    """How often the planted word is not first, and how often a neutral word's interval leaves out 0."""
    missed = alarms = 0
    for seed in range(repetitions):
        found = importances(ask(of_texts(unsteady(seed), n, seed=seed), seed=seed))
        first = max(found, key=lambda word: found[word].value)
        missed += not (first == "superb" and found["superb"].low > 0)
        neutral = found[NEUTRAL[seed % len(NEUTRAL)]]
        alarms += not neutral.low <= 0 <= neutral.high
    return missed, alarms


def test_the_planted_word_is_found_and_neutral_words_cover_zero():
    missed, alarms = word_rates(60, 60)
    assert missed == 0
    assert not exceeds(alarms, 60, 0.05)


@pytest.mark.slow
def test_neutral_words_cover_zero_in_many_data_sets():
    missed, alarms = word_rates(1000, 200)
    assert missed == 0
    assert not exceeds(alarms, 1000, 0.05)


def test_leaving_out_any_word_is_the_comparison():
    found = importances(ask(of_texts()))
    # One word in eight or nine is the mark, in half of the rows.
    assert found[ANY_WORD].value == pytest.approx(0.75 / 9 / 2, abs=0.05)
    assert 50 <= found[ANY_WORD].n <= 100


def test_the_model_reads_no_more_than_it_may():
    # The worst case: long rows, and no two of the frequent words ever in one row.
    rare = [f"{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}{chr(97 + i // 676)}q" for i in range(4000)]
    frequent = [f"often{chr(97 + i)}" for i in range(25)]
    texts = tuple(" ".join([frequent[i % 25], *rare[4 * i : 4 * i + 4], *"1" * 50]) for i in range(1000))
    one = predictions_of(np.arange(1000) % 2, two(np.full(1000, 0.4)))
    answers = Answers(lambda _: 0.4)
    found = ask(Explainable(one, texts, None, answers, None))
    assert found.answered
    assert answers.asked == 1466 <= MOST_TEXTS


def test_only_words_of_several_independent_rows_are_named():
    texts = [f"house number {chr(97 + i % 26)}{chr(97 + i // 26)}xyz" for i in range(60)]
    texts[:4] = ["secretname house number"] * 4
    texts[4:30] = ["groupword house number"] * 26
    groups = np.arange(60)
    groups[4:30] = 4
    one = predictions_of(np.arange(60) % 2, two(np.full(60, 0.4)), groups)
    found = importances(ask(Explainable(one, tuple(texts), None, Answers(lambda _: 0.4), None)))
    assert set(found) == {"house", "number", ANY_WORD}


def test_no_text_of_a_row_is_in_the_evidence_unless_it_was_allowed():
    texts, truth = texts_of(60, 0)
    hidden = tuple(f"rare{chr(97 + i % 26)}{chr(97 + i // 26)}x {t}" for i, t in enumerate(texts))
    one = predictions_of(truth, two(np.array([on_one_word(t) for t in texts])))
    for show in (False, True):
        found = ask(Explainable(one, hidden, None, Answers(on_one_word), None, show))
        positions = [m.label("position") for m in found.measures if m.name == "occlusion_change"]
        assert positions
        assert all((": " in p) is show for p in positions)
        assert ("rare" in repr(found)) is show


def test_single_decisions_name_row_place_and_change():
    found = ask(of_texts(noise=0.2))
    single = [m for m in found.measures if m.name == "occlusion_change"]
    rows = {m.label("row"): m.label("decision") for m in single}
    assert sorted(rows.values()) == ["right"] * 3 + ["wrong"] * 3
    assert all(row.startswith("rows.csv:") for row in rows)
    texts, _ = texts_of(200, 0)
    for row in rows:
        words = texts[int(row.split(":")[1]) - 2].split()
        changes = {int(m.label("position")): m.value for m in single if m.label("row") == row}
        assert len(changes) == 8
        for place, change in changes.items():
            assert change == pytest.approx(0.75 if words[place - 1] == "superb" else 0)


def test_the_pieces_that_matter_most_are_the_ones_that_are_shown():
    found = ask(of_texts(lambda text: 0.1 + 0.8 * text.count("superb"), noise=0.2, show=True))
    shown = [m for m in found.measures if m.name == "occlusion_change"]
    marked = {m.label("row") for m in shown if m.label("position").endswith(": superb")}
    assert marked
    assert all(abs(m.value) > 0.5 for m in shown if m.label("position").endswith(": superb"))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c,", "d!"]), min_size=2, max_size=150))
def test_every_word_is_left_out_once(words):
    one = occlude(0, "  ".join(words))
    assert len(one.pieces) == min(len(words), MOST_PIECES) == len(one.texts) - 1
    assert " ".join(one.pieces) == " ".join(words) == one.texts[0]
    for piece, text in zip(one.pieces, one.texts[1:], strict=True):
        assert len(text.split()) == len(words) - len(piece.split())
    assert one.places[0].split("-")[0] == "1"
    assert one.places[-1].split("-")[-1] == str(len(words))


@pytest.mark.parametrize(
    "word",
    [
        "jane.doe@example.org",
        "@jane",
        "https://example.org/x",
        "www.example.org",
        "DE89370400440532013000",
        "+49-170-1234567",
        "a1",
        "x" * 31,
    ],
)
def test_words_that_name_or_number_somebody_are_masked(word):
    assert masked(f"call {word} now") == f"call {MASK} now"


def test_control_characters_are_shown_as_escapes():
    assert masked("a \x1b[Xm b\u202ec") == "a \\x1b[Xm b\\u202ec"


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=80))
def test_what_is_shown_is_printable_and_holds_no_digit_of_the_row(text):
    assert masked(text).isprintable()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The film was NOT good.", ["film", "not", "good"]),
        ("It’s great, isn’t it?", ["great", "isn't"]),
        ("@jane jane@example.org www.example.org a1b2 3,4", []),
        ("well-known #tag x_y", []),
        ("straße École", ["strasse", "école"]),
        ("", []),
    ],
)
def test_words_are_letters_only_and_function_words_are_left_out(text, words):
    assert words_in(text) == words


def test_leaving_out_a_word_takes_every_occurrence_and_nothing_else():
    assert without("Good, goodness, GOOD good's", "good") == ", goodness,  good's"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([*NEUTRAL[:4], "@x", "1", "of"]), max_size=12), st.sampled_from(NEUTRAL[:4]))
def test_a_word_left_out_is_no_longer_there(words, word):
    left = words_in(without(" ".join(words), word))
    assert left == [w for w in words_in(" ".join(words)) if w != word]


def test_words_are_asked_about_in_order_of_the_rows_that_hold_them():
    texts = ["river " * 9 + "house"] * 3 + ["house"] * 6 + ["river mirror"] * 4
    asked = questions(texts, np.arange(len(texts)), seed=0)
    assert [(one.word, one.rows.size) for one in asked] == [("house", 9), ("river", 7), (ANY_WORD, 7)]


# The randomisation check ---------------------------------------------------------------------------------


def learner(texts, vocabulary=("superb", *NEUTRAL)):
    """Ridge regression on the presence of words; a text's position is its place in `texts`."""
    x = np.array([[word in text.split() for word in vocabulary] for text in texts], dtype=np.float64)

    def refit(*, train, labels, ask, weights=None, seed=0):
        design = np.hstack([x[train], np.ones((train.size, 1))])
        weight = np.linalg.solve(design.T @ design + np.eye(design.shape[1]), design.T @ labels)
        return two(np.clip(np.hstack([x[ask], np.ones((ask.size, 1))]) @ weight, 0, 1))

    return refit


def learnt(seed, n=160, *, forgetful=False):
    """A subject whose arm learns by ridge regression, or one whose fit looks at no label at all."""
    texts, truth = texts_of(2 * n, seed)
    rng = np.random.default_rng(seed + 7)
    labels = np.where(rng.random(2 * n) < 0.1, 1 - truth, truth)
    train, test = np.arange(n), np.arange(n, 2 * n)
    refit = learner(texts)
    if forgetful:
        honest, kept = refit, labels[train]

        def refit(*, train, labels, ask, weights=None, seed=0):
            return honest(train=np.arange(n), labels=kept, ask=ask)

    proba = refit(train=train, labels=labels[train], ask=test)
    return Explainable(
        predictions_of(labels[test], proba),
        tuple(texts[i] for i in test),
        None,
        Answers(lambda _: 0.4),
        Relearning(refit, train, labels[train], test),
    )


def randomised(subject, seed=0):
    found = ask(subject, seed=seed)
    return found.measure("randomised_correlation"), [f.rule for f in found.findings]


def test_an_arm_that_ignores_labels_is_explained_in_the_same_way_and_found():
    measure, rules = randomised(learnt(0, forgetful=True))
    assert measure.value == pytest.approx(1)
    assert rules == ["WGH-E001"]


def test_an_arm_that_learns_is_explained_in_another_way():
    measure, rules = randomised(learnt(0))
    assert measure.low < 0.5
    assert measure.n == 5
    assert rules == []


def randomised_alarms(repetitions):
    return sum("WGH-E001" in randomised(learnt(s), s)[1] for s in range(repetitions))


def test_an_arm_that_learns_is_hardly_ever_taken_for_one_that_does_not():
    assert not exceeds(randomised_alarms(30), 30, 0.05)


@pytest.mark.slow
def test_an_arm_that_learns_is_hardly_ever_taken_for_one_that_does_not_in_many_data_sets():
    assert not exceeds(randomised_alarms(400), 400, 0.05)


def test_every_arm_that_ignores_labels_is_found():
    assert all("WGH-E001" in randomised(learnt(s, forgetful=True), s)[1] for s in range(10))


@pytest.mark.slow
def test_every_arm_that_ignores_labels_is_found_in_many_data_sets():
    assert all("WGH-E001" in randomised(learnt(s, forgetful=True), s)[1] for s in range(200))


def test_an_arm_that_cannot_learn_says_that_it_was_not_checked():
    assert [f.rule for f in ask(of_texts()).findings] == ["WGH-E002"]


def test_associations_are_differences_of_mean_probabilities():
    texts = ["river"] * 5 + ["house"] * 5
    proba = two(np.array([0.8] * 5 + [0.3] * 5))
    found = associations(word_traits(texts, ("river", "house", "absent")), proba)
    assert found == pytest.approx(np.array([[-0.5, 0.5], [0.5, -0.5]]))


def test_a_trait_needs_rows_on_both_sides():
    assert word_traits(["river"] * 8 + ["house"] * 4, ("river", "house")).member.shape == (12, 0)


# Tables --------------------------------------------------------------------------------------------------


def features_of(n, seed=0, numeric=3):
    rng = np.random.default_rng(seed)
    return FeatureColumns(
        rng.normal(size=(n, numeric)),
        tuple(f"n{i}" for i in range(numeric)),
        rng.integers(-1, 3, (n, 2)),
        ("c0", "c1"),
        (("p", "q", "r"), ("s", "t", "u")),
    )


def weighted(weights, category=0.0):
    def answer(features):
        score = np.nan_to_num(features.numeric) @ np.array(weights)
        score = score + category * (features.categorical[:, 0] == 1)
        return two(1 / (1 + np.exp(-score)))

    return answer


def of_features(answer, n=400, *, seed=0, truth=None, groups=None, numeric=3, learning=None):
    features = features_of(n, seed, numeric)
    proba = answer(features)
    signal = (truth or answer)(features)[:, 1]
    labels = (np.random.default_rng(seed + 1).random(n) < signal).astype(np.int64)
    return Explainable(
        predictions_of(labels, proba, groups), None, features, Answers(of_features=answer), learning
    )


def test_the_feature_a_predictor_keys_on_comes_first_with_an_interval_above_zero():
    found = importances(ask(of_features(weighted([0, 4, 0]))), "permutation_importance", "feature")
    assert set(found) == {"n0", "n1", "n2", "c0", "c1"}
    assert found["n1"].low > 0.1
    assert all(found[name].value == 0 for name in ("n0", "n2", "c0", "c1"))


def test_a_categorical_feature_is_shuffled_too():
    found = importances(
        ask(of_features(weighted([0, 0, 0], category=6), 600)), "permutation_importance", "feature"
    )
    assert max(found, key=lambda name: found[name].value) == "c0"


def feature_rates(repetitions, n):
    """Missed planted features, and intervals without 0 of one that is used and irrelevant."""
    missed = alarms = 0
    for seed in range(repetitions):
        # The predictor leans on n2 as well, which the labels have nothing to do with.
        subject = of_features(weighted([4, 0, 1.5]), n, seed=seed, truth=weighted([4, 0, 0]))
        found = importances(ask(subject, seed=seed), "permutation_importance", "feature")
        missed += not (max(found, key=lambda name: found[name].value) == "n0" and found["n0"].low > 0)
        alarms += not found["n2"].low <= 0 <= found["n2"].high
    return missed, alarms


def test_irrelevant_features_cover_zero():
    missed, alarms = feature_rates(100, 100)
    assert missed == 0
    assert not exceeds(alarms, 100, 0.05)


@pytest.mark.slow
def test_irrelevant_features_cover_zero_in_many_data_sets():
    missed, alarms = feature_rates(1000, 500)
    assert missed == 0
    assert not exceeds(alarms, 1000, 0.05)


def test_of_many_features_those_that_go_with_the_answers_are_shuffled():
    weights = np.zeros(80)
    weights[70] = 5
    found = ask(of_features(weighted(weights), numeric=80))
    named = importances(found, "permutation_importance", "feature")
    assert len(named) == 60
    assert named["n70"].low > 0
    assert "22 of 82" in next(f.message for f in found.findings if f.rule == "WGH-E003")


def test_numbers_above_the_median_and_common_categories_are_traits():
    traits = feature_traits(features_of(100))
    assert traits.columns.tolist() == [0, 1, 2, 3, 3, 3, 4, 4, 4]
    assert traits.member[:, 0].sum() == 50


def test_missing_numbers_and_columns_without_values_are_no_trouble():
    features = features_of(60)
    features.numeric[:, 0] = np.nan
    features.categorical[:, 0] = -1
    found = ask(
        Explainable(
            predictions_of(np.arange(60) % 2, two(np.full(60, 0.4))),
            None,
            features,
            Answers(of_features=weighted([1, 1, 1])),
            None,
        )
    )
    assert found.answered


def test_features_of_an_arm_that_ignores_labels_are_found_too():
    subject = of_features(weighted([1, 2, 3]))
    proba = subject.predictions.proba

    def refit(*, train, labels, ask, weights=None, seed=0):
        return proba[ask]

    rows = np.arange(400)
    learning = Relearning(refit, rows, subject.predictions.labels, rows)
    again = Explainable(subject.predictions, None, subject.features, subject.answer, learning)
    assert randomised(again)[1] == ["WGH-E001"]


# Edges ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 29])
def test_too_few_rows_are_inconclusive_with_the_rows_needed(n):
    found = ask(of_texts(n=n))
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert found.outcome.needs_n == 30


def test_rows_of_a_few_groups_are_inconclusive():
    found = ask(of_texts(n=100, groups=np.arange(100) // 10))
    assert (found.outcome.kind, found.outcome.needs_n) == (OutcomeKind.INCONCLUSIVE, 300)


@pytest.mark.parametrize("text", ["", "x", "@a @b", "1 2", "\ud800 \udc00"])
def test_texts_without_words_are_inconclusive(text):
    one = predictions_of(np.arange(40) % 2, two(np.full(40, 0.4)))
    found = ask(Explainable(one, (text,) * 40, None, Answers(lambda _: 0.4), None, show_examples=True))
    if text == "x":
        assert importances(found)["x"].value == 0
    else:
        assert found.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert found.digest.startswith("sha256:")


def test_answers_that_are_no_numbers_are_left_out():
    def broken(text):
        return float("nan") if hashlib.sha256(text.encode()).digest()[0] & 1 else 0.4

    texts, truth = texts_of(100, 0)
    one = predictions_of(truth, two(np.full(100, 0.4)))
    found = ask(Explainable(one, texts, None, Answers(broken), None))
    assert found.answered
    assert all(np.isfinite(m.value) for m in found.measures)


def test_three_classes_are_no_trouble():
    def answer(text):
        return 0.6 if "superb" in text else 0.2

    class Three(Answers):
        def texts(self, texts):
            second = np.array([answer(t) for t in texts])
            return np.stack([(1 - second) * 0.7, second, (1 - second) * 0.3], axis=1)

    texts, truth = texts_of(100, 0)
    answers = Three()
    one = predictions_of(truth, answers.texts(texts), classes=("a", "b", "c"))

    def refit(*, train, labels, ask, weights=None, seed=0):
        return np.random.default_rng(seed).dirichlet([1, 1, 1], ask.size)

    learning = Relearning(refit, np.arange(100), truth, np.arange(100))
    found = ask(Explainable(one, texts, None, answers, learning))
    assert importances(found)["superb"].low > 0
    assert abs(found.measure("randomised_correlation").value) < 0.6


def test_the_same_question_has_the_same_answer():
    assert ask(learnt(3), seed=4).digest == ask(learnt(3), seed=4).digest


def case_of(kind=ArmKind.SCRATCH, *, fits=True, show=False):
    subject = learnt(0)
    predictor = PredictorCase(
        Subject(SubjectKind.PREDICTOR, "sha256:1", "probe"),
        "probe",
        kind,
        fits,
        (subject.predictions,),
        subject.answer,
        subject.learning.refit,
        (("probabilities", "sha256:2"),),
        (),
    )
    n = len(subject.texts)
    table = SimpleNamespace(
        texts=["train"] * n + list(subject.texts),
        features=None,
        labels=np.concatenate([subject.learning.labels, subject.predictions.labels]),
    )
    data = DataCase(
        Subject(SubjectKind.DATASET, "sha256:3"),
        DataSpec(files=(DataFile("rows.csv", ()),)),
        Roles(label="label", text="text"),
        table,
        np.arange(n),
        (("in-domain", np.arange(n, 2 * n)),),
        "sha256:4",
        lambda path: path,
    )
    return Case(Declared(show_examples=show), data=data, predictor=predictor)


def test_it_is_put_to_the_finalist_on_the_in_domain_rows():
    asking = QUESTION.put(case_of(show=True))
    assert asking.parameters == {"show_examples": True}
    assert ("rows", "sha256:4") in asking.inputs
    payload = asking.payload()
    assert payload.show_examples
    assert "train" not in payload.texts
    assert payload.learning.ask[0] == 160
    json.dumps(dict(asking.parameters))


def test_an_arm_that_does_not_fit_is_not_fitted_again():
    assert QUESTION.put(case_of(fits=False)).payload().learning is None


def test_it_is_not_put_where_answers_rest_on_nothing():
    assert isinstance(QUESTION.put(Case(Declared())), NotAsked)
    assert isinstance(QUESTION.put(case_of(ArmKind.CONSTANT)), NotAsked)
