import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from weigh.checks.slices.partition import partition
from weigh.checks.slices.search import halves, search
from weigh.checks.slices.slices import CHECK, SliceSubject
from weigh.core import canonical
from weigh.core.check import Context
from weigh.core.errors import UsageError
from weigh.core.events import Silent
from weigh.core.outcome import OutcomeKind
from weigh.core.request import Request
from weigh.core.subject import Subject, SubjectKind
from weigh.datasets.predictions import Predictions
from weigh.statistics.disclosure import FEWEST_NAMED


class Still:
    def now(self):
        return 0.0

    def monotonic(self):
        return 0.0


def ask(predictions, named=(), searched=None, seed=0):
    request = Request("slices", "code", Subject(SubjectKind.PREDICTIONS, "sha256:0"), seed=seed)
    return CHECK.run(SliceSubject(predictions, named, searched), Context(request, Still(), Silent()))


def predictions(columns, wrong, groups=None):
    n = wrong.size
    labels = np.zeros(n, dtype=np.int64)
    proba = np.where(wrong[:, None], [0.2, 0.8], [0.8, 0.2])
    rows = np.arange(n) if groups is None else groups
    return Predictions(tuple(map(str, range(n))), labels, proba, ("a", "b"), columns, rows, "in-domain")


def world(seed, n=1000, *, planted):
    """10 Gaussian and 2 categorical columns; errors 15 %, planted: 50 % on the tenth with b=u."""
    rng = np.random.default_rng(seed)
    columns = {f"x{i}": np.char.mod("%.6f", rng.normal(size=n)) for i in range(10)}
    columns["a"] = rng.choice(list("pqrs"), n)
    columns["b"] = rng.choice(["u", *["v"] * 9], n)
    error = np.where((columns["b"] == "u") & planted, 0.5, 0.15)
    return columns, rng.random(n) < error


def test_pure_noise_raises_an_alarm_in_at_most_a_tenth_of_data_sets():
    alarms = 0
    for seed in range(200):
        columns, wrong = world(seed, planted=False)
        alarms += bool(search(columns, ~wrong, None, seed=seed)[0])
    assert alarms <= 20


def test_a_planted_slice_is_found_in_at_least_nine_of_ten_data_sets():
    found = 0
    for seed in range(200):
        columns, wrong = world(seed, planted=True)
        found += any(
            "b" in one.columns and "b=u" in one.name for one in search(columns, ~wrong, None, seed=seed)[0]
        )
    assert found >= 180


def test_a_confirmed_slice_is_a_finding_with_numbers_from_the_confirming_half():
    columns, wrong = world(3, planted=True)
    found = ask(predictions(columns, wrong))
    assert found.answered
    finding = next(f for f in found.findings if f.rule == "WGH-L001")
    assert finding.where == "b=u"
    measure = found.measure("slice_accuracy", slice="b=u", origin="found")
    assert measure.n < 100
    assert measure.low < 0.5 < measure.high


def country(seed, weak):
    rng = np.random.default_rng(seed)
    columns = {"country": rng.choice(["DE", "FR", "IN", "US"], 1200)}
    return columns, rng.random(1200) < np.where((columns["country"] == "IN") & weak, 0.35, 0.15)


def test_a_named_slice_that_is_worse_is_found_with_interval_gap_and_holm_p():
    found = ask(predictions(*country(0, True)), named=("country",), searched=())
    assert [f.where for f in found.findings] == ["country=IN"]
    assert found.measure("slice_p_value", slice="country=IN").value < 0.05
    assert found.measure("slice_gap", slice="country=IN").value > 0.1
    accuracies = [m for m in found.measures if m.name == "slice_accuracy"]
    assert len(accuracies) == 4
    assert sum(m.n for m in accuracies) == 1200


def test_named_slices_of_equal_error_rarely_raise_an_alarm():
    alarms = sum(
        bool(ask(predictions(*country(seed, False)), named=("country",), searched=()).findings)
        for seed in range(200)
    )
    # Holm at 5 %: of 200 more than 17 has probability 1 %.
    assert alarms <= 17


