import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.data import Roles
from weigh.core.errors import UsageError
from weigh.datasets.table import join

ROWS = "a,b,user,label\n1,x,u,p\n2,y,u,q\n3,x,v,p\n"
ROLES = Roles("label", features=("a", "b"), slices=("user",))


def test_take_keeps_every_column_in_the_order_asked_for(read):
    table = read(ROWS, roles=ROLES, group="user")
    taken = table.take(np.array([2, 0]))
    assert taken.ids == ("data.csv:4", "data.csv:2")
    assert taken.labels.tolist() == [0, 0]
    assert taken.features.numeric[:, 0].tolist() == [3, 1]
    assert taken.columns["user"].tolist() == ["v", "u"]
    assert taken.groups.tolist() == table.groups[[2, 0]].tolist()
    assert taken.classes == table.classes


@pytest.mark.parametrize("change", [("1,x", "1.5,x"), (",p\n2", ",q\n2"), ("v,p", "w,p"), ("y,u", "z,u")])
def test_every_used_value_counts_in_the_digest(read, change):
    before = read(ROWS, roles=ROLES, group="user")
    after = read(ROWS.replace(*change), roles=ROLES, group="user")
    assert before.digest != after.digest


def test_an_unused_column_and_an_unused_row_do_not_count(read):
    rows = ROWS.replace("label", "label,note").replace(",p", ",p,1").replace(",q", ",q,2")
    before = read(rows, roles=ROLES, where="note > 0")
    after = read(rows.replace("q,2", "q,3") + "9,x,v,p,0\n", roles=ROLES, where="note > 0")
    assert before.digest == after.digest


def test_slices_count_in_the_digest_and_not_in_the_rows_of_a_split(read):
    plain = read(ROWS, roles=Roles("label", features=("a", "b")))
    sliced = read(ROWS, roles=ROLES)
    assert plain.digest != sliced.digest
    assert plain.row_digests.tolist() == sliced.row_digests.tolist()


def test_missing_and_empty_values_do_not_look_alike_in_digests(read):
    first = read("a,b,label\nx,yz,p\nxy,z,q\n", roles=Roles("label", features=("a", "b")))
    assert len(set(first.contents.tolist())) == 2


def test_groups_are_numbered_by_what_they_are_not_by_where_they_stand(read):
    lines = ROWS.splitlines()
    there = read(ROWS, roles=ROLES, group="user")
    back = read("\n".join([lines[0], *reversed(lines[1:])]), roles=ROLES, group="user")
    assert there.groups.tolist() == back.groups.tolist()[::-1]


def test_join_recodes_labels_categories_and_groups(read):
    train = read({"train.csv": ROWS}, roles=ROLES, group="user")
    test = read({"test.csv": "a,b,user,label\n4,w,u,r\n5,y,t,q\n"}, roles=ROLES, group="user", like=train)
    both = join(train, test)
    assert both.classes == ("p", "q", "r")
    assert [both.classes[i] for i in both.labels] == ["p", "q", "p", "r", "q"]
    assert both.features.categories == (("w", "x", "y"),)
    assert [both.features.categories[0][i] for i in both.features.categorical[:, 0]] == list("xyxwy")
    assert both.groups[0] == both.groups[1] == both.groups[3]
    assert len(set(both.groups.tolist())) == 3
    assert both.ids == ("train.csv:2", "train.csv:3", "train.csv:4", "test.csv:2", "test.csv:3")


def test_join_tells_rows_of_one_name_apart(read):
    table = read(ROWS, roles=ROLES)
    assert join(table, table).ids[3:] == ("test/data.csv:2", "test/data.csv:3", "test/data.csv:4")


def test_join_refuses_another_kind_or_other_types(read):
    text = read(ROWS, text="b")
    features = read(ROWS, roles=Roles("label", features=("a", "b")))
    with pytest.raises(UsageError, match="of another kind"):
        join(text, features)
    strings = read(ROWS.replace("2,y", "old,y"), roles=Roles("label", features=("a", "b")))
    with pytest.raises(UsageError) as error:
        join(features, strings)
    assert error.value.why == "numbers in one, not in the other: a"


@given(st.permutations(range(6)))
@settings(max_examples=30, deadline=None)
def test_taking_a_permutation_back_gives_the_same_digest(make_table, order):
    table = make_table(list("abcabc"), groups=list("uuvvww"), part=list("xxyyzz"))
    moved = table.take(np.array(order))
    assert moved.take(np.argsort(order)).digest == table.digest
