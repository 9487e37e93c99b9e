import math
import random
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import binom

from weigh.checks.case import NotAsked, Reference
from weigh.checks.provenance.overlap import (
    CHECK,
    FEWEST_ROWS,
    MOST_ROWS,
    OverlapSubject,
    RowSet,
    TrainingTexts,
    overlapping,
    put,
)
from weigh.checks.provenance.word_runs import RUN, ask, words
from weigh.core.check import Context
from weigh.core.events import Silent
from weigh.core.facts import Basis, Fact
from weigh.core.finding import Severity
from weigh.core.outcome import OutcomeKind
from weigh.core.request import Request
from weigh.core.subject import Subject, SubjectKind

VOCABULARY = [f"w{i}" for i in range(20_000)]
# Words as frequent as in language: the first ten make up a quarter of a text (Zipf).
CUMULATED = np.cumsum(1 / np.arange(1, len(VOCABULARY) + 1)).tolist()


def text(rng, length):
    return " ".join(rng.choices(VOCABULARY, cum_weights=CUMULATED, k=length))


def noisy(rng, original, share=0.1):
    """The text with a share of its words replaced."""
    found = original.split()
    for place in rng.sample(range(len(found)), math.ceil(share * len(found))):
        found[place] = rng.choice(VOCABULARY) + "x"
    return " ".join(found)


def rows(texts, name="in-domain", groups=None):
    return RowSet(name, [f"{name}.csv:{i}" for i in range(len(texts))], texts, groups)


def run(tests, references, *, declared=(), has_model=False, seed=0):
    request = Request("overlap", "code", Subject(SubjectKind.DATASET, "sha256:0"), seed=seed)
    subject = OverlapSubject(tuple(tests), tuple(references), declared, has_model)
    return CHECK.run(subject, Context(request, None, Silent()))


def own(texts):
    return TrainingTexts("training rows", texts, own=True)


def rules(evidence):
    return [f.rule for f in evidence.findings]


@pytest.fixture(scope="module")
def corpus():
    rng = random.Random(0)
    return [text(rng, rng.randint(50, 120)) for _ in range(400)]


def test_nearly_every_copy_with_a_tenth_of_its_words_replaced_is_found():
    rng = random.Random(1)
    originals = [text(rng, rng.randint(50, 200)) for _ in range(1000)]
    asked = ask([noisy(rng, t) for t in originals])
    found = int(overlapping(asked, asked.common_with(originals)).sum())
    # Not refuted: that 99 % are found.
    assert binom.cdf(found, 1000, 0.99) > 0.01
    assert found >= 990


@pytest.mark.slow
def test_copies_are_found_whatever_their_length_and_strangers_are_not():
    rng = random.Random(2)
    for length in (50, 60, 80, 100, 200, 400):
        originals = [text(rng, length) for _ in range(3000)]
        asked = ask([noisy(rng, t) for t in originals])
        assert overlapping(asked, asked.common_with(originals)).mean() >= 0.99
        strangers = ask([text(rng, length) for _ in range(3000)])
        assert overlapping(strangers, strangers.common_with(originals)).mean() < 0.001


def test_test_sets_of_strangers_hardly_ever_raise_an_alarm():
    rng = random.Random(3)
    references = [text(rng, rng.randint(8, 120)) for _ in range(2000)]
    # 200 test sets of 25 rows, asked at once: a row is looked at for itself.
    asked = ask([text(rng, rng.randint(8, 120)) for _ in range(200 * 25)])
    hits = overlapping(asked, asked.common_with(references))
    # At a rate of 0.1 % of rows more than 12 of 5,000 have probability 0.2 %.
    assert hits.sum() <= 12
    assert hits.reshape(200, 25).any(axis=1).sum() <= 12


def test_a_planted_copy_is_a_finding_with_row_ids_share_and_interval(corpus):
    rng = random.Random(4)
    tests = [text(rng, 60) for _ in range(95)] + [noisy(rng, t) for t in corpus[:5]]
    found = run([rows(tests)], [own(corpus)])
    assert found.answered
    assert rules(found) == ["WGH-K001"]
    finding = found.findings[0]
    assert finding.message.startswith("5 of 100 rows")
    assert "in-domain.csv:95" in finding.message
    assert finding.severity is Severity.HIGH
    rate = found.measure("overlap_rate", test="in-domain", reference="training rows")
    assert (rate.value, rate.n, rate.method) == (0.05, 100, "clopper-pearson")
    assert (rate.low, rate.high) == pytest.approx((0.01643, 0.11283), abs=1e-5)


def test_no_text_of_a_row_stands_in_the_evidence(corpus):
    found = run([rows(corpus[:50])], [own(corpus)])
    assert not any(word in str(found) for word in corpus[0].split() if len(word) > 4)


