import os
import subprocess
import sys
import time

from weigh.runtimes.leftovers import sweep


def gone():
    """The number of a process that has ended."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def folder(root, name, *, days):
    path = root / name
    path.mkdir()
    (path / "model.onnx").write_bytes(b"x")
    then = time.time() - days * 86_400
    os.utime(path, (then, then))
    return path


def test_an_old_folder_of_a_dead_parent_is_deleted(tmp_path):
    left = folder(tmp_path, f"weigh-{gone()}-abc", days=2)
    assert sweep(tmp_path) == 1
    assert not left.exists()


def test_what_may_be_in_use_or_is_not_ours_stays(tmp_path):
    dead = gone()
    stays = [
        folder(tmp_path, f"weigh-{os.getpid()}-abc", days=2),
        folder(tmp_path, f"weigh-{dead}-new", days=0),
        folder(tmp_path, "weigh-report-old", days=2),
        folder(tmp_path, "other", days=2),
    ]
    target = folder(tmp_path, "elsewhere", days=2)
    (tmp_path / f"weigh-{dead}-link").symlink_to(target)
    assert sweep(tmp_path) == 0
    assert all(path.exists() for path in (*stays, target))
