"""`weigh commit`, `status`, `log`, `show`, `checkout`, `branch`, `tag`, `restore`: a day with them."""

import json
import os

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tests.cli.history_scene import model, register


@pytest.fixture
def folder(weigh, tmp_path, monkeypatch):
    register(monkeypatch)
    place = tmp_path / "encoder"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


def one(weigh, *arguments):
    ended = weigh(*arguments, "--json")
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def test_a_day(weigh, folder):
    first_model = model("model.safetensors")
    (folder / "config.json").write_text('{"a": 1}')
    ended = weigh("commit", "-m", "first", "-m", "with a reason", "--metric", "accuracy=0.5")
    assert ended.code == 0, ended.err
    assert "encoder · main" in ended.out
    assert "2 files" in ended.out
    assert weigh("commit", "-m", "again").code == 1
    model("model.safetensors", step=1e-4)
    assert "changed  model.safetensors" in weigh("status").out
    assert weigh("status", "--exit-code").code == 1
    second = one(weigh, "commit", "-m", "second", "--base", "hf:org/base@v1", "--run", "https://runs/1")
    assert second["ways"]["delta"]["chunks"] == 2
    assert weigh("status", "--exit-code").code == 0
    said = weigh("log").out
    assert said.index("second") < said.index("first · accuracy 0.5")
    assert "(HEAD → main)" in said
    shown = weigh("show").out
    assert "base     hf:org/base@v1   (declared)" in shown
    assert "~  model.safetensors" in shown
    assert "layer.1  F32 96×64" in weigh("show", "HEAD:model.safetensors").out
    assert '    {"a": 1}' in weigh("show", "HEAD~1:config.json").out
    assert weigh("tag", "v1", "HEAD~1").code == 0
    assert weigh("tag", "v1").code == 1
    assert weigh("checkout", "v1").code == 0
    assert np.array_equal(load_file("model.safetensors")["layer.0"], first_model["layer.0"])
    assert weigh("checkout", "main").code == 0
    assert weigh("restore", "v1", "model.safetensors", "-o", "old.safetensors").code == 0
    assert np.array_equal(load_file("old.safetensors")["layer.1"], first_model["layer.1"])
    assert weigh("restore", "v1", "model.safetensors", "--tensor", "layer.1").code == 0
    assert np.array_equal(np.load("layer.1.npy"), first_model["layer.1"])
    again = weigh("restore", "v1", "model.safetensors", "--tensor", "layer.1")
    assert again.code == 1
    assert "is there already" in again.err


def test_branches(weigh, folder):
    model("m.safetensors")
    weigh("commit", "-m", "first")
    assert weigh("branch", "try").code == 0
    assert weigh("checkout", "-b", "tune").code == 0
    model("m.safetensors", step=1e-3)
    assert one(weigh, "commit", "-m", "tuned")["branch"] == "tune"
    assert "* tune" in weigh("branch").out
    assert weigh("branch", "-d", "tune").code == 1
    weigh("checkout", "main")
    ended = weigh("branch", "-d", "tune")
    assert (ended.code, "no other branch has" in ended.err) == (1, True)
    assert weigh("branch", "-m", "tune", "tuned").code == 0
    assert weigh("branch", "tuned/x").code == 1
    assert weigh("branch", "-d", "--force", "tuned").code == 0
    assert weigh("branch", "-d", "try").code == 0
    assert [b["name"] for b in one(weigh, "branch")] == ["main"]
    for bad in ("..", "-x", "a b", "HEAD", "x.lock", "a//b"):
        assert weigh("branch", "--", bad).code == 2


def test_options_that_cannot_be_read(weigh, folder):
    model("m.safetensors")
    for arguments in (
        ("--metric", "accuracy"), ("--metric", "a=nan"), ("--data", "sha256:zz"), ("--data", "reviews"),
        ("--base", "hf:"), ("--evidence", "none.json"), ("--history", "../x"), ("../outside",),
        ("--run", "a\x1bb"),
    ):  # fmt: skip
        ended = weigh("commit", "-m", "x", *arguments)
        assert ended.code == 2, arguments
        assert ended.err.count("\n") <= 3
    assert weigh("commit").code == 2
    assert weigh("log").code == 2
    assert not list((folder.parent / "home" / "versions").glob("*/refs/**/*"))