def test_copies_with_other_case_punctuation_and_spacing_are_copies(corpus):
    changed = [t.upper().replace(" ", ",  ") + "!" for t in corpus[:40]]
    assert run([rows(changed)], [own(corpus)]).measure("overlap_rate").value == 1.0


def test_data_the_model_was_trained_on_is_another_and_graver_finding(corpus):
    declared = TrainingTexts("acme/reviews", corpus)
    found = run([rows(corpus[:40])], [declared], has_model=True)
    assert rules(found) == ["WGH-K002"]
    assert found.findings[0].severity is Severity.HIGH


def test_declared_data_that_is_not_at_hand_is_unknown_and_never_fine(corpus):
    rng = random.Random(5)
    tests = [rows([text(rng, 60) for _ in range(40)])]
    found = run(tests, [own(corpus)], declared=("a/b", "c"), has_model=True)
    assert rules(found) == ["WGH-K004"]
    assert "2 data sets that are not at hand: a/b, c" in found.findings[0].message
    assert rules(run(tests, [own(corpus)], has_model=True)) == ["WGH-K005"]
    assert rules(run(tests, [own(corpus)])) == []


@pytest.mark.parametrize("texts", [[], ["", "?!", "\n"]], ids=str)
def test_named_data_without_words_is_unknown_and_never_fine(corpus, texts):
    empty = TrainingTexts("acme/empty", texts)
    found = run([rows(corpus[:40])], [own(corpus[40:]), empty], has_model=True)
    assert rules(found) == ["WGH-K007", "WGH-K004"]
    assert "acme/empty" in found.findings[0].message
    assert "1 data sets that are not at hand: acme/empty" in found.findings[1].message
    assert found.measure("overlap_rate", reference="acme/empty") is None
    assert rules(run([rows(corpus[:40])], [empty])) == ["WGH-K007"]
    beside = TrainingTexts("other", corpus[40:])
    assert rules(run([rows(corpus[:40])], [empty, beside], has_model=True)) == ["WGH-K007", "WGH-K004"]


def test_own_rows_without_words_are_told_and_no_rows_are_not(corpus):
    assert rules(run([rows(corpus[:40])], [own(["", "."])])) == ["WGH-K007"]
    assert rules(run([rows(corpus[:40])], [own([])])) == []
    assert rules(run([rows([])], [own([])], has_model=True)) == ["WGH-K005"]


def test_texts_without_words_are_given_but_not_compared():
    common = ask(["a b c d e f g h"]).common_with(["", "!?", "a word"])
    assert (common.given, common.compared) == (3, 1)


def test_short_texts_are_compared_whole_and_apart(corpus):
    tests = ["good film", "Good FILM!", "good films", *corpus[:37]]
    found = run([rows(tests)], [own(["good film", "bad"])])
    short = found.measure("short_text_rate")
    assert (short.value, short.n) == (pytest.approx(2 / 3), 3)
    assert found.measure("overlap_rate").value == 0.0
    assert rules(found) == ["WGH-K003"]
    compared = {m.label("by"): m.value for m in found.measures if m.name == "rows_compared"}
    assert compared == {"word runs": 37, "whole": 3, "no words": 0}


def test_a_stock_phrase_of_eight_words_makes_no_copy():
    phrase = "one of the best films of the year"
    tests = [f"{phrase} says everybody who went there with me on monday {i}" for i in range(40)]
    found = run([rows(tests)], [own([f"i think it is {phrase}"])])
    assert found.measure("overlap_rate").value == 0.0


@pytest.mark.parametrize("texts", [[], [""] * 50, ["?! ..."] * 50, ["a b c"] * (FEWEST_ROWS - 1)])
def test_too_little_text_is_inconclusive_with_the_rows_needed(texts):
    found = run([rows(texts)], [own(["a b c"])])
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert found.outcome.needs_n == FEWEST_ROWS


