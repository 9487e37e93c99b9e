"""`.weighignore` against what git itself says of the same patterns."""

import shutil
import subprocess

import pytest

from weigh.core.errors import UsageError
from weigh.versions.ignored import Ignored, is_never

PATTERNS = [
    "*.log", "/top.txt", "logs/", "**/cache", "a/**/z", "a/*.bin", "!keep.log", "x?y", "[ab].txt",
    "[!ab].md", "deep/**", "# comment", "", "\\#hash", "\\!bang", "sp ace",
]  # fmt: skip
PATHS = [
    "a.log", "d/a.log", "keep.log", "d/keep.log", "top.txt", "d/top.txt", "logs/x", "d/logs/y", "d/cache/x",
    "cache", "a/z", "a/b/z", "a/b/c/z", "a/m.bin", "a/b/m.bin", "xzy", "x/y", "a.txt", "c.txt", "a.md",
    "c.md", "deep/er/x", "#hash", "!bang", "sp ace", "plain",
]  # fmt: skip


def ours(rules, path):
    parts = path.split("/")
    folders = ["/".join(parts[:i]) for i in range(1, len(parts))]
    return any(rules(folder, folder=True) for folder in folders) or rules(path, folder=False)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_as_git_does(tmp_path):
    (tmp_path / ".gitignore").write_text("\n".join(PATTERNS) + "\n")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    asked = subprocess.run(
        ["git", "-C", str(tmp_path), "check-ignore", "--no-index", "--stdin"],
        input="\n".join(PATHS), capture_output=True, text=True, check=False,
    )  # fmt: skip
    theirs = set(asked.stdout.splitlines())
    rules = Ignored("\n".join(PATTERNS))
    assert {path for path in PATHS if ours(rules, path)} == theirs


@pytest.mark.parametrize("text", ["*" * 20, "/", "!", "[z-a]"])
def test_lines_that_cannot_be_read(text):
    with pytest.raises(UsageError, match="cannot read the line"):
        Ignored(text)


@pytest.mark.parametrize("path", [".git", "a/.GIT/x", ".weigh/history", ".Weigh.", "x/.hg"])
def test_version_control_is_never_part_of_a_version(path):
    assert is_never(path)
    assert Ignored("!*")(path, folder=True)


def test_names_that_only_look_so():
    assert not is_never(".gitignore")
    assert not is_never("weigh/x")
    assert not Ignored("")("sub/weigh-report", folder=True)
