import hashlib
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import binom

from weigh.checks.case import Case, DataCase, Declared, NotAsked, PredictorCase
from weigh.checks.robustness.robustness import CHECK, QUESTION, Disturbable
from weigh.checks.robustness.trials import MOST_TEXTS, sample
from weigh.core.check import Context
from weigh.core.data import DataFile, DataSpec, Roles
from weigh.core.errors import UsageError, WorkerLimitError
from weigh.core.events import Silent
from weigh.core.outcome import OutcomeKind
from weigh.core.recommendation import ArmKind
from weigh.core.request import Request
from weigh.core.subject import Subject, SubjectKind
from weigh.datasets.perturbations.table import FEATURE_PERTURBATIONS, TEXT_PERTURBATIONS
from weigh.datasets.predictions import Predictions
from weigh.datasets.table import FeatureColumns

WORDS = [
    *("the", "house", "was", "sold", "again", "after", "Monday", "while"),
    *("nobody", "is", "looking", "and", "they", "can", "read", "it"),
]


class Still:
    def now(self):
        return 0.0

    def monotonic(self):
        return 0.0


class Answers:
    """A predictor by two functions of a row, and a count of what it was asked."""

    def __init__(self, of_text=None, of_features=None):
        self.of_text, self.of_features, self.asked = of_text, of_features, 0

    def texts(self, texts):
        self.asked += len(texts)
        return one_hot(np.array([self.of_text(t) for t in texts], dtype=np.int64))

    def features(self, features):
        self.asked += features.numeric.shape[0]
        return self.of_features(features)


def one_hot(codes):
    return np.stack([1.0 - codes, codes], axis=1)


def coin(text):
    """An answer that depends on every character and on nothing that matters."""
    return hashlib.sha256(text.encode()).digest()[0] & 1


def reads_capitals(text):
    """It was trained on texts that say Good or Bad, and knows these words in this spelling only."""
    return int("Good" in text)


def ignores_everything_but(word):
    return lambda text: int(word in text)


def ask(subject, seed=0):
    request = Request("robustness", "code", Subject(SubjectKind.PREDICTOR, "sha256:0"), seed=seed)
    return CHECK.run(subject, Context(request, Still(), Silent()))


def predictions_of(labels, proba, groups=None):
    n = labels.size
    return Predictions(
        tuple(f"rows.csv:{i + 2}" for i in range(n)),
        labels,
        proba,
        ("no", "yes"),
        {},
        np.arange(n) if groups is None else groups,
        "in-domain",
    )


def texts_of(n, seed, marks=("Bad", "Good")):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n)
    texts = []
    for i in range(n):
        words = [WORDS[w] for w in rng.integers(0, len(WORDS), 8)]
        words.insert(int(rng.integers(0, 9)), marks[truth[i]])
        texts.append(" ".join([*words, f"no. {i}."]))
    return tuple(texts), truth


def of_texts(answer, n=300, *, seed=0, noise=0.1, groups=None):
    texts, truth = texts_of(n, seed)
    rng = np.random.default_rng(seed + 1)
    labels = np.where(rng.random(n) < noise, 1 - truth, truth)
    before = one_hot(np.array([answer(t) for t in texts], dtype=np.int64))
    return Disturbable(predictions_of(labels, before, groups), texts, None, Answers(answer))


def features_of(n, seed=0):
    rng = np.random.default_rng(seed)
    return FeatureColumns(
        rng.normal(size=(n, 3)), ("x", "y", "z"), rng.integers(0, 3, (n, 1)), ("c",), (("p", "q", "r"),)
    )


def of_features(answer, n=1000, *, seed=0, noise=0.1, groups=None):
    features = features_of(n, seed)
    before = answer(features)
    truth = np.asarray(before.argmax(axis=1))
    labels = np.where(np.random.default_rng(seed + 1).random(n) < noise, 1 - truth, truth)
    return Disturbable(predictions_of(labels, before, groups), None, features, Answers(of_features=answer))


