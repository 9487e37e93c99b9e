from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from scipy import stats
from sklearn.metrics import accuracy_score, confusion_matrix, precision_score, recall_score

from weigh.checks.case import Case, Declared, NotAsked
from weigh.checks.fairness import metrics
from weigh.checks.fairness.fairness import CHECK, QUESTION, FairnessSubject
from weigh.checks.fairness.gaps import audit
from weigh.checks.fairness.groups import Grouping, by_column, crossings
from weigh.core import canonical
from weigh.core.errors import UsageError
from weigh.core.outcome import OutcomeKind
from weigh.statistics.disclosure import FEWEST_NAMED

LEVEL = 0.95


def looked_at(groups, truth, answers, *, clusters=None, seed=0, replicates=1000):
    names = tuple("abcdefgh"[: int(groups.max()) + 1])
    cells = metrics.binary_cells(truth, answers)
    return audit(
        Grouping("who", names, groups),
        cells,
        metrics.BINARY,
        cells_n=4,
        clusters=clusters,
        level=LEVEL,
        seed=seed,
        replicates=replicates,
    )


def alarm(found):
    return any(gap.shown and gap.rate is not None for gap in found.gaps)


def spread(found, name):
    return next(one for one in found.spreads if one.name == name)


def most_alarms(repetitions, rate):
    """The count that a rate of at most `rate` exceeds with a chance of 1 %."""
    return int(stats.binom.ppf(0.99, repetitions, rate))


@pytest.fixture
def ask(context_of):
    def put(predictions, protected=("sex",), positive=""):
        return CHECK.run(FairnessSubject(predictions, protected, positive), context_of("fairness"))

    return put


@pytest.fixture
def two(drawn, predictions_of):
    """Men and women; her true positives are found less often where `gap` is not 0."""

    def make(seed=0, n=1200, gap=0.0, **options):
        group, truth, answers = drawn(
            np.random.default_rng(seed), n, [0.55, 0.45], [0.5, 0.5], [0.8, 0.8 - gap], [0.2, 0.2]
        )
        return predictions_of({"sex": np.array(["m", "w"])[group]}, truth, answers, **options)

    return make


def test_groups_that_are_treated_alike_rarely_raise_an_alarm(drawn):
    # All five rates, three groups and every gap together: at most 5 %.
    alarms = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        world = drawn(rng, 600, [0.5, 0.3, 0.2], [0.4] * 3, [0.8] * 3, [0.1] * 3)
        alarms += alarm(looked_at(*world, seed=seed))
    assert alarms <= most_alarms(200, 0.05)


def test_a_planted_gap_is_found_in_at_least_nine_of_ten_data_sets(drawn):
    found = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        world = drawn(rng, 1000, [0.6, 0.4], [0.5, 0.5], [0.85, 0.65], [0.15, 0.15])
        found += any(gap.shown and gap.name == "true_positive_rate_gap" for gap in looked_at(*world).gaps)
    assert found >= 180


def test_a_gap_is_a_finding_with_its_numbers(ask, two):
    found = ask(two(gap=0.3))
    assert found.answered
    finding = next(f for f in found.findings if f.rule == "WGH-F001")
    assert (finding.where, finding.severity.value) == ("sex=w", "high")
    assert "share of positives found \N{MINUS SIGN}0." in finding.message
    gap = found.measure("true_positive_rate_gap", group="w", reference="m", protected="sex")
    assert gap.low < -0.3 < gap.high < 0
    mirrored = found.measure("false_negative_rate_gap", group="w")
    assert (mirrored.value, mirrored.low, mirrored.high) == (-gap.value, -gap.high, -gap.low)
    assert found.measure("equalized_odds_difference").low > 0
    assert found.measure("fairness_p_value", measure="equal_opportunity_difference").value < 0.001


def test_every_measure_has_rows_and_an_interval(ask, two):
    for measure in ask(two()).measures:
        assert measure.n > 0
        if measure.name != "fairness_p_value":
            assert measure.low <= measure.value <= measure.high
            assert measure.method


