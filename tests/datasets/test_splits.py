from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.data import Roles
from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.datasets.duplicates import remove
from weigh.datasets.ladder import ladder
from weigh.datasets.leaks import leak_measures
from weigh.datasets.splits import IN_DOMAIN, plan, plan_given

PLAIN = Roles("label", "text")
SHIFT = Roles("label", "text", shift="domain")
RESTRICTED = Roles("label", "text", shift="domain", train_where=(("domain", "a"),))
MANY = 10**6


def planned(table, roles=PLAIN, *, seed=0, train=MANY, test=MANY, shift=MANY, **more):
    return plan(table, roles, seed=seed, max_train=train, max_test=test, max_shift_test=shift, **more)


@st.composite
def tables(draw, *, grouped=True):
    n = draw(st.integers(200, 260))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    labels = rng.choice(["n", "p"], n, p=[0.4, 0.6]).tolist()
    groups = [f"g{g}" for g in rng.integers(0, n // 2, n)] if grouped else None
    return labels, groups, rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2]).tolist(), rng.permutation(n)


def in_order(make_table, drawn, order):
    labels, groups, domains, _ = drawn
    texts = [f"text {i}" for i in range(len(labels))]
    pick = lambda values: None if values is None else [values[i] for i in order]
    return make_table(pick(labels), texts=pick(texts), groups=pick(groups), domain=pick(domains))


def said(table, rows):
    return [table.texts[i] for i in rows]


@pytest.mark.parametrize("roles", [PLAIN, SHIFT, RESTRICTED])
@given(drawn=tables(), seed=st.integers(0, 5))
@settings(max_examples=15, deadline=None)
def test_the_order_of_rows_in_the_file_changes_nothing(make_table, roles, drawn, seed):
    first = in_order(make_table, drawn, range(len(drawn[0])))
    second = in_order(make_table, drawn, drawn[3])
    one = planned(first, roles, seed=seed, train=40, test=20, shift=15)
    two = planned(second, roles, seed=seed, train=40, test=20, shift=15)
    assert said(first, one.train) == said(second, two.train)
    assert [(n, said(first, r)) for n, r in one.tests] == [(n, said(second, r)) for n, r in two.tests]
    assert [(f.name, said(first, f.train), said(first, f.test)) for f in one.folds] == [
        (f.name, said(second, f.train), said(second, f.test)) for f in two.folds
    ]
    assert [said(first, r) for r in ladder(first, one.train, seed=seed)] == [
        said(second, r) for r in ladder(second, two.train, seed=seed)
    ]


@pytest.mark.parametrize("roles", [PLAIN, SHIFT, RESTRICTED])
@given(drawn=tables())
@settings(max_examples=15, deadline=None)
def test_no_group_stands_on_both_sides_and_nothing_leaks(make_table, roles, drawn):
    table = in_order(make_table, drawn, range(len(drawn[0])))
    made = planned(table, roles)
    pairs = [(made.train, rows) for _, rows in made.tests] + [(f.train, f.test) for f in made.folds]
    for train, test in pairs:
        assert not set(table.groups[train].tolist()) & set(table.groups[test].tolist())
    measures = leak_measures(table, made)
    assert {m.value for m in measures} == {0.0}
    assert {m.label("by") for m in measures} == {"content", "group"}
    assert len(measures) == 2 * len(pairs)


def test_leaks_are_counted_when_there_are_some(make_table):
    table = make_table(["n", "p"] * 40, texts=["same"] * 2 + [f"t{i}" for i in range(78)])
    made = planned(table)
    train = np.union1d(made.train, [0])
    test = np.union1d(made.test(IN_DOMAIN), [1])
    leaky = type(made)(train, ((IN_DOMAIN, test),), (), (), (), "")
    by = {m.label("by"): m.value for m in leak_measures(table, leaky)}
    assert by["content"] >= 1


@given(drawn=tables(grouped=False), fraction=st.sampled_from([0.2, 0.3, 0.5]))
@settings(max_examples=30, deadline=None)
def test_ungrouped_splits_hold_each_class_to_within_one_row(make_table, drawn, fraction):
    table = in_order(make_table, drawn, range(len(drawn[0])))
    made = planned(table, test_fraction=fraction)
    held = np.bincount(table.labels[made.test(IN_DOMAIN)], minlength=2)
    assert np.abs(held - fraction * table.class_counts()).max() <= 1
    assert len(made.train) + len(made.test(IN_DOMAIN)) == len(table)


def test_grouped_splits_hold_each_class_to_within_the_size_of_a_group(make_table):
    rng = np.random.default_rng(1)
    table = make_table(
        rng.choice(["n", "p"], 3000, p=[0.2, 0.8]).tolist(),
        groups=[f"g{g}" for g in rng.integers(0, 700, 3000)],
    )
    made = planned(table)
    for rows in (made.train, made.test(IN_DOMAIN)):
        assert abs(table.labels[rows].mean() - table.labels.mean()) < 0.03
    assert abs(len(made.test(IN_DOMAIN)) / 3000 - 0.3) < 0.02


