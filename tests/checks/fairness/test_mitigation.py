from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from weigh.checks.case import Case, Declared, NotAsked
from weigh.checks.fairness.answers import counting
from weigh.checks.fairness.groups import Grouping
from weigh.checks.fairness.mitigation import CHECK, QUESTION, MitigationSubject
from weigh.checks.fairness.reweighing import reweighing
from weigh.checks.fairness.vector import changes
from weigh.core import canonical
from weigh.core.outcome import OutcomeKind

CODES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=60)


@settings(max_examples=50, deadline=None)
@given(CODES)
def test_weighted_every_group_has_the_labels_of_the_whole(rows):
    groups, labels = (np.array(one, dtype=np.int64) for one in zip(*rows, strict=True))
    weights = reweighing(groups, labels)
    assert (weights > 0).all()
    assert weights.mean() == pytest.approx(1)
    joint = np.zeros((4, 3))
    np.add.at(joint, (groups, labels), weights)
    present = np.zeros((4, 3), dtype=bool)
    present[groups, labels] = True
    sizes = np.outer(np.bincount(groups, minlength=4), np.bincount(labels, minlength=3)).astype(float)
    shares = joint[present] / sizes[present]
    assert np.allclose(shares, shares[0])


def test_rows_without_dependence_keep_their_weight():
    weights = reweighing(np.repeat([0, 1], 50), np.tile([0, 1], 50))
    assert np.allclose(weights, 1)
    assert reweighing(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)).size == 0


