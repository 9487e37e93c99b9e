"""Locking models of a hub on this machine."""

import json

import pytest
from tests.cli.models.declared import declare, move, short
from tests.sources.hub_server import HubServer


def test_check_asks_no_network_when_nothing_changed(weigh, hub, tmp_path):
    declare(tmp_path, short())
    weigh("lock")
    (tmp_path / "home").rename(tmp_path / "gone")
    hub.seen.clear()
    assert weigh("lock", "--check").code == 0
    assert not hub.seen
    assert weigh("lock", "--check", "--offline").code == 0


def test_a_lock_of_version_1_is_taken_on_with_its_commits(weigh, hub, tmp_path):
    declare(tmp_path, short())
    weigh("lock")
    whole = (tmp_path / "models.lock").read_text(encoding="utf-8")
    begin, end = whole.index("[[model]]"), whole.index("[[file]]")
    first = (whole[:begin] + whole[end:]).replace("version = 2", "version = 1")
    (tmp_path / "models.lock").write_text(first, encoding="utf-8")
    move(hub, **{"notes.txt": "two"})
    assert weigh("lock").code == 0
    # version 1 knew no owners
    assert (tmp_path / "models.lock").read_text(encoding="utf-8") == whole.replace('["acme 65a1"]', '[""]')


@pytest.mark.parametrize(
    ("expected", "code", "told"),
    [
        ('licence = "Apache-2.0"\nlibrary = "transformers"', 0, ""),
        ('licence = ["mit", "bsd-3-clause"]', 1, "expect.licence is mit or bsd-3-clause; found: apache-2.0"),
        ('library = "timm"', 1, "found: transformers"),
        ('params = "<200M"', 1, "its formats do not tell"),
        ('params = "few"', 2, "no comparison"),
    ],
)
def test_what_is_expected_is_held_against_the_model(weigh, hub, tmp_path, expected, code, told):
    declare(tmp_path, short() + f"[models.tiny.expect]\n{expected}\n")
    ended = weigh("lock")
    assert ended.code == code
    assert told in ended.err


def test_tree_and_why_show_what_stands_behind_a_model(weigh, hub, tmp_path):
    declare(tmp_path, short() + '[models.parent]\nref = "hf:acme/parent"\nused-by = ["src/app.py:3"]\n')
    (tmp_path / "app.py").write_text("x = 1\n", encoding="utf-8")
    weigh("lock")
    drawn = weigh("tree").out
    assert "base: hf:acme/parent (locked as models.parent)" in drawn
    assert "base: hf:acme/grand (not locked)" in drawn
    tree = json.loads(weigh("tree", "--json").out)
    (edge,) = tree["models"][0]["parents"]
    assert edge["parents"][0]["ref"] == "hf:acme/grand"
    told = weigh("why", "parent").out
    assert "models.tiny  as base" in told
    assert "src/app.py:3" in told
    assert "models.tiny" in weigh("why", "tokenizer.json").out
    assert weigh("why", "hf:acme/grand").code == 0
    assert weigh("why", "hf:nobody/knows").code == 2


@pytest.mark.parametrize(
    "text",
    [
        '[sources.hub]\nendpoint = "https://evil.example"\n',
        '[models.tiny]\nref = "hf:acme/tiny"\nendpoint = "https://evil.example"\n',
        '[models.tiny]\nref = "hf:acme/tiny"\ntoken = "env:HF_TOKEN"\n',
        '[models.tiny]\nref = "hf:https://evil.example/acme/tiny"\n',
        '[models.tiny]\nref = "hf:../../evil"\n',
    ],
)
def test_a_project_decides_not_where_a_token_goes(weigh, hub, tmp_path, monkeypatch, text):
    monkeypatch.setenv("HF_TOKEN", "hf_secretsecret")
    declare(tmp_path, text)
    ended = weigh("lock")
    assert ended.code == 2
    assert "secretsecret" not in ended.out + ended.err
    assert not hub.seen


def test_a_ref_to_a_host_gets_no_token_of_the_hub(weigh, hub, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secretsecret")
    with HubServer() as other:
        declare(tmp_path, short(f"{other.endpoint.replace('http:', 'https:')}/weights.pt"))
        ended = weigh("lock")
        assert ended.code != 0
        assert "secretsecret" not in ended.out + ended.err
        assert not any(seen.token for seen in other.seen)
