import numpy as np
from hypothesis import given, settings, strategies as st

from weigh.core.data import Roles
from weigh.datasets.duplicates import is_coarse, remove


def test_copies_go_and_contradictions_go_altogether(make_table):
    table = make_table(
        ["x", "x", "y", "x", "y", "y"],
        texts=["a", " a\n", "b", "c  d", "c d", "e"],
    )
    found = remove(table)
    assert (found.copies, found.conflicting, found.repeats) == (1, 2, 0)
    assert sorted(" ".join(t.split()) for t in found.table.texts) == ["a", "b", "e"]
    assert found.notes == (
        "1 exact copy of other rows left out",
        "2 rows left out whose content stands there with another label too",
    )


def test_a_table_without_copies_is_returned_as_it_is(make_table):
    table = make_table(["x", "y"])
    assert remove(table).table is table
    assert remove(table).notes == ()


rows = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("pqrstuvw")), min_size=1, max_size=30)


@given(rows)
@settings(max_examples=50, deadline=None)
def test_what_is_left_is_one_row_of_each_content_with_one_label(make_table, rows):
    labels, texts = zip(*rows, strict=True)
    found = remove(make_table(list(labels), texts=texts))
    seen = {}
    for label, text in rows:
        seen.setdefault(text, set()).add(label)
    clean = {text: labels for text, labels in seen.items() if len(labels) == 1}
    left = found.table
    assert sorted(left.texts) == sorted(clean)
    assert all({left.classes[c]} == clean[t] for c, t in zip(left.labels, left.texts, strict=True))
    assert len(left) + found.copies + found.conflicting == len(rows)


@given(rows, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_rows_does_not_change_what_is_left(make_table, rows, random):
    shuffled = random.sample(rows, len(rows))
    digests = []
    for order in (rows, shuffled):
        labels, texts = zip(*order, strict=True)
        # One group, so that equal rows have equal digests wherever they stand.
        left = remove(make_table(list(labels), texts=texts, groups=["g"] * len(order))).table
        digests.append(sorted(left.row_digests.tolist()))
    assert digests[0] == digests[1]


def features_of(read, values):
    text = "age,sex,label\n" + "".join(f"{a},{s},{y}\n" for a, s, y in values)
    return read(text, roles=Roles("label", features=("age", "sex")))


def test_coarse_features_repeat_without_being_copies(read):
    table = features_of(read, [(20 + i % 3, "fm"[i % 2], "xy"[i % 5 == 0]) for i in range(60)])
    assert is_coarse(table)
    found = remove(table)
    assert found.table is table
    assert (found.copies, found.conflicting, found.repeats) == (0, 0, 60)
    assert found.notes == (
        "60 rows have the same features as another row; features this coarse repeat, so all rows are kept",
    )


def test_rare_repeats_of_fine_features_are_copies(read):
    values = [(i / 7, "f", "xy"[i % 2]) for i in range(100)]
    found = remove(features_of(read, [*values, values[3]]))
    assert (found.copies, found.conflicting) == (1, 0)
    assert len(np.unique(found.table.contents)) == 100
