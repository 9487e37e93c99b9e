import json

import pytest
from click.testing import CliRunner

from weigh.cli.sign_off import sign_off
from weigh.core.errors import UsageError
from weigh.core.sign_off import SignOffQuestion


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Call the command in a fresh folder with a fresh store; returns what it printed."""
    monkeypatch.setenv("WEIGH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}", encoding="utf-8")

    def run(*arguments):
        ended = CliRunner().invoke(sign_off, arguments, standalone_mode=False)
        if ended.exception is not None:
            raise ended.exception
        assert ended.return_value == 0
        return ended.stdout

    return run


SIGN = ("misuse", "--model", "model", "--by", "Ada Okafor, product", "--because", "reviews only")


def test_signing_says_what_is_kept_and_listing_shows_it(call):
    said = call(*SIGN)
    assert "misuse" in said
    assert "Ada Okafor, product" in said
    assert "reviews only" in call("--list", "--model", "model")
    assert "reviews only" in call("--list")
    assert "nothing is signed" in call("licence", "--list")


def test_json_carries_everything(call):
    kept = json.loads(call(*SIGN, "--expires", "2999-01-01", "--json"))
    assert kept["subject"].startswith("sha256:")
    listed = json.loads(call("--list", "--json"))["sign_offs"]
    assert listed == [{**kept, "holds": True}]


def test_hostile_text_reaches_the_terminal_as_what_it_is(call):
    call("misuse", "--model", "model", "--by", "Eve\x1b[31m\u202e", "--because", "line\nWGH-G001 \x07")
    shown = call("--list")
    assert not {"\x1b", "\u202e", "\x07"} & set(shown)
    assert "\\x1b" in shown
    assert len(shown.splitlines()) == 2


def test_every_question_is_shown(call):
    shown = call("--questions")
    assert all(question.value in shown for question in SignOffQuestion)
    assert len(json.loads(call("--questions", "--json"))["questions"]) == len(SignOffQuestion)


@pytest.mark.parametrize("missing", ["--model", "--by", "--because"])
def test_what_is_missing_is_named(call, missing):
    place = SIGN.index(missing)
    with pytest.raises(UsageError) as caught:
        call(*SIGN[:place], *SIGN[place + 2 :])
    assert missing in caught.value.why
    with pytest.raises(UsageError, match="needs a question"):
        call(*SIGN[1:])
