"""`weigh update`: what moves is locked anew, after a look, with a text for whoever must agree."""

import json

from tests.cli.locked_project import first_files, local_hub, locked_project, new_commands, second_files  # noqa: F401 - fixtures

HARM = b"\x80\x04cposix\nsystem\n\x8c\x04trueq\x00\x85R."


def test_nothing_moved(weigh, project):
    before = (project / "models.lock").read_bytes()
    ended = weigh("update", "--project", str(project))
    assert ended.code == 0, ended.err
    assert "up to date" in ended.out
    assert (project / "models.lock").read_bytes() == before


def test_a_moved_branch_is_followed_and_told(weigh, project, hub, tmp_path):
    hub.repos["acme/encoder"].commit(second_files())
    text = tmp_path / "pull.md"
    ended = weigh("update", "--project", str(project), "--pull-request-text", str(text))
    assert ended.code == 0, ended.err
    assert "models.lock written" in ended.out
    told = text.read_text(encoding="utf-8")
    for part in (
        "## Update of pre-trained models",
        "models.encoder: changed",
        "cc-by-nc-4.0",
        "```diff",
        "+import os",
    ):
        assert part in told
    assert weigh("update", "--project", str(project)).code == 0
    assert weigh("lock", "--check", "--project", str(project)).code == 0


def test_check_writes_nothing(weigh, project, hub):
    before = (project / "models.lock").read_bytes()
    hub.repos["acme/encoder"].commit(second_files())
    assert weigh("update", "encoder", "--check", "--project", str(project)).code == 1
    assert (project / "models.lock").read_bytes() == before


def test_a_malicious_update_is_not_written(weigh, project, hub, tmp_path):
    before = (project / "models.lock").read_bytes()
    hub.repos["acme/encoder"].commit({**first_files(), "pytorch_model.bin": HARM})
    text = tmp_path / "pull.md"
    ended = weigh("update", "--project", str(project), "--pull-request-text", str(text), "--json")
    assert ended.code == 1, ended.err
    told = json.loads(ended.out)
    assert told["malicious"] == ["models.encoder pytorch_model.bin"]
    assert not told["written"]
    assert "not clean" in text.read_text(encoding="utf-8")
    assert (project / "models.lock").read_bytes() == before


def test_an_unknown_name_is_told(weigh, project):
    assert weigh("update", "nobody", "--project", str(project)).code == 2


def test_a_ref_that_is_declared_under_another_name_is_told_so(weigh, project):
    ended = weigh("add", "hf:acme/encoder@main", "--name", "mine", "--project", str(project))
    assert ended.code == 2
    assert "declares hf:acme/encoder@main already" in ended.err
    assert "it is models.encoder" in ended.err


def test_a_text_that_cannot_be_written_leaves_the_lock(weigh, project, hub, tmp_path):
    before = (project / "models.lock").read_bytes()
    hub.repos["acme/encoder"].commit(second_files())
    ended = weigh("update", "--project", str(project), "--pull-request-text", str(tmp_path))
    assert ended.code == 3
    assert (project / "models.lock").read_bytes() == before