def test_rows_of_one_group_do_not_count_as_independent_errors():
    alarms = naive = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        groups = np.repeat(np.arange(120), 20)
        columns = {"shop": np.where(groups < 40, "x", "y")}
        wrong = (rng.random(120) < 0.2)[groups]
        alarms += bool(ask(predictions(columns, wrong, groups), named=("shop",), searched=()).findings)
        naive += bool(ask(predictions(columns, wrong), named=("shop",), searched=()).findings)
    assert alarms <= 10
    assert naive > 2 * alarms


def test_a_search_never_puts_a_group_into_both_halves():
    groups = np.repeat(np.arange(100), 7)
    first, second = halves(700, groups, seed=1)
    assert set(groups[first]).isdisjoint(groups[second])
    assert first.size + second.size == 700
    assert abs(first.size - 350) <= 7


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 200), st.integers(0, 99))
def test_halves_are_a_partition_of_the_rows(n, seed):
    first, second = halves(n, None, seed=seed)
    assert sorted([*first, *second]) == list(range(n))
    assert abs(first.size - second.size) <= 1


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.sampled_from(["", "1", "2.5", "nan", "1e400", "x", "é", "\x1b[31m"]), min_size=1, max_size=60)
)
def test_any_strings_are_cut_into_parts_that_do_not_overlap(values):
    cut = partition("c", np.array(values), np.arange(len(values)))
    assert cut.codes.shape == (len(values),)
    assert cut.codes.min() >= -1
    assert cut.codes.max() < len(cut.names)


def test_numbers_are_cut_at_the_quartiles_of_the_learning_rows_only():
    values = np.char.mod("%.1f", np.arange(100.0))
    cut = partition("age", values, np.arange(40))
    assert cut.names == ("age <= 9", "age in (9, 19]", "age in (19, 29]", "age > 29")
    assert np.bincount(cut.codes[:40]).tolist() == [10, 10, 10, 10]


def test_a_column_that_is_not_there_is_a_usage_error_naming_those_that_are():
    columns, wrong = country(0, False)
    with pytest.raises(UsageError) as caught:
        ask(predictions(columns, wrong), named=("county",))
    assert caught.value.what == 'slice column "county" not found'
    assert caught.value.why == "the rows carry: country"


def test_an_empty_slice_column_says_so_and_is_inconclusive():
    columns = {"country": np.array([""] * 200)}
    found = ask(predictions(columns, np.arange(200) % 5 == 0), named=("country",), searched=())
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert found.findings[0].message == 'column "country" is empty in every test row'


def test_an_empty_value_is_a_slice_of_its_own():
    columns = {"country": np.array(["", "DE"] * 100)}
    found = ask(predictions(columns, np.arange(200) % 5 == 0), named=("country",), searched=())
    assert found.measure("slice_accuracy", slice="country=(empty)").n == 100


def test_slices_too_small_to_judge_are_inconclusive_with_the_rows_needed():
    columns = {"country": np.array(["IN"] * 10 + ["DE"] * 190)}
    found = ask(predictions(columns, np.arange(200) % 5 == 0), named=("country",), searched=())
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert found.outcome.needs_n == 600
    assert "country=IN (10)" in found.findings[0].message


def test_one_value_only_has_no_rest_to_be_held_against():
    columns = {"country": np.array(["DE"] * 200)}
    found = ask(predictions(columns, np.arange(200) % 5 == 0), named=("country",), searched=())
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert "there is no rest" in found.findings[0].message


def test_a_column_that_names_rows_is_not_judged_and_asks_for_no_more_of_them():
    columns, wrong = country(0, True)
    columns["name"] = np.array([f"person {i}" for i in range(1200)])
    found = ask(predictions(columns, wrong), named=("name",), searched=())
    assert (found.outcome.kind, found.outcome.needs_n) == (OutcomeKind.INCONCLUSIVE, None)
    assert found.outcome.reason == "name has 1,200 values in 1,200 rows: it names rows, not groups"
    assert found.findings == ()
    both = ask(predictions(columns, wrong), named=("country", "name"), searched=("country", "name"))
    assert both.outcome == found.outcome
    assert "country=IN" in [f.where for f in both.findings]
    assert "person" not in canonical.dumps(both).decode()


