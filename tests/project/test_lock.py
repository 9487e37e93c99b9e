import dataclasses

import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.errors import IntegrityError, UsageError
from weigh.project.lock import (
    Edge,
    Lock,
    LockedFile,
    LockedModel,
    LockedUnresolved,
    Materialisation,
    format_lock,
    read_lock,
    tree_digest,
)

LINE = LockedFile("models.m", "a/model.onnx", "pypi:d==1/d.whl#m.onnx", 3, "a" * 64, "d.whl", "b" * 64)
OTHER = LockedFile("data.d", "r.tsv", "file:r.tsv", 9, "c" * 64)

MODEL = LockedModel(
    "models.m",
    requested=("hf:org/m@main",),
    exact=("hf:org/m@main/" + "c" * 40,),
    owner=("org 1",),
    declared="d" * 64,
    tree=tree_digest([LINE]),
    licence="mit",
    licence_files=(("a/model.onnx", "a" * 64),),
    code=("a/model.onnx",),
    base=(Edge("base", "hf:org/base"),),
    signer="release@org.example",
    materialise=(Materialisation("hf", "org/m@main"),),
)
CALL = LockedUnresolved("src/a.py", "torch.load", 'x["\\n"]', 2)
WHOLE = Lock.of([LINE, OTHER], [MODEL, LockedModel("data.d", tree=tree_digest([OTHER]))], [CALL])

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
LINES = st.lists(
    st.builds(
        LockedFile,
        st.sampled_from(["models.m", "data.d"]),
        st.from_regex(r"[a-z]{1,5}(/[a-z]{1,5})?", fullmatch=True),
        ANY_TEXT,
        st.integers(0, 2**40),
        st.just("a" * 64),
    ),
    unique_by=lambda f: (f.section, f.path),
    max_size=6,
)


CALLS = st.lists(
    st.builds(LockedUnresolved, ANY_TEXT, ANY_TEXT, ANY_TEXT, st.integers(1, 9)), unique=True, max_size=4
)
TABLE = st.builds(
    LockedModel,
    st.just(""),
    licence=ANY_TEXT,
    signer=ANY_TEXT,
    base=st.lists(st.builds(Edge, ANY_TEXT, ANY_TEXT), unique=True, max_size=3).map(sorted).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(LINES, CALLS, TABLE, st.randoms())
def test_reading_and_writing_again_changes_no_byte(tmp_path_factory, lines, calls, table, rng):
    path = tmp_path_factory.mktemp("lock") / "models.lock"
    sections = {line.section for line in lines}
    tables = [
        dataclasses.replace(table, section=s, tree=tree_digest(f for f in lines if f.section == s))
        for s in sections
    ]
    for some in (lines, calls, tables):
        rng.shuffle(some)
    lock = Lock.of(lines, tables, calls)
    path.write_text(format_lock(lock), encoding="utf-8")
    again = read_lock(path)
    assert again == lock
    assert format_lock(again) == path.read_text(encoding="utf-8")


def test_a_missing_lock_is_an_empty_one(tmp_path):
    assert read_lock(tmp_path / "models.lock") == Lock()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda t: t.replace("version = 2", "version = 3"), UsageError),
        (lambda t: t.replace("version = 2", "version = 0"), UsageError),
        (lambda t: t.replace('path = "a/model.onnx"', 'path = "../model.onnx"'), IntegrityError),
        (lambda t: t.replace("a" * 64, "a" * 63), IntegrityError),
        (lambda t: t.replace("b" * 64, "b" * 63 + "G"), UsageError),
        (lambda t: t + t[t.index("[[file]]") : t.index("[[unresolved]]")], UsageError),
        (lambda t: t.replace("size = 3", 'size = "3"'), UsageError),
        (lambda t: t.replace("size = 3", "size = 3\nurl = 'x'"), UsageError),
        (lambda t: t[:-40], UsageError),
        (lambda t: t.replace("size = 3", "size = 4"), UsageError),
        (lambda t: t.replace(f'sha256 = "{"a" * 64}"', f'sha256 = "{"e" * 64}"'), UsageError),
        (lambda t: t.replace("[[model]]", "[[model]]\ntime = 1", 1), UsageError),
        (lambda t: t.replace('owner = ["org 1"]', "owner = []"), UsageError),
        (lambda t: t.replace('code = ["a/model.onnx"]', 'code = ["b.py"]'), UsageError),
        (lambda t: t.replace('family = "hf"', 'family = "disk"'), UsageError),
        (lambda t: t.replace('key = "org/m@main"', 'key = "../../etc/m@main"'), UsageError),
        (lambda t: t[t.index("[[file]]") :], UsageError),
        (lambda t: "version = 2\n" + t[t.index("[[file]]") :], UsageError),
        (lambda t: t + t[t.index("[[model]]") : t.index("[[file]]")], UsageError),
    ],
)
def test_a_lock_edited_by_hand_is_refused(tmp_path, change, error):
    path = tmp_path / "models.lock"
    before = format_lock(WHOLE)
    path.write_text(change(before), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != before
    with pytest.raises(error):
        read_lock(path)


def test_what_was_edited_is_named(tmp_path):
    path = tmp_path / "models.lock"
    path.write_text(format_lock(WHOLE).replace("size = 3", "size = 4"), encoding="utf-8")
    with pytest.raises(UsageError, match=r"tree digest of models\.m .* edited by hand"):
        read_lock(path)


def test_a_lock_of_version_1_is_read(tmp_path):
    text = format_lock(WHOLE)
    first = "version = 1\n" + text[text.index("[[file]]") : text.index("[[model]]", text.index("[[file]]"))]
    (tmp_path / "models.lock").write_text(first, encoding="utf-8")
    assert read_lock(tmp_path / "models.lock") == Lock.of([OTHER])


def test_a_lock_holds_one_line_for_each_file_and_no_address():
    text = format_lock(WHOLE)
    assert text.count("[[file]]") == 2
    assert "://" not in text
    assert format_lock(Lock.of([OTHER, LINE], reversed(WHOLE.models.values()), [CALL])) == text
    assert format_lock(Lock.of([dataclasses.replace(LINE, size=4), OTHER])) != text
