"""Screens of lock, add, tree, why and outdated: what they show, and hostile text in them."""

import pytest

from weigh.render.add_screen import add_screen
from weigh.render.lock_screen import lock_screen
from weigh.render.outdated_screen import outdated_screen
from weigh.render.tree_screen import tree_screen
from weigh.render.why_screen import why_screen

EVIL = "a\x1b[31mb\x07\u202ec\r\nd"


def parent(ref=EVIL, section="", **more):
    return {"relation": EVIL, "ref": ref, "section": section, "again": False, "parents": [], **more}


def node(**more):
    return {
        "section": "models.m", "title": EVIL, "requested": [EVIL], "exact": [EVIL], "locked": True,
        "current": True,
        "licence": EVIL, "size": 30, "groups": [], "code": [EVIL], "materialise": [],
        "files": [{"path": EVIL, "size": n, "sha256": "a" * 64} for n in range(8)],
        "parents": [parent()], **more,
    }  # fmt: skip


LOCKING = {
    "name": "models.lock", "changed": True, "differences": [EVIL] * 12, "files": {EVIL: 1}, "bytes": 1,
    "moves": [{"section": EVIL, "ref": EVIL, "what": "branch", "old": EVIL, "new": EVIL}], "notes": [EVIL],
    "unresolved": 2,
}  # fmt: skip
ADDED = {
    "name": EVIL, "requested": [EVIL], "exact": [EVIL], "licence": EVIL, "files": 2, "size": 2048,
    "code": [EVIL] * 20,
    "base": [{"relation": EVIL, "ref": EVIL}], "review": [EVIL], "locked": True, "notes": [EVIL],
}  # fmt: skip
USE = {"path": EVIL, "line": 3, "cell": 1, "loader": EVIL, "ref": EVIL, "role": "runtime", "pin": "none"}
WHY = {
    "asked": EVIL, "sections": [EVIL], "refs": [EVIL], "used_by": [EVIL], "uses": [USE] * 25,
    "models": [{"section": EVIL, "relation": EVIL}],
}  # fmt: skip
MOVED = {"section": EVIL, "requested": EVIL, "state": "tag moved", "locked": EVIL, "now": EVIL, "why": EVIL}
TREE = {"project": EVIL, "models": [node()], "undeclared": [EVIL]}


@pytest.mark.parametrize(
    "screen",
    [
        lock_screen(LOCKING, check=True),
        add_screen(ADDED),
        tree_screen(TREE, every_file=True),
        why_screen(WHY),
        outdated_screen([MOVED]),
    ],
)
def test_hostile_text_reaches_no_terminal(screen):
    assert not set(screen) & {"\x1b", "\x07", "\u202e", "\r"}
    assert "\nd" not in screen


def test_what_is_left_out_is_counted():
    assert "and 2 more" in lock_screen(LOCKING, check=False)
    assert "and 12 more" in add_screen(ADDED)
    assert "and 5 more" in why_screen(WHY)
    assert "and 3 more" in tree_screen(TREE, every_file=False)
    assert "more" not in tree_screen(TREE, every_file=True)


def test_a_tree_is_drawn():
    base = parent(
        "hf:org/base", "models.b", relation="base", parents=[parent("hf:org/grand", relation="base")]
    )
    told = {
        "project": "shop",
        "models": [
            node(title="", exact=["hf:org/m/c"], licence="mit", code=[], files=[], size=0, parents=[base]),
            node(section="models.b", title="What it was tuned from", groups=["app", "lab"], exact=[],
                 requested=["hf:org/base"], locked=False, licence="", code=[], files=[], parents=[]),
        ],
        "undeclared": [],
    }  # fmt: skip
    assert tree_screen(told, every_file=False).splitlines() == [
        "  shop",
        "  ├─ models.m · mit",
        "  │  ├─ hf:org/m/c",
        "  │  └─ base: hf:org/base (locked as models.b)",
        "  │     └─ base: hf:org/grand (not locked)",
        "  └─ models.b · not locked · groups app, lab",
        "     ├─ What it was tuned from",
        "     └─ hf:org/base",
    ]


@pytest.mark.parametrize(
    ("changed", "check", "word"),
    [(True, True, "would change"), (True, False, "written"), (False, True, "up to date")],
)
def test_the_last_word_says_what_happened(changed, check, word):
    assert lock_screen({**LOCKING, "changed": changed}, check=check).endswith(f"models.lock {word}")


def test_nothing_declared_is_said():
    assert "weigh add" in tree_screen({"project": "p", "models": [], "undeclared": []}, every_file=False)
    assert "nothing" in outdated_screen([])
    nothing = why_screen({**WHY, "uses": [], "models": [], "used_by": [], "sections": []})
    assert "nothing in the code" in nothing
    assert "not declared" in nothing
