import json
import os

import pytest

from weigh.cli.discover import discover
from weigh.cli.main import COMMANDS

APP = """from transformers import AutoModel
AutoModel.from_pretrained("bert-base-uncased")
AutoModel.from_pretrained("acme/encoder", revision="7a1b2c3d4e5f60718293a4b5c6d7e8f901234567")
"""
OPEN = "import sys\nfrom transformers import AutoModel\nAutoModel.from_pretrained(sys.argv[1])\n"


@pytest.fixture
def command(monkeypatch):
    monkeypatch.setitem(COMMANDS, "discover", ("weigh.cli.discover:discover", "Which models code uses."))
    assert discover.name == "discover"


@pytest.fixture
def project(tmp_path, command):
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_app.py").write_text(APP.replace("acme", "tiny"), encoding="utf-8")
    return tmp_path


def test_the_screen_names_models_places_and_pins(weigh, project):
    ended = weigh("discover")
    assert ended.code == 0
    assert "hf:bert-base-uncased   unpinned" in ended.out
    assert "app.py:2" in ended.out
    assert "tiny/encoder" not in ended.out
    assert "2 models · 1 unpinned" in ended.out


def test_tests_are_told_when_asked(weigh, project):
    assert "tiny/encoder" in weigh("discover", "--all").out
    only = weigh("discover", "--role", "test").out
    assert "tiny/encoder" in only
    assert "acme/encoder" not in only


def test_an_unknown_role_is_wrong_usage(weigh, project):
    ended = weigh("discover", "--role", "production")
    assert ended.code == 2
    assert "is no role" in ended.err


def test_json_is_the_same_twice_and_says_it_all(weigh, project):
    first = weigh("discover", "--json").out
    assert first == weigh("discover", "--json").out
    told = json.loads(first)
    assert told["schema"] == "weigh/discover/1"
    assert {use["ref"] for use in told["uses"]} == {
        "hf:bert-base-uncased",
        "hf:acme/encoder@7a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
    }


def test_check_fails_until_the_model_is_declared(weigh, project):
    ended = weigh("discover", "--check")
    assert ended.code == 1
    assert "1 unpinned and undeclared" in ended.out
    written = weigh("discover", "--write")
    assert written.code == 0
    text = (project / "models.toml").read_text(encoding="utf-8")
    assert 'ref = "hf:bert-base-uncased"' in text
    assert "app.py:2" in text
    assert weigh("discover", "--check").code == 0


def test_writing_twice_changes_no_byte(weigh, project):
    weigh("discover", "--write")
    before = (project / "models.toml").read_bytes()
    weigh("discover", "--write")
    assert (project / "models.toml").read_bytes() == before


def test_an_unresolved_call_fails_the_check_and_is_shown(weigh, project):
    (project / "open.py").write_text(OPEN, encoding="utf-8")
    weigh("discover", "--write")
    ended = weigh("discover", "--check")
    assert ended.code == 1
    assert "open.py:3" in ended.out
    assert "1 unresolved" in ended.out


def test_bad_files_are_told_and_the_rest_is_read(weigh, project):
    (project / "broken.py").write_text("def f(:\n", encoding="utf-8")
    (project / "old.py").write_text("print 'two'\n", encoding="utf-8")
    (project / "bad.ipynb").write_text("{", encoding="utf-8")
    os.symlink(project, project / "loop")
    os.symlink("/", project / "out")
    ended = weigh("discover")
    assert ended.code == 0
    for said in ("broken.py", "old.py", "bad.ipynb", "out   a link that leads out", "bert-base-uncased"):
        assert said in ended.out


def test_hostile_text_cannot_act_on_the_terminal(weigh, project):
    (project / "evil.py").write_text(
        "from transformers import AutoModel\nAutoModel.from_pretrained(f('\\x1b[2J\\u202e'))\n",
        encoding="utf-8",
    )
    out = weigh("discover").out
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_a_missing_folder_is_wrong_usage(weigh, project):
    assert weigh("discover", "nowhere").code == 2


def test_code_that_cannot_be_read_is_no_pass(weigh, project):
    weigh("discover", "--write")
    assert weigh("discover", "--check").code == 0
    (project / "broken.py").write_text("def f(:\n", encoding="utf-8")
    ended = weigh("discover", "--check")
    assert ended.code == 3
    assert "1 file could not be read" in ended.out
    assert json.loads(weigh("discover", "--check", "--json").out)["exit_code"] == 3
    # Tests do not run in production, and what others wrote is not this project's code.
    (project / "broken.py").rename(project / "test_broken.py")
    assert weigh("discover", "--check").code == 0