def by_first_number(features):
    return one_hot((np.nan_to_num(features.numeric[:, 0]) > 0).astype(np.int64))


def rules(evidence, rule):
    return {f.where for f in evidence.findings if f.rule == rule}


def test_a_predictor_that_reads_capitals_is_found_out_by_letter_case():
    found = ask(of_texts(reads_capitals))
    assert found.answered
    assert {"upper-case", "lower-case"} <= rules(found, "WGH-B001")
    assert "full-width" in rules(found, "WGH-B007")
    drop = found.measure("accuracy_drop", perturbation="lower-case")
    assert 0.1 < drop.low < drop.value < drop.high
    flips = found.measure("flip_rate", perturbation="lower-case")
    assert flips.low < flips.value == pytest.approx(0.5, abs=0.12)
    assert found.measure("accuracy_drop", perturbation="no-punctuation").value == 0
    assert "no-punctuation" not in rules(found, "WGH-B001")


def found_out(repetitions):
    """How often the planted dependence on letter case is found."""
    subjects = (of_texts(reads_capitals, 60, seed=s) for s in range(repetitions))
    return sum("lower-case" in rules(ask(one, seed=s), "WGH-B001") for s, one in enumerate(subjects))


def test_the_planted_dependence_on_case_is_nearly_always_found():
    assert found_out(20) >= 18


@pytest.mark.slow
def test_the_planted_dependence_on_case_is_found_in_nearly_all_of_200_data_sets():
    assert found_out(200) >= 190


def test_a_severe_fall_is_worse_than_a_small_one():
    def mostly(text):
        return reads_capitals(text) if coin(text.lower()[:9]) else int("good" in text.lower())

    full = {f.where: f for f in ask(of_texts(reads_capitals)).findings}
    assert full["lower-case"].severity == "high"
    some = {f.where: f for f in ask(of_texts(mostly), seed=1).findings}
    assert some["lower-case"].severity in {"medium", "high"}


def alarms(repetitions, n):
    """How often a predictor that reads nothing that matters raises any alarm about a fall of accuracy."""
    count = 0
    for seed in range(repetitions):
        found = ask(of_texts(coin, n, seed=seed), seed=seed)
        count += bool(rules(found, "WGH-B001") | rules(found, "WGH-B002") | rules(found, "WGH-B007"))
    return count


def exceeds(count, repetitions, rate):
    """Whether the 99 % exact lower bound of the observed rate is above `rate`."""
    return binom.sf(count - 1, repetitions, rate) < 0.01


def test_answers_that_change_without_getting_worse_raise_an_alarm_in_at_most_a_twentieth():
    assert not exceeds(alarms(50, 60), 50, 0.05)


@pytest.mark.slow
def test_answers_that_change_without_getting_worse_rarely_raise_an_alarm_in_many_larger_data_sets():
    assert not exceeds(alarms(1000, 300), 1000, 0.05)


def test_a_predictor_that_ignores_what_is_disturbed_never_raises_an_alarm():
    # Digits are touched by one kind only, and that one is left out of the rules looked at here.
    for seed in range(15):
        found = ask(of_texts(ignores_everything_but("7"), 100, seed=seed, noise=0.3), seed=seed)
        assert rules(found, "WGH-B001") == set()
        assert rules(found, "WGH-B007") <= {"full-width"}
        for kind in ("typos", "upper-case", "accents", "white-space", "no-punctuation"):
            assert found.measure("flip_rate", perturbation=kind).value == 0


def test_the_model_reads_no_more_than_it_may():
    for n in (40, 300, 2000):
        subject = of_texts(coin, n)
        ask(subject)
        assert subject.answer.asked <= MOST_TEXTS