def test_two_folders_of_one_name_are_two_histories(weigh, folder, tmp_path, monkeypatch):
    model("m.safetensors")
    weigh("commit", "-m", "first")
    other = tmp_path / "else" / "encoder"
    model(other / "m.safetensors", step=1.0)
    monkeypatch.chdir(other)
    ended = weigh("commit", "-m", "other")
    assert (ended.code, "history called encoder already" in ended.err) == (2, True)
    assert weigh("commit", "-m", "other", "--history", "second").code == 0
    assert len(one(weigh, "log", "--history", "encoder")) == 1


def test_a_moved_folder_is_asked_about(weigh, folder, monkeypatch):
    model("m.safetensors")
    weigh("commit", "-m", "first")
    moved = folder.parent / "moved"
    folder.rename(moved)
    monkeypatch.chdir(moved)
    model("m.safetensors", step=1.0)
    ended = weigh("commit", "-m", "second")
    assert (ended.code, "does not know it" in ended.err) == (1, True)
    assert "does not know this folder" in weigh("status").out
    assert weigh("checkout", "--history", "encoder", "--attach").code == 0
    assert weigh("checkout", "HEAD").code == 1
    assert weigh("checkout", "HEAD", "--force").code == 0
    assert weigh("status", "--exit-code").code == 0


def test_hostile_names_are_shown_harmless(weigh, folder):
    model("m.safetensors")
    weigh("commit", "-m", "title \x1b[31mred\u202e\n\nmore \x07")
    for arguments in (("log",), ("log", "--graph"), ("show",), ("tag", "x"), ("tag",), ("branch",)):
        said = weigh(*arguments).out
        assert "\x1b" not in said
        assert "\u202e" not in said


def test_an_empty_folder_filled_from_a_history(weigh, folder, tmp_path, monkeypatch):
    model("m.safetensors")
    weigh("commit", "-m", "first")
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    assert weigh("checkout", "main").code == 2
    assert weigh("checkout", "--history", "nothing", "main").code == 2
    assert weigh("checkout", "--history", "encoder", "main").code == 0
    assert (empty / "m.safetensors").read_bytes() == (folder / "m.safetensors").read_bytes()


def test_commands_work_from_a_folder_below(weigh, folder, monkeypatch):
    model("sub/m.safetensors")
    weigh("commit", "-m", "first")
    model("sub/m.safetensors", step=0.1)
    (folder / "x").write_text("x")
    monkeypatch.chdir(folder / "sub")
    assert one(weigh, "commit", "-m", "second", "m.safetensors", "../x")["changed"][1]["path"] == "x"


