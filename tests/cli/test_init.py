import pytest

from weigh.cli import main as program


@pytest.fixture(autouse=True)
def commands(monkeypatch):
    monkeypatch.setitem(program.COMMANDS, "init", ("weigh.cli.init:init", ""))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "/.weigh/\n"),
        ("dist", "dist\n/.weigh/\n"),
        ("dist\n", "dist\n/.weigh/\n"),
        (".weigh\n", ".weigh\n"),
        ("/.weigh/\n", "/.weigh/\n"),
    ],
)
def test_git_passes_over_what_can_be_made_again(weigh, tmp_path, before, after):
    if before is not None:
        (tmp_path / ".gitignore").write_text(before, encoding="utf-8")
    assert weigh("init").code == 0
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == after
    assert (tmp_path / ".weigh/.gitignore").read_text(encoding="utf-8") == "*\n"


def test_a_manifest_is_never_overwritten(weigh, tmp_path):
    assert weigh("init", "--name", 'a "b" \\ c').code == 0
    text = (tmp_path / "models.toml").read_text(encoding="utf-8")
    assert weigh("lock").code == 0
    ended = weigh("init")
    assert ended.code == 2
    assert "weigh add" in ended.err
    assert (tmp_path / "models.toml").read_text(encoding="utf-8") == text


def test_a_folder_that_is_not_there_is_not_made(weigh, tmp_path):
    assert weigh("init", "gone").code == 2
    assert not (tmp_path / "gone").exists()


def test_what_could_not_be_begun_can_be_begun_again(weigh, tmp_path):
    (tmp_path / ".gitignore").mkdir()
    ended = weigh("init")
    assert ended.code == 3
    assert ".gitignore cannot be read" in ended.err
    assert not (tmp_path / "models.toml").exists()
    (tmp_path / ".gitignore").rmdir()
    assert weigh("init").code == 0