def test_rows_that_come_in_groups_have_a_wider_interval(corpus):
    rng = random.Random(6)
    tests = [text(rng, 60) for _ in range(80)] + corpus[:20]
    alone = run([rows(tests)], [own(corpus)]).measure("overlap_rate")
    grouped = run([rows(tests, groups=np.arange(100) // 10)], [own(corpus)]).measure("overlap_rate")
    assert grouped.value == alone.value == 0.2
    assert grouped.method == "korn-graubard"
    assert grouped.high - grouped.low > 1.5 * (alone.high - alone.low)
    one_group = run([rows(tests, groups=np.zeros(100, dtype=int))], [own(corpus)]).measure("overlap_rate")
    assert (one_group.low, one_group.high, one_group.method) == (0.0, 1.0, "degenerate")


def test_of_many_rows_a_sample_is_looked_at_and_said_to_be():
    tests = [f"a{i} b c d e f g h" for i in range(MOST_ROWS + 10)]
    found = run([rows(tests)], [own(tests[:100])])
    assert "WGH-K006" in rules(found)
    assert found.measure("overlap_rate").n == MOST_ROWS
    assert found.digest == run([rows(tests)], [own(tests[:100])]).digest
    assert found.digest != run([rows(tests)], [own(tests[:100])], seed=1).digest


def test_every_test_set_is_held_against_every_reference(corpus):
    tests = [rows(corpus[:40]), rows([t + " end" for t in corpus[40:80]], "shift")]
    found = run(tests, [own(corpus[:40]), TrainingTexts("other", corpus[40:80])])
    rates = {(m.label("test"), m.label("reference")): m.value for m in found.measures if m.unit == "fraction"}
    assert rates == {
        ("in-domain", "training rows"): 1.0,
        ("in-domain", "other"): 0.0,
        ("shift", "training rows"): 0.0,
        ("shift", "other"): 1.0,
    }


def naive(test, references):
    """Share of the words of a text inside a run that a reference has; straight from the definition."""
    found = words(test)
    runs = {tuple(w[i : i + RUN]) for w in map(words, references) for i in range(len(w) - RUN + 1)}
    inside = set()
    for i in range(len(found) - RUN + 1):
        if tuple(found[i : i + RUN]) in runs:
            inside |= set(range(i, i + RUN))
    return len(inside) / len(found) if found else 0.0


LETTERS = st.lists(st.sampled_from(list("abc")), max_size=40).map(" ".join)


@settings(max_examples=50, deadline=None)
@given(st.lists(LETTERS, max_size=6), st.lists(LETTERS, max_size=6))
def test_hashed_runs_find_what_the_definition_finds(tests, references):
    found = ask(tests).common_with(references).covered
    assert found.tolist() == pytest.approx([naive(t, references) for t in tests])


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_any_text_overlaps_wholly_with_itself_if_it_has_words(some):
    asked = ask([some])
    common = asked.common_with([some])
    length = len(words(some))
    assert common.covered[0] == (1.0 if length >= RUN else 0.0)
    assert bool(common.same[0]) == (0 < length < RUN)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("ﬁne ①", ["fine", "1"]),
        ("don't", ["don", "t"]),
        ("好きです ok", ["好", "き", "で", "す", "ok"]),
        ("\x00\ud800", []),
    ],
)
def test_words_are_compared_as_they_are_read(written, found):
    assert words(written) == found


def test_an_endless_text_is_cut():
    assert len(words("a " * 1_000_000)) == 50_000
    assert len(words("\ufdfa" * 200_000)) < 2_000_000


class Seen:
    """As much of a case as the question looks at."""

    def __init__(self, texts, *, datasets=None, references=()):
        self.declared = None
        table = SimpleNamespace(
            texts=texts,
            ids=tuple(f"r:{i}" for i in range(9)),
            groups=np.arange(9),
            grouped=False,
        )
        self.data = SimpleNamespace(
            fitted_on=(),
            subject=Subject(SubjectKind.DATASET, "sha256:data"),
            table=table,
            train=np.arange(6),
            tests=(("in-domain", np.arange(6, 9)),),
            digest="sha256:rows",
            references=references,
        )
        fact = Fact("datasets", datasets, Basis.DECLARED) if datasets is not None else None
        view = SimpleNamespace(fact=lambda name: fact if name == "datasets" else None)
        self.model = SimpleNamespace(subject=Subject(SubjectKind.MODEL, "sha256:model"), view=view)


def test_the_question_is_put_about_the_rows_with_training_rows_and_named_data_as_references():
    texts = [f"text {i}" for i in range(9)]
    named = Reference("here/reviews", "sha256:r", lambda: ["text 6"])
    asking = put(Seen(texts, datasets=["acme/Reviews", "acme/other"], references=(named,)))
    assert asking.subject.digest == "sha256:data"
    assert dict(asking.inputs) == {"rows": "sha256:rows", "model": "sha256:model", "reference 0": "sha256:r"}
    subject = asking.payload()
    assert [t.ids for t in subject.tests] == [["r:6", "r:7", "r:8"]]
    assert [(r.name, r.own, list(r.texts)) for r in subject.references] == [
        ("training rows", True, texts[:6]),
        ("here/reviews", False, ["text 6"]),
    ]
    assert subject.declared == ("acme/other",)
    assert subject.has_model


def test_a_question_about_rows_without_text_does_not_arise():
    assert isinstance(put(Seen(None)), NotAsked)
    without = Seen([""] * 9)
    without.model = None
    assert not put(without).payload().has_model
    without.data = None
    assert isinstance(put(without), NotAsked)


def test_training_rows_that_a_test_was_kept_apart_from_are_no_overlap_of_it(corpus):
    left_out = TrainingTexts("training rows", corpus, own=True, tests=frozenset({"in-domain"}))
    found = run([rows(corpus[:60], "in-domain"), rows(corpus[:60], "domain=a")], [left_out])
    assert [f.where for f in found.findings if f.rule == "WGH-K001"] == ["in-domain"]
    assert found.measure("overlap_rate", test="domain=a") is None