def world(seed, n):
    """Groups, labels and one feature: group 1 is labelled positive less often for the same feature."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, n)
    x = rng.normal(size=n) - 0.8 * group
    labels = (x - 0.6 * group + rng.normal(size=n) > 0).astype(np.int64)
    return group, np.stack([x, group], axis=1), labels


def subject_of(predictions_of, seed=0, n=6000, protected=("sex",), **options):
    from sklearn.linear_model import LogisticRegression

    group, features, labels = world(seed, n)
    half = n // 2
    names = {"sex": np.array(["m", "w"])[group], "other": np.array(["p", "q"])[np.arange(n) % 2]}
    asked = []

    def fit(weights):
        asked.append(weights)
        model = LogisticRegression().fit(features[:half], labels[:half], sample_weight=weights)
        return model.predict_proba(features[half:])

    columns = {name: names[name] for name in protected}
    test = predictions_of(
        {name: values[half:] for name, values in columns.items()}, labels[half:], labels[half:], **options
    )
    training = {name: values[:half] for name, values in columns.items()}
    return MitigationSubject(test, labels[:half], training, fit, protected), asked


@pytest.fixture
def ask(context_of):
    return lambda subject: CHECK.run(subject, context_of("mitigation"))


def test_reweighing_narrows_demographic_parity_and_every_row_of_the_vector_is_shown(ask, predictions_of):
    subject, asked = subject_of(predictions_of)
    found = ask(subject)
    assert found.answered
    assert asked[0] is None
    assert asked[1].mean() == pytest.approx(1)
    before, after = (
        found.measure("demographic_parity_difference", when=when, protected="sex")
        for when in ("before", "after")
    )
    assert after.high < before.low
    moved = found.measure("mitigation_change", measure="demographic_parity_difference")
    assert moved.value == pytest.approx(after.value - before.value)
    assert moved.high < 0
    shown = {m.label("measure") for m in found.measures if m.name == "mitigation_change"}
    assert shown == {
        "demographic_parity_difference", "equal_opportunity_difference", "false_positive_rate_difference",
        "positive_predictive_value_difference", "group_accuracy_difference", "equalized_odds_difference",
        "average_odds_difference", "disparate_impact", "accuracy", "balanced_accuracy", "log_loss",
    }  # fmt: skip
    assert found.measure("group_needed_at_inference").value == 0


def test_what_gets_worse_is_a_finding_as_well(ask, predictions_of):
    subject, _ = subject_of(predictions_of)
    found = ask(subject)
    worse = next(f for f in found.findings if f.rule == "WGH-F008")
    better = next(f for f in found.findings if f.rule == "WGH-F009")
    assert "log_loss" in worse.message
    assert "demographic_parity_difference" in better.message
    assert "not needed when it is used" in better.message
    assert "(\N{MINUS SIGN}0." in better.message
    assert "(-" not in better.message
    for measure in (m for m in found.measures if m.name == "mitigation_change"):
        named = f"{measure.label('measure')} " in worse.message
        up = measure.label("measure") in ("accuracy", "balanced_accuracy", "disparate_impact")
        assert named == ((measure.high < 0) if up else (measure.low > 0))


def test_values_before_and_after_are_those_of_their_own_answers(ask, predictions_of):
    subject, _ = subject_of(predictions_of)
    proba = subject.fit(None)
    hits = proba.argmax(axis=1) == subject.test.labels
    assert ask(subject).measure("accuracy", when="before").value == pytest.approx(hits.mean())


def test_each_column_has_its_own_weights(ask, predictions_of):
    subject, asked = subject_of(predictions_of, n=3000, protected=("sex", "other"))
    found = ask(subject)
    assert len(asked) == 3
    assert not np.allclose(asked[1], asked[2])
    assert found.measure("mitigation_change", protected="other", measure="log_loss") is not None


def test_a_column_that_names_rows_is_not_fitted_for(ask, predictions_of):
    subject, asked = subject_of(predictions_of, n=1200)
    people = np.array([f"person {i}" for i in range(600)])
    named = replace(
        subject,
        test=replace(subject.test, columns=subject.test.columns | {"name": people}),
        columns=subject.columns | {"name": people},
        protected=("name",),
    )
    found = ask(named)
    assert (found.outcome.kind, found.outcome.needs_n) == (OutcomeKind.INCONCLUSIVE, None)
    assert found.outcome.reason == "name has 600 values in 600 rows: it names rows, not groups"
    assert asked == []
    both = ask(replace(named, protected=("name", "sex")))
    assert (len(asked), both.outcome) == (2, found.outcome)
    assert both.measure("mitigation_change", protected="sex", measure="log_loss") is not None
    assert "person" not in canonical.dumps(both).decode()


def test_rows_are_asked_for_only_where_more_would_help(ask, predictions_of):
    subject, _ = subject_of(predictions_of, n=800)
    few = np.array(["m"] * 380 + ["w"] * 20)
    small = replace(subject, test=replace(subject.test, columns={"sex": few}))
    assert ask(small).outcome.needs_n == 600
    alone = replace(subject, test=replace(subject.test, columns={"sex": np.array(["m"] * 400)}))
    assert ask(alone).outcome.kind is OutcomeKind.INCONCLUSIVE
    assert ask(alone).outcome.needs_n is None


def swapped_answers(rng, truth, answers, other):
    """Two answers to each row that are exchangeable, so that neither is better."""
    swap = rng.random(truth.size) < 0.5
    return np.where(swap, other, answers), np.where(swap, answers, other)


def alarms(drawn, seeds):
    """Of worlds in which neither answer is better, those in which one counts as worse."""
    found_worse = 0
    count = counting(("no", "yes"), "", np.array([0, 1]))
    for seed in seeds:
        rng = np.random.default_rng(seed)
        groups, truth, answers = drawn(rng, 800, [0.6, 0.4], [0.5, 0.4], [0.8, 0.7], [0.2, 0.25])
        other = np.where(rng.random(800) < 0.15, 1 - answers, answers)
        first, second = swapped_answers(rng, truth, answers, other)
        found = changes(
            Grouping("sex", ("m", "w"), groups),
            count,
            count.cells(truth, first),
            count.cells(truth, second),
            clusters=None,
            level=0.95,
            seed=seed,
            replicates=1000,
        )
        found_worse += any(one.worse for one in found)
    return found_worse


def test_answers_that_differ_by_chance_rarely_count_as_worse(drawn):
    assert alarms(drawn, range(100)) <= stats.binom.ppf(0.99, 100, 0.05)


@pytest.mark.slow
def test_the_rate_of_false_alarms_over_many_worlds(drawn):
    found = alarms(drawn, range(1000, 1600))
    assert found <= stats.binom.ppf(0.99, 600, 0.05)


def many_groups(seed, *, groups_n=12, n=2400):
    """Groups that are alike before and after, though far more rows are answered positive after."""
    rng = np.random.default_rng(seed)
    groups, truth = rng.integers(0, groups_n, n), rng.integers(0, 2, n)
    before, after = (rng.random(n) < 0.1).astype(np.int64), (rng.random(n) < 0.5).astype(np.int64)
    return groups, truth, before, after


def worse_of(groups, truth, before, after, *, seed, clusters=None, replicates=1000):
    count = counting(("no", "yes"), "", np.array([0, 1]))
    return changes(
        Grouping("g", tuple(f"g{i:02d}" for i in range(int(groups.max()) + 1)), groups),
        count,
        count.cells(truth, before),
        count.cells(truth, after),
        clusters=clusters,
        level=0.95,
        seed=seed,
        replicates=replicates,
    )


def test_equal_groups_do_not_get_worse_because_more_is_answered_positive():
    # A largest gap of twelve equal groups grows with the variance of a share, from 0.1 to 0.5, by itself.
    found = [worse_of(*many_groups(seed), seed=seed) for seed in range(100)]
    grew = [next(c for c in one if c.name == "demographic_parity_difference").change > 0 for one in found]
    assert sum(grew) > 80
    worse = sum(any(c.worse or c.better for c in one) for one in found)
    assert worse <= stats.binom.ppf(0.99, 100, 0.05)


@pytest.mark.slow
def test_equal_groups_rarely_get_worse_whatever_their_number():
    for groups_n in (4, 12, 20):
        worse = sum(
            any(c.worse for c in worse_of(*many_groups(s, groups_n=groups_n, n=200 * groups_n), seed=s))
            for s in range(400)
        )
        assert worse <= stats.binom.ppf(0.99, 400, 0.05), groups_n


def test_a_gap_that_one_group_of_many_opened_or_lost_is_found():
    groups, truth, _, after = many_groups(0, groups_n=8, n=4000)
    harmed = np.where(groups == 3, 0, after)
    for first, second, worse in ((after, harmed, True), (harmed, after, False)):
        found = {c.name: c for c in worse_of(groups, truth, first, second, seed=0)}
        for name in ("demographic_parity_difference", "equal_opportunity_difference", "disparate_impact"):
            assert (found[name].worse, found[name].better) == (worse, not worse), name


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 6))
def test_every_change_lies_within_its_interval_and_is_that_of_its_own_values(seed, groups_n):
    for one in worse_of(*many_groups(seed, groups_n=groups_n, n=400), seed=seed, replicates=200):
        assert one.low <= one.after - one.before <= one.high
        assert -1 <= one.change <= 1


def test_groups_of_few_persons_are_not_compared_however_many_rows_they_have():
    groups, truth, before, after = many_groups(0, groups_n=3, n=3000)
    after = np.where(groups == 2, 0, after)
    # The third group is ten people: the gap it opened is no evidence.
    persons = np.where(groups == 2, np.arange(3000) % 10, np.arange(3000) + 10)
    alone = {c.name: c for c in worse_of(groups, truth, before, after, seed=0)}
    grouped = {c.name: c for c in worse_of(groups, truth, before, after, seed=0, clusters=persons)}
    assert alone["demographic_parity_difference"].worse
    assert grouped["demographic_parity_difference"].after < 0.2


def test_with_a_class_of_interest_accuracy_is_still_that_over_all_classes(ask, predictions_of):
    rng = np.random.default_rng(0)
    truth, groups = rng.integers(0, 4, 2000), rng.integers(0, 2, 2000)
    worse = np.where((truth > 1) & (rng.random(2000) < 0.8), 5 - truth, truth)
    test = predictions_of({"sex": np.array(["m", "w"])[groups]}, truth, truth, classes=tuple("abcd"))
    answers = iter([truth, worse])
    subject = MitigationSubject(
        test,
        truth,
        {"sex": test.columns["sex"]},
        lambda weights: np.eye(4)[next(answers)] * 0.9 + 0.025,
        ("sex",),
        "a",
    )
    found = ask(subject)
    moved = found.measure("mitigation_change", measure="accuracy")
    assert moved.value == pytest.approx(np.mean(worse == truth) - 1)
    assert moved.high < 0
    assert "accuracy 1.000" in next(f.message for f in found.findings if f.rule == "WGH-F008")
    assert (moved.level, moved.method) == (pytest.approx(0.995), "paired-bootstrap")
    gaps = found.measure("mitigation_change", measure="demographic_parity_difference")
    assert (gaps.level, gaps.method) == (pytest.approx(0.965), "max-t-bootstrap")


def test_equal_answers_change_nothing(drawn):
    groups, truth, answers = drawn(
        np.random.default_rng(0), 500, [0.5, 0.5], [0.5] * 2, [0.8, 0.6], [0.2] * 2
    )
    count = counting(("no", "yes"), "", truth)
    cells = count.cells(truth, answers)
    found = changes(
        Grouping("sex", ("m", "w"), groups), count, cells, cells, clusters=None, level=0.95, seed=0
    )
    assert all(one.change == one.low == one.high == 0 for one in found)
    assert not any(one.worse or one.better for one in found)


def test_clustered_rows_widen_the_changes(drawn):
    rng = np.random.default_rng(0)
    groups, truth, answers = (
        np.repeat(a, 5) for a in drawn(rng, 200, [0.5] * 2, [0.5] * 2, [0.8] * 2, [0.2] * 2)
    )
    other = np.where(np.repeat(rng.random(200) < 0.2, 5), 1 - answers, answers)
    count = counting(("no", "yes"), "", truth)
    cells = [count.cells(truth, one) for one in (answers, other)]
    widths = []
    for clusters in (None, np.repeat(np.arange(200), 5)):
        found = changes(
            Grouping("g", ("a", "b"), groups), count, *cells, clusters=clusters, level=0.95, seed=0
        )
        widths.append(next(c.high - c.low for c in found if c.name == "demographic_parity_difference"))
    assert widths[1] == pytest.approx(widths[0] * np.sqrt(5), rel=0.2)


def test_many_classes_have_a_vector_too(drawn):
    rng = np.random.default_rng(0)
    truth, groups = rng.integers(0, 4, 2000), rng.integers(0, 2, 2000)
    before = np.where(rng.random(2000) < np.where(groups == 1, 0.5, 0.1), (truth + 1) % 4, truth)
    count = counting(tuple("abcd"), "", truth)
    found = {
        (c.name, c.of): c
        for c in changes(
            Grouping("g", ("x", "y"), groups),
            count,
            count.cells(truth, before),
            count.cells(truth, truth),
            clusters=None,
            level=0.95,
            seed=0,
        )
    }
    assert found["recall_difference", "c"].better


def test_groups_too_small_to_compare_are_inconclusive_and_cost_no_fit(ask, predictions_of):
    subject, asked = subject_of(predictions_of, n=80)
    found = ask(subject)
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert found.outcome.needs_n >= 60
    assert not asked


def test_the_same_question_has_the_same_answer(ask, predictions_of):
    first, second = (ask(subject_of(predictions_of, n=2000)[0]) for _ in range(2))
    assert first.digest == second.digest


def test_without_a_group_column_the_question_does_not_arise():
    assert QUESTION.put(Case(Declared())) == NotAsked("no --group column was named")


def test_the_finalist_is_fitted_on_its_own_training_rows_and_asked_about_the_test(case_of, context_of):
    calls = []

    def refit(*, train, labels, ask, weights=None, seed=0):
        calls.append((train, labels, ask, weights, seed))
        return np.full((ask.size, 2), 0.5)

    case = case_of(protected=("sex",), refit=refit)
    found = CHECK.run(QUESTION.put(case).payload(), context_of("mitigation"))
    assert found.answered
    for train, labels, rows, _, seed in calls:
        assert (train == case.data.train).all()
        assert (labels == case.data.table.labels[train]).all()
        assert (rows == case.data.tests[0][1]).all()
        assert seed == 7
    assert calls[0][3] is None
    assert calls[1][3].shape == calls[1][0].shape


def test_a_finalist_that_does_not_learn_is_not_fitted_again(case_of):
    assert "does not learn" in QUESTION.put(case_of(protected=("sex",))).reason