def test_a_value_that_few_rows_have_is_counted_and_never_named():
    towns = ["north"] * 400 + ["south"] * 380 + ["east"] * 5 + [f"hamlet {i // 4}" for i in range(60)]
    found = ask(predictions({"town": np.array(towns)}, np.arange(845) % 5 == 0), named=("town",))
    assert found.answered
    remark = next(f for f in found.findings if f.rule == "WGH-L003")
    assert remark.message.endswith("town=east (5); 15 values with fewer than 5 rows each")
    assert "hamlet" not in canonical.dumps(found).decode()
    few = ask(predictions({"town": np.array(["hamlet"] * 4)}, np.zeros(4, dtype=bool)), named=("town",))
    assert few.findings[0].message == "all test rows have one value of town: there is no rest"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 8), min_size=1, max_size=150))
def test_no_value_of_fewer_than_five_rows_stands_anywhere_in_the_answer(values):
    column = np.array([f"v{value}!" for value in values])
    text = canonical.dumps(
        ask(predictions({"c": column}, np.arange(len(values)) % 3 == 0), named=("c",))
    ).decode()
    names, counts = np.unique(column, return_counts=True)
    assert [name for name in names[counts < FEWEST_NAMED].tolist() if name in text] == []


def test_numbers_that_hardly_repeat_are_judged_in_quarters_that_tell_nobodys_number():
    rng = np.random.default_rng(0)
    income = np.linspace(20_013.37, 90_777.77, 800)
    wrong = rng.random(800) < np.where(income > 73_000, 0.5, 0.1)
    found = ask(predictions({"income": np.char.mod("%.2f", income)}, wrong), named=("income",), searched=())
    assert found.answered
    assert [f.where for f in found.findings] == ["income > 73000"]


def test_too_few_rows_for_a_search_are_inconclusive():
    columns, wrong = world(0, n=80, planted=True)
    found = ask(predictions(columns, wrong))
    assert (found.outcome.kind, found.outcome.needs_n) == (OutcomeKind.INCONCLUSIVE, 120)


def test_without_any_column_the_question_is_not_put():
    assert ask(predictions({}, np.zeros(200, dtype=bool))).outcome.kind is OutcomeKind.NOT_RUN


@pytest.mark.parametrize("wrong", [np.zeros(400, dtype=bool), np.ones(400, dtype=bool)])
def test_a_model_that_is_always_right_or_always_wrong_has_no_weak_slice(wrong):
    columns, _ = world(0, n=400, planted=False)
    found = ask(predictions(columns, wrong), named=("a",))
    assert not [f for f in found.findings if f.rule == "WGH-L001"]


def test_the_same_question_has_the_same_answer():
    columns, wrong = world(5, planted=True)
    first, second = (ask(predictions(columns, wrong), named=("a", "b")) for _ in range(2))
    assert first.digest == second.digest


def test_rows_of_one_person_are_one_row_where_names_and_numbers_of_rows_count():
    towns = np.array(["north"] * 400 + ["hamlet"] * 40)
    people = np.concatenate([np.arange(400), np.full(40, 400)])
    found = ask(
        predictions({"town": towns}, np.arange(440) % 5 == 0, people), named=("town",), searched=("town",)
    )
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert "hamlet" not in canonical.dumps(found).decode()
    assert "1 value with fewer than 5 rows" in found.findings[0].message


def test_a_named_column_that_stays_open_makes_the_answer_inconclusive_beside_one_that_is_judged():
    columns, wrong = country(0, False)
    n = wrong.size
    columns |= {"small": np.array(["a"] * 10 + ["b"] * (n - 10)), "same": np.array(["x"] * n)}
    found = ask(predictions(columns, wrong), named=("country", "small"), searched=())
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert "every slice of small is too small" in found.outcome.reason
    assert found.outcome.needs_n == 3 * n
    assert found.measure("slice_accuracy", slice="country=IN") is not None
    never = ask(predictions(columns, wrong), named=("country", "same"), searched=())
    assert (never.outcome.kind, never.outcome.needs_n) == (OutcomeKind.INCONCLUSIVE, None)


def test_an_empty_cell_does_not_turn_numbers_into_categories():
    values = np.char.mod("%.1f", np.arange(100.0)).astype("U8")
    values[::10] = ""
    cut = partition("age", values, np.arange(100))
    assert cut.names[-1] == "age=(empty)"
    assert len(cut.names) == 5
    assert np.bincount(cut.codes)[4] == 10
