"""What moved at a hub on this machine, and what of that may be followed."""

import pytest
from tests.cli.models.declared import NAME, declare, move, short


def test_a_branch_stays_where_it_was_until_an_upgrade(weigh, hub, tmp_path):
    declare(tmp_path, short())
    weigh("lock")
    old = (tmp_path / "models.lock").read_bytes()
    commit = move(hub, **{"notes.txt": "two"})
    weigh("lock")
    assert (tmp_path / "models.lock").read_bytes() == old
    # a changed declaration takes more files of the commit that is locked
    declare(tmp_path, short(exclude=["unused.py"]))
    weigh("lock")
    assert commit.encode() not in (tmp_path / "models.lock").read_bytes()
    ended = weigh("outdated", "--check")
    assert ended.code == 1
    assert "branch moved" in ended.out
    ended = weigh("lock", "--upgrade", "tiny")
    assert ended.code == 0
    assert commit in ended.out
    assert commit.encode() in (tmp_path / "models.lock").read_bytes()
    assert weigh("outdated", "--check").code == 0


def test_a_moved_tag_is_for_a_person_to_accept(weigh, hub, tmp_path):
    repo = hub.repos[NAME]
    repo.tags.add("v1")
    move(hub, ref="v1")
    declare(tmp_path, short(f"hf:{NAME}@v1"))
    weigh("lock")
    before = (tmp_path / "models.lock").read_bytes()
    commit = move(hub, ref="v1", **{"notes.txt": "moved"})
    assert weigh("lock", "--upgrade").code == 1
    ended = weigh("lock", "--upgrade", "tiny")
    assert ended.code == 1
    assert commit in ended.err
    assert "--accept tiny" in ended.err
    assert (tmp_path / "models.lock").read_bytes() == before
    assert "tag moved" in weigh("outdated").out
    assert weigh("lock", "--accept", "tiny").code == 0
    assert commit.encode() in (tmp_path / "models.lock").read_bytes()


@pytest.mark.parametrize("number", ["77b2", ""])
def test_a_name_with_another_owner_is_never_followed(weigh, hub, tmp_path, number):
    declare(tmp_path, short())
    weigh("lock")
    hub.repos[NAME].number = number
    move(hub, **{"notes.txt": "somebody else's"})
    ended = weigh("lock", "--upgrade")
    assert ended.code == 1
    assert "acme 65a1" in ended.err
    assert weigh("outdated", "--json").out.count("other owner") == 1
    # nor under another revision, or as a second model
    assert weigh("add", f"hf:{NAME}@{hub.repos[NAME].refs['main']}", "--name", "twin").code == 1
    assert weigh("lock", "--upgrade", "--accept", "tiny").code == 0
    assert "acme 65a1" not in (tmp_path / "models.lock").read_text()


def test_outdated_says_what_it_could_not_ask(weigh, hub, tmp_path):
    declare(tmp_path, short())
    weigh("lock")
    hub.repos[NAME].private = True
    ended = weigh("outdated")
    assert ended.code == 3
    assert "could not be asked" in ended.out


def test_a_pinned_commit_may_have_newer_ones(weigh, hub, tmp_path):
    declare(tmp_path, short(f"hf:{NAME}@{hub.repos[NAME].refs['main']}"))
    weigh("lock")
    assert weigh("outdated", "--check").code == 0
    move(hub, **{"notes.txt": "two"})
    assert "newer version" in weigh("outdated").out


def test_names_are_taken_as_they_are_printed(weigh, hub, tmp_path):
    repo = hub.repos[NAME]
    repo.tags.add("v1")
    move(hub, ref="v1")
    declare(tmp_path, short(f"hf:{NAME}@v1"))
    weigh("lock")
    assert weigh("outdated", "models.tiny").code == 0
    move(hub, ref="v1", **{"notes.txt": "moved"})
    assert weigh("lock", "--upgrade", "models.tiny").code == 1
    assert weigh("lock", "--accept", "models.tiny").code == 0
    assert weigh("lock", "--upgrade", "data.tiny").code == 2
    assert weigh("remove", "models.tiny").code == 0
    assert "tiny" not in (tmp_path / "models.toml").read_text(encoding="utf-8")