def test_a_difference_of_true_rates_alone_is_about_selection_only(ask, drawn, predictions_of):
    rng = np.random.default_rng(0)
    group, truth, answers = drawn(rng, 4000, [0.5, 0.5], [0.7, 0.3], [0.8, 0.8], [0.2, 0.2])
    found = ask(predictions_of({"sex": np.array(["m", "w"])[group]}, truth, answers))
    assert "WGH-F002" in [f.rule for f in found.findings]
    message = " ".join(f.message for f in found.findings if f.rule == "WGH-F001")
    assert "share of positives found" not in message


def test_largest_gaps_contain_zero_unless_a_pair_differs(drawn):
    # The percentile interval of a largest gap would exclude 0 nearly always.
    excluded = 0
    for seed in range(200):
        rng = np.random.default_rng(1000 + seed)
        world = drawn(rng, 400, [0.5, 0.25, 0.25], [0.5] * 3, [0.7] * 3, [0.3] * 3)
        excluded += spread(looked_at(*world), "demographic_parity_difference").interval.low > 0
    assert excluded <= most_alarms(200, 0.05)


def test_clustered_rows_do_not_count_as_independent(drawn):
    # 80 people with 10 equal rows each: counted as rows, alarms would come several times as often.
    clustered = naive = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        world = [np.repeat(one, 10) for one in drawn(rng, 120, [0.5, 0.5], [0.5] * 2, [0.7] * 2, [0.3] * 2)]
        clustered += alarm(looked_at(*world, clusters=np.repeat(np.arange(120), 10)))
        naive += alarm(looked_at(*world))
    assert clustered <= most_alarms(100, 0.05)
    assert naive > 5 * max(clustered, 1)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=80))
def test_rates_are_those_of_scikit_learn(rows):
    groups, truth, answers = (np.array(one, dtype=np.int64) for one in zip(*rows, strict=True))
    cells = metrics.counted(metrics.binary_cells(truth, answers), groups, groups_n=3, cells_n=4)
    found = metrics.group_rates(cells, metrics.BINARY)
    for group in np.unique(groups).tolist():
        own = groups == group
        y, a = truth[own], answers[own]
        tn, fp, fn, tp = confusion_matrix(y, a, labels=[0, 1]).ravel().tolist()
        expected = [
            a.mean(),
            recall_score(y, a, zero_division=np.nan),
            recall_score(1 - y, a, zero_division=np.nan) if not y.all() else np.nan,
            fn / (fn + tp) if fn + tp else np.nan,
            precision_score(y, a, zero_division=np.nan),
            accuracy_score(y, a),
        ]
        expected[2] = fp / (fp + tn) if fp + tn else np.nan
        np.testing.assert_allclose(found[group], expected)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_summaries_do_not_depend_on_the_order_of_the_groups(rates, random):
    first = np.array(rates)
    random.shuffle(rates)
    second = np.array(rates)
    assert metrics.difference(first) == metrics.difference(second)
    assert metrics.ratio(first) == metrics.ratio(second)
    assert 0 <= metrics.ratio(first) <= 1


def test_swapping_both_classes_swaps_the_error_rates(drawn):
    groups, truth, answers = drawn(np.random.default_rng(0), 500, [0.5, 0.5], [0.4] * 2, [0.8] * 2, [0.1] * 2)
    straight, turned = looked_at(groups, truth, answers), looked_at(groups, 1 - truth, 1 - answers)
    shares = [{(s.rate.name, s.group): s.interval.value for s in one.shares} for one in (straight, turned)]
    for group in "ab":
        assert shares[0]["false_positive_rate", group] == shares[1]["false_negative_rate", group]


