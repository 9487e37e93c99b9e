import pytest

from weigh.core.data import DataFile, DataSpec
from weigh.core.errors import UsageError
from weigh.core.events import Silent
from weigh.datasets.text_column import read_text_column


def texts(tmp_path, content, *, name="a.csv", column="text", **spec):
    (tmp_path / name).write_text(content, encoding="utf-8")
    described = DataSpec((DataFile(name),), **spec)
    return read_text_column(described, column, lambda path: tmp_path / path, events=Silent())


def test_every_text_is_read_and_empty_ones_are_left_out(tmp_path):
    assert texts(tmp_path, "id,text\n1,one\n2,\n3,three\n") == ["one", "three"]


def test_json_lines_and_headerless_files_are_read(tmp_path):
    assert texts(tmp_path, '{"text": "one"}\n{"id": 2}\n', name="a.jsonl") == ["one"]
    assert texts(tmp_path, "1\tone\n", name="b.tsv", columns=("id", "text")) == ["one"]


def test_a_file_without_the_column_is_an_error_that_names_what_is_there(tmp_path):
    with pytest.raises(UsageError, match="text") as raised:
        texts(tmp_path, "id,body\n1,one\n")
    assert "body" in raised.value.why
