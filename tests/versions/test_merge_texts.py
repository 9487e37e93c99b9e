"""Configurations merged by keys: laws of a three-way merge, and texts that are no configuration."""

import json

import pytest
from hypothesis import given, strategies as st

from weigh.versions.merge_texts import merge_json
from weigh.versions.strategies.settings import Strategy

scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, "", "a", "é"])
objects = st.dictionaries(
    st.sampled_from("abcd"),
    st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner)
    ),
)


def data(value):
    return json.dumps(value).encode()


def same(one, other):
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@given(objects, objects)
def test_what_one_side_alone_changed_is_taken_as_it_stands(base, other):
    left = merge_json(data(base), data(base), data(other))
    right = merge_json(data(base), data(other), data(base))
    both = merge_json(data(base), data(other), data(other))
    assert [left.conflicts, right.conflicts, both.conflicts] == [[], [], []]
    assert same(json.loads(left.data), other)
    assert right.data == both.data == data(other)


@given(objects, objects, objects)
def test_sides_may_be_exchanged(base, one, other):
    left, right = (
        merge_json(data(base), data(one), data(other)),
        merge_json(data(base), data(other), data(one)),
    )
    assert sorted(left.conflicts) == sorted(right.conflicts)
    if not left.conflicts:
        assert same(json.loads(left.data), json.loads(right.data))


@given(objects, objects, objects)
def test_a_side_decides_conflicts_and_nothing_else(base, one, other):
    plain = merge_json(data(base), data(one), data(other))
    ours = merge_json(data(base), data(one), data(other), Strategy.OURS)
    theirs = merge_json(data(base), data(one), data(other), Strategy.THEIRS)
    assert ours.conflicts == theirs.conflicts == []
    assert same(json.loads(plain.data), json.loads(ours.data))
    if not plain.conflicts:
        assert same(json.loads(ours.data), json.loads(theirs.data))


def test_keys_are_named_by_their_way_and_the_form_of_ours_is_kept():
    base = b'{\n    "a": {"x": 1, "y": 1},\n    "b": true\n}\n'
    ours = b'{\n    "b": true,\n    "a": {"x": 2, "y": 1}\n}\n'
    theirs = b'{\n    "a": {"x": 3, "y": 5},\n    "b": 1\n}\n'
    made = merge_json(base, ours, theirs)
    assert made.conflicts == ["a.x"]
    assert made.data == b'{\n    "b": 1,\n    "a": {\n        "x": 2,\n        "y": 5\n    }\n}\n'
    assert merge_json(b'{"a":1,"b":1}', b'{"a":2,"b":1}', b'{"a":1,"b":3}').data == b'{"a":2,"b":3}'


@pytest.mark.parametrize(
    "text",
    [
        b"", b"[1]", b"1", b"{", b'{"a": 1, "a": 2}', b"\xff", b'{"a": "\\ud800"}', b"[" * 100_000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000, b'{"a": ' + b"9" * 5000 + b"}",
    ],
)  # fmt: skip
def test_what_is_no_object_is_not_merged(text):
    assert merge_json(b"{}", text, b'{"b": 1}') is None
    assert merge_json(b"{}", b'{"b": 1}', text) is None


@pytest.mark.parametrize("depth", [100, 300, 600, 900, 990])
def test_deep_objects_are_merged_or_not_but_never_break(depth):
    deep = [b'{"a":' * depth + digit + b"}" * depth for digit in (b"1", b"2", b"3")]
    made = merge_json(*deep)
    assert made is None or len(made.conflicts) == 1