def test_two_columns_are_crossed_where_there_are_rows_enough(ask, drawn, predictions_of):
    rng = np.random.default_rng(1)
    n = 3000
    sex, race = rng.choice(2, n), rng.choice(3, n, p=[0.6, 0.39, 0.01])
    truth = (rng.random(n) < 0.5).astype(np.int64)
    # Only black women are treated worse; both margins hide most of it.
    missed = np.where((sex == 1) & (race == 1), 0.5, 0.1)
    answers = np.where(rng.random(n) < missed, 0, truth)
    columns = {"sex": np.array(["m", "w"])[sex], "race": np.array(["x", "b", "y"])[race]}
    found = ask(predictions_of(columns, truth, answers), protected=("sex", "race"))
    worst = min((m for m in found.measures if m.name == "true_positive_rate_gap"), key=lambda m: m.value)
    assert worst.label("protected") == "sex & race"
    assert worst.label("group") == "w & b"
    assert "sex=w & race=b" in [f.where for f in found.findings if f.rule == "WGH-F001"]
    assert any(f.rule == "WGH-F003" and "w & y" in f.message for f in found.findings)


def test_groups_too_small_are_named_as_unknown_and_still_shown(ask, drawn, predictions_of):
    rng = np.random.default_rng(0)
    group, truth, answers = drawn(rng, 500, [0.5, 0.46, 0.04], [0.5] * 3, [0.8] * 3, [0.2] * 3)
    found = ask(predictions_of({"sex": np.array(["m", "w", "x"])[group]}, truth, answers))
    assert found.answered
    finding = next(f for f in found.findings if f.rule == "WGH-F003")
    assert f"x ({np.count_nonzero(group == 2)})" in finding.message
    assert found.measure("selection_rate", group="x").label("compared") == "no"
    assert found.measure("selection_rate_gap", group="x") is None


def test_a_column_without_two_large_groups_is_inconclusive_with_the_rows_needed(ask, predictions_of):
    truth = np.arange(400) % 2
    columns = {"sex": np.array(["m"] * 390 + ["w"] * 10)}
    found = ask(predictions_of(columns, truth, truth))
    assert (found.outcome.kind, found.outcome.needs_n) == (OutcomeKind.INCONCLUSIVE, 1200)
    assert found.measure("true_positive_rate", group="w").low < 0.6


def test_many_rows_of_few_people_are_inconclusive(ask, drawn, predictions_of):
    group, truth, answers = drawn(np.random.default_rng(0), 40, [0.5, 0.5], [0.5] * 2, [0.8] * 2, [0.2] * 2)
    many = [np.repeat(one, 50) for one in (group, truth, answers)]
    columns = {"sex": np.array(["m", "w"])[many[0]]}
    found = ask(predictions_of(columns, many[1], many[2], groups=np.repeat(np.arange(40), 50)))
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE


def test_one_group_only_cannot_be_compared(ask, predictions_of):
    truth = np.arange(100) % 2
    found = ask(predictions_of({"sex": np.array(["m"] * 100)}, truth, truth))
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert [f.rule for f in found.findings] == ["WGH-F004"]


@pytest.mark.parametrize("answer", [0, 1])
def test_a_constant_answer_has_no_gap(ask, drawn, predictions_of, answer):
    group, truth, _ = drawn(np.random.default_rng(0), 800, [0.5, 0.5], [0.5] * 2, [0.5] * 2, [0.5] * 2)
    columns = {"sex": np.array(["m", "w"])[group]}
    found = ask(predictions_of(columns, truth, np.full(800, answer)))
    gap = found.measure("selection_rate_gap", group="w") or found.measure("selection_rate_gap", group="m")
    assert gap.low < 0 < gap.high
    assert found.measure("disparate_impact").value == 1


def test_of_many_classes_recall_and_accuracy_are_compared(ask, predictions_of):
    rng = np.random.default_rng(0)
    n = 3000
    truth, sex = rng.integers(0, 3, n), rng.integers(0, 2, n)
    wrong = rng.random(n) < np.where((sex == 1) & (truth == 2), 0.6, 0.1)
    answers = np.where(wrong, (truth + 1) % 3, truth)
    found = ask(predictions_of({"sex": np.array(["m", "w"])[sex]}, truth, answers, classes=("a", "b", "c")))
    recall = found.measure("recall_difference", **{"class": "c"})
    assert recall.low > 0.3
    assert found.measure("recall_difference", **{"class": "a"}).low == 0
    assert 'share of "c" found' in next(f for f in found.findings if f.rule == "WGH-F001").message