def test_every_kind_that_changes_enough_rows_is_measured_with_n_and_interval():
    found = ask(of_texts(coin, 400))
    for kind in TEXT_PERTURBATIONS:
        if kind.expectation == "changes":
            continue
        for name in ("accuracy_drop", "flip_rate"):
            measure = found.measure(name, perturbation=kind.id)
            assert measure.low <= measure.value <= measure.high
            assert 120 <= measure.n <= 300


def test_negation_is_a_sensitivity_and_never_a_flip_to_be_avoided():
    found = ask(of_texts(coin, 300))
    put_in = found.measure("negation_sensitivity", perturbation="negation-put-in")
    assert put_in.value == pytest.approx(0.5, abs=0.12)
    assert put_in.direction == "neutral"
    assert found.measure("flip_rate", perturbation="negation-put-in") is None


def test_a_predictor_deaf_to_negation_is_told_apart_as_information():
    found = ask(of_texts(reads_capitals, 300))
    told = [f for f in found.findings if f.rule == "WGH-B003"]
    assert [(f.where, f.severity) for f in told] == [("negation-put-in", "info")]


def test_kinds_that_take_something_away_have_a_milder_rule():
    found = ask(of_texts(reads_capitals))
    lost = {f.where: f.severity for f in found.findings if f.rule == "WGH-B002"}
    assert set(lost) <= {"first-half-lost", "last-third-lost"}
    assert lost["first-half-lost"] == "medium"


