"""Refs: names checked, moves by compare-and-swap, HEAD of each folder by itself."""

import threading

import pytest
from hypothesis import given, strategies as st

from weigh.core.errors import ConflictError, MalformedError, UsageError, WeighError
from weigh.versions.refs import HEADS, Refs, check_name, is_name

A, B, C = "a" * 64, "b" * 64, "c" * 64


def test_moves(tmp_path):
    refs = Refs(tmp_path / "h")
    refs.move("refs/heads/main", "", A, why="made", time=1)
    with pytest.raises(ConflictError, match="moved by somebody else"):
        refs.move("refs/heads/main", "", B, why="late", time=2)
    refs.move("refs/heads/main", A, B, why="on", time=3)
    assert refs.current() == B
    refs.move("refs/heads/main", B, "", why="gone\nand a line", time=4)
    assert refs.current() == ""
    assert (tmp_path / "h/moves.log").read_text().count("\n") == 3


def test_of_many_at_once_one_wins(tmp_path):
    refs = Refs(tmp_path)
    refs.move("refs/heads/main", "", A, why="", time=0)
    won = []

    def race(new):
        try:
            Refs(tmp_path).move("refs/heads/main", A, new, why="", time=0)
            won.append(new)
        except ConflictError:
            pass

    racers = [threading.Thread(target=race, args=(f"{i:064x}",)) for i in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert [refs.get("refs/heads/main")] == won


def test_head_of_a_folder_is_its_own(tmp_path):
    shared, mine = Refs(tmp_path), Refs(tmp_path, tmp_path / "folders" / "k")
    shared.point_head(f"{HEADS}one")
    assert mine.head == f"{HEADS}one"
    mine.point_head(A)
    assert (mine.head, mine.current(), shared.head) == ("", A, f"{HEADS}one")
    assert dict(shared.all("refs/detached/")) == {"refs/detached/k": A}
    mine.point_head(f"{HEADS}two")
    assert not dict(shared.all("refs/detached/"))


@pytest.mark.parametrize("text", ["", "ref: ", "ref: refs/heads/", "ref: refs/heads/../x", "zz", "ref: /etc"])
def test_damaged_heads_and_refs(tmp_path, text):
    refs = Refs(tmp_path)
    (tmp_path / "HEAD").write_text(text)
    with pytest.raises(MalformedError, match="HEAD is damaged"):
        refs.current()
    (tmp_path / "refs/heads").mkdir(parents=True)
    (tmp_path / "refs/heads/x").write_text(text)
    with pytest.raises(MalformedError, match="is damaged"):
        refs.get("refs/heads/x")


@given(st.text(max_size=20))
def test_a_name_is_never_a_path_out_or_an_option(name):
    if not is_name(name):
        with pytest.raises(UsageError):
            check_name(name)
        return
    assert check_name(name) == name
    assert name.isascii()
    assert not name.startswith(("-", "/", "."))
    assert ".." not in name


def test_errors_are_ours(tmp_path):
    (tmp_path / "refs").write_text("a file")
    with pytest.raises(WeighError):
        Refs(tmp_path).move("refs/heads/x", "", A, why="", time=0)
