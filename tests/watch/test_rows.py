import pytest

from weigh.core.data import DataFile, DataSpec
from weigh.core.errors import UsageError
from weigh.core.events import Silent
from weigh.watch.rows import read_new_rows


@pytest.fixture
def read(tmp_path):
    def call(content, **roles):
        (tmp_path / "rows.csv").write_text(content, encoding="utf-8")
        spec = DataSpec((DataFile("rows.csv"),))
        found = read_new_rows(spec, lambda path: tmp_path / path, events=Silent(), **roles)
        call.counted = (found.came, found.copies, found.commonest)
        return found.table

    return call


def test_rows_need_no_label_and_copies_are_left_out(read):
    found = read("id,body\n1,one text\n2,another\n3,one  text\n", text="body")
    assert sorted(" ".join(text.split()) for text in found.texts) == ["another", "one text"]
    assert len(found.classes) == 1
    assert read.counted == (3, 1, 2)


def test_columns_have_the_types_they_are_said_to_have(read):
    text = "age,town\n4,7\n5,8\n?,9\n"
    found = read(text, numeric=["age"], categorical=["town"])
    assert found.features.numeric_names == ("age",)
    assert found.features.categories == (("7", "8", "9"),)
    with pytest.raises(UsageError, match="is not a number"):
        read("age,town\n4,7\nold,8\n", numeric=["age"], categorical=["town"])


def test_a_label_is_read_where_it_is_named_and_must_then_be_there(read):
    found = read("body,stars\nx,good\ny,bad\nz,good\n", text="body", label="stars")
    assert [found.classes[i] for i in found.labels] == ["good", "bad", "good"]
    with pytest.raises(UsageError, match="no label"):
        read("body,stars\nx,good\ny,\n", text="body", label="stars")


def test_a_missing_column_is_named(read):
    with pytest.raises(UsageError, match="body"):
        read("text\nx\n", text="body")