def test_of_many_classes_a_named_one_is_held_against_the_rest(ask, predictions_of):
    rng = np.random.default_rng(0)
    truth, sex = rng.integers(0, 3, 900), np.array(["m", "w"])[rng.integers(0, 2, 900)]
    found = ask(predictions_of({"sex": sex}, truth, truth, classes=("a", "b", "c")), positive="b")
    share = found.measure("selection_rate", group="m", positive="b")
    assert share.value == pytest.approx(np.mean(truth[sex == "m"] == 1))


def test_a_number_is_cut_at_its_quartiles(ask, drawn, predictions_of):
    rng = np.random.default_rng(0)
    _, truth, answers = drawn(rng, 800, [1.0], [0.5], [0.8], [0.2])
    ages = np.char.mod("%d", rng.integers(18, 90, 800))
    found = ask(predictions_of({"age": ages}, truth, answers), protected=("age",))
    groups = {m.label("group") for m in found.measures if m.name == "selection_rate"}
    assert len(groups) == 4


def test_an_empty_value_is_a_group_of_its_own():
    assert by_column("sex", np.array(["", "m", ""])).names == ("(empty)", "m")


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "1", "2.5", "nan", "1e400", "x & y", "\x1b[31m"]), st.sampled_from("ab")
        ),
        min_size=1,
        max_size=60,
    )
)
def test_any_values_divide_the_rows_and_crossing_divides_them_finer(rows):
    first, second = (by_column(n, np.array(v)) for n, v in zip("pq", zip(*rows, strict=True), strict=True))
    for one in (first, second, *crossings([first, second])):
        assert one.codes.min() >= 0
        assert one.codes.max() < len(one.names)
    for crossed in crossings([first, second]):
        pairs = np.unique(np.stack([first.codes, second.codes]), axis=1).shape[1]
        assert len(crossed.names) == np.unique(crossed.codes).size == pairs


def written(found):
    """Everything that a report or the ledger could keep of it."""
    return canonical.dumps(found).decode()


def test_a_column_that_names_rows_is_not_compared_and_asks_for_no_more_of_them(ask, two):
    plain = two()
    people = np.array([f"person {i // 2}" if i < 600 else f"person {i}" for i in range(1200)])
    named = replace(plain, columns=plain.columns | {"name": people})
    found = ask(named, protected=("name",))
    assert (found.outcome.kind, found.outcome.needs_n) == (OutcomeKind.INCONCLUSIVE, None)
    assert found.outcome.reason == "name has 900 values in 1,200 rows: it names rows, not groups"
    assert (found.findings, found.measures) == ((), ())
    both = ask(named, protected=("sex", "name"))
    assert both.outcome == found.outcome
    assert (both.findings, both.measures) == (ask(plain).findings, ask(plain).measures)
    assert "person" not in written(both)


def test_a_value_that_few_rows_have_is_counted_and_never_named(ask, predictions_of):
    rng = np.random.default_rng(0)
    towns = np.array(
        ["north"] * 400 + ["south"] * 380 + ["east"] * 5 + [f"hamlet {i // 4}" for i in range(60)]
    )
    sex = np.where(rng.random(towns.size) < 0.5, "m", "w")
    sex[400] = "divers"
    truth = rng.integers(0, 2, towns.size)
    found = ask(predictions_of({"town": towns, "sex": sex}, truth, truth), protected=("town", "sex"))
    assert found.outcome.kind is OutcomeKind.ANSWERED
    told = {f.where: f.message for f in found.findings if f.rule == "WGH-F003"}
    assert told["town"].endswith("east (5); 15 values with fewer than 5 rows each")
    assert told["sex"].endswith("are compared): 1 value with fewer than 5 rows")
    assert "combinations with fewer than 5 rows each" in told["town & sex"]
    assert "hamlet" not in written(found)
    assert "divers" not in written(found)
    assert "east &" not in written(found)
    assert found.measure("selection_rate", group="east").n == 5


