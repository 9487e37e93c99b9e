"""`weigh diff`: two locks, two revisions, two refs, two folders."""

import json
import re
import subprocess

import pytest
from tests.cli.locked_project import local_hub, locked_project, new_commands, second_files  # noqa: F401 - fixtures


def relocked(weigh, project, hub):
    """The lock before and the project's lock after a new commit of the model."""
    before = project / "before.lock"
    before.write_bytes((project / "models.lock").read_bytes())
    hub.repos["acme/encoder"].commit(second_files())
    assert weigh("lock", "--upgrade", "--project", str(project)).code == 0
    return str(before), str(project / "models.lock")


def test_the_same_lock_differs_in_nothing(weigh, project):
    path = str(project / "models.lock")
    ended = weigh("diff", path, path, "--exit-code")
    assert ended.code == 0
    assert "nothing differs" in ended.out


def test_all_that_changed_is_named(weigh, project, hub):
    ended = weigh("diff", *relocked(weigh, project, hub), "--all")
    assert ended.code == 0, ended.err
    for told in (
        "models.encoder  changed",
        "found to be:",
        "licence: apache-2.0 → cc-by-nc-4.0",
        "1 added · 4 changed",
        "+ vocab.txt",
        "bias  with other values  F32 [1]",
        "head  reshaped  F32 [3] → F32 [4]",
        "scale  of another type  F32 [1] → F16 [1]",
        "1 the same",
        "~ config.json: num_labels  2 → 3",
        "+ config.json: extra  true",
        '− config.json: id2label.1  "good"',
        "+import os",
        "-    return 1",
    ):
        assert told in ended.out


def test_exit_code_is_as_git_has_it(weigh, project, hub):
    locks = relocked(weigh, project, hub)
    assert weigh("diff", *locks).code == 0
    assert weigh("diff", *locks, "--exit-code").code == 1


def test_json_has_every_difference(weigh, project, hub):
    ended = weigh("diff", *relocked(weigh, project, hub), "--json")
    told = json.loads(ended.out)
    assert told["schema"] == "weigh/diff/1"
    assert told["differs"]
    model = told["models"][0]
    assert {t["name"]: t["kind"] for t in model["tensors"]} == {
        "bias": "values",
        "head": "reshaped",
        "scale": "retyped",
    }
    assert [c["path"] for c in model["code"]] == ["modeling_acme.py"]


def test_what_is_not_in_the_store_is_unknown(weigh, project, hub, monkeypatch, tmp_path):
    locks = relocked(weigh, project, hub)
    monkeypatch.setenv("WEIGH_HOME", str(tmp_path / "empty"))
    ended = weigh("diff", *locks)
    assert ended.code == 0
    assert "? what is inside model.safetensors" in ended.out
    assert "not in the store" in ended.out
    assert "    tensors" not in ended.out


def test_a_revision_of_git(weigh, project, hub):
    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        subprocess.run(["git", *identity, *arguments], cwd=project, check=True, capture_output=True)

    git("init", "-q")
    git("add", "models.lock")
    git("commit", "-q", "-m", "one")
    relocked(weigh, project, hub)
    ended = weigh("diff", "--since", "HEAD", "--project", str(project))
    assert ended.code == 0, ended.err
    assert "num_labels  2 → 3" in ended.out
    ended = weigh("diff", "--since", "nothing", "--project", str(project))
    assert ended.code == 2
    assert "git has no models.lock at nothing" in ended.err


def test_a_revision_that_is_an_option_is_refused(weigh, project):
    ended = weigh("diff", "--since=--output=x", "--project", str(project))
    assert ended.code == 2
    assert "not the name of a revision" in ended.err


def test_two_refs_and_two_revisions_of_a_name(weigh, project, hub):
    old = hub.repos["acme/encoder"].refs["main"]
    new = hub.repos["acme/encoder"].commit(second_files(), ref="next")
    for pair in ((f"hf:acme/encoder@{old}", f"hf:acme/encoder@{new}"), (f"encoder@{old}", "encoder@next")):
        ended = weigh("diff", *pair, "--project", str(project))
        assert ended.code == 0, ended.err
        assert re.search(r"head +reshaped", ended.out)


def test_two_folders(weigh, project, tmp_path):
    for name, text in (("one", "1"), ("two", "2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(f'{{"a": {text}}}', encoding="utf-8")
    ended = weigh("diff", str(tmp_path / "one"), str(tmp_path / "two"))
    assert ended.code == 0, ended.err
    assert "~ config.json: a  1 → 2" in ended.out


def test_wrong_usage_is_told(weigh, project):
    lock = str(project / "models.lock")
    assert weigh("diff", lock).code == 2
    assert weigh("diff", lock, str(project)).code == 2
    assert weigh("diff", "no.lock", lock).code == 2


def test_a_page_follows_a_link(weigh, project, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(f'{{"n": "{name}"}}', encoding="utf-8")
    (tmp_path / "page.html").symlink_to(tmp_path / "there.html")
    ended = weigh("diff", str(tmp_path / "one"), str(tmp_path / "two"), "--html", str(tmp_path / "page.html"))
    assert ended.code == 0, ended.err
    assert (tmp_path / "page.html").is_symlink()
    assert (tmp_path / "there.html").read_bytes().startswith(b"<!doctype html>")


@pytest.mark.parametrize("option", ["--html", "--data"])
def test_what_only_models_have_is_refused_for_locks(weigh, project, tmp_path, option):
    lock = str(project / "models.lock")
    ended = weigh("diff", lock, lock, option, str(tmp_path / "file"))
    assert ended.code == 2
    assert f"{option} is for models" in ended.err
    assert not (tmp_path / "file").exists()
