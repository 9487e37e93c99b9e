"""Who commits and at which commit the code stands, against git itself."""

import shutil
import subprocess

import pytest

from weigh.core.errors import UsageError
from weigh.versions.provenance import author_of, code_commit, git_folder

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder, *arguments, home):
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin:/usr/local/bin", "GIT_CONFIG_NOSYSTEM": "1"},
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        '[core]\n\teditor = x\n[user]\n  name = "Ada; \\"L\\"" ; c\n'
        "\temail = ada@example.org # y\n[alias]\nname = z\n"
    )
    folder = tmp_path / "code"
    folder.mkdir()
    return folder, home


@needs_git
def test_the_author_that_git_would_write(repository):
    folder, home = repository
    git(folder, "init", "-q", home=home)
    environ = {"HOME": str(home), "USER": "account"}
    said = git(folder, "var", "GIT_AUTHOR_IDENT", home=home)
    assert said.startswith(author_of(environ, folder))
    git(folder, "config", "user.name", "Local", home=home)
    assert author_of(environ, folder) == "Local <ada@example.org>"
    assert author_of(environ | {"GIT_AUTHOR_NAME": "Env"}, folder) == "Env <ada@example.org>"
    assert author_of(environ | {"WEIGH_AUTHOR": "W <w@x>"}, folder) == "W <w@x>"


def test_without_git_the_account(tmp_path):
    assert author_of({"USER": "ada"}, tmp_path) == "ada"
    assert author_of({}, tmp_path)
    with pytest.raises(UsageError):
        author_of({"WEIGH_AUTHOR": "a\x1bb"}, tmp_path)


@needs_git
def test_the_commit_of_the_code(repository):
    folder, home = repository
    git(folder, "init", "-q", "-b", "trunk/x", home=home)
    inside = folder / "models" / "deep"
    inside.mkdir(parents=True)
    assert code_commit(inside) == ""
    git(folder, "commit", "-q", "--allow-empty", "-m", "one", home=home)
    first = git(folder, "rev-parse", "HEAD", home=home)
    assert code_commit(inside) == first
    git(folder, "pack-refs", "--all", home=home)
    assert code_commit(inside) == first
    git(folder, "commit", "-q", "--allow-empty", "-m", "two", home=home)
    git(folder, "checkout", "-q", first, home=home)
    assert code_commit(inside) == first
    git(folder, "worktree", "add", "-q", "-b", "wt", str(folder.parent / "wt"), "trunk/x", home=home)
    assert code_commit(folder.parent / "wt") == git(folder, "rev-parse", "trunk/x", home=home)


@pytest.mark.parametrize(
    "head", ["", "ref: ../../x", "ref: refs/heads/../../../x", "zz", "ref: refs/heads/none", "\x00" * 50]
)
def test_damaged_heads_say_nothing(tmp_path, head):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/HEAD").write_text(head)
    assert code_commit(tmp_path) == ""


def test_a_git_file_that_leads_nowhere(tmp_path):
    (tmp_path / ".git").write_text("gitdir: nowhere\n")
    assert code_commit(tmp_path) == ""
    assert git_folder(tmp_path) == (tmp_path / "nowhere").resolve()
