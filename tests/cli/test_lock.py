import subprocess
import sys
import time

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


MODEL = '[models.m]\nref = "file:weights.bin"\n'
OTHER = '[models.n]\nref = "file:rows.csv"\n'


def test_what_the_code_hides_stands_in_the_lock(weigh, project):
    (project / "app.py").write_text(
        "import sys\nfrom transformers import AutoModel\n\n\nAutoModel.from_pretrained(sys.argv[1])\n",
        encoding="utf-8",
    )
    ended = weigh("lock")
    assert ended.code == 0
    text = (project / "models.lock").read_text(encoding="utf-8")
    assert '[[unresolved]]\npath = "app.py"' in text
    assert "1 loader call could not be resolved" in ended.out
    assert weigh("lock", "--check").code == 0
    (project / "more.py").write_text((project / "app.py").read_text(encoding="utf-8"), encoding="utf-8")
    ended = weigh("lock", "--check")
    assert ended.code == 1
    assert "unresolved: more.py" in ended.out


def test_a_lock_edited_by_hand_is_named(weigh, project):
    weigh("lock")
    path = project / "models.lock"
    path.write_text(path.read_text(encoding="utf-8").replace("size = 8", "size = 9"), encoding="utf-8")
    for command in (["lock"], ["lock", "--check"]):
        ended = weigh(*command)
        assert ended.code == 2
        assert "the tree digest of data.d is not that of its files" in ended.err


def test_two_processes_lock_one_after_the_other(weigh, project):
    (project / "weights.bin").write_bytes(b"w" * 100_000)
    (project / "models.toml").write_text(MANIFEST + MODEL + OTHER, encoding="utf-8")
    command = [sys.executable, "-c", "from weigh.cli.main import run; run()", "lock"]
    running = [subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert sum("written" in text for text in said) == 1
    assert weigh("lock", "--check").code == 0


def test_a_kill_leaves_the_old_lock_or_the_new_one(weigh, project):
    weigh("lock")
    old = (project / "models.lock").read_bytes()
    (project / "weights.bin").write_bytes(b"w" * 30_000_000)
    (project / "models.toml").write_text(MANIFEST + MODEL, encoding="utf-8")
    command = [sys.executable, "-c", "from weigh.cli.main import run; run()", "lock"]
    for wait in (0.2, 0.5):
        process = subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(wait)
        process.kill()
        process.wait()
        now = (project / "models.lock").read_bytes()
        assert now == old or b"weights.bin" in now
    assert weigh("lock").code == 0
    assert weigh("lock", "--check").code == 0


def test_a_linked_folder_of_weigh_is_refused(weigh, project, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (project / ".weigh").symlink_to(tmp_path / "elsewhere")
    ended = weigh("lock")
    assert ended.code == 1
    assert not list((tmp_path / "elsewhere").iterdir())


def test_names_without_upgrade_are_a_mistake(weigh, project):
    assert weigh("lock", "d").code == 2
    assert weigh("lock", "--upgrade", "nobody").code == 2
    assert weigh("lock", "--accept", "nobody").code == 2


@pytest.mark.parametrize(
    ("old", "new"), [('path = "rows.csv"', 'path = "../rows.csv"'), ("file:rows.csv", "file:../secret")]
)
def test_a_path_that_leads_out_is_refused(weigh, project, old, new):
    weigh("lock")
    for name in ("models.lock", "models.toml"):
        path = project / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    ended = weigh("lock")
    assert ended.code in {1, 2}
    assert ended.out == ""


@pytest.mark.parametrize("name", ["models.lock", "models.toml"])
def test_a_number_of_five_thousand_digits_is_bad_input(weigh, project, name):
    weigh("lock")
    with (project / name).open("a", encoding="utf-8") as file:
        file.write(f"\n[x]\ny = {'1' * 5000}\n")
    before = (project / name).read_bytes()
    for command in (("lock",), ("tree",), ("sync",)):
        ended = weigh(*command)
        assert ended.code == 2
        assert f"cannot read {name}" in ended.err
    assert (project / name).read_bytes() == before


def test_a_lock_that_cannot_be_read_is_not_mended_by_what_just_failed(weigh, project):
    (project / "models.lock").write_text("<<<<<<< HEAD\n", encoding="utf-8")
    ended = weigh("lock")
    assert ended.code == 2
    assert "delete it and run weigh lock" in ended.err


def test_a_key_that_is_almost_one_is_named(weigh, project):
    (project / "models.toml").write_text(MODEL + 'titel = "x"\n', encoding="utf-8")
    ended = weigh("lock")
    assert ended.code == 2
    assert "title" in ended.err
