"""Screens of version control: what stands on them, and that hostile text cannot act."""

from weigh.render.history_screen import (
    checkout_screen,
    commit_screen,
    file_screen,
    import_screen,
    log_screen,
    names_screen,
    status_screen,
    version_screen,
)

EVIL = "a\x1b[31m\u202eb\nQ"
FILE = {"path": EVIL, "size": 10, "sha256": "ab" * 32, "blake3": "cd" * 32, "executable": False}
LINE = {
    "commit": "1" * 64, "parents": ["2" * 64], "tree": "3" * 64, "names": [EVIL], "author": EVIL, "time": 0,
    "date": "1970-01-01 00:00 UTC", "title": EVIL, "message": f"{EVIL}\nmore",
    "provenance": {"base": [EVIL], "metrics": {EVIL: 0.5}, "run": EVIL, "made_by": EVIL, "evidence": ["x"]},
}  # fmt: skip
WAYS = {"delta": {"chunks": 1, "raw": 1000, "stored": 100}, "present": {"chunks": 1, "raw": 5, "stored": 0}}


def screens():
    committed = {
        "commit": "1" * 64, "title": EVIL, "history": EVIL, "branch": EVIL,
        "changed": [{"path": EVIL, "size": 1000}], "removed": [EVIL] * 20, "stored": 100, "ways": WAYS,
        "against": [{"what": EVIL, "bytes": 5}],
    }  # fmt: skip
    yield commit_screen(committed)
    yield commit_screen(committed | {"changed": [], "against": [], "ways": {}, "branch": ""})
    for drawn in (True, False):
        yield log_screen([LINE, LINE | {"commit": "2" * 64, "parents": []}], drawn=drawn, width=60)
    other = FILE | {"blake3": "ee" * 32, "size": 99}
    lists = {"files": [FILE], "added": [FILE], "removed": [FILE]}
    changed = [{"before": FILE, "now": other}, {"before": FILE, "now": FILE | {"executable": True}}]
    yield version_screen(LINE | lists | {"history": EVIL, "changed": changed})
    tensor = {"name": EVIL, "dtype": "F32", "shape": [2, 3], "bytes": 24, "encoding": "", "blake3": "f" * 64}
    yield file_screen(FILE | {"stored": 5, "ways": WAYS, "tensors": [tensor] * 50, "text": ""})
    yield file_screen(FILE | {"stored": 5, "ways": WAYS, "tensors": [], "text": EVIL, "size": 0})
    stands = {
        "history": EVIL, "branch": EVIL, "commit": "1" * 64, "at": "1" * 64, "under-way": "", "known": True,
        "left-at-remote": 1,
        "files": 3, "differing": [{"path": EVIL, "what": "missing", "size": -1}] * 50,
    }  # fmt: skip
    yield status_screen(stands)
    yield status_screen(stands | {"under-way": "4" * 64})
    yield status_screen(stands | {"known": False})
    yield status_screen(stands | {"at": "", "differing": []})
    yield checkout_screen(
        {
            "commit": "1" * 64, "title": EVIL, "history": EVIL, "branch": "",
            "written": [{"path": EVIL, "size": 5}], "removed": [EVIL], "kept": [EVIL], "linked": 1,
        }
    )  # fmt: skip
    yield names_screen([{"name": EVIL, "commit": "1" * 64, "title": EVIL, "current": True}], what="branch")
    yield names_screen([], what="tag")
    yield import_screen(
        [
            {
                "history": EVIL, "known": 2, "size": 100, "stored": 50,
                "versions": [{"commit": "1" * 64, "title": EVIL}] * 20,
                "branches": [{"name": EVIL, "commit": "1" * 64}],
            }
        ]
    )  # fmt: skip


def test_nothing_hostile_acts():
    for screen in screens():
        assert screen.endswith("\n")
        assert "\x1b" not in screen
        assert "\u202e" not in screen
        assert "\nQ" not in screen


def test_what_a_version_cost():
    first = next(screens())
    assert "1 file, 1 kB · the store grew by 100 B (10 %)" in first
    assert "1 kB as differences, in 100 B" in first
    assert "5 B were there already" in first