def test_rows_of_one_group_do_not_count_as_independent_falls():
    def moody(text):
        # A fall that hits whole groups: half of them lose every answer when letters are small.
        number = int(text.split("no. ")[-1].split(".")[0]) // 20 if "no. " in text else 0
        return coin(f"{number} {text.islower()}")

    naive = careful = 0
    for seed in range(15):
        texts, _ = texts_of(300, seed)
        before = np.array([moody(t) for t in texts])
        labels = np.random.default_rng(seed).integers(0, 2, 15)[np.arange(300) // 20]
        for groups in (None, np.arange(300) // 20):
            one = predictions_of(labels, one_hot(before), groups)
            found = ask(Disturbable(one, texts, None, Answers(moody)), seed=seed)
            if groups is None:
                naive += bool(rules(found, "WGH-B001"))
            else:
                careful += bool(rules(found, "WGH-B001"))
    assert careful == 0
    assert naive > 0


def test_too_few_rows_are_inconclusive_with_the_rows_needed():
    found = ask(of_texts(coin, 20))
    assert (found.outcome.kind, found.outcome.needs_n) == (OutcomeKind.INCONCLUSIVE, 30)
    found = ask(of_texts(coin, 60))
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert "neither show nor exclude" in found.outcome.reason
    assert 60 < found.outcome.needs_n <= 300


def test_the_rows_needed_are_test_rows_and_not_rows_that_one_kind_changes():
    def only_punctuated(n):
        # One row in four has punctuation that a disturbance can take away.
        texts = tuple(t if i % 4 == 0 else t.replace(".", "") for i, t in enumerate(texts_of(n, 0)[0]))
        before = one_hot(np.array([coin(t) for t in texts]))
        labels = np.random.default_rng(1).integers(0, 2, n)
        return ask(Disturbable(predictions_of(labels, before), texts, None, Answers(coin)))

    found = only_punctuated(160)
    changed = found.measure("accuracy_drop", perturbation="no-punctuation").n
    assert changed == 40
    assert found.outcome.needs_n == 300


def test_tables_may_give_more_rows_than_texts_before_a_fall_is_left_open():
    def noise(features):
        codes = [hashlib.sha256(row.tobytes()).digest()[0] & 1 for row in np.nan_to_num(features.numeric)]
        return one_hot(np.array(codes))

    found = ask(of_features(noise, 100, noise=0.5))
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert found.outcome.needs_n > 300


def test_what_stays_undecided_and_what_was_not_judged_are_findings():
    found = ask(of_texts(coin, 60))
    open_ends = [f for f in found.findings if f.rule == "WGH-B008"]
    assert open_ends
    assert {f.where for f in open_ends} <= {kind.id for kind in TEXT_PERTURBATIONS}
    plain = tuple(f"{i}" for i in range(100))
    zeros = predictions_of(np.zeros(100, dtype=np.int64), one_hot(np.zeros(100, dtype=np.int64)))
    found = ask(Disturbable(zeros, plain, None, Answers(lambda _: 0)))
    [told] = [f for f in found.findings if f.rule == "WGH-B009"]
    assert "typos (0)" in told.message


def test_a_limit_of_the_worker_is_no_finding_about_the_rows():
    def limited(features):
        if np.isnan(features.numeric).any():
            raise WorkerLimitError("the worker met its limit of memory")
        return by_first_number(features)

    with pytest.raises(WorkerLimitError):
        ask(of_features(limited))


def test_without_rows_the_question_is_inconclusive():
    empty = predictions_of(np.zeros(0, dtype=np.int64), np.zeros((0, 2)))
    found = ask(Disturbable(empty, (), None, Answers(coin)))
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE


def test_texts_that_nothing_can_disturb_are_inconclusive():
    texts = tuple(str(i) for i in range(100))
    one = predictions_of(np.zeros(100, dtype=np.int64), one_hot(np.zeros(100, dtype=np.int64)))
    found = ask(Disturbable(one, texts, None, Answers(lambda _: 0)))
    # Digits have full-width forms and can be put between spaces; nothing else applies.
    measured = {m.label("perturbation") for m in found.measures if m.name == "accuracy_drop"}
    assert measured == {"full-width", "white-space"}


def test_answers_that_differ_when_asked_again_are_a_finding():
    subject = of_texts(coin, 100)
    fickle = Answers(lambda text: coin(text) ^ (hashlib.md5(text.encode()).digest()[0] < 64))
    found = ask(Disturbable(subject.predictions, subject.texts, None, fickle))
    assert rules(found, "WGH-B004") == {"none"}
    assert found.measure("flip_rate", perturbation="none").value > 0
    assert not rules(ask(subject), "WGH-B004")


def test_a_predictor_that_always_says_the_same_is_not_taken_for_a_robust_one():
    found = ask(of_texts(lambda _: 0))
    assert rules(found, "WGH-B001") == set()
    assert rules(found, "WGH-B006") == {"in-domain"}
    assert not rules(ask(of_texts(coin)), "WGH-B006")


def test_evidence_holds_no_text_of_the_rows():
    found = ask(of_texts(reads_capitals))
    said = repr((found.findings, found.measures))
    assert "Monday" not in said
    assert "rows.csv" not in said


def test_the_same_question_has_the_same_answer():
    assert ask(of_texts(coin), seed=4).digest == ask(of_texts(coin), seed=4).digest


def test_a_sample_is_a_prefix_of_any_larger_one():
    assert sample(100, 10, seed=3).tolist() == sample(100, 50, seed=3)[:10].tolist()
    assert sample(5, 10, seed=3).size == 5


def test_a_predictor_on_one_number_suffers_from_what_touches_numbers():
    found = ask(of_features(by_first_number))
    assert found.answered
    assert rules(found, "WGH-B001") == {"noise-0.1"}
    assert {"missing-10", "missing-30", "noise-0.5"} <= rules(found, "WGH-B002")
    assert found.measure("flip_rate", perturbation="unseen-category").value == 0
    assert found.measure("flip_rate", perturbation="other-unit").value == 0
    slight, strong = (found.measure("accuracy_drop", perturbation=f"noise-{s}").value for s in ("0.1", "0.5"))
    assert 0 < slight < strong


def test_a_predictor_on_a_category_suffers_from_unseen_ones_only():
    def by_category(features):
        known = [name == "p" for name in features.categories[0]]
        return one_hot(np.array([*known, False])[features.categorical[:, 0]].astype(np.int64))

    found = ask(of_features(by_category))
    assert rules(found, "WGH-B001") == set()
    assert rules(found, "WGH-B002") >= {"unseen-category", "missing-30"}


def feature_alarms(repetitions, n):
    def noise(features):
        numbers = np.nan_to_num(features.numeric).copy()
        codes = [hashlib.sha256(row.tobytes()).digest()[0] & 1 for row in numbers]
        return one_hot(np.array(codes))

    # Labels that have nothing to do with the answers: right half of the time, before and after.
    subjects = (of_features(noise, n, seed=s, noise=0.5) for s in range(repetitions))
    return sum(
        bool(rules(found, "WGH-B001") | rules(found, "WGH-B002"))
        for found in (ask(subject, seed=s) for s, subject in enumerate(subjects))
    )


def test_feature_rows_without_any_pattern_raise_an_alarm_in_at_most_a_twentieth():
    assert not exceeds(feature_alarms(60, 200), 60, 0.05)


@pytest.mark.slow
def test_feature_rows_without_any_pattern_rarely_raise_an_alarm_in_many_larger_data_sets():
    assert not exceeds(feature_alarms(1000, 1000), 1000, 0.05)


def test_a_predictor_that_takes_no_empty_cells_is_a_finding_and_the_rest_is_answered():
    def strict(features):
        if np.isnan(features.numeric).any():
            raise UsageError("a number is missing\x1b[31m")
        return by_first_number(features)

    found = ask(of_features(strict))
    assert rules(found, "WGH-B005") == {"missing-10", "missing-30"}
    assert "\x1b" not in "".join(f.message for f in found.findings)
    assert found.measure("accuracy_drop", perturbation="noise-0.5") is not None
    assert found.measure("accuracy_drop", perturbation="missing-10") is None


def test_no_answer_at_all_counts_as_a_wrong_one():
    def silent(features):
        proba = by_first_number(features)
        proba[np.isnan(features.numeric).any(axis=1)] = np.nan
        return proba

    found = ask(of_features(silent, noise=0.0))
    drop = found.measure("accuracy_drop", perturbation="missing-30")
    flips = found.measure("flip_rate", perturbation="missing-30")
    assert drop.value == flips.value > 0.5


@pytest.mark.parametrize("kind", FEATURE_PERTURBATIONS, ids=lambda kind: kind.id)
def test_every_kind_of_feature_rows_is_measured(kind):
    found = ask(of_features(by_first_number))
    assert found.measure("flip_rate", perturbation=kind.id).n >= 300


def case_of(kind=ArmKind.MODEL):
    subject = of_texts(coin, 50)
    predictor = PredictorCase(
        Subject(SubjectKind.PREDICTOR, "sha256:1", "probe"),
        "probe",
        kind,
        True,
        (subject.predictions,),
        subject.answer,
        None,
        (("probabilities", "sha256:2"),),
        (),
    )

    rows = SimpleNamespace(texts=["unused", *subject.texts], features=None)
    data = DataCase(
        Subject(SubjectKind.DATASET, "sha256:3"),
        DataSpec(files=(DataFile("rows.csv", ()),)),
        Roles(label="label", text="text"),
        rows,
        np.zeros(0, dtype=np.int64),
        (("in-domain", np.arange(1, 51)),),
        "sha256:4",
        lambda path: path,
    )
    return Case(Declared(), data=data, predictor=predictor)


def test_it_is_put_to_the_finalist_on_the_in_domain_rows():
    asking = QUESTION.put(case_of())
    assert asking.subject.name == "probe"
    assert ("rows", "sha256:4") in asking.inputs
    assert asking.payload().texts[0] != "unused"
    assert len(asking.payload().texts) == 50


def test_it_is_not_put_where_there_is_nothing_to_disturb():
    assert isinstance(QUESTION.put(Case(Declared())), NotAsked)
    assert isinstance(QUESTION.put(case_of(ArmKind.CONSTANT)), NotAsked)
