import csv
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from weigh.core.data import DataFile, DataSpec
from weigh.core.errors import UsageError
from weigh.datasets import all_columns as room
from weigh.datasets.all_columns import all_columns
from weigh.datasets.records import numbered


@pytest.fixture
def read(tmp_path):
    """All batches of files given as text."""

    def reading(files, *, most_rows=1000, constants=(), **described):
        for name, text in files.items():
            (tmp_path / name).write_text(text, encoding="utf-8", newline="")
        spec = DataSpec(tuple(DataFile(name, constants) for name in files), **described)
        return list(all_columns(spec, lambda p: tmp_path / p, most_rows=most_rows))

    return reading


def test_every_column_is_read_with_those_the_description_adds(read):
    (batch,) = read({"a.csv": "x,y\n1,\n2 ,b\n"}, constants=(("from", "shop"),))
    assert batch.columns == {"x": ["1", "2 "], "y": ["", "b"], "from": ["shop", "shop"]}
    assert (batch.first, batch.rows, batch.last, batch.complete) == (0, 2, True, True)


def test_names_that_repeat_in_a_header_are_numbered_and_none_is_lost(read):
    (batch,) = read({"a.csv": "x,y,x,x (2),x\n1,2,3,4,5\n"})
    assert batch.columns == {"x": ["1"], "y": ["2"], "x (3)": ["3"], "x (2)": ["4"], "x (4)": ["5"]}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "a (2)", "a (3)", "a (2) (2)"]), max_size=12))
def test_numbered_names_never_repeat_and_the_first_of_each_keeps_its_own(names):
    told = numbered(names)
    assert len(set(told)) == len(told) == len(names)
    assert all(told[names.index(name)] == name for name in names)
    assert all(new.startswith(old) for new, old in zip(told, names, strict=True))


def test_the_row_filter_is_not_applied(read):
    (batch,) = read({"a.csv": "x\n1\n2\n"}, where="x > 1")
    assert batch.rows == 2


def test_json_lines_are_read_to_their_leaves(read):
    rows = [{"a": {"b": [1, {"c": True}]}, "d": None}, {"e": 2.50, "a": "x"}, {"deep": [[[[["z"]]]]]}]
    (batch,) = read({"a.jsonl": "".join(json.dumps(r) + "\n\n" for r in rows)})
    assert batch.columns == {
        "a.b": ["1", "", ""],
        "a.b.c": ["true", "", ""],
        "e": ["", "2.5", ""],
        "a": ["", "x", ""],
        "deep": ["", "", '[["z"]]'],
    }


def test_rows_beyond_the_bound_are_left_out_of_each_file_and_that_is_said(read):
    batches = read({"a.csv": "x\n" + "1\n" * 9, "b.csv": "x\n" + "2\n" * 4}, most_rows=8)
    assert [(b.file, b.rows, b.complete) for b in batches] == [("a.csv", 4, False), ("b.csv", 4, True)]


def test_batches_are_bounded_by_rows_and_by_characters(read, monkeypatch):
    monkeypatch.setattr(room, "BATCH_ROWS", 3)
    assert [(b.first, b.rows, b.last) for b in read({"a.csv": "x\n" + "1\n" * 6})] == [
        (0, 3, False),
        (3, 3, False),
        (6, 0, True),
    ]
    monkeypatch.setattr(room, "BATCH_CHARACTERS", 10)
    assert [b.rows for b in read({"a.csv": "x\n" + "12345\n" * 4})] == [2, 2, 0]


def test_a_broken_row_names_file_and_line(read):
    with pytest.raises(UsageError, match=r"a\.csv: line 3"):
        read({"a.csv": "x,y\n1,2\n1\n"})
    with pytest.raises(UsageError, match=r"a\.jsonl: line 2 is not JSON"):
        read({"a.jsonl": '{"a": 1}\n{"a":\n'})
    with pytest.raises(UsageError, match="empty"):
        read({"a.csv": "\n\n"})
    with pytest.raises(UsageError, match="line 2 is not JSON") as caught:
        read({"a.jsonl": '{"a": 1}\n' + "[" * 100_000 + "\n"})
    assert caught.value.why == "nested too deeply"


def test_a_flood_of_keys_is_bounded(read, monkeypatch):
    monkeypatch.setattr(room, "MOST_COLUMNS", 5)
    lines = "".join(json.dumps({f"k{i}": 1 for i in range(j, j + 9)}) + "\n" for j in range(20))
    (batch,) = read({"a.jsonl": lines})
    assert len(batch.columns) == 5


cells = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=8), st.integers(1, 9))
def test_what_a_csv_writer_wrote_is_read_as_it_was(read, rows, most):
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([("a", "b"), *rows])
    batches = read({"a.csv": out.getvalue()}, most_rows=most)
    got = [pair for b in batches for pair in zip(b.columns["a"], b.columns["b"], strict=True)]
    assert got == rows[:most]
    assert batches[-1].complete is (len(rows) <= most)