@given(drawn=tables(grouped=False), most=st.integers(30, 60))
@settings(max_examples=20, deadline=None)
def test_every_prefix_of_the_training_rows_is_stratified(make_table, drawn, most):
    table = in_order(make_table, drawn, range(len(drawn[0])))
    whole, part = planned(table), planned(table, train=most)
    assert part.train.tolist() == whole.train[:most].tolist()
    share = table.labels[whole.train].mean()
    assert abs(table.labels[part.train].sum() - share * len(part.train)) <= 2


def test_another_seed_gives_another_split_and_the_same_seed_the_same(make_table):
    table = make_table(["n", "p"] * 100)
    one, again, other = planned(table), planned(table), planned(table, seed=1)
    assert one.digest == again.digest != other.digest
    assert one.train.tolist() != other.train.tolist()


def test_asking_for_one_more_slice_leaves_the_split_as_it_was(read):
    rows = "text,label,part\n" + "".join(f"t{i},{'xy'[i % 2]},{i % 3}\n" for i in range(100))
    plain = planned(read(rows))
    sliced = planned(read(rows, roles=Roles("label", "text", slices=("part",))))
    assert plain.train.tolist() == sliced.train.tolist()


@given(drawn=tables(), seed=st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_the_ladder_is_nested_and_every_step_has_its_classes(make_table, drawn, seed):
    table = in_order(make_table, drawn, range(len(drawn[0])))
    train = planned(table, seed=seed).train
    steps = ladder(table, train, smallest=8, seed=seed)
    assert set(steps[-1].tolist()) == set(train.tolist())
    for small, large in pairwise(steps):
        assert large[: small.size].tolist() == small.tolist()
        assert small.size >= 8
    assert all((np.bincount(table.labels[step], minlength=2) >= 2).all() for step in steps)
    assert ladder(table, np.sort(train), smallest=8, seed=seed)[0].tolist() == steps[0].tolist()


def test_the_ladder_has_the_sizes_it_promises(make_table):
    table = make_table(["n", "p"] * 512)
    rows = np.arange(1024)
    assert [s.size for s in ladder(table, rows, seed=0)] == [64, 128, 256, 512, 1024]
    assert [s.size for s in ladder(table, rows[:200], seed=0)] == [50, 100, 200]
    assert [s.size for s in ladder(table, rows[:20], seed=0)] == [20]


def test_a_rare_class_has_two_rows_in_every_step(make_table):
    table = make_table((["n", "p"] * 500) + ["rare"] * 4)
    for step in ladder(table, np.arange(1004), seed=0):
        assert (table.labels[step] == 2).sum() >= 2


def domains(make_table, **sizes):
    labels, where = [], []
    for name, n in sizes.items():
        labels += ["np"[i % 2] for i in range(n)]
        where += [name] * n
    return make_table(labels, domain=where)


def test_restricted_training_is_tested_at_home_and_on_every_other_value(make_table):
    table = domains(make_table, a=200, b=100, c=60, d=4)
    made = planned(table, RESTRICTED, train=100, test=50, shift=80)
    assert [name for name, _ in made.tests] == [IN_DOMAIN, "domain=b", "domain=c"]
    where = table.columns["domain"]
    assert set(where[made.train]) == set(where[made.test(IN_DOMAIN)]) == {"a"}
    assert [rows.size for _, rows in made.tests] == [50, 80, 60]
    assert made.folds == ()
    assert made.notes == (
        "train: 100 of 140 rows drawn",
        "in-domain: 50 of 60 rows drawn",
        "domain: 1 value of fewer than 10 rows not tested on",
        "domain=b: 80 of 100 rows drawn",
    )


def test_shift_alone_leaves_each_value_out_in_turn(make_table):
    table = domains(make_table, a=100, b=60, c=40)
    made = planned(table, SHIFT)
    where = table.columns["domain"]
    assert [fold.name for fold in made.folds] == ["domain=a", "domain=b", "domain=c"]
    for fold in made.folds:
        value = fold.name.partition("=")[2]
        assert set(where[fold.test]) == {value}
        assert value not in set(where[fold.train])
        assert set(fold.train.tolist()) <= set(made.train.tolist())
    assert set(where[made.test(IN_DOMAIN)]) == {"a", "b", "c"}
    assert [name for name, _ in made.tests] == [IN_DOMAIN]


def test_a_fold_without_two_classes_left_is_told_and_skipped(make_table):
    table = make_table(["n"] * 50 + ["n", "p"] * 50, domain=["a"] * 50 + ["b"] * 100)
    made = planned(table, SHIFT)
    assert [fold.name for fold in made.folds] == ["domain=a"]
    assert "domain=b: no fold, the other values leave 35 rows of 1 class to train on" in made.notes


def test_rows_elsewhere_whose_group_is_trained_on_are_left_out(make_table):
    groups = [f"g{i}" for i in range(100)] + [f"g{i}" for i in range(60)]
    table = make_table(["n", "p"] * 80, groups=groups, domain=["a"] * 100 + ["b"] * 60)
    made = planned(table, RESTRICTED)
    assert {m.value for m in leak_measures(table, made)} == {0.0}
    assert any("their group is trained on" in note for note in made.notes)


def test_a_split_column_is_followed_and_leaks_leave_the_training_side(make_table):
    stated = ["Train"] * 40 + ["test"] * 20 + ["validation"] * 10
    texts = [f"t{i}" for i in range(40)] + ["t0", "t1"] + [f"u{i}" for i in range(28)]
    table = make_table(["n", "p"] * 35, texts=texts, side=stated)
    made = planned(table, Roles("label", "text", split="side"))
    assert set(made.test(IN_DOMAIN).tolist()) == set(range(40, 60))
    assert set(made.train.tolist()) == set(range(2, 40))
    assert made.notes == (
        "2 training rows left out: the test holds the same content or group",
        "10 validation rows not used",
    )


@pytest.mark.parametrize(
    ("sides", "what"),
    [
        (["train"] * 79 + ["dev"], "the split column 'side' has the value 'dev' at data.csv:81"),
        (["train"] * 80, "the split column 'side' has no row with 'test'"),
    ],
)
def test_a_split_column_must_say_train_and_test(make_table, sides, what):
    table = make_table(["n", "p"] * 40, side=sides)
    with pytest.raises(UsageError) as error:
        planned(table, Roles("label", "text", split="side"))
    assert error.value.what == what


def test_a_label_never_seen_in_training_is_named(make_table):
    table = make_table(["n", "p"] * 50 + ["new"] * 12 + ["n"] * 8, domain=["a"] * 100 + ["b"] * 20)
    made = planned(table, RESTRICTED)
    assert made.unseen_labels == ("new",)
    assert "domain=b: 12 rows with a label never seen in training: new" in made.notes


@pytest.mark.parametrize(("rows", "needed"), [(10, 34), (30, 34)])
def test_too_few_rows_are_answered_with_how_many_are_needed(make_table, rows, needed):
    with pytest.raises(UnknownAnswerError) as error:
        planned(make_table(["n", "p"] * (rows // 2)))
    assert error.value.what == f"{rows} rows are too few to train and test on"
    assert error.value.why.startswith("training needs 20 rows and a test 10; there are ")
    assert error.value.hint == f"about {needed} rows are needed"


def test_the_number_of_rows_said_to_be_needed_is_enough(make_table):
    made = planned(make_table(["n", "p"] * 17))
    assert len(made.train) >= 20
    assert len(made.test(IN_DOMAIN)) >= 10


def test_training_rows_of_one_class_are_refused(make_table):
    table = make_table(["n"] * 50 + ["p"] * 50, domain=["a"] * 50 + ["b"] * 50)
    with pytest.raises(UsageError) as error:
        planned(table, RESTRICTED)
    assert error.value.what == "the training rows have only one class: n"


def test_a_value_to_train_on_must_occur(make_table):
    table = domains(make_table, a=50, b=50)
    with pytest.raises(UsageError) as error:
        planned(table, Roles("label", "text", shift="domain", train_where=(("domain", "x"),)))
    assert (error.value.what, error.value.why) == (
        "no row has domain=x to train on",
        "the values of domain are: a, b",
    )


def test_a_shift_needs_two_values(make_table):
    with pytest.raises(UsageError) as error:
        planned(domains(make_table, a=100), SHIFT)
    assert error.value.what == "column 'domain' has one value only: a"


def test_given_test_rows_are_all_tested_on_and_taken_out_of_training(make_table):
    train = make_table(["n", "p"] * 40)
    test = make_table(["n", "p"] * 10, texts=["text 0", "text 1"] + [f"other {i}" for i in range(18)])
    table, made = plan_given(train, test, PLAIN, seed=0, max_train=MANY, max_test=MANY, max_shift_test=MANY)
    assert set(made.test(IN_DOMAIN).tolist()) == set(range(80, 100))
    assert set(made.train.tolist()) == set(range(2, 80))
    assert {m.value for m in leak_measures(table, made)} == {0.0}


def test_a_label_only_the_given_test_has_is_named(make_table):
    train = make_table(["n", "p"] * 40)
    test = make_table(["n"] * 9 + ["z"], texts=[f"other {i}" for i in range(10)])
    table, made = plan_given(train, test, PLAIN, seed=0, max_train=MANY, max_test=MANY, max_shift_test=MANY)
    assert made.unseen_labels == ("z",)
    assert table.classes == ("n", "p", "z")


def test_coarse_features_are_split_row_by_row_and_content_is_not_counted(read):
    rows = "age,label\n" + "".join(f"{20 + i % 4},{'xy'[i % 3 == 0]}\n" for i in range(120))
    table = remove(read(rows, roles=Roles("label", features=("age",)))).table
    made = planned(table, Roles("label", features=("age",)))
    assert len(made.train) + len(made.test(IN_DOMAIN)) == 120
    assert {m.label("by") for m in leak_measures(table, made)} == {"group"}


def test_a_row_changed_moves_no_other_row(make_table):
    labels = ["n", "p"] * 100
    before = make_table(labels)
    texts = [f"text {i}" for i in range(200)]
    texts[7] = "changed"
    after = make_table(labels, texts=texts)
    one, two = (set(said(t, planned(t).train)) for t in (before, after))
    assert len(one ^ two) <= 4
