import os

import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.errors import MalformedError, NotFoundError, StorageError
from weigh.formats.reader import BytesReader, FileReader, read_exact


@given(st.binary(max_size=100), st.integers(-5, 120), st.integers(-5, 120))
@settings(max_examples=50, deadline=None)
def test_a_file_and_the_same_bytes_in_memory_read_alike(tmp_path_factory, data, offset, length):
    path = tmp_path_factory.mktemp("r") / "f"
    path.write_bytes(data)
    with FileReader(path) as reader:
        assert reader.size == len(data)
        assert reader.read(offset, length) == BytesReader(data).read(offset, length)


def test_a_missing_file_a_folder_and_a_pipe_are_not_found(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "none", tmp_path, tmp_path / "pipe", tmp_path / "none" / "x"):
        with pytest.raises(NotFoundError):
            FileReader(path)


def test_a_closed_reader_reads_nothing(tmp_path):
    (tmp_path / "f").write_bytes(b"abc")
    reader = FileReader(tmp_path / "f")
    reader.close()
    reader.close()
    with pytest.raises(StorageError):
        reader.read(0, 1)


@pytest.mark.parametrize(("offset", "length"), [(0, 4), (3, 1), (-1, 1), (0, -1), (0, 2**62), (2**62, 1)])
def test_an_exact_read_outside_the_file_is_malformed(offset, length):
    with pytest.raises(MalformedError) as caught:
        read_exact(BytesReader(b"abc"), offset, length, rule="R")
    assert caught.value.rule == "R"


def test_a_file_that_shrinks_while_it_is_read_is_malformed(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(bytes(100))
    with FileReader(path) as reader:
        os.truncate(path, 10)
        with pytest.raises(MalformedError) as caught:
            read_exact(reader, 0, 100)
    assert caught.value.offset == 10
