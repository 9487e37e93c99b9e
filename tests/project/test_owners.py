"""What a ref means now, held against what it meant when it was locked."""

from dataclasses import replace
from pathlib import Path

import pytest

from weigh.core.errors import RefusedError
from weigh.core.ref import parse_ref
from weigh.project.lock import Lock, LockedModel
from weigh.project.manifest import parse_manifest
from weigh.project.owners import Move, changed_bytes, meanings, refuse_moves
from weigh.sources.source import Origin

DECLARED = parse_manifest(Path("/p/models.toml"), b'[models.m]\nref = "oci:host/m:v1"\n').models["m"]
OLD = LockedModel(
    "models.m", ("oci:host/m:v1",), ("oci:host/m@sha256:aa",), ("acme",), declared="d", tree="t" * 64
)


class OneOrigin:
    """A source that knows where one ref is."""

    def __init__(self, exact, *, owner="acme", tag=False):
        self.said = Origin(parse_ref(exact), moving=True, owner=owner, tag=tag)
        self.asked = 0

    def origin(self, ref):
        self.asked += 1
        return self.said


def moved(source, lock=None, *, upgrade=True):
    return meanings(DECLARED, lock or Lock.of([], [OLD]), lambda _: source, upgrade=upgrade)


def test_what_is_locked_is_asked_for_only_to_upgrade():
    source = OneOrigin("oci:host/m:other")
    (meaning,), moves = moved(source, upgrade=False)
    assert (meaning.exact, moves, source.asked) == ("oci:host/m@sha256:aa", (), 0)
    (meaning,), (move,) = moved(source)
    assert meaning.exact == "oci:host/m:other"
    assert (move.what, move.needs_acceptance) == ("branch", False)
    refuse_moves([move], frozenset())


@pytest.mark.parametrize(
    ("source", "what"),
    [
        (OneOrigin("oci:host/m:other", tag=True), {"tag"}),
        (OneOrigin("oci:host/m:other", owner="evil"), {"owner", "branch"}),
        (OneOrigin("oci:host/m:other", owner=""), {"owner", "branch"}),
    ],
)
def test_a_person_accepts_by_name(source, what):
    _, moves = moved(source)
    assert {move.what for move in moves} == what
    with pytest.raises(RefusedError, match="--accept m"):
        refuse_moves(moves, frozenset({"other"}))
    refuse_moves(moves, frozenset({"m"}))


def test_an_owner_is_known_in_the_whole_lock():
    other = replace(OLD, section="models.other", requested=("oci:host/m:v0",))
    _, moves = moved(OneOrigin("oci:host/m:x", owner="evil"), Lock.of([], [other]))
    assert [move.what for move in moves] == ["owner"]


def test_other_bytes_behind_the_same_version_are_refused():
    assert changed_bytes(None, OLD) == ()
    assert changed_bytes(OLD, OLD) == ()
    assert changed_bytes(OLD, replace(OLD, tree="u" * 64, exact=("oci:host/m@sha256:bb",))) == ()
    assert changed_bytes(OLD, replace(OLD, tree="u" * 64, declared="e")) == ()
    (move,) = changed_bytes(OLD, replace(OLD, tree="u" * 64))
    assert move == Move("models.m", "oci:host/m:v1", "bytes", "tree " + "t" * 64, "tree " + "u" * 64)
    with pytest.raises(RefusedError, match="--accept m"):
        refuse_moves([move], frozenset())
