import dataclasses

import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.errors import IntegrityError, UsageError
from weigh.project.lock import Lock, LockedFile, format_lock, read_lock

LINE = LockedFile("models.m", "a/model.onnx", "pypi:d==1/d.whl#m.onnx", 3, "a" * 64, "d.whl", "b" * 64)
OTHER = LockedFile("data.d", "r.tsv", "file:r.tsv", 9, "c" * 64)

LINES = st.lists(
    st.builds(
        LockedFile,
        st.sampled_from(["models.m", "data.d"]),
        st.from_regex(r"[a-z]{1,5}(/[a-z]{1,5})?", fullmatch=True),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
        st.integers(0, 2**40),
        st.just("a" * 64),
    ),
    unique_by=lambda f: (f.section, f.path),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(LINES, st.randoms())
def test_reading_and_writing_again_changes_no_byte(tmp_path_factory, lines, rng):
    path = tmp_path_factory.mktemp("lock") / "models.lock"
    shuffled = list(lines)
    rng.shuffle(shuffled)
    path.write_text(format_lock(shuffled), encoding="utf-8")
    again = read_lock(path)
    assert sorted(again.files.values()) == sorted(lines)
    assert format_lock(again.files.values()) == path.read_text(encoding="utf-8")


def test_a_missing_lock_is_an_empty_one(tmp_path):
    assert read_lock(tmp_path / "models.lock") == Lock()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda t: t.replace("version = 1", "version = 2"), UsageError),
        (lambda t: t.replace('path = "a/model.onnx"', 'path = "../model.onnx"'), IntegrityError),
        (lambda t: t.replace("a" * 64, "a" * 63), IntegrityError),
        (lambda t: t.replace("b" * 64, "b" * 63 + "G"), UsageError),
        (lambda t: t + t[t.index("[[file]]") :], UsageError),
        (lambda t: t.replace("size = 3", 'size = "3"'), UsageError),
        (lambda t: t.replace("size = 3", "size = 3\nurl = 'x'"), UsageError),
        (lambda t: t[:-40], UsageError),
    ],
)
def test_a_lock_edited_by_hand_is_refused(tmp_path, change, error):
    path = tmp_path / "models.lock"
    path.write_text(change(format_lock([LINE, OTHER])), encoding="utf-8")
    with pytest.raises(error):
        read_lock(path)


def test_a_lock_holds_one_line_for_each_file_and_no_address():
    text = format_lock([LINE, OTHER])
    assert text.count("[[file]]") == 2
    assert "://" not in text
    assert format_lock([OTHER, LINE]) == text
    assert format_lock([dataclasses.replace(LINE, size=4), OTHER]) != text