def test_a_group_of_few_rows_is_not_named_even_where_it_is_the_only_one(ask, predictions_of):
    truth = np.arange(4) % 2
    found = ask(predictions_of({"sex": np.array(["divers"] * 4)}, truth, truth))
    assert "all test rows are in one group" in [f.message for f in found.findings]
    assert "divers" not in written(found)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 3)), max_size=60))
def test_no_value_of_fewer_than_five_rows_stands_anywhere_in_the_answer(context_of, predictions_of, rows):
    first, second = (
        np.array([f"{sign}{v}!" for v in own], dtype=np.str_)
        for sign, own in zip("pq", zip(*rows, strict=True) if rows else ([], []), strict=True)
    )
    truth = np.arange(first.size) % 2
    subject = FairnessSubject(predictions_of({"a": first, "b": second}, truth, truth), ("a", "b"))
    text = written(CHECK.run(subject, context_of("fairness")))
    for values in (first, second):
        names, counts = np.unique(values, return_counts=True)
        assert [name for name in names[counts < FEWEST_NAMED].tolist() if name in text] == []


def test_quartiles_that_would_tell_somebodys_number_are_rounded(ask, predictions_of):
    income = np.char.mod("%.2f", np.linspace(20_013.37, 90_777.77, 400))
    truth = np.arange(400) % 2
    found = ask(predictions_of({"income": income}, truth, truth), protected=("income",))
    groups = {m.label("group") for m in found.measures if m.name == "selection_rate"}
    assert groups == {"<= 38000", "(38000, 55000]", "(55000, 73000]", "> 73000"}


def test_hostile_names_of_columns_and_groups_stay_text(ask, two):
    plain = two(gap=0.4)
    names = np.where(plain.columns["sex"] == "w", "</td>\x1b[31m & x", "=cmd()")
    hostile = replace(plain, columns={"a & b": names})
    found = ask(hostile, protected=("a & b",))
    assert found.answered
    where = next(f.where for f in found.findings if f.rule == "WGH-F001")
    assert where in ("a & b=</td>\x1b[31m & x", "a & b==cmd()")


def test_a_column_that_is_not_there_is_a_usage_error(ask, two):
    with pytest.raises(UsageError) as caught:
        ask(two(), protected=("gender",))
    assert caught.value.why == "the rows carry: sex"


def test_a_class_that_is_not_there_is_a_usage_error(ask, two):
    with pytest.raises(UsageError):
        ask(two(), positive="maybe")


def test_the_same_question_has_the_same_answer(ask, two):
    assert ask(two(gap=0.2)).digest == ask(two(gap=0.2)).digest


def test_without_a_group_column_the_question_does_not_arise():
    assert QUESTION.put(Case(Declared())) == NotAsked("no --group column was named")
    assert isinstance(QUESTION.put(Case(Declared(protected=("sex",)))), NotAsked)


