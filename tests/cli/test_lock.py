import pytest

MANIFEST = '[data.d]\nfiles = [{ from = "file:rows.csv", to = "rows.csv" }]\n'


@pytest.fixture
def project(tmp_path):
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "models.toml").write_text(MANIFEST, encoding="utf-8")
    return tmp_path


def test_locking_twice_changes_no_byte(weigh, project):
    assert weigh("lock").code == 0
    first = (project / "models.lock").read_bytes()
    assert "up to date" in weigh("lock").out
    assert (project / "models.lock").read_bytes() == first


def test_check_says_no_and_writes_nothing(weigh, project):
    assert weigh("lock", "--check").code == 1
    assert not (project / "models.lock").exists()
    weigh("lock")
    assert weigh("lock", "--check").code == 0


def test_a_changed_file_changes_the_lock(weigh, project):
    weigh("lock")
    (project / "rows.csv").write_text("a,b\n3,4\n", encoding="utf-8")
    ended = weigh("lock", "--check")
    assert ended.code == 1
    assert "other bytes: data.d rows.csv" in ended.out
    assert "written" in weigh("lock").out


def test_without_a_manifest_there_is_nothing_to_lock(weigh):
    ended = weigh("lock")
    assert ended.code == 2
    assert "models.toml" in ended.err


def test_a_lock_from_a_newer_version_is_refused(weigh, project):
    weigh("lock")
    path = project / "models.lock"
    path.write_text(path.read_text(encoding="utf-8").replace("version = 2", "version = 9"), encoding="utf-8")
    ended = weigh("lock")
    assert ended.code == 2
    assert "upgrade" in ended.err
