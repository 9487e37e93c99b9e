"""`weigh vendor`: copies that stand by themselves."""

import pytest
from tests.cli.locked_project import first_files, local_hub, locked_project, new_commands  # noqa: F401 - fixtures


@pytest.fixture
def copies(weigh, project, tmp_path, monkeypatch):
    ended = weigh("vendor", str(tmp_path / "copies"), "--project", str(project))
    assert ended.code == 0, ended.err
    monkeypatch.setenv("WEIGH_HOME", str(tmp_path / "other"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    return tmp_path / "copies"


def test_the_copies_are_the_locked_files(copies):
    for path, data in first_files().items():
        assert (copies / "encoder" / path).read_bytes() == data


def test_the_folder_is_a_locked_project_without_network(weigh, copies):
    ended = weigh("lock", "--check", "--offline", "--project", str(copies))
    assert ended.code == 0, ended.out + ended.err
    (copies / "encoder/config.json").write_text("{}", encoding="utf-8")
    assert weigh("lock", "--check", "--offline", "--project", str(copies)).code == 1


def test_a_folder_that_is_there_is_not_touched(weigh, project, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").write_text("mine", encoding="utf-8")
    ended = weigh("vendor", str(tmp_path / "mine"), "--project", str(project))
    assert ended.code == 2
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["file"]


def test_a_changed_stored_file_never_gets_out(weigh, project, tmp_path):
    place = next(p for p in (tmp_path / "home").rglob("blobs/sha256/*/*") if p.stat().st_size > 100)
    place.chmod(0o644)
    place.write_bytes(place.read_bytes()[:-1] + b"!")
    ended = weigh("vendor", str(tmp_path / "copies"), "--project", str(project), "--offline")
    assert ended.code == 3
    assert not (tmp_path / "copies").exists()


def test_every_model_has_a_folder_of_its_own(weigh, hub, tmp_path):
    hub.repo("acme/big", {"config.json": b"{}"})
    (tmp_path / "rows.csv").write_text("a\n1\n", encoding="utf-8")
    (tmp_path / "models.toml").write_text(
        '[models.dup]\nref = "hf:acme/big"\n[models."models.lock"]\nref = "hf:acme/encoder"\n'
        '[data.dup]\nfiles = [{ from = "file:rows.csv", to = "rows.csv" }]\n',
        encoding="utf-8",
    )
    assert weigh("lock").code == 0
    for names in (("dup", "data.dup"), ("models.models.lock",)):
        ended = weigh("vendor", "out", *names)
        assert ended.code == 2
        assert "cannot have a folder of its own" in ended.err
        assert not (tmp_path / "out").exists()