def test_the_finalists_answers_on_the_first_test_set_are_asked_about(case_of, context_of):
    asking = QUESTION.put(case_of(protected=("sex",), n=400))
    assert asking.parameters == {"protected": ["sex"], "positive": ""}
    found = CHECK.run(asking.payload(), context_of("fairness"))
    assert found.answered
    assert found.measure("selection_rate", group="w").n == 100


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "shares", "base", "tpr", "fpr"),
    [
        (200, [0.5, 0.5], [0.5, 0.5], [0.8, 0.6], [0.2, 0.3]),
        (1000, [0.8, 0.2], [0.3, 0.5], [0.9, 0.7], [0.05, 0.15]),
        (5000, [0.6, 0.4], [0.4, 0.3], [0.75, 0.7], [0.1, 0.12]),
    ],
)
def test_signed_gaps_cover_the_truth_in_93_to_97_percent(drawn, n, shares, base, tpr, fpr):
    # demographic parity: the gap of selection rates alone; equalized odds: both gaps together.
    sims, hit = 2000, {"parity": 0, "odds": 0, "all": 0}
    selected = [b * t + (1 - b) * f for b, t, f in zip(base, tpr, fpr, strict=True)]
    truths = {"selection_rate": selected, "true_positive_rate": tpr, "false_positive_rate": fpr}
    families = {
        "parity": (metrics.SELECTION,),
        "odds": (metrics.TPR, metrics.FPR),
        "all": (metrics.SELECTION, metrics.TPR, metrics.FPR),
    }
    for seed in range(sims):
        groups, truth, answers = drawn(np.random.default_rng(seed), n, shares, base, tpr, fpr)
        cells = metrics.binary_cells(truth, answers)
        for name, rates in families.items():
            found = audit(
                Grouping("g", ("a", "b"), groups),
                cells,
                rates,
                cells_n=4,
                clusters=None,
                level=LEVEL,
                seed=seed,
                replicates=2000,
            )
            signs = {"b": 1, "a": -1}
            hit[name] += all(
                gap.interval.contains(
                    signs[gap.group] * (truths[gap.rate.name][1] - truths[gap.rate.name][0])
                )
                for gap in found.gaps
                if gap.rate is not None
            )
    shares_hit = {name: count / sims for name, count in hit.items()}
    print(n, shares_hit)
    assert all(0.93 <= share <= 0.97 for share in shares_hit.values()), shares_hit


@pytest.mark.slow
@pytest.mark.parametrize("n", [300, 2000])
def test_alarms_where_all_are_treated_alike_stay_below_five_percent(drawn, n):
    sims = 2000
    alarms = 0
    for seed in range(sims):
        rng = np.random.default_rng(seed)
        world = drawn(rng, n, [0.4, 0.3, 0.2, 0.1], [0.4] * 4, [0.85] * 4, [0.1] * 4)
        alarms += alarm(looked_at(*world, seed=seed, replicates=2000))
    print(n, alarms / sims)
    assert alarms <= most_alarms(sims, 0.05)


def test_columns_beyond_those_crossed_are_named_with_what_was_not_compared(ask, predictions_of):
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 2000)
    columns = {name: np.array(["x", "y"])[rng.integers(0, 2, 2000)] for name in "abcdef"}
    found = ask(predictions_of(columns, truth, truth), tuple("abcdef"))
    (told,) = [f for f in found.findings if f.where == "crossed columns"]
    assert told.rule == "WGH-F003"
    assert "a & e" in told.message
    assert "a & b" not in told.message
    assert "4 more" in told.message


def test_groups_of_which_no_error_rate_can_be_compared_leave_the_question_open(ask, predictions_of):
    # Forty rows of each group, but only twenty positives and twenty negatives: the selection rate alone.
    sides = np.array(["m", "w"])[np.arange(80) % 2]
    truth = np.arange(80) // 2 % 2
    found = ask(predictions_of({"sex": sides}, truth, truth), ("sex",))
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert found.outcome.reason == "no two groups of sex have 30 independent rows to compare an error rate in"
    assert found.outcome.needs_n > 80
    assert found.measure("demographic_parity_difference") is not None
    half = np.zeros(80, dtype=np.int64)
    half[:10] = 1
    # Of 35 negatives each the false positive rates are known.
    assert ask(predictions_of({"sex": sides}, half, half), ("sex",)).answered


def test_an_empty_cell_does_not_turn_an_age_into_categories():
    values = np.char.mod("%d", np.arange(18, 98)).astype("U8")
    values[3] = ""
    assert by_column("age", values).names[-1] == "(empty)"
    assert len(by_column("age", values).names) == 5