def test_the_code_beside_the_model_is_noted(weigh, folder):
    commit = "ab" * 20
    git = folder.parent / ".git"
    (git / "refs/heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "refs/heads/main").write_text(f"{commit}\n")
    model("m.safetensors")
    weigh("commit", "-m", "first")
    assert one(weigh, "show")["provenance"]["code"] == commit
    assert not os.environ.get("GIT_DIR")


def test_without_the_extra_it_is_named(weigh, folder, monkeypatch):
    monkeypatch.setattr("weigh.versions.extra.find_spec", lambda name: None if name == "blake3" else object())
    for arguments in (
        ("commit", "-m", "x"),
        ("log",),
        ("status",),
        ("import", "x"),
        ("checkout", "main"),
        ("branch",),
        ("tag",),
    ):
        ended = weigh(*arguments)
        assert (ended.code, "weigh[versions]" in ended.err) == (3, True)


def test_what_follows_from_an_older_version_or_a_named_one_is_kept_as_such(weigh, folder):
    first = model("model.safetensors")
    one(weigh, "commit", "-m", "first")
    assert weigh("tag", "v1").code == 0
    (folder / "model.safetensors").unlink()
    save_file({"other": np.random.default_rng(1).normal(size=(96, 64)).astype("f4")}, "model.safetensors")
    one(weigh, "commit", "-m", "something else")
    save_file({name: value.astype("f2") for name, value in first.items()}, "half.safetensors")
    cast = one(weigh, "commit", "-m", "a cast of the first", "half.safetensors")
    assert cast["ways"]["recipe"]["chunks"] == 2
    model("model.safetensors", step=1e-4)
    named = one(weigh, "commit", "-m", "a tune of the first", "--base", "v1", "model.safetensors")
    assert named["ways"]["delta"]["chunks"] == 2
    ref = one(weigh, "show")["provenance"]["base"][0]
    assert ref.startswith("weigh:encoder@")
    assert ref.endswith(one(weigh, "show", "v1")["commit"])


def test_a_message_of_bytes_that_are_no_text_is_kept_with_signs_for_them(weigh, folder, tmp_path):
    model("m.safetensors")
    ended = weigh("commit", "-m", "caf\udce9")
    assert ended.code == 0, ended.err
    assert one(weigh, "log")[0]["title"] == "caf\ufffd"
    odd = tmp_path / "runs" / "step\udce9"
    odd.mkdir(parents=True)
    (odd / "a.bin").write_bytes(b"1")
    ended = weigh("import", str(odd), "--history", "odd")
    assert ended.code == 0, ended.err
    assert one(weigh, "log", "--history", "odd")[0]["title"] == "step\ufffd"


@pytest.mark.parametrize("name", ["a" * 5000, "a/" * 3000 + "a", "b" * 256, "caf\udce9"])
def test_a_name_that_no_version_can_have_is_said_not_to_be_there(weigh, folder, name):
    model("m.safetensors")
    weigh("commit", "-m", "first")
    ended = weigh("log", name)
    assert ended.code == 2
    assert "there is no version" in ended.err
    assert len(ended.err) < 500


def test_restore_replaces_files_only_and_leaves_them_as_private_as_the_user_wants(weigh, folder):
    model("m.safetensors")
    weigh("commit", "-m", "first")
    os.mkfifo("pipe")
    (folder / "link").symlink_to("elsewhere")
    for place in ("pipe", "link", "."):
        ended = weigh("restore", "HEAD", "m.safetensors", "-o", place, "--force")
        assert ended.code == 1
        assert "--force" not in ended.err
    assert (folder / "pipe").is_fifo()
    before = os.umask(0o077)
    try:
        assert weigh("restore", "HEAD", "m.safetensors", "-o", "mine").code == 0
    finally:
        os.umask(before)
    assert (folder / "mine").stat().st_mode & 0o777 == 0o600


def test_a_branch_that_cannot_be_checked_out_is_not_made(weigh, folder, tmp_path, monkeypatch):
    model("m.safetensors")
    weigh("commit", "-m", "first")
    model("m.safetensors", step=1e-3)
    weigh("commit", "-m", "second")
    (folder / "m.safetensors").write_bytes(b"mine")
    assert weigh("checkout", "-b", "cold", "HEAD~1").code == 1
    assert [b["name"] for b in one(weigh, "branch")] == ["main"]
    other = tmp_path / "empty"
    other.mkdir()
    monkeypatch.chdir(other)
    ended = weigh("checkout", "--history", "encoder", "-b", "cold", "main~1")
    assert ended.code == 0, ended.err
    assert one(weigh, "status")["branch"] == "cold"


def test_force_is_not_advised_where_it_was_given(weigh, folder):
    model("sub/m.safetensors")
    weigh("commit", "-m", "first")
    (folder / "sub" / "m.safetensors").unlink()
    (folder / "sub").rmdir()
    (folder / "sub").write_text("a file now")
    ended = weigh("checkout", "--force", "HEAD")
    assert ended.code == 1
    assert "add --force" not in ended.err
    assert (folder / "sub").read_text() == "a file now"


def test_a_base_that_is_nothing_is_not_written_down(weigh, folder):
    model("m.safetensors")
    assert weigh("commit", "-m", "first", "--base", "mian").code == 2
    assert weigh("commit", "-m", "first").code == 0
    model("m.safetensors", step=1e-3)
    ended = weigh("commit", "-m", "second", "--base", "mian")
    assert (ended.code, "no version and no file 'mian'" in ended.err) == (2, True)
    assert weigh("commit", "-m", "second", "--base", "main").code == 0


def test_versions_that_could_be_meant_are_called_as_they_can_be_typed(weigh, folder, tmp_path, monkeypatch):
    model("m.safetensors")
    weigh("commit", "-m", "first")
    weigh("branch", "try/cold")
    assert "try/cold" in weigh("log", "cold").err
    weigh("remote", "add", "origin", str(tmp_path / "there"))
    assert weigh("push", "origin", "main", "try/cold").code == 0
    monkeypatch.chdir(tmp_path)
    assert weigh("clone", "there", "other").code == 0
    monkeypatch.chdir(tmp_path / "other")
    ended = weigh("checkout", "try/cold")
    assert ended.code == 2
    assert "weigh checkout -b try/cold origin/try/cold" in ended.err
    assert weigh("checkout", "-b", "try/cold", "origin/try/cold").code == 0


def test_a_remote_that_is_forgotten_takes_its_branches_along(weigh, folder, tmp_path):
    model("m.safetensors")
    weigh("commit", "-m", "first")
    weigh("remote", "add", "origin", str(tmp_path / "there"))
    weigh("push")
    assert "origin/main" in weigh("branch", "-a").out
    assert weigh("remote", "rm", "origin").code == 0
    assert "origin/main" not in weigh("branch", "-a").out
    assert "main" in weigh("branch").out


def test_an_empty_name_of_a_tensor_does_not_mean_the_whole_file(weigh, folder):
    model("m.safetensors")
    weigh("commit", "-m", "first")
    assert weigh("restore", "HEAD", "m.safetensors", "--tensor", "", "-o", "x").code == 2
    assert not (folder / "x").exists()


@pytest.mark.parametrize("verb", [("diff",), ("lineage", "--is-from")])
def test_a_version_before_the_first_is_said_not_to_be_there(weigh, folder, verb):
    model("m.safetensors")
    weigh("commit", "-m", "first")
    ended = weigh(verb[0], "HEAD", *verb[1:], "HEAD~1")
    assert (ended.code, "there is no version 'HEAD~1'" in ended.err) == (2, True)


def test_taking_one_file_of_a_version_leaves_the_branch_and_says_so(weigh, folder):
    model("m.safetensors")
    weigh("commit", "-m", "first")
    model("m.safetensors", step=1e-3)
    weigh("commit", "-m", "second")
    said = weigh("checkout", "--json", "HEAD~1", "--", "m.safetensors").out
    assert json.loads(said)["branch"] == "main"
    assert one(weigh, "status")["branch"] == "main"
    assert "no branch" not in weigh("checkout", "HEAD", "--", "m.safetensors").out


def test_digits_mean_a_version_of_this_history_and_no_other(weigh, folder, tmp_path, monkeypatch):
    model("model.safetensors")
    own = one(weigh, "commit", "-m", "mine")["commit"]
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.chdir(other)
    model("model.safetensors", step=0.1)
    theirs = one(weigh, "commit", "-m", "of another history")["commit"]
    monkeypatch.chdir(folder)
    assert one(weigh, "show", own[:12])["commit"] == own
    ended = weigh("checkout", theirs[:12])
    assert ended.code == 2
    assert "there is no version" in ended.err
    # What no branch leads to any more is still this history's own.
    assert weigh("checkout", "-b", "side").code == 0
    model("model.safetensors", step=0.2)
    gone = one(weigh, "commit", "-m", "a dead end")["commit"]
    assert weigh("checkout", "main").code == 0
    assert weigh("branch", "-d", "side", "--force").code == 0
    assert one(weigh, "show", gone[:12])["commit"] == gone


def test_a_folder_that_the_history_does_not_know_changes_none_of_its_names(
    weigh, folder, tmp_path, monkeypatch
):
    model("model.safetensors")
    one(weigh, "commit", "-m", "mine")
    planted = tmp_path / "planted"
    (planted / ".weigh").mkdir(parents=True)
    (planted / ".weigh" / "history").write_text('name = "encoder"\n')
    monkeypatch.chdir(planted)
    for command in (
        ("tag", "v9"),
        ("branch", "evil"),
        ("branch", "-d", "main"),
        ("branch", "-m", "main", "x"),
    ):
        ended = weigh(*command)
        assert ended.code == 1, command
        assert "does not know it" in ended.err
    assert weigh("log").code == 0
