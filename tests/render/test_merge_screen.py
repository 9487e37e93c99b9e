"""The screen of a merge: every outcome in words, hostile names made visible."""

from weigh.render.merge_screen import MOST, merge_screen
from weigh.versions.conflicts import Why

TOLD = {
    "history": "encoder", "outcome": "merged", "revision": "tune", "commit": "c" * 64, "branch": "main",
    "ours": "a" * 64, "theirs": "b" * 64, "bases": ["d" * 64], "made-by": "merge " + "b" * 64,
    "title": "Merge tune into main", "files": [], "conflicts": [], "made": [], "stored": 0, "ways": {},
    "written": [], "removed": [],
}  # fmt: skip


def conflict(path, name="", why=Why.BOTH_CHANGED, detail=""):
    return {"path": path, "name": name, "why": why.value, "detail": detail}


def conflicts(*found, files=()):
    return merge_screen(TOLD | {"outcome": "conflicts", "conflicts": list(found), "files": list(files)})


def tensors(path):
    return {"path": path, "how": "tensors", "tensors": {}}


def test_a_merge_of_whole_files():
    files = [{"path": "a", "how": "theirs", "tensors": {}}, {"path": "b", "how": "removed", "tensors": {}}]
    said = merge_screen(TOLD | {"files": files, "removed": ["b"], "written": [{"path": "a", "size": 1000}]})
    assert said == (
        "  cccccccccccc  Merge tune into main\n"
        "  encoder · main · merge\n"
        "  a  theirs\n"
        "  b  removed, as there\n"
        "  here: 1 file written, 1 kB, 1 removed\n"
    )


def test_crossed_and_unrelated_histories_are_noted():
    assert "of 2 versions that both follow, dddddddddddd is the base" in merge_screen(
        TOLD | {"bases": ["d" * 64, "e" * 64]}
    )
    assert "the two follow no common version" in merge_screen(TOLD | {"bases": []})


def test_what_decides_is_named_by_what_is_left():
    one = conflict("m", "w")
    assert "--strategy average (or" in conflicts(one, files=[tensors("m")])
    said = conflicts(one, conflict("README.md"), files=[tensors("m")])
    assert "2 things have to be decided" in said
    assert "--tensor-strategy NAME=theirs --file-strategy PATH=theirs" in said
    assert "--tensor" not in conflicts(conflict("README.md"))
    assert "another name" in conflicts(conflict("x", why=Why.FILE_AND_FOLDER))
    shaped = conflicts(conflict("m", "w", Why.OTHER_FORM, "F32 3 ↔ F32 4"), files=[tensors("m")])
    assert "\n      F32 3 ↔ F32 4\n" in shaped
    assert "average" not in shaped


def test_long_lists_are_cut_and_names_made_visible():
    many = conflicts(*(conflict("m", f"layer.{i}") for i in range(200)), files=[tensors("m")])
    assert f"and {200 - 2 * MOST} more; --json has all" in many
    odd = conflicts(conflict("a\x1b[2J", "b\u202e", detail="c\x07"))
    assert not {"\x1b", "\u202e", "\x07"} & set(odd)
